"""Standardised pictures as files of ours: JPEG, to be kept and shown."""

import io
from typing import Final

import numpy as np
from PIL import Image

from idolens.errors import MediaError
from idolens.media.picture import Picture

_QUALITY: Final = 85
_BLOCKS: Final = 12
"""Spots along the longer side that are left of a blurred picture."""


def encode(picture: Picture) -> bytes:
    """Return the picture as JPEG; the same pixels give the same bytes."""
    made = io.BytesIO()
    Image.fromarray(picture.pixels).save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


def blurred(data: bytes) -> bytes:
    """Return what `encode` wrote so coarse that nobody can tell what it shows.

    What is taken away is not in the bytes any more.

    Raises:
        MediaError: it is damaged.
    """
    clear = decode_evidence(data)
    image = Image.fromarray(clear.pixels)
    across = _BLOCKS / max(image.size)
    small = tuple(max(1, round(side * across)) for side in image.size)
    coarse = image.resize((small[0], small[1]), Image.Resampling.BOX)
    return encode(
        Picture(np.asarray(coarse.resize(image.size, Image.Resampling.BILINEAR)))
    )


def decode_evidence(data: bytes) -> Picture:
    """Return what `encode` wrote. Not for files of others: see `Decoder`.

    Raises:
        MediaError: it is damaged.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            return Picture(np.asarray(image.convert("RGB")))
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(
            "A stored picture is damaged; restore it from a backup.",
            "已保存的图片损坏,请从备份恢复。",
        ) from error
