"""What every place is laid on."""

import skia

from training.scenes.brush import vertical
from training.scenes.vocabulary import Colour


def band(
    canvas: skia.Canvas, w: float, top: float, bottom: float, a: Colour, b: Colour
) -> None:
    """Fills a stripe of the frame from one colour down to another."""
    canvas.drawRect(skia.Rect(0, top, w, bottom), vertical(top, bottom, a, b))
