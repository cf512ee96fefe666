"""Every way a picture can be stored gives the picture that people see."""

import io
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from idolens.media import Decoder, Picture, decode_evidence, encode, standardise
from idolens.settings import DecodeSettings

RED, BLUE, WHITE = (200, 30, 40), (20, 40, 210), (255, 255, 255)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(DecodeSettings()) as opened:
        yield opened


def halves(size: tuple[int, int] = (120, 80)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image


def stored(image: Image.Image, kind: str, **options: object) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def corner(picture: Picture, x: float, y: float) -> tuple[int, ...]:
    at = picture.pixels[int(y * picture.height), int(x * picture.width)]
    return tuple(int(level) for level in at)


def near(one: tuple[int, ...], other: tuple[int, ...], within: int = 12) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP"])
def test_six_formats_give_the_same_picture(kind: str, decoder: Decoder) -> None:
    """JPEG, PNG, WebP, GIF, AVIF and BMP: same size, same colours."""
    picture = decoder.standardise(stored(halves(), kind))

    assert (picture.width, picture.height) == (120, 80)
    assert near(corner(picture, 0.2, 0.5), RED)
    assert near(corner(picture, 0.8, 0.5), BLUE)


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (2000, 1), (513, 511), (1280, 720)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_pictures_fit_into_512_and_are_never_enlarged(
    kind: str, size: tuple[int, int], decoder: Decoder
) -> None:
    """The longest side becomes 512 at most; the aspect ratio stays."""
    picture = decoder.standardise(stored(halves(size), kind))
    scale = min(1, 512 / max(size))

    assert picture.width == pytest.approx(max(1, size[0] * scale), abs=1)
    assert picture.height == pytest.approx(max(1, size[1] * scale), abs=1)


# Where the red half lies after turning: (x, y) of its middle.
TURNS = {
    1: (0.2, 0.5),
    2: (0.8, 0.5),
    3: (0.8, 0.5),
    4: (0.2, 0.5),
    5: (0.5, 0.2),
    6: (0.5, 0.2),
    7: (0.5, 0.8),
    8: (0.5, 0.8),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", TURNS)
def test_pictures_stand_upright(kind: str, turn: int, decoder: Decoder) -> None:
    """The orientation that a camera notes is applied, large pictures included."""
    exif = Image.Exif()
    exif[0x0112] = turn
    for size in ((120, 80), (1200, 800)):
        picture = decoder.standardise(stored(halves(size), kind, exif=exif.tobytes()))
        x, y = TURNS[turn]

        assert (picture.height > picture.width) == (turn > 4)
        assert near(corner(picture, x, y), RED)
        assert near(corner(picture, 1 - x, 1 - y), BLUE)


@pytest.mark.parametrize("size", [(120, 80), (1200, 800)])
def test_transparent_pictures_lie_on_white(
    size: tuple[int, int], decoder: Decoder
) -> None:
    """Hidden colours stay hidden: alpha, grey with alpha, and palettes."""
    clear = halves(size).convert("RGBA")
    clear.paste((255, 0, 255, 0), (0, 0, size[0] // 2, size[1]))
    grey = Image.new("LA", size, (0, 0))
    palette = Image.new("P", size, 0)
    palette.putpalette([0, 0, 0, *BLUE])
    palette.paste(1, (size[0] // 2, 0, *size))
    cases = [
        stored(clear, "PNG"),
        stored(clear, "WEBP", lossless=True),
        stored(grey, "PNG"),
        stored(palette, "PNG", transparency=0),
        stored(palette, "GIF", transparency=0),
    ]
    for data in cases:
        assert corner(decoder.standardise(data), 0.2, 0.5) == WHITE
    assert near(corner(decoder.standardise(cases[3]), 0.8, 0.5), BLUE)


def test_sixteen_bit_grey_keeps_its_levels(decoder: Decoder) -> None:
    """A 16-bit gradient is scaled, not cut off at white."""
    deep = np.linspace(0, 65535, 256).astype(np.uint16)[None, :].repeat(20, axis=0)
    done, data = cv2.imencode(".png", deep)
    picture = decoder.standardise(data.tobytes())

    assert done
    assert np.abs(picture.pixels[10, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_print_colours_become_screen_colours(decoder: Decoder) -> None:
    """A CMYK JPEG is shown in its colours, not inverted."""
    data = stored(halves().convert("CMYK"), "JPEG", quality=95)
    picture = decoder.standardise(data)

    assert near(corner(picture, 0.2, 0.5), RED, 30)
    assert near(corner(picture, 0.8, 0.5), BLUE, 30)


def test_colour_profiles_are_applied(decoder: Decoder) -> None:
    """Pixels in another colour space are converted to sRGB by their profile."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    same = decoder.standardise(stored(halves(), "PNG", icc_profile=lab.tobytes()))
    assert near(corner(same, 0.2, 0.5), RED, 2)

    swapped = _swapped_profile(lab.tobytes())
    other = decoder.standardise(stored(halves(), "PNG", icc_profile=swapped))
    red, _, blue = corner(other, 0.2, 0.5)
    assert blue > red


def test_a_broken_colour_profile_is_ignored(decoder: Decoder) -> None:
    """A profile that cannot be read does not cost the picture."""
    data = stored(halves(), "PNG", icc_profile=b"nonsense" * 20)

    assert near(corner(decoder.standardise(data), 0.2, 0.5), RED)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(kind: str, decoder: Decoder) -> None:
    """Animated pictures count as their first frame."""
    first, second = Image.new("RGB", (40, 30), RED), Image.new("RGB", (40, 30), BLUE)
    data = stored(first, kind, save_all=True, append_images=[second], duration=100)

    assert near(corner(decoder.standardise(data), 0.5, 0.5), RED)


def test_evidence_comes_back_as_it_was_seen() -> None:
    """A stored picture has its size and, within JPEG's error, its pixels."""
    picture = standardise(stored(halves(), "PNG"), DecodeSettings())
    back = decode_evidence(encode(picture))

    assert back.pixels.shape == picture.pixels.shape
    assert np.abs(back.pixels.astype(int) - picture.pixels.astype(int)).mean() < 3
    assert encode(picture) == encode(picture)


def _swapped_profile(profile: bytes) -> bytes:
    """Exchange a profile's red and blue primaries in its table of tags."""
    mark = b"____"
    table = profile[:400]
    table = table.replace(b"rXYZ", mark).replace(b"bXYZ", b"rXYZ")
    return table.replace(mark, b"bXYZ") + profile[400:]
