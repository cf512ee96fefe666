"""A standardised picture: what every engine looks at."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from idolens.vocabulary import Sha256


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels as an engine gets them: upright sRGB, no alpha, at most 512x512.

    Attributes:
        pixels: uint8 array of shape (height, width, 3), RGB.
    """

    pixels: NDArray[np.uint8]

    @cached_property
    def sha256(self) -> Sha256:
        """The digest of shape and pixels; equal pictures have equal digests."""
        digest = hashlib.sha256(repr(self.pixels.shape).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        return Sha256(digest.hexdigest())

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])
