"""GET …/report: the signed report as JSON, as a page, on paper, or as a table.

What people said stands beside the machine's findings and never in its report: JSON is
the report as it was signed, and `reviewed` is the same with the verdicts around it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from idolens.archive import Session
from idolens.archive.audit import Deed
from idolens.archive.verdicts import Verdict
from idolens.errors import GoneError, NotFoundError
from idolens.outputs import (
    BLURRED,
    Said,
    gone_note,
    render_page,
    report_csv,
    wanted_pictures,
)
from idolens.outputs.report_pdf import find_browser, print_page
from idolens.review import Report, Words
from idolens.settings import Settings
from idolens.vocabulary import Language
from idolens.web.access.caller import caller_of
from idolens.web.api.evidence import NOTHING, Evidence, Shown
from idolens.web.api.sessions import session_of
from idolens.web.api.shape import SessionPath, utc
from idolens.web.api.tagged import has_it, tag_of, unchanged
from idolens.web.api.verdicts import verdict_told
from idolens.web.house import House

Format = Literal["json", "reviewed", "html", "csv", "pdf"]

KINDS: dict[Format, str] = {
    "json": "application/json",
    "reviewed": "application/json",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}
_SUFFIX: dict[Format, str] = {
    "json": "json",
    "reviewed": "json",
    "html": "html",
    "csv": "csv",
    "pdf": "pdf",
}
_WITH_PICTURES: frozenset[Format] = frozenset({"html", "pdf", "reviewed"})
_MAKE = b"3"
"""Changes when the same report is written otherwise than before."""
Verdicts = Mapping[str, Verdict]
_PAGE_ALONE = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def add_reports(
    router: APIRouter, house: House, settings: Settings, evidence: Evidence
) -> None:
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
                    "application/pdf": {
                        "schema": {"type": "string", "format": "binary"}
                    },
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
                "with the signed `report`, and people's newest `verdicts` beside it; "
                "`pdf` needs a Chromium on the service's machine, else 406."
            ),
        ] = None,
        language: Annotated[
            Language | None,
            Query(description="Which one the page shows first."),
        ] = None,
    ) -> Response:
        session, caller = session_of(house, session_id), caller_of(request)
        chosen = format or _wanted(request.headers.get("accept", ""))
        draft = _Draft(
            content=_content(house, session),
            language=language or settings.language,
            verdicts=house.archive.verdicts.newest(session.id),
            removed=house.archive.terms.removed(session.id),
        )
        wanted = wanted_pictures(draft.report) if chosen in _WITH_PICTURES else ()
        draft = replace(draft, shown=evidence.shown(session, wanted, caller))
        name = f"{session.id}.{_SUFFIX[chosen]}"
        reply = Response(
            media_type=KINDS[chosen],
            headers={
                "ETag": tag_of(*draft.parts, chosen.encode(), _MAKE),
                "Vary": "Accept",
                "Content-Disposition": f'inline; filename="{name}"',
            },
        )
        if chosen == "html":
            reply.headers["Content-Security-Policy"] = _PAGE_ALONE
        if has_it(request, reply.headers["ETag"]):
            return unchanged(reply)
        text = _WRITERS[chosen](draft, evidence)
        browser = find_browser(settings.pdf_browser)
        body = print_page(text, browser) if chosen == "pdf" else text.encode()
        house.archive.audit.record(
            caller.actor, Deed.EXPORTED, session.id, {"format": chosen}
        )
        reply.body = body
        reply.headers["Content-Length"] = str(len(body))
        return reply


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What a report is written from, whichever way."""

    content: str
    language: Language
    verdicts: Verdicts
    removed: Mapping[str, int]
    shown: Shown = NOTHING

    @property
    def report(self) -> Report:
        return Report.from_json(self.content)

    @property
    def parts(self) -> tuple[bytes, ...]:
        """What the tag follows from."""
        heard = ",".join(str(one.id) for one in self.verdicts.values())
        parts = (self.content, heard, self.language, self.shown.tag)
        return tuple(part.encode() for part in parts)


def _content(house: House, session: Session) -> str:
    content = house.archive.report(session.id)
    if content is None and "reports" in house.archive.terms.removed(session.id):
        raise GoneError(
            "This report is no longer kept (setting keep.reports_days).",
            "该报告已超过保存期限(设置项 keep.reports_days)。",
        )
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


def _json(draft: _Draft, _evidence: Evidence) -> str:
    return draft.content


def _reviewed(draft: _Draft, _evidence: Evidence) -> str:
    told = [verdict_told(one).model_dump() for one in draft.verdicts.values()]
    verdicts = json.dumps(told, ensure_ascii=False)
    pictures = json.dumps(
        {"kept": len(draft.shown.clear | draft.shown.blurred)}
        | {"gone": len(draft.shown.gone)}
    )
    return (
        f'{{"verdicts": {verdicts}, "pictures": {pictures}, "report": {draft.content}}}'
    )


def _html(draft: _Draft, evidence: Evidence) -> str:
    notes: list[Words] = []
    if draft.shown.gone:
        at_ms = draft.removed.get("pictures")
        on = None if at_ms is None else utc(at_ms)[:10]
        notes.append(gone_note(len(draft.shown.gone), on))
    if draft.shown.blurred:
        notes.append(BLURRED)
    return render_page(
        draft.report,
        evidence.jpegs(draft.shown),
        draft.language,
        _shown(draft.verdicts),
        notes,
    )


def _csv(draft: _Draft, _evidence: Evidence) -> str:
    return report_csv(draft.report, _shown(draft.verdicts))


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
        if one.target.question  # else a sampled frame with nothing in it
    }


_WRITERS: dict[Format, Callable[[_Draft, Evidence], str]] = {
    "json": _json,
    "reviewed": _reviewed,
    "html": _html,
    "csv": _csv,
    "pdf": _html,
}
