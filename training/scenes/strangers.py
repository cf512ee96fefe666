"""Pictures that no question about an idol fits."""

import math
import random

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def draw_unanswerable(kind: str, detail: int, width: int, height: int) -> Pixels:
    """Draws black, a flat colour, noise, a photograph's statistics or a pattern."""
    dice = np.random.default_rng(detail)
    if kind == "black":
        image = np.full((height, width, 3), dice.integers(0, 9), np.uint8)
        if dice.random() < 0.5:  # noqa: PLR2004
            image += dice.integers(0, 8, image.shape, dtype=np.uint8)
        return image
    if kind == "flat colour":
        return _flat(dice, width, height)
    if kind == "noise":
        return _noise(dice, width, height)
    from training.scenes import patterns, photographs  # noqa: PLC0415

    if kind == "photo":
        return photographs.draw_photograph(dice, width, height)
    return patterns.draw_pattern(random.Random(detail), dice, width, height)


def _flat(dice: np.random.Generator, width: int, height: int) -> Pixels:
    first = dice.integers(0, 256, 3)
    image = np.broadcast_to(first, (height, width, 3)).astype(np.float32)
    if dice.random() < 0.6:  # noqa: PLR2004
        angle = dice.uniform(0, math.tau)
        x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
        y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
        share = np.clip(x * math.cos(angle) + y * math.sin(angle) + 0.5, 0, 1)[
            ..., None
        ]
        image = image * (1 - share) + dice.integers(0, 256, 3) * share
    return image.astype(np.uint8)


def _noise(dice: np.random.Generator, width: int, height: int) -> Pixels:
    cell = int(dice.choice([1, 1, 2, 4, 8, 16]))
    shape = (height // cell + 1, width // cell + 1, 3 if dice.random() < 0.6 else 1)  # noqa: PLR2004
    small = dice.integers(0, 256, shape, dtype=np.uint8)
    if shape[2] == 1:
        small = np.repeat(small, 3, axis=2)
    flag = cv2.INTER_NEAREST if dice.random() < 0.5 else cv2.INTER_LINEAR  # noqa: PLR2004
    return cv2.resize(small, (width, height), interpolation=flag)
