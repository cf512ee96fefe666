"""Takes a backup back: proven whole first, tried beside, exchanged, looked at again.

Whatever goes wrong, what was there before is in its place again; what was there before
a restore that worked lies beside it until somebody deletes it.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from idolens.archive.backup.contents import (
    DATABASE,
    DATABASES,
    PICTURES,
    exchanged,
)
from idolens.archive.backup.database_file import (
    begin_news_anew,
    faults_of,
    sign_everybody_out,
)
from idolens.archive.backup.exchange import (
    INCOMING,
    POINT,
    Exchange,
    cut_off,
    exchange,
    last_exchange,
    put_back,
    settle,
)
from idolens.archive.backup.manifest import Manifest, damaged, sync_folder
from idolens.archive.backup.proof import verified
from idolens.archive.backup.revived import Revived, revived
from idolens.archive.database import Database
from idolens.archive.migrate import upgrade
from idolens.archive.occupancy import alone_in, refuse_cut_off
from idolens.archive.ownership import hand_over
from idolens.archive.reserve import Reserve
from idolens.errors import BackupError, DiskFullError, IdolensError

_PIECE = 2**20
_SPARE = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did.

    Attributes:
        manifest: of the backup.
        point: the folder that holds what was there before.
        revived: what had been ended since the backup, and lives again.
    """

    manifest: Manifest
    point: Path
    revived: Revived | None


def restore(
    backup: Path,
    home: Path,
    *,
    check: Callable[[Path], None] | None = None,
    now: datetime | None = None,
) -> Restored:
    """Put the content of ``backup`` in the place of what ``home`` holds.

    Args:
        backup: the folder that `take_backup` made.
        home: the data folder; nobody may be at work in it.
        check: looks at a folder and raises when idolens could not start with it.
        now: the time.

    Raises:
        BackupError: the backup cannot be used, or does not work here; ``home`` is as it
            was.
        ArchiveBusyError: somebody is at work in ``home``.
        DiskFullError: there is no room beside what is there.
    """
    manifest, sums = verified(backup)
    sound = check or starts_with
    home.mkdir(parents=True, exist_ok=True)
    with _translated(home), alone_in(home):
        refuse_cut_off(home)
        _sweep(home)
        _require_room(home, manifest)
        stamp = f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.urandom(2).hex()}"
        incoming = home / f"{INCOMING}{stamp}"
        try:
            _stage(backup, incoming, sums)
            _make_ready(incoming, home)
            sound(incoming)
        except BaseException:
            shutil.rmtree(incoming, ignore_errors=True)
            raise
        told = revived(home / DATABASE, incoming / DATABASE)
        tops = sorted({path.partition("/")[0] for path in sums})
        change = _change(home, incoming.name, f"{POINT}{stamp}", tops, manifest)
        point = _carry_out(home, change, sound)
    return Restored(manifest=manifest, point=point, revived=told)


def undo(home: Path) -> str:
    """Have what was there before the last restore, whether it was cut off or not.

    Returns:
        What the restore had come from.

    Raises:
        BackupError: there was none.
        ArchiveBusyError: somebody is at work in ``home``.
    """
    if not home.is_dir():
        raise _nothing_to_undo(home)
    with _translated(home), alone_in(home):
        change = cut_off(home)
        if change is not None:
            put_back(home, change)
            return change.source
        before = last_exchange(home)
        if before is None:
            raise _nothing_to_undo(home)
        point = home / before.point
        back = Exchange(
            incoming=before.point,
            point=f"{POINT}{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.urandom(2).hex()}",
            names=before.names,
            had=tuple(name for name in before.names if (home / name).exists()),
            source=str(point),
        )
        _carry_out(home, back, starts_with)
        return before.source


