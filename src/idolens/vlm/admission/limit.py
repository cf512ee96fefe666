"""How many are let to the engine at once: more while all is fast, fewer when not.

Additive increase, multiplicative decrease (AIMD), as networks share a line. Nobody has
to know what a machine can bear: a limit set too high falls within seconds.
"""

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

_SLOWER: Final = 0.9
_HALF: Final = 0.5


class Outcome(Enum):
    """How a turn with the engine went."""

    FAST = "fast"
    SLOW = "slow"
    """It took too long, or the engine said that it is busy."""
    SHORT = "short"
    """Memory ran out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many may be at work now.

    Attributes:
        value: from 1 to ``ceiling``; in between it has a fraction.
        ceiling: the most that it ever grows to.
        fell_at: when it last fell.
    """

    value: float
    ceiling: int
    fell_at: float = -math.inf

    @property
    def slots(self) -> int:
        """The value as a number of places."""
        return max(1, math.floor(self.value + 0.5))

    def after(
        self, outcome: Outcome, *, began_at: float, now: float, full: bool
    ) -> "Limit":
        """Return the limit after a turn.

        Args:
            outcome: how it went.
            began_at: when it began. Of several that were slow together only the first
                counts: those that began before the fall say nothing new.
            now: when it ended.
            full: whether all places were taken, so that a place more would be used.
        """
        if outcome is Outcome.FAST:
            if not full:
                return self
            return replace(self, value=min(self.ceiling, self.value + 1 / self.value))
        if began_at < self.fell_at:
            return self
        factor = _HALF if outcome is Outcome.SHORT else _SLOWER
        return replace(self, value=max(1.0, self.value * factor), fell_at=now)
