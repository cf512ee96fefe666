"""What makes a picture 古风, 赛博朋克 or 奇幻: ornaments round its edges.

Each style has a layer behind the figure and one before it; 日常 has none.
"""

import math
import random

import skia

from training.scenes.backdrop import draw_sparkle
from training.scenes.brush import paint, path, polygon, radial, smooth, stroke
from training.scenes.vocabulary import Colour, lighter, rgb

_INK: Colour = (58, 50, 48)
_PAPER: Colour = (238, 220, 178)
_CYAN: Colour = (30, 240, 255)
_MAGENTA: Colour = (255, 40, 190)


def draw_style_behind(
    canvas: skia.Canvas, style: str, w: float, h: float, detail: int, at: float
) -> None:
    """Draws the style's layer between the place and the figure."""
    chance = random.Random(detail + 1009)
    if style == "古风":
        wash = paint(_PAPER, 0.42)
        canvas.drawRect(skia.Rect(0, 0, w, h), wash)
        _ink_hills(canvas, w, h, chance)
    elif style == "赛博朋克":
        canvas.drawRect(skia.Rect(0, 0, w, h), paint((14, 10, 40), 0.38))
        _grid(canvas, w, h)
        _neon(canvas, w, h, chance)
    elif style == "奇幻":
        canvas.drawRect(skia.Rect(0, 0, w, h), paint((190, 170, 250), 0.2))
        _magic_circle(canvas, w, h, chance, at)


def draw_style_before(
    canvas: skia.Canvas, style: str, w: float, h: float, detail: int
) -> None:
    """Draws the style's layer over the figure, along the edges."""
    chance = random.Random(detail + 1013)
    if style == "古风":
        _lanterns(canvas, w, h, chance)
        _curls(canvas, w, h, chance)
    elif style == "赛博朋克":
        _scanlines(canvas, w, h)
        _brackets(canvas, w, h, chance)
    elif style == "奇幻":
        _crystals(canvas, w, h, chance)
        for _ in range(16):
            x = w * chance.choice((chance.uniform(0, 0.28), chance.uniform(0.72, 1)))
            draw_sparkle(
                canvas,
                x,
                h * chance.random(),
                h * chance.uniform(0.018, 0.045),
                rgb(chance.choice((50, 190, 290)), 0.5, 1.0),
            )


