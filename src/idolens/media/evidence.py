"""Standardised pictures as files of ours: JPEG, to be kept and shown."""

import io
from typing import Final

import numpy as np
from PIL import Image

from idolens.errors import MediaError
from idolens.media.picture import Picture

_QUALITY: Final = 85


def encode(picture: Picture) -> bytes:
    """Return the picture as JPEG; the same pixels give the same bytes."""
    made = io.BytesIO()
    Image.fromarray(picture.pixels).save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


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
