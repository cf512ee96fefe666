"""Pictures and questions in, typed answers out, on a model's three graphs.

For pictures of one size, a few together: the vision tower runs once; each role's
prefix (role + picture) is read once and kept for a while; then the questions' suffixes
go through in a few padded batches, all behind the prefix's keys and values.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from idolens.errors import QuestionError
from idolens.media.meter import Meter, timed
from idolens.media.picture import Picture
from idolens.settings import Settings
from idolens.vlm.answer import Answer
from idolens.vlm.asked import KEPT, Asked, Desk, Found
from idolens.vlm.chat_template import Chat
from idolens.vlm.conversation import Sampling, Spoken, Turn, check_conversation
from idolens.vlm.embedded.checkpoint import GRAPHS, revision
from idolens.vlm.embedded.graphs import Floats, Graphs
from idolens.vlm.embedded.selfcheck import check_sight
from idolens.vlm.embedded.sight import Sight
from idolens.vlm.embedded.suffixes import (
    Row,
    Seen,
    batches,
    closed,
    generate,
    log_probabilities,
)
from idolens.vlm.embedded.talk import LONGEST, Conversation, Heard, Listener
from idolens.vlm.engine import Model, signed
from idolens.vlm.fair_lock import FairLock
from idolens.vlm.label_tokens import check_split, label_ids
from idolens.vlm.lexicon import Lexicon
from idolens.vlm.model_files import read_model_files, shipped_folder
from idolens.vlm.pixels import Grid
from idolens.vlm.question import Question, check
from idolens.vlm.reading import LEAST_LABEL_MASS, Reading
from idolens.vlm.speech import Speech, say


class EmbeddedEngine:
    """A Glm4v checkpoint on ONNX Runtime; safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 0,
        least_mass: float = LEAST_LABEL_MASS,
        prefix_mib: int = 64,
    ) -> None:
        """Load and check the model in ``folder``.

        Args:
            folder: a model folder; see vlm/model_files.py and checkpoint.py.
            threads: processor threads; 0 takes every core.
            least_mass: label mass below which an answer is ``cannot_tell``.
            prefix_mib: memory for what was read of recent pictures, in MiB.

        Raises:
            EngineError: a file is missing, corrupt or of another architecture, or
                the start-up check failed; the message says what to do.
        """
        files = read_model_files(folder, GRAPHS)
        chat = Chat(files)
        check_split(chat)
        self._desk = Desk(
            chat=chat,
            label_ids=label_ids(chat),
            temperatures=files.temperatures,
            least_mass=least_mass,
        )
        self._asked = lru_cache(KEPT)(self._desk.take)
        self._graphs = Graphs.load(folder, threads)
        self._sight = Sight(files, chat, self._graphs, kept_bytes=prefix_mib * 2**20)
        check_sight(self._sight, chat, files.merge)
        self._listener = Listener(files, chat, self._sight, self._graphs)
        self._lexicon = Lexicon(chat.tokenizer, files.stop)
        self._stop = files.stop
        self._turn = FairLock()
        self._model = Model(
            name=folder.name,
            revision=revision(folder),
            demonstration=files.demonstration,
        )

    @property
    def name(self) -> str:
        """``embedded``."""
        return "embedded"

    @property
    def model(self) -> Model:
        """The model in the folder; its revision covers every file that decides."""
        return self._model

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Ask every question about every picture; see `Engine.answer`."""
        check(questions)
        asked = [self._asked(question) for question in questions]
        found: dict[tuple[int, int], Found] = {}
        for numbers, grid in self._sight.groups(pictures):
            for one in self._look([pictures[at] for at in numbers], grid, asked):
                found[numbers[one.picture], one.question] = one
        return [
            [
                self._signed(about, found[picture, number])
                for number, about in enumerate(asked)
            ]
            for picture in range(len(pictures))
        ]

    def tokens_read(self, picture: Picture, questions: Sequence[Question]) -> int:
        """Return how many tokens are read: each role with the picture, each question.

        What was padded is not counted.
        """
        asked = [self._asked(question) for question in questions]
        shown = self._listener.tokens_of(picture)
        prefixes = {one.prefix for one in asked}
        read = sum(self._listener.length(prefix) + shown - 1 for prefix in prefixes)
        return read + sum(len(one.ids) for one in asked)

    def speak(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[Spoken]:
        """Say what comes next in a conversation; see `Speaker.speak`."""
        check_conversation(turns, sampling)
        laid_out = {
            thinking: self._laid_out(turns, sampling, thinking=thinking)
            for thinking in {sampling.thinking, False}
        }
        speech = Speech(
            self._lexicon,
            sampling,
            prompt_tokens=len(laid_out[sampling.thinking].ids),
            plain_tokens=len(laid_out[False].ids),
            thinking=sampling.thinking,
        )
        return self._said(turns, laid_out, speech)

    def _laid_out(
        self, turns: Sequence[Turn], sampling: Sampling, *, thinking: bool
    ) -> Conversation:
        laid_out = self._listener.lay_out(turns, thinking=thinking)
        room = LONGEST - len(laid_out.ids) - sampling.max_tokens
        if room - thinking * sampling.thinking_tokens < 0:
            raise QuestionError(
                f"The conversation and its reply have over {LONGEST} tokens, too many"
                " for this model: shorten it, or ask for fewer.",
                f"对话与回复合计超过 {LONGEST} 个词元,对该模型来说太长:"
                "请缩短,或减少 max_tokens。",
            )
        return laid_out

    def _said(
        self,
        turns: Sequence[Turn],
        laid_out: Mapping[bool, Conversation],
        speech: Speech,
    ) -> Iterator[Spoken]:
        """Say the reply; between two tokens others get in."""

        def listen(thinking: bool) -> Heard:  # noqa: FBT001  (that is all it takes)
            with self._turn:
                return self._listener.listen(turns, laid_out[thinking])

        def go_on(heard: Heard, ids: tuple[int, ...]) -> Heard:
            with self._turn:
                return self._listener.go_on(heard, ids)

        return say(speech, listen, go_on)

    def heard_by(self, meter: Meter) -> None:
        """Tell ``meter`` how long the stages take from now on."""
        self._sight.meter = meter

    def forget(self) -> None:
        """Forget what was read of recent pictures."""
        with self._turn:
            self._sight.forget()

    def close(self) -> None:
        """Give the graphs' memory and threads back."""
        with self._turn:
            self._graphs.close()

    def _look(
        self, pictures: Sequence[Picture], grid: Grid, asked: Sequence[Asked]
    ) -> list[Found]:
        """Answer about pictures of one grid.

        One call at a time: it bounds memory, and since long calls come here often,
        short ones get in between.
        """
        with self._turn:
            begin = time.perf_counter()
            roles = list(dict.fromkeys(about.prefix for about in asked))
            seen = self._sight.look(pictures, grid, roles)
            share = _ms_since(begin) / (len(pictures) * len(asked))
            found: list[Found] = []
            for role in roles:
                for batch in batches(_rows(role, len(pictures), asked)):
                    found += self._batch(seen[role], batch, asked, share)
            return found

    def _batch(
        self, seen: Seen, rows: Sequence[Row], asked: Sequence[Asked], share: float
    ) -> list[Found]:
        begin = time.perf_counter()
        with timed(self._sight.meter, "answer"):
            readings = self._read(seen, rows, [asked[row.question] for row in rows])
        self._sight.meter.read(sum(len(row.ids) for row in rows))
        ms = share + _ms_since(begin) / len(rows)
        return [
            Found(row.picture, row.question, reading, ms)
            for row, reading in zip(rows, readings, strict=True)
        ]

    def _read(
        self, seen: Seen, rows: Sequence[Row], about: Sequence[Asked]
    ) -> list[Reading]:
        if rows[0].limit:
            replies = generate(self._graphs, seen, rows, self._stop)
            return [
                self._desk.open(one, reply)
                for one, reply in zip(about, replies, strict=True)
            ]
        logits = closed(self._graphs, seen, rows)
        return [
            self._closed(one, line) for one, line in zip(about, logits, strict=True)
        ]

    def _closed(self, asked: Asked, logits: Floats) -> Reading:
        logs = log_probabilities(logits)
        by_label = self._desk.by_label(asked, lambda token: float(logs[token]))
        return self._desk.closed(asked, by_label)

    def _signed(self, asked: Asked, found: Found) -> Answer:
        return signed(
            found.reading, asked.question, asked.prompt, self, latency_ms=found.ms
        )


def open_embedded(settings: Settings) -> EmbeddedEngine:
    """Open the engine on the model that ``settings`` names, else the shipped one."""
    return EmbeddedEngine(
        model_folder(settings),
        threads=settings.threads,
        prefix_mib=settings.embedded_prefix_mib,
    )


def model_folder(settings: Settings) -> Path:
    """Return the folder of the model that ``settings`` asks for."""
    return settings.embedded_model or shipped_folder()


def _rows(prefix: str, pictures: int, asked: Sequence[Asked]) -> list[Row]:
    """One row per picture and question that stands behind ``prefix``."""
    return [
        Row(picture, number, about.ids, about.limit)
        for picture in range(pictures)
        for number, about in enumerate(asked)
        if about.prefix == prefix
    ]


def _ms_since(begin: float) -> float:
    return (time.perf_counter() - begin) * 1000
