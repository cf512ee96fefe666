"""/api/v1/sessions/…/verdicts: what people say to the machine's findings."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from idolens.archive import Session
from idolens.archive.verdicts import Target, Verdict
from idolens.errors import BadInputError
from idolens.review import check_policy
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
Decision = Literal["confirmed", "dismissed", "corrected"]


class VerdictAsked(Asked):
    """A verdict on a finding, or on a time in which the machine found nothing."""

    finding: str | None = Field(
        default=None,
        max_length=200,
        description="Id of the finding; without one, `question`, `start_ms` and "
        "`end_ms` say what is meant.",
        examples=["exposure/yes/f000000"],
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
        description="`corrected` says in `label` what it is instead.",
        examples=["confirmed"],
    )
    label: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = (
        Field(default=None, description="What it is instead, if `corrected`.")
    )
    note: str = Field(default="", max_length=2000, description="Why.")
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
    note: str = Field(description="Why.")
    version: int = Field(
        description="Of the verdicts on this target; the highest holds."
    )
    by: str = Field(description="Who said it.")
    at: str = Field(description="When, UTC.")


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
        note=verdict.note,
        version=verdict.version,
        by=verdict.by,
        at=utc(verdict.at_ms),
    )


def _target(asked: VerdictAsked, session: Session, judging: Judging) -> Target:
    place = (asked.question, asked.start_ms, asked.end_ms)
    if asked.finding is None:
        return _time(asked, session)
    if place != (None, None, None):
        raise _what()
    for finding in judging.of(session).findings:
        if finding.id == asked.finding:
            return Target(
                key=finding.id,
                question=finding.question,
                start=Milliseconds(finding.start_ms),
                end=Milliseconds(finding.end_ms),
            )
    raise BadInputError(
        "The session has no such finding: take an id from its findings.",
        "该场次没有这个命中片段：请使用其 findings 中的编号。",
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
        "Give either `finding`, or `question` with `start_ms` and `end_ms`.",
        "请只填 finding，或填写 question 与 start_ms、end_ms。",
    )
