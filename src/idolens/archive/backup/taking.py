"""Makes a backup of a data folder while everybody goes on working in it."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from idolens.archive.backup.contents import (
    DATABASE,
    DATABASES,
    keys_in,
    picture_path,
    uploads_in,
)
from idolens.archive.backup.database_file import (
    copy_whole,
    counts_of,
    pictures_of,
    schema_of,
)
from idolens.archive.backup.manifest import (
    Manifest,
    digest_of,
    sync_folder,
    write_manifest,
    write_sums,
)
from idolens.archive.backup.shelf import (
    DRAFT,
    Backup,
    new_name,
    newest_for,
    writing_to,
)
from idolens.errors import BackupError, DiskFullError

_SPARE = 16 * 2**20
"""Room that is left on another disk in any case, in bytes."""
_SHARE = 0.05
"""Share of the data's own disk that is left: a backup must not stop the service."""
_PIECE = 2**20


def take_backup(
    home: Path,
    folder: Path,
    *,
    version: str,
    uploads: bool = True,
    make_folder: bool = True,
    now: datetime | None = None,
) -> Backup:
    """Copy ``home`` into a new folder within ``folder``.

    Databases come first, then the files that their rows name: so each row's file is
    there, but for what was deleted meanwhile. Until all of it is on the disk the copy
    has another name; nothing that is half done passes for a backup. What an earlier
    backup there holds already is linked, not copied, once it was read and is sound.

    Args:
        home: the data folder; it is being worked in.
        folder: where backups are kept.
        version: of this program.
        uploads: whether uploaded recordings belong to it.
        make_folder: whether ``folder`` may be made. Nobody watches at night: there a
            folder that is missing means a disk that is not mounted, and what was
            written in its place would fill up another one.
        now: the time.

    Raises:
        DiskFullError: there is no room; earlier backups are as they were.
        BackupError: something cannot be read or written.
        ArchiveBusyError: another backup is being written there.
    """
    if not (home / DATABASE).is_file():
        raise BackupError(
            f"There is nothing to back up in {home}: check the setting `home`.",
            f"{home} 中没有可备份的内容:请检查设置 `home`。",
        )
    if not make_folder and not folder.is_dir():
        raise BackupError(
            f"The backup folder {folder} is not there: mount its disk, or make it once "
            f"with `idolens backup {folder}`.",
            f"备份文件夹 {folder} 不存在:请挂载其磁盘,或先运行一次 "
            f"`idolens backup {folder}` 创建它。",
        )
    moment = now or datetime.now(UTC)
    with _translated(folder), writing_to(folder):
        name = new_name(folder, moment)
        draft = folder / f".{name}{DRAFT}"
        try:
            copy = _Copy(home, draft, newest_for(home, folder))
            copy.databases()
            copy.files(uploads=uploads)
            manifest = copy.finish(moment, version, uploads=uploads)
            draft.rename(folder / name)
            sync_folder(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return Backup(folder / name, manifest)


class _Copy:
    """One backup while it is being written.

    Args:
        home: of what.
        draft: where.
        before: the backup that may hold some of the files already.
    """

    def __init__(self, home: Path, draft: Path, before: Backup | None) -> None:
        self._home = home
        self._draft = draft
        self._before = before.folder if before else None
        self._sums: dict[str, str] = {}
        self._lacking: list[str] = []
        draft.mkdir(mode=0o700)

    def databases(self) -> None:
        there = [self._home / name for name in DATABASES]
        files = [file for file in there if file.is_file()]
        logs = [file.with_name(f"{file.name}-wal") for file in files]
        taken = [file for file in (*files, *logs) if file.exists()]
        self._require_room(sum(file.stat().st_size for file in taken))
        for file in files:
            target = self._draft / file.name
            copy_whole(file, target)
            target.chmod(0o600)
            _sync(target)
            self._sums[file.name] = digest_of(target)

    def files(self, *, uploads: bool) -> None:
        pictures = list(pictures_of(self._draft / DATABASE))
        sent = list(uploads_in(self._home)) if uploads else []
        need = sum(
            size
            for digest, _, size in pictures
            if not self._has(picture_path(digest), size)
        )
        need += sum(self._new_bytes(file) for file in sent)
        self._require_room(need)
        for digest, expected, _ in pictures:
            path = picture_path(digest)
            if not self._link(path, expected) and not self._take(path, expected):
                self._lacking.append(path)
        for file in (*sent, *keys_in(self._home)):
            path = file.relative_to(self._home).as_posix()
            known = self._known(file)
            if known is None or not self._link(path, known):
                self._take(path, None)

    def finish(self, now: datetime, version: str, *, uploads: bool) -> Manifest:
        sizes = [(self._draft / path).stat().st_size for path in self._sums]
        database = self._draft / DATABASE
        manifest = Manifest(
            made_at=now.astimezone(UTC).isoformat(timespec="seconds"),
            idolens=version,
            schema=schema_of(database),
            home=str(self._home.absolute()),
            counts=counts_of(database),
            files=len(sizes),
            bytes=sum(sizes),
            uploads=uploads,
            lacking=tuple(self._lacking),
            sums_sha256=write_sums(self._draft, self._sums),
        )
        write_manifest(self._draft, manifest)
        for inner, _, _ in os.walk(self._draft):
            sync_folder(Path(inner))
        return manifest

    def _require_room(self, needed: int) -> None:
        disk = shutil.disk_usage(self._draft)
        shared = self._draft.stat().st_dev == self._home.stat().st_dev
        spare = round(disk.total * _SHARE) if shared else _SPARE
        if disk.free < needed + spare:
            raise _full(self._draft.parent, needed + spare)

    def _has(self, path: str, size: int) -> bool:
        there = self._before / path if self._before else None
        return there is not None and there.is_file() and there.stat().st_size == size

    def _new_bytes(self, file: Path) -> int:
        if not file.exists():
            return 0
        size = file.stat().st_size
        path = file.relative_to(self._home).as_posix()
        return 0 if self._has(path, size) else size

    def _known(self, file: Path) -> str | None:
        """Return the digest of a whole upload's bytes, which was noted as it came."""
        if file.name != "data":
            return None
        try:
            about = json.loads(file.with_name("about.json").read_bytes())
        except FileNotFoundError:
            return None
        return about["sha256"] if about["complete"] else None

    def _link(self, path: str, expected: str) -> bool:
        """Take a file over from the backup before, if it is sound there."""
        if self._before is None or not (self._before / path).is_file():
            return False
        if digest_of(self._before / path) != expected:
            return False
        target = self._place(path)
        try:
            os.link(self._before / path, target)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            return False  # a file system without links, or with too many of this file
        self._sums[path] = expected
        return True

    def _take(self, path: str, expected: str | None) -> bool:
        """Copy a file, if it is there and is ``expected``."""
        target = self._place(path)
        try:
            source = (self._home / path).open("rb")
        except FileNotFoundError:
            return False
        digest = hashlib.sha256()
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with source, os.fdopen(descriptor, "wb") as written:
            while piece := source.read(_PIECE):
                digest.update(piece)
                written.write(piece)
            written.flush()
            os.fsync(descriptor)
        if expected not in {None, digest.hexdigest()}:
            target.unlink()
            return False
        self._sums[path] = digest.hexdigest()
        return True

    def _place(self, path: str) -> Path:
        target = self._draft / path
        for folder in reversed(target.relative_to(self._draft).parents[:-1]):
            (self._draft / folder).mkdir(mode=0o700, exist_ok=True)
        return target


def _full(folder: Path, needed: int | None = None) -> DiskFullError:
    size = "" if needed is None else f" ({needed / 1e9:.2f} GB are needed)"
    zh = "" if needed is None else f"(需要 {needed / 1e9:.2f} GB)"
    return DiskFullError(
        f"There is no room for a backup in {folder}{size}: free some, or name another "
        "folder. Earlier backups are as they were.",
        f"{folder} 的空间不足以存放备份{zh}:请腾出空间或换一个文件夹。"
        "已有的备份没有变化。",
    )


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _full(folder) from error
        raise BackupError(
            f"The backup in {folder} cannot be made ({error.strerror}): check that the "
            "folder is there and may be written to.",
            f"无法在 {folder} 生成备份({error.strerror}):请检查文件夹是否存在且可写。",
        ) from error
