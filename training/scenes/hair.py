"""Ten hair styles, each with a silhouette of its own.

A style is drawn in two passes: what hangs behind the body, and what lies over
the head and in front of the shoulders.
"""

import math
import random
from collections.abc import Callable

from training.scenes.brush import Box, Brush, Point, path, polygon, smooth
from training.scenes.vocabulary import Colour, darker, lighter, luminance

_SKULL = "M -1.08 0.3 C -1.25 -0.75 -0.7 -1.27 0 -1.27 C 0.7 -1.27 1.25 -0.75 1.08 0.3 "
_FRINGES = {
    "zigzag": (
        "L 0.88 0.3 L 0.72 -0.3 L 0.55 -0.1 L 0.3 -0.42 L 0.08 -0.14 L -0.2 -0.44 "
        "L -0.42 -0.12 L -0.68 -0.36 L -0.88 0.3 Z"
    ),
    "swept": (
        "L 0.9 0.3 C 0.88 -0.1 0.7 -0.4 0.45 -0.62 C 0.3 -0.4 -0.1 -0.2 -0.5 -0.12 "
        "C -0.7 -0.06 -0.82 0.05 -0.88 0.3 Z"
    ),
    "parted": (
        "L 0.92 0.34 C 0.86 -0.1 0.55 -0.4 0 -0.78 C -0.55 -0.4 -0.86 -0.1 -0.92 0.34 Z"
    ),
    "blunt": "L 0.9 0.3 L 0.84 -0.26 L -0.84 -0.26 L -0.9 0.3 Z",
    "soft": (
        "L 0.9 0.3 C 0.84 0.0 0.75 -0.2 0.6 -0.3 C 0.5 -0.14 0.4 -0.16 0.28 -0.36 "
        "C 0.15 -0.14 -0.05 -0.14 -0.14 -0.36 C -0.3 -0.14 -0.45 -0.14 -0.55 -0.32 "
        "C -0.72 -0.2 -0.84 0.0 -0.9 0.3 Z"
    ),
}
_BACKS = {
    "长直发": (
        "M -1.12 -0.3 C -1.2 0.5 -1.22 1.6 -1.2 2.75 L 1.2 2.75 "
        "C 1.22 1.6 1.2 0.5 1.12 -0.3 C 0.9 -1.3 -0.9 -1.3 -1.12 -0.3 Z"
    ),
    "短发": (
        "M -1.12 -0.4 C -1.32 0.2 -1.3 0.7 -1.1 1.02 Q -0.7 1.15 -0.3 1.02 "
        "L 0.3 1.02 Q 0.7 1.15 1.1 1.02 C 1.3 0.7 1.32 0.2 1.12 -0.4 "
        "C 0.9 -1.3 -0.9 -1.3 -1.12 -0.4 Z"
    ),
}
_BOB_SIDE = (
    "M 0.8 -0.3 C 0.98 0.2 0.96 0.55 0.74 0.88 C 1.0 0.98 1.2 0.7 "
    "1.18 0.2 L 1.06 -0.4 Z"
)
_LOCK = "M 0.86 -0.2 C 0.9 0.2 0.86 0.5 0.8 0.72 C 1.0 0.6 1.1 0.3 1.06 -0.2 Z"
BOXES: dict[str, Box] = {
    "长直发": (-1.25, -1.3, 1.25, 2.75),
    "双马尾": (-2.0, -1.3, 2.0, 2.3),
    "高马尾": (-1.2, -2.0, 2.05, 1.9),
    "短发": (-1.3, -1.3, 1.3, 1.1),
    "双丸子头": (-1.4, -1.75, 1.4, 0.9),
    "麻花辫": (-1.3, -1.3, 1.3, 2.5),
    "大波浪": (-1.8, -1.35, 1.8, 2.55),
    "姬发式": (-1.25, -1.3, 1.25, 2.75),
    "侧马尾": (-1.2, -1.3, 1.9, 2.5),
    "刺猬头": (-1.65, -1.85, 1.65, 0.8),
}


def draw_hair_behind(brush: Brush, style: str, hair: Colour, tie: Colour) -> None:
    """Draws what hangs behind the body."""
    if style in _BEHIND:
        _BEHIND[style](brush, hair, tie)


def _curtain(brush: Brush, hair: Colour, tie: Colour) -> None:
    del tie
    brush.shape(path(_BACKS["长直发"]), darker(hair, 0.18))
    for x in (-1.0, -0.78, 0.78, 1.0):
        strand = polygon([(x, 0.6), (x * 1.03, 2.65)], closed=False)
        brush.trace(strand, darker(hair, 0.4), 0.035)


def _bob(brush: Brush, hair: Colour, tie: Colour) -> None:
    del tie
    brush.shape(path(_BACKS["短发"]), darker(hair, 0.18))


