"""OpenAI's /v1/decisions, as other servers and another idolens speak it too."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from idolens.vlm.answer import Status
from idolens.vlm.decisions.shapes import (
    DECLINED,
    Part,
    Request,
    Told,
    by_level,
    renamed,
    tokens_of,
    yes_no,
)
from idolens.vlm.markup import harmless
from idolens.vlm.prompt import CANNOT_TELL
from idolens.vlm.question import Choice, YesNo
from idolens.vlm.reading import Closed


class _OpenAiChance(Part):
    value: str | bool | int
    probability: float


class _OwnFacts(Part):
    """What another idolens tells beside OpenAI's shape."""

    status: str
    options: dict[str, float] = Field(default_factory=dict[str, float])
    label_mass: float | None = None
    detail: str = ""

    def told(self, question: Closed, request: Request) -> Told:
        """Return the other's own reading, cannot-tell and all."""
        if self.status not in {Status.OK, Status.CANNOT_TELL}:
            return Told(refusal=self.detail or DECLINED)
        mass = 0.0 if not self.options else self.label_mass
        if not isinstance(question, Choice):
            return Told(chances=self.options, label_mass=mass)
        names = {**request.options(question), CANNOT_TELL: CANNOT_TELL}
        return Told(chances=renamed(self.options, names), label_mass=mass)


class _OpenAiAnswer(Part):
    type: str
    probability: float | None = None
    probabilities: list[_OpenAiChance] = Field(default_factory=list[_OpenAiChance])
    idolens: _OwnFacts | None = None


class _OpenAiAnswers(Part):
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
            return Told(refusal=DECLINED)
        if isinstance(question, YesNo):
            chances = yes_no(answer.probability)
        elif isinstance(question, Choice):
            told = {str(one.value): one.probability for one in answer.probabilities}
            chances = renamed(told, request.options(question))
        else:
            # Indices begin at 0 or at 1; the order is certain.
            ordered = sorted(answer.probabilities, key=lambda one: int(one.value))
            told = {str(at): one.probability for at, one in enumerate(ordered)}
            chances = by_level(told, question)
        return Told(chances=chances)

    def tokens(self, content: Any) -> int | None:
        """Return how many tokens were read."""
        return tokens_of(content)
