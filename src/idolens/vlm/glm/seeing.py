"""What the model has read of pictures: taken from those kept, else read now."""

from collections.abc import Sequence

from idolens.media.picture import Picture
from idolens.vlm.glm.kv import Prefix
from idolens.vlm.glm.pictures import Eyes
from idolens.vlm.glm.prefixes import Key, Prefixes
from idolens.vlm.glm.reader import Reader
from idolens.vlm.pixels import Grid


class Seeing:
    """Pictures in, a prefix for each behind each role."""

    def __init__(self, eyes: Eyes, reader: Reader, kept: Prefixes) -> None:
        self._eyes = eyes
        self._reader = reader
        self._kept = kept

    def see(
        self, pictures: Sequence[Picture], grid: Grid, words: Sequence[str]
    ) -> dict[str, list[Prefix]]:
        """Return the prefix of each picture of one grid, behind each of ``words``.

        The vision tower runs once for a picture, and only if something of it lacks.
        """
        keys = [[Key(one.sha256, grid, role) for one in pictures] for role in words]
        seen = [[self._kept.get(key) for key in row] for row in keys]
        lacking = [
            at for at in range(len(pictures)) if any(row[at] is None for row in seen)
        ]
        if lacking:
            found = self._eyes.look([pictures[at] for at in lacking])
            tokens = dict(zip(lacking, found, strict=True))
            for role, row, named in zip(words, seen, keys, strict=True):
                new = [at for at in lacking if row[at] is None]
                if not new:
                    continue
                read = self._reader.prefixes(role, [tokens[at] for at in new], grid)
                for at, prefix in zip(new, read, strict=True):
                    row[at] = prefix
                    self._kept.put(named[at], prefix)
        return {
            role: [prefix for prefix in row if prefix is not None]
            for role, row in zip(words, seen, strict=True)
        }
