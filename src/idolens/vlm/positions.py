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
    """Number the tokens of a text that holds one picture; see `with_pictures`."""
    return with_pictures(ids, picture_token, [grid], merge)


def with_pictures(
    ids: Sequence[int], picture_token: int, grids: Sequence[Grid], merge: int
) -> tuple[Positions, int]:
    """Number the tokens of a text that holds pictures.

    Words count up alike in all three; the tokens of a picture share one time and
    count rows and columns; what follows goes on behind the picture's longer side.

    Args:
        ids: the text's tokens; each picture has a token per merged patch.
        picture_token: the token that pictures are made of.
        grids: patches down and across, a picture each, in their order.
        merge: patches across that make one token.

    Returns:
        The positions, and the position of the next token.
    """
    parts: list[Positions] = []
    at = after = 0
    for grid in grids:
        begin = ids.index(picture_token, at)
        parts.append(words(after, begin - at))
        after += begin - at
        down, across = grid[0] // merge, grid[1] // merge
        parts.append(_picture(after, down, across))
        at, after = begin + down * across, after + max(down, across)
    parts.append(words(after, len(ids) - at))
    positions = np.concatenate(parts, axis=1, dtype=np.int64)
    return positions, after + len(ids) - at


def _picture(begin: int, down: int, across: int) -> Positions:
    rows, columns = np.divmod(np.arange(down * across), across)
    return np.stack((np.zeros_like(rows), rows, columns)) + begin


def words(begin: int, length: int) -> Positions:
    """Number ``length`` tokens of plain text from ``begin`` on."""
    return np.broadcast_to(np.arange(begin, begin + length), (3, length))
