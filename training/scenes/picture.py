"""From a scene to pixels, to the truth about them, and to where it stands."""

import functools
from dataclasses import dataclass

import cv2
import numpy as np
import skia

from training.scenes.backdrop import draw_place
from training.scenes.brush import Box, Brush
from training.scenes.effects import (
    Pixels,
    draw_bokeh,
    draw_light_before,
    draw_light_behind,
    draw_overlay,
    spoil,
)
from training.scenes.figure import draw_figure
from training.scenes.layout import Layout, arrange
from training.scenes.marks import draw_emblem, draw_stranger
from training.scenes.ornaments import draw_style_before, draw_style_behind
from training.scenes.scene import Scene
from training.scenes.strangers import draw_unanswerable
from training.scenes.truth import judge
from training.scenes.vocabulary import ATTRIBUTES, CANNOT_TELL
from training.scenes.witness import Witness

_ENOUGH = 0.55
"""Share of a mark or a tear that must be in sight to be asked about."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Drawing:
    """A picture with what is true of it."""

    image: Pixels
    """Height x width x 3, RGB."""
    truth: dict[str, str | None]
    """A word, CANNOT_TELL, or None where nobody should ask."""
    regions: dict[str, Box]
    """Normalised x0, y0, x1, y1 of the evidence, where there is any."""


def draw(scene: Scene, width: int, height: int, at: float = 0.0) -> Drawing:
    """Draws a scene; the same arguments give the same bytes.

    Args:
        scene: What to draw.
        width: In pixels.
        height: In pixels.
        at: Seconds; moves light and pose a little.
    """
    if scene.kind not in {"idol", "empty"}:
        image = draw_unanswerable(scene.kind, scene.detail, width, height)
        return Drawing(image, dict.fromkeys(ATTRIBUTES, CANNOT_TELL), {})
    pixels = np.zeros((height, width, 4), np.uint8)
    surface = skia.Surface(pixels, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorBLACK)
    w, h = float(width), float(height)
    draw_place(canvas, scene.scene, w, h, scene.detail)
    draw_style_behind(canvas, scene.style, w, h, scene.detail, at)
    draw_light_behind(canvas, scene, w, h, at)
    if scene.backdrop_blur:
        sigma = scene.backdrop_blur * min(width, height) / 224
        pixels[:] = cv2.GaussianBlur(pixels, (0, 0), sigma)
    draw_bokeh(canvas, scene, w, h)
    layout = arrange(scene, w, h, at)
    marks: dict[str, Box] = {}
    watched: dict[str, Witness] = {}
    if scene.brand != "无标志" and layout.mark_place == "backdrop":
        marks["brand"] = _stamp(canvas, scene, layout)
        watched["brand"] = Witness.of(pixels, marks["brand"])
    if scene.kind == "idol":
        marks |= _people(canvas, scene, layout, watched, pixels)
    draw_style_before(canvas, scene.style, w, h, scene.detail)
    hidden = {key for key, seen in watched.items() if seen.shown(pixels) < _ENOUGH}
    draw_light_before(canvas, scene, w, h)
    draw_overlay(canvas, scene, w, h)
    if scene.brand != "无标志" and layout.mark_place == "corner":
        marks["brand"] = _stamp(canvas, scene, layout)
    canvas.flush()
    image = spoil(np.ascontiguousarray(pixels[..., :3]), scene)
    truth = judge(scene, layout, marks, w, h)
    truth |= {key: None for key in hidden if truth[key] != CANNOT_TELL}
    return Drawing(image, truth, _regions(truth, marks, w, h))


def _stamp(canvas: skia.Canvas, scene: Scene, layout: Layout) -> Box:
    x, y, r = layout.mark
    if scene.brand == "自家徽标":
        draw_emblem(canvas, x, y, r)
    else:
        draw_stranger(canvas, x, y, r, scene.detail)
    return x - r, y - r, x + r, y + r


def _people(
    canvas: skia.Canvas,
    scene: Scene,
    layout: Layout,
    watched: dict[str, Witness],
    pixels: Pixels,
) -> dict[str, Box]:
    marks: dict[str, Box] = {}
    for person in [*layout.companions, layout.main]:
        canvas.save()
        canvas.translate(person.x, person.y)
        canvas.scale(-person.unit if person.mirrored else person.unit, person.unit)
        canvas.rotate(person.lean, 0, 3)
        line = scene.line * layout.height / 224 / person.unit
        brush = Brush(canvas, line=line, toned=scene.toned_line, shading=scene.shading)
        brush.after_tear = functools.partial(_watch, brush, watched, pixels)
        draw_figure(brush, person.look)
        canvas.restore()
        marks = brush.marks
    return marks


def _watch(brush: Brush, watched: dict[str, Witness], pixels: Pixels) -> None:
    watched["exposure"] = Witness.of(pixels, brush.marks["exposure"])


def _regions(
    truth: dict[str, str | None], marks: dict[str, Box], w: float, h: float
) -> dict[str, Box]:
    result: dict[str, Box] = {}
    for key, word in truth.items():
        if word is None or word == CANNOT_TELL:
            continue
        if key not in marks:
            result[key] = WHOLE
            continue
        x0, y0, x1, y1 = marks[key]
        result[key] = (
            max(x0 / w, 0.0),
            max(y0 / h, 0.0),
            min(x1 / w, 1.0),
            min(y1 / h, 1.0),
        )
    return result
