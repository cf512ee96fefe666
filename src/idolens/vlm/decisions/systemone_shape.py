"""System One's /v1/systemone, as vLLM, SGLang and transformers serve it."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from idolens.vlm.decisions.shapes import (
    Part,
    Request,
    Told,
    by_level,
    renamed,
    shown_levels,
    tokens_of,
    told_of,
    yes_no,
)
from idolens.vlm.markup import harmless
from idolens.vlm.question import Choice, YesNo
from idolens.vlm.reading import Closed


class _SystemOneAnswer(Part):
    noul: float | None = None
    probabilities: dict[str, float] = Field(default_factory=dict[str, float])
    x_label_mass: float | None = None  # SGLang's


class _Diagnostics(Part):
    label_mass: float | None = None  # vLLM's


class _SystemOneAnswers(Part):
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
        return {"type": "score", **asked, "criteria": shown_levels(question)}

    def read(self, content: Any, request: Request) -> list[Told]:
        """Return what is said of each question."""
        whole = _SystemOneAnswers.model_validate(content)
        told: list[Told] = []
        for number, question in enumerate(request.questions):
            name = request.id(number)
            answer = told_of(whole.answers, name)
            beside = whole.diagnostics.get(name, _Diagnostics()).label_mass
            mass = beside if answer.x_label_mass is None else answer.x_label_mass
            chances = self._chances(question, answer, request)
            told.append(Told(chances=chances, label_mass=mass))
        return told

    def _chances(
        self, question: Closed, answer: _SystemOneAnswer, request: Request
    ) -> dict[str, float]:
        if isinstance(question, YesNo):
            return yes_no(answer.noul)
        if isinstance(question, Choice):
            return renamed(answer.probabilities, request.options(question))
        return by_level(answer.probabilities, question)

    def tokens(self, content: Any) -> int | None:
        """Return how many tokens were read."""
        return tokens_of(content)


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
