"""What sits on the head."""

import math

import skia

from training.scenes.brush import Box, Brush, paint, path, star, stroke
from training.scenes.vocabulary import GOLD, INK, WHITE, Colour, darker, lighter, mix

BOXES: dict[str, Box] = {
    "无头饰": (-1.2, -1.5, 1.2, -0.2),
    "猫耳": (-1.2, -1.95, 1.2, -0.75),
    "蝴蝶结": (-0.35, -1.95, 1.3, -0.75),
    "皇冠": (-0.7, -1.95, 0.7, -1.0),
    "花环": (-1.2, -1.3, 1.2, -0.35),
    "耳机": (-1.45, -1.55, 1.45, 0.6),
    "贝雷帽": (-1.3, -1.85, 1.4, -0.7),
    "发簪": (0.2, -1.75, 1.85, 0.6),
    "光环": (-1.0, -2.0, 1.0, -1.35),
    "恶魔角": (-1.25, -2.05, 1.25, -0.85),
}


def draw_headwear(brush: Brush, item: str, hair: Colour, tint: Colour) -> None:
    """Draws a head accessory over the hair.

    Args:
        brush: Pen in head units.
        item: A word of ATTRIBUTES["head_accessory"].
        hair: The hair's colour; cat ears take it up.
        tint: A free colour for bows, caps and ear cups.
    """
    drawers = {
        "猫耳": lambda: _ears(brush, hair),
        "蝴蝶结": lambda: _bow(brush, tint),
        "皇冠": lambda: _crown(brush),
        "花环": lambda: _wreath(brush, tint),
        "耳机": lambda: _phones(brush, tint),
        "贝雷帽": lambda: _beret(brush, tint),
        "发簪": lambda: _hairpin(brush),
        "光环": lambda: _halo(brush),
        "恶魔角": lambda: _horns(brush),
    }
    if item in drawers:
        drawers[item]()
    brush.mark("head_accessory", BOXES[item])


def _ears(brush: Brush, hair: Colour) -> None:
    for _ in brush.sides():
        brush.draw(
            "M 0.25 -1.08 L 0.98 -1.92 L 1.14 -0.72 Q 0.7 -1.05 0.25 -1.08 Z",
            lighter(hair, 0.08),
        )
        brush.draw(
            "M 0.5 -1.14 L 0.9 -1.6 L 0.98 -0.9 Q 0.8 -1.06 0.5 -1.14 Z",
            (255, 158, 178),
            line=0.4,
        )


def _bow(brush: Brush, tint: Colour) -> None:
    for text in (
        "M 0.5 -1.3 C 0.2 -1.95 -0.45 -1.95 -0.3 -1.35 "  # noqa: ISC004
        "C -0.4 -0.85 0.1 -0.75 0.5 -1.2 Z",
        "M 0.5 -1.3 C 0.75 -1.95 1.4 -1.9 1.28 -1.3 C 1.4 -0.8 0.9 -0.72 0.5 -1.2 Z",
    ):
        brush.draw(text, tint)
    for text in ("M 0.3 -1.28 L -0.1 -1.42", "M 0.7 -1.27 L 1.08 -1.38"):
        brush.trace(path(text), darker(tint, 0.4), 0.06)
    brush.oval(0.5, -1.26, 0.17, 0.2, darker(tint, 0.12))


def _crown(brush: Brush) -> None:
    brush.draw(
        "M -0.62 -1.02 L -0.72 -1.75 L -0.34 -1.42 L 0 -1.95 L 0.34 -1.42 "
        "L 0.72 -1.75 L 0.62 -1.02 Q 0 -1.18 -0.62 -1.02 Z",
        (250, 204, 60),
    )
    for x, y, gem in (
        (0, -1.3, (220, 40, 60)),
        (-0.4, -1.24, (60, 130, 230)),
        (0.4, -1.24, (60, 130, 230)),
    ):
        brush.circle(x, y, 0.1, gem, line=0.6)
    for x, y in ((-0.72, -1.75), (0, -1.95), (0.72, -1.75)):
        brush.circle(x, y, 0.1, (255, 236, 150), line=0.6)


