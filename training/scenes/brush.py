"""A pen for figures: fills, outlines and shadows in one hand.

Every coordinate is in the caller's own units; the canvas matrix maps them to
pixels, and `mark` keeps where a piece of evidence ended up.
"""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import skia

from training.scenes.vocabulary import INK, Colour, darker, lighter

Point = tuple[float, float]
Box = tuple[float, float, float, float]

_FLAT_BELOW = 0.45
"""Smaller shapes take no shadow."""
_PAIRS = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}


@functools.cache
def path(text: str) -> skia.Path:
    """Reads absolute SVG path letters (M L Q C Z); never change what it returns."""
    result = skia.Path()
    tokens = text.split()
    at = 0
    while at < len(tokens):
        letter = tokens[at]
        at += 1
        count = 2 * _PAIRS[letter]
        numbers = [float(token) for token in tokens[at : at + count]]
        at += count
        if letter == "M":
            result.moveTo(*numbers)
        elif letter == "L":
            result.lineTo(*numbers)
        elif letter == "Q":
            result.quadTo(*numbers)
        elif letter == "C":
            result.cubicTo(*numbers)
        else:
            result.close()
    return result


def polygon(points: Sequence[Point], *, closed: bool = True) -> skia.Path:
    """Joins points by straight lines."""
    return skia.Path.Polygon([skia.Point(x, y) for x, y in points], closed)


def smooth(points: Sequence[Point], *, closed: bool = True) -> skia.Path:
    """Joins points by a soft curve through the midpoints."""
    result = skia.Path()
    count = len(points)
    if closed:
        start = _middle(points[-1], points[0])
        result.moveTo(*start)
        for i in range(count):
            result.quadTo(*points[i], *_middle(points[i], points[(i + 1) % count]))
        result.close()
        return result
    result.moveTo(*points[0])
    for i in range(1, count - 1):
        end = points[i + 1] if i == count - 2 else _middle(points[i], points[i + 1])
        result.quadTo(*points[i], *end)
    return result


def star(x: float, y: float, outer: float, inner: float, tips: int = 5) -> skia.Path:
    """Draws a star standing on its feet."""
    points: list[Point] = []
    for i in range(tips * 2):
        radius = outer if i % 2 == 0 else inner
        angle = math.pi * i / tips - math.pi / 2
        points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return polygon(points)


