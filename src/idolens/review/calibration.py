"""What an engine's probabilities are worth on a studio's own pictures.

An engine may say 0.9 and be right seven times in ten. `idolens calibrate` fits, for
each question, how to read its probabilities so that they mean what they say, and
writes that down in a file. A policy that names the file is judged by the calibrated
probabilities; the engine's own stay in the archive as they were.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from idolens.errors import PolicyError
from idolens.review.record import Record
from idolens.vlm.answer import Answer, Status
from idolens.vlm.engine import Engine
from idolens.vlm.prompt import render
from idolens.vlm.question import Question, content_of
from idolens.vlm.reading import Closed, reread
from idolens.vocabulary import Probability, QuestionKey

METHODS = ("none", "temperature", "platt")
"""From the simplest to the richest."""
LEAST_PROBABILITY = 1e-9
"""What a reply that the engine gave no probability at all counts as."""
MOST_ODDS = 30.0
"""Largest log-odds that are told apart: beyond, a probability would be 0 or 1."""
Hex12 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Positive = Annotated[float, Field(gt=0, le=100)]


class Curve(Record):
    """How to read the probabilities of one question."""

    question: str = Field(description="Its key.")
    content: Hex12 = Field(
        description="Digest of its wording and options: another wording needs another "
        "calibration."
    )
    method: Literal["none", "temperature", "platt"] = Field(
        description="none leaves the probabilities as they are; temperature flattens "
        "or sharpens them; platt also shifts `replies` against all others."
    )
    replies: tuple[str, ...] = Field(
        (),
        description="The replies whose probability is calibrated against all others: "
        "the risky ones, or yes. Where there are none, all replies are calibrated.",
    )
    temperature: Positive = Field(
        1.0, description="Log-odds are divided by it: over 1 is less sure."
    )
    shift: Annotated[float, Field(ge=-100, le=100)] = Field(
        0.0, description="Added to the log-odds of `replies`."
    )
    count: int = Field(description="How many labelled answers it was fitted to.")
    error_before: float | None = Field(
        description="Expected calibration error (ECE, ten bins) of the engine's own "
        "probability: of `replies`, or where there are none, of what it replied."
    )
    error_after: float | None = Field(
        description="The same, calibrated; each answer by a curve fitted without it."
    )
    loss_before: float | None = Field(
        description="Mean negative log-probability (nats) of what is true, before."
    )
    loss_after: float | None = Field(description="The same, calibrated.")
    why: Literal["", "few", "one_truth", "no_probabilities", "no_better"] = Field(
        "",
        description="Why nothing was fitted: too few labels, labels that all say the "
        "same, an engine without probabilities, or nothing gained on answers that the "
        "fit had not seen.",
    )


class Calibration(Record):
    """One calibration file; its version changes whenever its content does."""

    schema_version: Literal["1.0.0"] = "1.0.0"
    version: Hex12
    policy: str = Field(description="Name of the policy whose questions were asked.")
    engine: str
    model: str
    model_revision: str
    prompt_versions: tuple[str, ...]
    pictures: int = Field(description="How many labelled pictures.")
    labels: Hex12 = Field(description="Digest of labels and pictures.")
    curves: tuple[Curve, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> "Calibration":
        if self.version != version_of(self):
            raise PydanticCustomError(
                "policy",
                "{en}",
                {
                    "en": "a calibration was changed by hand; "
                    "run `idolens calibrate` again",
                    "zh": "校准文件被手工改动过；请重新运行 `idolens calibrate`",
                },
            )
        return self

    def curve(self, key: str) -> Curve | None:
        """Return the curve of a question, if it has one."""
        return next((curve for curve in self.curves if curve.question == key), None)

    def check_engine(self, engine: Engine, questions: Sequence[Question]) -> None:
        """Refuse an engine, a model or a wording that this was not fitted to.

        Raises:
            PolicyError: thresholds would be held against other probabilities.
        """
        model = engine.model
        here = (engine.name, model.name, model.revision)
        wordings = {
            render(question).version
            for question in questions
            if self.curve(question.key)
        }
        if here != self._fitted_to or not wordings <= set(self.prompt_versions):
            raise PolicyError(
                f"The policy's calibration was made with {self.engine} ({self.model} "
                f"{self.model_revision}), but {engine.name} ({model.name} "
                f"{model.revision}) or the wording of the questions is another: run "
                "`idolens calibrate` again, or take `calibration` out of the policy.",
                f"该策略的校准基于 {self.engine}（{self.model} "
                f"{self.model_revision}），而现在的引擎是 {engine.name}（{model.name} "
                f"{model.revision}），"
                "或问题的措辞已改变：请重新运行 `idolens calibrate`，"
                "或从策略中去掉 calibration。",
            )

    @property
    def _fitted_to(self) -> tuple[str, str, str]:
        return self.engine, self.model, self.model_revision

    def fits(self, answer: Answer) -> bool:
        """Tell whether ``answer`` comes from what this was fitted to."""
        origin = (answer.engine, answer.model, answer.model_revision)
        return (
            origin == self._fitted_to and answer.prompt_version in self.prompt_versions
        )

    def to_json(self) -> str:
        """Write it as readable JSON; reading gives an equal one."""
        data = self.model_dump(mode="json")
        return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def version_of(calibration: Calibration) -> str:
    """Return twelve digits of the digest of everything but the version."""
    content = calibration.model_dump(mode="json", exclude={"version"})
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def digest_of(question: Question) -> str:
    """Return twelve digits of the digest of all that a question asks."""
    content = json.dumps(content_of(question), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def calibrated(
    answers: Sequence[Answer],
    questions: Mapping[QuestionKey, Question],
    calibration: Calibration,
) -> list[Answer]:
    """Return ``answers`` with the probabilities read as ``calibration`` says.

    An answer from another engine, model or wording than the calibration was fitted to
    becomes an ``error``: what its probabilities are worth is not known, and a
    threshold that means calibrated ones must not be held against it.
    """
    return [
        _calibrated(answer, questions.get(answer.key), calibration)
        for answer in answers
    ]


def _calibrated(
    answer: Answer, question: Question | None, calibration: Calibration
) -> Answer:
    curve = calibration.curve(answer.key)
    if curve is None or not isinstance(question, Closed):
        return answer
    if answer.status not in (Status.OK, Status.CANNOT_TELL):
        return answer
    if not calibration.fits(answer):
        return replace(
            answer,
            status=Status.ERROR,
            value=None,
            probability=None,
            options={},
            detail=f"calibration {calibration.version} is for another model",
        )
    if curve.method == "none" or not answer.options:
        return answer
    options = curved(answer.options, curve.temperature, curve.shift, curve.replies)
    return reread(answer, question, options)


def curved(
    options: Mapping[str, float],
    temperature: float,
    shift: float = 0.0,
    replies: Sequence[str] = (),
) -> dict[str, Probability]:
    """Read probabilities another way.

    Args:
        options: probability of every reply.
        temperature: divides the log-odds.
        shift: added to the log-odds of ``replies``.
        replies: those that are set against all others, which keep their proportions
            among themselves, as do they; where there are none, every reply is set
            against every other.
    """
    if not replies:
        return _softened(options, temperature)
    share = probability_of(options, replies)
    odds = math.log(share / (1 - share)) / temperature + shift
    wanted = 1 / (1 + math.exp(-min(max(odds, -MOST_ODDS), MOST_ODDS)))
    inside = {name: p for name, p in options.items() if name in replies}
    outside = {name: p for name, p in options.items() if name not in replies}
    read = _scaled(inside, wanted) | _scaled(outside, 1 - wanted)
    return {name: read[name] for name in options}


def probability_of(options: Mapping[str, float], replies: Sequence[str]) -> float:
    """Return how probable one of ``replies`` is: never quite 0 and never quite 1."""
    share = math.fsum(options.get(name, 0.0) for name in replies)
    return min(max(share, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY)


def _scaled(options: Mapping[str, float], total: float) -> dict[str, Probability]:
    now = math.fsum(options.values())
    if not now:
        return {name: Probability(total / len(options)) for name in options}
    return {name: Probability(p / now * total) for name, p in options.items()}


def _softened(
    options: Mapping[str, float], temperature: float
) -> dict[str, Probability]:
    logs = {
        name: math.log(max(share, LEAST_PROBABILITY)) / temperature
        for name, share in options.items()
    }
    highest = max(logs.values())
    weights = {name: math.exp(value - highest) for name, value in logs.items()}
    total = math.fsum(weights.values())
    return {name: Probability(weight / total) for name, weight in weights.items()}
