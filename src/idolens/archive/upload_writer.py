"""Adds bytes to one upload: not more than was declared, and never half told."""

import errno
import os
from typing import BinaryIO, NoReturn

from idolens.archive.disk import Disk, DiskLevel
from idolens.errors import DiskFullError, TooLargeError


class Writer:
    """Adds to one upload.

    Attributes:
        offset: how many bytes are there.
    """

    def __init__(self, file: BinaryIO, size: int, disk: Disk) -> None:
        self._file = file
        self._disk = disk
        self._size = size
        self.offset = self._first = file.seek(0, os.SEEK_END)

    def write(self, data: bytes) -> None:
        """Add ``data``.

        Raises:
            TooLargeError: it is more than was declared.
            DiskFullError: the disk has no room for it.
        """
        if self.offset + len(data) > self._size:
            raise TooLargeError(
                "More came than the upload's declared size: begin a new one.",
                "收到的数据超过声明的大小：请重新上传。",
            )
        if self._disk.level >= DiskLevel.NO_UPLOADS:
            raise full()  # what has come stays
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            refuse(error)
        self.offset += len(data)

    def take_back(self) -> None:
        """Drop what this writer has added."""
        self._file.flush()
        self._file.truncate(self._first)
        self.offset = self._file.seek(self._first)

    def close(self) -> None:
        """End; what was added survives a loss of power."""
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())


def refuse(error: OSError) -> NoReturn:
    """Say that there is no room, if that is what ``error`` means."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        raise full() from error
    raise error


def full() -> DiskFullError:
    """Return the error that says that there is no room."""
    return DiskFullError(
        "There is no room on the disk for the upload: free some space first.",
        "磁盘空间不足，无法上传：请先清理磁盘。",
    )
