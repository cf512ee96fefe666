"""Reads pictures into prefixes, and lines of questions behind them."""

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Unread:
    """One role and pictures of one grid, about to be read.

    Attributes:
        embeddings: [pictures, columns, hidden].
        positions: i64 [3, pictures, columns].
        after: position of the token that follows.
    """

    embeddings: Tensor
    positions: Tensor
    after: int

    @property
    def columns(self) -> int:
        """How many tokens each picture and its role are."""
        return int(self.embeddings.shape[1])


class Reader:
    """Puts roles and pictures into what the decoder reads."""

    def __init__(self, files: ModelFiles, chat: Chat, network: Network) -> None:
        self.stages = network.stages
        self._picture_token = files.picture_token
        self._merge = files.merge
        self._chat = chat
        self._network = network

    @torch.inference_mode()
    def unread(self, words: str, tokens: Sequence[Tensor], grid: Grid) -> Unread:
        """Put the role and a picture together, for each picture of one grid.

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
        self.stages.meter.read(len(ids) * len(tokens))
        begin = ids.index(self._picture_token)
        for row, seen in enumerate(tokens):
            embeddings[row, begin : begin + len(seen)] = seen.to(embeddings.dtype)
        positions = network.tensor(numbered)[:, None].expand(-1, len(tokens), -1)
        return Unread(embeddings, positions, after)

    def prefixes(
        self, words: str, tokens: Sequence[Tensor], grid: Grid
    ) -> list[Prefix]:
        """Read the role and a picture, for each picture of one grid."""
        network, unread = self._network, self.unread(words, tokens, grid)
        space = Workspace(network.shape, len(tokens), unread.columns)
        space.extend(unread.columns)
        last = network.tensor(np.array([unread.columns - 1]))
        network.read(unread.embeddings, unread.positions, None, space, last)
        return space.prefixes(unread.columns, unread.after)


class Reading:
    """A batch of pictures that lines of questions are read behind.

    Args:
        network: what computes.
        pictures: prefixes of one length, a row each; or what is still unread, and is
            then read together with the first line: one run of the model, not two.
        columns: how many of questions and replies are likely to be read.
    """

    def __init__(
        self, network: Network, pictures: Sequence[Prefix] | Unread, columns: int
    ) -> None:
        self._network = network
        self._unread = pictures if isinstance(pictures, Unread) else None
        if isinstance(pictures, Unread):
            self._rows, self._begun = len(pictures.embeddings), pictures.columns
            self.after = pictures.after
            room = pictures.columns + columns
            self._space = Workspace(
                network.shape, self._rows, room, network.room_bucket
            )
        else:
            self._rows, self._begun = len(pictures), pictures[0].columns
            self.after = pictures[0].after
            self._space = Workspace.behind(
                pictures, network.shape, columns, network.room_bucket
            )
        self._owners: Ints = np.full(self._space.used, EVERYBODY, np.int64)

    def read(self, line: Line) -> Tensor:
        """Read ``line`` behind each picture.

        Returns:
            Log-probabilities f32 [pictures, wanted, words] of what follows the
            columns ``line.at``.
        """
        return self._network.logs(self.hidden(line))

    def prefixes(self) -> list[Prefix]:
        """Return what was read of each picture and its role, to be kept."""
        return self._space.prefixes(self._begun, self.after)

    @torch.inference_mode()
    def hidden(self, line: Line) -> Tensor:
        """Read ``line``; gives [pictures, wanted, hidden] at ``line.at``."""
        network, line = self._network, filled(line, self._network.columns_bucket)
        embeddings = network.embed(network.tensor(line.ids).expand(self._rows, -1))
        positions = network.tensor(line.positions).expand(3, self._rows, -1)
        owners, first = line.owners, 0
        if self._unread is not None:
            unread, self._unread = self._unread, None
            first = unread.columns
            embeddings = torch.cat((unread.embeddings, embeddings), 1)
            positions = torch.cat((unread.positions, positions), 2)
            owners = np.pad(owners, (first, 0), constant_values=EVERYBODY)
        self._space.extend(len(owners))
        mask = network.tensor(sight(self._owners, owners, self._space.shown))
        self._owners = np.concatenate((self._owners, owners))
        at = network.tensor(line.at + first)
        return network.read_line(embeddings, positions, mask, self._space, at)
