"""Drawn pictures as training batches, made by worker processes on their own core."""

import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from queue import Empty
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.scenes import ATTRIBUTES, CANNOT_TELL, draw, sample

Made = TypeVar("Made")
Box = tuple[float, float, float, float]

SIZES = ((224, 224), (308, 168), (168, 308), (252, 196), (196, 252))
"""Width and height of the pictures that the model is made for."""
SIZE_WEIGHTS = (4, 3, 1, 1, 1)
CLOSE_UP = 112
"""Side of the small pictures that teach shapes at a quarter of the cost."""
PATCH = 14
TRAINING = range(9_900_000)
"""Seeds to learn from; the running checks use 9.9 to 10 million."""
UNMARKED = "无标志"
UNKNOWN = -1
"""Class of what must not be asked: the loss skips it."""
DETAILS = (
    "expression",
    "hair_style",
    "head_accessory",
    "hand_accessory",
    "exposure",
    "brand",
    "clothing",
)


@cache
def classes(attribute: str) -> tuple[str, ...]:
    """The words of an attribute with cannot-tell as the last class."""
    return (*ATTRIBUTES[attribute], CANNOT_TELL)


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures of one size.

    Attributes:
        patches: uint8 [pictures, patches, 588], merge blocks in sequence.
        labels: int64 [pictures, attributes]; UNKNOWN where not to be asked.
        inside: float32 [pictures, attributes, tokens]; how much of an attribute's
            region each picture token covers, summing to one, or all zero.
        grid: patches down and across.
        truths: per picture the words, for questions.
    """

    patches: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    inside: npt.NDArray[np.float32]
    grid: tuple[int, int]
    truths: list[dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture with what is known about it."""

    image: npt.NDArray[np.uint8]
    truth: dict[str, str | None]
    regions: dict[str, Box]


def drawn(seed: int, size: tuple[int, int], chance: random.Random) -> Drawn:
    """Draw ``seed``; a third is drawn larger and scaled down as an engine does."""
    width, height = size
    scale = chance.choice((1.0, 1.0, 1.6))
    drawing = draw(sample(seed), round(width * scale), round(height * scale))
    image = drawing.image
    if scale > 1:
        image = np.asarray(
            Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
        )
    return Drawn(image, drawing.truth, drawing.regions)


def close_up(picture: Drawn, chance: random.Random) -> Drawn:
    """A window of CLOSE_UP pixels around one detail; what it cuts is not asked."""
    height, width = picture.image.shape[:2]
    known = [
        key
        for key in picture.regions
        if picture.truth.get(key) not in (None, CANNOT_TELL)
    ]
    details = [key for key in known if key in DETAILS] or known
    x, y = width / 2, height / 2
    if details:
        left, top, right, bottom = picture.regions[chance.choice(details)]
        x, y = (left + right) / 2 * width, (top + bottom) / 2 * height
    x += chance.uniform(-0.25, 0.25) * CLOSE_UP
    y += chance.uniform(-0.25, 0.25) * CLOSE_UP
    left = round(min(max(0, x - CLOSE_UP / 2), width - CLOSE_UP))
    top = round(min(max(0, y - CLOSE_UP / 2), height - CLOSE_UP))
    truth: dict[str, str | None] = dict.fromkeys(picture.truth)
    regions: dict[str, Box] = {}
    for key in known:
        box = picture.regions[key]
        here = (
            (box[0] * width - left) / CLOSE_UP,
            (box[1] * height - top) / CLOSE_UP,
            (box[2] * width - left) / CLOSE_UP,
            (box[3] * height - top) / CLOSE_UP,
        )
        if _share_seen(here) >= 0.9:  # noqa: PLR2004
            truth[key] = picture.truth[key]
            regions[key] = (
                max(0.0, here[0]),
                max(0.0, here[1]),
                min(1.0, here[2]),
                min(1.0, here[3]),
            )
    window = picture.image[top : top + CLOSE_UP, left : left + CLOSE_UP]
    return Drawn(window, truth, regions)


def _share_seen(box: Box) -> float:
    area = (box[2] - box[0]) * (box[3] - box[1])
    across = min(1.0, box[2]) - max(0.0, box[0])
    down = min(1.0, box[3]) - max(0.0, box[1])
    return max(0.0, across) * max(0.0, down) / area if area > 0 else 0.0


