"""The file to read first: from answers to what the studio should do.

Pure and deterministic: the same frames, answers and policy give the same judgement,
byte for byte, in whatever order they are handed over. No answer is never a pass:
time that nobody looked at, and time in which the model could not tell, each have
their own column and their own limit, and passing a limit proposes a review.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from idolens.media.frame import Frame
from idolens.review.coverage import Coverage, coverage, moot_frames
from idolens.review.dismissals import (
    Dismissals,
    Suppressed,
    subject_of,
    without_dismissed,
)
from idolens.review.findings import Finding, RiskTotal, find
from idolens.review.moments import Moment, MomentState, in_order, moments
from idolens.review.policy import Policy, PolicyQuestion, worst
from idolens.review.record import Record, Words, rounded
from idolens.review.regions import pointed
from idolens.review.tracks import Tag, Track, tags, track
from idolens.vlm.answer import Answer
from idolens.vocabulary import FrameId, Milliseconds, Suggestion


class Reason(Record):
    """One thing that makes the suggestion worse than pass.

    Attributes:
        question: its key; None where the whole session is meant.
        measured: a share of the session (``unexamined``, ``undecided_share``), a
            duration in seconds (``undecided_stretch``), a count (``findings``), or 0
            (``nothing_seen``).
        limit: what the policy allows, in the same unit.
    """

    code: Literal[
        "findings", "unexamined", "nothing_seen", "undecided_share", "undecided_stretch"
    ]
    suggestion: Suggestion
    question: str | None
    label: Words | None
    measured: float
    limit: float


class Judgement(Record):
    """What the machine review says of a session (机审结论)."""

    duration_ms: int
    suggestion: Suggestion
    reasons: tuple[Reason, ...]
    findings: tuple[Finding, ...]
    totals: tuple[RiskTotal, ...]
    coverage: tuple[Coverage, ...]
    tags: tuple[Tag, ...]
    tracks: tuple[Track, ...]
    suppressed: tuple[Suppressed, ...] = Field(
        default=(),
        exclude_if=lambda suppressed: not suppressed,
        description="Findings that are left out because people dismissed the same "
        "pictures for the same question before; since 1.2.0.",
    )


def judge(
    frames: Sequence[Frame],
    answers: Mapping[FrameId, Sequence[Answer]],
    policy: Policy,
    *,
    duration: Milliseconds | None = None,
    dismissals: Dismissals = MappingProxyType({}),
) -> Judgement:
    """Judge a session's answers by ``policy``.

    Args:
        frames: every sampled moment, in any order.
        policy: what to make of them.
        answers: of the kept frames; inherited ones use those of ``frame.inherits``.
        duration: length of the session, where it is longer than the frames are; time
            that no frame stands for counts as failed.
        dismissals: what people dismissed before; the policy may turn this off.
    """
    known: Dismissals = dismissals if policy.reviewed.remember_dismissed else {}
    whole = in_order(frames, duration)
    answers = {frame: policy.calibrated(given) for frame, given in answers.items()}
    seen = {
        question.key: moments(whole, answers, question) for question in policy.questions
    }
    moot = {question.key: moot_frames(question, seen) for question in policy.questions}
    rows = tuple(
        coverage(policy, question, seen[question.key], moot[question.key])
        for question in policy.questions
    )
    places = {frame.id: place for place, frame in enumerate(whole)}
    findings: list[Finding] = []
    totals: list[RiskTotal] = []
    suppressed: list[Suppressed] = []
    for question in policy.questions:
        for risk in question.risks:
            found, total = find(question, risk, seen[question.key])
            found, left_out, total = without_dismissed(
                found, total, subject_of(question, risk), known
            )
            suppressed += left_out
            findings += [_pointed(one, policy, seen, places) for one in found]
            totals.append(total)
    reasons = [
        *_found(totals),
        *_unexamined(policy, rows),
        *_undecided(policy, rows, seen, moot),
    ]
    return Judgement(
        duration_ms=rows[0].duration_ms,
        suggestion=worst([reason.suggestion for reason in reasons]),
        reasons=tuple(reasons),
        findings=tuple(sorted(findings, key=_by_time)),
        totals=tuple(totals),
        coverage=rows,
        tags=tuple(
            tag
            for question in policy.questions
            for tag in tags(question, seen[question.key])
        ),
        tracks=tuple(
            track(question, seen[question.key]) for question in policy.questions
        ),
        suppressed=tuple(sorted(suppressed, key=lambda one: _by_time(one.finding))),
    )


def _pointed(
    finding: Finding,
    policy: Policy,
    seen: Mapping[str, Sequence[Moment]],
    places: Mapping[FrameId, int],
) -> Finding:
    shown = finding.evidence
    place = places[FrameId(shown.frame)]
    regions = pointed(policy.questions, seen, place, shown.picture)
    return finding.model_copy(update={"regions": regions}) if regions else finding


def _by_time(finding: Finding) -> tuple[int, int]:
    return finding.start_ms, finding.end_ms


def _found(totals: Sequence[RiskTotal]) -> list[Reason]:
    return [
        Reason(
            code="findings",
            suggestion=total.suggestion,
            question=total.question,
            label=total.sub_label,
            measured=total.findings,
            limit=0,
        )
        for total in totals
        if total.findings
    ]


def _unexamined(policy: Policy, rows: Sequence[Coverage]) -> list[Reason]:
    """Say where more went unexamined than the policy allows.

    What no question saw (failed, dropped) is said once for the session; a question
    is named only where its own answers are missing on top.
    """
    duration = rows[0].duration_ms
    if not any(row.seen_ms for row in rows):
        return [_reason("nothing_seen", None, 0, 0)]
    shared = (rows[0].unexamined_ms - rows[0].unanswered_ms) / duration
    reasons: list[Reason] = []
    if shared > policy.max_unexamined:
        reasons.append(_reason("unexamined", None, shared, policy.max_unexamined))
    for row, question in zip(rows, policy.questions, strict=True):
        share = row.unexamined_ms / duration
        if row.unanswered_ms and share > policy.max_unexamined:
            reasons.append(
                _reason("unexamined", question, share, policy.max_unexamined)
            )
    return reasons


def _undecided(
    policy: Policy,
    rows: Sequence[Coverage],
    seen: Mapping[str, Sequence[Moment]],
    moot: Mapping[str, frozenset[FrameId]],
) -> list[Reason]:
    """Say where the model could not tell for longer than the policy tolerates."""
    reasons: list[Reason] = []
    for row, question in zip(rows, policy.questions, strict=True):
        open_ms = row.undecided_ms - row.moot_ms
        if not question.undecided_matters or not open_ms:
            continue
        share = open_ms / row.duration_ms
        if share > question.undecided_share:
            reasons.append(
                _reason("undecided_share", question, share, question.undecided_share)
            )
        longest = _longest_open(seen[question.key], moot[question.key]) / 1000
        limit = question.undecided_stretch_s
        if longest > limit:
            reasons.append(_reason("undecided_stretch", question, longest, limit))
    return reasons


def _longest_open(seen: Sequence[Moment], moot: frozenset[FrameId]) -> int:
    """Return the longest stretch, in ms, that stays undecided and not moot."""
    stretches = groupby(
        seen,
        key=lambda moment: (
            moment.state is MomentState.UNDECIDED and moment.frame.id not in moot
        ),
    )
    return max(
        (
            sum(moment.duration for moment in group)
            for undecided, group in stretches
            if undecided
        ),
        default=0,
    )


def _reason(
    code: Literal["unexamined", "nothing_seen", "undecided_share", "undecided_stretch"],
    question: PolicyQuestion | None,
    measured: float,
    limit: float,
) -> Reason:
    return Reason(
        code=code,
        suggestion=Suggestion.REVIEW,
        question=question.key if question else None,
        label=question.label if question else None,
        measured=rounded(measured),
        limit=limit,
    )
