"""Light over a picture, texts and frames laid over it, and what cameras do to it."""

import math
import random

import cv2
import numpy as np
import numpy.typing as npt
import skia

from training.scenes.brush import paint, polygon, radial, stroke
from training.scenes.marks import draw_glyph
from training.scenes.scene import Scene
from training.scenes.vocabulary import LIGHT_TONES, Colour, mix, pick, rgb

Pixels = npt.NDArray[np.uint8]


def draw_light_behind(
    canvas: skia.Canvas, scene: Scene, w: float, h: float, at: float
) -> None:
    """Lays the light's colour and its beams over the place."""
    chance = random.Random(scene.detail + 1103)
    if scene.light == "自然光":
        return
    tone = pick(LIGHT_TONES[scene.light], chance)
    wash = paint(mix((255, 255, 255), tone, 0.58))
    wash.setBlendMode(skia.BlendMode.kMultiply)
    canvas.drawRect(skia.Rect(0, 0, w, h), wash)
    haze = paint(tone, 0.2)
    haze.setBlendMode(skia.BlendMode.kScreen)
    canvas.drawRect(skia.Rect(0, 0, w, h), haze)
    for i in range(scene.beams):
        share = (i + 0.5) / scene.beams
        x = w * (share + chance.uniform(-0.08, 0.08))
        sway = math.sin(at * chance.uniform(0.3, 0.6) + chance.uniform(0, 6)) * 0.12
        foot = x + w * (chance.uniform(-0.25, 0.25) + sway)
        half = w * chance.uniform(0.07, 0.13)
        pen = skia.Paint(AntiAlias=True)
        pen.setShader(
            skia.GradientShader.MakeLinear(
                [skia.Point(0, 0), skia.Point(0, h)],
                [skia.ColorSetARGB(190, *tone), skia.ColorSetARGB(50, *tone)],
            )
        )
        pen.setBlendMode(skia.BlendMode.kScreen)
        canvas.drawPath(
            polygon(
                [
                    (x - w * 0.012, -2),
                    (x + w * 0.012, -2),
                    (foot + half, h),
                    (foot - half, h),
                ]
            ),
            pen,
        )


def draw_light_before(canvas: skia.Canvas, scene: Scene, w: float, h: float) -> None:
    """Lays a little of the light over everything; colours keep their names."""
    chance = random.Random(scene.detail + 1103)
    if scene.light == "自然光":
        return
    tone = pick(LIGHT_TONES[scene.light], chance)
    canvas.drawRect(skia.Rect(0, 0, w, h), paint(tone, 0.08))
    pen = skia.Paint(AntiAlias=True)
    pen.setShader(radial(w * 0.5, 0, h * 0.5, tone, 0.3))
    pen.setBlendMode(skia.BlendMode.kScreen)
    canvas.drawRect(skia.Rect(0, 0, w, h), pen)


def draw_bokeh(canvas: skia.Canvas, scene: Scene, w: float, h: float) -> None:
    """Scatters soft discs over the place."""
    chance = random.Random(scene.detail + 1109)
    for _ in range(scene.bokeh):
        r = h * chance.uniform(0.015, 0.05)
        tone: Colour = (255, 255, 255)
        if scene.light != "自然光":
            tone = mix(pick(LIGHT_TONES[scene.light], chance), tone, 0.4)
        canvas.drawCircle(
            w * chance.random(),
            h * chance.random(),
            r,
            paint(tone, chance.uniform(0.15, 0.4)),
        )


def draw_overlay(canvas: skia.Canvas, scene: Scene, w: float, h: float) -> None:
    """Lays subtitles, danmaku, a display or a frame over the picture."""
    chance = random.Random(scene.detail + 1117)
    if scene.overlay == "subtitle":
        _subtitle(canvas, w, h, chance)
    elif scene.overlay == "danmaku":
        for _ in range(chance.randint(2, 6)):
            size = h * chance.uniform(0.03, 0.045)
            y = h * chance.choice(
                (chance.uniform(0.01, 0.12), chance.uniform(0.86, 0.94))
            )
            ink = chance.choice([(255, 255, 255), (255, 240, 110), (150, 240, 255)])
            draw_text(
                canvas,
                chance,
                w * chance.uniform(-0.1, 0.8),
                y,
                size,
                chance.randint(4, 9),
                ink,
            )
    elif scene.overlay == "hud":
        _display(canvas, w, h, chance)
    elif scene.overlay == "letterbox":
        bar = h * chance.uniform(0.03, 0.06)
        canvas.drawRect(skia.Rect(0, 0, w, bar), paint((0, 0, 0)))
        canvas.drawRect(skia.Rect(0, h - bar, w, h), paint((0, 0, 0)))
    elif scene.overlay == "frame":
        tone = rgb(
            chance.uniform(0, 360), chance.uniform(0.0, 0.6), chance.uniform(0.3, 1)
        )
        canvas.drawRect(
            skia.Rect(0, 0, w, h), stroke(tone, min(w, h) * chance.uniform(0.02, 0.05))
        )


