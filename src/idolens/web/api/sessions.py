"""GET /api/v1/sessions: what was looked at, by whom and by which rules."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from idolens.archive import Event, Session, SessionState
from idolens.errors import NotFoundError
from idolens.jobs import shadow_in
from idolens.vocabulary import SessionId
from idolens.web.api.shape import (
    Cursor,
    Limit,
    Page,
    SessionPath,
    Told,
    cursor_of,
    place_of,
)
from idolens.web.house import House
from idolens.web.problems import Message

MOST_FILES = 200
"""How many of a session's files are named."""

State = Literal["open", "cancelled", "failed", "done"]


class FileTold(Told):
    """A file of a session."""

    name: str = Field(description="What the studio calls it; never a path.")
    sha256: str = Field(description="Digest of its bytes.")
    size: int = Field(description="In bytes.")


class PolicyRef(Told):
    """The policy that a session is judged by."""

    name: str = Field(description="Its name.")
    version: str = Field(description="Changes with the policy's content.")


class SessionTold(Told):
    """One recording, or one lot of pictures, and how it is looked at."""

    id: str = Field(description="Its id in every address.")
    name: str = Field(description="What the studio calls it.")
    kind: Literal["recording", "pictures"] = Field(description="What was looked at.")
    state: State = Field(
        description="`open` while its report is owed; see its job for more."
    )
    state_at: str = Field(description="Since when, UTC.")
    reason: Message | None = Field(description="Why it failed, if it did.")
    created_at: str = Field(description="When it began, UTC.")
    duration_ms: int = Field(description="Its length; a picture counts as a second.")
    every_ms: int = Field(description="Sampling step.")
    width: int = Field(description="In pixels; 0 for pictures, which differ.")
    height: int = Field(description="Likewise.")
    sha256: str = Field(
        description="Of the recording, or of the list of the pictures' digests."
    )
    files: list[FileTold] = Field(description=f"The first {MOST_FILES} of them.")
    file_count: int = Field(description="How many there are.")
    policy: PolicyRef = Field(description="What judges it.")
    shadow: PolicyRef | None = Field(
        description="Which other version was asked and judged beside it from the "
        "beginning, without deciding."
    )
    engine: str = Field(description="Who answers.")
    model: str = Field(description="The model's name.")
    model_revision: str = Field(description="Which weights.")
    demonstration: bool = Field(
        description="True when the model was trained on drawn scenes only."
    )


class SessionPage(Page[SessionTold]):
    """Some sessions, the newest first."""


def add_sessions(router: APIRouter, house: House) -> None:
    """Add the routes."""

    @router.get("/sessions", summary="List the sessions, the newest first")
    def sessions(
        limit: Limit = 50,
        cursor: Cursor = None,
        state: Annotated[
            State | None, Query(description="Only those in this state.")
        ] = None,
    ) -> SessionPage:
        found = house.archive.pages.sessions(
            limit + 1,
            session_place(cursor),
            None if state is None else SessionState(state),
        )
        shown = found[:limit]
        return SessionPage(
            items=[told(session, event) for session, event in shown],
            next=session_cursor(shown[-1][0]) if len(found) > limit else None,
        )

    @router.get("/sessions/{session_id}", summary="Tell about one session")
    def one(session_id: SessionPath) -> SessionTold:
        session = session_of(house, session_id)
        return told(session, house.archive.state(session.id))


def session_of(house: House, session_id: str) -> Session:
    """Return a session, or say that there is none without repeating the id.

    Raises:
        NotFoundError: there is none of this id.
    """
    try:
        return house.archive.session(SessionId(session_id))
    except NotFoundError as error:
        raise no_session() from error


def no_session() -> NotFoundError:
    """Return the error that says that there is none of an id."""
    return NotFoundError(
        "There is no such session: take an id from GET /api/v1/sessions.",
        "没有这个场次：请使用 GET /api/v1/sessions 列出的编号。",
    )


def session_place(cursor: str | None) -> tuple[int, str] | None:
    """Read a cursor of a list of sessions."""
    place = place_of(cursor, int, str)
    return None if place is None else (int(place[0]), str(place[1]))


def session_cursor(last: Session) -> str:
    """Write the cursor behind ``last`` in a list of sessions."""
    return cursor_of(int(last.created_at.timestamp() * 1000), last.id)


def told(session: Session, event: Event) -> SessionTold:
    """Tell a session in the shape of the API; no path of this machine is in it."""
    reason, shadow = event.reason, shadow_in(session)
    return SessionTold(
        id=session.id,
        name=session.name,
        kind=session.kind,
        state=event.state.value,
        state_at=event.at.isoformat(timespec="seconds"),
        reason=reason and Message(zh=reason.zh, en=reason.en),
        created_at=session.created_at.isoformat(timespec="seconds"),
        duration_ms=session.duration,
        every_ms=session.every,
        width=session.width,
        height=session.height,
        sha256=session.sha256,
        files=[
            FileTold(name=file.name, sha256=file.sha256, size=file.size)
            for file in session.sources[:MOST_FILES]
        ],
        file_count=len(session.sources),
        policy=PolicyRef(name=session.policy_name, version=session.policy_version),
        shadow=shadow and PolicyRef(name=shadow.name, version=shadow.version),
        engine=session.engine,
        model=session.model,
        model_revision=session.model_revision,
        demonstration=session.demonstration,
    )
