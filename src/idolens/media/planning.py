"""Which moments of a session to look at."""

from dataclasses import dataclass
from itertools import pairwise

from idolens.vocabulary import FrameId, Milliseconds

PICTURE_MS = Milliseconds(1000)
"""A still picture's share of the session clock."""
_TAIL = 10


@dataclass(frozen=True, slots=True)
class Target:
    """A moment to look at, and the stretch [start, end) that it stands for."""

    index: int
    wanted: Milliseconds
    start: Milliseconds
    end: Milliseconds

    @property
    def frame_id(self) -> FrameId:
        """The id of the frame that answers this target."""
        return FrameId(f"f{self.index:06d}")


def plan(duration: Milliseconds, every: Milliseconds) -> tuple[Target, ...]:
    """Cut a recording into stretches of ``every``, and look at the middle of each.

    The stretches cover [0, duration) without gap or overlap. A remainder of less
    than a tenth of ``every`` belongs to the last stretch.

    Raises:
        ValueError: ``every`` is not positive.
    """
    if every <= 0:
        raise ValueError("every must be positive")
    if duration <= 0:
        return ()
    count = max(1, -(-(duration * _TAIL - every) // (every * _TAIL)))
    bounds = [*range(0, count * every, every), duration]
    return tuple(_target(i, *stretch) for i, stretch in enumerate(pairwise(bounds)))


def plan_pictures(count: int) -> tuple[Target, ...]:
    """Give each of ``count`` pictures one second of the session clock."""
    return tuple(_target(i, i * PICTURE_MS, (i + 1) * PICTURE_MS) for i in range(count))


def _target(index: int, start: int, end: int) -> Target:
    wanted = Milliseconds((start + end) // 2)
    return Target(index, wanted, Milliseconds(start), Milliseconds(end))
