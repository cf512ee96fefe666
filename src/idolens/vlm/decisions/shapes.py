"""The forms in which servers take typed questions, and what they say of them.

All have yes/no, choice and score; they differ in names, in where the picture goes and
in whether they tell how much of the vocabulary's probability the labels had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from idolens.vlm.answer import Status
from idolens.vlm.markup import harmless
from idolens.vlm.prompt import CANNOT_TELL
from idolens.vlm.question import Choice, Score, YesNo
from idolens.vlm.reading import Closed

_NO_ANSWER = {"zh": "无法判断", "en": "Cannot tell"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a server says of one question.

    Attributes:
        chances: meaning (``yes``, an option, a level's number, ``cannot_tell``) →
            probability.
        label_mass: probability of all labels over the whole vocabulary, if told.
        refused: the model declined to answer.
    """

    chances: Mapping[str, float] = field(default_factory=dict[str, float])
    label_mass: float | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked at once.

    Attributes:
        model: the server's name of the model.
        role: whom the model is to be, and what it may use.
        picture: a data URL; None asks about no picture, which only probing does.
        questions: closed questions.
        offers_cannot_tell: the server offers 无法判断 by itself.
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


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Usage(_Part):
    input_tokens: int | None = None
    prompt_tokens: int | None = None


class _Metered(_Part):
    usage: _Usage = _Usage()


def _tokens(content: Any) -> int | None:
    usage = _Metered.model_validate(content).usage
    return usage.prompt_tokens if usage.input_tokens is None else usage.input_tokens


class _OpenAiChance(_Part):
    value: str | bool | int
    probability: float


class _OwnFacts(_Part):
    """What another idolens tells beside OpenAI's shape."""

    status: str
    options: dict[str, float] = Field(default_factory=dict[str, float])
    label_mass: float | None = None

    def told(self, question: Closed, request: Request) -> Told:
        """Return the other's own reading, cannot-tell and all."""
        if self.status not in {Status.OK, Status.CANNOT_TELL}:
            return Told(refused=True)
        mass = 0.0 if not self.options else self.label_mass
        if not isinstance(question, Choice):
            return Told(chances=self.options, label_mass=mass)
        names = {**request.options(question), CANNOT_TELL: CANNOT_TELL}
        return Told(chances=_renamed(self.options, names), label_mass=mass)


class _OpenAiAnswer(_Part):
    type: str
    probability: float | None = None
    probabilities: list[_OpenAiChance] = Field(default_factory=list[_OpenAiChance])
    idolens: _OwnFacts | None = None


class _OpenAiAnswers(_Part):
    answers: list[_OpenAiAnswer]


@dataclass(frozen=True, slots=True)
class OpenAiShape:
    """OpenAI's /v1/decisions, which another idolens speaks too."""

    name: str = "openai"
    path: str = "/decisions"
    most: int = 400

    def body(self, request: Request) -> dict[str, Any]:
        """Return the JSON to send; the picture stands first."""
        parts: list[dict[str, Any]] = []
        if not request.offers_cannot_tell:  # another idolens has the role itself
            parts.append({"type": "input_text", "text": request.role})
        if request.picture:
            parts.insert(0, {"type": "input_image", "image_url": request.picture})
        return {
            "model": request.model,
            "input": [{"type": "message", "role": "user", "content": parts}],
            "questions": [
                {"name": request.id(number), **self._question(question, request)}
                for number, question in enumerate(request.questions)
            ],
        }

    def _question(self, question: Closed, request: Request) -> dict[str, Any]:
        asked = {"instructions": harmless(question.instruction)}
        if isinstance(question, YesNo):
            return {"type": "predicate", **asked}
        if isinstance(question, Choice):
            choices = [{"value": shown} for shown in request.options(question)]
            return {"type": "choice", **asked, "choices": choices}
        levels = [{"label": harmless(level)} for level in question.levels]
        return {"type": "score", **asked, "levels": levels}

    def read(self, content: Any, request: Request) -> list[Told]:
        """Return what is said of each question; answers come in the order asked."""
        answers = _OpenAiAnswers.model_validate(content).answers
        if len(answers) != len(request.questions):
            raise ValueError(f"{len(answers)} answers to {len(request.questions)}")
        return [
            self._told(question, answer, request)
            for question, answer in zip(request.questions, answers, strict=True)
        ]

    def _told(self, question: Closed, answer: _OpenAiAnswer, request: Request) -> Told:
        if answer.idolens:
            return answer.idolens.told(question, request)
        if answer.type == "refusal":
            return Told(refused=True)
        if isinstance(question, YesNo):
            chances = _yes_no(answer.probability)
        elif isinstance(question, Choice):
            told = {str(one.value): one.probability for one in answer.probabilities}
            chances = _renamed(told, request.options(question))
        else:
            # Indices begin at 0 or at 1; the order is certain.
            ordered = sorted(answer.probabilities, key=lambda one: int(one.value))
            told = {str(at): one.probability for at, one in enumerate(ordered)}
            chances = _levels(told, question)
        return Told(chances=chances)

    def tokens(self, content: Any) -> int | None:
        """Return how many tokens were read."""
        return _tokens(content)


class _SglangAnswer(_Part):
    probabilities: dict[str, float]
    label_mass: float | None = None


class _SglangAnswers(_Part):
    answers: dict[str, _SglangAnswer]


