"""Who is in a data folder: many may work in it, only one may exchange what it holds.

The kernel gives a lock back when its process ends, however it ends.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from idolens.archive.ownership import hand_over
from idolens.errors import ArchiveBusyError, ArchiveError

LOCK = "in-use.lock"
JOURNAL = "restoring.json"
"""There while a restore exchanges files; whoever finds it with nobody at work knows
that the restore was cut off."""


@contextmanager
def at_work_in(home: Path) -> Generator[None]:
    """Work in ``home`` within this; nothing is exchanged under our hands.

    Raises:
        ArchiveBusyError: a backup is being restored into it.
        ArchiveError: a restore was cut off, and nobody has put things right yet.
    """
    with _locked(home, fcntl.LOCK_SH) as got:
        if not got:
            raise ArchiveBusyError(
                f"A backup is being restored into {home}: wait until that is done.",
                f"正在向 {home} 恢复备份:请等待恢复完成。",
            )
        refuse_cut_off(home)
        yield


@contextmanager
def alone_in(home: Path) -> Generator[None]:
    """Be the only one in ``home`` within this.

    Raises:
        ArchiveBusyError: somebody is at work in it.
    """
    with _locked(home, fcntl.LOCK_EX) as got:
        if not got:
            raise ArchiveBusyError(
                f"idolens is at work in {home}: stop the service and all commands "
                "first, then restore.",
                f"idolens 正在使用 {home}:请先停止服务和所有命令,再恢复备份。",
            )
        yield


def refuse_cut_off(home: Path) -> None:
    """Refuse a folder in which a restore was cut off.

    Raises:
        ArchiveError: it was.
    """
    if (home / JOURNAL).exists():
        raise ArchiveError(
            f"A restore into {home} was cut off halfway: run `idolens restore --undo` "
            "to have what was there before; nothing is lost.",
            f"向 {home} 的恢复中途被打断:请运行 `idolens restore --undo` "
            "回到恢复之前的状态,数据没有丢失。",
        )


@contextmanager
def _locked(home: Path, kind: int) -> Generator[bool]:
    try:
        descriptor = _opened(home / LOCK)
    except OSError as error:
        raise _no_lock(home, error) from error
    try:
        yield _taken(descriptor, kind, home)
    finally:
        os.close(descriptor)


def _opened(lock: Path) -> int:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    hand_over(lock, lock.parent)
    return descriptor


def _taken(descriptor: int, kind: int, home: Path) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # a file system that knows no locks
        raise _no_lock(home, error) from error
    return True


def _no_lock(home: Path, error: OSError) -> ArchiveError:
    return ArchiveError(
        f"The data folder {home} cannot be locked ({error.strerror}): check its "
        "permissions, and that it is on a disk of this machine.",
        f"无法锁定数据文件夹 {home}({error.strerror}):请检查权限,"
        "并确认它在本机磁盘上。",
    )
