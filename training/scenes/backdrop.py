"""Eight places, drawn in a frame of width `w` and height `h`.

Whatever names a place stands at both sides and above, because a figure covers
the middle.
"""

import math
import random
from collections.abc import Callable

import skia

from training.scenes.brush import (
    paint,
    path,
    polygon,
    radial,
    smooth,
    star,
    stroke,
    vertical,
)
from training.scenes.vocabulary import WHITE, Colour, darker, lighter, mix, rgb

Place = Callable[[skia.Canvas, float, float, random.Random], None]


def draw_place(
    canvas: skia.Canvas, scene: str, w: float, h: float, detail: int
) -> None:
    """Draws one of the eight places."""
    PLACES[scene](canvas, w, h, random.Random(detail + 907))  # noqa: S311


def _band(
    canvas: skia.Canvas, w: float, top: float, bottom: float, a: Colour, b: Colour
) -> None:
    canvas.drawRect(skia.Rect(0, top, w, bottom), vertical(top, bottom, a, b))


def _stage(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    horizon = h * chance.uniform(0.68, 0.78)
    wall = rgb(chance.uniform(225, 260), 0.25, chance.uniform(0.2, 0.32))
    _band(canvas, w, 0, horizon, darker(wall, 0.4), lighter(wall, 0.1))
    panel = rgb(chance.uniform(200, 260), 0.3, 0.45)
    for i in range(6):
        x = w * (i + 0.5) / 6
        canvas.drawRect(
            skia.Rect(x - w * 0.065, h * 0.14, x + w * 0.065, horizon * 0.9),
            vertical(h * 0.1, horizon, lighter(panel, 0.15), darker(panel, 0.4)),
        )
    _band(canvas, w, horizon, h, (112, 82, 66), (60, 42, 40))
    for i in range(9):
        x = w * (i / 8)
        canvas.drawLine(
            x,
            horizon,
            w / 2 + (x - w / 2) * 1.7,
            h,
            stroke((40, 26, 26), max(1.0, w * 0.006)),
        )
    canvas.drawRect(
        skia.Rect(0, horizon, w, horizon + h * 0.03), paint((214, 182, 120))
    )
    curtain = rgb(chance.choice((350, 356, 2)), 0.75, chance.uniform(0.5, 0.62))
    for side in (0, 1):
        for i in range(4):
            width = w * 0.05
            x = i * width if side == 0 else w - (i + 1) * width
            drop = h * (0.96 - i * 0.07)
            pen = vertical(
                0, drop, lighter(curtain, 0.08 if i % 2 else 0.2), darker(curtain, 0.3)
            )
            canvas.drawPath(
                smooth(
                    [
                        (x, -h * 0.1),
                        (x + width * 1.15, -h * 0.1),
                        (x + width * 1.15, drop),
                        (x, drop),
                    ]
                ),
                pen,
            )
    canvas.drawRect(skia.Rect(0, h * 0.035, w, h * 0.075), paint((84, 88, 100)))
    for i in range(7):
        x = w * (i + 0.5) / 7
        canvas.drawPath(
            polygon(
                [
                    (x - w * 0.02, h * 0.07),
                    (x + w * 0.02, h * 0.07),
                    (x + w * 0.032, h * 0.125),
                    (x - w * 0.032, h * 0.125),
                ]
            ),
            paint((30, 30, 38)),
        )
        canvas.drawOval(
            skia.Rect(x - w * 0.03, h * 0.115, x + w * 0.03, h * 0.14),
            paint((255, 250, 226)),
        )


def _park(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    horizon = h * chance.uniform(0.55, 0.68)
    _band(canvas, w, 0, horizon, (128, 196, 246), (222, 242, 252))
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
    _band(canvas, w, horizon, h, (128, 198, 92), (84, 158, 66))
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
                paint(lighter(leaf, 0.1) if dy < -1.8 else leaf),
            )  # noqa: PLR2004
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


def _studio(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    horizon = h * chance.uniform(0.68, 0.78)
    grey = chance.uniform(0.76, 0.88)
    _band(canvas, w, 0, horizon, rgb(210, 0.05, grey - 0.12), rgb(210, 0.03, grey))
    _band(canvas, w, horizon, h, rgb(210, 0.03, grey), rgb(210, 0.06, grey - 0.2))
    for side in (-1, 1):
        x = w * (0.5 + side * chance.uniform(0.36, 0.4))
        y, size = h * chance.uniform(0.16, 0.26), h * 0.13
        canvas.drawLine(x, y, x, h * 0.86, stroke((50, 52, 58), h * 0.014))
        for dx in (-0.08, 0.08):
            canvas.drawLine(
                x, h * 0.74, x + dx * h, h * 0.88, stroke((50, 52, 58), h * 0.012)
            )
        canvas.save()
        canvas.rotate(side * 12, x, y)
        canvas.drawRect(
            skia.Rect(x - size, y - size * 1.05, x + size, y + size * 1.05),
            paint((34, 36, 42)),
        )
        canvas.drawRect(
            skia.Rect(x - size * 0.86, y - size * 0.9, x + size * 0.86, y + size * 0.9),
            paint((255, 253, 244)),
        )
        canvas.drawLine(
            x, y - size * 0.9, x, y + size * 0.9, stroke((214, 212, 204), h * 0.006)
        )
        canvas.drawLine(
            x - size * 0.86, y, x + size * 0.86, y, stroke((214, 212, 204), h * 0.006)
        )
        canvas.restore()
    side = chance.choice((-1, 1))
    x, y, s = w * (0.5 + side * 0.38), h * 0.62, h * 0.085
    canvas.drawRRect(
        skia.RRect.MakeRectXY(
            skia.Rect(x - s * 1.3, y - s, x + s * 1.1, y + s), s * 0.2, s * 0.2
        ),
        paint((38, 40, 48)),
    )
    canvas.drawRect(
        skia.Rect(
            x - side * s * 1.1 - s * 0.5,
            y - s * 0.5,
            x - side * s * 1.1 + s * 0.5,
            y + s * 0.5,
        ),
        paint((64, 66, 76)),
    )
    canvas.drawCircle(x - side * s * 1.4, y, s * 0.55, paint((90, 130, 170)))
    canvas.drawCircle(x + s * 0.7, y - s * 0.65, s * 0.18, paint((240, 40, 40)))
    for dx in (-1.0, 0, 1.0):
        canvas.drawLine(x, y + s, x + dx * s, h * 0.93, stroke((50, 52, 58), h * 0.014))
    sx = w * (0.5 - side * 0.36)
    canvas.drawRRect(
        skia.RRect.MakeRectXY(
            skia.Rect(sx - h * 0.1, h * 0.5, sx + h * 0.1, h * 0.57), 4, 4
        ),
        paint((200, 36, 44)),
    )
    for i in range(6):
        bx = sx - h * 0.075 + i * h * 0.028
        canvas.drawLine(bx, h * 0.52, bx, h * 0.55, stroke(WHITE, h * 0.01))


def _night(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    road = h * chance.uniform(0.74, 0.82)
    _band(canvas, w, 0, road, (16, 18, 34), (50, 48, 70))
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
                            if chance.random() < 0.8
                            else (190, 220, 240)
                        ),
                    )  # noqa: PLR2004
        x += width
    _band(canvas, w, road, h, (56, 56, 64), (34, 34, 42))
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


def _beach(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    sea, sand = h * chance.uniform(0.4, 0.5), h * chance.uniform(0.68, 0.78)
    _band(canvas, w, 0, sea, (110, 190, 245), (216, 240, 252))
    canvas.drawCircle(
        w * chance.choice((0.15, 0.85)), h * 0.14, h * 0.07, paint((255, 244, 190))
    )
    _cloud(canvas, w * chance.random(), h * chance.uniform(0.1, 0.3), w * 0.07)
    _band(canvas, w, sea, sand, (30, 120, 190), (90, 206, 214))
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
            f"M {ux - h * 0.14} {uy - h * 0.08} Q {ux} {uy - h * 0.3} {ux + h * 0.14} {uy - h * 0.08} Z"
        ),
        paint(tone),
    )
    canvas.drawPath(
        path(
            f"M {ux - h * 0.05} {uy - h * 0.08} Q {ux} {uy - h * 0.3} {ux + h * 0.05} {uy - h * 0.08} Z"
        ),
        paint(WHITE),
    )


