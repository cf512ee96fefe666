"""GET …/report: the signed report as JSON, as a page, or as a table.

What people said stands beside the machine's findings and never in its report: JSON is
the report as it was signed, and `reviewed` is the same with the verdicts around it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from idolens.archive import Session
from idolens.archive.verdicts import Verdict
from idolens.errors import NotFoundError
from idolens.outputs import Said, render_page, report_csv, wanted_pictures
from idolens.review import Report
from idolens.settings import Settings
from idolens.vocabulary import Language
from idolens.web.api.sessions import session_of
from idolens.web.api.shape import SessionPath, utc
from idolens.web.api.tagged import has_it, tag_of, unchanged
from idolens.web.api.verdicts import verdict_told
from idolens.web.house import House

Format = Literal["json", "reviewed", "html", "csv"]

KINDS: dict[Format, str] = {
    "json": "application/json",
    "reviewed": "application/json",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
_SUFFIX: dict[Format, str] = {
    "json": "json",
    "reviewed": "json",
    "html": "html",
    "csv": "csv",
}
_MAKE = b"2"
"""Changes when the same report is written otherwise than before."""
Verdicts = Mapping[str, Verdict]
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
                    "application/json": {"schema": {"type": "object"}},
                    "text/html": {"schema": {"type": "string"}},
                    "text/csv": {"schema": {"type": "string"}},
                },
            }
        },
    )
    def report(
        request: Request,
        session_id: SessionPath,
        format: Annotated[  # noqa: A002 - the name that callers know
            Format | None,
            Query(
                description="Instead of what `Accept` asks for; `reviewed` is JSON "
                "with the signed `report`, and people's newest `verdicts` beside it."
            ),
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
        verdicts = house.archive.verdicts.newest(session.id)
        heard = ",".join(str(one.id) for one in verdicts.values())
        name = f"{session.id}.{_SUFFIX[chosen]}"
        parts = (content, heard, chosen, first)
        reply = Response(
            media_type=KINDS[chosen],
            headers={
                "ETag": tag_of(*(part.encode() for part in parts), _MAKE),
                "Vary": "Accept",
                "Content-Disposition": f'inline; filename="{name}"',
            },
        )
        if chosen == "html":
            reply.headers["Content-Security-Policy"] = _PAGE_ALONE
        if has_it(request, reply.headers["ETag"]):
            return unchanged(reply)
        body = _WRITERS[chosen](house, content, first, verdicts).encode()
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


def _json(_house: House, content: str, _language: Language, _said: Verdicts) -> str:
    return content


def _reviewed(_house: House, content: str, _language: Language, said: Verdicts) -> str:
    told = [verdict_told(one).model_dump() for one in said.values()]
    verdicts = json.dumps(told, ensure_ascii=False)
    return f'{{"verdicts": {verdicts}, "report": {content}}}'


def _html(house: House, content: str, language: Language, said: Verdicts) -> str:
    report = Report.from_json(content)
    pictures = house.archive.pictures
    evidence = {digest: pictures.get(digest) for digest in wanted_pictures(report)}
    return render_page(report, evidence, language, _shown(said))


def _csv(_house: House, content: str, _language: Language, said: Verdicts) -> str:
    return report_csv(Report.from_json(content), _shown(said))


def _shown(verdicts: Verdicts) -> dict[str, Said]:
    return {
        target: Said(
            question=one.target.question,
            start_ms=one.target.start,
            end_ms=one.target.end,
            decision=one.decision,
            label=one.label,
            note=one.note,
            by=one.by,
            at=utc(one.at_ms),
        )
        for target, one in verdicts.items()
    }


_WRITERS: dict[Format, Callable[[House, str, Language, Verdicts], str]] = {
    "json": _json,
    "reviewed": _reviewed,
    "html": _html,
    "csv": _csv,
}
