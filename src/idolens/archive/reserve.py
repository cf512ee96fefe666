"""Room set aside on the disk, so that a full disk can still be tidied.

SQLite needs room even to delete: without any, no rule about how long things are
kept could be carried out.
"""

import os
import shutil
import threading
from pathlib import Path

from idolens.archive.disk import Disk, DiskLevel

MIB = 2**20


class Reserve:
    """A file of the reserve's size, deleted when the disk is full.

    Args:
        path: the file.
        mib: its size in MiB; 0 keeps no reserve.
        disk: says from when on nothing may be added, reserve or not.
    """

    def __init__(self, path: Path, mib: int, disk: Disk | None = None) -> None:
        self._path = path
        self._bytes = mib * MIB
        self._disk = disk
        self._lock = threading.Lock()
        self._held = self._take()

    @property
    def held(self) -> bool:
        """Whether the room is set aside now."""
        return self._held

    def retake(self) -> bool:
        """Set the room aside again if it was given up; return whether it is held.

        On a disk to which nothing may be added any more it counts as given up.
        """
        if self._disk is not None and self._disk.level is DiskLevel.READ_ONLY:
            return False
        with self._lock:
            self._held = self._held or self._take()
            return self._held

    def give_up(self) -> None:
        """Give the room to whoever deletes."""
        with self._lock:
            self._path.unlink(missing_ok=True)
            self._held = self._bytes == 0

    def disk_is_full(self) -> bool:
        """Whether less than a MiB is free."""
        return shutil.disk_usage(self._path.parent).free < MIB

    def _take(self) -> bool:
        if self._bytes == 0:
            return True
        if self._path.exists() and self._path.stat().st_size == self._bytes:
            return True
        if shutil.disk_usage(self._path.parent).free < 2 * self._bytes:
            self._path.unlink(missing_ok=True)
            return False
        with self._path.open("wb") as file:
            _allocate(file.fileno(), self._bytes)
        return True


def _allocate(descriptor: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)
        return
    for _ in range(size // MIB):
        os.write(descriptor, bytes(MIB))
    os.fsync(descriptor)
