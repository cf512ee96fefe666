"""A folder of backups: which there are, which is the newest, which may go."""

import fcntl
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from idolens.archive.backup.manifest import Manifest, read_manifest
from idolens.errors import ArchiveBusyError, BackupError

_NAME = re.compile(r"idolens-\d{8}T\d{6}Z(-\d+)?")
_LOCK = ".idolens-backup.lock"
DRAFT = ".draft"


@dataclass(frozen=True, slots=True)
class Backup:
    """One whole backup.

    Attributes:
        folder: where it lies.
        manifest: what it is of.
    """

    folder: Path
    manifest: Manifest

    @property
    def made_at(self) -> datetime:
        """When it was made (UTC)."""
        return datetime.fromisoformat(self.manifest.made_at)


def backups_in(folder: Path) -> list[Backup]:
    """Return the whole backups in ``folder``, the oldest first."""
    found: list[Backup] = []
    for path in sorted(folder.glob("idolens-*")):
        if not _NAME.fullmatch(path.name):
            continue
        try:
            found.append(Backup(path, read_manifest(path)))
        except BackupError:
            continue  # not ours, or of a newer idolens: not ours to count or to delete
    return found


def newest_for(home: Path, folder: Path) -> Backup | None:
    """Return the newest backup of ``home`` in ``folder``."""
    ours = [one for one in backups_in(folder) if _is_of(one, home)]
    return max(ours, key=lambda one: one.made_at, default=None)


def prune(home: Path, folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest ``keep`` backups of ``home``; return which.

    Raises:
        BackupError: one cannot be deleted.
    """
    ours = sorted(
        (one for one in backups_in(folder) if _is_of(one, home)),
        key=lambda one: one.made_at,
    )
    gone = [one.folder for one in ours[:-keep]]
    try:
        for path in gone:
            # Renamed first: one that is half deleted never passes for a backup.
            draft = path.with_name(f".{path.name}{DRAFT}")
            path.rename(draft)
            shutil.rmtree(draft)
    except OSError as error:
        raise BackupError(
            f"Old backups in {folder} cannot be deleted ({error.strerror}): check the "
            "folder's permissions.",
            f"无法删除 {folder} 中的旧备份({error.strerror}):请检查文件夹权限。",
        ) from error
    return gone


def new_name(folder: Path, now: datetime) -> str:
    """Return a name that no backup in ``folder`` has."""
    stem = f"idolens-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    name, number = stem, 1
    while (folder / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name


@contextmanager
def writing_to(folder: Path) -> Generator[None]:
    """Be the only one who writes a backup to ``folder`` within this.

    What a backup that was cut off left behind is deleted.

    Raises:
        ArchiveBusyError: another backup is being written there.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for draft in folder.glob(f".idolens-*{DRAFT}"):
            shutil.rmtree(draft)
        yield
    except BlockingIOError as error:
        raise ArchiveBusyError(
            f"Another backup is being written to {folder}: wait until it is done.",
            f"正在向 {folder} 写入另一份备份:请等待其完成。",
        ) from error
    finally:
        os.close(descriptor)


def _is_of(backup: Backup, home: Path) -> bool:
    return backup.manifest.home == str(home.absolute())
