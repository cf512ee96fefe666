"""Where each token stands: Glm4v counts time, rows and columns (M-RoPE)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from idolens.vlm.pixels import Grid

Positions = NDArray[np.int64]
"""int64 [3, length]: time, row and column of every token."""


def with_picture(
    ids: Sequence[int], picture_token: int, grid: Grid, merge: int
) -> tuple[Positions, int]:
    """Number the tokens of a text that holds one picture.

    Words count up alike in all three; the picture's tokens share one time and count
    rows and columns; what follows goes on behind the picture's longer side.

    Returns:
        The positions, and the position of the next token.
    """
    begin = ids.index(picture_token)
    down, across = grid[0] // merge, grid[1] // merge
    rows, columns = np.divmod(np.arange(down * across), across)
    picture = np.stack((np.zeros_like(rows), rows, columns)) + begin
    after = begin + max(down, across)
    rest = len(ids) - begin - down * across
    positions = np.concatenate(
        (words(0, begin), picture, words(after, rest)), axis=1, dtype=np.int64
    )
    return positions, after + rest


def words(begin: int, length: int) -> Positions:
    """Number ``length`` tokens of plain text from ``begin`` on."""
    return np.broadcast_to(np.arange(begin, begin + length), (3, length))
