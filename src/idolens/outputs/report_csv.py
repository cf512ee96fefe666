"""The findings of a report as a table for spreadsheets."""

import csv
import io
from collections.abc import Sequence

from idolens.review.findings import Finding
from idolens.review.report import Report
from idolens.review.wording import clock

COLUMNS = (
    "session",
    "name",
    "finding",
    "question",
    "label_zh",
    "label_en",
    "sub_label_zh",
    "sub_label_en",
    "level",
    "suggestion",
    "start",
    "end",
    "start_ms",
    "end_ms",
    "seen_ms",
    "looks",
    "peak",
    "evidence_frame",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report_csv(report: Report) -> str:
    """Write one line a finding, in order of time.

    It begins with a byte-order mark, without which Excel garbles Chinese; a text that
    a spreadsheet would take for a formula has an apostrophe before it.
    """
    file = io.StringIO()
    file.write("\ufeff")
    lines = csv.writer(file)
    lines.writerow(COLUMNS)
    for finding in report.signed.judgement.findings:
        lines.writerow(_safe(_row(report, finding)))
    return file.getvalue()


def _row(report: Report, finding: Finding) -> Sequence[str | int | float]:
    session = report.signed.session
    return (
        session.id,
        session.name,
        finding.id,
        finding.question,
        finding.label.zh,
        finding.label.en,
        finding.sub_label.zh,
        finding.sub_label.en,
        finding.level.value,
        finding.suggestion.value,
        clock(finding.start_ms),
        clock(finding.end_ms),
        finding.start_ms,
        finding.end_ms,
        finding.seen_ms,
        finding.looks,
        finding.peak,
        finding.evidence.frame,
    )


def _safe(row: Sequence[str | int | float]) -> list[str | int | float]:
    return [
        f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
        for cell in row
    ]
