"""What the model has read of pictures: taken from those kept, else read now."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from idolens.media.picture import Picture
from idolens.vlm.glm.kv import Prefix
from idolens.vlm.glm.pictures import Eyes
from idolens.vlm.glm.reader import Reader, Unread
from idolens.vlm.pixels import Grid
from idolens.vlm.prefixes import Key, Prefixes


class View:
    """Pictures of one grid behind one role: some were read before, some were not.

    Args:
        reader: reads those that were not.
        kept: takes what is read.
        keys: of the pictures, in their order.
        seen: what is kept of each.
        tokens: number of a picture → its tokens, for those not kept.
    """

    def __init__(
        self,
        reader: Reader,
        kept: Prefixes[Prefix],
        keys: Sequence[Key],
        seen: Sequence[Prefix | None],
        tokens: Mapping[int, Tensor],
    ) -> None:
        self._reader = reader
        self._kept = kept
        self._keys = keys
        self._seen = list(seen)
        self._tokens = tokens

    def unread(self) -> Unread | None:
        """Return all pictures, ready to be read; None where one was read before."""
        if any(prefix is not None for prefix in self._seen):
            return None
        tokens = [self._tokens[at] for at in range(len(self._keys))]
        return self._reader.unread(self._keys[0].words, tokens, self._keys[0].grid)

    def prefixes(self) -> list[Prefix]:
        """Return every picture's prefix; those not read are read now."""
        new = [at for at, prefix in enumerate(self._seen) if prefix is None]
        if new:
            key, tokens = self._keys[0], [self._tokens[at] for at in new]
            with self._reader.stages.timed("prefill"):
                prefixes = self._reader.prefixes(key.words, tokens, key.grid)
            self.take(new, prefixes)
        return [prefix for prefix in self._seen if prefix is not None]

    def take(self, numbers: Sequence[int], prefixes: Sequence[Prefix]) -> None:
        """Keep what was read of the pictures ``numbers``."""
        for at, prefix in zip(numbers, prefixes, strict=True):
            self._seen[at] = prefix
            self._kept.put(self._keys[at], prefix)


class Seeing:
    """Pictures in, a view of them behind each role."""

    def __init__(self, eyes: Eyes, reader: Reader, kept: Prefixes[Prefix]) -> None:
        self._eyes = eyes
        self._reader = reader
        self._kept = kept

    def look(
        self, pictures: Sequence[Picture], grid: Grid, roles: Sequence[str]
    ) -> dict[str, View]:
        """Return a view of pictures of one grid behind each role.

        The vision tower runs once for a picture, and only if something of it lacks.
        """
        keys = [[Key(one.sha256, grid, role) for one in pictures] for role in roles]
        seen = [[self._kept.get(key) for key in row] for row in keys]
        lacking = [
            at for at in range(len(pictures)) if any(row[at] is None for row in seen)
        ]
        found: list[Tensor] = []
        if lacking:
            with self._reader.stages.timed("vision"):
                found = self._eyes.look([pictures[at] for at in lacking])
        tokens = dict(zip(lacking, found, strict=True))
        return {
            role: View(self._reader, self._kept, named, row, tokens)
            for role, named, row in zip(roles, keys, seen, strict=True)
        }
