"""Pictures with the statistics of photographs and of rendered animal films."""

import math  # noqa: I001

import cv2
import numpy as np
import numpy.typing as npt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Pixels = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float32]
Dice = np.random.Generator


def draw_photograph(dice: Dice, width: int, height: int) -> Pixels:
    """Draws one of many kinds of natural-looking picture."""
    makers: tuple[Callable[[Dice, int, int], Field], ...] = (
        _clouds,
        _landscape,
        _foliage,
        _animal,
        _animal,
        _blobs,
        _fur,
        _foliage,
    )
    image = makers[int(dice.integers(len(makers)))](dice, width, height)
    if dice.random() < 0.4:  # noqa: PLR2004
        image = cv2.GaussianBlur(image, (0, 0), float(dice.uniform(0.6, 3.0)))
    image = image * dice.uniform(0.6, 1.15) + dice.uniform(-15, 15)
    if dice.random() < 0.5:  # noqa: PLR2004
        image = image + dice.normal(0, dice.uniform(1, 7), (height, width, 1))
    return np.clip(image, 0, 255).astype(np.uint8)


def _cloud(dice: Dice, width: int, height: int, slope: float) -> Field:
    """Sums smooth noise over octaves: a 1/f field in 0..1."""
    total = np.zeros((height, width), np.float32)
    cells = int(dice.integers(2, 5))
    weight = 1.0
    while cells < min(width, height):
        small = dice.random((cells + 1, cells + 1), dtype=np.float32)
        total += weight * cv2.resize(
            small, (width, height), interpolation=cv2.INTER_CUBIC
        )
        cells, weight = cells * 2, weight * slope
    low, high = float(total.min()), float(total.max())
    return (total - low) / (high - low + 1e-6)


def _earthy(dice: Dice) -> Field:
    hue = dice.choice(
        [
            dice.uniform(15, 45),
            dice.uniform(60, 140),
            dice.uniform(180, 230),
            dice.uniform(0, 360),
        ]
    )
    hsv = np.array(
        [[[hue / 2, dice.uniform(40, 170), dice.uniform(40, 230)]]], np.uint8
    )
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float32)


def _ramp(field: Field, stops: list[Field]) -> Field:
    places = np.linspace(0, 1, len(stops))
    channels = [np.interp(field, places, [stop[c] for stop in stops]) for c in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def _clouds(dice: Dice, width: int, height: int) -> Field:
    field = _cloud(dice, width, height, float(dice.uniform(0.4, 0.85)))
    return _ramp(field, [_earthy(dice) for _ in range(int(dice.integers(2, 5)))])


def _landscape(dice: Dice, width: int, height: int) -> Field:
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, 1)
    sky = _cloud(dice, width, height, 0.5)
    image = _ramp(
        np.clip(y * 1.4 + sky * 0.3, 0, 1),
        [
            np.array([90, 150, 220], np.float32) * dice.uniform(0.5, 1.1),
            np.array([225, 225, 225], np.float32),
        ],
    )
    x = np.linspace(0, 1, width, dtype=np.float32)
    for layer in range(int(dice.integers(2, 5))):
        level = 0.35 + layer * 0.16 + dice.uniform(-0.05, 0.05)
        ridge = level + sum(
            dice.uniform(0.01, 0.09)
            / (k + 1)
            * np.sin(x * math.tau * (k + 1) * dice.uniform(0.5, 2) + dice.uniform(0, 7))
            for k in range(5)
        )
        texture = _cloud(dice, width, height, 0.8)
        ground = _ramp(texture, [_earthy(dice) * 0.5, _earthy(dice)])
        mask = np.clip((y - ridge[None, :]) * height / 2, 0, 1)[..., None]
        image = image * (1 - mask) + ground * mask
    return image


def _foliage(dice: Dice, width: int, height: int) -> Field:
    image = np.ascontiguousarray(_clouds(dice, width, height) * 0.5)
    base = np.array(
        [dice.uniform(30, 120), dice.uniform(80, 190), dice.uniform(20, 90)]
    )
    size = min(width, height)
    for layer in range(3):
        for _ in range(int(dice.integers(40, 110))):
            centre = (int(dice.integers(width)), int(dice.integers(height)))
            axes = (
                int(size * dice.uniform(0.02, 0.09)) + 1,
                int(size * dice.uniform(0.008, 0.035)) + 1,
            )
            tone = np.clip(
                base * dice.uniform(0.4, 1.4) + dice.uniform(-20, 20, 3), 0, 255
            )
            cv2.ellipse(
                image,
                centre,
                axes,
                float(dice.uniform(0, 180)),
                0,
                360,
                tone.tolist(),
                -1,
                cv2.LINE_AA,
            )
        if layer < 2:  # noqa: PLR2004
            image = cv2.GaussianBlur(image, (0, 0), 3.5 - 1.5 * layer)
    if dice.random() < 0.5:  # noqa: PLR2004
        for _ in range(int(dice.integers(3, 14))):
            centre = (int(dice.integers(width)), int(dice.integers(height)))
            tone = dice.uniform(120, 255, 3)
            cv2.circle(
                image,
                centre,
                int(size * dice.uniform(0.01, 0.04)) + 1,
                tone.tolist(),
                -1,
                cv2.LINE_AA,
            )
    return image


