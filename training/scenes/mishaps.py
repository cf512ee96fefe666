"""Two ways for clothes to fail, each unlike the other and unlike any ornament.

A tear is one large ragged hole with a dark rim that shows plain skin. Clipping
is a rendering fault: hard, rimless, facetted shards of skin that break out of
the cloth, and stripes where two surfaces fight for the same depth.
"""

import math
import random

import skia

from training.scenes.brush import Box, Brush, Point, paint, polygon
from training.scenes.vocabulary import Colour, darker, lighter, mix

_HOLES: tuple[Box, ...] = (
    (-0.56, 1.42, 0.36, 2.16),
    (-0.6, 1.52, 0.56, 2.1),
    (-0.66, 1.4, 0.06, 2.24),
    (-0.4, 1.84, 0.44, 2.5),
)


def draw_tear(brush: Brush, skin: Colour, detail: int) -> None:
    """Tears the cloth on the trunk open."""
    chance = random.Random(detail + 601)
    x0, y0, x1, y1 = chance.choice(_HOLES)
    cx, cy, rx, ry = (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2
    points: list[Point] = []
    teeth = chance.randint(9, 12)
    for i in range(teeth * 2):
        angle = math.tau * i / (teeth * 2)
        reach = chance.uniform(0.98, 1.16) if i % 2 == 0 else chance.uniform(0.72, 0.84)
        points.append(
            (cx + rx * reach * math.cos(angle), cy + ry * reach * math.sin(angle))
        )
    hole = polygon(points)
    canvas = brush.canvas
    rim = paint((44, 26, 36))
    rim.setStyle(skia.Paint.kStrokeAndFill_Style)
    rim.setStrokeWidth(0.1)
    canvas.drawPath(hole, rim)
    canvas.drawPath(hole, paint(skin))
    canvas.save()
    canvas.clipPath(hole, doAntiAlias=True)
    canvas.drawOval(
        skia.Rect(cx - rx * 1.2, cy - ry * 1.35, cx + rx * 1.2, cy - ry * 0.62),
        paint(darker(skin, 0.22)),
    )
    canvas.restore()
    for i in range(0, teeth * 2, 4):
        px, py = points[i]
        brush.trace(
            polygon([(px, py), (px + (px - cx) * 0.35, py + 0.16)], closed=False),
            (44, 26, 36),
            0.035,
        )
    brush.mark("exposure", (x0 - 0.08, y0 - 0.08, x1 + 0.08, y1 + 0.08))


def draw_clipping(brush: Brush, skin: Colour, detail: int) -> None:
    """Lets the body's mesh break through the cloth."""
    chance = random.Random(detail + 607)
    _fight(brush, skin, chance)
    for i in range(chance.randint(7, 10)):
        side = -1 if i % 2 else 1
        x = side * chance.uniform(0.2, 0.6)
        y = chance.uniform(1.4, 2.45)
        angle = math.atan2(y - 1.9, x) + chance.uniform(-0.5, 0.5)
        _shard(brush, skin, (x, y), angle, chance)
    brush.mark("exposure", (-1.0, 1.2, 1.0, 2.65))


def _shard(
    brush: Brush, skin: Colour, root: Point, angle: float, chance: random.Random
) -> None:
    x, y = root
    length, half = chance.uniform(0.55, 0.9), chance.uniform(0.15, 0.24)
    tip = (x + length * math.cos(angle), y + length * math.sin(angle))
    nx, ny = -math.sin(angle) * half, math.cos(angle) * half
    back = (x - 0.14 * math.cos(angle), y - 0.14 * math.sin(angle))
    brush.canvas.drawPath(
        polygon([(x + nx, y + ny), tip, back]), paint(lighter(skin, 0.3))
    )
    brush.canvas.drawPath(
        polygon([(x - nx, y - ny), tip, back]),
        paint(mix(darker(skin, 0.2), (236, 110, 80), 0.45)),
    )


def _fight(brush: Brush, skin: Colour, chance: random.Random) -> None:
    cx, cy = chance.uniform(-0.15, 0.15), chance.uniform(1.75, 2.1)
    patch = polygon(
        [
            (cx - 0.45, cy - 0.2),
            (cx - 0.1, cy - 0.36),
            (cx + 0.42, cy - 0.24),
            (cx + 0.5, cy + 0.2),
            (cx + 0.05, cy + 0.36),
            (cx - 0.38, cy + 0.28),
        ]
    )
    canvas = brush.canvas
    canvas.save()
    canvas.clipPath(patch, doAntiAlias=False)
    slope = chance.choice((-0.25, 0.25, 0.5, -0.5))
    for i in range(-6, 7):
        y = cy + i * 0.15
        canvas.drawPath(
            polygon(
                [
                    (cx - 0.6, y - slope),
                    (cx + 0.6, y + slope),
                    (cx + 0.6, y + slope + 0.075),
                    (cx - 0.6, y - slope + 0.075),
                ]
            ),
            paint(skin if i % 2 else lighter(skin, 0.25)),
        )
    canvas.restore()
