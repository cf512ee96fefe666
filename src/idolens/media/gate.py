"""Is a picture worth the model's time, and does it say anything new?

Every measure is blind to the frame's gain and to how much of it is flat, since drawn
art is mostly flat and a dark stage is mostly dark. Where in doubt a frame is kept.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from idolens.media.fingerprint import Difference, Fingerprint
from idolens.media.frame import DropReason
from idolens.media.picture import Picture
from idolens.settings import GateSettings

_DARKEST: Final = 1.0
_BRIGHTEST: Final = 99.0
_REACH: Final = 17
_FAINT: Final = 8
_TALLEST: Final = 99.5
_STEEPEST: Final = 90.0


def flaw(picture: Picture, gate: GateSettings) -> DropReason | None:
    """Return why a picture shows nothing to look at; None when it does."""
    flat = cv2.meanStdDev(picture.pixels)[1].max() < gate.flat_deviation
    red, green, blue = cv2.split(picture.pixels)
    brightest = cv2.max(cv2.max(red, green), blue)
    if flat and np.percentile(brightest, _BRIGHTEST) < gate.black_level:
        return DropReason.BLACK
    darkest = cv2.min(cv2.min(red, green), blue)
    if np.percentile(darkest, _DARKEST) > gate.white_level:
        return DropReason.OVEREXPOSED
    if flat:
        return DropReason.BLANK
    return DropReason.BLURRED if steepness(picture) < gate.sharpness else None


def steepness(picture: Picture) -> float:
    """Measure how steep the sharpest of the tallest edges are.

    Returns:
        Share of an edge's height that it climbs within one pixel: about 0.45 for a
        clean line, below 0.1 when every edge is smeared. It depends neither on
        contrast nor on how many edges there are, so that one crisp outline on a flat
        backdrop is as sharp as a crowd.
    """
    grey = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2GRAY)
    calm = cv2.GaussianBlur(grey, (3, 3), 0)
    around = np.ones((_REACH, _REACH), np.uint8)
    height = cv2.subtract(cv2.dilate(calm, around), cv2.erode(calm, around))
    tall = height >= max(_FAINT, float(np.percentile(height, _TALLEST)) / 2)
    if not tall.any():
        return 0.0
    across = cv2.Sobel(calm, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(calm, cv2.CV_32F, 0, 1, scale=1 / 8)
    climb = np.hypot(across[tall], down[tall]) / height[tall]
    # Most pixels near an edge are not on it: look at its steepest part.
    return float(np.percentile(climb, _STEEPEST))


@dataclass(frozen=True, slots=True)
class Likeness:
    """Says whether two pictures show the same.

    Attributes:
        gate: thresholds.
        moving: they are of a recording; only what could move can be frozen.
    """

    gate: GateSettings
    moving: bool = True

    def reason(self, now: Fingerprint, kept: Fingerprint) -> DropReason | None:
        """Return FROZEN or DUPLICATE when ``now`` shows what ``kept`` shows."""
        apart = now.difference(kept)
        if not self._alike(apart):
            return None
        frozen = apart.grey < self.gate.frozen_difference
        if frozen and self.moving:
            return DropReason.FROZEN
        alike = frozen or apart.bits <= self.gate.duplicate_bits
        return DropReason.DUPLICATE if alike else None

    def _alike(self, apart: Difference) -> bool:
        """Whether light is the same, and nothing small has come or gone."""
        gate = self.gate
        near = (
            apart.colour <= gate.duplicate_colour and apart.spot <= gate.duplicate_spot
        )
        return near and not apart.shape