def _middle(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def paint(colour: Colour, alpha: float = 1.0) -> skia.Paint:
    """Makes an anti-aliased fill."""
    return skia.Paint(
        AntiAlias=True,
        Color=skia.ColorSetARGB(round(alpha * 255), *colour),
    )


def stroke(colour: Colour, width: float, alpha: float = 1.0) -> skia.Paint:
    """Makes an anti-aliased round pen."""
    return skia.Paint(
        AntiAlias=True,
        Color=skia.ColorSetARGB(round(alpha * 255), *colour),
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )


def _nothing() -> None:
    """Lets a brush draw that nobody watches."""


class Brush:
    """Draws shapes in one manner: line, tone of line and kind of shading."""

    def __init__(
        self, canvas: skia.Canvas, *, line: float, toned: bool, shading: str
    ) -> None:
        self.canvas = canvas
        self.line = line
        self.toned = toned
        self.shading = shading
        self.marks: dict[str, Box] = {}
        self.after_tear: Callable[[], None] = _nothing
        """Called when a tear stands and nothing yet lies over it."""

    def outline(self, colour: Colour) -> Colour:
        """Gives the line's colour round a fill."""
        return darker(colour, 0.62) if self.toned else INK

    def shape(self, shape: skia.Path, colour: Colour, *, line: float = 1.0) -> None:
        """Fills a path with shading and draws its outline."""
        self.fill(shape, colour)
        if self.line and line:
            pen = stroke(self.outline(colour), self.line * line)
            self.canvas.drawPath(shape, pen)

    def fill(self, shape: skia.Path, colour: Colour) -> None:
        """Fills a path with shading, without an outline."""
        pen = paint(colour)
        if self.shading == "gradient":
            bounds = shape.getBounds()
            pen.setShader(
                skia.GradientShader.MakeLinear(
                    [
                        skia.Point(bounds.left(), bounds.top()),
                        skia.Point(bounds.left(), bounds.bottom() + 1e-3),
                    ],
                    [
                        skia.ColorSetRGB(*lighter(colour, 0.16)),
                        skia.ColorSetRGB(*darker(colour, 0.16)),
                    ],
                )
            )
        self.canvas.drawPath(shape, pen)
        if self.shading == "cel":
            bounds = shape.getBounds()
            if min(bounds.width(), bounds.height()) > _FLAT_BELOW:
                self._shadow(shape, colour)

    def _shadow(self, shape: skia.Path, colour: Colour) -> None:
        canvas = self.canvas
        canvas.save()
        canvas.clipPath(shape, doAntiAlias=True)
        moved = skia.Path(shape)
        moved.offset(-0.13, -0.05)
        canvas.clipPath(moved, skia.ClipOp.kDifference, doAntiAlias=True)
        canvas.drawPaint(paint(darker(colour, 0.2)))
        canvas.restore()

    def trace(self, shape: skia.Path, colour: Colour, width: float) -> None:
        """Draws a path as a line of its own."""
        self.canvas.drawPath(shape, stroke(colour, width))

    def tube(
        self, points: Sequence[Point], colour: Colour, width: float, line: float = 1.0
    ) -> None:
        """Draws a limb: a thick line with an outline."""
        shape = (
            smooth(points, closed=False)
            if points[2:]
            else polygon(points, closed=False)
        )
        if self.line and line:
            pen = stroke(self.outline(colour), width + self.line * 2 * line)
            self.canvas.drawPath(shape, pen)
        self.canvas.drawPath(shape, stroke(colour, width))
        if self.shading == "cel" and width > 0.2:  # noqa: PLR2004
            pen = stroke(darker(colour, 0.2), width * 0.28)
            moved = skia.Path(shape)
            moved.offset(width * 0.32, 0)
            self.canvas.drawPath(moved, pen)

    def circle(
        self, x: float, y: float, r: float, colour: Colour, *, line: float = 1.0
    ) -> None:
        """Draws a filled circle."""
        self.shape(skia.Path.Circle(x, y, r), colour, line=line)

    def oval(  # noqa: PLR0913
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        colour: Colour,
        *,
        angle: float = 0.0,
        line: float = 1.0,
    ) -> None:
        """Draws a filled ellipse, turned by `angle` degrees."""
        shape = skia.Path.Oval(skia.Rect(x - rx, y - ry, x + rx, y + ry))
        if angle:
            shape.transform(skia.Matrix().setRotate(angle, x, y))
        self.shape(shape, colour, line=line)

    def poly(
        self, points: Sequence[Point], colour: Colour, *, line: float = 1.0
    ) -> None:
        """Draws a filled polygon."""
        self.shape(polygon(points), colour, line=line)

    def draw(self, text: str, colour: Colour, *, line: float = 1.0) -> None:
        """Draws a filled SVG path."""
        self.shape(path(text), colour, line=line)

    def both(self, text: str, colour: Colour, *, line: float = 1.0) -> None:
        """Draws a filled SVG path and its mirror image."""
        for _ in self.sides():
            self.shape(path(text), colour, line=line)

    def sides(self) -> Iterator[int]:
        """Yields 1 and then, with the canvas mirrored about x = 0, -1."""
        yield 1
        self.canvas.save()
        self.canvas.scale(-1, 1)
        yield -1
        self.canvas.restore()

    @contextmanager
    def turned(self, degrees: float, x: float = 0.0, y: float = 0.0) -> Iterator[None]:
        """Draws turned about a point."""
        self.canvas.save()
        self.canvas.rotate(degrees, x, y)
        try:
            yield
        finally:
            self.canvas.restore()

    def glow(self, x: float, y: float, r: float, colour: Colour, alpha: float) -> None:
        """Lays a soft light."""
        pen = skia.Paint(AntiAlias=True)
        pen.setShader(radial(x, y, r, colour, alpha))
        pen.setBlendMode(skia.BlendMode.kScreen)
        self.canvas.drawCircle(x, y, r, pen)

    def mark(self, key: str, box: Box) -> None:
        """Remembers where the evidence of an attribute stands, in pixels."""
        mapped = self.canvas.getTotalMatrix().mapRect(skia.Rect(*box))
        self.marks[key] = (
            mapped.left(),
            mapped.top(),
            mapped.right(),
            mapped.bottom(),
        )


def radial(x: float, y: float, r: float, colour: Colour, alpha: float) -> skia.Shader:
    """Makes a light that fades outwards."""
    return skia.GradientShader.MakeRadial(
        skia.Point(x, y),
        r,
        [
            skia.ColorSetARGB(round(alpha * 255), *colour),
            skia.ColorSetARGB(round(alpha * 115), *colour),
            skia.ColorSetARGB(0, *colour),
        ],
        [0.0, 0.45, 1.0],
    )


def vertical(
    top: float, bottom: float, first: Colour, second: Colour, alpha: float = 1.0
) -> skia.Paint:
    """Makes a fill that goes from one colour to another downwards."""
    pen = skia.Paint(AntiAlias=True)
    pen.setShader(
        skia.GradientShader.MakeLinear(
            [skia.Point(0, top), skia.Point(0, bottom)],
            [
                skia.ColorSetARGB(round(alpha * 255), *first),
                skia.ColorSetARGB(round(alpha * 255), *second),
            ],
        )
    )
    return pen