def _wreath(brush: Brush, tint: Colour) -> None:
    brush.trace(path("M -1.12 -0.5 Q 0 -1.35 1.12 -0.5"), (70, 140, 60), 0.16)
    petals = (tint, WHITE, mix(tint, (255, 220, 90), 0.6))
    for i in range(7):
        share = i / 6
        x = -1.12 + 2.24 * share
        y = -0.52 - 0.42 * (1 - (2 * share - 1) ** 2)
        brush.oval(x + 0.14, y - 0.12, 0.16, 0.09, (92, 168, 74), angle=-30, line=0.5)
        for j in range(5):
            angle = math.tau * j / 5 + i
            brush.canvas.drawCircle(
                x + 0.12 * math.cos(angle),
                y + 0.12 * math.sin(angle),
                0.11,
                paint(petals[i % 3]),
            )
        brush.circle(x, y, 0.08, (250, 196, 50), line=0.5)


def _phones(brush: Brush, tint: Colour) -> None:
    band = path("M -1.16 0.0 C -1.3 -1.8 1.3 -1.8 1.16 0.0")
    brush.canvas.drawPath(band, stroke(INK, 0.26))
    brush.canvas.drawPath(band, stroke((96, 98, 112), 0.15))
    for _ in brush.sides():
        brush.oval(1.2, 0.12, 0.26, 0.46, (52, 54, 66))
        brush.oval(1.27, 0.12, 0.17, 0.32, tint)


def _beret(brush: Brush, tint: Colour) -> None:
    brush.draw(
        "M -0.98 -0.78 C -1.5 -1.2 -0.9 -1.75 0.1 -1.82 C 1.1 -1.85 1.75 -1.2 "
        "1.1 -0.86 C 0.5 -1.12 -0.4 -1.12 -0.98 -0.78 Z",
        tint,
    )
    brush.trace(
        path("M -0.95 -0.78 C -0.4 -1.12 0.5 -1.14 1.08 -0.86"), darker(tint, 0.4), 0.13
    )
    brush.trace(path("M 0.12 -1.82 L 0.18 -2.02"), darker(tint, 0.3), 0.12)


def _hairpin(brush: Brush) -> None:
    brush.trace(path("M 0.25 -0.62 L 1.72 -1.5"), INK, 0.2)
    brush.trace(path("M 0.25 -0.62 L 1.72 -1.5"), GOLD, 0.13)
    for j in range(5):
        angle = math.tau * j / 5
        brush.circle(
            1.2 + 0.2 * math.cos(angle),
            -1.2 + 0.2 * math.sin(angle),
            0.18,
            (232, 64, 90),
            line=0.6,
        )
    brush.circle(1.2, -1.2, 0.13, (255, 214, 90), line=0.6)
    for x, length in ((1.42, 1.25), (1.62, 1.45)):
        for i in range(5):
            y = -1.2 + 0.24 * (i + 1) * length / 1.3
            brush.circle(x, y, 0.085, GOLD if i % 2 else (70, 190, 170), line=0.6)
        brush.trace(path(f"M {x} 0.05 L {x} 0.45"), (226, 60, 80), 0.11)


def _halo(brush: Brush) -> None:
    ring = skia.Rect(-0.86, -1.92, 0.86, -1.48)
    brush.canvas.drawOval(ring, stroke((255, 214, 80), 0.36, 0.4))
    brush.canvas.drawOval(ring, stroke((214, 150, 20), 0.2))
    brush.canvas.drawOval(ring, stroke((255, 240, 150), 0.13))


def _horns(brush: Brush) -> None:
    for _ in brush.sides():
        brush.draw(
            "M 0.38 -1.0 C 0.4 -1.5 0.75 -1.6 0.85 -2.05 C 1.25 -1.7 1.25 -1.2 "
            "0.98 -0.72 Q 0.7 -0.95 0.38 -1.0 Z",
            (128, 18, 40),
        )
        for text in (
            "M 0.5 -1.28 Q 0.8 -1.2 1.08 -1.02",
            "M 0.66 -1.54 Q 0.9 -1.46 1.15 -1.36",
        ):
            brush.trace(path(text), (40, 4, 14), 0.07)


def draw_tie_star(brush: Brush, x: float, y: float, tint: Colour) -> None:
    """Draws a small star clip that belongs to no named accessory."""
    brush.shape(star(x, y, 0.14, 0.06), tint, line=0.5)
