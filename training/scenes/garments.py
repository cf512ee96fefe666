"""Clothes that end in a shirt, a jacket or plates, and the table of all twelve.

A garment is drawn over a plain body. The main colour covers most of its area;
trims are white, gold or dark so that they never carry the garment's name.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

import skia

from training.scenes import dresses
from training.scenes.brush import Brush, path, polygon, smooth, star
from training.scenes.trims import Cloth, pleats
from training.scenes.vocabulary import GOLD, INK, NAVY, WHITE, darker, lighter, mix


@dataclass(frozen=True)
class Cut:
    """How a garment is worn."""

    draw: Callable[[Brush, Cloth], None]
    sleeve: str
    """none, cap, short, puff, blouse, long, baggy, wide or plated."""
    legs: str = "bare"
    """bare, socks, boots, trousers, jeans, shorts or hidden."""


def _suit(brush: Brush, cloth: Cloth) -> None:
    shirt = INK if cloth.name in {"白色", "黄色"} else WHITE
    tie = (190, 30, 48) if cloth.name not in {"红色", "粉色"} else (34, 40, 80)
    brush.draw(
        "M -0.32 1.0 Q -0.6 1.1 -0.86 1.26 L -0.7 1.8 L -0.62 2.1 L -0.78 2.78 "
        "L 0.78 2.78 L 0.62 2.1 L 0.7 1.8 L 0.86 1.26 Q 0.6 1.1 0.32 1.0 Z",
        cloth.colour,
    )
    brush.draw("M -0.3 0.98 L 0.3 0.98 L 0 2.0 Z", shirt)
    brush.draw("M -0.09 1.16 L 0.09 1.16 L 0.14 1.72 L 0 1.92 L -0.14 1.72 Z", tie)
    brush.draw("M -0.12 1.04 L 0.12 1.04 L 0.08 1.2 L -0.08 1.2 Z", darker(tie, 0.2))
    for _ in brush.sides():
        brush.draw(
            "M 0.3 0.96 L 0.52 1.12 L 0.56 1.38 L 0.42 1.42 L 0.48 1.52 L 0.02 2.04 Z",
            darker(cloth.colour, 0.16),
        )
        brush.draw(
            "M 0.36 2.36 L 0.66 2.36 L 0.66 2.46 L 0.36 2.46 Z",
            darker(cloth.colour, 0.3),
            line=0.5,
        )
    brush.trace(path("M 0 2.04 L 0 2.76"), darker(cloth.colour, 0.5), 0.04)
    for y in (2.16, 2.4):
        brush.circle(0.1, y, 0.06, GOLD, line=0.5)


def _hoodie(brush: Brush, cloth: Cloth) -> None:
    brush.draw(
        "M -0.42 0.98 Q -0.85 1.1 -1.0 1.36 L -0.94 2.5 Q -0.92 2.72 -0.8 2.76 "
        "L 0.8 2.76 Q 0.92 2.72 0.94 2.5 L 1.0 1.36 Q 0.85 1.1 0.42 0.98 Z",
        cloth.colour,
    )
    brush.draw(
        "M -0.86 2.6 L 0.86 2.6 L 0.8 2.84 L -0.8 2.84 Z", darker(cloth.colour, 0.22)
    )
    for i in range(-6, 7):
        brush.trace(
            polygon([(i * 0.125, 2.64), (i * 0.12, 2.8)], closed=False),
            darker(cloth.colour, 0.45),
            0.025,
        )
    brush.draw(
        "M -0.48 2.08 L 0.48 2.08 L 0.66 2.36 L 0.66 2.58 L -0.66 2.58 L -0.66 2.36 Z",
        darker(cloth.colour, 0.12),
    )
    brush.draw(
        "M -0.74 0.86 C -0.86 1.3 -0.4 1.58 0 1.62 C 0.4 1.58 0.86 1.3 0.74 0.86 "
        "C 0.5 1.2 0.25 1.3 0 1.32 C -0.25 1.3 -0.5 1.2 -0.74 0.86 Z",
        darker(cloth.colour, 0.1),
    )
    cord = INK if cloth.light else WHITE
    for side in (-1, 1):
        brush.trace(
            smooth(
                [(side * 0.2, 1.5), (side * 0.24, 1.75), (side * 0.2, 2.0)],
                closed=False,
            ),
            cord,
            0.06,
        )
        brush.circle(side * 0.2, 2.0, 0.06, cord, line=0)


def _tee(brush: Brush, cloth: Cloth) -> None:
    brush.draw(
        "M -0.34 1.04 Q -0.6 1.12 -0.82 1.24 L -0.7 1.75 L -0.68 2.56 L 0.68 2.56 "
        "L 0.7 1.75 L 0.82 1.24 Q 0.6 1.12 0.34 1.04 Q 0 1.4 -0.34 1.04 Z",
        cloth.colour,
    )
    brush.trace(
        path("M -0.34 1.05 Q 0 1.42 0.34 1.05"), darker(cloth.colour, 0.3), 0.07
    )
    if not cloth.printed:
        return
    chance = random.Random(cloth.detail + 307)
    ink = chance.choice([(60, 66, 90), (120, 124, 130)]) if cloth.light else WHITE
    motif = chance.randrange(4)
    if motif == 0:
        brush.draw(
            "M 0 2.16 C -0.6 1.8 -0.4 1.46 0 1.66 C 0.4 1.46 0.6 1.8 0 2.16 Z",
            ink,
            line=0,
        )
    elif motif == 1:
        for y in (1.6, 1.84, 2.08):
            brush.trace(polygon([(-0.6, y), (0.6, y)], closed=False), ink, 0.09)
    elif motif == 2:  # noqa: PLR2004
        brush.draw(
            "M 0.1 1.5 L -0.3 1.92 L -0.04 1.92 L -0.14 2.26 L 0.3 1.8 "
            "L 0.04 1.8 L 0.2 1.5 Z",
            ink,
            line=0,
        )
    else:
        brush.circle(0, 1.84, 0.3, ink, line=0)
        brush.circle(0, 1.84, 0.18, cloth.colour, line=0)


def _armour(brush: Brush, cloth: Cloth) -> None:
    metal = mix(cloth.colour, (190, 196, 210), 0.12)
    bright, shade = lighter(metal, 0.5), darker(metal, 0.35)
    brush.draw("M -0.6 2.0 L 0.6 2.0 L 0.8 2.6 L -0.8 2.6 Z", (62, 64, 76))
    for x, lean in ((-0.66, -0.16), (-0.22, -0.05), (0.22, 0.05), (0.66, 0.16)):
        brush.poly(
            [
                (x - 0.24, 2.18),
                (x + 0.24, 2.18),
                (x + 0.26 + lean, 2.9),
                (x + lean, 3.12),
                (x - 0.26 + lean, 2.9),
            ],
            metal,
        )
        brush.trace(polygon([(x, 2.26), (x + lean, 2.98)], closed=False), bright, 0.06)
    for y, half in ((1.98, 0.62), (2.16, 0.7)):
        brush.poly(
            [(-half, y - 0.1), (half, y - 0.1), (half, y + 0.1), (-half, y + 0.1)],
            darker(metal, 0.12),
        )
    brush.draw(
        "M -0.4 1.02 L -0.8 1.24 L -0.68 1.8 Q -0.3 2.06 0 2.12 "
        "Q 0.3 2.06 0.68 1.8 L 0.8 1.24 L 0.4 1.02 Q 0 1.26 -0.4 1.02 Z",
        metal,
    )
    brush.draw("M 0 1.2 L 0.2 1.62 L 0 2.08 L -0.2 1.62 Z", bright, line=0.6)
    for _ in brush.sides():
        brush.trace(path("M 0.28 1.3 Q 0.62 1.5 0.52 1.84"), shade, 0.06)
        brush.trace(path("M 0.4 1.08 L 0.78 1.28"), GOLD, 0.08)
    brush.draw(
        "M -0.42 0.92 L 0.42 0.92 L 0.46 1.14 Q 0 1.34 -0.46 1.14 Z", darker(metal, 0.1)
    )
    brush.circle(0, 1.62, 0.1, (240, 220, 130), line=0.6)


def _stage(brush: Brush, cloth: Cloth) -> None:
    under = (58, 52, 70) if cloth.light else WHITE
    for y, half, tone in (
        (3.12, 1.3, under),
        (2.84, 1.16, cloth.colour),
        (2.54, 0.98, lighter(cloth.colour, 0.14)),
    ):
        points = [(-0.5, 2.02), (0.5, 2.02), (half, y - 0.12)]
        for i in range(9):
            x = half - i * half / 4
            points.append((x - half / 8, y + (0.12 if i % 2 else -0.04)))
        points.append((-half, y - 0.12))
        brush.poly(points, tone)
    brush.draw(
        "M -0.3 1.02 Q -0.56 1.14 -0.82 1.26 L -0.64 1.75 L -0.54 2.12 L 0.54 2.12 "
        "L 0.64 1.75 L 0.82 1.26 Q 0.56 1.14 0.3 1.02 L 0 1.2 Z",
        cloth.colour,
    )
    gold = (206, 140, 30) if cloth.name == "黄色" else (244, 202, 74)
    for y, half in ((1.42, 0.5), (1.66, 0.44), (1.9, 0.38)):
        brush.trace(polygon([(-half, y), (half, y)], closed=False), gold, 0.1)
        for side in (-1, 1):
            brush.circle(side * half, y, 0.09, gold, line=0.6)
    brush.draw("M -0.56 2.0 L 0.56 2.0 L 0.58 2.2 L -0.58 2.2 Z", gold)
    brush.shape(star(0, 2.1, 0.2, 0.09), WHITE, line=0.6)
    chance = random.Random(cloth.detail + 311)
    for _ in range(14):
        x, y = chance.uniform(-0.9, 0.9), chance.uniform(2.4, 3.0)
        brush.canvas.drawCircle(
            x, y, 0.035, skia.Paint(AntiAlias=True, Color=0xF0FFFFFF)
        )


def _swimsuit(brush: Brush, cloth: Cloth) -> None:
    brush.draw(
        "M -0.56 1.14 L -0.34 1.1 Q -0.28 1.56 0 1.58 Q 0.28 1.56 0.34 1.1 "
        "L 0.56 1.14 Q 0.5 1.5 0.62 1.75 L 0.52 2.1 Q 0.66 2.35 0.68 2.5 "
        "Q 0.35 2.6 0.18 2.98 L -0.18 2.98 Q -0.35 2.6 -0.68 2.5 "
        "Q -0.66 2.35 -0.52 2.1 L -0.62 1.75 Q -0.5 1.5 -0.56 1.14 Z",
        cloth.colour,
    )
    trim = NAVY if cloth.light else WHITE
    brush.trace(
        path("M -0.34 1.12 Q -0.28 1.56 0 1.58 Q 0.28 1.56 0.34 1.12"), trim, 0.07
    )
    for _ in brush.sides():
        brush.trace(path("M 0.5 1.72 Q 0.36 2.1 0.5 2.42"), trim, 0.1)
        brush.trace(path("M 0.68 2.5 Q 0.35 2.6 0.2 2.94"), trim, 0.07)


def _sailor(brush: Brush, cloth: Cloth) -> None:
    collar = WHITE if cloth.name in {"黑色", "蓝色", "紫色", "绿色"} else NAVY
    stripe = NAVY if collar == WHITE else WHITE
    scarf = (246, 200, 60) if cloth.name in {"红色", "粉色"} else (214, 38, 52)
    hem = [(-0.58, 2.2), (0.58, 2.2)]
    hem += [(1.08 - i * 0.18, 3.2 if i % 2 else 3.08) for i in range(13)]
    brush.poly(hem, cloth.colour)
    pleats(brush, cloth.colour, 0.55, 2.25, 1.04, 3.1, 6)
    brush.draw(
        "M -0.34 1.02 Q -0.6 1.1 -0.82 1.24 L -0.64 1.75 L -0.62 2.3 L 0.62 2.3 "
        "L 0.64 1.75 L 0.82 1.24 Q 0.6 1.1 0.34 1.02 L 0 1.5 Z",
        cloth.colour,
    )
    brush.trace(path("M -0.6 2.24 L 0.6 2.24"), collar, 0.09)
    brush.draw(
        "M -0.32 0.98 L -0.92 1.24 L -0.84 1.66 L 0 1.98 L 0.84 1.66 L 0.92 1.24 "
        "L 0.32 0.98 L 0 1.6 Z",
        collar,
    )
    for inset in (0.09, 0.19):
        brush.trace(
            polygon(
                [
                    (-0.88 + inset, 1.3),
                    (-0.8 + inset, 1.62 - inset * 0.4),
                    (0, 1.92 - inset),
                    (0.8 - inset, 1.62 - inset * 0.4),
                    (0.88 - inset, 1.3),
                ],
                closed=False,
            ),
            stripe,
            0.05,
        )
    for _ in brush.sides():
        brush.draw("M 0 1.82 L 0.34 2.36 L 0.1 2.42 L 0 2.0 Z", scarf)
        brush.draw("M 0 1.84 L 0.36 1.66 L 0.36 2.0 Z", scarf)
    brush.circle(0, 1.86, 0.12, darker(scarf, 0.15))


CUTS: dict[str, Cut] = {
    "汉服": Cut(dresses.draw_hanfu, "wide", "hidden"),
    "洛丽塔裙": Cut(dresses.draw_lolita, "puff", "socks"),
    "高腰A字裙": Cut(dresses.draw_skirt, "blouse"),
    "水手服": Cut(_sailor, "short", "socks"),
    "旗袍": Cut(dresses.draw_cheongsam, "cap"),
    "西装": Cut(_suit, "long", "trousers"),
    "女仆装": Cut(dresses.draw_maid, "puff", "socks"),
    "打歌服": Cut(_stage, "glove", "boots"),
    "泳装": Cut(_swimsuit, "none"),
    "卫衣": Cut(_hoodie, "baggy", "shorts"),
    "T恤": Cut(_tee, "short", "jeans"),
    "铠甲": Cut(_armour, "plated", "plated"),
}


def draw_shoulders(brush: Brush, clothing: str, cloth: Cloth) -> None:
    """Draws what sits on the shoulders, over the arms."""
    if clothing == "铠甲":
        metal = mix(cloth.colour, (190, 196, 210), 0.12)
        for _ in brush.sides():
            brush.draw(
                "M 0.42 1.2 C 0.6 0.88 1.3 0.95 1.36 1.7 Q 1.05 1.5 0.66 1.62 Z", metal
            )
            brush.trace(path("M 0.66 1.6 Q 1.05 1.48 1.34 1.68"), GOLD, 0.09)
            brush.trace(
                path("M 0.62 1.22 Q 0.95 1.02 1.2 1.32"), lighter(metal, 0.55), 0.09
            )
    elif clothing == "打歌服":
        gold = (206, 140, 30) if cloth.name == "黄色" else (244, 202, 74)
        for _ in brush.sides():
            for i in range(6):
                x = 0.62 + i * 0.11
                brush.trace(
                    polygon([(x, 1.28), (x + 0.03, 1.55)], closed=False), gold, 0.07
                )
            brush.draw("M 0.5 1.2 Q 0.8 0.98 1.2 1.28 Q 0.9 1.42 0.52 1.34 Z", gold)
    elif clothing == "女仆装":
        dresses.draw_wings(brush, cloth)
