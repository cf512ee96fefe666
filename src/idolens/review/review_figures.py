"""What people's verdicts say of one version of a policy.

Precision is confirmed / decided: what was corrected counts as decided, and not as
confirmed. Recall is estimated: of the QA sample's frames a share m was missed (Wilson's
interval m1 … m2), drawn from N passed frames; with C frames of confirmed findings it is
C / (C + N m), and lies between C / (C + N m2) and C / (C + N m1). What nobody has
judged yet counts neither way: it is worth something once most findings are judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Literal

from pydantic import Field

from idolens.review.agreement import PairFigure, ShareFigure, pair_of, share_of
from idolens.review.record import Record, rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one person said last about an item."""

    by: str
    decision: str
    at_ms: int
    took_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Something that people were to judge, and what each said of it.

    Attributes:
        question: its key; of a sampled frame the one that was missed in it, or empty.
        looks: how many frames it stands for.
        ready_at_ms: since when it waited, UTC.
        words: in the order in which they came; the last one holds.
    """

    kind: Literal["finding", "sample"]
    question: str
    looks: int
    ready_at_ms: int
    words: Sequence[Word]

    @property
    def decision(self) -> str | None:
        """What holds; None while nobody has said anything."""
        return self.words[-1].decision if self.words else None


class Recall(Record):
    """How many of the risky frames were found, as far as the QA sample tells."""

    share: float | None = Field(description="Estimated; null while nothing is known.")
    low: float = Field(description="Lower bound (95 %).")
    high: float = Field(description="Upper bound (95 %).")


class Precision(Record):
    """How many of the findings of one question were right."""

    question: str = Field(description="Key of the question.")
    findings: int = Field(description="All, judged or not.")
    confirmed: int = Field(description="Right.")
    dismissed: int = Field(description="False alarms.")
    corrected: int = Field(description="Something else.")
    missed: int = Field(description="Frames of the QA sample in which it was missed.")
    precision: ShareFigure = Field(description="confirmed / decided.")


class ReviewFigures(Record):
    """All that verdicts say of one version of a policy."""

    sessions: int = Field(description="Whose reports were made by it.")
    findings: int = Field(description="All, judged or not.")
    precision: ShareFigure = Field(description="confirmed / decided.")
    missed: ShareFigure = Field(description="Misses in the judged part of the sample.")
    passed: int = Field(description="Frames from which the sample was drawn.")
    sampled: int = Field(description="Frames of the sample, judged or not.")
    recall: Recall = Field(description="Estimated from the sample.")
    questions: tuple[Precision, ...] = Field(description="By question.")
    agreement: ShareFigure = Field(
        description="Of pairs of people who judged the same: how many said the same."
    )
    pairs: tuple[PairFigure, ...] = Field(description="Who agrees with whom.")
    waited_ms: int | None = Field(
        description="From the report to the first verdict, median."
    )
    took_ms: int | None = Field(
        description="From taking it from the queue to the verdict, median."
    )


def review_figures(
    judged: Sequence[Judged], *, sessions: int, passed: int
) -> ReviewFigures:
    """Count what people said.

    Args:
        judged: all that they were to judge.
        sessions: how many it is from.
        passed: frames from which the QA samples were drawn.
    """
    findings = [one for one in judged if one.kind == "finding"]
    sample = [one for one in judged if one.kind == "sample"]
    decided = [one for one in sample if one.decision]
    missed = share_of(sum(one.decision == "corrected" for one in decided), len(decided))
    pairs = _pairs(judged)
    words = [word for one in judged for word in one.words]
    waited = [one.words[0].at_ms - one.ready_at_ms for one in judged if one.words]
    took = [word.took_ms for word in words if word.took_ms is not None]
    keys = sorted({one.question for one in judged if one.question})
    return ReviewFigures(
        sessions=sessions,
        findings=len(findings),
        precision=_precision(findings),
        missed=missed,
        passed=passed,
        sampled=len(sample),
        recall=_recall(findings, missed, passed),
        questions=tuple(_of_question(key, findings, sample) for key in keys),
        agreement=share_of(
            sum(round(pair.agreement * pair.count) for pair in pairs),
            sum(pair.count for pair in pairs),
        ),
        pairs=pairs,
        waited_ms=round(median(waited)) if waited else None,
        took_ms=round(median(took)) if took else None,
    )


def _precision(findings: Sequence[Judged]) -> ShareFigure:
    decided = [one for one in findings if one.decision]
    return share_of(sum(one.decision == "confirmed" for one in decided), len(decided))


def _of_question(
    key: str, findings: Sequence[Judged], sample: Sequence[Judged]
) -> Precision:
    own = [one for one in findings if one.question == key]
    said = [one.decision for one in own]
    return Precision(
        question=key,
        findings=len(own),
        confirmed=said.count("confirmed"),
        dismissed=said.count("dismissed"),
        corrected=said.count("corrected"),
        missed=sum(
            one.question == key and one.decision == "corrected" for one in sample
        ),
        precision=_precision(own),
    )


def _recall(findings: Sequence[Judged], missed: ShareFigure, passed: int) -> Recall:
    found = sum(one.looks for one in findings if one.decision == "confirmed")
    if missed.share is None or not found + passed * missed.share:
        return Recall(share=None, low=0.0, high=1.0)

    def recall(share: float) -> float:
        risky = found + passed * share
        return rounded(found / risky) if risky else 1.0

    return Recall(
        share=recall(missed.share), low=recall(missed.high), high=recall(missed.low)
    )


def _pairs(judged: Sequence[Judged]) -> tuple[PairFigure, ...]:
    """Compare everybody with everybody by what each said last of the same."""
    said: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one in judged:
        last = {word.by: word.decision for word in one.words}
        for a, b in combinations(sorted(last), 2):
            said.setdefault((a, b), []).append((last[a], last[b]))
    return tuple(pair_of(a, b, pairs) for (a, b), pairs in sorted(said.items()))
