"""When a letter is tried again: soon at first, for three days in all."""

import random
from typing import Final

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
WAITS_S: Final = (
    0.0,
    5.0,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""Before each try, as Standard Webhooks recommends."""
JITTER: Final = 0.1
"""Share by which a wait is longer at most, so that not everybody tries at once."""
LONGEST_WAIT_S: Final = 24 * _HOUR
"""Most that another side's Retry-After counts."""


def tries() -> int:
    """Return how often a letter is tried before it is dead."""
    return len(WAITS_S)


def again_in_s(
    number: int, wait_s: float = 0.0, chance: float | None = None
) -> float | None:
    """Return how long to wait after try ``number`` failed; None when it was the last.

    Args:
        number: of the try that failed, from 1 on.
        wait_s: what the other side asked for; it counts if it is longer.
        chance: 0 to 1, how much of the jitter is added; None takes any.
    """
    if number >= len(WAITS_S):
        return None
    share = random.random() if chance is None else chance  # noqa: S311 - no secret
    usual = WAITS_S[number] * (1.0 + JITTER * share)
    return max(usual, min(max(wait_s, 0.0), LONGEST_WAIT_S))
