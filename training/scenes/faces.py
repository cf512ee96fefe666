"""Heads: the face's form and the six expressions, drawn large.

Each expression differs in brows, eyes, mouth and tears at once, so that no
single small stroke has to carry it.
"""

import random

import skia

from training.scenes.brush import Brush, paint, path, stroke
from training.scenes.vocabulary import (
    INK,
    WHITE,
    Colour,
    darker,
    lighter,
    luminance,
    mix,
    rgb,
)

FACE = (
    "M -0.95 -0.1 C -0.98 0.45 -0.62 1.0 0 1.02 C 0.62 1.0 0.98 0.45 0.95 -0.1 "
    "C 0.95 -0.75 0.55 -1.02 0 -1.02 C -0.55 -1.02 -0.95 -0.75 -0.95 -0.1 Z"
)
_LINE: Colour = (58, 30, 40)
_LIP: Colour = (206, 74, 84)
_MOUTH: Colour = (150, 36, 52)
_TONGUE: Colour = (240, 130, 130)
_TEAR: Colour = (112, 190, 250)
_RAGE: Colour = (214, 34, 40)


def draw_face(brush: Brush, skin: Colour, expression: str, detail: int) -> None:
    """Draws the head's skin, eyes and mouth; brows come later, over the hair."""
    chance = random.Random(detail + 101)
    for _ in brush.sides():
        brush.oval(0.95, 0.12, 0.13, 0.2, skin)
    brush.draw(FACE, skin)
    iris = rgb(
        chance.uniform(0, 360), chance.uniform(0.5, 0.85), chance.uniform(0.55, 0.9)
    )
    _cheeks(brush, expression, skin)
    for side in brush.sides():
        _eye(brush, expression, iris, side)
    _mouth(brush, expression)
    if expression == "哭泣":
        for _ in brush.sides():
            _tears(brush)
    brush.trace(path("M -0.03 0.44 L 0.04 0.46"), darker(skin, 0.35), 0.035)
    brush.mark("expression", (-0.85, -0.35, 0.85, 0.95))


def _cheeks(brush: Brush, expression: str, skin: Colour) -> None:
    strength = {"微笑": 0.75, "大笑": 0.9, "哭泣": 0.5, "生气": 0.0}.get(
        expression, 0.0
    )
    if not strength:
        return
    tone = mix(skin, (255, 90, 110), 0.6)
    for _ in brush.sides():
        brush.canvas.drawOval(
            skia.Rect(0.44, 0.46, 0.84, 0.66), paint(tone, strength * 0.8)
        )


def _eye(brush: Brush, expression: str, iris: Colour, side: int) -> None:
    canvas = brush.canvas
    if expression == "大笑":
        brush.trace(path("M 0.2 0.3 Q 0.44 -0.12 0.7 0.3"), _LINE, 0.11)
        return
    if expression == "哭泣":
        brush.trace(path("M 0.2 0.12 Q 0.44 0.34 0.7 0.12"), _LINE, 0.1)
        for x in (0.3, 0.46, 0.62):
            canvas.drawLine(x, 0.22, x + (x - 0.45) * 0.3, 0.34, stroke(_LINE, 0.05))
        return
    half_height = {"惊讶": 0.36, "生气": 0.26, "平静": 0.27}.get(expression, 0.29)
    half_width = {"惊讶": 0.25}.get(expression, 0.23)
    x, y = 0.44, 0.2
    white = skia.Rect(x - half_width, y - half_height, x + half_width, y + half_height)
    canvas.save()
    if expression == "平静":
        canvas.clipRect(skia.Rect(0, y - 0.02, 1, 1), doAntiAlias=True)
    elif expression == "生气":
        canvas.clipPath(
            path("M 0.1 0.2 L 0.9 -0.14 L 0.9 0.9 L 0.1 0.9 Z"), doAntiAlias=True
        )
    canvas.drawOval(white, paint(WHITE))
    scale = 0.42 if expression == "惊讶" else 0.8
    rx, ry = half_width * scale, half_height * (scale + 0.08)
    canvas.drawOval(skia.Rect(x - rx, y - ry, x + rx, y + ry), paint(darker(iris, 0.3)))
    canvas.drawOval(
        skia.Rect(x - rx * 0.8, y - ry * 0.1, x + rx * 0.8, y + ry * 0.92),
        paint(lighter(iris, 0.25)),
    )
    canvas.drawOval(
        skia.Rect(x - rx * 0.45, y - ry * 0.5, x + rx * 0.45, y + ry * 0.45),
        paint(INK),
    )
    if expression != "平静":
        glint = -0.07 * side
        canvas.drawCircle(x + glint, y - ry * 0.45, 0.075, paint(WHITE))
        canvas.drawCircle(x - glint, y + ry * 0.4, 0.04, paint(WHITE))
    canvas.restore()
    _lid(brush, expression, white)


