"""Robes, dresses and skirts."""

import math
import random

from training.scenes.brush import Brush, path, polygon
from training.scenes.trims import Cloth, pleats, ruffle
from training.scenes.vocabulary import (
    GOLD,
    INK,
    WHITE,
    Colour,
    darker,
    lighter,
)

_BODICE = (
    "M -0.34 1.02 Q -0.6 1.1 -0.82 1.24 L -0.64 1.75 L -0.54 2.12 L 0.54 2.12 "
    "L 0.64 1.75 L 0.82 1.24 Q 0.6 1.1 0.34 1.02 Z"
)


def draw_hanfu(brush: Brush, cloth: Cloth) -> None:
    """Crossed collar, broad sash with a hanging ribbon, floor-long folds."""
    sash: Colour = (
        (176, 44, 52) if cloth.name not in {"红色", "粉色"} else (44, 74, 120)
    )
    band = (92, 70, 120) if cloth.name in {"白色", "黄色"} else WHITE
    brush.draw(
        "M -0.58 2.0 L 0.58 2.0 C 0.9 2.8 1.2 3.7 1.4 4.5 Q 0 4.75 -1.4 4.5 "
        "C -1.2 3.7 -0.9 2.8 -0.58 2.0 Z",
        lighter(cloth.colour, 0.1),
    )
    pleats(brush, cloth.colour, 0.5, 2.3, 1.25, 4.4, 7)
    brush.draw(_BODICE, cloth.colour)
    for text in ("M -0.3 0.98 L 0.34 1.95", "M 0.3 0.98 L -0.34 1.95"):
        brush.trace(path(text), darker(band, 0.5), 0.3)
        brush.trace(path(text), band, 0.22)
    brush.draw("M -0.6 1.84 L 0.6 1.84 L 0.62 2.26 L -0.62 2.26 Z", sash)
    brush.trace(path("M -0.6 1.94 L 0.6 1.94"), GOLD, 0.05)
    brush.trace(path("M -0.6 2.16 L 0.6 2.16"), GOLD, 0.05)
    brush.draw("M -0.12 2.2 L 0.12 2.2 L 0.17 3.5 L 0 3.62 L -0.17 3.5 Z", sash)
    brush.circle(0, 2.22, 0.12, (120, 190, 150))


def draw_lolita(brush: Brush, cloth: Cloth) -> None:
    """Bell skirt in tiers of lace, laced bodice, a large bow at the neck."""
    lace = (92, 64, 84) if cloth.name == "白色" else WHITE
    ruffle(brush, lace, -1.58, 1.58, 3.38, 0.22, 0.2, 11)
    brush.draw(
        "M -0.5 2.0 C -1.25 2.1 -1.6 2.75 -1.68 3.32 Q 0 3.78 1.68 3.32 "
        "C 1.6 2.75 1.25 2.1 0.5 2.0 Z",
        cloth.colour,
    )
    ruffle(brush, lace, -1.42, 1.42, 2.82, 0.26, 0.17, 11)
    for x in (-0.95, 0.95):
        brush.draw(f"M {x} 2.5 L {x - 0.2} 2.38 L {x - 0.2} 2.62 Z", lace, line=0.6)
        brush.draw(f"M {x} 2.5 L {x + 0.2} 2.38 L {x + 0.2} 2.62 Z", lace, line=0.6)
    brush.draw(_BODICE, cloth.colour)
    ruffle(brush, lace, -0.62, 0.62, 2.08, 0.06, 0.11, 8)
    for y in (1.56, 1.72, 1.88):
        brush.trace(polygon([(-0.16, y), (0.16, y + 0.15)], closed=False), lace, 0.05)
        brush.trace(polygon([(0.16, y), (-0.16, y + 0.15)], closed=False), lace, 0.05)
    for side in (-1, 1):
        brush.trace(
            polygon([(side * 0.24, 1.4), (side * 0.22, 2.02)], closed=False), lace, 0.07
        )
    for _ in brush.sides():
        brush.draw(
            "M 0 1.22 C 0.25 0.95 0.55 0.98 0.56 1.24 C 0.55 1.5 0.25 1.5 0 1.22 Z",
            darker(cloth.colour, 0.3) if lace == WHITE else lace,
        )
    brush.circle(0, 1.22, 0.12, lace)


def draw_skirt(brush: Brush, cloth: Cloth) -> None:
    """Plain blouse tucked into a straight flaring skirt that starts high."""
    blouse = (70, 72, 92) if cloth.name == "白色" else (246, 244, 238)
    brush.draw(
        "M -0.34 1.02 Q -0.58 1.1 -0.8 1.24 L -0.62 1.7 L 0.62 1.7 L 0.8 1.24 "
        "Q 0.58 1.1 0.34 1.02 L 0 1.16 Z",
        blouse,
    )
    for _ in brush.sides():
        brush.draw(
            "M 0.02 1.12 L 0.34 0.96 L 0.46 1.2 L 0.2 1.34 Z", lighter(blouse, 0.3)
        )
    for y in (1.34, 1.5):
        brush.circle(0, y, 0.045, GOLD, line=0)
    brush.draw("M -0.54 1.72 L 0.54 1.72 L 1.42 3.36 L -1.42 3.36 Z", cloth.colour)
    brush.draw(
        "M -0.56 1.6 L 0.56 1.6 L 0.58 1.88 L -0.58 1.88 Z", darker(cloth.colour, 0.32)
    )
    brush.draw("M -0.13 1.63 L 0.13 1.63 L 0.13 1.85 L -0.13 1.85 Z", GOLD, line=0.7)
    for x in (-0.2, 0.2):
        for y in (2.12, 2.42):
            brush.circle(x * (1 + (y - 2.1) * 0.3), y, 0.075, GOLD, line=0.6)
    brush.trace(path("M -1.34 3.22 L 1.34 3.22"), darker(cloth.colour, 0.4), 0.05)


