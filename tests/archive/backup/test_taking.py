"""A backup is whole, whoever writes meanwhile; and it costs no earlier one."""

import errno
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from idolens.archive import open_archive
from idolens.archive.backup import backups_in, prune, take_backup, verify
from idolens.archive.backup.database_file import faults_of
from idolens.archive.backup.shelf import writing_to
from idolens.errors import ArchiveBusyError, BackupError, DiskFullError
from tests.archive.backup.houses import PICTURES, a_house, prints, rows_of
from tests.archive.rooms import a_frame, a_session, an_answer
from tests.disks import small_disk

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def take(settings, folder, **more):
    return take_backup(
        settings.home, folder, **({"version": "1.2", "now": NOON} | more)
    )


def test_everything_that_cannot_be_made_again_is_in_it(tmp_path):
    """Databases, pictures, uploads and keys; no caches, no setup link, no reserve."""
    settings = a_house(tmp_path)
    (settings.home / "setup-token").write_text("secret")
    (settings.home / "answers").mkdir()
    (settings.home / "answers" / "data.mdb").write_bytes(b"cache")

    made = take(settings, tmp_path / "nas")

    names = set(prints(made.folder))
    assert {"idolens.sqlite", "jobs.sqlite", "log-key"} <= names
    assert {"manifest.json", "SHA256SUMS"} <= names
    assert sum(name.startswith("pictures/") for name in names) == len(PICTURES)
    assert sum(name.endswith("/data") for name in names) == 1
    assert not [name for name in names if "setup" in name or "mdb" in name]
    assert "reserve" not in names
    assert made.manifest.counts["answer"] == 4
    assert made.manifest.lacking == ()
    assert made.folder.name == "idolens-20261123T120000Z"
    assert verify(made.folder) == made.manifest


