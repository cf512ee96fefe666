"""``idolens export``: a finished session's report once more, in the form one wants."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idolens.archive.audit import Deed
from idolens.cli.bilingual import examples
from idolens.cli.terminal import Terminal
from idolens.errors import NotFoundError
from idolens.outputs import render_page, report_csv, wanted_pictures
from idolens.outputs.report_files import explained
from idolens.outputs.report_pdf import find_browser, print_page
from idolens.review import Report
from idolens.settings import Settings
from idolens.studio import Studio, open_studio
from idolens.vocabulary import SessionId

EXAMPLES = examples(
    "idolens export 20260101-200000-a1b2c3 --format pdf",
    "idolens export 20260101-200000-a1b2c3 --format csv --out findings.csv",
)
ACTOR = "terminal"


class Form(StrEnum):
    """What a report is written as."""

    PDF = "pdf"
    HTML = "html"
    CSV = "csv"
    JSON = "json"


def export(
    context: typer.Context,
    session: Annotated[
        str,
        typer.Argument(
            help="Its id, as `GET /api/v1/sessions` lists it. · 场次编号。",
            metavar="SESSION",
        ),
    ],
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            help="As what; pdf needs a Chromium on this machine. "
            "· 导出格式；pdf 需要本机装有 Chromium。",
        ),
    ] = Form.PDF,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write; SESSION.pdf etc. here if not given. "
            "· 写入的文件；默认为当前文件夹下的 场次编号.pdf 等。",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Write a session's report as PDF, page, table or JSON. · 导出场次的报告。"""
    terminal = context.ensure_object(Terminal)
    file = out or Path(f"{session}.{form.value}")
    with open_studio(terminal.settings) as studio:
        written = _written(studio, SessionId(session), form, terminal.settings)
        studio.archive.audit.record(
            ACTOR, Deed.EXPORTED, session, {"format": form.value}
        )
    try:
        file.write_bytes(written)
    except OSError as error:
        raise explained(error, file.absolute().parent) from error
    terminal.out.print(str(file), markup=False, soft_wrap=True)


def _written(
    studio: Studio, session_id: SessionId, form: Form, settings: Settings
) -> bytes:
    studio.archive.session(session_id)
    content = studio.archive.report(session_id)
    if content is None:
        raise NotFoundError(
            "The session has no report yet: `idolens resume` finishes it.",
            "该场次还没有报告：请运行 `idolens resume` 完成它。",
        )
    report = Report.from_json(content)
    if form is Form.JSON:
        return content.encode()
    if form is Form.CSV:
        return report_csv(report).encode()
    pictures = studio.archive.pictures
    kept = pictures.there(wanted_pictures(report))
    evidence = {digest: pictures.get(digest) for digest in kept}
    page = render_page(report, evidence, settings.language)
    if form is Form.HTML:
        return page.encode()
    return print_page(page, find_browser(settings.pdf_browser))
