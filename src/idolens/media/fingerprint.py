"""A picture's perceptual fingerprint: does it look like another one?

Three measures, since each is blind to something: a 256-bit hash of the coarse shapes
(blind to colour and to small things), an 8x8 Lab thumbnail (colour of light), and a
64x36 grey thumbnail (something small has come or gone).
"""

import base64
import struct
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from idolens.media.picture import Picture

_VERSION: Final = b"1"
_SIZE: Final = struct.Struct("!HH")
_GREY: Final = (64, 36)
_LAB: Final = (8, 8)
_DCT: Final = 64
_KEEP: Final = 16
_HASH_BYTES: Final = 32
_LAB_BYTES: Final = 192
_ASPECT: Final = 0.02
_LEVELS: Final = 2.55
"""Grey levels (0–255) to one unit of Lab lightness (0–100)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two pictures are apart.

    Attributes:
        bits: of the 256-bit hash.
        colour: mean difference of the 8x8 thumbnails, in Lab units.
        grey: mean difference of the 64x36 thumbnails, in grey levels.
        spot: largest difference at one place of either thumbnail, in grey levels.
        shape: they are of different proportions: never alike.
    """

    bits: int
    colour: float
    grey: float
    spot: float
    shape: bool


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What `difference` needs of a picture.

    Attributes:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        bits: uint8 array (32,): the hash, packed.
        lab: float32 array (64, 3): L 0–100, a and b about -128–127.
        grey: int16 array (36, 64): levels 0–255.
    """

    width: int
    height: int
    bits: NDArray[np.uint8]
    lab: NDArray[np.float32]
    grey: NDArray[np.int16]

    @classmethod
    def of(cls, picture: Picture) -> Self:
        """Take a picture's fingerprint."""
        return cls._from_bytes(_bytes(picture))

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what `text` wrote; None for an empty or older fingerprint."""
        data = base64.b64decode(text)
        return cls._from_bytes(data) if data.startswith(_VERSION) else None

    @classmethod
    def _from_bytes(cls, data: bytes) -> Self:
        width, height = _SIZE.unpack_from(data, 1)
        values = np.frombuffer(data, np.uint8, offset=1 + _SIZE.size)
        bits, lab, grey = np.split(values, [_HASH_BYTES, _HASH_BYTES + _LAB_BYTES])
        scale = np.array([_LEVELS, 1, 1], np.float32)
        shift = np.array([0, 128, 128], np.float32)
        return cls(
            width=width,
            height=height,
            bits=bits,
            lab=(lab.reshape(-1, 3).astype(np.float32) - shift) / scale,
            grey=grey.reshape(_GREY[1], _GREY[0]).astype(np.int16),
        )

    def text(self) -> str:
        """Write the fingerprint as text, for `read`."""
        lab = self.lab * [_LEVELS, 1, 1] + [0, 128, 128]
        parts = (
            _VERSION,
            _SIZE.pack(self.width, self.height),
            self.bits.tobytes(),
            np.round(lab).astype(np.uint8).tobytes(),
            self.grey.astype(np.uint8).tobytes(),
        )
        return base64.b64encode(b"".join(parts)).decode()

    def difference(self, other: Self) -> Difference:
        """Compare with another picture's fingerprint."""
        lab = np.linalg.norm(self.lab - other.lab, axis=1)
        grey = np.abs(self.grey - other.grey)
        ours, theirs = self.width / self.height, other.width / other.height
        return Difference(
            bits=int(np.bitwise_count(self.bits ^ other.bits).sum()),
            colour=float(lab.mean()),
            grey=float(grey.mean()),
            spot=max(float(grey.max()), float(lab.max()) * _LEVELS),
            shape=abs(ours / theirs - 1) > _ASPECT,
        )


def _bytes(picture: Picture) -> bytes:
    grey = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, _GREY, interpolation=cv2.INTER_AREA)
    parts = (
        _VERSION,
        _SIZE.pack(picture.width, picture.height),
        _hash(grey),
        _lab(picture),
        np.ascontiguousarray(small).tobytes(),
    )
    return b"".join(parts)


def _hash(grey: "cv2.typing.MatLike") -> bytes:
    square = cv2.resize(grey, (_DCT, _DCT), interpolation=cv2.INTER_AREA)
    waves = cv2.dct(square.astype(np.float32))[:_KEEP, :_KEEP].ravel()
    # The first wave is the mean brightness: it says nothing about shapes.
    return np.packbits(waves > np.median(waves[1:])).tobytes()


def _lab(picture: Picture) -> bytes:
    small = cv2.resize(picture.pixels, _LAB, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    scaled = lab.reshape(-1, 3) * [_LEVELS, 1, 1] + [0, 128, 128]
    return np.clip(np.round(scaled), 0, 255).astype(np.uint8).tobytes()
