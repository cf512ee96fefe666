"""What is not worth a look is dropped; drawn art, dark stages and text are not."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from idolens.media import DropReason, Picture
from idolens.media.fingerprint import Fingerprint
from idolens.media.gate import Likeness, flaw, steepness
from idolens.media.transition import in_transition, is_between
from idolens.settings import GateSettings

GATE = GateSettings()
SIZE = (288, 512, 3)
Pixels = NDArray[np.uint8]


def flat(level: int) -> Pixels:
    return np.full(SIZE, level, np.uint8)


def cel(seed: int = 0, *, line: int = 2) -> Pixels:
    """A flat figure with outlines on a flat backdrop, as cel-shaded art is drawn."""
    lot = np.random.default_rng(seed)
    colours = [tuple(int(c) for c in lot.integers(40, 235, 3)) for _ in range(6)]
    pixels = np.full(SIZE, colours[0], np.uint8)
    x = int(lot.integers(150, 360))
    parts = [((x, 260), (90, 120)), ((x, 110), (55, 70)), ((x, 70), (60, 40))]
    for (centre, axes), colour in zip(parts, colours[1:], strict=False):
        cv2.ellipse(pixels, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
        if line:
            cv2.ellipse(
                pixels, centre, axes, 0, 0, 360, (30, 20, 30), line, cv2.LINE_AA
            )
    for side in (-20, 20):
        cv2.circle(pixels, (x + side, 115), 7, (20, 20, 60), -1, cv2.LINE_AA)
    return pixels


def noise(deviation: float, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, deviation, SIZE)


def with_noise(pixels: Pixels, deviation: float) -> Pixels:
    return np.clip(pixels + noise(deviation), 0, 255).astype(np.uint8)


def blurred(pixels: Pixels, deviation: float) -> Pixels:
    return cv2.GaussianBlur(pixels, (0, 0), deviation).astype(np.uint8)


def found(pixels: Pixels) -> DropReason | None:
    return flaw(Picture(pixels), GATE)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("line", [0, 1, 2])
def test_clean_flat_art_is_kept(seed: int, line: int) -> None:
    """A cel-shaded figure, with or without outlines, is no blurred picture."""
    assert found(cel(seed, line=line)) is None


@pytest.mark.parametrize("gain", [0.1, 0.3, 0.6])
def test_dark_stages_are_kept(gain: float) -> None:
    """A picture in little light is neither black nor blurred."""
    assert found((cel() * gain).astype(np.uint8)) is None


@pytest.mark.parametrize("seed", range(8))
def test_smeared_art_is_blurred(seed: int) -> None:
    """The same figures out of focus are dropped, at any contrast."""
    for gain in (1, 0.4):
        smeared = blurred((cel(seed) * gain).astype(np.uint8), 6)
        assert found(smeared) is DropReason.BLURRED


def test_a_fast_pan_is_blurred() -> None:
    """Motion that smears every edge is dropped too."""
    kernel = np.full((25, 25), 1 / 625, np.float32)
    panned = cv2.filter2D(cel(), -1, kernel).astype(np.uint8)

    assert found(panned) is DropReason.BLURRED


@pytest.mark.parametrize("seed", range(4))
def test_the_sharper_picture_is_steeper(seed: int) -> None:
    """The measure falls with every step out of focus, whatever the contrast."""
    steps = [steepness(Picture(blurred(cel(seed), s))) for s in (0.5, 2, 4, 8)]

    assert steps == sorted(steps, reverse=True)


def test_black_blank_and_overexposed_have_their_names() -> None:
    """Each empty picture is dropped for its own reason, with noise too."""
    assert found(flat(0)) is DropReason.BLACK
    assert found(with_noise(flat(2), 2)) is DropReason.BLACK
    assert found(flat(120)) is DropReason.BLANK
    assert found(with_noise(flat(120), 1)) is DropReason.BLANK
    assert found(flat(255)) is DropReason.OVEREXPOSED
    assert found(with_noise(flat(252), 3)) is DropReason.OVEREXPOSED


def test_little_is_not_nothing() -> None:
    """One bright word on black, and a small figure on white, are kept."""
    title = flat(0)
    cv2.putText(title, "LIVE", (200, 150), cv2.FONT_HERSHEY_SIMPLEX, 2, (255,) * 3, 4)
    poster = flat(255)
    cv2.circle(poster, (250, 140), 40, (200, 60, 90), -1, cv2.LINE_AA)

    assert found(title) is None
    assert found(poster) is None


def test_equal_light_is_not_blank() -> None:
    """Colours of one brightness are a picture, not a blank."""
    pixels = flat(0)
    pixels[:, :256], pixels[:, 256:] = (180, 60, 60), (40, 118, 60)

    assert found(pixels) is not DropReason.BLANK


def likeness(one: Pixels, other: Pixels, *, moving: bool = True) -> DropReason | None:
    first, second = (Fingerprint.of(Picture(p)) for p in (one, other))
    return Likeness(GATE, moving=moving).reason(second, first)


def test_what_stands_still_is_frozen() -> None:
    """The same picture again is frozen; of stills it is a duplicate."""
    assert likeness(cel(), cel()) is DropReason.FROZEN
    assert likeness(cel(), cel(), moving=False) is DropReason.DUPLICATE


def test_compression_makes_a_duplicate() -> None:
    """The same picture, compressed, scaled or with a little noise, says nothing new."""
    done, data = cv2.imencode(".jpg", cel(), [cv2.IMWRITE_JPEG_QUALITY, 40])
    small = cv2.resize(cel(), (256, 144), interpolation=cv2.INTER_AREA)
    assert done
    for other in (cv2.imdecode(data, cv2.IMREAD_COLOR), small, with_noise(cel(), 4)):
        assert likeness(cel(), np.asarray(other, np.uint8)) is not None


def test_what_is_new_is_not_inherited() -> None:
    """Another figure, other light, other colours, and a small logo are looked at."""
    logo = cel()
    cv2.rectangle(logo, (20, 20), (50, 40), (250, 250, 250), -1)
    warm = np.clip(cel() * np.array([1.15, 1, 0.85]), 0, 255).astype(np.uint8)
    for other in (cel(3), (cel() * 0.8).astype(np.uint8), warm, logo, cel()[:, :300]):
        assert likeness(cel(), other) is None


def test_a_fingerprint_is_text_that_comes_back() -> None:
    """What is stored of a frame is enough to go on comparing."""
    print_ = Fingerprint.of(Picture(cel()))
    back = Fingerprint.read(print_.text())

    assert back is not None
    assert back.text() == print_.text()
    assert Fingerprint.read("") is None


def mixed(one: Pixels, other: Pixels, share: float) -> Pixels:
    return (one * (1 - share) + other * share).astype(np.uint8)


def grey(pixels: Pixels) -> Pixels:
    return cv2.cvtColor(
        cv2.resize(pixels, (256, 144), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
    ).astype(np.uint8)


def test_a_dissolve_is_suspected_and_proven() -> None:
    """Half of one shot over half of another is no picture to judge."""
    one, other = cel(1), cel(2)
    for share in (0.3, 0.5, 0.7):
        steps = [grey(mixed(one, other, share + step)) for step in (0, 0.06, 0.12)]
        middle = Picture(mixed(one, other, share))
        assert in_transition(np.stack(steps), GATE)
        assert is_between(Picture(one), middle, Picture(other))


def test_a_change_at_no_steady_pace_is_not_suspected() -> None:
    """To look further costs a second of decoding: a camera's sway is no reason."""
    steps = [grey(mixed(cel(1), cel(2), share)) for share in (0, 0.16, 0.24)]

    assert not in_transition(np.stack(steps), GATE)


def test_a_fade_to_black_is_between() -> None:
    """A picture on its way to black lies between itself and nothing."""
    middle = Picture(mixed(cel(1), flat(0), 0.5))

    assert is_between(Picture(cel(1)), middle, Picture(flat(0)))


def test_a_cut_a_move_and_a_sweep_of_light_are_no_dissolve() -> None:
    """What is whole is kept, however much changes around it."""
    one, other = Picture(cel(1)), Picture(cel(2))
    moved = [Picture(np.roll(cel(1), shift, axis=1)) for shift in (-60, 0, 60)]
    ramp = np.linspace(-1, 1, SIZE[1])[None, :, None]
    swept = [
        Picture((cel(1) * np.exp(-((ramp - at) ** 2) * 8)).astype(np.uint8))
        for at in (-0.5, 0, 0.5)
    ]

    assert not is_between(one, one, other)
    assert not is_between(one, other, other)
    assert not is_between(*moved)
    assert not is_between(*swept)
