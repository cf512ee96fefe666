"""Many questions behind one picture, packed into one line without padding.

::

    columns  role picture │ question 0 │ question 1 │ question 2
    owner     everybody's │ 0  0  0  0 │ 1  1       │ 2  2  2

A token sees what belongs to everybody and what its own question has said before it;
so the picture is read once, its keys and values are not copied for each question, and
no question knows that another was asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idolens.vlm.asked import Asked

Ints = NDArray[np.int64]

EVERYBODY = -1
"""Owner of the columns that all questions see."""
NOBODY = -2
"""Owner of columns that only fill up a bucket."""


@dataclass(frozen=True, slots=True)
class Line:
    """Tokens to be read next, behind ``owners`` that were read before.

    Attributes:
        ids: i64 [pictures, columns]; one row where all pictures have the same.
        positions: i64 [columns]; the same in time, row and column.
        owners: i64 [columns].
        at: i64 [rows]; the columns whose logits are wanted.
    """

    ids: Ints
    positions: Ints
    owners: Ints
    at: Ints


def packs(
    asked: Sequence[Asked], columns: int, lead: Sequence[int] = ()
) -> Iterator[list[int]]:
    """Group the numbers of questions that go into one line of at most ``columns``.

    Closed and open questions are kept apart; a question that is longer than
    ``columns`` gets a line of its own.

    Args:
        asked: the questions.
        columns: most tokens of one line.
        lead: tokens that are put behind every closed question.
    """
    for spoken in (False, True):
        group: list[int] = []
        taken = 0
        for number, one in enumerate(asked):
            if bool(one.limit) is not spoken:
                continue
            length = len(one.ids) + (0 if spoken else len(lead))
            if group and taken + length > columns:
                yield group
                group, taken = [], 0
            group.append(number)
            taken += length
        if group:
            yield group


def first_line(suffixes: Sequence[Sequence[int]], after: int) -> Line:
    """Lay out suffixes that all begin at the position ``after``."""
    lengths = [len(suffix) for suffix in suffixes]
    return Line(
        ids=np.concatenate([np.asarray(suffix, np.int64) for suffix in suffixes])[None],
        positions=np.concatenate([np.arange(length) for length in lengths]) + after,
        owners=np.repeat(np.arange(len(suffixes)), lengths),
        at=np.cumsum(lengths) - 1,
    )


def next_line(
    ids: Sequence[Sequence[int]], positions: Sequence[int], rows: Sequence[int]
) -> Line:
    """Lay out one more token for each of ``rows``; ``ids`` are [pictures][rows]."""
    return Line(
        ids=np.asarray(ids, np.int64),
        positions=np.asarray(positions, np.int64),
        owners=np.asarray(rows, np.int64),
        at=np.arange(len(rows)),
    )


def filled(line: Line, bucket: int) -> Line:
    """Fill ``line`` up to a multiple of ``bucket`` columns that nobody sees."""
    lack = -len(line.owners) % bucket
    if not lack:
        return line
    return Line(
        ids=np.pad(line.ids, ((0, 0), (0, lack))),
        positions=np.pad(line.positions, (0, lack), mode="edge"),
        owners=np.pad(line.owners, (0, lack), constant_values=NOBODY),
        at=line.at,
    )


def sight(before: Ints, owners: Ints, shown: int) -> NDArray[np.bool_]:
    """Return which columns each token of a line may see.

    Args:
        before: owners of the columns read before.
        owners: owners of what is read now.
        shown: columns that the model computes with; those beyond are hidden.

    Returns:
        bool [columns of the line, shown].
    """
    everything = np.concatenate((before, owners))
    columns = np.arange(len(everything))
    mine = (everything == EVERYBODY) | (everything == owners[:, None])
    seen = np.zeros((len(owners), shown), np.bool_)
    seen[:, : len(columns)] = mine & (columns <= columns[len(before) :, None])
    return seen
