"""Makes a picture smaller, for when there is no time to look closely."""

import cv2
import numpy as np

from idolens.media.picture import Picture


def smaller(picture: Picture, side: int) -> Picture:
    """Return ``picture`` within ``side`` x ``side``; itself where it is already."""
    longest = max(picture.width, picture.height)
    if longest <= side:
        return picture
    size = (
        max(1, round(picture.width * side / longest)),
        max(1, round(picture.height * side / longest)),
    )
    pixels = cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA)
    return Picture(np.ascontiguousarray(pixels, dtype=np.uint8))