def draw_text(  # noqa: PLR0913, PLR0917
    canvas: skia.Canvas,
    chance: random.Random,
    x: float,
    y: float,
    size: float,
    count: int,
    ink: Colour,
) -> None:
    """Writes a line that only looks like text."""
    for i in range(count):
        left = x + i * size * 0.95
        draw_glyph(
            canvas, chance, left, y, size * 0.68, size * 0.85, (20, 20, 24), size * 0.26
        )
        draw_glyph(canvas, chance, left, y, size * 0.68, size * 0.85, ink, size * 0.12)


def _subtitle(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    size = h * chance.uniform(0.04, 0.055)
    count = min(chance.randint(6, 12), int(w * 0.8 / size))
    left, top = (w - count * size * 0.95) / 2, h * 0.97 - size
    if chance.random() < 0.5:  # noqa: PLR2004
        canvas.drawRect(
            skia.Rect(
                left - size, top - size * 0.3, w - left + size, top + size * 1.15
            ),
            paint((0, 0, 0), 0.55),
        )
    draw_text(canvas, chance, left, top, size, count, (255, 255, 255))


def _display(canvas: skia.Canvas, w: float, h: float, chance: random.Random) -> None:
    unit = min(w, h)
    tone = chance.choice([(255, 255, 255), (120, 255, 170), (255, 210, 90)])
    canvas.drawRRect(
        skia.RRect.MakeRectXY(
            skia.Rect.MakeXYWH(unit * 0.03, unit * 0.03, unit * 0.17, unit * 0.06), 4, 4
        ),
        paint((20, 20, 26), 0.7),
    )
    canvas.drawCircle(unit * 0.06, unit * 0.06, unit * 0.015, paint((240, 50, 50)))
    draw_text(canvas, chance, unit * 0.09, unit * 0.042, unit * 0.032, 3, tone)
    canvas.drawRect(
        skia.Rect(w * 0.05, h - unit * 0.05, w * 0.95, h - unit * 0.04),
        paint((30, 30, 36), 0.7),
    )
    canvas.drawRect(
        skia.Rect(
            w * 0.05, h - unit * 0.05, w * chance.uniform(0.2, 0.8), h - unit * 0.04
        ),
        paint(tone),
    )


def spoil(pixels: Pixels, scene: Scene) -> Pixels:
    """Does to the finished picture what cameras and encoders do."""
    dice = np.random.default_rng(scene.detail + 1201)
    result = pixels
    scale = pixels.shape[0] * pixels.shape[1] / 224**2
    if scene.softness:
        result = cv2.GaussianBlur(result, (0, 0), scene.softness * math.sqrt(scale))
    if scene.contrast != 1.0 or scene.brightness != 1.0:
        steps = np.arange(256, dtype=np.float32)
        curve = ((steps - 128) * scene.contrast + 128) * scene.brightness
        result = cv2.LUT(result, np.clip(curve, 0, 255).astype(np.uint8))
    if scene.vignette:
        height, width = result.shape[:2]
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        fall = 1 - scene.vignette * np.clip((x * x + y * y) * 0.6, 0, 1)
        result = (result * fall[..., None]).astype(np.uint8)
    if scene.grain:
        noise = dice.integers(-1000, 1001, result.shape[:2], dtype=np.int16)
        layer = (noise * (scene.grain * 1.73 / 1000)).astype(np.int16)[..., None]
        result = np.clip(result.astype(np.int16) + layer, 0, 255).astype(np.uint8)
    if scene.jpeg:
        packed = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, scene.jpeg])[1]
        result = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(result)
