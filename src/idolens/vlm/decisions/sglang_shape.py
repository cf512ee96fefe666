"""SGLang's own /v1/decisions."""

from dataclasses import dataclass
from typing import Any

from idolens.vlm.decisions.shapes import (
    Part,
    Request,
    Told,
    by_level,
    renamed,
    shown_levels,
    tokens_of,
    told_of,
)
from idolens.vlm.markup import harmless
from idolens.vlm.question import Choice, YesNo
from idolens.vlm.reading import Closed


class _SglangAnswer(Part):
    probabilities: dict[str, float]
    label_mass: float | None = None


class _SglangAnswers(Part):
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
        return {"type": "score", **asked, "levels": shown_levels(question)}

    def read(self, content: Any, request: Request) -> list[Told]:
        """Return what is said of each question."""
        answers = _SglangAnswers.model_validate(content).answers
        return [
            self._told(question, told_of(answers, request.id(number)), request)
            for number, question in enumerate(request.questions)
        ]

    def _told(self, question: Closed, answer: _SglangAnswer, request: Request) -> Told:
        told = answer.probabilities
        if isinstance(question, YesNo):
            chances = renamed(told, {"yes": "yes", "no": "no"})
        elif isinstance(question, Choice):
            chances = renamed(told, request.options(question))
        else:
            chances = by_level(told, question)
        return Told(chances=chances, label_mass=answer.label_mass)

    def tokens(self, content: Any) -> int | None:
        """Return how many tokens were read."""
        return tokens_of(content)