def test_nobody_else_may_read_it(tmp_path):
    """It holds pictures, and hashes of passwords."""
    made = take(a_house(tmp_path), tmp_path / "nas")

    for path in (made.folder, *made.folder.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_a_machine_without_idolens_can_prove_it(tmp_path):
    """The digests are sha256sum's own."""
    made = take(a_house(tmp_path), tmp_path / "nas")
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("sha256sum is not here")
    check = [tool, "--check", "--quiet", "SHA256SUMS"]

    assert subprocess.run(check, cwd=made.folder, check=False).returncode == 0


def test_a_backup_under_load_is_whole_and_of_one_moment(tmp_path):
    """Each frame has its answer and its picture, however many come meanwhile."""
    settings = a_house(tmp_path)
    stop = threading.Event()

    def write():
        with open_archive(settings) as archive:
            archive.add_session(a_session("busy"))
            for index in range(100_000):
                if stop.is_set():
                    return
                digest = f"{index + 1000:064x}"
                archive.pictures.put(b"jpeg", digest)
                frame = a_frame(index, picture=digest)
                archive.store_chunk("busy", [frame], {frame.id: [an_answer()]})
                begun.set()

    begun = threading.Event()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(60)
        made = [
            take(settings, tmp_path / "nas", now=NOON + timedelta(seconds=second))
            for second in range(3)
        ]
    finally:
        stop.set()
        writer.join()

    for backup in made:
        file = backup.folder / "idolens.sqlite"
        assert faults_of(file) == []
        with closing(sqlite.connect(file)) as connection:
            (alone,) = connection.execute(
                "SELECT count(*) FROM frame LEFT JOIN answer "
                "ON answer.session_id = frame.session_id "
                "AND answer.frame_id = frame.id WHERE answer.question IS NULL"
            ).fetchone()
        assert alone == 0
        assert backup.manifest.lacking == ()
        pictures = rows_of(file, "picture")
        assert len(pictures) == backup.manifest.counts["picture"]
        verify(backup.folder)
    grown = [backup.manifest.counts["frame"] for backup in made]
    assert grown == sorted(grown)


def test_what_is_there_already_is_not_copied_again(tmp_path):
    """The second one shares pictures with the first, and each stands alone."""
    settings = a_house(tmp_path)
    first = take(settings, tmp_path / "nas")
    second = take(settings, tmp_path / "nas", now=NOON + timedelta(days=1))
    one, two = (
        next((backup.folder / "pictures").rglob("*.jpg")) for backup in (first, second)
    )
    assert one.stat().st_ino == two.stat().st_ino

    shutil.rmtree(first.folder)

    verify(second.folder)


def test_a_disk_without_links_gets_copies(tmp_path, monkeypatch):
    """A share of Windows, say: more room, and as whole."""
    settings = a_house(tmp_path)
    take(settings, tmp_path / "nas")

    def no_links(_source, _target):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    second = take(settings, tmp_path / "nas", now=NOON + timedelta(days=1))

    assert second.manifest.lacking == ()
    verify(second.folder)


def test_a_copy_that_went_bad_is_not_handed_on(tmp_path):
    """What rotted in the backup before is copied anew from the house."""
    settings = a_house(tmp_path)
    first = take(settings, tmp_path / "nas")
    rotten = next((first.folder / "pictures").rglob("*.jpg"))
    rotten.write_bytes(b"rotten"[: rotten.stat().st_size])

    second = take(settings, tmp_path / "nas", now=NOON + timedelta(days=1))

    verify(second.folder)
    with pytest.raises(BackupError):
        verify(first.folder)


def test_what_was_lost_before_is_named(tmp_path):
    """A picture that is gone or damaged in the house does not stop the backup."""
    settings = a_house(tmp_path)
    gone, changed = sorted((settings.home / "pictures").rglob("*.jpg"))[:2]
    gone.unlink()
    changed.write_bytes(b"other")

    made = take(settings, tmp_path / "nas")

    assert len(made.manifest.lacking) == 2
    verify(made.folder)


def test_a_full_disk_is_said_and_costs_no_earlier_backup(tmp_path):
    """Room is looked for first; the disk can fill up all the same."""
    settings = a_house(tmp_path)
    with small_disk(tmp_path / "disk", 24):
        first = take(settings, tmp_path / "disk")
        (tmp_path / "disk" / "others").write_bytes(os.urandom(8 * 2**20))
        before = prints(first.folder)
        with pytest.raises(DiskFullError) as caught:
            take(settings, tmp_path / "disk", now=NOON + timedelta(days=1))

        assert "空间不足" in caught.value.within("zh")
        assert prints(first.folder) == before
        assert [one.folder for one in backups_in(tmp_path / "disk")] == [first.folder]
        assert not list((tmp_path / "disk").glob(".*.draft"))


def test_on_the_datas_own_disk_room_is_left_for_the_service(tmp_path):
    """A backup never is what stops the uploads."""
    with small_disk(tmp_path / "disk", 40):
        settings = a_house(tmp_path / "disk")
        nas = tmp_path / "disk" / "nas"
        take(settings, nas)
        free = shutil.disk_usage(nas).free
        (tmp_path / "disk" / "others").write_bytes(os.urandom(free - 2**21))

        with pytest.raises(DiskFullError):
            take(settings, nas, now=NOON + timedelta(days=1))
        assert len(backups_in(nas)) == 1


def test_one_that_was_cut_off_is_no_backup_and_is_swept(tmp_path):
    """What a kill left behind does not count, and goes with the next one."""
    settings = a_house(tmp_path)
    left = tmp_path / "nas" / ".idolens-20261122T040000Z.draft"
    left.mkdir(parents=True)
    (left / "idolens.sqlite").write_bytes(b"half")

    made = take(settings, tmp_path / "nas")

    assert not left.exists()
    assert [one.folder for one in backups_in(tmp_path / "nas")] == [made.folder]


def test_two_at_once_do_not_meet(tmp_path):
    """The second is refused while the first writes."""
    settings = a_house(tmp_path)

    with writing_to(tmp_path / "nas"), pytest.raises(ArchiveBusyError):
        take(settings, tmp_path / "nas")


def test_the_newest_stay_and_another_house_loses_nothing(tmp_path):
    """Only whole backups of this house are counted, and deleted."""
    settings = a_house(tmp_path)
    nas = tmp_path / "nas"
    other = a_house(tmp_path / "other")
    theirs = take(other, nas, now=NOON - timedelta(days=9))
    made = [take(settings, nas, now=NOON + timedelta(days=day)) for day in range(4)]
    (nas / "idolens-20200101T000000Z").mkdir()

    gone = prune(settings.home, nas, 2)

    assert gone == [one.folder for one in made[:2]]
    left = {one.folder for one in backups_in(nas)}
    assert left == {theirs.folder, made[2].folder, made[3].folder}
    assert (nas / "idolens-20200101T000000Z").exists()


def test_without_uploads_when_the_studio_says_so(tmp_path):
    """Recordings are large, and may lie elsewhere already."""
    made = take(a_house(tmp_path), tmp_path / "nas", uploads=False)

    assert not (made.folder / "uploads").exists()
    assert made.manifest.uploads is False


def test_nothing_to_back_up_is_said(tmp_path):
    """An empty folder is a mistake in the settings."""
    with pytest.raises(BackupError) as caught:
        take_backup(tmp_path, tmp_path / "nas", version="1")

    assert "home" in str(caught.value)
    assert not (tmp_path / "nas").exists()


def killed_at(home: Path, folder: Path, number: int) -> None:
    """Back up, and die at the ``number``-th file that is opened or named there."""
    left = number

    def hook(event: str, arguments: tuple) -> None:
        nonlocal left
        if event not in {"open", "os.link", "os.rename", "os.mkdir"}:
            return
        if any(str(one).startswith(str(folder)) for one in arguments):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    take_backup(home, folder, version="1.2", now=NOON + timedelta(days=1))


def test_a_kill_at_any_moment_costs_no_earlier_backup(tmp_path, monkeypatch):
    """Nothing half done passes for a backup, and the next one goes through."""
    root = Path(__file__).parents[3]
    monkeypatch.setenv("PYTHONPATH", f"{root / 'src'}:{root}")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.archive.backup.test_taking"])
    settings = a_house(tmp_path)
    nas = tmp_path / "nas"
    first = take(settings, nas)
    before = prints(first.folder)
    killed = 0
    for number in range(1, 400, 7):
        life = context.Process(target=killed_at, args=(settings.home, nas, number))
        life.start()
        life.join(60)
        if life.exitcode == 0:
            break
        assert life.exitcode == -signal.SIGKILL
        killed += 1
        assert prints(first.folder) == before
        assert [one.folder for one in backups_in(nas)] == [first.folder]
    else:
        pytest.fail("it never came to an end")

    assert killed > 3
    assert len(backups_in(nas)) == 2
    assert not list(nas.glob(".*.draft"))
    verify(backups_in(nas)[-1].folder)


def test_at_night_no_folder_is_made(tmp_path):
    """One that is missing is a disk that is not mounted."""
    settings = a_house(tmp_path)
    with pytest.raises(BackupError, match="mount its disk"):
        take(settings, tmp_path / "nas", make_folder=False)

    assert not (tmp_path / "nas").exists()
