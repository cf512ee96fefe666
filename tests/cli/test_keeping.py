"""purge, forget, pin and unpin as an operator types them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from idolens.archive import open_archive, schema
from idolens.settings import Settings
from idolens.vlm.answer import Status
from tests.archive.rooms import a_frame, a_session, an_answer
from tests.cli.terminal import SAMPLES

POSTER = str(SAMPLES / "pictures" / "stage.png")


def fill(shell) -> None:
    """Keep a session that ended a year ago, of which nobody needs the picture."""
    ended = datetime.now(UTC) - timedelta(days=365)
    with open_archive(Settings(home=shell.folder / "data")) as archive:
        archive.add_session(
            a_session("old", policy_text=(shell.folder / "small.yaml").read_text())
        )
        frame = a_frame(0)
        archive.pictures.put(b"0123456789" * 300_000, frame.picture)
        answer = an_answer("anybody", status=Status.CANNOT_TELL, value=None, options={})
        archive.store_chunk("old", [frame], {frame.id: [answer]})
        row = {"state": "failed", "at_ms": int(ended.timestamp() * 1000)}
        with archive._database.write() as connection:
            connection.execute(insert(schema.event), row | {"session_id": "old"})


def pictures(shell) -> int:
    return len(list((shell.folder / "data").rglob("*.jpg")))


def test_what_would_go_is_told_before_it_goes(shell, monkeypatch):
    """Nothing goes by itself; a pinned frame stays; the log tells what went."""
    fill(shell)
    by_default = shell.run("purge")
    assert by_default.status == 0, by_default.err
    assert pictures(shell) == 1
    monkeypatch.setenv("IDOLENS_KEEP__PICTURES_DAYS", "30")
    pinned = shell.run("pin", "old", "f000000")
    kept = shell.run("purge")
    assert (pinned.status, kept.status, pictures(shell)) == (0, 0, 1)
    assert shell.run("unpin", "old", "f000000").status == 0

    told = shell.run("purge", "--dry-run")
    assert "Nothing was deleted" in told.err
    (line,) = (one for one in told.out.splitlines() if one.startswith("pictures"))
    assert line.split() == ["pictures", "1", "3.0"]
    assert pictures(shell) == 1
    done = shell.run("purge")

    assert done.out == told.out
    assert pictures(shell) == 0
    log = shell.run("audit", "list").out
    assert all(one in log for one in ("pinned", "unpinned", "purged", "schedule"))


def test_a_session_is_forgotten_when_somebody_says_so(shell):
    """It asks first; the same twice is once, and what never was is said to be so."""
    fill(shell)
    unknown = shell.run("forget", "nobody", "--yes")
    done = shell.run("forget", "old", "--yes")
    again = shell.run("forget", "old", "--yes")
    nobody = shell.run("pin", "old", "f000000")

    assert (unknown.status, done.status, again.status, nobody.status) == (2, 0, 0, 2)
    assert "Backups" in done.err
    assert pictures(shell) == 0
    files = (path for path in (shell.folder / "data").rglob("*") if path.is_file())
    assert not [path for path in files if "首场".encode() in path.read_bytes()]


def test_a_report_that_is_written_is_noted(shell):
    """Who takes it out of the archive, and of which session."""
    done = shell.run("analyze", POSTER, "--policy", "small.yaml", "--json")
    log = shell.run("audit", "list").out

    (session,) = done.json()["sessions"]
    (line,) = (one for one in log.splitlines() if "exported" in one)
    assert "terminal" in line
    assert session["session"] in line
