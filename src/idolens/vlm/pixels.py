"""From a picture to the patches that the vision tower takes.

The same as transformers' Glm46VImageProcessor (a test compares): the picture is
resized so that both sides are multiples of patch x merge and the pixel budget
holds, normalised, and cut into patches, those of one merge block next to each other.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from idolens.media.picture import Picture
from idolens.vlm.model_files import PREPROCESSOR, ModelFiles, failed_check, unusable

Grid = tuple[int, int]
"""Patches down and across."""


@dataclass(frozen=True, slots=True)
class Patches:
    """One picture as the vision tower takes it.

    Attributes:
        values: float32 [patches, channels x frames x patch x patch].
        grid: patches down and across.
    """

    values: NDArray[np.float32]
    grid: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Patcher:
    """How one model wants its pictures; fields as in preprocessor_config.json.

    Attributes:
        least: smallest ``frames x height x width`` after resizing, in pixels.
        most: largest.
        patch: side of a patch, in pixels.
        merge: patches across that make one picture token.
        frames: how often a still picture is repeated in time.
        rescale: factor from 0–255 to the normalised range.
        mean: per channel.
        deviation: per channel.
    """

    least: int
    most: int
    patch: int
    merge: int
    frames: int
    rescale: float
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Patcher":
        """Read preprocessor_config.json; KeyError names what it lacks."""
        size = config["size"]
        return cls(
            least=int(size["shortest_edge"]),
            most=int(size["longest_edge"]),
            patch=int(config["patch_size"]),
            merge=int(config["merge_size"]),
            frames=int(config["temporal_patch_size"]),
            rescale=float(config.get("rescale_factor", 1 / 255)),
            mean=tuple(config["image_mean"]),
            deviation=tuple(config["image_std"]),
        )

    @classmethod
    def of(cls, files: ModelFiles) -> "Patcher":
        """Read how the model in ``files`` wants its pictures.

        Raises:
            EngineError: preprocessor_config.json lacks something, or cuts pictures
                otherwise than the vision tower of config.json expects: it would see
                them scrambled.
        """
        try:
            patcher = cls.from_config(files.preprocessor)
        except (KeyError, TypeError, ValueError) as error:
            raise unusable(PREPROCESSOR, repr(error)) from error
        tower = files.config["vision_config"]
        for name, value in (
            ("patch_size", patcher.patch),
            ("spatial_merge_size", patcher.merge),
            ("temporal_patch_size", patcher.frames),
        ):
            if tower.get(name, value) != value:
                raise failed_check(
                    f"its {PREPROCESSOR} cuts pictures otherwise than {name} of"
                    " config.json says",
                    f"{PREPROCESSOR} 切分图片的方式与 config.json 的 {name} 不一致",
                )
        return patcher

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Return height and width after resizing, in pixels."""
        factor = self.patch * self.merge
        if min(height, width) < factor:
            grow = max(factor / height, factor / width)
            height, width = int(height * grow), int(width * grow)
        tall = round(height / factor) * factor
        wide = round(width / factor) * factor
        pixels = self.frames * height * width
        if self.frames * tall * wide > self.most:
            shrink = math.sqrt(pixels / self.most)
            tall = max(factor, math.floor(height / shrink / factor) * factor)
            wide = max(factor, math.floor(width / shrink / factor) * factor)
        elif self.frames * tall * wide < self.least:
            grow = math.sqrt(self.least / pixels)
            tall = math.ceil(height * grow / factor) * factor
            wide = math.ceil(width * grow / factor) * factor
        return tall, wide

    def resized(self, picture: Picture) -> NDArray[np.uint8]:
        """Resize ``picture``; gives uint8 [height, width, 3]."""
        height, width = self.size(picture.height, picture.width)
        if (height, width) == picture.pixels.shape[:2]:
            return picture.pixels
        image = Image.fromarray(picture.pixels)
        return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))

    def patches(self, picture: Picture) -> Patches:
        """Resize, normalise and cut ``picture``."""
        pixels = self.resized(picture)
        mean = np.asarray(self.mean, np.float32)
        deviation = np.asarray(self.deviation, np.float32)
        scaled = (pixels.astype(np.float64) * self.rescale).astype(np.float32)
        return self._cut((scaled - mean) / deviation)

    def _cut(self, pixels: NDArray[np.float32]) -> Patches:
        down, across = pixels.shape[0] // self.patch, pixels.shape[1] // self.patch
        blocks = pixels.reshape(
            down // self.merge,
            self.merge,
            self.patch,
            across // self.merge,
            self.merge,
            self.patch,
            pixels.shape[2],
        )
        cut = blocks.transpose(0, 3, 1, 4, 6, 2, 5)  # rows … channel, y, x of a patch
        repeated = np.broadcast_to(
            cut[:, :, :, :, :, None], (*cut.shape[:5], self.frames, *cut.shape[5:])
        )
        return Patches(repeated.reshape(down * across, -1), (down, across))
