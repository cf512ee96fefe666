"""DELETE …/sessions/{id}: the right to be forgotten; no byte of the session remains."""

from fastapi import APIRouter, Request, Response

from idolens.errors import NotFoundError
from idolens.vocabulary import SessionId
from idolens.web.access.caller import caller_of
from idolens.web.api.judging import Judging
from idolens.web.api.sessions import no_session
from idolens.web.api.shape import SessionPath
from idolens.web.house import House


def add_forgetting(router: APIRouter, house: House, judging: Judging) -> None:
    """Add the route."""

    @router.delete(
        "/sessions/{session_id}",
        summary="Delete a session for good, with all that only it refers to",
        description="Its recording if it was uploaded, pictures, answers, verdicts, "
        "reports, messages. What it was made from elsewhere, reports that were "
        "downloaded, and backups are left alone. 409 while its job runs; the same "
        "twice is once.",
        status_code=204,
        response_class=Response,
    )
    def forget(session_id: SessionPath, request: Request) -> Response:
        try:
            house.forget(SessionId(session_id), caller_of(request).actor)
        except NotFoundError as error:
            raise no_session() from error
        judging.forget(SessionId(session_id))
        return Response(status_code=204)