def _lid(brush: Brush, expression: str, white: skia.Rect) -> None:
    if expression == "惊讶":
        brush.canvas.drawOval(white, stroke(_LINE, 0.06))
    elif expression == "平静":
        brush.trace(path("M 0.17 0.2 L 0.72 0.19"), _LINE, 0.1)
        brush.trace(path("M 0.3 0.46 L 0.58 0.46"), _LINE, 0.04)
    elif expression == "生气":
        brush.trace(path("M 0.18 0.22 L 0.74 -0.06"), _LINE, 0.11)
    else:
        brush.trace(path("M 0.18 0.1 Q 0.42 -0.2 0.72 0.08 L 0.78 0.02"), _LINE, 0.09)
        brush.trace(path("M 0.3 0.5 Q 0.45 0.54 0.6 0.48"), _LINE, 0.04)


def _mouth(brush: Brush, expression: str) -> None:
    if expression == "微笑":
        brush.trace(path("M -0.3 0.6 Q 0 0.86 0.3 0.6"), _LINE, 0.075)
    elif expression == "大笑":
        brush.draw(
            "M -0.4 0.52 Q 0 0.6 0.4 0.52 C 0.38 1.02 -0.38 1.02 -0.4 0.52 Z", _MOUTH
        )
        brush.canvas.drawPath(
            path("M -0.34 0.56 Q 0 0.62 0.34 0.56 L 0.31 0.66 Q 0 0.7 -0.31 0.66 Z"),
            paint(WHITE),
        )
        brush.canvas.drawOval(skia.Rect(-0.18, 0.76, 0.18, 0.9), paint(_TONGUE))
    elif expression == "哭泣":
        brush.trace(
            path(
                "M -0.3 0.82 Q -0.22 0.6 -0.1 0.7 Q 0 0.8 0.1 0.7 Q 0.22 0.6 0.3 0.82"
            ),
            _LINE,
            0.075,
        )
    elif expression == "生气":
        brush.draw(
            "M -0.34 0.86 Q -0.3 0.6 0 0.6 Q 0.3 0.6 0.34 0.86 Q 0 0.76 -0.34 0.86 Z",
            WHITE,
        )
        brush.trace(
            path(
                "M -0.34 0.86 Q -0.3 0.6 0 0.6 Q 0.3 0.6 0.34 0.86 Q 0 0.76 -0.34 0.86"
            ),
            _LINE,
            0.06,
        )
        for x in (-0.15, 0.0, 0.15):
            brush.canvas.drawLine(x, 0.62, x, 0.78, stroke(_LINE, 0.04))
    elif expression == "惊讶":
        brush.oval(0, 0.74, 0.14, 0.2, _MOUTH)
        brush.canvas.drawOval(skia.Rect(-0.14, 0.54, 0.14, 0.94), stroke(_LINE, 0.06))
    else:
        brush.trace(path("M -0.2 0.7 L 0.2 0.7"), _LINE, 0.075)


def _tears(brush: Brush) -> None:
    stream = path(
        "M 0.28 0.3 L 0.64 0.3 C 0.7 0.55 0.66 0.75 0.56 0.98 "
        "C 0.48 1.06 0.38 1.02 0.34 0.94 C 0.3 0.7 0.26 0.5 0.28 0.3 Z"
    )
    brush.canvas.drawPath(stream, paint(_TEAR, 0.92))
    brush.canvas.drawPath(stream, stroke(darker(_TEAR, 0.35), 0.035))
    brush.trace(path("M 0.42 0.42 L 0.44 0.82"), WHITE, 0.06)


def draw_brows(brush: Brush, expression: str, hair: Colour) -> None:
    """Draws brows, and the sign of anger or surprise, over the fringe."""
    tone = darker(hair, 0.55) if luminance(hair) > 60 else INK  # noqa: PLR2004
    curve, width = {
        "微笑": ("M 0.22 -0.24 Q 0.44 -0.36 0.68 -0.22", 0.06),
        "大笑": ("M 0.2 -0.3 Q 0.44 -0.46 0.7 -0.28", 0.07),
        "哭泣": ("M 0.16 -0.3 Q 0.4 -0.16 0.7 -0.02", 0.08),
        "生气": ("M 0.1 0.04 L 0.72 -0.34", 0.14),
        "惊讶": ("M 0.2 -0.4 Q 0.44 -0.6 0.7 -0.38", 0.07),
        "平静": ("M 0.2 -0.14 L 0.68 -0.14", 0.06),
    }[expression]
    for _ in brush.sides():
        brush.trace(path(curve), tone, width)
    if expression == "生气":
        _vein(brush)


def _vein(brush: Brush) -> None:
    for text in (
        "M 0.56 -0.7 Q 0.7 -0.68 0.68 -0.84",
        "M 0.8 -0.84 Q 0.78 -0.68 0.92 -0.7",
        "M 0.56 -0.58 Q 0.7 -0.6 0.68 -0.44",
        "M 0.8 -0.44 Q 0.78 -0.6 0.92 -0.58",
    ):
        brush.trace(path(text), WHITE, 0.15)
        brush.trace(path(text), _RAGE, 0.09)
