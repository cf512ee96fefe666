"""Abstract pictures: stripes, mandalas, charts, pages of text, tilings."""

import math  # noqa: I001
import random

import numpy as np
import numpy.typing as npt
import skia

from training.scenes.brush import paint, polygon, star, stroke
from training.scenes.marks import draw_glyph
from training.scenes.vocabulary import Colour, rgb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Pixels = npt.NDArray[np.uint8]
_HALF = 0.5


def draw_pattern(
    chance: random.Random, dice: np.random.Generator, width: int, height: int
) -> Pixels:
    """Draws one of many kinds of pattern."""
    pixels = np.zeros((height, width, 4), np.uint8)
    surface = skia.Surface(pixels, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorSetRGB(*_tone(chance)))
    makers: tuple[Callable[[skia.Canvas, random.Random, float, float], None], ...] = (
        _stripes,
        _checks,
        _mandala,
        _chart,
        _page,
        _rings,
        _shards,
        _scatter,
        _waves,
        _windows,
        _truchet,
        _lines,
    )
    chance.choice(makers)(canvas, chance, float(width), float(height))
    canvas.flush()
    image = np.ascontiguousarray(pixels[..., :3])
    if chance.random() < 0.3:  # noqa: PLR2004
        grain = dice.integers(-12, 13, image.shape, dtype=np.int16)
        image = np.clip(image + grain, 0, 255).astype(np.uint8)
    return image


def _tone(chance: random.Random) -> Colour:
    return rgb(
        chance.uniform(0, 360), chance.choice((0.02, 0.4, 0.8)), chance.uniform(0.15, 1)
    )


