import errno
from pathlib import Path

import pytest

from idolens.errors import BadInputError, DiskFullError
from idolens.outputs import ReportFiles, write_report
from idolens.outputs.report_files import explained
from idolens.review.report import Report
from tests.outputs.shows import show


def test_a_report_becomes_three_things(tmp_path) -> None:
    """report.json reads back, report.html is a page, evidence/ holds the pictures."""
    report, pictures = show()
    files = write_report(report, pictures, tmp_path / "out", "zh")

    assert files == ReportFiles(
        tmp_path / "out" / "report.json",
        tmp_path / "out" / "report.html",
        tmp_path / "out" / "evidence",
    )
    assert Report.from_json(files.json.read_bytes()) == report
    assert files.html.read_text("utf-8").startswith("<!DOCTYPE html>")
    evidence = report.signed.judgement.findings[0].evidence
    shown = files.evidence_folder / f"{evidence.frame}.jpg"
    assert shown.read_bytes() == pictures[evidence.picture]


def test_writing_twice_changes_nothing(tmp_path) -> None:
    """The same report written again gives the same files and leaves no others."""
    report, pictures = show()
    contents = []
    for _ in range(2):
        write_report(report, pictures, tmp_path, "en")
        contents.append(
            {p.name: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
        )

    assert contents[0] == contents[1]
    assert not [name for name in contents[0] if "unfinished" in name]


def test_old_evidence_goes_and_foreign_files_stay(tmp_path) -> None:
    """Only our own evidence of an earlier report is removed from the folder."""
    report, pictures = show()
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    (evidence / "f999999.jpg").write_bytes(b"old")
    (evidence / "holiday.jpg").write_bytes(b"mine")
    write_report(report, pictures, tmp_path, "zh")

    assert not (evidence / "f999999.jpg").exists()
    assert (evidence / "holiday.jpg").read_bytes() == b"mine"


def test_pictures_that_are_missing_are_left_out(tmp_path) -> None:
    """A report can be written without its pictures."""
    report, _ = show()
    files = write_report(report, {}, tmp_path, "zh")

    assert list(files.evidence_folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path) -> None:
    """A file where the folder should be ends in a sentence in both languages."""
    report, pictures = show()
    (tmp_path / "out").write_text("I am a file")
    with pytest.raises(BadInputError) as caught:
        write_report(report, pictures, tmp_path / "out", "zh")

    assert "--out" in caught.value.words.en
    assert "--out" in caught.value.words.zh


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_the_old_report(tmp_path) -> None:
    """When the disk fills up, the report that was there stays as it was."""
    report, pictures = show()
    files = write_report(report, pictures, tmp_path, "zh")
    before = files.json.read_bytes()
    (tmp_path / ".report.json.unfinished").symlink_to("/dev/full")
    with pytest.raises(DiskFullError):
        write_report(report, pictures, tmp_path, "zh")

    assert files.json.read_bytes() == before
    assert not (tmp_path / ".report.json.unfinished").is_symlink()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_is_temporary(tmp_path, number: int) -> None:
    """A full disk or quota may be tried again, and says so in both languages."""
    error = explained(OSError(number, "x"), tmp_path)

    assert isinstance(error, DiskFullError)
    assert "磁盘空间不足" in error.words.zh
