"""Remembers evidence as it was drawn, to tell later whether something hides it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.scenes.brush import Box

Pixels = npt.NDArray[np.uint8]
_SAME = 48
"""Largest change of a channel that light and thin overlays may make."""


@dataclass(frozen=True)
class Witness:
    """A copy of the pixels in a box."""

    box: Box
    seen: Pixels

    @classmethod
    def of(cls, pixels: Pixels, box: Box) -> "Witness":
        """Copies what the box shows now."""
        return cls(box, _cut(pixels, box).copy())

    def shown(self, pixels: Pixels) -> float:
        """Says what share of the box still looks as it did."""
        if not self.seen.size:
            return 0.0
        change = np.abs(_cut(pixels, self.box).astype(np.int16) - self.seen)
        return float((change.max(-1) <= _SAME).mean())


def _cut(pixels: Pixels, box: Box) -> Pixels:
    x0, y0, x1, y1 = (round(max(edge, 0.0)) for edge in box)
    return pixels[y0:y1, x0:x1, :3]
