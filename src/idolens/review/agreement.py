"""Shares with their uncertainty, and how far two people agree beyond chance.

The interval of a share is Wilson's (E. B. Wilson, JASA 22, 1927), at 95 %; agreement is
Cohen's kappa (J. Cohen, Educational and Psychological Measurement 20, 1960).
"""

import math
from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from idolens.review.record import Record, rounded

_Z = 1.959963984540054
"""Of a normal distribution, 95 % lies within so many standard deviations."""


class ShareFigure(Record):
    """A share that was counted, and between what the true one lies (95 %)."""

    count: int = Field(description="Counted.")
    of: int = Field(description="Among how many.")
    share: float | None = Field(description="count / of; null of nothing.")
    low: float = Field(description="Lower bound of the true share.")
    high: float = Field(description="Upper bound of the true share.")


class PairFigure(Record):
    """Two people who judged the same."""

    a: str = Field(description="One.")
    b: str = Field(description="The other.")
    count: int = Field(description="How much both judged.")
    agreement: float = Field(description="Share in which both said the same.")
    kappa: float | None = Field(
        description="Agreement beyond chance, 1 is perfect, 0 is chance; null where "
        "both always say the same one thing."
    )


def share_of(count: int, of: int) -> ShareFigure:
    """Return a share with Wilson's interval."""
    if not of:
        return ShareFigure(count=count, of=of, share=None, low=0.0, high=1.0)
    share, spread = count / of, _Z**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return ShareFigure(
        count=count,
        of=of,
        share=rounded(share),
        low=rounded(max(0.0, min(share, middle - half))),
        high=rounded(min(1.0, max(share, middle + half))),
    )


def pair_of(a: str, b: str, pairs: Sequence[tuple[str, str]]) -> PairFigure:
    """Return how far ``a`` and ``b`` agree; ``pairs`` has what each said, at least one.

    Raises:
        ValueError: there is no pair.
    """
    if not pairs:
        raise ValueError("nobody agrees about nothing")
    same = sum(one == other for one, other in pairs) / len(pairs)
    habits_a = Counter(one for one, _ in pairs)
    habits_b = Counter(other for _, other in pairs)
    chance = sum(habits_a[said] * habits_b[said] for said in habits_a) / len(pairs) ** 2
    kappa = None if chance >= 1 else rounded((same - chance) / (1 - chance))
    return PairFigure(a=a, b=b, count=len(pairs), agreement=rounded(same), kappa=kappa)
