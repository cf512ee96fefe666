"""/api/v1/sessions/…/verdicts: what people say to the machine's findings."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from idolens.archive import Session
from idolens.archive.verdicts import Target, Verdict
from idolens.errors import BadInputError
from idolens.review import check_policy
from idolens.review.dismissals import risk_of, risky_pictures, subject_of
from idolens.review.review_rules import REASONS
from idolens.review.sampling import SAMPLE
from idolens.vocabulary import Milliseconds
from idolens.web.access.caller import caller_of
from idolens.web.api.judging import Judging
from idolens.web.api.sessions import session_of
from idolens.web.api.shape import (
    Asked,
    Cursor,
    Limit,
    Page,
    SessionPath,
    Told,
    cursor_of,
    place_of,
    utc,
)
from idolens.web.house import House

_LATEST_MS = 2**53
"""Past any recording, and within what every program reads as a whole number."""
Decision = Literal["confirmed", "dismissed", "corrected", "withdrawn"]


class VerdictAsked(Asked):
    """A verdict on a finding, on a frame of the QA sample, or on a time.

    A time is one in which the machine found nothing and a person did.
    """

    finding: str | None = Field(
        default=None,
        max_length=200,
        description="Id of the finding; without one, `question`, `start_ms` and "
        "`end_ms` say what is meant.",
        examples=["exposure/yes/f000000"],
    )
    sample: str | None = Field(
        default=None,
        pattern=r"^f\d{6,12}$",
        description="Id of a frame of the QA sample instead: `confirmed` says that "
        "nothing was missed in it, `corrected` names in `question` and `label` what "
        "was.",
        examples=[None],
    )
    question: str | None = Field(
        default=None, max_length=40, description="Key of a question of the policy."
    )
    start_ms: int | None = Field(
        default=None, ge=0, le=_LATEST_MS, description="Begin on the session clock."
    )
    end_ms: int | None = Field(
        default=None, ge=0, le=_LATEST_MS, description="End, likewise."
    )
    decision: Decision = Field(
        description="`corrected` says in `label` what it is instead; `withdrawn` takes "
        "back what was said, which stays in the history.",
        examples=["confirmed"],
    )
    label: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = (
        Field(default=None, description="What it is instead, if `corrected`.")
    )
    reason: str | None = Field(
        default=None,
        max_length=40,
        description="Code of why; `GET /api/v1/review/reasons` lists them.",
        examples=["not_there"],
    )
    note: str = Field(
        default="", max_length=2000, description="What was seen, and why."
    )
    version: int = Field(
        ge=0,
        le=2**53,
        description="Version of the verdict that was shown, 0 if there was none; when "
        "another has come since the answer is 409.",
        examples=[0],
    )


class VerdictTold(Told):
    """What one person said."""

    id: int = Field(description="In the order in which they came.")
    target: str = Field(description="The finding's id, or `question@start-end`.")
    question: str = Field(description="Key of the question in the policy.")
    start_ms: int = Field(description="Begin on the session clock.")
    end_ms: int = Field(description="End, likewise.")
    decision: Decision = Field(description="What was said.")
    label: str | None = Field(description="What it is instead, if `corrected`.")
    reason: str | None = Field(description="Code of why, if one was given.")
    note: str = Field(description="What was seen, and why.")
    version: int = Field(
        description="Of the verdicts on this target; the highest holds."
    )
    by: str = Field(description="Who said it.")
    at: str = Field(description="When, UTC.")
    took_ms: int | None = Field(
        description="From when it was taken from the queue; null if it was not."
    )


class VerdictPage(Page[VerdictTold]):
    """Some verdicts, the newest first; none is ever changed."""


def add_verdicts(router: APIRouter, house: House, judging: Judging) -> None:
    """Add the routes."""

    @router.get(
        "/sessions/{session_id}/verdicts",
        summary="List what people said to a session's findings, the newest first",
    )
    def verdicts(
        session_id: SessionPath, limit: Limit = 50, cursor: Cursor = None
    ) -> VerdictPage:
        session = session_of(house, session_id)
        place = place_of(cursor, int)
        found = house.archive.verdicts.page(
            session.id, limit + 1, None if place is None else int(place[0])
        )
        shown = found[:limit]
        return VerdictPage(
            items=[verdict_told(one) for one in shown],
            next=cursor_of(shown[-1].id) if len(found) > limit else None,
        )

    @router.post(
        "/sessions/{session_id}/verdicts",
        summary="Say what a finding really is",
        status_code=201,
    )
    def judge(
        session_id: SessionPath, asked: VerdictAsked, request: Request
    ) -> VerdictTold:
        session = session_of(house, session_id)
        _check_reason(asked, session)
        if (asked.label is not None) != (asked.decision == "corrected"):
            raise BadInputError(
                "Give `label` with `corrected`, and with no other decision.",
                "仅当 decision 为 corrected 时，才需要且必须填写 label。",
            )
        return verdict_told(
            house.archive.verdicts.add(
                session.id,
                _target(asked, session, judging),
                asked.decision,
                by=caller_of(request).actor,
                seen=asked.version,
                label=asked.label,
                reason=asked.reason,
                note=asked.note,
            )
        )


def verdict_told(verdict: Verdict) -> VerdictTold:
    """Tell a verdict in the shape of the API."""
    return VerdictTold(
        id=verdict.id,
        target=verdict.target.key,
        question=verdict.target.question,
        start_ms=verdict.target.start,
        end_ms=verdict.target.end,
        decision=verdict.decision,
        label=verdict.label,
        reason=verdict.reason,
        note=verdict.note,
        version=verdict.version,
        by=verdict.by,
        at=utc(verdict.at_ms),
        took_ms=verdict.took_ms,
    )


def _check_reason(asked: VerdictAsked, session: Session) -> None:
    policy = check_policy(session.policy_text)
    known = {one.code for one in (*REASONS, *policy.reviewed.reasons)}
    if asked.reason is not None and asked.reason not in known:
        raise BadInputError(
            "There is no such reason: take one from GET /api/v1/review/reasons.",
            "没有这个理由：请使用 GET /api/v1/review/reasons 列出的代码。",
        )


def _target(asked: VerdictAsked, session: Session, judging: Judging) -> Target:
    if asked.sample is not None:
        return _sampled(asked, session, judging)
    if asked.finding is None:
        return _time(asked, session)
    if (asked.question, asked.start_ms, asked.end_ms) != (None, None, None):
        raise _what()
    policy = check_policy(session.policy_text)
    questions = {entry.key: entry for entry in policy.questions}
    for finding in judging.of(session).findings:
        if finding.id == asked.finding:
            question = questions[finding.question]
            return Target(
                key=finding.id,
                question=finding.question,
                start=Milliseconds(finding.start_ms),
                end=Milliseconds(finding.end_ms),
                subject=subject_of(question, risk_of(question, finding)),
                pictures=risky_pictures(finding),
            )
    raise BadInputError(
        "The session has no such finding: take an id from its findings.",
        "该场次没有这个命中片段：请使用其 findings 中的编号。",
    )


def _sampled(asked: VerdictAsked, session: Session, judging: Judging) -> Target:
    """Return a frame of the QA sample; what is missed in it has a question."""
    if (asked.finding, asked.start_ms, asked.end_ms) != (None, None, None):
        raise _what()
    keys = {one.key for one in check_policy(session.policy_text).questions if one.risks}
    missed = asked.decision == "corrected"
    if asked.decision == "dismissed" or missed != (asked.question in keys):
        raise BadInputError(
            "Of a sampled frame say `confirmed` (nothing missed), or `corrected` with "
            "the `question` that has a risk and the `label` of what was missed.",
            "对抽查帧请填写 confirmed(无漏检)，或 corrected 并在 question 中填写"
            "带风险的问题、在 label 中写明漏检内容。",
        )
    for frame in judging.sample(session).frames:
        if frame.id == asked.sample:
            return Target(
                key=f"{SAMPLE}{frame.id}",
                question=asked.question or "",
                start=frame.start,
                end=frame.end,
            )
    raise BadInputError(
        "The frame is not in the session's QA sample: take one from the review queue.",
        "该帧不在该场次的抽查样本中：请从复审队列中选取。",
    )


def _time(asked: VerdictAsked, session: Session) -> Target:
    if asked.question is None or asked.start_ms is None or asked.end_ms is None:
        raise _what()
    keys = {entry.key for entry in check_policy(session.policy_text).questions}
    within = asked.start_ms < asked.end_ms <= session.duration
    if asked.question not in keys or not within:
        raise BadInputError(
            "Name a question of the session's policy, and a time within the session.",
            "请填写该场次策略中的问题，以及场次之内的时间段。",
        )
    return Target(
        key=f"{asked.question}@{asked.start_ms}-{asked.end_ms}",
        question=asked.question,
        start=Milliseconds(asked.start_ms),
        end=Milliseconds(asked.end_ms),
    )


def _what() -> BadInputError:
    return BadInputError(
        "Give either `finding`, or `sample`, or `question` with `start_ms` and "
        "`end_ms`.",
        "请只填 finding 或 sample，或填写 question 与 start_ms、end_ms。",
    )