def _ink_hills(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    for layer in range(2):
        base = h * (0.52 + layer * 0.1)
        points = [(-w * 0.1, h * 0.8)]
        points += [
            (w * i / 7, base - h * chance.uniform(0.02, 0.2) * (i % 2))
            for i in range(8)
        ]
        points.append((w * 1.1, h * 0.8))
        canvas.drawPath(smooth(points), paint(_INK, 0.22 + layer * 0.1))


def _lanterns(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    for side in (0, 1):
        for i in range(2):
            x = w * (0.06 + i * 0.11) if side == 0 else w * (0.94 - i * 0.11)
            y, r = (
                h * (0.16 if i == 0 else 0.1) * chance.uniform(0.9, 1.2),
                h * (0.062 - i * 0.012),
            )
            canvas.drawLine(x, 0, x, y, stroke((90, 50, 30), 1.4))
            canvas.drawOval(
                skia.Rect(x - r, y - r * 0.85, x + r, y + r * 0.85),
                paint((206, 36, 40)),
            )
            for share in (0.4, 0.8):
                canvas.drawOval(
                    skia.Rect(x - r * share, y - r * 0.85, x + r * share, y + r * 0.85),
                    stroke((244, 190, 80), 1.2),
                )
            for dy in (-0.85, 0.85):
                canvas.drawRect(
                    skia.Rect(
                        x - r * 0.45, y + r * dy - 2, x + r * 0.45, y + r * dy + 2
                    ),
                    paint((244, 190, 80)),
                )
            for dx in (-0.2, 0, 0.2):
                canvas.drawLine(
                    x + dx * r,
                    y + r,
                    x + dx * r,
                    y + r * 1.8,
                    stroke((222, 60, 50), 1.4),
                )


def _curls(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    tone = chance.choice([(250, 246, 230), (232, 238, 236)])
    size = min(w, h)
    for x, y, s in (
        (0.05, 0.93, 0.13),
        (0.2, 0.985, 0.1),
        (0.95, 0.93, 0.13),
        (0.8, 0.985, 0.1),
        (0.02, 0.5, 0.07),
        (0.98, 0.46, 0.07),
    ):
        cx, cy, r = w * x, h * y, size * s
        for dx, rr in ((-0.9, 0.6), (0.9, 0.6), (0, 1.0)):
            canvas.drawCircle(cx + dx * r, cy + (1 - rr) * r * 0.5, r * rr, paint(tone))
            canvas.drawCircle(
                cx + dx * r, cy + (1 - rr) * r * 0.5, r * rr, stroke(_INK, 1.6)
            )
            canvas.drawCircle(
                cx + dx * r, cy + (1 - rr) * r * 0.5, r * rr * 0.55, stroke(_INK, 1.4)
            )
    canvas.drawRect(
        skia.Rect(w * 0.012, h * 0.012, w * 0.988, h * 0.988),
        stroke((140, 96, 50), size * 0.014),
    )


def _grid(canvas: skia.Canvas, w: float, h: float) -> None:
    floor = h * 0.66
    pen = stroke(_MAGENTA, max(1.2, h * 0.007), 0.9)
    for i in range(6):
        y = floor + (h - floor) * (i / 5) ** 1.6
        canvas.drawLine(0, y, w, y, pen)
    for i in range(-9, 10):
        canvas.drawLine(w / 2 + i * w * 0.07, floor, w / 2 + i * w * 0.24, h, pen)


def _neon(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    for side in (0, 1):
        for i in range(3):
            tone = (_CYAN, _MAGENTA, (190, 255, 60))[(i + side) % 3]
            x = w * (
                chance.uniform(0.02, 0.2) if side == 0 else chance.uniform(0.8, 0.98)
            )
            y, length = h * chance.uniform(0.05, 0.35), h * chance.uniform(0.12, 0.3)
            bend = h * 0.05 * (1 if side == 0 else -1)
            line = polygon(
                [
                    (x, y),
                    (x, y + length),
                    (x + bend, y + length + h * 0.05),
                    (x + bend, y + length + h * 0.12),
                ],
                closed=False,
            )
            canvas.drawPath(line, stroke(tone, h * 0.035, 0.3))
            canvas.drawPath(line, stroke(tone, h * 0.013))
            canvas.drawPath(line, stroke((255, 255, 255), h * 0.004))
            canvas.drawCircle(x, y, h * 0.015, paint(tone))


def _scanlines(canvas: skia.Canvas, w: float, h: float) -> None:
    step = h / 56
    pen = paint((0, 10, 30), 0.16)
    for i in range(56):
        canvas.drawRect(skia.Rect(0, i * step, w, i * step + step * 0.4), pen)


def _brackets(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    size, inset = min(w, h) * 0.13, min(w, h) * 0.035
    for sx in (0, 1):
        for sy in (0, 1):
            x, y = (inset if sx == 0 else w - inset), (inset if sy == 0 else h - inset)
            dx, dy = (size if sx == 0 else -size), (size if sy == 0 else -size)
            line = polygon([(x + dx, y), (x, y), (x, y + dy)], closed=False)
            canvas.drawPath(line, stroke(_CYAN, size * 0.24, 0.3))
            canvas.drawPath(line, stroke(_CYAN, size * 0.12))
    for _ in range(5):
        y = h * chance.uniform(0.1, 0.95)
        length = w * chance.uniform(0.05, 0.16)
        x = 0.0 if chance.random() < 0.5 else w - length  # noqa: PLR2004
        canvas.drawRect(
            skia.Rect(x, y, x + length, y + h * 0.016), paint(_MAGENTA, 0.85)
        )
        canvas.drawRect(
            skia.Rect(x, y + h * 0.016, x + length * 0.7, y + h * 0.026),
            paint(_CYAN, 0.85),
        )


def _magic_circle(
    canvas: skia.Canvas, w: float, h: float, chance: random.Random, at: float
) -> None:
    cx, cy, r = w / 2, h * 0.46, min(w * 0.62, h * 0.46)
    tone = rgb(chance.choice((190, 280, 50)), 0.45, 1.0)
    pen = skia.Paint(AntiAlias=True)
    pen.setShader(radial(cx, cy, r * 1.3, tone, 0.45))
    canvas.drawCircle(cx, cy, r * 1.3, pen)
    line = stroke(lighter(tone, 0.55), h * 0.011, 0.95)
    for share in (1.0, 0.9, 0.6):
        canvas.drawCircle(cx, cy, r * share, line)
    turn = chance.uniform(0, 1) + at * 0.08
    for k in range(2):
        points = []
        for i in range(3):
            angle = math.tau * i / 3 + turn + k * math.pi
            points.append(
                (cx + r * 0.9 * math.cos(angle), cy + r * 0.9 * math.sin(angle))
            )
        canvas.drawPath(polygon(points), line)
    for i in range(12):
        angle = math.tau * i / 12 + turn
        canvas.drawCircle(
            cx + r * 0.95 * math.cos(angle),
            cy + r * 0.95 * math.sin(angle),
            h * 0.014,
            paint(lighter(tone, 0.7)),
        )


def _crystals(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    size = min(w, h)
    for side in (0, 1):
        for i in range(3):
            x = w * (0.02 + i * 0.055) if side == 0 else w * (0.98 - i * 0.055)
            tall = size * (0.3 - i * 0.075) * chance.uniform(0.85, 1.15)
            half = size * 0.042
            lean = (1 if side == 0 else -1) * i * size * 0.025
            tone = rgb(chance.choice((185, 275, 310)), 0.45, 0.98)
            top = h - tall
            outline = [
                (x - half, h),
                (x - half + lean, top + half * 1.4),
                (x + lean, top),
                (x + half + lean, top + half * 1.4),
                (x + half, h),
            ]
            canvas.drawPath(polygon(outline), paint(tone, 0.92))
            canvas.drawPath(
                polygon([(x, h), (x + lean, top), *outline[3:]]),
                paint(lighter(tone, 0.5), 0.8),
            )
            canvas.drawPath(polygon(outline), stroke((90, 70, 150), 1.2))
    for x in (0.1, 0.9):
        canvas.drawPath(
            path(
                f"M {w * x} {h * 0.1} L {w * x + size * 0.03} {h * 0.15} "
                f"L {w * x} {h * 0.2} L {w * x - size * 0.03} {h * 0.15} Z"
            ),
            paint((170, 240, 255), 0.9),
        )
