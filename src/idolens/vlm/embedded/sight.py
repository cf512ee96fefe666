"""Pictures become picture tokens once, and a cache behind each role once.

What was read of recent pictures is kept, so that the next question about one costs the
question alone.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from idolens.media.meter import UNMETERED, Meter, timed
from idolens.media.picture import Picture
from idolens.vlm.chat_template import Chat
from idolens.vlm.embedded.graphs import Cache, Floats, Graphs, Step
from idolens.vlm.embedded.suffixes import Seen
from idolens.vlm.model_files import ModelFiles
from idolens.vlm.pixels import Grid, Patcher
from idolens.vlm.positions import with_picture
from idolens.vlm.prefixes import Key, Prefixes, Uses

PICTURES_AT_ONCE = 4
"""Pictures encoded together: enough to fill the cores, few enough that a fan's
question waits a fraction of a second behind a recording."""


class Sight:
    """The seeing half of a model. Not for several threads at once.

    Args:
        files: of the model.
        chat: its template and tokenizer.
        graphs: its three graphs.
        kept_bytes: most memory for what was read of recent pictures.

    Attributes:
        meter: hears how long it takes, and how much is read.
    """

    def __init__(
        self, files: ModelFiles, chat: Chat, graphs: Graphs, *, kept_bytes: int
    ) -> None:
        self._patcher = Patcher.of(files)
        self._files = files
        self._chat = chat
        self._graphs = graphs
        self._kept = Prefixes[Seen](kept_bytes)
        self.meter: Meter = UNMETERED

    @property
    def uses(self) -> Uses:
        """What keeping was good for."""
        return self._kept.uses

    @property
    def kept_bytes(self) -> int:
        """Memory taken by what is kept."""
        return self._kept.bytes

    def forget(self) -> None:
        """Let go of what was read of recent pictures."""
        self._kept.clear()

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

    def look(
        self, pictures: Sequence[Picture], grid: Grid, roles: Sequence[str]
    ) -> dict[str, Seen]:
        """Return what is read of pictures of one grid behind each role.

        The vision tower runs once for a picture, and only if something of it lacks.
        """
        keys = [[Key(one.sha256, grid, role) for one in pictures] for role in roles]
        kept = [[self._kept.get(key) for key in row] for row in keys]
        lacking = [
            at for at in range(len(pictures)) if any(row[at] is None for row in kept)
        ]
        tokens = self.tokens([pictures[at] for at in lacking]) if lacking else None
        return {
            role: self._whole(named, row, lacking, tokens)
            for role, named, row in zip(roles, keys, kept, strict=True)
        }

    def _whole(
        self,
        keys: Sequence[Key],
        kept: Sequence[Seen | None],
        lacking: Sequence[int],
        tokens: Floats | None,
    ) -> Seen:
        """Put together what is kept of each picture and what is read now."""
        found = {at: seen for at, seen in enumerate(kept) if seen is not None}
        new = [at for at in range(len(keys)) if at not in found]
        if new and tokens is not None:
            rows = [lacking.index(at) for at in new]
            read = self.read(keys[0].words, tokens[rows], keys[0].grid)
            for row, at in enumerate(new):
                found[at] = Seen(read.cache.take([row]), read.after)
                self._kept.put(keys[at], found[at])
            if len(new) == len(keys):
                return read
        whole = [found[at] for at in range(len(keys))]
        return Seen(Cache.joined([one.cache for one in whole]), whole[0].after)

    def tokens(self, pictures: Sequence[Picture]) -> Floats:
        """Encode pictures of one grid; gives f32 [pictures, tokens, hidden]."""
        with timed(self.meter, "vision"):
            return self._graphs.vision([self._patcher.patches(one) for one in pictures])

    def read(self, prefix: str, tokens: Floats, grid: Grid) -> Seen:
        """Read the role and a picture, for each picture of ``tokens``."""
        with timed(self.meter, "prefill"):
            return self._read(prefix, tokens, grid)

    def _read(self, prefix: str, tokens: Floats, grid: Grid) -> Seen:
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
        self.meter.read(len(ids) * len(tokens))
        return Seen(decoder.read(step, decoder.nothing(len(tokens))), after)
