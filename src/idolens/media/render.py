"""From a decoded video frame to pixels: scaled, in RGB, with what is needed to turn it.

Runs in the decoder's child. Scaling and colour conversion are one pass of swscale.
"""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, cast

from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from idolens.media.kinds import SIDE

if TYPE_CHECKING:
    from collections.abc import Iterable

_HINT_SIDE: Final = 256
_HD_HEIGHT: Final = 720
_UNSPECIFIED: Final = 2
_UPRIGHT: Final = (1, 0, 0, 1)
_Matrix = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Pixels:
    """Rows of pixels without padding, and how to turn them upright.

    Attributes:
        width: before turning.
        height: before turning.
        data: ``height * width * channels`` bytes.
        turn: signs of the display matrix (a, b, c, d): the picture's x axis points to
            (a, b) on the screen and its y axis to (c, d).
    """

    width: int
    height: int
    data: bytes
    turn: _Matrix = _UPRIGHT


def fit(width: int, height: int, aspect: Fraction, side: int) -> tuple[int, int]:
    """Return the size within ``side`` x ``side``; never more pixels than there are.

    Args:
        width: stored width in pixels.
        height: stored height in pixels.
        aspect: width of one pixel over its height; not 1 for anamorphic video.
        side: longest side allowed.
    """
    shown_width = width * min(aspect, Fraction(1))
    shown_height = height / max(aspect, Fraction(1))
    scale = min(Fraction(1), side / max(shown_width, shown_height))
    return max(1, round(shown_width * scale)), max(1, round(shown_height * scale))


class Renderer:
    """Turns frames of one recording into pixels."""

    def __init__(self, aspect: Fraction | None) -> None:
        self._aspect = aspect if aspect and aspect > 0 else Fraction(1)
        self._colour = VideoReformatter()
        self._grey = VideoReformatter()

    def picture(self, frame: VideoFrame) -> Pixels:
        """Return RGB pixels, at most `SIDE` a side."""
        width, height = fit(frame.width, frame.height, self._aspect, SIDE)
        out = _convert(self._colour, frame, (width, height), "rgb24")
        return Pixels(width, height, _rows(out, width * 3), _turn(frame))

    def hint(self, frame: VideoFrame) -> Pixels:
        """Return a small grey version, to see how the picture moves."""
        width, height = fit(frame.width, frame.height, self._aspect, _HINT_SIDE)
        out = _convert(self._grey, frame, (width, height), "gray")
        return Pixels(width, height, _rows(out, width))


def _convert(
    reformatter: VideoReformatter, frame: VideoFrame, size: tuple[int, int], to: str
) -> VideoFrame:
    untold = int(frame.colorspace) == _UNSPECIFIED
    high = frame.height >= _HD_HEIGHT or frame.width >= _HD_HEIGHT
    return reformatter.reformat(
        frame,
        width=size[0],
        height=size[1],
        format=to,
        src_colorspace=Colorspace.ITU709 if untold and high else None,
        src_color_range=frame.color_range,
        interpolation=Interpolation.AREA,
        threads=1,
    )


def _rows(frame: VideoFrame, row: int) -> bytes:
    plane = frame.planes[0]
    view = memoryview(plane)
    step = plane.line_size
    if step == row:
        return bytes(view[: row * frame.height])
    return b"".join(view[y * step : y * step + row] for y in range(frame.height))


def _turn(frame: VideoFrame) -> _Matrix:
    """Read the display matrix, rounded to quarter turns and mirrorings."""
    for side in cast("Iterable[SideData]", frame.side_data):
        if side.type is Type.DISPLAYMATRIX:
            return _turned(bytes(side))
    return _UPRIGHT


def _turned(matrix: bytes) -> _Matrix:
    a, b, _, c, d, *_ = struct.unpack("<9i", matrix[:36])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return _sign(a), 0, 0, _sign(d)
    return 0, _sign(b), _sign(c), 0


def _sign(value: int) -> int:
    return 1 if value >= 0 else -1
