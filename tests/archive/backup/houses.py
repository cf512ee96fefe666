"""A data folder: a session, its pictures, an upload, a key, the jobs' database."""

import hashlib
from contextlib import closing
from pathlib import Path

import pysqlite3.dbapi2 as sqlite

from idolens.archive import Archive, open_archive
from idolens.archive.session import SessionState
from idolens.settings import Settings
from tests.archive.rooms import a_frame, a_session, an_answer, home

PICTURES = {f"{index:064x}": b"jpeg %d" % index for index in range(4)}


def a_house(folder: Path) -> Settings:
    """Fill a data folder, and leave it."""
    settings = home(folder)
    with open_archive(settings) as archive:
        fill(archive)
    with closing(sqlite.connect(settings.home / "jobs.sqlite")) as jobs, jobs:
        jobs.execute("CREATE TABLE workflow (id TEXT)")
        jobs.execute("INSERT INTO workflow VALUES ('s1')")
    (settings.home / "log-key").write_bytes(b"k" * 32)
    return settings


def fill(
    archive: Archive, session_id: str = "s1", report: str = '{"a": "首场"}'
) -> None:
    archive.add_session(a_session(session_id))
    archive.pictures.put_all(PICTURES)
    frames = [a_frame(index) for index in range(4)]
    answers = {frame.id: [an_answer()] for frame in frames}
    archive.store_chunk(session_id, frames, answers)
    archive.save_report(session_id, report)
    archive.record(session_id, SessionState.DONE)
    upload = archive.uploads.create("首场.mp4", 5)
    with closing(archive.uploads.writer(upload.id)) as writer:
        writer.write(b"video")
    archive.uploads.finish(upload.id)


def content(settings: Settings) -> dict[str, object]:
    """Return what a studio would miss."""
    with open_archive(settings) as archive:
        return {
            "sessions": archive.sessions(),
            "frames": archive.frames("s1"),
            "answers": archive.answers("s1"),
            "report": archive.report("s1"),
            "pictures": {
                digest: archive.pictures.get(digest)
                for digest in PICTURES
                if (settings.home / "pictures" / digest[:2] / f"{digest}.jpg").exists()
            },
            "uploads": {
                upload.name: archive.uploads.path(upload.id).read_bytes()
                for upload in archive.uploads.all()
            },
            "key": (settings.home / "log-key").read_bytes(),
            "jobs": rows_of(settings.home / "jobs.sqlite", "workflow"),
        }


def rows_of(file: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite.connect(file)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - ours


def prints(folder: Path) -> dict[str, str]:
    """Return the digest of every file in ``folder``."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