def patchified(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """[height, width, 3] to [patches, 588] in the image processor's order."""
    height, width = image.shape[:2]
    blocks = image.reshape(
        height // (2 * PATCH), 2, PATCH, width // (2 * PATCH), 2, PATCH, 3
    )
    return np.ascontiguousarray(blocks.transpose(0, 3, 1, 4, 6, 2, 5)).reshape(
        -1, 3 * PATCH * PATCH
    )


def region_weights(
    regions: dict[str, Box], grid: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """How each attribute's region spreads over the picture tokens."""
    down, across = grid[0] // 2, grid[1] // 2
    weights = np.zeros((len(ATTRIBUTES), down * across), np.float32)
    for index, key in enumerate(ATTRIBUTES):
        box = regions.get(key)
        if box is None:
            continue
        columns = np.arange(across)
        rows = np.arange(down)
        wide = np.minimum(box[2] * across, columns + 1) - np.maximum(
            box[0] * across, columns
        )
        high = np.minimum(box[3] * down, rows + 1) - np.maximum(box[1] * down, rows)
        area = np.outer(np.maximum(high, 0), np.maximum(wide, 0)).reshape(-1)
        if area.sum() > 0:
            weights[index] = area / area.sum()
    return weights


def stacked(pictures: list[Drawn]) -> Batch:
    """Put pictures of one size together."""
    height, width = pictures[0].image.shape[:2]
    grid = (height // PATCH, width // PATCH)
    labels = np.full((len(pictures), len(ATTRIBUTES)), UNKNOWN, np.int64)
    for row, picture in enumerate(pictures):
        for column, key in enumerate(ATTRIBUTES):
            word = picture.truth.get(key)
            if word is not None:
                labels[row, column] = classes(key).index(word)
    return Batch(
        np.stack([patchified(picture.image) for picture in pictures]),
        labels,
        np.stack([region_weights(picture.regions, grid) for picture in pictures]),
        grid,
        [picture.truth for picture in pictures],
    )


def small_batch(chance: random.Random, count: int, seeds: range = TRAINING) -> Batch:
    """Close-ups and small whole scenes."""
    pictures: list[Drawn] = []
    while len(pictures) < count:
        if chance.random() < 0.15:  # noqa: PLR2004
            side = (CLOSE_UP, CLOSE_UP)
            pictures.append(drawn(chance.choice(seeds), side, chance))
            continue
        side = round(chance.uniform(200, 250))
        whole = drawn(chance.choice(seeds), (side, side), chance)
        pictures += [close_up(whole, chance) for _ in range(3)]
    return stacked(pictures[:count])


def full_batch(chance: random.Random, count: int, seeds: range = TRAINING) -> Batch:
    """Whole scenes of one of the sizes that engines give the model."""
    size = chance.choices(SIZES, SIZE_WEIGHTS)[0]
    chosen = [_seed(chance, seeds) for _ in range(count)]
    return stacked([drawn(seed, size, chance) for seed in chosen])


def _seed(chance: random.Random, seeds: range) -> int:
    """Pick a scene; marks are hardest to see, so half of those without are left out."""
    while True:
        seed = chance.choice(seeds)
        if sample(seed).brand != UNMARKED or chance.random() < 0.5:  # noqa: PLR2004
            return seed


def held_out(start: int, count: int, size: tuple[int, int]) -> Batch:
    """``count`` pictures from ``start`` on, the same on every call."""
    chance = random.Random(start)
    return stacked([drawn(start + index, size, chance) for index in range(count)])


def stream(
    make: Callable[[random.Random, int], Made],
    *,
    count: int,
    workers: int,
    cores: list[int],
    start: int,
    ahead: int = 12,
) -> Iterator[Made]:
    """Endless batches that ``make`` draws in worker processes, or here if none."""
    if not workers:
        chance = random.Random(start)
        while True:
            yield make(chance, count)
    spawn = multiprocessing.get_context("spawn")
    queue = spawn.Queue(ahead)
    processes = [
        spawn.Process(
            target=_draw_for_ever,
            args=(queue, make, count, start * 1000 + number, cores),
            daemon=True,
        )
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        while True:
            try:
                yield queue.get(timeout=120)
            except Empty:
                if not all(process.is_alive() for process in processes):
                    raise
    finally:
        for process in processes:
            process.terminate()


def _draw_for_ever(
    queue: "multiprocessing.Queue[Made]",
    make: Callable[[random.Random, int], Made],
    count: int,
    seed: int,
    cores: list[int],
) -> None:
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    chance = random.Random(seed)
    while True:
        queue.put(make(chance, count))