def _stripes(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    canvas.rotate(chance.uniform(0, 180), w / 2, h / 2)
    tones = [_tone(chance) for _ in range(chance.randint(2, 5))]
    step = h * chance.uniform(0.02, 0.15)
    for i in range(-60, 120):
        canvas.drawRect(
            skia.Rect(-w, i * step, 2 * w, (i + 1) * step), paint(tones[i % len(tones)])
        )


def _checks(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    canvas.rotate(chance.choice((0, 0, 45, 20)), w / 2, h / 2)
    tones = [_tone(chance) for _ in range(chance.randint(2, 4))]
    n = chance.randint(3, 12)
    step = h / n
    for i in range(-n, 2 * n + 4):
        for j in range(-n, 2 * n):
            tone = (
                tones[(i + j) % len(tones)] if len(tones) < 4 else chance.choice(tones)  # noqa: PLR2004
            )
            canvas.drawRect(
                skia.Rect.MakeXYWH(i * step, j * step, step, step), paint(tone)
            )


def _mandala(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    canvas.translate(w / 2, h / 2)
    for k in range(chance.randint(4, 8), 0, -1):
        r = min(w, h) * 0.07 * k
        count, tone = chance.choice((6, 8, 12, 16)), _tone(chance)
        kind = chance.randrange(3)
        for i in range(count):
            angle = math.tau * i / count
            x, y = r * math.cos(angle), r * math.sin(angle)
            if kind == 0:
                canvas.drawCircle(x, y, r * 0.3, paint(tone))
            elif kind == 1:
                canvas.drawLine(0, 0, x * 1.2, y * 1.2, stroke(tone, 3))
            else:
                canvas.drawPath(
                    polygon(
                        [
                            (x * 0.7, y * 0.7),
                            (x + y * 0.25, y - x * 0.25),
                            (x * 1.3, y * 1.3),
                            (x - y * 0.25, y + x * 0.25),
                        ]
                    ),
                    paint(tone),
                )
        canvas.drawCircle(0, 0, r * 0.8, stroke(_tone(chance), 2))


def _chart(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    canvas.clear(skia.ColorSetRGB(*rgb(0, 0, chance.choice((1.0, 0.96, 0.1)))))
    ink = (128, 128, 134)
    kind = chance.randrange(3)
    if kind == 2:  # noqa: PLR2004
        start, r = 0.0, min(w, h) * 0.36
        for _ in range(chance.randint(3, 6)):
            sweep = chance.uniform(30, 110)
            canvas.drawArc(
                skia.Rect(w / 2 - r, h / 2 - r, w / 2 + r, h / 2 + r),
                start,
                sweep,
                True,  # noqa: FBT003
                paint(_tone(chance)),
            )
            start += sweep
        return
    for i in range(6):
        canvas.drawLine(
            w * 0.1,
            h * (0.12 + i * 0.15),
            w * 0.94,
            h * (0.12 + i * 0.15),
            stroke(ink, 1, 0.5),
        )
    n = chance.randint(4, 12)
    for _ in range(chance.randint(1, 3)):
        tone = _tone(chance)
        values = [h * chance.uniform(0.15, 0.8) for _ in range(n)]
        if kind == 0:
            for i, y in enumerate(values):
                x = w * (0.12 + 0.8 * i / n)
                canvas.drawRect(
                    skia.Rect(x, y, x + w * 0.55 / n, h * 0.87), paint(tone)
                )
        else:
            canvas.drawPath(
                polygon(
                    [(w * (0.12 + 0.8 * i / (n - 1)), y) for i, y in enumerate(values)],
                    closed=False,
                ),
                stroke(tone, 3),
            )
    canvas.drawLine(w * 0.1, h * 0.87, w * 0.94, h * 0.87, stroke(ink, 2))
    canvas.drawLine(w * 0.1, h * 0.1, w * 0.1, h * 0.87, stroke(ink, 2))


def _page(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    dark = chance.random() < _HALF
    canvas.clear(skia.ColorSetRGB(*((22, 24, 30) if dark else (250, 249, 244))))
    ink: Colour = (226, 228, 232) if dark else (30, 30, 34)
    size = h * chance.uniform(0.025, 0.08)
    y = h * 0.06
    while y < h * 0.94:
        x, stop = w * 0.06, w * chance.uniform(0.5, 0.94)
        while x < stop:
            draw_glyph(canvas, chance, x, y, size * 0.6, size * 0.85, ink, size * 0.12)
            x += size * (1.6 if chance.random() < 0.12 else 0.9)  # noqa: PLR2004
        y += size * 1.6


def _rings(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    x, y = w * chance.random(), h * chance.random()
    tones = [_tone(chance) for _ in range(chance.randint(2, 4))]
    n = chance.randint(5, 25)
    for i in range(n, 0, -1):
        canvas.drawCircle(x, y, i * (w + h) * 0.9 / n, paint(tones[i % len(tones)]))


def _shards(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    for _ in range(chance.randint(20, 120)):
        x, y, r = (
            w * chance.random(),
            h * chance.random(),
            w * chance.uniform(0.03, 0.25),
        )
        canvas.drawPath(
            polygon(
                [
                    (x + r * chance.uniform(-1, 1), y + r * chance.uniform(-1, 1))
                    for _ in range(3)
                ]
            ),
            paint(_tone(chance), chance.uniform(0.4, 1)),
        )


def _scatter(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    tones = [_tone(chance) for _ in range(4)]
    r = h * chance.uniform(0.01, 0.06)
    for _ in range(chance.randint(30, 250)):
        x, y = w * chance.random(), h * chance.random()
        if chance.random() < _HALF:
            canvas.drawCircle(x, y, r, paint(chance.choice(tones)))
        else:
            canvas.drawPath(
                star(x, y, r * 1.3, r * 0.5, chance.randint(4, 7)),
                paint(chance.choice(tones)),
            )


def _waves(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    n = chance.randint(5, 20)
    for i in range(n):
        phase, high = chance.uniform(0, 6), h * chance.uniform(0.01, 0.1)
        y = h * i / n
        top = [
            (w * k / 20, y + high * math.sin(k * chance.choice((0.4, 0.6)) + phase))
            for k in range(21)
        ]
        canvas.drawPath(polygon([*top, (w, h), (0, h)]), paint(_tone(chance)))


def _windows(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    for _ in range(chance.randint(2, 6)):
        x, y = w * chance.uniform(0, 0.6), h * chance.uniform(0, 0.6)
        ww, hh = w * chance.uniform(0.25, 0.6), h * chance.uniform(0.25, 0.6)
        canvas.drawRect(skia.Rect.MakeXYWH(x, y, ww, hh), paint(_tone(chance)))
        canvas.drawRect(skia.Rect.MakeXYWH(x, y, ww, h * 0.05), paint(_tone(chance)))
        for i in range(chance.randint(2, 7)):
            canvas.drawRect(
                skia.Rect.MakeXYWH(
                    x + ww * 0.08,
                    y + h * 0.08 + i * h * 0.05,
                    ww * chance.uniform(0.2, 0.8),
                    h * 0.02,
                ),
                paint((120, 124, 130)),
            )


def _truchet(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    step, pen = (
        h / chance.randint(4, 14),
        stroke(_tone(chance), h * chance.uniform(0.01, 0.04)),
    )
    for i in range(int(w / step) + 1):
        for j in range(int(h / step) + 1):
            x, y = i * step, j * step
            if chance.random() < _HALF:
                canvas.drawLine(x, y, x + step, y + step, pen)
            else:
                canvas.drawLine(x + step, y, x, y + step, pen)


def _lines(canvas: skia.Canvas, chance: random.Random, w: float, h: float) -> None:
    for _ in range(chance.randint(5, 60)):
        canvas.drawLine(
            w * chance.random(),
            h * chance.random(),
            w * chance.random(),
            h * chance.random(),
            stroke(_tone(chance), h * chance.uniform(0.004, 0.05)),
        )
