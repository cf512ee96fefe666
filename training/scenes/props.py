"""What hands hold, and where hands are."""

import math
import random

import skia

from training.scenes.brush import Box, Brush, Point, paint, path, polygon, stroke
from training.scenes.vocabulary import (
    GOLD,
    INK,
    WHITE,
    Colour,
    darker,
    lighter,
    mix,
    rgb,
)

Arm = tuple[Point, Point]
"""Elbow and hand, on the side where x > 0."""

HOLDS: dict[str, Arm] = {
    "麦克风": ((1.3, 2.05), (0.92, 1.5)),
    "荧光棒": ((1.35, 1.85), (1.5, 1.12)),
    "扇子": ((1.15, 2.1), (1.42, 1.95)),
    "吉他": ((1.25, 2.0), (1.3, 1.72)),
    "花束": ((1.2, 2.1), (1.0, 2.05)),
    "雨伞": ((1.3, 2.05), (1.22, 1.6)),
}
FREE: dict[str, Arm] = {
    "down": ((0.98, 1.85), (1.02, 2.4)),
    "hip": ((1.4, 1.85), (0.78, 2.12)),
    "wave": ((1.35, 1.75), (1.5, 0.95)),
    "out": ((1.2, 1.8), (1.55, 1.95)),
}
BOXES: dict[str, Box] = {
    "麦克风": (0.35, 0.8, 1.2, 1.85),
    "荧光棒": (1.25, -0.35, 2.0, 1.35),
    "扇子": (0.6, 0.95, 2.3, 2.15),
    "吉他": (-1.0, 1.25, 1.9, 2.85),
    "花束": (0.4, 0.95, 1.65, 2.6),
    "雨伞": (-0.4, -2.2, 2.6, 2.0),
}


def draw_prop_behind(brush: Brush, item: str, detail: int) -> None:
    """Draws the part of a prop that stands behind the head."""
    if item != "雨伞":
        return
    chance = random.Random(detail + 503)
    tone = rgb(chance.uniform(0, 360), 0.62, 0.85)
    brush.draw(
        "M -0.45 -0.75 C -0.3 -2.75 2.5 -2.75 2.65 -0.75 Q 2.35 -1.05 2.03 -0.75 "
        "Q 1.7 -1.05 1.4 -0.75 L 0.8 -0.75 Q 0.5 -1.05 0.17 -0.75 "
        "Q -0.15 -1.05 -0.45 -0.75 Z",
        tone,
    )
    brush.draw(
        "M 1.1 -2.24 C 0.4 -1.9 0.18 -1.3 0.17 -0.75 Q 0.5 -1.05 0.8 -0.75 "
        "C 0.8 -1.4 0.9 -1.9 1.1 -2.24 Z",
        lighter(tone, 0.6),
        line=0.5,
    )
    brush.draw(
        "M 1.1 -2.24 C 1.8 -1.9 2.02 -1.3 2.03 -0.75 Q 1.7 -1.05 1.4 -0.75 "
        "C 1.4 -1.4 1.3 -1.9 1.1 -2.24 Z",
        lighter(tone, 0.6),
        line=0.5,
    )
    brush.trace(path("M 1.1 -2.2 L 1.1 -2.45"), INK, 0.09)
    brush.trace(path("M 1.12 -0.9 L 1.2 1.6"), (90, 70, 60), 0.11)


def draw_prop(brush: Brush, item: str, detail: int) -> None:
    """Draws the part of a prop that stands in front of the body."""
    drawers = {
        "麦克风": _microphone,
        "荧光棒": _glowstick,
        "扇子": _fan,
        "吉他": _guitar,
        "花束": _bouquet,
        "雨伞": _handle,
    }
    if item in drawers:
        drawers[item](brush, random.Random(detail + 509))
        brush.mark("hand_accessory", BOXES[item])


def _microphone(brush: Brush, chance: random.Random) -> None:
    body = chance.choice([(44, 44, 54), (70, 72, 84), (226, 186, 80)])
    brush.trace(path("M 0.68 1.16 L 1.06 1.78"), INK, 0.3)
    brush.trace(path("M 0.68 1.16 L 1.06 1.78"), body, 0.22)
    brush.circle(0.62, 1.08, 0.27, (176, 180, 190))
    for x in (-0.12, 0.0, 0.12):
        brush.canvas.drawLine(
            0.62 + x, 0.86, 0.62 + x, 1.3, stroke((96, 98, 110), 0.035)
        )
        brush.canvas.drawLine(
            0.4, 1.08 + x, 0.84, 1.08 + x, stroke((96, 98, 110), 0.035)
        )
    brush.trace(path("M 0.6 1.32 L 0.88 1.18"), (60, 60, 70), 0.1)


def _glowstick(brush: Brush, chance: random.Random) -> None:
    tone = rgb(chance.choice((0, 50, 120, 180, 215, 285, 325)), 0.75, 1.0)
    blade = path("M 1.53 0.95 L 1.76 -0.25")
    glow = stroke(tone, 0.62, 0.5)
    glow.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 0.16))
    brush.canvas.drawPath(blade, glow)
    brush.trace(blade, darker(tone, 0.3), 0.3)
    brush.trace(blade, tone, 0.24)
    brush.trace(blade, WHITE, 0.1)
    brush.trace(path("M 1.46 1.32 L 1.53 0.98"), INK, 0.24)


