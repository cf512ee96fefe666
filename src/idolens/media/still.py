"""One picture file to upright sRGB pixels, by Pillow. Runs in the decoder's child.

Whatever can be known from the header is checked before a pixel is decoded. The six
plug-ins are imported by name, so that Pillow loads none of its other decoders.
"""

import io
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from idolens.errors import IdolensError, MediaError, TooLargeError
from idolens.media.kinds import SIDE, Format, sniff

_PLUGINS: Final = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
_DEEP_TO_BYTE: Final = 1 / 257
_GAP: Final = 2.0


@dataclass(frozen=True, slots=True)
class StillCaps:
    """What a picture may be at most: pixels, pixels a side, frames of an animation."""

    pixels: int
    side: int
    frames: int


@dataclass(frozen=True, slots=True)
class Still:
    """A standardised picture: RGB bytes of ``height * width * 3``."""

    width: int
    height: int
    data: bytes


def standard(data: bytes, name: str, caps: StillCaps) -> Still:
    """Return the picture upright, sRGB, over white, at most `SIDE` pixels a side.

    Raises:
        UnsupportedMediaError: it is no picture that we open.
        TooLargeError: its header says that it is over a limit.
        MediaError: it is damaged.
    """
    with _opened(data, name, caps) as image:
        turn = _orientation(image)
        if image.format == Format.JPEG:
            image.draft(None, (SIDE * 2, SIDE * 2))
        image.load()
        profile = image.info.get("icc_profile")
        small = _flat(_shrunk(_scalable(image)))
        if turn in _TURNS:
            small = small.transpose(_TURNS[turn])
        rgb = _srgb(small, profile)
        return Still(rgb.width, rgb.height, rgb.tobytes())


def facts(data: bytes, name: str, caps: StillCaps) -> dict[str, Any]:
    """Return size as shown, and format, from the header alone.

    Raises:
        MediaError: see `standard`.
    """
    with _opened(data, name, caps) as image:
        width, height = image.size
        if _orientation(image) in _SIDEWAYS:
            width, height = height, width
        return {"width": width, "height": height, "codec": str(image.format).lower()}


@contextmanager
def _opened(data: bytes, name: str, caps: StillCaps) -> Generator[Image.Image]:
    """Open what the signature says it is, within the caps; put errors in our words."""
    kind = sniff(data, name)
    if kind.kind != "picture":
        raise MediaError(
            f"{name} is a recording, not a picture; analyse it as a recording.",
            f"{name} 是录像而不是图片,请按录像分析。",
        )
    Image.MAX_IMAGE_PIXELS = caps.pixels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=[kind.value]) as image:
                _check(image, name, caps)
                yield image
        except (IdolensError, MemoryError):
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large(name, "its pixels", "像素数") from error
        except Exception as error:
            # Pillow's decoders raise whatever their parsing runs into: OSError,
            # ValueError, SyntaxError, struct.error, IndexError … all mean the same.
            raise MediaError(
                f"{name} is damaged or cut short; export it again.",
                f"{name} 已损坏或不完整,请重新导出。",
            ) from error


def _check(image: Image.Image, name: str, caps: StillCaps) -> None:
    width, height = image.size
    if width * height > caps.pixels or max(width, height) > caps.side:
        raise _too_large(name, f"{width}x{height} pixels", f"{width}x{height} 像素")
    frames: int = getattr(image, "n_frames", 1)
    if frames > caps.frames:
        raise _too_large(name, f"{frames} frames", f"{frames} 帧")


def _orientation(image: Image.Image) -> int:
    return int(image.getexif().get(_ORIENTATION, 1))


def _scalable(image: Image.Image) -> Image.Image:
    """Bring rare modes to ones that can be scaled: 16 bit, palettes, transparency."""
    if image.mode.startswith("I"):
        return image.convert("I")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("RGB") if image.mode in {"1", "P"} else image


def _shrunk(image: Image.Image) -> Image.Image:
    if max(image.size) > SIDE:
        image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=_GAP)
    return image


def _flat(image: Image.Image) -> Image.Image:
    """Bring 16-bit grey to 8 bit, and lay transparent pictures over white."""
    if image.mode == "I":
        return image.point(lambda level: level * _DEEP_TO_BYTE + 0.5).convert("L")
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert by the embedded profile if it fits the pixels, else take them as sRGB."""
    if not profile:
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target: object = cast("Any", ImageCms).createProfile("sRGB")
        convert: Any = ImageCms.profileToProfile
        changed: Image.Image | None = convert(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        changed = None  # a broken profile is no reason to refuse the picture
    return changed or image.convert("RGB")


def _too_large(name: str, en: str, zh: str) -> TooLargeError:
    return TooLargeError(
        f"{name} is over the limit ({en}); make it smaller and try again.",
        f"{name} 超过上限({zh}),请缩小后重试。",
    )
