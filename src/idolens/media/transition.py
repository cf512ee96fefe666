"""Does a frame stand within a dissolve from one shot to another?"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from idolens.settings import GateSettings

_BEND: Final = 0.3
"""How far the middle may be from the mean, of the change between first and last."""
_NEW: Final = 0.5
"""Grey levels that neither light nor movement explains, from which on it is new."""
_STILL_NEW: Final = 0.6
"""Share of what is new at rest that must still be new when movement is followed."""
_PATCH: Final = (15, 15)


def in_transition(hints: NDArray[np.uint8], gate: GateSettings) -> bool:
    """Whether one shot is dissolving into another.

    In a dissolve the middle picture is the mean of its neighbours although they
    differ; where things move it is not, and where only the light changes the
    neighbours have the same edges.

    Args:
        hints: uint8 array (3, height, width), evenly spaced in time.
        gate: thresholds.
    """
    first, middle, last = (hint.astype(np.float32) for hint in hints)
    change = float(np.abs(last - first).mean())
    if change < gate.transition_change:
        return False
    bend = float(np.abs(middle - (first + last) / 2).mean())
    if bend > change * _BEND:
        return False
    still = _unexplained(first, last)
    moved = _unexplained(_follow(hints[0], hints[2]), last)
    return moved > max(_NEW, still * _STILL_NEW)


def _unexplained(first: NDArray[np.float32], last: NDArray[np.float32]) -> float:
    """Mean grey levels in ``last`` that no change of light on ``first`` explains."""
    mean_first, mean_last = cv2.blur(first, _PATCH), cv2.blur(last, _PATCH)
    spread = cv2.blur(first * first, _PATCH) - mean_first * mean_first
    shared = cv2.blur(first * last, _PATCH) - mean_first * mean_last
    gain = shared / (spread + 1)
    lit = gain * (first - mean_first) + mean_last
    return float(np.abs(last - lit).mean())


def _follow(first: NDArray[np.uint8], last: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Move ``first``'s pixels to where they are in ``last``."""
    none = np.zeros((*first.shape, 2), np.float32)
    flow = cv2.calcOpticalFlowFarneback(last, first, none, 0.5, 3, 15, 2, 5, 1.1, 0)
    rows, columns = np.indices(first.shape, np.float32)
    moved = cv2.remap(
        first, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR
    )
    return moved.astype(np.float32)
