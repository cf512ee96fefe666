"""Writes a report into a folder: report.json, report.html, evidence/.

Every file is written under a temporary name, flushed, and then renamed: a reader
finds the old file or the new one, never half of one. report.html comes last.
"""

import errno
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from idolens.errors import BadInputError, DiskFullError
from idolens.outputs.report_figures import wanted_pictures
from idolens.outputs.report_page import render_page
from idolens.review.report import Report
from idolens.vocabulary import Language, Sha256

OURS = re.compile(r"f\d{6,}\.jpg")
"""Names of evidence pictures; no other file in the folder is ever touched."""


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where a report was written."""

    json: Path
    html: Path
    evidence_folder: Path


def write_report(
    report: Report,
    evidence: Mapping[Sha256, bytes],
    folder: Path,
    language: Language,
) -> ReportFiles:
    """Write ``report`` into ``folder``, which is made where there is none.

    Evidence pictures are named after their frames; those of an earlier report in
    the same folder that are not part of this one are removed.

    Args:
        report: what to write.
        evidence: JPEG files by digest, at least those of ``wanted_pictures(report)``;
            one that is missing is left out.
        folder: where to.
        language: which language report.html shows first.

    Raises:
        DiskFullError: there is no room left.
        BadInputError: the folder cannot be written to.
    """
    written = ReportFiles(
        folder / "report.json", folder / "report.html", folder / "evidence"
    )
    pictures = _evidence(report, evidence)
    try:
        written.evidence_folder.mkdir(parents=True, exist_ok=True)
        for name, data in pictures.items():
            _replace(written.evidence_folder / name, data)
        _replace(written.json, report.to_json().encode())
        _replace(written.html, render_page(report, evidence, language).encode())
        for old in written.evidence_folder.iterdir():
            if OURS.fullmatch(old.name) and old.name not in pictures:
                old.unlink()
    except OSError as error:
        raise explained(error, folder) from error
    return written


def _evidence(report: Report, evidence: Mapping[Sha256, bytes]) -> dict[str, bytes]:
    """Name each wanted picture after the first frame that has it."""
    names: dict[Sha256, str] = {}
    for frame in report.signed.frames:
        if frame.picture:
            names.setdefault(frame.picture, f"{frame.id}.jpg")
    return {
        names[digest]: evidence[digest]
        for digest in wanted_pictures(report)
        if digest in evidence and OURS.fullmatch(names[digest])
    }


def _replace(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def explained(error: OSError, folder: Path) -> BadInputError | DiskFullError:
    """Turn an error of the file system into one that says what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(
            "There is no room for the report; free some space and try again.",
            "磁盘空间不足，无法写入报告；请清理空间后重试。",
        )
    return BadInputError(
        f"The report cannot be written to the folder {folder.name!r}; "
        "choose another folder with --out.",
        f"无法将报告写入文件夹 {folder.name!r}；请用 --out 选择其他文件夹。",
    )
