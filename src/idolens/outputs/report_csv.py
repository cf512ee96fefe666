"""The findings of a report as a table for spreadsheets."""

import csv
import io
from collections.abc import Mapping, Sequence

from idolens.outputs.said import Said
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
    "verdict",
    "verdict_label",
    "verdict_note",
    "verdict_by",
    "verdict_at",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report_csv(report: Report, said: Mapping[str, Said] | None = None) -> str:
    """Write one line a finding, in order of time.

    What people added, where nothing was found, comes last, without the machine's part.

    It begins with a byte-order mark, without which Excel garbles Chinese; a text that
    a spreadsheet would take for a formula has an apostrophe before it.
    """
    file = io.StringIO()
    file.write("\ufeff")
    lines = csv.writer(file)
    lines.writerow(COLUMNS)
    left = dict(said or {})
    for finding in report.signed.judgement.findings:
        row = [*_row(report, finding), *_words(left.pop(finding.id, None))]
        lines.writerow(_safe(row))
    for target, one in left.items():
        lines.writerow(_safe([*_added(report, target, one), *_words(one)]))
    return file.getvalue()


def _words(said: Said | None) -> Sequence[str]:
    if said is None:
        return ("",) * 5
    return said.decision, said.label or "", said.note, said.by, said.at


def _added(report: Report, target: str, said: Said) -> Sequence[str | int | float]:
    session = report.signed.session
    times = (clock(said.start_ms), clock(said.end_ms), said.start_ms, said.end_ms)
    machine = ("",) * 6
    return (
        session.id,
        session.name,
        target,
        said.question,
        *machine,
        *times,
        *("",) * 4,
    )


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
