"""Keys and values: what a model keeps of what it has read.

A `Prefix` is one role and one picture, read once and never changed. A `Workspace` is
where questions are read behind prefixes: it begins as a copy of them and grows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

GROWTH = 64
"""Columns that a workspace grows by, at the least."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the keys and values of one model look like."""

    layers: int
    heads: int
    size: int
    dtype: torch.dtype
    device: torch.device

    def empty(self, rows: int, columns: int) -> Tensor:
        """Return zeros [layers, 2, rows, heads, columns, size].

        Zeros, since what stands in a column that is masked out is still computed
        with; it may be anything but NaN.
        """
        shape = (self.layers, 2, rows, self.heads, columns, self.size)
        return torch.zeros(shape, dtype=self.dtype, device=self.device)


@dataclass(frozen=True, slots=True)
class Prefix:
    """One role and one picture that have been read.

    Attributes:
        values: [layers, 2, heads, columns, size]; key, then value.
        after: position of the token that follows. It belongs to this picture: the
            picture's size decides it.
    """

    values: Tensor
    after: int

    @property
    def columns(self) -> int:
        """How many tokens were read."""
        return int(self.values.shape[3])

    @property
    def bytes(self) -> int:
        """The memory it takes."""
        return self.values.numel() * self.values.element_size()


class Workspace:
    """Keys and values of a batch while it is read; the model writes into it.

    Args:
        shape: of the model.
        rows: how many pictures are read side by side.
        columns: room to begin with.
        bucket: the model sees a multiple of this many columns; those beyond `used`
            must be masked. 1 shows no column too many.
    """

    def __init__(self, shape: Shape, rows: int, columns: int, bucket: int = 1) -> None:
        self._shape = shape
        self._bucket = bucket
        self._values = shape.empty(rows, self._rounded(columns))
        self._columns = torch.empty(0, dtype=torch.long)
        self.used = 0

    @classmethod
    def behind(
        cls, prefixes: Sequence[Prefix], shape: Shape, columns: int, bucket: int = 1
    ) -> "Workspace":
        """Begin with ``prefixes`` of one length, and room for ``columns`` more."""
        read = prefixes[0].columns
        space = cls(shape, len(prefixes), read + columns, bucket)
        for row, prefix in enumerate(prefixes):
            space._values[:, :, row, :, :read] = prefix.values
        space.used = read
        return space

    @property
    def shown(self) -> int:
        """How many columns the model sees."""
        return self._rounded(self.used)

    def extend(self, columns: int) -> None:
        """Make room for ``columns`` more, which the model is about to write."""
        begin, self.used = self.used, self.used + columns
        self._columns = torch.arange(begin, self.used, device=self._shape.device)
        have = self._values.shape[4]
        if self.shown > have:
            more = max(self.shown - have, GROWTH, have // 4)
            extra = self._shape.empty(self._values.shape[2], self._rounded(more))
            self._values = torch.cat((self._values, extra), 4)

    def update(self, keys: Tensor, values: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Take a layer's new keys and values; give all of them."""
        mine = self._values[layer]
        mine[0].index_copy_(2, self._columns, keys)
        mine[1].index_copy_(2, self._columns, values)
        return mine[0, :, :, : self.shown], mine[1, :, :, : self.shown]

    def prefixes(self, columns: int, after: int) -> list[Prefix]:
        """Return the first ``columns`` of each row, to be kept."""
        return [
            Prefix(self._values[:, :, row, :, :columns].clone(), after)
            for row in range(self._values.shape[2])
        ]

    def _rounded(self, columns: int) -> int:
        return -(-columns // self._bucket) * self._bucket