def _twin_tails(brush: Brush, hair: Colour, tie: Colour) -> None:
    brush.shape(path(_SKULL + "Z"), darker(hair, 0.18))
    for _ in brush.sides():
        _twin_tail(brush, hair, tie)


def _buns(brush: Brush, hair: Colour, tie: Colour) -> None:
    brush.draw(
        "M -1.05 -0.3 C -1.12 0.3 -1.05 0.6 -0.85 0.8 L 0.85 0.8 "
        "C 1.05 0.6 1.12 0.3 1.05 -0.3 Z",
        darker(hair, 0.18),
    )
    for _ in brush.sides():
        _bun(brush, hair, tie)


def _waves(brush: Brush, hair: Colour, tie: Colour) -> None:
    del tie
    right: list[Point] = []
    for i in range(15):
        y = -0.7 + i * 0.23
        swell = 1.2 + 0.32 * min(1.0, max(0.0, (y + 0.7) / 1.6))
        right.append((swell + (0.22 if i % 4 < 2 else -0.16), y))  # noqa: PLR2004
    left = [(-x, y) for x, y in reversed(right)]
    brush.shape(
        smooth([(0, -1.3), *right, (0.6, 2.5), (-0.6, 2.5), *left]), darker(hair, 0.12)
    )
    for side in (-1, 1):
        for base in (0.95, 1.3):
            line = [
                (side * (base + 0.13 * math.sin(j * 1.6)), 0.1 + j * 0.27)
                for j in range(9)
            ]
            brush.trace(smooth(line, closed=False), darker(hair, 0.45), 0.05)


def _twin_tail(brush: Brush, hair: Colour, tie: Colour) -> None:
    brush.draw(
        "M 0.95 -0.85 C 1.6 -1.15 2.05 -0.4 1.98 0.5 C 1.95 1.2 1.85 1.8 1.5 2.3 "
        "C 1.45 1.9 1.35 1.6 1.15 1.9 C 1.2 1.3 1.35 0.8 1.25 0.3 "
        "C 1.2 -0.1 1.1 -0.4 0.95 -0.5 Z",
        hair,
    )
    brush.trace(path("M 1.3 -0.6 C 1.7 -0.2 1.7 0.8 1.5 1.7"), darker(hair, 0.4), 0.05)
    brush.oval(1.05, -0.7, 0.14, 0.24, tie, angle=20)


def _high_tail(brush: Brush, hair: Colour, tie: Colour) -> None:
    brush.draw(
        "M -1.05 -0.3 C -1.12 0.3 -1.02 0.6 -0.9 0.75 L 0.9 0.75 "
        "C 1.02 0.6 1.12 0.3 1.05 -0.3 Z",
        darker(hair, 0.18),
    )
    brush.draw(
        "M -0.1 -1.2 C 0.0 -2.0 1.3 -2.15 1.75 -1.2 C 2.1 -0.4 2.05 0.6 1.55 1.85 "
        "C 1.5 1.5 1.45 1.3 1.25 1.4 C 1.5 0.6 1.5 -0.1 1.25 -0.6 "
        "C 1.0 -1.1 0.7 -1.2 0.4 -1.05 Z",
        hair,
    )
    brush.trace(
        path("M 0.4 -1.5 C 1.3 -1.6 1.75 -0.5 1.6 0.9"), darker(hair, 0.4), 0.05
    )
    brush.oval(0.16, -1.3, 0.3, 0.16, tie, angle=-25)


def _bun(brush: Brush, hair: Colour, tie: Colour) -> None:
    brush.circle(0.9, -1.18, 0.48, hair)
    brush.trace(
        path(
            "M 0.66 -1.2 C 0.66 -1.5 1.14 -1.5 1.14 -1.18 C 1.12 -0.95 0.86 -0.95 "
            "0.84 -1.15"
        ),
        darker(hair, 0.42),
        0.055,
    )
    brush.trace(path("M 0.52 -0.98 Q 0.7 -0.72 1.05 -0.74"), tie, 0.1)


def _spikes(brush: Brush, hair: Colour, tie: Colour) -> None:
    del tie
    points: list[Point] = []
    tips = 11
    for i in range(tips * 2 + 1):
        angle = math.radians(200 - i * (220 / (tips * 2)) + 180)
        outer = 1.78 if i % 4 == 1 else 1.55
        radius = outer if i % 2 else 1.08
        points.append((-radius * math.cos(angle), radius * math.sin(angle) - 0.08))
    brush.shape(polygon([*points, (0.7, 0.75), (-0.7, 0.75)]), darker(hair, 0.1))


