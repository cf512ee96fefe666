"""What is left out while too much is asked, step by step, and taken up again later."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

HIGH: Final = (0.5, 0.65, 0.8)
"""Shares of the longest wait from which on each step is taken."""
LOW: Final = 0.2
"""Share of the longest wait down to which something is taken up again."""
RISE_S: Final = 1.0
"""How long it must be high before one step more is taken, in seconds."""
FALL_S: Final = 5.0
"""How long it must be low before one step less is taken, in seconds."""


class Step(IntEnum):
    """How much is done for a request; each step also does what those before it do."""

    WHOLE = 0
    SMALLER = 1
    """Pictures are looked at smaller."""
    FEWER = 2
    """Of many questions the first few are asked."""
    CACHED = 3
    """Nobody waits: an answer that is known, a place that is free, or a refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Where on the ladder the service stands.

    Between `LOW` and the next of `HIGH` nothing changes, and no change comes sooner
    than `RISE_S` or `FALL_S` after the one before: so it does not swing with every
    request.

    Attributes:
        step: what is left out.
        high_since: since when the pressure is too high for this step; None while it is
            not.
        low_since: since when it is low.
    """

    step: Step = Step.WHOLE
    high_since: float | None = None
    low_since: float | None = None

    def after(self, pressure: float, now: float) -> "Ladder":
        """Return the ladder after a look at the queue.

        Args:
            pressure: how long people wait, as a share of the longest wait.
            now: seconds that only go forward.
        """
        if self.step < Step.CACHED and pressure >= HIGH[self.step]:
            return self._high(now)
        if pressure > LOW:
            return replace(self, high_since=None, low_since=None)
        since = now if self.low_since is None else self.low_since
        down = min(self.step, int((now - since) / FALL_S))
        return Ladder(step=Step(self.step - down), low_since=since + down * FALL_S)

    def _high(self, now: float) -> "Ladder":
        since = now if self.high_since is None else self.high_since
        if now - since < RISE_S:
            return replace(self, high_since=since, low_since=None)
        return Ladder(step=Step(self.step + 1), high_since=now)