def starts_with(home: Path) -> None:
    """Look whether idolens can work with what ``home`` holds.

    Raises:
        BackupError: a database is damaged, or is not of this version.
    """
    for name in DATABASES:
        file = home / name
        faults = faults_of(file) if file.is_file() else []
        if faults:
            raise BackupError(
                f"The database {name} is damaged: {faults[0]}.",
                f"数据库 {name} 已损坏:{faults[0]}。",
            )
    database = Database(home / DATABASE, Reserve(home / "reserve", 0))
    try:
        upgrade(database)
    finally:
        database.close()


def _nothing_to_undo(home: Path) -> BackupError:
    return BackupError(
        f"Nothing was restored into {home}: there is nothing to undo.",
        f"{home} 没有执行过恢复:无可撤销。",
    )


def _stage(backup: Path, incoming: Path, sums: Mapping[str, str]) -> None:
    """Copy a backup into the data folder, under a name that nobody uses."""
    incoming.mkdir(mode=0o700)
    (incoming / PICTURES).mkdir(mode=0o700)
    for path, expected in sums.items():
        target = incoming / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = hashlib.sha256()
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (backup / path).open("rb") as source, os.fdopen(descriptor, "wb") as to:
            while piece := source.read(_PIECE):
                digest.update(piece)
                to.write(piece)
            to.flush()
            os.fsync(descriptor)
        if digest.hexdigest() != expected:  # it changed since we looked
            raise damaged(backup, [path])


def _make_ready(incoming: Path, home: Path) -> None:
    """Bring the copy up to date, and give it to whom the data folder belongs."""
    starts_with(incoming)
    sign_everybody_out(incoming / DATABASE)
    begin_news_anew(incoming / DATABASE)
    for folder, _, names in os.walk(incoming):
        for place in (Path(folder), *(Path(folder) / name for name in names)):
            hand_over(place, home)
        sync_folder(Path(folder))


def _change(
    home: Path, incoming: str, point: str, tops: list[str], manifest: Manifest
) -> Exchange:
    names = exchanged(tops, uploads=manifest.uploads)
    return Exchange(
        incoming=incoming,
        point=point,
        names=names,
        had=tuple(name for name in names if (home / name).exists()),
        source=f"{manifest.made_at} ({manifest.home})",
    )


def _carry_out(home: Path, change: Exchange, sound: Callable[[Path], None]) -> Path:
    try:
        exchange(home, change)
        sound(home)
    except BaseException as error:
        if cut_off(home) is not None:
            put_back(home, change)
        if not isinstance(error, IdolensError | OSError):
            raise
        why = error.words if isinstance(error, IdolensError) else None
        raise BackupError(
            "What was restored does not work here; what was there before is in its "
            f"place again. {why.en if why else error}",
            f"恢复的数据无法使用,已自动回到恢复之前的状态。{why.zh if why else error}",
        ) from error
    return settle(home, change)


def _sweep(home: Path) -> None:
    """Delete what a restore that was cut off before its exchange left behind."""
    for left in home.glob(f"{INCOMING}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    for point in home.glob(f"{POINT}*"):
        with suppress(OSError):  # one that holds something stays
            point.rmdir()


def _require_room(home: Path, manifest: Manifest) -> None:
    needed = manifest.bytes + _SPARE
    if shutil.disk_usage(home).free < needed:
        raise DiskFullError(
            f"There is no room in {home} for the backup beside what is there "
            f"({needed / 1e9:.2f} GB are needed): free some. Nothing was changed.",
            f"{home} 没有足够空间存放要恢复的备份(需要 {needed / 1e9:.2f} GB):"
            "请腾出空间。未作任何更改。",
        )


@contextmanager
def _translated(home: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFullError(
                f"The disk of {home} is full: free some space and restore again. What "
                "was there before is in its place.",
                f"{home} 所在磁盘已满:请腾出空间后重新恢复。原有数据没有变化。",
            ) from error
        raise BackupError(
            f"The backup cannot be restored into {home} ({error.strerror}): check its "
            "permissions.",
            f"无法将备份恢复到 {home}({error.strerror}):请检查权限。",
        ) from error