def _fan(brush: Brush, chance: random.Random) -> None:
    x, y, radius = 1.45, 2.0, 1.02
    tone = chance.choice([(250, 240, 220), (240, 120, 130), (130, 180, 220)])
    points: list[Point] = [(x, y)]
    for i in range(13):
        angle = math.radians(-168 + i * 12.5)
        points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    brush.poly(points, tone)
    inner = [(x + (px - x) * 0.42, y + (py - y) * 0.42) for px, py in points[1:]]
    brush.poly([(x, y), *inner], (120, 74, 44))
    for px, py in points[1::2]:
        brush.trace(
            polygon([(x, y), (px, py)], closed=False), darker(tone, 0.45), 0.035
        )
    for share in (0.3, 0.5, 0.7):
        angle = math.radians(-168 + share * 150)
        brush.circle(
            x + 0.74 * math.cos(angle),
            y + 0.74 * math.sin(angle),
            0.11,
            (206, 50, 70),
            line=0,
        )


def _guitar(brush: Brush, chance: random.Random) -> None:
    wood = chance.choice(
        [(208, 128, 56), (176, 60, 40), (226, 176, 96), (70, 110, 160)]
    )
    with brush.turned(-32, 0.0, 2.25):
        brush.draw(
            "M -1.0 2.28 C -1.05 1.8 -0.6 1.62 -0.25 1.84 C -0.1 1.92 0.0 1.9 "
            "0.12 1.86 C 0.42 1.74 0.62 1.98 0.6 2.26 C 0.62 2.54 0.42 2.78 "
            "0.12 2.66 C 0.0 2.62 -0.1 2.6 -0.25 2.7 C -0.6 2.9 -1.05 2.74 "
            "-1.0 2.28 Z",
            wood,
        )
        brush.circle(0.1, 2.26, 0.19, (50, 30, 26))
        brush.draw("M 0.3 2.18 L 1.65 2.18 L 1.65 2.35 L 0.3 2.35 Z", (92, 58, 40))
        brush.draw("M 1.62 2.1 L 2.0 2.06 L 2.0 2.46 L 1.62 2.42 Z", darker(wood, 0.3))
        brush.draw("M -0.66 2.12 L -0.54 2.12 L -0.54 2.4 L -0.66 2.4 Z", (60, 36, 30))
        for i in range(3):
            brush.canvas.drawLine(
                -0.6,
                2.21 + i * 0.05,
                1.7,
                2.22 + i * 0.045,
                stroke((236, 232, 220), 0.018),
            )


def _bouquet(brush: Brush, chance: random.Random) -> None:
    paper = chance.choice([(250, 246, 236), (250, 206, 214), (200, 222, 240)])
    flower = rgb(chance.choice((352, 335, 48, 20, 280)), 0.66, 0.95)
    for i in range(6):
        x = 0.5 + i * 0.2
        brush.oval(
            x,
            1.3 - 0.12 * math.sin(i / 5 * math.pi),
            0.14,
            0.26,
            (84, 156, 78),
            angle=(i - 2.5) * 14,
            line=0.6,
        )
    brush.draw("M 0.42 1.45 L 1.6 1.45 L 1.14 2.52 L 0.9 2.52 Z", paper)
    for x, y, tone in (
        (0.62, 1.4, flower),
        (1.0, 1.25, lighter(flower, 0.5)),
        (1.4, 1.4, flower),
        (0.82, 1.62, mix(flower, (255, 220, 90), 0.5)),
        (1.2, 1.62, lighter(flower, 0.3)),
        (1.02, 1.48, flower),
    ):
        brush.circle(x, y, 0.22, tone, line=0.8)
        brush.canvas.drawCircle(x, y, 0.12, stroke(darker(tone, 0.3), 0.04))
        brush.canvas.drawCircle(x, y, 0.05, paint(darker(tone, 0.35)))
    brush.draw("M 0.78 2.05 L 1.24 2.05 L 1.22 2.2 L 0.8 2.2 Z", GOLD, line=0.7)


def _handle(brush: Brush, chance: random.Random) -> None:
    del chance
    brush.trace(path("M 1.17 1.1 L 1.2 1.9 Q 1.22 2.1 1.38 2.08"), (90, 70, 60), 0.11)


def draw_limb(brush: Brush, arm: Arm, skin: Colour) -> None:
    """Draws a bare arm with its hand."""
    points = bend(arm)
    brush.tube(points, skin, 0.27)
    brush.circle(*points[-1], 0.18, skin)


def draw_hand(brush: Brush, arm: Arm, skin: Colour) -> None:
    """Draws a closed hand over what it holds."""
    x, y = arm[1]
    brush.circle(x, y, 0.18, skin)
    for i in range(3):
        brush.canvas.drawLine(
            x - 0.13,
            y - 0.07 + i * 0.08,
            x + 0.06,
            y - 0.07 + i * 0.08,
            stroke(darker(skin, 0.35), 0.03),
        )


def bend(arm: Arm) -> list[Point]:
    """Follows an arm from the shoulder to the hand."""
    (sx, sy), (ex, ey), (hx, hy) = (0.7, 1.36), arm[0], arm[1]
    result: list[Point] = []
    for i in range(9):
        t = i / 8
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        result.append((a * sx + b * ex + c * hx, a * sy + b * ey + c * hy))
    return result
