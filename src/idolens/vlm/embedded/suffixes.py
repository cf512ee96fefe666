"""Reads many question suffixes behind shared picture prefixes, in padded batches.

A suffix is padded to a multiple of `BUCKET` that depends on its own length only, and
batched with suffixes of that bucket only. So the shapes that a question is computed
in are the same whether it is asked alone or among twenty, and so is its answer.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from idolens.vlm.asked import Token
from idolens.vlm.embedded.graphs import Cache, Floats, Graphs, Step
from idolens.vlm.reading import unrepeated

BUCKET = 8
"""Suffix lengths are rounded up to a multiple of this many tokens: fewer runs than
with exact lengths, and at most 7 wasted columns."""
ROWS_AT_ONCE = 32
"""Most suffixes in one run of the decoder; it bounds the memory of their caches."""
COLUMNS_AT_ONCE = 1024
"""Most columns of all rows together, unless one row alone has more; it bounds the
memory of the logits."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question about one picture.

    Attributes:
        picture: which of the pictures that share the cache.
        question: which of the questions asked.
        ids: the suffix's tokens.
        limit: most tokens of the reply; 0 for a closed question.
    """

    picture: int
    question: int
    ids: tuple[int, ...]
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """Pictures of one size that have been read behind one role.

    Attributes:
        cache: keys and values, a row per picture; no padding.
        after: position of the token that follows.
    """

    cache: Cache
    after: int

    @property
    def bytes(self) -> int:
        """The memory it takes."""
        return sum(layer.nbytes for layer in self.cache.layers)


def batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Group rows that may be computed together, within the limits above."""
    ordered = sorted(rows, key=_kind)
    for _, alike in groupby(ordered, key=_kind):
        group = list(alike)
        room = max(1, COLUMNS_AT_ONCE // padded_length(group[0]))
        most = min(ROWS_AT_ONCE, room)
        for begin in range(0, len(group), most):
            yield group[begin : begin + most]


def _kind(row: Row) -> tuple[bool, int]:
    return row.limit > 0, padded_length(row)


def padded_length(row: Row) -> int:
    """Return how many columns ``row`` is computed in."""
    return math.ceil(len(row.ids) / BUCKET) * BUCKET


def closed(graphs: Graphs, seen: Seen, rows: Sequence[Row]) -> Floats:
    """Return the logits f32 [rows, words] at each suffix's last token."""
    cache = seen.cache.take([row.picture for row in rows])
    return graphs.decoder.logits(_step(graphs, seen, rows), cache)


def generate(
    graphs: Graphs, seen: Seen, rows: Sequence[Row], stop: frozenset[int]
) -> list[list[Token]]:
    """Let every row reply, greedily, until a stop token, its limit or a loop."""
    replies: list[list[Token]] = [[] for _ in rows]
    step = _step(graphs, seen, rows)
    cache = seen.cache.take([row.picture for row in rows])
    alive = list(range(len(rows)))
    logits, cache = graphs.decoder.both(step, cache)
    while True:
        tokens = [_likeliest(line) for line in logits]
        kept = [
            at
            for at, (row, token) in enumerate(zip(alive, tokens, strict=True))
            if _goes_on(replies[row], token, rows[row].limit, stop)
        ]
        if not kept:
            return replies
        if len(kept) < len(alive):
            cache = cache.take(kept)
        alive = [alive[at] for at in kept]
        step = _next(graphs, step, kept, [tokens[at].id for at in kept])
        logits, cache = graphs.decoder.both(step, cache)


def log_probabilities(logits: Floats) -> NDArray[np.float64]:
    """Return the natural log of the softmax of one line of logits."""
    wide = logits.astype(np.float64)
    highest = wide.max()
    return wide - (highest + np.log(np.exp(wide - highest).sum()))


def _step(graphs: Graphs, seen: Seen, rows: Sequence[Row]) -> Step:
    length = max(padded_length(row) for row in rows)
    past = seen.cache.length
    ids = np.zeros((len(rows), length), np.int64)
    mask = np.zeros((len(rows), past + length), np.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row.ids)] = row.ids
        mask[at, : past + len(row.ids)] = 1
    columns = np.arange(seen.after, seen.after + length, dtype=np.int64)
    return Step(
        embeddings=graphs.embed(ids),
        mask=mask,
        positions=np.broadcast_to(columns, (3, len(rows), length)),
        at=np.array([len(row.ids) - 1 for row in rows], np.int64),
    )


def _next(graphs: Graphs, step: Step, kept: list[int], ids: list[int]) -> Step:
    """One more token for the ``kept`` rows, behind what they have said."""
    here = step.positions[:, kept, step.at[kept]]
    return Step(
        embeddings=graphs.embed(np.array(ids, np.int64)[:, None]),
        mask=np.pad(step.mask[kept], ((0, 0), (0, 1)), constant_values=1),
        positions=here[:, :, None] + 1,
        at=np.zeros(len(kept), np.int64),
    )


def _likeliest(logits: Floats) -> Token:
    logs = log_probabilities(logits)
    best = int(logs.argmax())
    return Token(best, float(logs[best]))


def _goes_on(
    reply: list[Token], token: Token, limit: int, stop: frozenset[int]
) -> bool:
    """Add ``token`` to ``reply`` unless it ends it; tell whether more may follow."""
    if token.id in stop:
        return False
    reply.append(token)
    said = [token.id for token in reply]
    return len(reply) < limit and unrepeated(said) == len(said)
