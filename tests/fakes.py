"""Stand-ins for the slow and the outside, as real as tests need them."""

import hashlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from idolens.media.picture import Picture
from idolens.vlm.answer import Answer
from idolens.vlm.engine import Model, signed
from idolens.vlm.prompt import CANNOT_TELL, render
from idolens.vlm.question import Choice, Question, Score, Tags, Text, YesNo, check
from idolens.vlm.reading import Piece, Reading, read_closed, read_open

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
