"""The forms in which servers take typed questions, and what they say of them.

All have yes/no, choice and score; they differ in names, in where the picture goes and
in whether they tell how much of the vocabulary's probability the labels had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from idolens.vlm.markup import harmless
from idolens.vlm.prompt import CANNOT_TELL
from idolens.vlm.question import Choice, Score
from idolens.vlm.reading import Closed

DECLINED = "the model declined to answer"
_NO_ANSWER = {"zh": "无法判断", "en": "Cannot tell"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a server says of one question.

    Attributes:
        chances: meaning (``yes``, an option, a level's number, ``cannot_tell``) →
            probability.
        label_mass: probability of all labels over the whole vocabulary, if told.
        refusal: why there is no answer; empty if there is one.
    """

    chances: Mapping[str, float] = field(default_factory=dict[str, float])
    label_mass: float | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked at once.

    Attributes:
        model: the server's name of the model.
        role: whom the model is to be, and what it may use.
        picture: a data URL; None asks about no picture, which only probing does.
        questions: closed questions.
        offers_cannot_tell: the server offers 无法判断, and has a role, by itself.
    """

    model: str
    role: str
    picture: str | None
    questions: Sequence[Closed]
    offers_cannot_tell: bool = False

    def id(self, number: int) -> str:
        """Return the name by which question ``number`` goes on the wire."""
        return f"q{number}"

    def options(self, question: Choice) -> dict[str, str]:
        """Return what is shown → what it means, in order."""
        shown = {harmless(option): option for option in question.options}
        if not self.offers_cannot_tell:
            words = _NO_ANSWER[question.language]
            shown[words if words not in shown else CANNOT_TELL] = CANNOT_TELL
        return shown


class Shape(Protocol):
    """One form."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def path(self) -> str:
        """Its route, behind /v1."""
        ...

    @property
    def most(self) -> int:
        """Most questions in one request."""
        ...

    def body(self, request: Request) -> dict[str, Any]:
        """Return the JSON to send."""
        ...

    def read(self, content: Any, request: Request) -> list[Told]:
        """Return what is said of each question, in the order asked.

        Raises:
            ValueError: it is not what the form promises.
        """
        ...

    def tokens(self, content: Any) -> int | None:
        """Return how many tokens were read, if the server tells."""
        ...


class Part(BaseModel):
    """Something a server says; what we do not know of it is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Usage(Part):
    input_tokens: int | None = None
    prompt_tokens: int | None = None


class _Metered(Part):
    usage: _Usage = _Usage()


def tokens_of(content: Any) -> int | None:
    """Return how many tokens were read, if the server tells."""
    usage = _Metered.model_validate(content).usage
    return usage.prompt_tokens if usage.input_tokens is None else usage.input_tokens


def yes_no(chance: float | None) -> dict[str, float]:
    """Return the probabilities of yes and no."""
    if chance is None or not 0.0 <= chance <= 1.0:
        raise ValueError("a yes/no answer without a probability")
    return {"yes": chance, "no": 1.0 - chance}


def renamed(told: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    """Return meaning → probability; every name must be there, and no other."""
    if set(told) != set(names):
        raise ValueError(f"probabilities of {sorted(told)}, not of {sorted(names)}")
    return {names[shown]: chance for shown, chance in told.items()}


def by_level(told: Mapping[str, float], question: Score) -> dict[str, float]:
    """Levels are numbered from 0 on the wire and from 1 here."""
    names = {str(at): str(at + 1) for at in range(len(question.levels))}
    return renamed(told, names)


def shown_levels(question: Score) -> list[str]:
    """Return a scale's levels as they go on the wire."""
    return [harmless(level) for level in question.levels]


def told_of(answers: Mapping[str, Any], name: str) -> Any:
    """Return the answer to one question."""
    if name not in answers:
        raise ValueError(f"no answer to {name}")
    return answers[name]
