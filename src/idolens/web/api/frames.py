"""GET …/frames and …/picture: the moments that were looked at, and what was seen."""

from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from idolens.errors import GoneError, NotFoundError
from idolens.media.frame import Frame, FrameState
from idolens.vocabulary import FrameId, SessionId, Sha256
from idolens.web.access.caller import caller_of
from idolens.web.api.evidence import Evidence
from idolens.web.api.sessions import session_of
from idolens.web.api.shape import (
    Cursor,
    FramePath,
    Limit,
    Page,
    SessionPath,
    Told,
    cursor_of,
    place_of,
)
from idolens.web.house import House

_ALONE = "default-src 'none'; sandbox"


class FrameTold(Told):
    """A sampled moment, and what became of it."""

    id: str = Field(description="Unique within its session; in order of time.")
    at_ms: int = Field(description="The picture's own time on the session clock.")
    start_ms: int = Field(description="Begin of the stretch that it stands for.")
    end_ms: int = Field(description="Its end.")
    state: Literal["kept", "inherited", "dropped", "failed"] = Field(
        description="`kept` frames went to the model; the answers of `inherits` hold "
        "for inherited ones too; dropped and failed ones were not examined."
    )
    drop: str | None = Field(description="Why it did not go to the model.")
    inherits: str | None = Field(description="The earlier frame that it looks like.")
    picture: bool = Field(description="Whether GET …/picture has one.")
    pinned: bool = Field(description="A person wants it kept, however old it is.")
    sha256: str | None = Field(description="Digest of the picture's pixels.")
    label: str = Field(description="The file's name among still pictures, else empty.")
    detail: str = Field(description="What went wrong, if it failed.")


class FramePage(Page[FrameTold]):
    """Some frames, in order of time."""


def add_frames(router: APIRouter, house: House, evidence: Evidence) -> None:
    """Add the routes."""

    @router.get("/sessions/{session_id}/frames", summary="List a session's frames")
    def frames(
        session_id: SessionPath,
        limit: Limit = 50,
        cursor: Cursor = None,
        state: Annotated[
            Literal["kept", "inherited", "dropped", "failed"] | None,
            Query(description="Only those in this state."),
        ] = None,
    ) -> FramePage:
        session = session_of(house, session_id)
        place = place_of(cursor, str)
        found = house.archive.pages.frames(
            session.id,
            limit + 1,
            None if place is None else FrameId(str(place[0])),
            None if state is None else FrameState(state),
        )
        shown = found[:limit]
        there = _with_picture(house, session.id, shown)
        pinned = house.archive.pins.of(session.id)
        return FramePage(
            items=[
                _told(frame, pinned=frame.id in pinned, there=there) for frame in shown
            ],
            next=cursor_of(shown[-1].id) if len(found) > limit else None,
        )

    @router.get(
        "/sessions/{session_id}/frames/{frame_id}/picture",
        summary="Show the picture that the model looked at",
        response_class=Response,
        responses={
            200: {
                "description": "A JPEG. Evidence of findings named in the setting "
                "keep.blurred is blurred, and `Picture-Blurred` says so, unless you "
                "have the permission `unredact`; then the audit log says once a day "
                "that you saw it.",
                "content": {"image/jpeg": {}},
            }
        },
    )
    def picture(
        session_id: SessionPath, frame_id: FramePath, request: Request
    ) -> Response:
        session = session_of(house, session_id)
        digest = _digest(house, session.id, FrameId(frame_id))
        shown = evidence.shown(session, [digest], caller_of(request))
        if shown.gone and "pictures" in house.archive.terms.removed(session.id):
            raise GoneError(
                "This picture is no longer kept (setting keep.pictures_days).",
                "该图片已超过保存期限(设置项 keep.pictures_days)。",
            )
        hidden = digest in shown.blurred
        jpeg = evidence.jpeg(digest, shown)
        name = f"{session_id}-{frame_id}.jpg"
        return Response(
            jpeg,
            media_type="image/jpeg",
            headers={
                "ETag": f'"{digest}{"-blurred" if hidden else ""}"',
                "Picture-Blurred": "true" if hidden else "false",
                "Content-Disposition": f'inline; filename="{name}"',
                "Content-Security-Policy": _ALONE,
            },
        )


def _digest(house: House, session_id: SessionId, frame_id: FrameId) -> Sha256:
    frame = house.archive.pages.frame(session_id, frame_id)
    if frame.state is FrameState.INHERITED and frame.inherits:
        frame = house.archive.pages.frame(session_id, frame.inherits)
    if frame.state is not FrameState.KEPT or frame.picture is None:
        raise NotFoundError(
            "No picture of this frame is kept: the model did not look at it.",
            "该帧没有留存图片：它未被送入模型。",
        )
    return frame.picture


def _with_picture(
    house: House, session_id: SessionId, frames: Sequence[Frame]
) -> set[FrameId]:
    """Return which of ``frames`` have a picture, their own or an earlier one's."""
    looked = {
        frame.id: FrameId(frame.inherits or frame.id)
        for frame in frames
        if frame.state in {FrameState.KEPT, FrameState.INHERITED}
    }
    shown = house.archive.pages.shown_by(session_id, set(looked.values()))
    kept = house.archive.pictures.there(shown.values())
    return {one for one, source in looked.items() if shown.get(source) in kept}


def _told(frame: Frame, *, pinned: bool, there: Collection[FrameId]) -> FrameTold:
    return FrameTold(
        id=frame.id,
        at_ms=frame.at,
        start_ms=frame.start,
        end_ms=frame.end,
        state=frame.state.value,
        drop=frame.drop and frame.drop.value,
        inherits=frame.inherits,
        picture=frame.id in there,
        pinned=pinned,
        sha256=frame.picture,
        label=frame.label,
        detail=frame.detail,
    )
