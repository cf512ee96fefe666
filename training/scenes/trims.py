"""What garments share: a piece of cloth, pleats and ruffles."""

from dataclasses import dataclass

from training.scenes.brush import Brush, polygon
from training.scenes.vocabulary import Colour, darker


@dataclass(frozen=True)
class Cloth:
    """The stuff a garment is cut from."""

    name: str
    """A word of ATTRIBUTES["clothing_color"]."""
    colour: Colour
    detail: int
    printed: bool
    """Whether the chest may carry a print; not where a mark is to stand."""

    @property
    def light(self) -> bool:
        """Whether white trims would be lost on it."""
        return self.name in {"白色", "黄色", "粉色"}


def pleats(  # noqa: PLR0913, PLR0917
    brush: Brush,
    colour: Colour,
    top_half: float,
    top: float,
    bottom_half: float,
    bottom: float,
    count: int,
) -> None:
    """Draws fold lines that open towards the hem."""
    for i in range(1, count):
        share = 2 * i / count - 1
        brush.trace(
            polygon(
                [(top_half * share, top), (bottom_half * share, bottom)], closed=False
            ),
            darker(colour, 0.38),
            0.035,
        )


def ruffle(  # noqa: PLR0913, PLR0917
    brush: Brush,
    colour: Colour,
    x0: float,
    x1: float,
    y: float,
    sag: float,
    size: float,
    count: int,
) -> None:
    """Draws a row of scallops from x0 to x1 whose middle hangs by `sag`."""
    for i in range(count):
        share = (i + 0.5) / count
        x = x0 + (x1 - x0) * share
        drop = sag * (1 - (2 * share - 1) ** 2)
        brush.oval(x, y + drop, size, size * 0.8, colour, line=0.7)
