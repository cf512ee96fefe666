"""Two engines asked the same questions about the same labelled pictures.

Pure figures: who is right how often, where they differ and whether that could be
chance, how fast each is, and what a thousand pictures cost.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles

from pydantic import Field

from idolens.review.evaluation import Case, RiskFigures, evaluate
from idolens.review.record import Record

_HOUR_MS = 3_600_000
_TWENTIETHS = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What one engine said, and how long it took.

    Attributes:
        name: of the engine, as it was asked for.
        model: its model and revision.
        cases: every answer beside its label, in the same order for both engines.
        milliseconds: time of each picture, all its questions together.
        per_hour: what the engine costs an hour, in any currency; None is unknown.
    """

    name: str
    model: str
    cases: Sequence[Case]
    milliseconds: Sequence[float]
    per_hour: float | None = None


class Side(Record):
    """The figures of one engine."""

    name: str
    model: str
    accuracy: float
    macro_accuracy: float
    calibration_error: float | None
    unusable: int
    risk: RiskFigures
    picture_ms: float = Field(description="Median time of a picture, in ms.")
    slow_picture_ms: float = Field(description="95 of 100 pictures were faster, in ms.")
    answers_per_second: float
    cost_per_1000: float | None = Field(
        description="What a thousand such pictures cost; null without a price."
    )


class QuestionPair(Record):
    """The figures of one question."""

    count: int
    agreement: float
    accuracy_a: float
    accuracy_b: float


class Comparison(Record):
    """Two engines side by side."""

    count: int
    agreement: float = Field(description="Share of answers in which both say the same.")
    kappa: float | None = Field(
        description="Agreement beyond chance (Cohen), 1 is perfect; null where both "
        "always say the same one thing."
    )
    both_right: int
    only_a_right: int
    only_b_right: int
    neither_right: int
    chance: float = Field(
        description="Probability of a difference at least as large if both were "
        "equally good (exact McNemar test)."
    )
    a: Side
    b: Side
    questions: dict[str, QuestionPair]
    differences: tuple[dict[str, str], ...] = Field(
        description="Every answer that differs: picture, question, truth, a, b."
    )


def compare(a: Asked, b: Asked) -> Comparison:
    """Put two engines side by side.

    Raises:
        ValueError: they were not asked the same, or nothing at all.
    """
    pairs = list(zip(a.cases, b.cases, strict=True))
    if not pairs or any(_asked(one) != _asked(other) for one, other in pairs):
        raise ValueError("both must have been asked the same questions")
    right = Counter((one.right, other.right) for one, other in pairs)
    only_a, only_b = right[True, False], right[False, True]
    return Comparison(
        count=len(pairs),
        agreement=_agreement(pairs),
        kappa=_kappa(pairs),
        both_right=right[True, True],
        only_a_right=only_a,
        only_b_right=only_b,
        neither_right=right[False, False],
        chance=_chance(only_a, only_b),
        a=_side(a),
        b=_side(b),
        questions=_questions(pairs),
        differences=tuple(
            {
                "picture": one.picture,
                "question": one.key,
                "truth": one.truth,
                "a": one.given,
                "b": other.given,
            }
            for one, other in pairs
            if one.given != other.given
        ),
    )


def _asked(case: Case) -> tuple[str, str, str]:
    return case.picture, case.key, case.truth


def _side(asked: Asked) -> Side:
    figures = evaluate(asked.cases)
    times = asked.milliseconds
    price = asked.per_hour
    return Side(
        name=asked.name,
        model=asked.model,
        accuracy=figures.accuracy,
        macro_accuracy=figures.macro_accuracy,
        calibration_error=figures.calibration_error,
        unusable=figures.unusable,
        risk=figures.risk,
        picture_ms=median(times),
        slow_picture_ms=(
            quantiles(times, n=_TWENTIETHS, method="inclusive")[-1]
            if len(times) > 1
            else times[0]
        ),
        answers_per_second=len(asked.cases) / max(math.fsum(times) / 1000, 1e-9),
        cost_per_1000=(
            None if price is None else fmean(times) * 1000 / _HOUR_MS * price
        ),
    )


def _questions(pairs: Sequence[tuple[Case, Case]]) -> dict[str, QuestionPair]:
    by_key: dict[str, list[tuple[Case, Case]]] = {}
    for one, other in pairs:
        by_key.setdefault(one.key, []).append((one, other))
    return {
        key: QuestionPair(
            count=len(some),
            agreement=_agreement(some),
            accuracy_a=fmean(one.right for one, _ in some),
            accuracy_b=fmean(other.right for _, other in some),
        )
        for key, some in sorted(by_key.items())
    }


def _agreement(pairs: Sequence[tuple[Case, Case]]) -> float:
    return fmean(one.given == other.given for one, other in pairs)


def _kappa(pairs: Sequence[tuple[Case, Case]]) -> float | None:
    """Return the agreement beyond what each one's habits would give by chance.

    An answer is told by question and value: yes to one is not yes to another.
    """
    habits_a = Counter((one.key, one.given) for one, _ in pairs)
    habits_b = Counter((other.key, other.given) for _, other in pairs)
    asked = Counter(one.key for one, _ in pairs)
    expected = math.fsum(
        habits_a[said] * habits_b[said] / asked[said[0]] for said in habits_a
    ) / len(pairs)
    if expected >= 1:
        return None
    return (_agreement(pairs) - expected) / (1 - expected)


def _chance(only_a: int, only_b: int) -> float:
    """Return the two-sided probability of so uneven a split of a fair coin's throws."""
    thrown, fewer = only_a + only_b, min(only_a, only_b)
    tail = math.fsum(math.comb(thrown, k) / 2**thrown for k in range(fewer + 1))
    return min(1.0, 2 * tail)
