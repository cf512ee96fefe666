"""Pictures become picture tokens once, and a cache behind each role once."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from idolens.media.picture import Picture
from idolens.vlm.chat_template import Chat
from idolens.vlm.embedded.graphs import Floats, Graphs, Step
from idolens.vlm.embedded.suffixes import Seen
from idolens.vlm.model_files import ModelFiles
from idolens.vlm.pixels import Grid, Patcher
from idolens.vlm.positions import with_picture

PICTURES_AT_ONCE = 4
"""Pictures encoded together: enough to fill the cores, few enough that a fan's
question waits a fraction of a second behind a recording."""


class Sight:
    """The seeing half of a model."""

    def __init__(self, files: ModelFiles, chat: Chat, graphs: Graphs) -> None:
        self._patcher = Patcher.of(files)
        self._files = files
        self._chat = chat
        self._graphs = graphs

    def grid(self, picture: Picture) -> Grid:
        """Return how many patches ``picture`` has, down and across."""
        height, width = self._patcher.size(picture.height, picture.width)
        return height // self._patcher.patch, width // self._patcher.patch

    def groups(self, pictures: Sequence[Picture]) -> Iterator[tuple[list[int], Grid]]:
        """Group the numbers of pictures that can be looked at together."""
        grids = [self.grid(picture) for picture in pictures]
        order = sorted(range(len(pictures)), key=lambda at: (grids[at], at))
        for grid, alike in groupby(order, key=lambda at: grids[at]):
            numbers = list(alike)
            for begin in range(0, len(numbers), PICTURES_AT_ONCE):
                yield numbers[begin : begin + PICTURES_AT_ONCE], grid

    def tokens(self, pictures: Sequence[Picture]) -> Floats:
        """Encode pictures of one grid; gives f32 [pictures, tokens, hidden]."""
        return self._graphs.vision([self._patcher.patches(one) for one in pictures])

    def read(self, prefix: str, tokens: Floats, grid: Grid) -> Seen:
        """Read the role and a picture, for each picture of ``tokens``."""
        picture_token = self._files.picture_token
        ids = self._chat.prefix(prefix, tokens.shape[1])
        numbered, after = with_picture(ids, picture_token, grid, self._files.merge)
        line = np.array([ids], np.int64)
        embeddings = np.repeat(self._graphs.embed(line), len(tokens), axis=0)
        embeddings[:, line[0] == picture_token] = tokens
        step = Step(
            embeddings=embeddings,
            mask=np.ones((len(tokens), len(ids)), np.int64),
            positions=np.repeat(numbered[:, None], len(tokens), axis=1),
            at=np.full(len(tokens), len(ids) - 1, np.int64),
        )
        decoder = self._graphs.decoder
        return Seen(decoder.read(step, decoder.nothing(len(tokens))), after)