def _blobs(dice: Dice, width: int, height: int) -> Field:
    image = _clouds(dice, width, height)
    for _ in range(int(dice.integers(2, 9))):
        rx = dice.uniform(0.05, 0.35) * width
        _ball(
            dice,
            image,
            (dice.uniform(0, 1) * width, dice.uniform(0, 1) * height),
            rx,
            rx * dice.uniform(0.6, 1.6),
            _earthy(dice),
            0.0,
        )
    return cv2.GaussianBlur(image, (0, 0), float(dice.uniform(0.5, 8)))


def _ball(  # noqa: PLR0913, PLR0917
    dice: Dice,
    image: Field,
    centre: tuple[float, float],
    rx: float,
    ry: float,
    tone: Field,
    fluff: float,
) -> None:
    """Shades an ellipsoid lit from above, with fur where `fluff` > 0."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x - centre[0]) / rx, (y - centre[1]) / ry
    reach = u * u + v * v
    texture = np.float32(0.0)
    if fluff:
        texture = _strands(dice, width, height) * fluff
        reach = reach + texture * 0.35
    depth = np.sqrt(np.clip(1 - reach, 0, 1))
    lit = np.clip(0.35 + 0.5 * depth - 0.35 * v - 0.2 * u + texture * 0.8, 0.1, 1.25)
    mask = np.clip((1 - reach) * min(rx, ry) / 3, 0, 1)[..., None]
    image[:] = image * (1 - mask) + np.clip(tone * lit[..., None], 0, 255) * mask


def _strands(dice: Dice, width: int, height: int) -> Field:
    noise = dice.random((height, width), dtype=np.float32) - 0.5
    length = int(dice.integers(5, 13))
    kernel = np.zeros((length, length), np.float32)
    angle = dice.uniform(0.8, 2.3)
    dx, dy = math.cos(angle) * length / 2, math.sin(angle) * length / 2
    middle = length / 2
    cv2.line(
        kernel,
        (int(middle - dx), int(middle - dy)),
        (int(middle + dx), int(middle + dy)),
        1.0,
    )
    kernel /= kernel.sum() + 1e-6
    return cv2.filter2D(noise, -1, kernel) * 2.4


def _fur(dice: Dice, width: int, height: int) -> Field:
    strands = _strands(dice, width, height) + _cloud(dice, width, height, 0.5) * 0.8
    low, high = float(strands.min()), float(strands.max())
    return _ramp(
        (strands - low) / (high - low + 1e-6),
        [_earthy(dice) * 0.4, _earthy(dice), _earthy(dice) * 1.2],
    )


def _animal(dice: Dice, width: int, height: int) -> Field:
    """Draws something furry with eyes before a blurred wood, as animal films show."""
    backdrop = (
        _foliage(dice, width, height)
        if dice.random() < 0.6  # noqa: PLR2004
        else _landscape(dice, width, height)
    )
    image = cv2.GaussianBlur(backdrop, (0, 0), float(dice.uniform(2, 6)))
    size = min(width, height) * dice.uniform(0.25, 0.42)
    cx, cy = width * dice.uniform(0.3, 0.7), height * dice.uniform(0.35, 0.6)
    tone = np.clip(_earthy(dice) * 1.2, 60, 235).astype(np.float32)
    fluff = float(dice.uniform(0.3, 0.9))
    _ball(dice, image, (cx, cy + size * 1.2), size * 1.05, size * 1.1, tone, fluff)
    ear_y, ear_w, ear_h = dice.choice(
        [(-1.3, 0.22, 0.75), (-0.85, 0.35, 0.35), (-0.95, 0.25, 0.4)]
    )
    for side in (-1, 1):
        _ball(
            dice,
            image,
            (cx + side * size * 0.55, cy + ear_y * size),
            size * ear_w,
            size * ear_h,
            tone * 0.85,
            fluff,
        )
    _ball(dice, image, (cx, cy), size, size * dice.uniform(0.8, 1.0), tone, fluff)
    _ball(
        dice,
        image,
        (cx, cy + size * 0.38),
        size * 0.55,
        size * 0.36,
        np.minimum(tone * 1.3, 250),
        fluff * 0.6,
    )
    for side in (-1, 1):
        eye = (cx + side * size * 0.34, cy - size * 0.18)
        r = size * dice.uniform(0.1, 0.17)
        if dice.random() < 0.6:  # noqa: PLR2004
            _ball(dice, image, eye, r * 1.4, r * 1.6, np.full(3, 245, np.float32), 0.0)
        _ball(dice, image, eye, r, r, np.full(3, 40, np.float32), 0.0)
    _ball(
        dice,
        image,
        (cx, cy + size * 0.2),
        size * 0.16,
        size * 0.11,
        np.array([70, 40, 40], np.float32),
        0.0,
    )
    return image
