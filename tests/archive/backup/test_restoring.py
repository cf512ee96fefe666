"""A restore brings everything back or changes nothing, whenever it ends."""

import errno
import json
import multiprocessing
import os
import shutil
import signal
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from idolens.archive import open_archive
from idolens.archive.audit import Deed
from idolens.archive.backup import read_manifest, restore, take_backup, undo, verify
from idolens.archive.database import Database
from idolens.archive.migrate import upgrade
from idolens.archive.occupancy import JOURNAL
from idolens.archive.reserve import Reserve
from idolens.archive.schema import HEAD
from idolens.errors import (
    ArchiveBusyError,
    ArchiveError,
    BackupError,
    DiskFullError,
)
from idolens.vocabulary import Role
from tests.archive.backup.houses import PICTURES, a_house, content, prints
from tests.archive.rooms import a_session
from tests.disks import small_disk

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PRELOAD = ["tests.archive.backup.test_restoring"]


@pytest.fixture(name="settings")
def a_studio(tmp_path):
    return a_house(tmp_path)


@pytest.fixture(name="backup")
def its_backup(tmp_path, settings):
    return take_backup(settings.home, tmp_path / "nas", version="1.2", now=NOON).folder


def go_on(settings):
    """Work on after the backup: another session, a lost picture, another key."""
    with open_archive(settings) as archive:
        archive.add_session(a_session("later"))
        archive.pictures.remove(next(iter(PICTURES)))
    (settings.home / "log-key").write_bytes(b"n" * 32)


def leave_nothing(settings):
    """What a broken disk leaves."""
    shutil.rmtree(settings.home)


def break_database(settings):
    (settings.home / "idolens.sqlite").write_bytes(b"not a database at all" * 500)


@pytest.mark.parametrize("happening", [go_on, leave_nothing, break_database])
def test_everything_comes_back_byte_for_byte(settings, backup, happening):
    """The drill: reports, answers, pictures, uploads, keys, jobs are as they were."""
    before = content(settings)
    happening(settings)

    done = restore(backup, settings.home)

    assert content(settings) == before
    assert done.manifest == read_manifest(backup)
    assert not list(settings.home.glob(".restore-*"))
    verify(backup)


def test_what_was_there_before_can_be_had_again(settings, backup):
    """A restore can be undone, and the undoing too."""
    then = content(settings)
    go_on(settings)
    now = content(settings)
    restore(backup, settings.home)

    assert "12:00:00" in undo(settings.home)
    assert content(settings) == now
    undo(settings.home)
    assert content(settings) == then


def test_there_must_be_something_to_undo(settings):
    """One sentence, and nothing is touched."""
    with pytest.raises(BackupError):
        undo(settings.home)


def test_nobody_may_be_at_work(settings, backup):
    """A service, or any command, is in the way; it is not disturbed."""
    with open_archive(settings), pytest.raises(ArchiveBusyError) as caught:
        restore(backup, settings.home)

    assert "请先停止服务" in caught.value.within("zh")


def damage_picture(backup):
    next((backup / "pictures").rglob("*.jpg")).write_bytes(b"other")


def lose_picture(backup):
    next((backup / "pictures").rglob("*.jpg")).unlink()


def damage_database(backup):
    file = backup / "idolens.sqlite"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def forge_sums(backup):
    with (backup / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  ../../etc/passwd\n")


def cut_manifest(backup):
    file = backup / "manifest.json"
    file.write_bytes(file.read_bytes()[:-40])


def lose_manifest(backup):
    (backup / "manifest.json").unlink()


def write_nonsense(backup):
    (backup / "manifest.json").write_text('["a list"]')


def make_newer(backup):
    file = backup / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"schema": "9999"}))


def make_format_newer(backup):
    file = backup / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 2}))


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (damage_picture, "damaged"),
        (lose_picture, "damaged"),
        (damage_database, "damaged"),
        (forge_sums, "damaged"),
        (cut_manifest, "no backup"),
        (lose_manifest, "no backup"),
        (write_nonsense, "no backup"),
        (make_newer, "newer idolens"),
        (make_format_newer, "newer idolens"),
    ],
)
def test_a_bad_backup_is_refused_before_anything_is_touched(
    settings, backup, harm, word
):
    """Each byte is read before the first is moved."""
    harm(backup)
    before = prints(settings.home)

    with pytest.raises(BackupError, match=word):
        verify(backup)
    with pytest.raises(BackupError, match=word):
        restore(backup, settings.home)

    assert prints(settings.home) == before


@pytest.mark.parametrize(
    "failure",
    [
        BackupError("Planted.", "故意失败。"),
        OSError(errno.ENOSPC, "Planted."),
        OSError(errno.EIO, "Planted."),
    ],
    ids=["unsound", "full disk", "broken disk"],
)
def test_what_does_not_work_here_is_rolled_back(settings, backup, failure):
    """The look after the exchange fails: the old is back, and works."""
    go_on(settings)
    before = content(settings)
    looked = []

    def fails_in_place(home: Path) -> None:
        looked.append(home)
        if home == settings.home:
            raise failure

    with pytest.raises(BackupError, match=r"in its place again.*Planted") as caught:
        restore(backup, settings.home, check=fails_in_place)

    assert "已自动回到恢复之前" in caught.value.within("zh")
    assert len(looked) == 2
    assert content(settings) == before
    assert not list(settings.home.glob(".restore-*"))
    assert not list(settings.home.glob("before-restore-*"))


def test_ctrl_c_halfway_goes_back_too(settings, backup):
    """Nobody has to clean up after it."""
    go_on(settings)
    before = content(settings)

    def stopped(home: Path) -> None:
        if home == settings.home:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(backup, settings.home, check=stopped)

    assert content(settings) == before
    assert not list(settings.home.glob("before-restore-*"))