@dataclass(frozen=True, slots=True)
class SglangShape:
    """SGLang's own /v1/decisions."""

    name: str = "sglang"
    path: str = "/decisions"
    most: int = 400

    def body(self, request: Request) -> dict[str, Any]:
        """Return the JSON to send; the server turns thinking off by itself."""
        return {
            "model": request.model,
            "input": request.role,
            **({"images": [request.picture]} if request.picture else {}),
            "questions": [
                {"id": request.id(number), **self._question(question, request)}
                for number, question in enumerate(request.questions)
            ],
        }

    def _question(self, question: Closed, request: Request) -> dict[str, Any]:
        asked = {"question": harmless(question.instruction)}
        if isinstance(question, YesNo):
            return {"type": "yes_no", **asked}
        if isinstance(question, Choice):
            options = [{"name": shown} for shown in request.options(question)]
            return {"type": "choice", **asked, "options": options}
        return {"type": "score", **asked, "levels": _shown_levels(question)}

    def read(self, content: Any, request: Request) -> list[Told]:
        """Return what is said of each question."""
        answers = _SglangAnswers.model_validate(content).answers
        return [
            self._told(question, _of(answers, request.id(number)), request)
            for number, question in enumerate(request.questions)
        ]

    def _told(self, question: Closed, answer: _SglangAnswer, request: Request) -> Told:
        told = answer.probabilities
        if isinstance(question, YesNo):
            chances = _renamed(told, {"yes": "yes", "no": "no"})
        elif isinstance(question, Choice):
            chances = _renamed(told, request.options(question))
        else:
            chances = _levels(told, question)
        return Told(chances=chances, label_mass=answer.label_mass)

    def tokens(self, content: Any) -> int | None:
        """Return how many tokens were read."""
        return _tokens(content)


class _SystemOneAnswer(_Part):
    noul: float | None = None
    probabilities: dict[str, float] = Field(default_factory=dict[str, float])
    x_label_mass: float | None = None  # SGLang's


class _Diagnostics(_Part):
    label_mass: float | None = None  # vLLM's


class _SystemOneAnswers(_Part):
    answers: dict[str, _SystemOneAnswer]
    diagnostics: dict[str, _Diagnostics] = Field(
        default_factory=dict[str, _Diagnostics]
    )


@dataclass(frozen=True, slots=True)
class SystemOneShape:
    """System One's /v1/systemone: vLLM and SGLang take pictures beside the state."""

    name: str = "systemone"
    path: str = "/systemone"
    most: int = 64

    def body(self, request: Request) -> dict[str, Any]:
        """Return the JSON to send."""
        return {
            "model": request.model,
            **self._state(request),
            "questions": {
                request.id(number): self._question(question, request)
                for number, question in enumerate(request.questions)
            },
        }

    def _state(self, request: Request) -> dict[str, Any]:
        images = {"images": [request.picture]} if request.picture else {}
        return {"state": request.role, **images}

    def _question(self, question: Closed, request: Request) -> dict[str, Any]:
        asked = {"instructions": harmless(question.instruction)}
        if isinstance(question, YesNo):
            return {"type": "noul", **asked}
        if isinstance(question, Choice):
            criteria: Any = dict.fromkeys(request.options(question))
            return {"type": "choice", **asked, "criteria": criteria}
        return {"type": "score", **asked, "criteria": _shown_levels(question)}

    def read(self, content: Any, request: Request) -> list[Told]:
        """Return what is said of each question."""
        whole = _SystemOneAnswers.model_validate(content)
        told: list[Told] = []
        for number, question in enumerate(request.questions):
            name = request.id(number)
            answer = _of(whole.answers, name)
            beside = whole.diagnostics.get(name, _Diagnostics()).label_mass
            mass = beside if answer.x_label_mass is None else answer.x_label_mass
            chances = self._chances(question, answer, request)
            told.append(Told(chances=chances, label_mass=mass))
        return told

    def _chances(
        self, question: Closed, answer: _SystemOneAnswer, request: Request
    ) -> dict[str, float]:
        if isinstance(question, YesNo):
            return _yes_no(answer.noul)
        if isinstance(question, Choice):
            return _renamed(answer.probabilities, request.options(question))
        return _levels(answer.probabilities, question)

    def tokens(self, content: Any) -> int | None:
        """Return how many tokens were read."""
        return _tokens(content)


@dataclass(frozen=True, slots=True)
class AssetsShape(SystemOneShape):
    """System One as `transformers serve` takes it: the picture is an asset."""

    name: str = "systemone-assets"

    def _state(self, request: Request) -> dict[str, Any]:
        if not request.picture:
            return {"state": request.role}
        return {
            "state": f"{_ASSET}{request.role}",
            "assets": {_ASSET: {"data_base64": request.picture}},
        }


_ASSET = "[[idolens-picture]]"

SHAPES: Mapping[str, tuple[Shape, ...]] = MappingProxyType(
    {
        "openai": (OpenAiShape(),),
        "sglang": (SglangShape(),),
        "systemone": (SystemOneShape(), AssetsShape()),
    }
)
"""What the setting ``decisions.shape`` takes → the forms to try, in order."""


def _yes_no(chance: float | None) -> dict[str, float]:
    if chance is None or not 0.0 <= chance <= 1.0:
        raise ValueError("a yes/no answer without a probability")
    return {"yes": chance, "no": 1.0 - chance}


def _renamed(told: Mapping[str, float], names: Mapping[str, str]) -> dict[str, float]:
    if set(told) != set(names):
        raise ValueError(f"probabilities of {sorted(told)}, not of {sorted(names)}")
    return {names[shown]: chance for shown, chance in told.items()}


def _levels(told: Mapping[str, float], question: Score) -> dict[str, float]:
    """Levels are numbered from 0 on the wire and from 1 here."""
    names = {str(at): str(at + 1) for at in range(len(question.levels))}
    return _renamed(told, names)


def _shown_levels(question: Score) -> list[str]:
    return [harmless(level) for level in question.levels]


def _of(answers: Mapping[str, Any], name: str) -> Any:
    if name not in answers:
        raise ValueError(f"no answer to {name}")
    return answers[name]
