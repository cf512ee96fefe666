"""A finding that people dismissed does not come back: same pictures, same question.

It is left out of what decides, never silently: the judgement names it, and the verdict
that it rests on. One picture of a finding on which nobody has said anything, or on
which the newest word is another, is enough for it to stay.
"""

import hashlib
from collections.abc import Mapping, Sequence

from pydantic import Field

from idolens.review.calibration import digest_of
from idolens.review.findings import Finding, RiskTotal
from idolens.review.policy import PolicyQuestion, Risk, worst
from idolens.review.record import Record, rounded
from idolens.vocabulary import Sha256

Subject = str
"""A question in its words, and the replies that are risky: what a verdict is about."""


class Dismissal(Record):
    """The verdict by which people dismissed a finding."""

    verdict: int = Field(description="Its number.")
    session: str = Field(description="Of which session.")
    finding: str = Field(description="Which finding of that session.")
    by: str = Field(description="Who said it.")
    at_ms: int = Field(description="When, UTC.")
    reason: str | None = Field(description="Code of the reason, if one was given.")


class Suppressed(Record):
    """A finding that is left out because people dismissed the same pictures before."""

    finding: Finding = Field(description="As it would be without them.")
    dismissed_by: tuple[Dismissal, ...] = Field(
        description="The verdicts, in the order in which they came."
    )


Dismissals = Mapping[tuple[Subject, Sha256], Dismissal]
"""What people said of pictures, by what it was about."""


def subject_of(question: PolicyQuestion, risk: Risk) -> Subject:
    """Return what a verdict on a finding of ``risk`` is about."""
    about = "\n".join([digest_of(question.question()), *sorted(risk.when)])
    return hashlib.sha256(about.encode()).hexdigest()[:24]


def risk_of(question: PolicyQuestion, finding: Finding) -> Risk:
    """Return the risk that a finding of ``question`` is about."""
    return next(risk for risk in question.risks if risk.when == finding.why.when)


def risky_pictures(finding: Finding) -> tuple[Sha256, ...]:
    """Return the pictures that reached the threshold, each once, in order of time."""
    limit = rounded(finding.why.review_at)
    pictures = (
        Sha256(sight.picture or "")
        for sight in finding.why.sights
        if sight.probability is not None and sight.probability >= limit
    )
    return tuple(dict.fromkeys(pictures))


def without_dismissed(
    found: Sequence[Finding],
    total: RiskTotal,
    subject: Subject,
    dismissals: Dismissals,
) -> tuple[list[Finding], list[Suppressed], RiskTotal]:
    """Divide the findings of one risk into those that stay and those that do not.

    Returns:
        What stays, what is left out, and the total of what stays.
    """
    kept: list[Finding] = []
    left_out: list[Suppressed] = []
    for finding in found:
        said = [
            dismissals.get((subject, picture)) for picture in risky_pictures(finding)
        ]
        known = [one for one in said if one is not None]
        if not said or len(known) < len(said):
            kept.append(finding)
            continue
        by_number = {one.verdict: one for one in known}
        left_out.append(
            Suppressed(
                finding=finding,
                dismissed_by=tuple(by_number[number] for number in sorted(by_number)),
            )
        )
    if not left_out:
        return kept, left_out, total
    changes = {
        "findings": len(kept),
        "suggestion": worst([finding.suggestion for finding in kept]),
        "seen_ms": sum(finding.seen_ms for finding in kept),
        "looks": sum(finding.looks for finding in kept),
    }
    return kept, left_out, total.model_copy(update=changes)
