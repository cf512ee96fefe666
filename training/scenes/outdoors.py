"""Park, night street, beach and snow."""

import math
import random

import skia

from training.scenes.brush import (
    paint,
    path,
    polygon,
    radial,
    smooth,
    stroke,
)
from training.scenes.ground import band
from training.scenes.vocabulary import WHITE, lighter, rgb


def draw_park(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    """A park: trees, path, flowers."""
    horizon = h * chance.uniform(0.55, 0.68)
    band(canvas, w, 0, horizon, (128, 196, 246), (222, 242, 252))
    for _ in range(chance.randint(2, 4)):
        _cloud(canvas, w * chance.random(), h * chance.uniform(0.06, 0.3), w * 0.08)
    hill = rgb(chance.uniform(105, 130), 0.4, 0.72)
    canvas.drawOval(
        skia.Rect(-w * 0.3, horizon - h * 0.12, w * 0.7, horizon + h * 0.3), paint(hill)
    )
    canvas.drawOval(
        skia.Rect(w * 0.4, horizon - h * 0.1, w * 1.4, horizon + h * 0.3),
        paint(lighter(hill, 0.15)),
    )
    band(canvas, w, horizon, h, (128, 198, 92), (84, 158, 66))
    canvas.drawPath(
        polygon(
            [(w * 0.46, horizon), (w * 0.54, horizon), (w * 0.85, h), (w * 0.2, h)]
        ),
        paint((226, 206, 164)),
    )
    for x in (
        chance.uniform(0.02, 0.14),
        chance.uniform(0.86, 0.98),
        chance.uniform(0.2, 0.3),
        chance.uniform(0.7, 0.8),
    ):
        size = h * chance.uniform(0.13, 0.18)
        base = horizon + h * chance.uniform(0.02, 0.12)
        canvas.drawRect(
            skia.Rect(
                w * x - size * 0.14, base - size * 1.3, w * x + size * 0.14, base
            ),
            paint((122, 84, 54)),
        )
        leaf = rgb(chance.uniform(100, 140), 0.62, chance.uniform(0.5, 0.68))
        for dx, dy, r in (
            (-0.5, -1.4, 0.6),
            (0.5, -1.4, 0.6),
            (0, -1.9, 0.72),
            (0, -1.3, 0.7),
        ):
            canvas.drawCircle(
                w * x + dx * size,
                base + dy * size,
                r * size,
                paint(lighter(leaf, 0.1) if dy < -1.8 else leaf),  # noqa: PLR2004
            )
    for _ in range(26):
        x, y = w * chance.random(), chance.uniform(horizon + h * 0.1, h)
        tone = chance.choice([(255, 240, 120), (255, 170, 190), WHITE])
        canvas.drawCircle(x, y, h * 0.012, paint(tone))


def _cloud(canvas: skia.Canvas, x: float, y: float, r: float) -> None:
    for dx, dy, size in (
        (-1.1, 0.15, 0.6),
        (0, -0.2, 0.9),
        (1.1, 0.15, 0.65),
        (0.3, 0.25, 0.8),
    ):
        canvas.drawOval(
            skia.Rect(
                x + (dx - size) * r,
                y + (dy - size * 0.6) * r,
                x + (dx + size) * r,
                y + (dy + size * 0.6) * r,
            ),
            paint(WHITE, 0.92),
        )


def draw_night(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    """A street at night: lit windows, lamps, moon."""
    road = h * chance.uniform(0.74, 0.82)
    band(canvas, w, 0, road, (16, 18, 34), (50, 48, 70))
    for _ in range(24):
        canvas.drawCircle(
            w * chance.random(), h * 0.3 * chance.random(), h * 0.004, paint(WHITE, 0.8)
        )
    mx = w * chance.choice((0.16, 0.84))
    canvas.drawCircle(mx, h * 0.12, h * 0.06, paint((250, 240, 200)))
    canvas.drawCircle(mx + h * 0.03, h * 0.105, h * 0.052, paint((18, 20, 38)))
    x = 0.0
    while x < w:
        width = w * chance.uniform(0.12, 0.2)
        top = h * chance.uniform(0.16, 0.42)
        tone = rgb(chance.uniform(225, 260), 0.25, chance.uniform(0.14, 0.24))
        canvas.drawRect(skia.Rect(x, top, x + width - 2, road), paint(tone))
        cell = max(h * 0.045, 4.0)
        rows, columns = int((road - top) / cell) - 1, max(2, int(width / cell) - 1)
        for r in range(rows):
            for c in range(columns):
                if chance.random() < 0.55:  # noqa: PLR2004
                    cx = x + (c + 0.75) * width / (columns + 0.5) - cell * 0.4
                    cy = top + (r + 0.6) * cell
                    canvas.drawRect(
                        skia.Rect(cx, cy, cx + cell * 0.5, cy + cell * 0.55),
                        paint(
                            (255, 222, 130)
                            if chance.random() < 0.8  # noqa: PLR2004
                            else (190, 220, 240)
                        ),
                    )
        x += width
    band(canvas, w, road, h, (56, 56, 64), (34, 34, 42))
    for i in range(5):
        cx = w * (i + 0.3) / 4.5
        canvas.drawPath(
            polygon(
                [
                    (cx, road + h * 0.1),
                    (cx + w * 0.1, road + h * 0.1),
                    (cx + w * 0.09, road + h * 0.125),
                    (cx - w * 0.012, road + h * 0.125),
                ]
            ),
            paint((226, 214, 150)),
        )
    for side in (-1, 1):
        lx = w * (0.5 + side * chance.uniform(0.34, 0.43))
        ly = h * chance.uniform(0.3, 0.38)
        canvas.drawLine(lx, ly, lx, road + h * 0.03, stroke((18, 18, 24), h * 0.02))
        canvas.drawLine(
            lx, ly, lx - side * h * 0.09, ly - h * 0.02, stroke((18, 18, 24), h * 0.016)
        )
        pen = skia.Paint(AntiAlias=True)
        bx, by = lx - side * h * 0.1, ly
        pen.setShader(radial(bx, by, h * 0.16, (255, 226, 150), 0.85))
        canvas.drawCircle(bx, by, h * 0.16, pen)
        canvas.drawCircle(bx, by, h * 0.03, paint((255, 250, 220)))


def draw_beach(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    """A beach: sea, sand, palm, parasol."""
    sea, sand = h * chance.uniform(0.4, 0.5), h * chance.uniform(0.68, 0.78)
    band(canvas, w, 0, sea, (110, 190, 245), (216, 240, 252))
    canvas.drawCircle(
        w * chance.choice((0.15, 0.85)), h * 0.14, h * 0.07, paint((255, 244, 190))
    )
    _cloud(canvas, w * chance.random(), h * chance.uniform(0.1, 0.3), w * 0.07)
    band(canvas, w, sea, sand, (30, 120, 190), (90, 206, 214))
    for i in range(9):
        y = sea + (sand - sea) * (i + 0.6) / 9
        x = w * chance.random()
        canvas.drawLine(x, y, x + w * 0.14, y, stroke(WHITE, h * 0.007, 0.8))
        canvas.drawLine(x - w * 0.6, y, x - w * 0.48, y, stroke(WHITE, h * 0.007, 0.8))
    side = chance.choice((-1, 1))
    bx = w * (0.5 - side * 0.36)
    canvas.drawPath(
        polygon(
            [(bx, sea - h * 0.15), (bx, sea - h * 0.01), (bx + h * 0.1, sea - h * 0.01)]
        ),
        paint(WHITE),
    )
    canvas.drawPath(
        polygon(
            [
                (bx - h * 0.06, sea),
                (bx + h * 0.11, sea),
                (bx + h * 0.08, sea + h * 0.035),
                (bx - h * 0.03, sea + h * 0.035),
            ]
        ),
        paint((160, 60, 50)),
    )
    wave = [
        (w * i / 8, sand + (h * 0.014 if i % 2 else -h * 0.014)) for i in range(-1, 10)
    ]
    canvas.drawPath(
        smooth([*wave, (w * 1.2, h * 1.1), (-w * 0.2, h * 1.1)]), paint((246, 226, 172))
    )
    canvas.drawPath(smooth(wave, closed=False), stroke(WHITE, h * 0.02))
    tx, top = w * (0.5 + side * 0.42), h * 0.22
    canvas.drawPath(
        smooth(
            [
                (tx + side * w * 0.05, h * 0.9),
                (tx + side * w * 0.02, h * 0.5),
                (tx, top),
            ],
            closed=False,
        ),
        stroke((140, 100, 64), h * 0.035),
    )
    for i in range(7):
        angle = math.radians(-200 + i * 37)
        ex, ey = (
            tx + h * 0.2 * math.cos(angle),
            top + h * 0.15 * math.sin(angle) + h * 0.05,
        )
        mid = ((tx + ex) / 2, min(top, ey) - h * 0.05)
        canvas.drawPath(
            smooth([(tx, top), mid, (ex, ey)], closed=False),
            stroke((52, 140, 74), h * 0.03),
        )
    ux, uy = w * (0.5 - side * 0.38), h * 0.8
    tone = chance.choice([(230, 70, 70), (60, 130, 220), (240, 160, 40)])
    canvas.drawLine(ux, uy - h * 0.14, ux, uy + h * 0.12, stroke(WHITE, h * 0.014))
    canvas.drawPath(
        path(
            f"M {ux - h * 0.14} {uy - h * 0.08} Q {ux} {uy - h * 0.3} "
            f"{ux + h * 0.14} {uy - h * 0.08} Z"
        ),
        paint(tone),
    )
    canvas.drawPath(
        path(
            f"M {ux - h * 0.05} {uy - h * 0.08} Q {ux} {uy - h * 0.3} "
            f"{ux + h * 0.05} {uy - h * 0.08} Z"
        ),
        paint(WHITE),
    )


def draw_snow(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    """Snow: firs, peaks, a snowman."""
    horizon = h * chance.uniform(0.52, 0.62)
    band(canvas, w, 0, horizon, (176, 196, 216), (226, 234, 242))
    for i in range(3):
        x = w * (i * 0.45 - 0.1 + chance.uniform(-0.1, 0.1))
        top = horizon - h * chance.uniform(0.22, 0.34)
        canvas.drawPath(
            polygon([(x - w * 0.32, horizon), (x, top), (x + w * 0.32, horizon)]),
            paint((152, 172, 196)),
        )
        canvas.drawPath(
            polygon(
                [
                    (x - w * 0.1, top + (horizon - top) * 0.32),
                    (x, top),
                    (x + w * 0.1, top + (horizon - top) * 0.32),
                    (x + w * 0.03, top + (horizon - top) * 0.25),
                    (x - w * 0.04, top + (horizon - top) * 0.38),
                ]
            ),
            paint(WHITE),
        )
    band(canvas, w, horizon, h, (240, 244, 250), (214, 224, 238))
    canvas.drawOval(
        skia.Rect(-w * 0.4, horizon - h * 0.04, w * 0.6, horizon + h * 0.3),
        paint((248, 250, 254)),
    )
    for x in (
        chance.uniform(0.03, 0.12),
        chance.uniform(0.88, 0.97),
        chance.uniform(0.22, 0.3),
        chance.uniform(0.7, 0.78),
    ):
        base, size = (
            horizon + h * chance.uniform(0.06, 0.16),
            h * chance.uniform(0.2, 0.28),
        )
        cx = w * x
        canvas.drawRect(
            skia.Rect(
                cx - size * 0.06,
                base - size * 0.1,
                cx + size * 0.06,
                base + size * 0.08,
            ),
            paint((104, 74, 56)),
        )
        for k in range(3):
            y = base - size * (0.1 + k * 0.4)
            half = size * (0.46 - k * 0.1)
            canvas.drawPath(
                polygon([(cx - half, y), (cx, y - size * 0.6), (cx + half, y)]),
                paint((44, 96, 84)),
            )
            canvas.drawPath(
                polygon(
                    [
                        (cx - half * 0.55, y - size * 0.27),
                        (cx, y - size * 0.6),
                        (cx + half * 0.55, y - size * 0.27),
                        (cx + half * 0.2, y - size * 0.2),
                        (cx - half * 0.2, y - size * 0.24),
                    ]
                ),
                paint(WHITE),
            )
    side = chance.choice((-1, 1))
    sx, sy, r = w * (0.5 + side * 0.36), h * 0.86, h * 0.075
    for dy, size in ((0, 1.25), (-1.6, 0.85)):
        canvas.drawCircle(sx, sy + dy * r, size * r, paint(WHITE))
        canvas.drawCircle(sx, sy + dy * r, size * r, stroke((170, 186, 206), 1.2))
    canvas.drawPath(
        polygon(
            [(sx, sy - 1.7 * r), (sx - side * r, sy - 1.5 * r), (sx, sy - 1.4 * r)]
        ),
        paint((240, 130, 40)),
    )
    for dx in (-0.3, 0.3):
        canvas.drawCircle(sx + dx * r, sy - 1.9 * r, r * 0.12, paint((40, 40, 50)))
    for _ in range(46):
        canvas.drawCircle(
            w * chance.random(),
            h * chance.random(),
            h * chance.uniform(0.005, 0.012),
            paint(WHITE, 0.95),
        )