_BEHIND: dict[str, Callable[[Brush, Colour, Colour], None]] = {
    "长直发": _curtain,
    "姬发式": _curtain,
    "大波浪": _waves,
    "双马尾": _twin_tails,
    "高马尾": _high_tail,
    "短发": _bob,
    "刺猬头": _spikes,
    "双丸子头": _buns,
}


def draw_hair_in_front(
    brush: Brush, style: str, hair: Colour, tie: Colour, detail: int
) -> None:
    """Draws the fringe, the crown and what falls over the shoulders."""
    if style == "麻花辫":
        for _ in brush.sides():
            _braid(brush, hair, tie)
    elif style == "侧马尾":
        _side_tail(brush, hair, tie)
    brush.shape(path(_SKULL + _FRINGES[_fringe(style, detail)]), hair)
    if style == "刺猬头":
        _tufts(brush, hair)
    elif style == "姬发式":
        _blunt_sides(brush, hair)
    elif style not in {"双丸子头", "高马尾"}:
        for _ in brush.sides():
            brush.draw(_BOB_SIDE if style == "短发" else _LOCK, hair)
    shine = lighter(hair, 0.35 if luminance(hair) > 60 else 0.22)  # noqa: PLR2004
    brush.trace(path("M -0.72 -0.78 Q 0 -1.12 0.72 -0.78"), shine, 0.075)
    brush.mark("hair_style", BOXES[style])
    brush.mark("hair_color", (-1.15, -1.3, 1.15, 0.3))


def _fringe(style: str, detail: int) -> str:
    chance = random.Random(detail + 211)
    usual = chance.choice(("zigzag", "swept", "soft"))
    if style == "长直发":
        return chance.choice(("parted", "swept"))
    if style == "大波浪":
        return chance.choice(("parted", "swept", "soft"))
    return {"姬发式": "blunt", "刺猬头": "zigzag"}.get(style, usual)


def _blunt_sides(brush: Brush, hair: Colour) -> None:
    for x in (-0.5, -0.17, 0.17, 0.5):
        slit = polygon([(x, -0.7), (x, -0.3)], closed=False)
        brush.trace(slit, darker(hair, 0.42), 0.04)
    for _ in brush.sides():
        brush.draw("M 0.72 -0.4 L 1.1 -0.3 L 1.12 0.82 L 0.74 0.82 Z", hair)


def _braid(brush: Brush, hair: Colour, tie: Colour) -> None:
    y = 0.72
    for i in range(6):
        size = 0.3 - i * 0.016
        x = 1.02 + 0.03 * i
        brush.oval(x - 0.1, y, size * 0.72, size * 0.62, hair, angle=38)
        brush.oval(x + 0.1, y + 0.13, size * 0.72, size * 0.62, hair, angle=-38)
        y += 0.27
    brush.oval(1.2, y + 0.02, 0.2, 0.11, tie)
    brush.draw("M 1.06 2.38 L 1.34 2.38 L 1.42 2.7 L 1.2 2.62 L 0.98 2.7 Z", hair)


def _side_tail(brush: Brush, hair: Colour, tie: Colour) -> None:
    brush.draw(
        "M 0.9 0.35 C 1.4 0.1 1.8 0.6 1.75 1.2 C 1.72 1.8 1.6 2.1 1.25 2.55 "
        "C 1.22 2.25 1.15 2.1 0.95 2.2 C 1.1 1.7 1.05 1.2 0.85 0.75 Z",
        hair,
    )
    brush.trace(path("M 1.2 0.6 C 1.45 1.0 1.4 1.6 1.25 2.1"), darker(hair, 0.4), 0.05)
    brush.oval(1.05, 0.5, 0.27, 0.17, tie, angle=50)


def _tufts(brush: Brush, hair: Colour) -> None:
    for text in (
        "M -0.7 -0.9 L -0.55 -1.5 L -0.25 -1.1 Z",
        "M -0.3 -1.1 L 0.05 -1.62 L 0.25 -1.12 Z",
        "M 0.2 -1.1 L 0.6 -1.5 L 0.68 -0.92 Z",
    ):
        brush.shape(path(text), hair)


def draw_nape(brush: Brush, hair: Colour) -> None:
    """Covers the face of a figure that shows its back."""
    brush.draw(
        "M -1.08 -0.2 C -1.1 0.6 -0.75 1.02 0 1.05 C 0.75 1.02 1.1 0.6 1.08 -0.2 "
        "C 1.1 -0.95 0.6 -1.2 0 -1.2 C -0.6 -1.2 -1.1 -0.95 -1.08 -0.2 Z",
        hair,
    )
    for x in (-0.6, -0.2, 0.2, 0.6):
        brush.trace(
            smooth([(x * 0.3, -0.9), (x, -0.1), (x * 0.9, 0.8)], closed=False),
            darker(hair, 0.4),
            0.05,
        )
