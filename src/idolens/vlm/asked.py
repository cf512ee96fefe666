"""A question on its way through a model of our own: worded, encoded, then read.

Every engine that runs a checkpoint itself goes this way, so that the same weights
give the same answer whatever computes them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from idolens.errors import QuestionError
from idolens.vlm.chat_template import Chat
from idolens.vlm.prompt import Prompt, render
from idolens.vlm.question import Question, Tags, Text
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
LONGEST = 1024
"""Most tokens of one suffix; attention's memory grows with its square."""
KEPT = 1024
"""Questions whose wording an engine keeps: a policy asks the same about each frame."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, worded and encoded.

    Attributes:
        question: what was asked.
        prompt: its wording.
        prefix: role and picture, as text; questions with one prefix share it.
        ids: the tokens behind the prefix.
    """

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
class Found:
    """One reading, of which picture and question, and its share of the time."""

    picture: int
    question: int
    reading: Reading
    ms: float


@dataclass(frozen=True, slots=True)
class Token:
    """One generated token and its natural log-probability."""

    id: int
    log_probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Words questions for one model, and reads what it makes of them.

    Attributes:
        chat: the model's template and tokenizer.
        label_ids: label → its tokens; a label is as probable as all of them together.
        temperatures: kind of question → calibration temperature; 1 where absent.
        least_mass: label mass below which an answer is ``cannot_tell``.
    """

    chat: Chat
    label_ids: Mapping[str, tuple[int, ...]]
    temperatures: Mapping[str, float]
    least_mass: float = LEAST_LABEL_MASS

    def take(self, question: Question) -> Asked:
        """Word and encode ``question``.

        Raises:
            QuestionError: it is longer than the model can hold.
        """
        prompt = render(question)
        ask = self.chat.ask(prompt.role, prompt.text)
        ids = tuple(self.chat.encode(ask.suffix))
        if len(ids) > LONGEST:
            raise QuestionError(
                f"Question {question.key!r} is too long for this model: shorten it.",
                f"问题 {question.key!r} 对该模型来说太长:请缩短。",
            )
        return Asked(question, prompt, ask.prefix, ids)

    def by_label(
        self, asked: Asked, log_of: Callable[[int], float]
    ) -> dict[str, float]:
        """Return the natural log of every label's probability, as `closed` takes it.

        Args:
            asked: a closed question.
            log_of: token → natural log of its probability over the whole vocabulary.
        """
        return {
            label: _together([log_of(token) for token in self.label_ids[label]])
            for label in asked.prompt.labels
        }

    def closed(self, asked: Asked, logs: Mapping[str, float]) -> Reading:
        """Read a closed question.

        Args:
            asked: the question.
            logs: label → natural log of its probability over the whole vocabulary.
        """
        assert isinstance(asked.question, Closed)  # noqa: S101  (has no limit)
        return read_closed(
            asked.question,
            asked.prompt.labels,
            logs,
            temperature=self.temperatures.get(asked.question.kind, 1.0),
            least_mass=self.least_mass,
        )

    def open(self, asked: Asked, reply: Sequence[Token]) -> Reading:
        """Read an open question from the tokens of its reply."""
        assert isinstance(asked.question, Open)  # noqa: S101  (has a limit)
        texts = self.chat.pieces([token.id for token in reply])
        pieces = [
            Piece(text, token.log_probability)
            for text, token in zip(texts, reply, strict=True)
        ]
        return read_open(asked.question, pieces)


def _together(logs: Sequence[float]) -> float:
    """Return the log of the sum; what is not a number stays none."""
    if len(logs) == 1:
        return logs[0]
    total = math.fsum(math.exp(min(log, 0.0)) for log in logs)
    return -math.inf if total == 0 else math.log(total)