def draw_cheongsam(brush: Brush, cloth: Cloth) -> None:
    """Stand collar, slanting fastening with knots, a narrow sheath with a slit."""
    piping = (150, 96, 20) if cloth.light else (250, 214, 110)
    brush.draw(
        "M -0.28 0.94 L 0.28 0.94 L 0.34 1.1 Q 0.62 1.16 0.78 1.3 L 0.62 1.75 "
        "Q 0.5 1.98 0.54 2.12 C 0.78 2.5 0.78 3.1 0.64 4.0 L -0.64 4.0 "
        "C -0.78 3.1 -0.78 2.5 -0.54 2.12 Q -0.5 1.98 -0.62 1.75 L -0.78 1.3 "
        "Q -0.62 1.16 -0.34 1.1 Z",
        cloth.colour,
    )
    brush.draw(
        "M -0.3 0.9 L 0.3 0.9 L 0.33 1.12 L -0.33 1.12 Z", darker(cloth.colour, 0.12)
    )
    brush.trace(path("M -0.3 0.93 L 0 1.1 L 0.3 0.93"), piping, 0.06)
    brush.trace(path("M 0 1.12 C 0.1 1.42 0.4 1.5 0.66 1.5"), piping, 0.09)
    for x, y in ((0.02, 1.18), (0.24, 1.42), (0.52, 1.5)):
        brush.trace(
            polygon([(x - 0.13, y - 0.06), (x + 0.13, y + 0.06)], closed=False),
            piping,
            0.08,
        )
    flower = (232, 90, 110) if cloth.name in {"白色", "黄色", "黑色"} else WHITE
    chance = random.Random(cloth.detail + 401)
    spots = [(-0.3, 1.7), (0.22, 2.45), (-0.3, 2.85), (0.2, 3.4)]
    for x, y in spots:
        turn = chance.uniform(0, 6)
        for j in range(5):
            angle = math.tau * j / 5 + turn
            brush.circle(
                x + 0.12 * math.cos(angle),
                y + 0.12 * math.sin(angle),
                0.085,
                flower,
                line=0,
            )
        brush.circle(x, y, 0.06, piping, line=0)
    brush.trace(path("M 0.72 2.9 L 0.66 3.96"), piping, 0.06)
    brush.trace(path("M -0.62 3.95 L 0.62 3.95"), piping, 0.07)


def draw_maid(brush: Brush, cloth: Cloth) -> None:
    """A dress under a large plain apron with a bib."""
    apron = (64, 66, 96) if cloth.name == "白色" else WHITE
    brush.draw(
        "M -0.52 2.0 C -1.1 2.2 -1.35 2.8 -1.4 3.25 Q 0 3.6 1.4 3.25 "
        "C 1.35 2.8 1.1 2.2 0.52 2.0 Z",
        cloth.colour,
    )
    brush.draw(_BODICE, cloth.colour)
    ruffle(brush, apron, -0.78, 0.78, 3.0, 0.26, 0.15, 8)
    brush.draw(
        "M -0.5 2.04 L 0.5 2.04 C 0.85 2.4 0.92 2.8 0.84 3.02 "
        "Q 0 3.4 -0.84 3.02 C -0.92 2.8 -0.85 2.4 -0.5 2.04 Z",
        apron,
    )
    brush.draw("M -0.36 1.38 L 0.36 1.38 L 0.44 2.04 L -0.44 2.04 Z", apron)
    brush.draw("M -0.58 1.98 L 0.58 1.98 L 0.6 2.16 L -0.6 2.16 Z", apron)
    ruffle(brush, apron, -0.36, 0.36, 1.36, 0, 0.1, 5)
    for _ in brush.sides():
        brush.draw(
            "M 0 1.1 L 0.4 0.98 L 0.5 1.2 L 0.12 1.3 Z",
            apron if cloth.name == "白色" else WHITE,
        )
        brush.draw(
            "M 0 1.24 L 0.26 1.12 L 0.26 1.38 Z",
            INK if cloth.name != "黑色" else (196, 36, 50),
        )
    brush.circle(0, 1.25, 0.08, INK if cloth.name != "黑色" else (196, 36, 50))


def draw_wings(brush: Brush, cloth: Cloth) -> None:
    """The apron's ruffled straps, which stand out over the shoulders."""
    apron = (64, 66, 96) if cloth.name == "白色" else WHITE
    for _ in brush.sides():
        for i in range(5):
            brush.oval(0.66 - i * 0.055, 1.2 + i * 0.17, 0.16, 0.14, apron, line=0.7)
