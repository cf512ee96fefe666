"""Stand-ins for the slow and the outside, as real as tests need them."""

import hashlib
import math
import string
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from tokenizers import Tokenizer, decoders
from tokenizers.models import Unigram

from idolens.media.picture import Picture
from idolens.vlm.answer import Answer
from idolens.vlm.conversation import Sampling, Spoken, Turn, check_conversation
from idolens.vlm.engine import Model, signed
from idolens.vlm.lexicon import Lexicon
from idolens.vlm.prompt import CANNOT_TELL, render
from idolens.vlm.question import Choice, Question, Score, Tags, Text, YesNo, check
from idolens.vlm.reading import Piece, Reading, read_closed, read_open
from idolens.vlm.speech import Speech, say

Reply = str | float | tuple[str, ...] | Reading | None
"""What a fake says: ``"yes"``, an option, a level's number, tags, a sentence, None
for cannot-tell, or a whole Reading."""

FAKE_TAGS = ("微笑", "舞台灯光", "洛丽塔裙", "汉服", "猫耳", "话筒")


def reply_by_digest(picture: Picture, question: Question) -> Reply:
    """Say something of the right kind that depends on picture and question only."""
    seed = f"{picture.sha256}\n{question.key}\n{question.instruction}".encode()
    number = int.from_bytes(hashlib.sha256(seed).digest()[:8], "big")
    if number % 11 == 0:
        return None
    if isinstance(question, YesNo):
        return ("yes", "no")[number % 2]
    if isinstance(question, Choice):
        return question.options[number % len(question.options)]
    if isinstance(question, Score):
        return 1 + number % len(question.levels)
    if isinstance(question, Tags):
        names = question.options or FAKE_TAGS
        return (
            tuple(name for at, name in enumerate(names) if number >> at & 1)
            or names[:1]
        )
    return f"画面编号 {number % 1000}"


@dataclass
class FakeEngine:
    """An engine without a model; keeps the contract of `idolens.vlm.engine.Engine`.

    Attributes:
        reply: what to answer, from picture and question; it may raise.
        certainty: probability of the answer given to a closed question.
        delay_s: how long one picture takes.
        asked: digests of the pictures asked about, in order; with `questions_asked`
            it shows what was asked twice.
    """

    reply: Callable[[Picture, Question], Reply] = reply_by_digest
    certainty: float = 0.9
    delay_s: float = 0.0
    name: str = "fake"
    model: Model = field(
        default_factory=lambda: Model(
            name="fake-model", revision="fake-1", demonstration=True
        )
    )
    asked: list[str] = field(default_factory=list)
    questions_asked: int = 0
    closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        check(questions)
        return [self._about(picture, questions) for picture in pictures]

    def close(self) -> None:
        self.closed = True

    def _about(self, picture: Picture, questions: Sequence[Question]) -> list[Answer]:
        if self.delay_s:
            time.sleep(self.delay_s)
        with self._lock:
            self.asked.append(picture.sha256)
            self.questions_asked += len(questions)
        return [
            signed(
                reading_of(question, self.reply(picture, question), self.certainty),
                question,
                render(question),
                self,
                latency_ms=0.0,
            )
            for question in questions
        ]


@dataclass
class SpeakingFakeEngine(FakeEngine):
    """A fake that also holds a conversation, in characters of one token each.

    Attributes:
        wants: what it would say, from the conversation.
        thinks: what it would think before, where it may.
        pause_s: how long it takes over each token.
        steps: tokens computed up to now, over all conversations.
    """

    wants: Callable[[Sequence[Turn]], str] = lambda turns: f"听到了{len(turns)}句。"
    thinks: str = "想"
    pause_s: float = 0.0
    steps: int = 0

    def speak(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[Spoken]:
        check_conversation(turns, sampling)
        pictures = sum(len(turn.pictures) for turn in turns)
        read = 10 * pictures + sum(len(turn.text) for turn in turns)
        thinking = sampling.thinking
        speech = Speech(
            fake_lexicon(),
            sampling,
            prompt_tokens=read,
            plain_tokens=read,
            thinking=thinking,
        )
        words = fake_tokenizer().encode(self.wants(turns)).ids
        thought = fake_tokenizer().encode(self.thinks).ids
        thought.append(FAKE_MARKS.index("</think>"))
        return say(
            speech,
            lambda thinks: self._heard([*thought, *words] if thinks else words),
            lambda heard, _: self._heard(heard.ids[1:]),
        )

    def _heard(self, ids: Sequence[int]) -> "FakeHeard":
        if self.pause_s:
            time.sleep(self.pause_s)
        self.steps += 1
        logits = np.zeros(fake_tokenizer().get_vocab_size(), np.float32)
        logits[ids[0] if ids else 0] = 12.0
        return FakeHeard(ids, logits)


@dataclass(frozen=True)
class FakeHeard:
    """What a fake will say, and as what it is read."""

    ids: Sequence[int]
    logits: np.ndarray


FAKE_MARKS = ("<|endoftext|>", "<think>", "</think>")


@cache
def fake_tokenizer() -> Tokenizer:
    """Bytes, and the characters that a keyboard has."""
    words = [*string.printable, *"听到了句。想是否无法判断蓝红色头发"]
    vocabulary = [(mark, -100.0) for mark in FAKE_MARKS]
    vocabulary += [(word, -1.0) for word in dict.fromkeys(words)]
    vocabulary += [(f"<0x{number:02X}>", -20.0) for number in range(256)]
    made = Tokenizer(Unigram(vocabulary, unk_id=0, byte_fallback=True))
    made.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    made.add_special_tokens(list(FAKE_MARKS))
    return made


@cache
def fake_lexicon() -> Lexicon:
    """The lexicon of `fake_tokenizer`."""
    return Lexicon(fake_tokenizer(), frozenset({0}))


def reading_of(question: Question, reply: Reply, certainty: float = 0.9) -> Reading:
    """Read ``reply`` the way an engine would read its model."""
    if isinstance(reply, Reading):
        return reply
    if isinstance(question, Tags | Text):
        words = "、".join(reply) if isinstance(reply, tuple) else reply
        said = "无法判断" if words is None else str(words)
        return read_open(question, [Piece(said, math.log(certainty))])
    labels = render(question).labels
    meaning = CANNOT_TELL if reply is None else _meaning(question, reply)
    if meaning not in labels.values():
        raise AssertionError(f"{reply!r} is no answer to {question.key!r}")
    rest = (1.0 - certainty) / (len(labels) - 1)
    logs = {
        label: math.log(certainty if means == meaning else rest)
        for label, means in labels.items()
    }
    return read_closed(question, labels, logs)


def _meaning(question: Question, reply: object) -> str:
    if isinstance(question, Score) and isinstance(reply, int | float):
        return str(round(reply))
    return str(reply)
