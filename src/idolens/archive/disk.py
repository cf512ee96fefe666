"""How full the disk is, as one level that decides who may still write to it."""

import shutil
import threading
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

from idolens.settings import DiskSettings

Usage = Callable[[Path], tuple[int, int]]
"""Gives the size of a folder's disk and its free room, in bytes."""


class DiskLevel(IntEnum):
    """What the room that is left allows; a higher number allows less."""

    OK = 0
    LOW = 1
    """Everything works, and somebody should make room."""
    NO_UPLOADS = 2
    """Nothing large comes in."""
    READ_ONLY = 3
    """Nothing is added; what is there can be read, and deleted."""

    @property
    def word(self) -> str:
        """The name in metrics."""
        return self.name.lower()


def level_of(free: float, before: DiskLevel, marks: DiskSettings) -> DiskLevel:
    """Return the level at which a disk is.

    Args:
        free: the share of it that is free.
        before: the level until now; it is left only ``marks.margin`` above its mark, so
            that a disk at the mark does not change its mind with every file.
        marks: the shares below which each level begins.
    """
    below = {
        DiskLevel.LOW: marks.alert,
        DiskLevel.NO_UPLOADS: marks.no_uploads,
        DiskLevel.READ_ONLY: marks.read_only,
    }
    return max(
        (
            level
            for level, mark in below.items()
            if free < mark + (marks.margin if level <= before else 0)
        ),
        default=DiskLevel.OK,
    )


class Disk:
    """The disk under ``folder``; safe in many threads.

    Args:
        folder: it exists.
        marks: the shares below which each level begins.
        usage: who is asked.
    """

    def __init__(
        self, folder: Path, marks: DiskSettings, usage: Usage | None = None
    ) -> None:
        self._folder = folder
        self._marks = marks
        self._usage = usage or _usage
        self._level = DiskLevel.OK
        self._lock = threading.Lock()

    @property
    def level(self) -> DiskLevel:
        """What the room allows now."""
        return self.look()[0]

    def look(self) -> tuple[DiskLevel, float]:
        """Return what the room allows now, and the share that is free."""
        size, free = self._usage(self._folder)
        share = free / size if size else 1.0
        with self._lock:
            self._level = level_of(share, self._level, self._marks)
            return self._level, share


def _usage(folder: Path) -> tuple[int, int]:
    found = shutil.disk_usage(folder)
    return found.total, found.free
