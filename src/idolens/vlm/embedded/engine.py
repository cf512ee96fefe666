"""Pictures and questions in, typed answers out, on a model's three graphs.

For pictures of one size, a few together: the vision tower runs once; each role's
prefix (role + picture) is read once; then the questions' suffixes go through in a few
padded batches, all behind the prefix's keys and values.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from idolens.errors import QuestionError
from idolens.media.picture import Picture
from idolens.settings import Settings
from idolens.vlm.answer import Answer
from idolens.vlm.embedded.chat import Chat
from idolens.vlm.embedded.checkpoint import read_checkpoint, shipped_folder
from idolens.vlm.embedded.graphs import Floats, Graphs
from idolens.vlm.embedded.pixels import Grid
from idolens.vlm.embedded.selfcheck import check_sight, check_split, label_ids
from idolens.vlm.embedded.sight import Sight
from idolens.vlm.embedded.suffixes import (
    LONGEST,
    Row,
    Seen,
    Token,
    batches,
    closed,
    generate,
    log_probabilities,
)
from idolens.vlm.engine import Model, signed
from idolens.vlm.prompt import Prompt, render
from idolens.vlm.question import Question, Tags, Text, check
from idolens.vlm.reading import (
    LEAST_LABEL_MASS,
    Closed,
    Open,
    Piece,
    Reading,
    read_closed,
    read_open,
)

TAG_TOKENS = 96
"""Most tokens of a reply that lists tags."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question, worded and encoded."""

    question: Question
    prompt: Prompt
    prefix: str
    ids: tuple[int, ...]

    @property
    def limit(self) -> int:
        """Most tokens of the reply; 0 for a closed question."""
        if isinstance(self.question, Text):
            return self.question.max_tokens
        return TAG_TOKENS if isinstance(self.question, Tags) else 0


@dataclass(frozen=True, slots=True)
class _Found:
    """One reading, of which picture and question, and its share of the time."""

    picture: int
    question: int
    reading: Reading
    ms: float


class EmbeddedEngine:
    """A Glm4v checkpoint on ONNX Runtime; safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 0,
        least_mass: float = LEAST_LABEL_MASS,
    ) -> None:
        """Load and check the model in ``folder``.

        Args:
            folder: a model folder; see checkpoint.py for its files.
            threads: processor threads; 0 takes every core.
            least_mass: label mass below which an answer is ``cannot_tell``.

        Raises:
            EngineError: a file is missing, corrupt or of another architecture, or
                the start-up check failed; the message says what to do.
        """
        checkpoint = read_checkpoint(folder)
        self._chat = Chat(checkpoint)
        check_split(self._chat)
        self._label_ids = label_ids(self._chat)
        self._graphs = Graphs.load(folder, threads)
        self._sight = Sight(checkpoint, self._chat, self._graphs)
        check_sight(self._sight, self._chat, checkpoint.merge)
        self._stop = checkpoint.stop
        self._temperatures = checkpoint.temperatures
        self._least_mass = least_mass
        self._turn = threading.Lock()
        self._model = Model(
            name=folder.name,
            revision=checkpoint.revision,
            demonstration=checkpoint.demonstration,
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
        found: dict[tuple[int, int], _Found] = {}
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

    def close(self) -> None:
        """Give the graphs' memory and threads back."""
        with self._turn:
            self._graphs.close()

    def _asked(self, question: Question) -> _Asked:
        prompt = render(question)
        ask = self._chat.ask(prompt.role, prompt.text)
        ids = tuple(self._chat.encode(ask.suffix))
        if len(ids) > LONGEST:
            raise QuestionError(
                f"Question {question.key!r} is too long for this model: shorten it.",
                f"问题 {question.key!r} 对该模型来说太长:请缩短。",
            )
        return _Asked(question, prompt, ask.prefix, ids)

    def _look(
        self, pictures: Sequence[Picture], grid: Grid, asked: Sequence[_Asked]
    ) -> list[_Found]:
        """Answer about pictures of one grid.

        One call at a time: it bounds memory, and since long calls come here often,
        short ones get in between.
        """
        with self._turn:
            begin = time.perf_counter()
            tokens = self._sight.tokens(pictures)
            share = _ms_since(begin) / (len(pictures) * len(asked))
            found: list[_Found] = []
            for prefix in dict.fromkeys(about.prefix for about in asked):
                begin = time.perf_counter()
                seen = self._sight.read(prefix, tokens, grid)
                rows = _rows(prefix, len(pictures), asked)
                ms = share + _ms_since(begin) / len(rows)
                for batch in batches(rows):
                    found += self._batch(seen, batch, asked, ms)
            return found

    def _batch(
        self, seen: Seen, rows: Sequence[Row], asked: Sequence[_Asked], share: float
    ) -> list[_Found]:
        begin = time.perf_counter()
        about = [asked[row.question] for row in rows]
        if rows[0].limit:
            replies = generate(self._graphs, seen, rows, self._stop)
            readings = [
                self._open(one, reply)
                for one, reply in zip(about, replies, strict=True)
            ]
        else:
            logits = closed(self._graphs, seen, rows)
            readings = [
                self._closed(one, line) for one, line in zip(about, logits, strict=True)
            ]
        ms = share + _ms_since(begin) / len(rows)
        return [
            _Found(row.picture, row.question, reading, ms)
            for row, reading in zip(rows, readings, strict=True)
        ]

    def _closed(self, asked: _Asked, logits: Floats) -> Reading:
        assert isinstance(asked.question, Closed)  # noqa: S101  (has no limit)
        logs = log_probabilities(logits)
        labels = asked.prompt.labels
        return read_closed(
            asked.question,
            labels,
            {label: float(logs[self._label_ids[label]]) for label in labels},
            temperature=self._temperatures.get(asked.question.kind, 1.0),
            least_mass=self._least_mass,
        )

    def _open(self, asked: _Asked, reply: Sequence[Token]) -> Reading:
        assert isinstance(asked.question, Open)  # noqa: S101  (has a limit)
        texts = self._chat.pieces([token.id for token in reply])
        pieces = [
            Piece(text, token.log_probability)
            for text, token in zip(texts, reply, strict=True)
        ]
        return read_open(asked.question, pieces)

    def _signed(self, asked: _Asked, found: _Found) -> Answer:
        return signed(
            found.reading, asked.question, asked.prompt, self, latency_ms=found.ms
        )


def open_embedded(settings: Settings) -> EmbeddedEngine:
    """Open the engine on the model that ``settings`` names, else the shipped one."""
    return EmbeddedEngine(model_folder(settings), threads=settings.threads)


def model_folder(settings: Settings) -> Path:
    """Return the folder of the model that ``settings`` asks for."""
    return settings.embedded_model or shipped_folder()


def _rows(prefix: str, pictures: int, asked: Sequence[_Asked]) -> list[Row]:
    """One row per picture and question that stands behind ``prefix``."""
    return [
        Row(picture, number, about.ids, about.limit)
        for picture in range(pictures)
        for number, about in enumerate(asked)
        if about.prefix == prefix
    ]


def _ms_since(begin: float) -> float:
    return (time.perf_counter() - begin) * 1000