def test_what_does_not_work_beside_is_never_exchanged(settings, backup):
    """The look before it fails: nothing moved."""
    before = prints(settings.home)

    def fails(_home: Path) -> None:
        raise BackupError("Planted.", "故意失败。")

    with pytest.raises(BackupError, match="Planted"):
        restore(backup, settings.home, check=fails)

    after = prints(settings.home)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) <= {"in-use.lock"}


def test_an_older_backup_is_brought_up_to_date(tmp_path):
    """A database of the first revision becomes one of today's."""
    old = tmp_path / "old"
    old.mkdir()
    database = Database(old / "idolens.sqlite", Reserve(old / "reserve", 0))
    upgrade(database, "0003")
    database.close()
    backup = take_backup(old, tmp_path / "nas", version="0.1", now=NOON)
    assert backup.manifest.schema == "0003"
    new = tmp_path / "new"

    restore(backup.folder, new)

    with closing(sqlite.connect(new / "idolens.sqlite")) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version")
    assert found == (HEAD,)


def test_too_small_a_disk_is_said_first(tmp_path, backup):
    """Nothing is begun for which there is no room."""
    with small_disk(tmp_path / "disk", 24):
        with pytest.raises(DiskFullError) as caught:
            restore(backup, tmp_path / "disk" / "home")
        assert "未作任何更改" in caught.value.within("zh")
        assert list((tmp_path / "disk" / "home").glob("*.sqlite")) == []


def test_what_had_been_ended_is_named_and_nobody_stays_signed_in(tmp_path, settings):
    """A restore must not quietly let anybody in again."""
    with open_archive(settings) as archive:
        lin = archive.accounts.add(
            "lin", Role.ADMIN, "a long enough password", "terminal"
        )
        key, _ = archive.keys.add("bot", ["read"], "account:lin", None)
        archive.logins.begin(lin)
    backup = take_backup(settings.home, tmp_path / "nas", version="1", now=NOON)
    with open_archive(settings) as archive:
        archive.keys.revoke(key.id, "account:lin")
        begun = archive.purges.begin("s1", "account:lin")
        archive.purges.remove_files("s1")
        archive.purges.remove_rows(begun)
        archive.purges.finish("s1")

    done = restore(backup.folder, settings.home)

    assert done.revived is not None
    assert done.revived.keys == {key.id}
    assert done.revived.sessions == {"s1"}
    with closing(sqlite.connect(settings.home / "idolens.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM login").fetchone() == (0,)


def killed_at(home: Path, backup: Path, number: int) -> None:
    """Restore, and die at the ``number``-th name that changes in the data folder."""
    left = number

    def hook(event: str, arguments: tuple) -> None:
        nonlocal left
        if event == "os.rename" and str(arguments[0]).startswith(str(home)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    restore(backup, home)


def test_a_kill_at_any_moment_leaves_the_old_or_the_new(
    tmp_path, settings, backup, monkeypatch
):
    """What is in between is refused with what to do; one command puts it right."""
    root = Path(__file__).parents[3]
    monkeypatch.setenv("PYTHONPATH", f"{root / 'src'}:{root}")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    new = content(settings)
    go_on(settings)
    old = content(settings)
    kept = tmp_path / "kept"
    shutil.copytree(settings.home, kept)
    refused = 0
    for number in range(1, 100):
        shutil.rmtree(settings.home)
        shutil.copytree(kept, settings.home)
        life = context.Process(target=killed_at, args=(settings.home, backup, number))
        life.start()
        life.join(60)
        if life.exitcode == 0:
            break
        assert life.exitcode == -signal.SIGKILL
        if (settings.home / JOURNAL).exists():
            refused += 1
            with pytest.raises(ArchiveError, match="restore --undo"):
                content(settings)
            with pytest.raises(ArchiveError, match="restore --undo"):
                restore(backup, settings.home)
            undo(settings.home)
        assert content(settings) in (old, new)
        # And the next restore goes through.
        restore(backup, settings.home)
        assert content(settings) == new
    else:
        pytest.fail("it never came to an end")

    assert refused > 5
    assert content(settings) == new


def test_a_restore_is_in_the_log_of_deeds(settings, backup):
    """Who reads the log sees where it was set back."""
    restore(backup, settings.home)
    with open_archive(settings) as archive:
        archive.audit.record("terminal", Deed.RESTORED, backup.name)
        assert archive.audit.broken_at() is None


def test_whoever_follows_reads_everything_anew(settings, backup):
    """A number that was heard before the restore never stands for other news."""
    with open_archive(settings) as archive:
        archive.add_session(a_session("later"))
        _, heard = archive.news.span()
    restore(backup, settings.home)
    with open_archive(settings) as archive:
        assert archive.news.span() == (0, 0)
        archive.add_session(a_session("anew"))
        first, _ = archive.news.span()

    assert first > heard + 1


def test_a_folder_that_cannot_be_locked_is_said(settings):
    """One sentence, no traceback."""
    (settings.home / "in-use.lock").unlink()
    (settings.home / "in-use.lock").mkdir()

    with pytest.raises(ArchiveError, match="cannot be locked"), open_archive(settings):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can work for somebody else")
def test_what_an_administrator_restores_is_the_services(settings, backup):
    """`sudo idolens restore` leaves nothing that the service could not open."""
    for place in (settings.home, *settings.home.rglob("*")):
        os.chown(place, 12_345, 12_345)

    restore(backup, settings.home)

    strangers = [
        place.name
        for place in settings.home.rglob("*")
        if place.stat().st_uid != 12_345
    ]
    assert strangers == []
