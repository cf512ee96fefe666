"""Stage, studio, classroom and bedroom."""

import random

import skia

from training.scenes.brush import (
    paint,
    path,
    polygon,
    smooth,
    stroke,
    vertical,
)
from training.scenes.ground import band
from training.scenes.vocabulary import WHITE, darker, lighter, rgb


def draw_stage(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    """A stage: curtains, truss with lamps, boards."""
    horizon = h * chance.uniform(0.68, 0.78)
    wall = rgb(chance.uniform(225, 260), 0.25, chance.uniform(0.2, 0.32))
    band(canvas, w, 0, horizon, darker(wall, 0.4), lighter(wall, 0.1))
    panel = rgb(chance.uniform(200, 260), 0.3, 0.45)
    for i in range(6):
        x = w * (i + 0.5) / 6
        canvas.drawRect(
            skia.Rect(x - w * 0.065, h * 0.14, x + w * 0.065, horizon * 0.9),
            vertical(h * 0.1, horizon, lighter(panel, 0.15), darker(panel, 0.4)),
        )
    band(canvas, w, horizon, h, (112, 82, 66), (60, 42, 40))
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


def draw_studio(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    """A studio: softboxes, camera, a sign that says on air."""
    horizon = h * chance.uniform(0.68, 0.78)
    grey = chance.uniform(0.76, 0.88)
    band(canvas, w, 0, horizon, rgb(210, 0.05, grey - 0.12), rgb(210, 0.03, grey))
    band(canvas, w, horizon, h, rgb(210, 0.03, grey), rgb(210, 0.06, grey - 0.2))
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


def draw_classroom(
    canvas: skia.Canvas, w: float, h: float, chance: random.Random
) -> None:
    """A classroom: blackboard, desks, clock."""
    floor = h * chance.uniform(0.68, 0.76)
    band(canvas, w, 0, floor, (244, 238, 220), (232, 224, 202))
    band(canvas, w, floor, h, (204, 160, 106), (170, 124, 80))
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


def draw_bedroom(
    canvas: skia.Canvas, w: float, h: float, chance: random.Random
) -> None:
    """A bedroom: bed, window, lamp."""
    floor = h * chance.uniform(0.74, 0.82)
    wall = rgb(chance.choice((20, 35, 330, 190, 100)), 0.14, 0.95)
    band(canvas, w, 0, floor, wall, darker(wall, 0.06))
    for i in range(10):
        canvas.drawRect(
            skia.Rect(w * i / 10, 0, w * (i + 0.42) / 10, floor),
            paint(darker(wall, 0.07)),
        )
    band(canvas, w, floor, h, (196, 150, 110), (160, 116, 84))
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
