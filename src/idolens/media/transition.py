"""Does a frame stand within a dissolve from one shot to another, or in a fade?

Two steps, since the sure one needs two more pictures decoded. `in_transition`
suspects, from four frames in a row; `is_between` confirms, from what was on screen
before and after. Dissolves over moving pictures, and those much longer than two
seconds, are not noticed: then the frame is kept.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from idolens.media.picture import Picture
from idolens.settings import GateSettings

APART_MS: Final = 700
"""How long before and after a suspect `is_between` wants to see, in milliseconds."""

_BEND: Final = 0.08
"""How far the middle may be from the mean, of the change between first and last."""
_NOISE: Final = 0.25
"""And how far, in grey levels, for what a codec and rounding do."""
_THUMBNAIL: Final = (64, 36)
_OTHER: Final = 16.0
"""Levels from which on the pictures before and after are of different shots."""
_REST: Final = 0.25
"""Share of their difference that mixing the two may leave unexplained."""
_LEAST: Final = 0.08
"""Share of the mixture that each of the two has at least."""


def in_transition(hints: NDArray[np.uint8], gate: GateSettings) -> bool:
    """Whether one shot may be dissolving into another.

    In a dissolve the middle picture is the mean of its neighbours although they
    differ; where things move it mostly is not.

    Args:
        hints: uint8 array (3, height, width), evenly spaced in time.
        gate: thresholds.
    """
    first, middle, last = (hint.astype(np.float32) for hint in hints)
    change = float(np.abs(last - first).mean())
    if change < gate.transition_change:
        return False
    bend = float(np.abs(middle - (first + last) / 2).mean())
    return bend <= change * _BEND + _NOISE


def is_between(before: Picture, middle: Picture, after: Picture) -> bool:
    """Whether ``middle`` is a mixture of two different pictures.

    Where things move, or where the light sweeps, no one mixture explains all of it.

    Args:
        before: what was on screen `APART_MS` earlier.
        middle: the suspect.
        after: what was on screen `APART_MS` later.
    """
    first, mixed, last = (_thumbnail(p) for p in (before, middle, after))
    way = last - first
    if float(np.abs(way).mean()) < _OTHER:
        return False
    share = float((mixed - first) @ way / (way @ way))
    rest = np.abs(mixed - first - share * way).mean() / np.abs(way).mean()
    return _LEAST < share < 1 - _LEAST and float(rest) < _REST


def _thumbnail(picture: Picture) -> NDArray[np.float32]:
    small = cv2.resize(picture.pixels, _THUMBNAIL, interpolation=cv2.INTER_AREA)
    return small.astype(np.float32).ravel()
