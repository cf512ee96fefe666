"""PUT, DELETE …/frames/{id}/pin: a frame that stays, however old it is."""

from fastapi import APIRouter, Request, Response

from idolens.archive import Session
from idolens.media.frame import Frame
from idolens.vocabulary import FrameId
from idolens.web.access.caller import caller_of
from idolens.web.api.sessions import session_of
from idolens.web.api.shape import FramePath, SessionPath
from idolens.web.house import House

PIN = "/sessions/{session_id}/frames/{frame_id}/pin"


def add_pins(router: APIRouter, house: House) -> None:
    """Add the routes."""

    def found(session_id: str, frame_id: str) -> tuple[Session, Frame]:
        session = session_of(house, session_id)
        return session, house.archive.pages.frame(session.id, FrameId(frame_id))

    @router.put(
        PIN,
        summary="Keep a frame's picture and answers, however old they are",
        status_code=204,
        response_class=Response,
    )
    def pin(session_id: SessionPath, frame_id: FramePath, request: Request) -> Response:
        session, frame = found(session_id, frame_id)
        house.archive.pins.add(session.id, frame.id, caller_of(request).actor)
        return Response(status_code=204)

    @router.delete(
        PIN,
        summary="Let a pinned frame go with the others",
        status_code=204,
        response_class=Response,
    )
    def unpin(
        session_id: SessionPath, frame_id: FramePath, request: Request
    ) -> Response:
        session, frame = found(session_id, frame_id)
        house.archive.pins.remove(session.id, frame.id, caller_of(request).actor)
        return Response(status_code=204)
