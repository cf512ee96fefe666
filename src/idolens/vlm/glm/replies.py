"""What the model says to a pack of questions: label probabilities, or words."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

from idolens.vlm.asked import Token
from idolens.vlm.glm.kv import Prefix
from idolens.vlm.glm.network import Network
from idolens.vlm.glm.packs import first_line, next_line
from idolens.vlm.glm.reader import Reading
from idolens.vlm.reading import unrepeated

Suffixes = Sequence[Sequence[int]]

_AHEAD = 32
"""Tokens of each reply that room is made for beforehand."""


@torch.inference_mode()
def closed(
    reading: Reading, suffixes: Suffixes, labels: list[int]
) -> list[list[list[float]]]:
    """Return log-probabilities [picture][question][label] of the first word."""
    logs = reading.read(first_line(suffixes, reading.after))
    chosen = torch.tensor(labels, device=logs.device)
    return numbers(logs[:, :, chosen].double())


class Replies:
    """What is said to each question about each picture, while it is being said.

    Args:
        pictures: how many.
        limits: most tokens of the reply to each question.
        stop: tokens that end a reply.
    """

    def __init__(
        self, pictures: int, limits: Sequence[int], stop: frozenset[int]
    ) -> None:
        self.said: list[list[list[Token]]] = [
            [[] for _ in limits] for _ in range(pictures)
        ]
        self._limits = limits
        self._stop = stop
        self._open = {(at, row) for at in range(pictures) for row in range(len(limits))}

    @property
    def rows(self) -> list[int]:
        """The questions that any picture's reply goes on for."""
        return sorted({row for _, row in self._open})

    def hear(
        self, rows: Sequence[int], ids: list[list[int]], logs: list[list[float]]
    ) -> None:
        """Take one token [picture][column] for each of ``rows``."""
        for column, row in enumerate(rows):
            for at in range(len(self.said)):
                if (at, row) in self._open:
                    self._take(at, row, Token(ids[at][column], logs[at][column]))

    def _take(self, at: int, row: int, token: Token) -> None:
        reply = self.said[at][row]
        if token.id not in self._stop:
            reply.append(token)
            said = [token.id for token in reply]
            if len(said) < self._limits[row] and unrepeated(said) == len(said):
                return
        self._open.discard((at, row))


@torch.inference_mode()
def generate(
    network: Network,
    prefixes: Sequence[Prefix],
    suffixes: Suffixes,
    limits: Sequence[int],
    stop: frozenset[int],
) -> list[list[list[Token]]]:
    """Let the model reply, greedily, until a stop token, the limit or a loop.

    Returns:
        The replies [picture][question].
    """
    replies = Replies(len(prefixes), limits, stop)
    line = first_line(suffixes, prefixes[0].after)
    ends = [prefixes[0].after + len(suffix) for suffix in suffixes]
    ahead = sum(min(limit, _AHEAD) for limit in limits)
    reading = Reading(network, prefixes, len(line.owners) + ahead)
    rows, said = replies.rows, 0
    while rows:
        best = reading.read(line).max(-1)
        ids: list[list[int]] = numbers(best.indices)
        replies.hear(rows, ids, numbers(best.values))
        going = replies.rows
        kept = [rows.index(row) for row in going]
        line = next_line(
            [[one[column] for column in kept] for one in ids],
            [ends[row] + said for row in going],
            going,
        )
        rows, said = going, said + 1
    return replies.said


def numbers(values: Tensor) -> Any:
    """Return plain numbers, nested as ``values`` is."""
    return cast("Any", values).tolist()
