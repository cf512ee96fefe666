"""How far a job is."""

import time
from dataclasses import dataclass
from enum import StrEnum

from idolens.vocabulary import Bilingual


class JobState(StrEnum):
    """What a job does now.

    ``interrupted``: the report is owed, but no process is at work on it.
    """

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A job at one moment.

    Attributes:
        done: frames looked at.
        total: frames to look at.
        eta_s: seconds until done at the speed measured so far; None when unknown.
        reason: why it failed; None otherwise.
    """

    done: int
    total: int
    state: JobState
    eta_s: float | None = None
    reason: Bilingual | None = None


class Pace:
    """The speed of one job, as seen from when it was first looked at."""

    def __init__(self, done: int) -> None:
        self._first = done
        self._since = time.monotonic()

    def eta_s(self, done: int, total: int) -> float | None:
        """Return the seconds left, or None while nothing was done."""
        fresh = done - self._first
        if fresh <= 0:
            return None
        return (total - done) * (time.monotonic() - self._since) / fresh
