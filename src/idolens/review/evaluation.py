"""How well an engine's answers agree with what a person said about the same pictures.

Pure figures over plain values. An answer that could not be used (``invalid``,
``error``) counts as wrong, never as left out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from idolens.vocabulary import QuestionKey

BINS = 10
"""Calibration compares probability and accuracy in this many steps of probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One picture, one question: what a person says and what the machine says.

    Attributes:
        truth: the person's value, e.g. ``yes``, an option, ``cannot_tell``.
        given: the machine's value; ``invalid`` or ``error`` where it has none.
        probability: the machine's own probability of ``given``, where it has one.
        risk: the person's value is a risk under the policy.
        flagged: the machine's answer would send the picture to review or block it.
    """

    picture: str
    key: QuestionKey
    truth: str
    given: str
    probability: float | None = None
    risk: bool = False
    flagged: bool = False

    @property
    def right(self) -> bool:
        """The machine said what the person said."""
        return self.given == self.truth


class RiskFigures(BaseModel):
    """How many of the risk items were found, and at what price."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: int = Field(description="Risk items that the person marked.")
    found: int = Field(description="Those that the machine flagged.")
    false_alarms: int = Field(description="Flagged pictures without a risk.")
    recall: float | None = Field(
        description="found / items: the coverage of risk items; null without items."
    )
    precision: float | None = Field(
        description="found / everything flagged; null when nothing was flagged."
    )
    false_alarm_rate: float | None = Field(
        description="false_alarms / pictures without a risk; null without any."
    )


class CalibrationBin(BaseModel):
    """Answers whose probability lies between ``low`` and ``high``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    high: float
    count: int
    probability: float = Field(description="Mean probability that the machine gave.")
    accuracy: float = Field(description="Share of them that were right.")


class QuestionFigures(BaseModel):
    """The figures of one question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    accuracy: float
    macro_accuracy: float = Field(
        description="Mean over the true values of the share answered rightly."
    )
    confusion: dict[str, dict[str, int]] = Field(
        description="True value → given value → count."
    )
    risk: RiskFigures
    calibration_error: float | None


class Evaluation(BaseModel):
    """All figures of one labelled set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    accuracy: float
    macro_accuracy: float = Field(description="Mean of the questions' own.")
    unusable: int = Field(description="Answers that could not be used.")
    risk: RiskFigures
    calibration_error: float | None = Field(
        description="Expected calibration error (ECE) in ten equal bins."
    )
    calibration: list[CalibrationBin]
    questions: dict[str, QuestionFigures]
    mistakes: list[dict[str, str]] = Field(
        description="Every wrong answer: picture, question, truth, given."
    )


def evaluate(cases: Sequence[Case]) -> Evaluation:
    """Reduce ``cases`` (at least one) to figures.

    Raises:
        ValueError: there is no case.
    """
    if not cases:
        raise ValueError("an evaluation needs at least one case")
    by_key: dict[str, list[Case]] = {}
    for case in cases:
        by_key.setdefault(case.key, []).append(case)
    questions = {key: _of_question(some) for key, some in sorted(by_key.items())}
    bins = calibration(cases)
    return Evaluation(
        count=len(cases),
        accuracy=_accuracy(cases),
        macro_accuracy=_mean(q.macro_accuracy for q in questions.values()),
        unusable=sum(case.given in {"invalid", "error"} for case in cases),
        risk=risk_figures(cases),
        calibration_error=calibration_error(bins),
        calibration=bins,
        questions=questions,
        mistakes=[
            {
                "picture": case.picture,
                "question": case.key,
                "truth": case.truth,
                "given": case.given,
            }
            for case in cases
            if not case.right
        ],
    )


def risk_figures(cases: Sequence[Case]) -> RiskFigures:
    """Count the risk items found, missed and wrongly raised."""
    items = sum(case.risk for case in cases)
    found = sum(case.risk and case.flagged for case in cases)
    false_alarms = sum(case.flagged and not case.risk for case in cases)
    return RiskFigures(
        items=items,
        found=found,
        false_alarms=false_alarms,
        recall=_share(found, items),
        precision=_share(found, found + false_alarms),
        false_alarm_rate=_share(false_alarms, len(cases) - items),
    )


def calibration(cases: Sequence[Case]) -> list[CalibrationBin]:
    """Compare probability with accuracy, in equal steps; empty steps are left out."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for case in cases:
        if case.probability is not None:
            place = min(int(case.probability * BINS), BINS - 1)
            bins[place].append((case.probability, case.right))
    return [
        CalibrationBin(
            low=place / BINS,
            high=(place + 1) / BINS,
            count=len(some),
            probability=_mean(probability for probability, _ in some),
            accuracy=_mean(float(right) for _, right in some),
        )
        for place, some in enumerate(bins)
        if some
    ]


def calibration_error(bins: Sequence[CalibrationBin]) -> float | None:
    """Return the mean gap between probability and accuracy, weighted by count."""
    total = sum(step.count for step in bins)
    if not total:
        return None
    gap = sum(step.count * abs(step.probability - step.accuracy) for step in bins)
    return gap / total


def _of_question(cases: Sequence[Case]) -> QuestionFigures:
    confusion: dict[str, Counter[str]] = {}
    for case in cases:
        confusion.setdefault(case.truth, Counter())[case.given] += 1
    return QuestionFigures(
        count=len(cases),
        accuracy=_accuracy(cases),
        macro_accuracy=_mean(
            given[truth] / given.total() for truth, given in confusion.items()
        ),
        confusion={truth: dict(given) for truth, given in sorted(confusion.items())},
        risk=risk_figures(cases),
        calibration_error=calibration_error(calibration(cases)),
    )


def _accuracy(cases: Sequence[Case]) -> float:
    return _mean(float(case.right) for case in cases)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
