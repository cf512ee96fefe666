"""Where in a picture the model's words point: [[x1, y1, x2, y2]] to pixels. Pure.

GLM-4.6V says boxes in thousandths of the picture's width and height, with brackets of
several kinds. They are evidence to look at, never a finding: the model often errs.
"""

import re

from idolens.vlm.answer import Region

SCALE = 1000
"""What the far edge of a picture is called."""
MOST_REGIONS = 64
"""More boxes than this are a loop, not an answer."""

_NUMBER = r"(\d{1,4}(?:\.\d+)?)"
_BOX = re.compile(
    r"[\[(\uff08\u3010{<]\s*"
    + r"\s*[,\uff0c\s]\s*".join([_NUMBER] * 4)
    + r"\s*[\])\uff09\u3011}>]"
)


def regions_in(text: str, width: int, height: int) -> tuple[Region, ...]:
    """Return the boxes that ``text`` names, in its order, each once.

    Args:
        text: what a model said.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
    """
    regions: dict[Region, None] = {}
    for found in _BOX.finditer(text):
        region = _region([float(number) for number in found.groups()], width, height)
        if region is not None:
            regions[region] = None
    return tuple(regions)[:MOST_REGIONS]


def _region(box: list[float], width: int, height: int) -> Region | None:
    """Return ``box`` in pixels; None for one that is outside or has no area."""
    if any(value > SCALE for value in box):
        return None
    (left, right), (top, bottom) = sorted(box[::2]), sorted(box[1::2])
    region = Region(
        x1=round(left * width / SCALE),
        y1=round(top * height / SCALE),
        x2=round(right * width / SCALE),
        y2=round(bottom * height / SCALE),
    )
    return region if region.x1 < region.x2 and region.y1 < region.y2 else None
