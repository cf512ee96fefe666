"""Arms in their sleeves and legs in what they wear."""

from collections.abc import Callable

from training.scenes.brush import Brush, Point, polygon, smooth
from training.scenes.props import Arm, bend, draw_limb
from training.scenes.trims import Cloth
from training.scenes.vocabulary import INK, WHITE, Colour, darker, lighter, mix

_STEEL: Colour = (190, 196, 210)
_MAIL: Colour = (72, 74, 86)
_SHOE: Colour = (70, 48, 46)

Sleeve = Callable[[Brush, list[Point], Cloth], None]


def draw_legs(brush: Brush, skin: Colour, cloth: Cloth, kind: str) -> None:
    """Draws both legs, dressed as the garment's cut says."""
    if kind == "hidden":
        for side in (-1, 1):
            brush.oval(side * 0.35, 4.62, 0.3, 0.15, INK)
        return
    for side in (-1, 1):
        brush.tube(_down(side, "leg"), skin, 0.36)
        for part, tone, width in _hose(kind, cloth):
            brush.tube(_down(side, part), tone, width)
        brush.oval(side * 0.36, 4.55, 0.3, 0.16, _shoe(kind, cloth.colour))


def _down(side: int, part: str) -> list[Point]:
    points = {
        "leg": [(0.33, 2.6), (0.34, 3.6), (0.33, 4.45)],
        "shin": [(0.34, 3.5), (0.34, 4.0), (0.33, 4.45)],
        "thigh": [(0.34, 2.6), (0.35, 2.85), (0.36, 3.05)],
    }[part]
    return [(side * x, y) for x, y in points]


def _hose(kind: str, cloth: Cloth) -> list[tuple[str, Colour, float]]:
    colour = cloth.colour
    worn: dict[str, list[tuple[str, Colour, float]]] = {
        "trousers": [("leg", darker(colour, 0.08), 0.52)],
        "jeans": [("leg", (98, 108, 128), 0.5)],
        "shorts": [("thigh", (62, 64, 74), 0.58)],
        "socks": [("shin", (70, 66, 84) if cloth.light else WHITE, 0.38)],
        "boots": [("shin", lighter(colour, 0.1), 0.44)],
        "plated": [("leg", _MAIL, 0.42), ("shin", mix(colour, _STEEL, 0.15), 0.46)],
    }
    return worn.get(kind, [])


def _shoe(kind: str, colour: Colour) -> Colour:
    shoes: dict[str, Colour] = {
        "jeans": WHITE,
        "shorts": (226, 226, 230),
        "boots": darker(colour, 0.3),
        "plated": (110, 114, 126),
    }
    return shoes.get(kind, _SHOE)


def draw_arm(brush: Brush, skin: Colour, cloth: Cloth, sleeve: str, arm: Arm) -> None:
    """Draws the arm on the side where x > 0, with its hand and its sleeve."""
    draw_limb(brush, arm, skin)
    if sleeve in _SLEEVES:
        _SLEEVES[sleeve](brush, bend(arm), cloth)


def _cuffs(cloth: Cloth, otherwise: Colour) -> Colour:
    return otherwise if cloth.name == "白色" else WHITE


def _cap(brush: Brush, points: list[Point], cloth: Cloth) -> None:
    brush.tube(points[:3], cloth.colour, 0.36)


def _short(brush: Brush, points: list[Point], cloth: Cloth) -> None:
    brush.tube(points[:4], cloth.colour, 0.44)
    hem = polygon(points[3:5], closed=False)
    brush.trace(hem, darker(cloth.colour, 0.3), 0.06)


def _puff(brush: Brush, points: list[Point], cloth: Cloth) -> None:
    brush.oval(0.88, 1.46, 0.36, 0.36, cloth.colour)
    brush.circle(*points[4], 0.19, _cuffs(cloth, (84, 80, 104)), line=0.7)


def _blouse(brush: Brush, points: list[Point], cloth: Cloth) -> None:
    tone = (70, 72, 92) if cloth.name == "白色" else (246, 244, 238)
    brush.tube(points[:7], tone, 0.36)


def _long(brush: Brush, points: list[Point], cloth: Cloth) -> None:
    brush.tube(points[:8], cloth.colour, 0.38)
    brush.tube(points[7:], _cuffs(cloth, INK), 0.3)


def _baggy(brush: Brush, points: list[Point], cloth: Cloth) -> None:
    brush.tube(points[:8], cloth.colour, 0.5)
    brush.tube(points[7:], darker(cloth.colour, 0.25), 0.34)


def _glove(brush: Brush, points: list[Point], cloth: Cloth) -> None:
    brush.tube(points[:3], cloth.colour, 0.42)
    brush.tube(points[5:], _cuffs(cloth, (58, 52, 70)), 0.32)


def _plated(brush: Brush, points: list[Point], cloth: Cloth) -> None:
    brush.tube(points[:5], _MAIL, 0.32)
    brush.tube(points[5:], mix(cloth.colour, _STEEL, 0.15), 0.4)


def _wide(brush: Brush, points: list[Point], cloth: Cloth) -> None:
    colour, name = cloth.colour, cloth.name
    (hx, hy), (sx, sy) = points[6], points[0]
    outline = [
        (sx - 0.1, sy - 0.18),
        points[4],
        (hx + 0.14, hy - 0.14),
        (hx + 0.3, hy + 1.0),
        (hx - 0.2, hy + 1.08),
        (sx - 0.02, sy + 0.5),
    ]
    brush.shape(smooth(outline), colour)
    band = (92, 70, 120) if name in {"白色", "黄色"} else WHITE
    brush.trace(
        polygon([(hx + 0.16, hy + 0.95), (hx - 0.14, hy + 0.98)], closed=False),
        band,
        0.12,
    )
    brush.trace(
        polygon([(hx - 0.1, hy + 0.2), (hx - 0.1, hy + 0.75)], closed=False),
        darker(colour, 0.35),
        0.04,
    )


_SLEEVES: dict[str, Sleeve] = {
    "cap": _cap,
    "short": _short,
    "puff": _puff,
    "blouse": _blouse,
    "long": _long,
    "baggy": _baggy,
    "glove": _glove,
    "plated": _plated,
    "wide": _wide,
}
