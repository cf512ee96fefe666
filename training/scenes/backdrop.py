"""Eight places, drawn in a frame of width `w` and height `h`.

Whatever names a place stands at both sides and above, because a figure covers
the middle.
"""

import random
from collections.abc import Callable

import skia

from training.scenes import indoors, outdoors
from training.scenes.brush import paint, star
from training.scenes.vocabulary import WHITE, Colour, mix

Place = Callable[[skia.Canvas, float, float, random.Random], None]


def draw_place(
    canvas: skia.Canvas, scene: str, w: float, h: float, detail: int
) -> None:
    """Draws one of the eight places."""
    PLACES[scene](canvas, w, h, random.Random(detail + 907))


PLACES: dict[str, Place] = {
    "室内舞台": indoors.draw_stage,
    "户外公园": outdoors.draw_park,
    "演播室": indoors.draw_studio,
    "夜晚街道": outdoors.draw_night,
    "海边": outdoors.draw_beach,
    "教室": indoors.draw_classroom,
    "卧室": indoors.draw_bedroom,
    "雪地": outdoors.draw_snow,
}


def draw_sparkle(
    canvas: skia.Canvas, x: float, y: float, r: float, tone: Colour
) -> None:
    """Draws a four-pointed glint."""
    canvas.drawPath(star(x, y, r, r * 0.2, 4), paint(mix(tone, WHITE, 0.5)))