def _classroom(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    floor = h * chance.uniform(0.68, 0.76)
    _band(canvas, w, 0, floor, (244, 238, 220), (232, 224, 202))
    _band(canvas, w, floor, h, (204, 160, 106), (170, 124, 80))
    for i in range(1, 5):
        y = floor + (h - floor) * i / 5
        canvas.drawLine(0, y, w, y, stroke((150, 106, 66), 1.2))
    board = skia.Rect(w * 0.06, h * 0.09, w * 0.94, h * 0.5)
    canvas.drawRect(board, paint((166, 116, 66)))
    board.inset(w * 0.018, w * 0.018)
    canvas.drawRect(
        board, paint(chance.choice([(34, 92, 68), (40, 100, 78), (30, 80, 64)]))
    )
    for side in (0.1, 0.7):
        for i in range(4):
            y = h * (0.17 + i * 0.075)
            x = w * (side + chance.uniform(0, 0.03))
            canvas.drawLine(
                x,
                y,
                x + w * chance.uniform(0.1, 0.18),
                y,
                stroke((236, 240, 232), h * 0.011, 0.9),
            )
    canvas.drawRect(
        skia.Rect(w * 0.06, h * 0.5, w * 0.94, h * 0.52), paint((140, 96, 56))
    )
    canvas.drawCircle(w * 0.5, h * 0.045, h * 0.038, paint(WHITE))
    canvas.drawCircle(w * 0.5, h * 0.045, h * 0.038, stroke((60, 60, 66), 1.5))
    for x in (0.13, 0.87, chance.uniform(0.3, 0.7)):
        cx, y = w * x, h * chance.uniform(0.72, 0.78)
        half = w * 0.12
        for dx in (-0.8, 0.8):
            canvas.drawLine(
                cx + dx * half,
                y,
                cx + dx * half,
                y + h * 0.2,
                stroke((96, 98, 104), h * 0.016),
            )
        canvas.drawPath(
            polygon(
                [
                    (cx - half * 0.85, y - h * 0.04),
                    (cx + half * 0.85, y - h * 0.04),
                    (cx + half, y + h * 0.01),
                    (cx - half, y + h * 0.01),
                ]
            ),
            paint((222, 176, 116)),
        )
        canvas.drawRect(
            skia.Rect(cx - half, y + h * 0.01, cx + half, y + h * 0.06),
            paint((176, 128, 78)),
        )


def _bedroom(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    floor = h * chance.uniform(0.74, 0.82)
    wall = rgb(chance.choice((20, 35, 330, 190, 100)), 0.14, 0.95)
    _band(canvas, w, 0, floor, wall, darker(wall, 0.06))
    for i in range(10):
        canvas.drawRect(
            skia.Rect(w * i / 10, 0, w * (i + 0.42) / 10, floor),
            paint(darker(wall, 0.07)),
        )
    _band(canvas, w, floor, h, (196, 150, 110), (160, 116, 84))
    side = chance.choice((-1, 1))
    bed = w * (0.5 - side * 0.28)
    blanket = rgb(chance.choice((205, 330, 265, 170)), 0.38, 0.88)
    half = w * 0.26
    canvas.drawRRect(
        skia.RRect.MakeRectXY(
            skia.Rect(bed - half, h * 0.4, bed + half, h * 0.8), 10, 10
        ),
        paint((150, 100, 66)),
    )
    canvas.drawRRect(
        skia.RRect.MakeRectXY(
            skia.Rect(bed - half * 0.92, h * 0.55, bed + half * 0.92, h * 0.72), 8, 8
        ),
        paint((250, 248, 240)),
    )
    for dx in (-0.48, 0.48):
        canvas.drawOval(
            skia.Rect(
                bed + (dx - 0.4) * half, h * 0.5, bed + (dx + 0.4) * half, h * 0.61
            ),
            paint(WHITE),
        )
        canvas.drawOval(
            skia.Rect(
                bed + (dx - 0.4) * half, h * 0.5, bed + (dx + 0.4) * half, h * 0.61
            ),
            stroke((196, 190, 190), 1.2),
        )
    canvas.drawRRect(
        skia.RRect.MakeRectXY(
            skia.Rect(bed - half, h * 0.64, bed + half, h * 0.95), 8, 8
        ),
        paint(blanket),
    )
    for i in range(4):
        for j in range(2):
            canvas.drawCircle(
                bed + (i - 1.5) * half * 0.5,
                h * (0.72 + j * 0.12),
                h * 0.016,
                paint(lighter(blanket, 0.6)),
            )
    wx = w * (0.5 + side * 0.33)
    canvas.drawRect(
        skia.Rect(wx - w * 0.12, h * 0.1, wx + w * 0.12, h * 0.42), paint(WHITE)
    )
    canvas.drawRect(
        skia.Rect(wx - w * 0.105, h * 0.115, wx + w * 0.105, h * 0.405),
        paint((166, 214, 246)),
    )
    canvas.drawLine(wx, h * 0.1, wx, h * 0.42, stroke(WHITE, w * 0.014))
    canvas.drawLine(
        wx - w * 0.12, h * 0.26, wx + w * 0.12, h * 0.26, stroke(WHITE, w * 0.014)
    )
    drape = rgb(chance.choice((340, 30, 260)), 0.4, 0.85)
    for dx in (-1, 1):
        canvas.drawPath(
            path(
                f"M {wx + dx * w * 0.16} {h * 0.07} L {wx + dx * w * 0.05} {h * 0.07} "
                f"Q {wx + dx * w * 0.08} {h * 0.3} {wx + dx * w * 0.13} {h * 0.46} "
                f"L {wx + dx * w * 0.17} {h * 0.46} Z"
            ),
            paint(drape),
        )
    lx = w * (0.5 + side * 0.4)
    canvas.drawRect(
        skia.Rect(lx - w * 0.09, h * 0.66, lx + w * 0.09, h * 0.88),
        paint((168, 116, 76)),
    )
    canvas.drawLine(lx, h * 0.56, lx, h * 0.66, stroke((110, 80, 60), h * 0.018))
    canvas.drawPath(
        polygon(
            [
                (lx - w * 0.035, h * 0.47),
                (lx + w * 0.035, h * 0.47),
                (lx + w * 0.065, h * 0.57),
                (lx - w * 0.065, h * 0.57),
            ]
        ),
        paint((255, 226, 150)),
    )
    px = w * (0.5 - side * 0.3)
    for i in range(2):
        cx = px + (i - 0.5) * w * 0.2
        canvas.drawRect(
            skia.Rect(cx - w * 0.07, h * 0.12, cx + w * 0.07, h * 0.28),
            paint((140, 98, 66)),
        )
        canvas.drawRect(
            skia.Rect(cx - w * 0.055, h * 0.135, cx + w * 0.055, h * 0.265),
            paint(rgb(chance.uniform(0, 360), 0.3, 0.9)),
        )


def _snow(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    horizon = h * chance.uniform(0.52, 0.62)
    _band(canvas, w, 0, horizon, (176, 196, 216), (226, 234, 242))
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
    _band(canvas, w, horizon, h, (240, 244, 250), (214, 224, 238))
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


PLACES: dict[str, Place] = {
    "室内舞台": _stage,
    "户外公园": _park,
    "演播室": _studio,
    "夜晚街道": _night,
    "海边": _beach,
    "教室": _classroom,
    "卧室": _bedroom,
    "雪地": _snow,
}


def draw_sparkle(
    canvas: skia.Canvas, x: float, y: float, r: float, tone: Colour
) -> None:
    """Draws a four-pointed glint."""
    canvas.drawPath(star(x, y, r, r * 0.2, 4), paint(mix(tone, WHITE, 0.5)))
