"""Brand marks: the house's own emblem, and endless strangers' logos.

The emblem is one fixed design: a gold star inside a lens ring. A stranger's
logo is invented: a ground form, a figure and a few strokes of letters.
"""

import math
import random

import skia

from training.scenes.brush import Point, paint, path, polygon, star, stroke
from training.scenes.vocabulary import Colour, luminance, rgb

_GLYPHS: tuple[tuple[tuple[float, ...], ...], ...] = (
    ((0, 1, 0.5, 0, 1, 1), (0.22, 0.62, 0.78, 0.62)),
    ((0, 0, 0, 1, 1, 1, 1, 0.5, 0, 0.5),),
    ((1, 0, 0, 0, 0, 1, 1, 1),),
    ((0, 0, 0, 1), (1, 0, 0, 0.5, 1, 1)),
    ((0, 1, 0, 0, 0.5, 0.6, 1, 0, 1, 1),),
    ((0, 1, 0, 0, 1, 1, 1, 0),),
    ((0, 0, 1, 0), (0.5, 0, 0.5, 1)),
    ((0, 0, 0.5, 1, 1, 0),),
    ((0, 0, 1, 1), (1, 0, 0, 1)),
    ((0, 0, 1, 0, 0, 1, 1, 1),),
    ((0, 0, 0, 1, 1, 1, 1, 0),),
    ((0, 0, 0, 1, 1, 1), (0, 0.5, 0.7, 0.5), (0, 0, 1, 0)),
    ((0, 0, 0, 1), (1, 0, 1, 1), (0, 0.5, 1, 0.5)),
    ((1, 0, 0, 0.1, 0, 0.5, 1, 0.5, 1, 0.9, 0, 1),),
)


def draw_emblem(canvas: skia.Canvas, x: float, y: float, r: float) -> None:
    """Draws the house's emblem: a star inside a lens ring."""
    canvas.drawCircle(x, y, r, paint((250, 250, 255)))
    canvas.drawCircle(x, y, r * 0.92, paint((40, 48, 140)))
    canvas.drawCircle(x, y, r * 0.8, stroke((110, 222, 255), r * 0.15))
    canvas.drawPath(star(x, y + r * 0.03, r * 0.66, r * 0.29), paint((255, 214, 60)))
    canvas.drawCircle(x + r * 0.58, y - r * 0.58, r * 0.2, paint((255, 255, 255)))


def draw_stranger(
    canvas: skia.Canvas, x: float, y: float, r: float, detail: int
) -> None:
    """Draws a logo that belongs to nobody we know."""
    chance = random.Random(detail + 701)
    hue = chance.uniform(0, 360)
    ground = rgb(
        hue, chance.choice((0.0, 0.7, 0.85, 0.95)), chance.choice((0.12, 0.75, 0.95))
    )
    ink: Colour = (250, 250, 250) if luminance(ground) < 150 else (24, 22, 30)  # noqa: PLR2004
    if chance.random() < 0.35:  # noqa: PLR2004
        ink = rgb(hue + 180, 0.8, 0.35 if luminance(ground) > 150 else 1.0)  # noqa: PLR2004
    canvas.save()
    canvas.translate(x, y)
    canvas.scale(r, r)
    form = _ground(chance)
    rim = stroke((252, 252, 252) if luminance(ground) < 200 else (20, 20, 26), 0.14)  # noqa: PLR2004
    canvas.drawPath(form, rim)
    canvas.drawPath(form, paint(ground))
    _figure(canvas, chance, ink)
    canvas.restore()


def _ground(chance: random.Random) -> skia.Path:
    kind = chance.randrange(6)
    if kind == 0:
        return skia.Path.RRect(skia.Rect(-0.92, -0.92, 0.92, 0.92), 0.3, 0.3)
    if kind == 1:
        return _regular(6, 1.0, 0)
    if kind == 2:  # noqa: PLR2004
        return path(
            "M -0.85 -0.85 L 0.85 -0.85 L 0.85 0.1 Q 0.7 0.75 0 1 "
            "Q -0.7 0.75 -0.85 0.1 Z"
        )
    if kind == 3:  # noqa: PLR2004
        return _regular(4, 1.08, 0)
    if kind == 4:  # noqa: PLR2004
        return skia.Path.Rect(skia.Rect(-1.15, -0.7, 1.15, 0.7))
    return skia.Path.Circle(0, 0, 0.98)


def _regular(sides: int, r: float, turn: float) -> skia.Path:
    points: list[Point] = []
    for i in range(sides):
        angle = math.tau * i / sides + turn
        points.append((r * math.cos(angle), r * math.sin(angle)))
    return polygon(points)


def _figure(canvas: skia.Canvas, chance: random.Random, ink: Colour) -> None:
    kind = chance.randrange(7)
    if kind <= 2:  # noqa: PLR2004
        count = chance.randint(1, 3)
        size = (1.0, 0.52, 0.36)[count - 1]
        pitch = (0, 0.68, 0.5)[count - 1]
        for i in range(count):
            left = (i - (count - 1) / 2) * pitch - size / 2
            draw_glyph(canvas, chance, left, -0.45, size, 0.9, ink, 0.2)
    elif kind == 3:  # noqa: PLR2004
        for i in range(3):
            shift = (i - 1) * 0.42
            canvas.drawPath(
                polygon(
                    [
                        (shift - 0.28, 0.5),
                        (shift + 0.06, -0.5),
                        (shift + 0.28, -0.5),
                        (shift - 0.06, 0.5),
                    ]
                ),
                paint(ink),
            )
    elif kind == 4:  # noqa: PLR2004
        canvas.drawPath(
            path("M -0.7 0.2 Q 0 0.8 0.75 -0.45 Q 0.1 0.25 -0.7 0.2 Z"), paint(ink)
        )
    elif kind == 5:  # noqa: PLR2004
        canvas.drawPath(_regular(3, 0.62, -math.pi / 2), paint(ink))
        canvas.drawCircle(0, 0.06, 0.2, paint((255, 255, 255)))
    else:
        for i in range(4):
            angle = math.tau * i / 4 + 0.4
            canvas.drawOval(
                skia.Rect.MakeXYWH(
                    0.34 * math.cos(angle) - 0.24,
                    0.34 * math.sin(angle) - 0.24,
                    0.48,
                    0.48,
                ),
                paint(ink),
            )


def draw_glyph(  # noqa: PLR0913, PLR0917
    canvas: skia.Canvas,
    chance: random.Random,
    x: float,
    y: float,
    width: float,
    height: float,
    ink: Colour,
    weight: float,
) -> None:
    """Draws one letter made of strokes, so that no font is needed."""
    pen = stroke(ink, weight)
    for line in chance.choice(_GLYPHS):
        points = [
            (x + line[i] * width, y + line[i + 1] * height)
            for i in range(0, len(line), 2)
        ]
        canvas.drawPath(polygon(points, closed=False), pen)
