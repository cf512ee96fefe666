"""Recordings whose every frame carries its own number, as a bar code.

The number stands in 16 squares along the top edge, so that what was decoded tells
which frame it is, and its time can be held against the container's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from idolens.media import Picture

BITS = 16
SQUARE = 20
SIZE = (320, 180)
FAST = {"preset": "ultrafast", "sc_threshold": "0", "bf": "2", "crf": "18"}


def numbered(number: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Draw frame ``number``: a moving bar over a gradient, and the number."""
    width, height = size
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(40, 200, width, dtype=np.uint8)
    pixels[..., 1] = np.linspace(60, 160, height, dtype=np.uint8)[:, None]
    pixels[..., 2] = (number * 3) % 200
    left = SQUARE + number * 7 % (width - 2 * SQUARE)
    pixels[height // 2 :, left : left + SQUARE] = (250, 240, 30)
    for bit in range(BITS):
        level = 255 if number >> bit & 1 else 0
        pixels[:SQUARE, bit * SQUARE : (bit + 1) * SQUARE] = level
    return pixels


def number_of(picture: Picture) -> int:
    """Read the number out of a picture of any size."""
    square = picture.width / BITS
    row = picture.pixels[int(square / 2), :, 1]
    middles = [int((bit + 0.5) * square) for bit in range(BITS)]
    return sum(1 << bit for bit, x in enumerate(middles) if row[x] > 127)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to make a recording.

    Attributes:
        ticks: presentation time of each frame, in frames of ``fps``; all by default.
        first: presentation time of the first frame, in seconds.
        muxer: options of the container.
    """

    seconds: float = 12
    fps: int = 30
    gop: int = 60
    codec: str = "libx264"
    options: Mapping[str, str] = field(default_factory=lambda: FAST)
    ticks: Sequence[int] | None = None
    first: float = 0
    muxer: Mapping[str, str] = field(default_factory=dict)
    size: tuple[int, int] = SIZE


def make_recording(path: Path, recipe: Recipe | None = None) -> Path:
    """Write a recording to ``path``; its suffix says the container."""
    recipe = recipe or Recipe()
    count = round(recipe.seconds * recipe.fps)
    ticks = range(count) if recipe.ticks is None else recipe.ticks
    with av.open(str(path), "w", options=dict(recipe.muxer)) as container:
        stream = container.add_stream(recipe.codec, rate=recipe.fps)
        stream.width, stream.height = recipe.size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = recipe.gop
        stream.options = dict(recipe.options)
        stream.codec_context.time_base = Fraction(1, recipe.fps)
        begin = round(recipe.first * recipe.fps)
        for tick in ticks:
            pixels = numbered(tick, recipe.size)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = begin + tick, Fraction(1, recipe.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
