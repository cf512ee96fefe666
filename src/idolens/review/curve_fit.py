"""Fits how to read probabilities: one number (temperature) or two (and a shift of yes).

A convex problem, solved by Newton's method; a pull towards "as it is" keeps a dozen
labels from saying more than they know.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from idolens.review.calibration import (
    LEAST_PROBABILITY,
    curved,
    probability_of,
)

PULL: Final = 1.0
"""Strength of the pull towards the engine's own probabilities, in answers."""
_FLATTEST: Final = 0.05
_SHARPEST: Final = 5.0
_MOST_SHIFT: Final = 8.0
_STEPS: Final = 50
_CLOSE: Final = 1e-10

Floats = NDArray[np.float64]
Method = Literal["none", "temperature", "platt"]
Row = tuple[Mapping[str, float], str]
"""Probability of every reply, and the true one."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to read probabilities: log-odds times ``scale``, plus ``shift``.

    ``replies`` are those that are set against all others; see `curved`.
    """

    method: Method = "none"
    scale: float = 1.0
    shift: float = 0.0
    replies: tuple[str, ...] = ()

    def read(self, options: Mapping[str, float]) -> Mapping[str, float]:
        """Return the probabilities of one answer, read this way."""
        if self.method == "none":
            return options
        temperature, shift = round(1 / self.scale, 6), round(self.shift, 6)
        return curved(options, temperature, shift, self.replies)


@dataclass(frozen=True, slots=True)
class _Arrays:
    """Labelled answers side by side.

    Attributes:
        logs: log-probabilities f64 [rows, replies].
        truths: which reply is true, [rows].
        yes: 1 where the reply is yes, f64 [rows, replies].
    """

    logs: Floats
    truths: NDArray[np.intp]
    yes: Floats


def fit_way(rows: Sequence[Row], method: Method, replies: tuple[str, ...] = ()) -> Way:
    """Fit one way to ``rows``: minimise the truth's mean negative log-probability.

    Args:
        rows: labelled answers.
        method: ``platt`` needs ``replies``: it shifts them.
        replies: set against all others: what is true is then only one of them, or not.
    """
    if method == "none":
        return Way()
    data = _arrays([as_event(row, replies) for row in rows] if replies else rows)
    both = np.array([True, method == "platt"])
    point = _bottom(np.array([1.0, 0.0]), both, data)
    if both[1] and point[0] in (_FLATTEST, _SHARPEST):
        # At the edge the best shift is another one than further out.
        point = _bottom(point, np.array([False, True]), data)
    return Way(method, float(point[0]), float(point[1]), replies)


def as_event(row: Row, replies: Sequence[str]) -> Row:
    """Reduce an answer to yes (one of ``replies``) and no."""
    options, truth = row
    share = probability_of(options, replies)
    return {"yes": share, "no": 1 - share}, "yes" if truth in replies else "no"


def _bottom(point: Floats, free: NDArray[np.bool_], data: _Arrays) -> Floats:
    """Move the ``free`` ones of (scale, shift) downhill until nothing is gained."""
    for _ in range(_STEPS):
        slope, bend = _slope(point, data)
        step = np.zeros(2)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        moved = point - _shortened(step, point, data)
        moved[0] = np.clip(moved[0], _FLATTEST, _SHARPEST)
        moved[1] = np.clip(moved[1], -_MOST_SHIFT, _MOST_SHIFT)
        if float(np.abs(moved - point).max()) < _CLOSE:
            break
        point = moved
    return point


def _shortened(step: Floats, point: Floats, data: _Arrays) -> Floats:
    """Halve a step until it goes down: Newton alone may leap over the bottom."""
    here = _height(point, data)
    for _ in range(30):
        if _height(point - step, data) <= here:
            return step
        step = step / 2
    return np.zeros_like(step)


def _height(point: Floats, data: _Arrays) -> float:
    scale, shift = float(point[0]), float(point[1])
    if scale <= 0:
        return math.inf
    shares = _softmax(data.logs * scale + data.yes * shift)
    chosen = shares[np.arange(len(data.truths)), data.truths]
    loss = -float(np.log(np.maximum(chosen, 1e-300)).sum())
    return loss + PULL / 2 * ((scale - 1) ** 2 + shift**2)


def _slope(point: Floats, data: _Arrays) -> tuple[Floats, Floats]:
    """Return gradient f64 [2] and Hessian f64 [2, 2] at (scale, shift)."""
    shares = _softmax(data.logs * point[0] + data.yes * point[1])
    features = np.stack([data.logs, data.yes])  # [2, rows, replies]
    mean = (features * shares).sum(axis=2)
    at_truth = features[:, np.arange(len(data.truths)), data.truths]
    slope = (mean - at_truth).sum(axis=1) + PULL * (point - [1.0, 0.0])
    centred = features - mean[:, :, None]
    bend = np.einsum("irk,jrk,rk->ij", centred, centred, shares)
    return slope, bend + PULL * np.eye(2)


def _arrays(rows: Sequence[Row]) -> _Arrays:
    """Put rows side by side; a reply that one lacks has next to no probability."""
    names = sorted({name for options, _ in rows for name in options})
    logs = np.log(
        [
            [max(options.get(name, 0.0), LEAST_PROBABILITY) for name in names]
            for options, _ in rows
        ]
    )
    truths = np.array([names.index(truth) for _, truth in rows], np.intp)
    yes = np.array([float(name == "yes") for name in names])
    return _Arrays(logs, truths, np.tile(yes, (len(rows), 1)))


def _softmax(logs: Floats) -> Floats:
    weights: Any = np.exp(logs - logs.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
