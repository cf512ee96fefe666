"""Reads pictures into prefixes, and lines of questions behind them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from idolens.vlm.chat_template import Chat
from idolens.vlm.glm.kv import Prefix, Workspace
from idolens.vlm.glm.network import Network
from idolens.vlm.glm.packs import EVERYBODY, Ints, Line, filled, sight
from idolens.vlm.model_files import ModelFiles
from idolens.vlm.pixels import Grid
from idolens.vlm.positions import with_picture


class Reader:
    """The reading half of a model."""

    def __init__(self, files: ModelFiles, chat: Chat, network: Network) -> None:
        self._picture_token = files.picture_token
        self._merge = files.merge
        self._chat = chat
        self._network = network

    def prefixes(
        self, words: str, tokens: Sequence[Tensor], grid: Grid
    ) -> list[Prefix]:
        """Read the role and a picture, for each picture of one grid.

        Args:
            words: the role and the marks around the picture, as text.
            tokens: for each picture its tokens [count, hidden].
            grid: of the pictures.
        """
        network = self._network
        ids = self._chat.prefix(words, len(tokens[0]))
        numbered, after = with_picture(ids, self._picture_token, grid, self._merge)
        embeddings = network.embed(network.tensor(np.array([ids])))
        embeddings = embeddings.repeat(len(tokens), 1, 1)
        begin = ids.index(self._picture_token)
        for row, seen in enumerate(tokens):
            embeddings[row, begin : begin + len(seen)] = seen.to(embeddings.dtype)
        positions = network.tensor(numbered)[:, None].expand(-1, len(tokens), -1)
        space = Workspace(network.shape, len(tokens), len(ids), 1)
        space.extend(len(ids))
        network.read(embeddings, positions, None, space)
        return space.prefixes(after)


class Reading:
    """A batch of pictures that lines of questions are read behind.

    Args:
        network: what computes.
        prefixes: of one length, a row each.
        columns: how many are likely to be read.
    """

    def __init__(
        self, network: Network, prefixes: Sequence[Prefix], columns: int
    ) -> None:
        self._network = network
        self._rows = len(prefixes)
        self._space = Workspace.behind(
            prefixes, network.shape, columns, network.room_bucket
        )
        self._owners: Ints = np.full(prefixes[0].columns, EVERYBODY, np.int64)

    def read(self, line: Line) -> Tensor:
        """Read ``line`` behind each picture.

        Returns:
            Log-probabilities f32 [pictures, wanted, words] of what follows the
            columns ``line.at``.
        """
        hidden = self.hidden(line)
        return self._network.logs(hidden)

    @torch.inference_mode()
    def hidden(self, line: Line) -> Tensor:
        """Read ``line``; gives [pictures, wanted, hidden] at ``line.at``."""
        network, line = self._network, filled(line, self._network.columns_bucket)
        length = len(line.owners)
        self._space.extend(length)
        mask = sight(self._owners, line.owners, self._space.shown)
        self._owners = np.concatenate((self._owners, line.owners))
        ids = network.tensor(line.ids).expand(self._rows, -1)
        positions = network.tensor(line.positions).expand(3, self._rows, -1)
        hidden = network.read_line(
            network.embed(ids), positions, network.tensor(mask), self._space
        )
        return hidden[:, network.tensor(line.at)]
