"""GET /api/v1/events: what happens in the studio, as it happens (server-sent events).

What is told stands in the database, so that a client which was away hears what it
missed, and hears of work that another process does. Progress is told too, but not
kept: the next one says all that the last one did.
"""

import threading
from collections.abc import AsyncIterator
from typing import Annotated, Literal

import anyio
from anyio import to_thread
from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field

from idolens.archive import SessionState
from idolens.archive.news import Piece
from idolens.web.api.jobs import JobTold, job_told
from idolens.web.api.shape import Told, utc
from idolens.web.house import House

EVERY_S = 0.5
"""How often it is looked whether something has happened."""
_AT_ONCE = 200
_JOBS = 50


class EventTold(Told):
    """One thing that happened; names and numbers, no content."""

    kind: Literal["session", "job", "report", "verdict", "policy"] = Field(
        description="What it is about; also the name of the event."
    )
    session: str | None = Field(description="Id of the session, if about one.")
    at: str = Field(description="When, UTC.")
    data: dict[str, str | int | None] = Field(
        description="`session`: the id of one that is `gone` for good, if it is about "
        "that; `job`: its `state`; `report`: its `sha256`; `verdict`: `target`, "
        "`version`, `decision`; `policy`: `name`, `version`, `place`."
    )


class Reset(Told):
    """What a client missed is no longer known: it reads everything anew."""

    newest: int = Field(description="Number of the newest event.")


def add_events(router: APIRouter, house: House, closing: threading.Event) -> None:
    """Add the route; its streams end when ``closing`` is set."""

    @router.get(
        "/events",
        summary="Hear what happens, as it happens (server-sent events)",
        response_class=EventSourceResponse,
    )
    async def events(
        last_event_id: Annotated[
            str | None,
            Header(
                max_length=20,
                description="Number of the last event that was heard; what came since "
                "is told first. Browsers send it by themselves.",
            ),
        ] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        at, lost = await to_thread.run_sync(_begin, house, last_event_id)
        if lost:
            yield ServerSentEvent(event="reset", id=str(at), data=Reset(newest=at))
        told: dict[str, JobTold] = {}
        while not closing.is_set():
            for piece in await to_thread.run_sync(
                house.archive.news.behind, at, _AT_ONCE
            ):
                at = piece.number
                yield ServerSentEvent(event=piece.kind, id=str(at), data=_told(piece))
            for job in await to_thread.run_sync(_running, house):
                if told.get(job.id) != job:
                    told[job.id] = job
                    yield ServerSentEvent(event="progress", data=job)
            await anyio.sleep(EVERY_S)


def _begin(house: House, last: str | None) -> tuple[int, bool]:
    """Return behind which number to begin, and whether something is lost."""
    oldest, newest = house.archive.news.span()
    if last is None:
        return newest, False
    if not last.isdecimal():
        return newest, True
    known = int(last)
    if known > newest or known < oldest - 1:
        return newest, True
    return known, False


def _running(house: House) -> list[JobTold]:
    found = house.archive.pages.sessions(_JOBS, None, SessionState.OPEN)
    return [job_told(house, session) for session, _ in found]


def _told(piece: Piece) -> EventTold:
    return EventTold(
        kind=piece.kind,
        session=piece.session_id,
        at=utc(piece.at_ms),
        data=dict(piece.data),
    )
