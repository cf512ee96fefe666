"""GET /api/v1/jobs, and cancel, resume, retry: the work on the sessions."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from idolens.archive import Session, SessionState
from idolens.web.api.sessions import State, session_cursor, session_of, session_place
from idolens.web.api.shape import Cursor, Limit, Page, SessionPath, Told
from idolens.web.house import House
from idolens.web.problems import Message


class JobTold(Told):
    """The work on one session; a job goes by its session's id."""

    id: str = Field(description="Id of the job and of its session.")
    name: str = Field(description="What the studio calls the session.")
    state: Literal["running", "interrupted", "cancelled", "failed", "done"] = Field(
        description="`interrupted`: the report is owed, but nobody is at work on it."
    )
    done: int = Field(description="Frames looked at.")
    total: int = Field(description="Frames to look at.")
    eta_s: float | None = Field(
        description="Seconds until done, at the speed measured so far."
    )
    reason: Message | None = Field(description="Why it failed, if it did.")
    created_at: str = Field(description="When the session was made, UTC.")


class JobPage(Page[JobTold]):
    """Some jobs, the newest first."""


def add_jobs(router: APIRouter, house: House) -> None:
    """Add the routes."""

    @router.get("/jobs", summary="List the jobs, the newest first")
    def jobs(
        limit: Limit = 50,
        cursor: Cursor = None,
        state: Annotated[
            State | None,
            Query(description="Only those whose session is in this state."),
        ] = None,
    ) -> JobPage:
        found = house.archive.pages.sessions(
            limit + 1,
            session_place(cursor),
            None if state is None else SessionState(state),
        )
        shown = [session for session, _ in found[:limit]]
        return JobPage(
            items=[job_told(house, session) for session in shown],
            next=session_cursor(shown[-1]) if len(found) > limit else None,
        )

    @router.get("/jobs/{session_id}", summary="Tell how far a job is")
    def job(session_id: SessionPath) -> JobTold:
        return job_told(house, session_of(house, session_id))

    @router.post(
        "/jobs/{session_id}/cancel",
        summary="Stop a job before its next pictures; what is done stays done",
    )
    def cancel(session_id: SessionPath) -> JobTold:
        session = session_of(house, session_id)
        house.jobs.cancel(session.id)
        return job_told(house, session)

    @router.post(
        "/jobs/{session_id}/resume",
        summary="Go on with a job where it stopped, with the engine it began with",
    )
    def resume(session_id: SessionPath) -> JobTold:
        session = session_of(house, session_id)
        house.jobs.resume(session.id)
        return job_told(house, session)

    @router.post(
        "/jobs/{session_id}/retry",
        summary="Look at the same files anew, as a new session",
        status_code=201,
    )
    def retry(session_id: SessionPath) -> JobTold:
        fresh = house.jobs.again(session_of(house, session_id).id)
        return job_told(house, house.archive.session(fresh))


def job_told(house: House, session: Session) -> JobTold:
    """Tell how far the work on ``session`` is."""
    progress = house.jobs.progress(session.id)
    reason = progress.reason
    return JobTold(
        id=session.id,
        name=session.name,
        state=progress.state.value,
        done=progress.done,
        total=progress.total,
        eta_s=None if progress.eta_s is None else round(progress.eta_s, 1),
        reason=reason and Message(zh=reason.zh, en=reason.en),
        created_at=session.created_at.isoformat(timespec="seconds"),
    )
