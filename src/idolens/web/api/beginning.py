"""POST /api/v1/sessions: let the studio look at what was uploaded."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from idolens.archive import Session, Upload
from idolens.errors import BadInputError
from idolens.jobs import into_sessions
from idolens.media import Source
from idolens.review import Policy
from idolens.settings import Settings
from idolens.vlm.catalog import engine_entry
from idolens.vocabulary import Milliseconds
from idolens.web.api.sessions import SessionTold, told
from idolens.web.api.shape import Asked, Told
from idolens.web.house import House

MOST_UPLOADS = 200

UploadId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class SessionAsked(Asked):
    """What is to be looked at, by which rules, how often and by whom."""

    uploads: list[UploadId] = Field(
        min_length=1,
        max_length=MOST_UPLOADS,
        description="Ids of complete uploads: recordings, pictures, zips of both. Each "
        "recording becomes a session, all pictures together one.",
        examples=[["0123456789abcdef0123456789abcdef"]],
    )
    policy: str | None = Field(
        default=None,
        min_length=1,
        max_length=80,
        description="Name of the policy, in its active version; the settings' own "
        "where none is named.",
        examples=["livestream-zh"],
    )
    every_s: float | None = Field(
        default=None,
        ge=0.2,
        le=3600,
        description="Sampling step of recordings, in seconds.",
        examples=[5.0],
    )
    engine: str | None = Field(
        default=None,
        max_length=40,
        description="Who answers, as GET /api/v1/engines says; the settings' own where "
        "none is named.",
        examples=["embedded"],
    )


class SessionsBegun(Told):
    """The sessions that began; each is followed by its job."""

    sessions: list[SessionTold] = Field(description="Recordings first.")


def add_beginning(router: APIRouter, house: House, settings: Settings) -> None:
    """Add the route."""

    @router.post(
        "/sessions", summary="Let the studio look at what was uploaded", status_code=201
    )
    def begin(asked: SessionAsked, response: Response) -> SessionsBegun:
        if asked.engine is not None:
            engine_entry(asked.engine)
        sessions = _described(asked, house, settings)
        for upload_id in asked.uploads:
            house.archive.uploads.keep(upload_id)
        # All are known before the first begins, so that a crash forgets none of them.
        house.jobs.add(sessions)
        for session in sessions:
            house.jobs.resume(session.id)
        if len(sessions) == 1:
            response.headers["Location"] = f"/api/v1/sessions/{sessions[0].id}"
        return SessionsBegun(
            sessions=[
                told(session, house.archive.state(session.id)) for session in sessions
            ]
        )


def _described(asked: SessionAsked, house: House, settings: Settings) -> list[Session]:
    step_s = settings.every_s if asked.every_s is None else asked.every_s
    groups = into_sessions(_sources(asked.uploads, house))
    return [
        house.jobs.describe(
            group,
            _policy(asked.policy, group[0], house),
            Milliseconds(round(step_s * 1000)),
            engine=asked.engine,
        )
        for group in groups
    ]


def _policy(name: str | None, source: Source, house: House) -> Policy:
    if name is not None:
        return house.rules.named(name).policy()
    return house.rules.usual(source.kind)


def _sources(upload_ids: list[UploadId], house: House) -> list[Source]:
    uploads = {upload_id: _complete(house, upload_id) for upload_id in upload_ids}
    found: list[Source] = []
    for upload in uploads.values():
        path = house.archive.uploads.path(upload.id)
        for source in house.discover([path]):
            whole = source.path == path
            found.append(replace(source, name=upload.name) if whole else source)
    return found


def _complete(house: House, upload_id: str) -> Upload:
    upload = house.archive.uploads.get(upload_id)
    if not upload.complete and upload.received == upload.size:  # see `finish_whole`
        upload = house.archive.uploads.finish(upload.id)
    if not upload.complete:
        raise BadInputError(
            f"Only {upload.received} of {upload.size} bytes of an upload are here: "
            "go on with it first.",
            f"上传尚未完成（{upload.received}/{upload.size} 字节）：请先完成上传。",
        )
    return upload
