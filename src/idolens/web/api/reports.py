"""GET …/report: the signed report as JSON, as a page, or as a table."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from idolens.archive import Session
from idolens.errors import NotFoundError
from idolens.outputs import render_page, report_csv, wanted_pictures
from idolens.review import Report
from idolens.settings import Settings
from idolens.vocabulary import Language
from idolens.web.api.sessions import session_of
from idolens.web.api.shape import SessionPath
from idolens.web.api.tagged import has_it, tag_of, unchanged
from idolens.web.house import House

Format = Literal["json", "html", "csv"]

KINDS: dict[Format, str] = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
_MAKE = b"1"
"""Changes when the same report is written otherwise than before."""
_PAGE_ALONE = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def add_reports(router: APIRouter, house: House, settings: Settings) -> None:
    """Add the route."""

    @router.get(
        "/sessions/{session_id}/report",
        summary="Hand out a session's report",
        response_class=Response,
        responses={
            200: {
                "description": "The report; as JSON it keeps docs/report.schema.json.",
                "content": {
                    kind.partition(";")[0]: {"schema": {"type": shape}}
                    for kind, shape in zip(
                        KINDS.values(), ("object", "string", "string"), strict=True
                    )
                },
            }
        },
    )
    def report(
        request: Request,
        session_id: SessionPath,
        format: Annotated[  # noqa: A002 - the name that callers know
            Format | None,
            Query(description="Instead of what `Accept` asks for."),
        ] = None,
        language: Annotated[
            Language | None,
            Query(description="Which one the page shows first."),
        ] = None,
    ) -> Response:
        session = session_of(house, session_id)
        content = _content(house, session)
        chosen = format or _wanted(request.headers.get("accept", ""))
        first = language or settings.language
        reply = Response(
            media_type=KINDS[chosen],
            headers={
                "ETag": tag_of(
                    content.encode(), chosen.encode(), first.encode(), _MAKE
                ),
                "Vary": "Accept",
                "Content-Disposition": f'inline; filename="{session.id}.{chosen}"',
                **(
                    {"Content-Security-Policy": _PAGE_ALONE} if chosen == "html" else {}
                ),
            },
        )
        if has_it(request, reply.headers["ETag"]):
            return unchanged(reply)
        body = _WRITERS[chosen](house, content, first).encode()
        reply.body = body
        reply.headers["Content-Length"] = str(len(body))
        return reply


def _content(house: House, session: Session) -> str:
    content = house.archive.report(session.id)
    if content is None:
        raise NotFoundError(
            "The session has no report yet: follow its job, then ask again.",
            "该场次还没有报告：请关注其任务进度，完成后再试。",
        )
    return content


def _wanted(accept: str) -> Format:
    """Return the format that ``Accept`` likes best; JSON where it does not mind."""
    best: Format = "json"
    most = 0.0
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        for name, full in KINDS.items():
            if kind == full.partition(";")[0] and _quality(parameters) > most:
                best, most = name, _quality(parameters)
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _json(_house: House, content: str, _language: Language) -> str:
    return content


def _html(house: House, content: str, language: Language) -> str:
    report = Report.from_json(content)
    pictures = house.archive.pictures
    evidence = {digest: pictures.get(digest) for digest in wanted_pictures(report)}
    return render_page(report, evidence, language)


def _csv(_house: House, content: str, _language: Language) -> str:
    return report_csv(Report.from_json(content))


_WRITERS: dict[Format, Callable[[House, str, Language], str]] = {
    "json": _json,
    "html": _html,
    "csv": _csv,
}
