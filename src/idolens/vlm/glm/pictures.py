"""Pictures become picture tokens: resized here, normalised and cut on the device.

The same patches as transformers' Glm46VImageProcessor gives without torchvision (a
test compares), so neither torchvision nor its processor is needed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import torch
from torch import Tensor

from idolens.media.picture import Picture
from idolens.vlm.glm.network import Network
from idolens.vlm.model_files import ModelFiles
from idolens.vlm.pixels import Grid, Patcher


class Eyes:
    """How one model looks at pictures.

    Args:
        files: of the model.
        network: what computes.
        pixels: most pixels that a picture is resized to; 0 takes the model's own.
    """

    def __init__(self, files: ModelFiles, network: Network, pixels: int = 0) -> None:
        patcher = Patcher.of(files)
        if pixels:
            most = min(patcher.most, patcher.frames * pixels)
            patcher = replace(patcher, most=most, least=min(patcher.least, most))
        self._patcher = patcher
        self._network = network
        self.merge = files.merge

    def grid(self, picture: Picture) -> Grid:
        """Return how many patches ``picture`` has, down and across."""
        height, width = self._patcher.size(picture.height, picture.width)
        return height // self._patcher.patch, width // self._patcher.patch

    def count(self, grid: Grid) -> int:
        """Return how many tokens a picture of ``grid`` is."""
        return grid[0] * grid[1] // self.merge**2

    def groups(
        self, pictures: Sequence[Picture], most: int
    ) -> Iterator[tuple[list[int], Grid]]:
        """Group the numbers of pictures that can be looked at together."""
        grids = [self.grid(picture) for picture in pictures]
        order = sorted(range(len(pictures)), key=lambda at: (grids[at], at))
        for grid, alike in groupby(order, key=lambda at: grids[at]):
            numbers = list(alike)
            for begin in range(0, len(numbers), most):
                yield numbers[begin : begin + most], grid

    @torch.inference_mode()
    def look(self, pictures: Sequence[Picture]) -> list[Tensor]:
        """Encode pictures of any sizes; gives [tokens, hidden] for each."""
        grids = [self.grid(picture) for picture in pictures]
        patches = torch.cat([self.patches(picture) for picture in pictures])
        seen = self._network.look(patches, grids)
        return list(torch.split(seen, [self.count(grid) for grid in grids]))

    @torch.inference_mode()
    def patches(self, picture: Picture) -> Tensor:
        """Resize, normalise and cut; gives f32 [patches, values of a patch]."""
        how = self._patcher
        pixels = self._network.tensor(how.resized(picture)).float() * how.rescale
        mean = torch.tensor(how.mean, device=pixels.device)
        deviation = torch.tensor(how.deviation, device=pixels.device)
        down, across = pixels.shape[0] // how.patch, pixels.shape[1] // how.patch
        blocks = ((pixels - mean) / deviation).view(
            down // how.merge,
            how.merge,
            how.patch,
            across // how.merge,
            how.merge,
            how.patch,
            -1,
        )
        cut = blocks.permute(0, 3, 1, 4, 6, 2, 5)  # rows … channel, y, x of a patch
        frames = cut.unsqueeze(5).expand(*cut.shape[:5], how.frames, *cut.shape[5:])
        return frames.reshape(down * across, -1)
