"""What is lost is found, what is stray is set aside, what is whole is left alone."""

import os
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pysqlite3.dbapi2 as sqlite
import pytest

from idolens.archive import open_archive
from idolens.archive.audit import Deed
from idolens.archive.soundness import LOST, Flaw, Found, look_through, set_aside
from idolens.errors import BadInputError
from tests.archive.backup.houses import PICTURES, a_house, prints
from tests.archive.rooms import a_session, home

LATER = datetime.now(UTC) + timedelta(hours=2)


@pytest.fixture(name="settings")
def a_studio(tmp_path):
    return a_house(tmp_path)


def flaws(settings, now=LATER):
    return {(one.flaw, one.what) for one in look_through(settings, now)}


def change(settings, *statements):
    """Change the database as nobody should: without its rules."""
    with closing(sqlite.connect(settings.home / "idolens.sqlite")) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        with connection:
            for statement in statements:
                connection.execute(statement)


def upload_of(settings):
    return next((settings.home / "uploads").iterdir())


def test_a_whole_house_has_no_flaw(settings):
    """But for the upload that no session uses, which is no loss."""
    found = look_through(settings, LATER)

    assert [one.flaw for one in found] == [Flaw.UNUSED_UPLOAD]
    assert not LOST & {one.flaw for one in found}
    assert look_through(settings) == []  # it has just come


def test_rows_without_files_are_lost(settings):
    """A picture that is gone, one that was changed."""
    gone, changed = sorted((settings.home / "pictures").rglob("*.jpg"))[:2]
    gone.unlink()
    changed.write_bytes(b"other")
    found = flaws(settings)

    assert (Flaw.PICTURE_GONE, str(gone.relative_to(settings.home))) in found
    assert (Flaw.PICTURE_CHANGED, str(changed.relative_to(settings.home))) in found


@pytest.mark.parametrize(
    ("statements", "flaw", "what"),
    [
        (
            ["DELETE FROM frame WHERE id = 'f000001'"],
            Flaw.REFERENCE,
            "answer → frame: 1",
        ),
        (
            [
                """INSERT INTO outbox_delivery
                (event_id, target, state, tries, due_at_ms, leased_until_ms)
                VALUES ('gone', 'bot', 'waiting', 0, 0, 0)"""
            ],
            Flaw.REFERENCE,
            "outbox_delivery → outbox_event: 1",
        ),
        (
            [
                """INSERT INTO report (session_id, sha256, content, at_ms)
                VALUES ('s1', 'wrong', 'words', 0)"""
            ],
            Flaw.REPORT,
            "s1",
        ),
    ],
    ids=["answer without frame", "message without event", "report"],
)
def test_rows_that_do_not_fit_are_lost(settings, statements, flaw, what):
    """Each by the tables that it is about, never by content."""
    change(settings, *statements)

    assert (flaw, what) in flaws(settings)


def test_a_changed_log_of_deeds_is_found(settings):
    """The number of the first entry that does not fit."""
    with open_archive(settings) as archive:
        archive.audit.record("terminal", Deed.BACKED_UP, "one")
        archive.audit.record("terminal", Deed.BACKED_UP, "two")
    with closing(sqlite.connect(settings.home / "idolens.sqlite")) as connection:
        triggers = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_master "
                "WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
            )
        ]
    change(
        settings,
        *(f"DROP TRIGGER {name}" for name in triggers),
        "UPDATE audit_entry SET subject = 'three' WHERE seq = 2",
    )

    assert (Flaw.AUDIT, "2") in flaws(settings)


def test_a_damaged_database_is_said_at_once(settings):
    """Nothing else can be compared then."""
    (settings.home / "idolens.sqlite").write_bytes(b"no database" * 1000)

    (one,) = look_through(settings, LATER)
    assert one.flaw is Flaw.DATABASE


def test_a_damaged_database_of_jobs_is_found_beside_the_rest(settings):
    """The archive can be read all the same."""
    (settings.home / "jobs.sqlite").write_bytes(b"no database" * 1000)

    found = {one.flaw for one in look_through(settings, LATER)}
    assert found == {Flaw.DATABASE, Flaw.UNUSED_UPLOAD}


def test_what_an_unfinished_session_needs_must_be_there(settings):
    """A finished one needs its recording no more."""
    upload = upload_of(settings)
    source = a_session().sources[0]
    path = str((upload / "data").resolve())
    sources = (type(source)(**{**_values(source), "path": path}),)
    with open_archive(settings) as archive:
        archive.add_session(a_session("open", sources=sources))
    assert flaws(settings) == set()
    shutil.rmtree(upload)

    assert flaws(settings) == {(Flaw.SOURCE_GONE, f"uploads/{upload.name}/data")}


def _values(source):
    return {name: getattr(source, name) for name in source.__slots__}


def test_strays_are_set_aside_and_told_by_their_bytes(settings):
    """Moved, never deleted; what is known stays where it is."""
    before = prints(settings.home)
    folder = settings.home / "pictures" / "ff"
    folder.mkdir()
    (folder / f"{'f' * 64}.jpg").write_bytes(b"nobody's")
    (folder / ".draft.jpg.1.ab").write_bytes(b"half")
    half = settings.home / "uploads" / ("a" * 32)
    half.mkdir()
    (half / "data").write_bytes(b"12345")
    stray = [one for one in look_through(settings, LATER) if "unused" not in one.flaw]

    assert {(one.flaw, one.bytes) for one in stray} == {
        (Flaw.STRAY_PICTURE, 8),
        (Flaw.STRAY_PICTURE, 4),
        (Flaw.STRAY_UPLOAD, 5),
    }
    aside = set_aside(settings.home, look_through(settings, LATER))

    assert aside is not None
    assert sorted(file.read_bytes() for file in aside.rglob("*") if file.is_file()) == [
        b"12345",
        b"half",
        b"nobody's",
    ]
    after = prints(settings.home)
    files = [name for name in before if not name.endswith("sqlite")]
    assert {name: after.get(name) for name in files} == {
        name: before[name] for name in files
    }
    assert set_aside(settings.home, look_through(settings, LATER)) is None


def test_what_is_on_its_way_in_is_not_stray(settings):
    """A file comes before its row."""
    folder = settings.home / "pictures" / "ff"
    folder.mkdir()
    (folder / f"{'f' * 64}.jpg").write_bytes(b"new")

    assert look_through(settings) == []
    os.utime(folder / f"{'f' * 64}.jpg", (0, 0))
    assert [one.flaw for one in look_through(settings)] == [Flaw.STRAY_PICTURE]


def test_restore_points_are_told_by_their_bytes(settings):
    """They take as much room as the data."""
    point = settings.home / "before-restore-20261123T040000Z-ab12"
    point.mkdir()
    (point / "idolens.sqlite").write_bytes(b"old data")

    assert Found(Flaw.RESTORE_POINT, point.name, 8) in look_through(settings)


def test_no_data_is_a_mistake_in_the_settings(tmp_path):
    """One sentence, and no folder is made."""
    with pytest.raises(BadInputError, match="home"):
        look_through(home(tmp_path))
    assert not (tmp_path / "home").exists()


def test_pictures_of_the_house_are_all_looked_at(settings):
    """As many as there are rows."""
    for file in (settings.home / "pictures").rglob("*.jpg"):
        file.unlink()

    gone = [one for one in look_through(settings) if one.flaw is Flaw.PICTURE_GONE]
    assert len(gone) == len(PICTURES)
