"""Reads a conversation with its pictures, and computes what may come next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idolens.media.picture import Picture
from idolens.vlm.chat_template import Chat
from idolens.vlm.conversation import Turn
from idolens.vlm.embedded.graphs import Cache, Floats, Graphs, Step
from idolens.vlm.embedded.sight import Sight
from idolens.vlm.model_files import ModelFiles
from idolens.vlm.positions import Positions, with_pictures, words

LONGEST = 4096
"""Most tokens of a conversation and its reply together; it bounds the cache."""
_COLUMNS = 256
"""Tokens read in one run; attention's memory grows with this times the length."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns as the model reads them.

    Attributes:
        ids: int64 [length]; every picture with all its tokens.
        positions: int64 [3, length].
    """

    ids: tuple[int, ...]
    positions: Positions


@dataclass(frozen=True, slots=True)
class Heard:
    """What has been read up to now.

    Attributes:
        logits: f32 [words]: what may come next.
        cache: keys and values of all of it.
        after: position of the next token.
    """

    logits: Floats
    cache: Cache
    after: int


class Listener:
    """The half of a model that follows a conversation."""

    def __init__(
        self, files: ModelFiles, chat: Chat, sight: Sight, graphs: Graphs
    ) -> None:
        self._files = files
        self._chat = chat
        self._sight = sight
        self._graphs = graphs

    def tokens_of(self, picture: Picture) -> int:
        """Return how many tokens a picture has."""
        down, across = self._sight.grid(picture)
        return down * across // self._files.merge**2

    def length(self, text: str) -> int:
        """Return how many tokens a text has; a picture in it counts as one."""
        return len(self._chat.encode(text))

    def lay_out(self, turns: Sequence[Turn], *, thinking: bool) -> Conversation:
        """Put turns into words, tokens and positions; nothing is computed yet."""
        merge, picture_token = self._files.merge, self._files.picture_token
        pictures = [picture for turn in turns for picture in turn.pictures]
        counts = [self.tokens_of(picture) for picture in pictures]
        ids = self._chat.with_room(self._chat.turns(turns, thinking=thinking), counts)
        grids = [self._sight.grid(picture) for picture in pictures]
        positions, _ = with_pictures(ids, picture_token, grids, merge)
        return Conversation(tuple(ids), positions)

    def listen(self, turns: Sequence[Turn], laid_out: Conversation) -> Heard:
        """Read the conversation, a few hundred tokens at a time."""
        ids = np.array([laid_out.ids], np.int64)
        embeddings = self._graphs.embed(ids)
        pictures = [picture for turn in turns for picture in turn.pictures]
        if pictures:
            seen = [self._sight.tokens([picture])[0] for picture in pictures]
            embeddings[0, ids[0] == self._files.picture_token] = np.concatenate(seen)
        return self._read(
            embeddings, laid_out.positions, self._graphs.decoder.nothing(1)
        )

    def go_on(self, heard: Heard, ids: Sequence[int]) -> Heard:
        """Read a few more tokens, the model's own."""
        embeddings = self._graphs.embed(np.array([ids], np.int64))
        return self._read(embeddings, words(heard.after, len(ids)), heard.cache)

    def _read(self, embeddings: Floats, positions: Positions, cache: Cache) -> Heard:
        length = embeddings.shape[1]
        decoder = self._graphs.decoder
        starts = range(0, length, _COLUMNS)
        for begin in starts[:-1]:
            part = slice(begin, begin + _COLUMNS)
            step = _step(embeddings[:, part], positions[:, part], cache)
            cache = decoder.read(step, cache)
        rest = slice(starts[-1], length)
        step = _step(embeddings[:, rest], positions[:, rest], cache)
        logits, cache = decoder.both(step, cache)
        return Heard(logits[0], cache, int(positions[:, -1].max()) + 1)


def _step(embeddings: Floats, positions: Positions, cache: Cache) -> Step:
    length = embeddings.shape[1]
    return Step(
        embeddings=embeddings,
        mask=np.ones((1, cache.length + length), np.int64),
        positions=positions[:, None],
        at=np.array([length - 1], np.int64),
    )
