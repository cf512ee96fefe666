"""From samples of metrics, now and a while ago, to the figures that rules look at."""

import math
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from idolens.outputs.alerts.rule import (
    Increase,
    Level,
    Quantile,
    Ratio,
    Rule,
    Selector,
    Share,
    Stalled,
)

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, Labels]


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure of one metric at one moment."""

    name: str
    labels: Mapping[str, str]
    value: float

    @property
    def key(self) -> Key:
        """What tells it from all other samples of a moment."""
        return self.name, tuple(sorted(self.labels.items()))


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule's figure.

    Attributes:
        value: None where nothing can be said: the metric is not there, or there were
            fewer events than the rule wants.
        count: how many events stand behind it.
    """

    value: float | None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All samples of one moment."""

    at: float
    values: Mapping[Key, float]

    def matching(self, selector: Selector) -> dict[Labels, float]:
        """Return the samples that ``selector`` means, by their labels."""
        return {
            labels: value
            for (name, labels), value in self.values.items()
            if name == selector.metric and _fits(labels, selector)
        }


class History:
    """Samples of the last while, to compare now with then.

    Args:
        reach_s: how far back somebody may look.
    """

    def __init__(self, reach_s: float) -> None:
        self._reach_s = reach_s
        self._kept: deque[Snapshot] = deque()

    def add(self, at: float, samples: Iterable[Sample]) -> None:
        """Keep the samples of the moment ``at``; moments come in order.

        A clock that was set back makes all that was kept worthless: it is dropped.
        """
        if self._kept and at < self._kept[-1].at:
            self._kept.clear()
        self._kept.append(Snapshot(at, {one.key: one.value for one in samples}))
        # The newest that is old enough stays: a window begins there.
        while len(self._kept) > 1 and self._kept[1].at <= at - self._reach_s:
            self._kept.popleft()

    def readings(self, rules: Sequence[Rule]) -> dict[str, Reading]:
        """Return every rule's figure now."""
        return {rule.name: self.reading(rule) for rule in rules}

    def reading(self, rule: Rule) -> Reading:
        """Return one rule's figure now; None where there are too few events."""
        if not self._kept:
            return Reading(None)
        found = self._measured(rule)
        if found.value is None or math.isnan(found.value) or found.count < rule.least:
            return Reading(None, found.count)
        return found

    def _measured(self, rule: Rule) -> Reading:
        now, measure = self._kept[-1], rule.measure
        match measure:
            case Level():
                return Reading(_highest(now.matching(measure.of)))
            case Ratio():
                return Reading(_ratio(now, measure))
            case Increase():
                grown = self._growth(measure.of, measure.window_s)
                return Reading(grown, round(grown or 0))
            case Share():
                return self._share(measure)
            case Quantile():
                return self._quantile(measure)
            case Stalled():
                return Reading(self._stalled(measure))

    def _share(self, measure: Share) -> Reading:
        whole = self._growth(measure.whole, measure.window_s)
        if not whole:
            return Reading(None)
        part = self._growth(measure.part, measure.window_s) or 0.0
        return Reading(part / whole, round(whole))

    def _quantile(self, measure: Quantile) -> Reading:
        buckets = measure.of.model_copy(
            update={"metric": f"{measure.of.metric}_bucket"}
        )
        sums: dict[float, float] = {}
        for labels, grown in self._growths(buckets, measure.window_s).items():
            bound = float(dict(labels).get("le", "nan"))
            sums[bound] = sums.get(bound, 0.0) + grown
        return _quantile(sums, measure.q)

    def _stalled(self, measure: Stalled) -> float | None:
        busy = self._lowest_since(measure.busy, measure.window_s)
        if busy is None:
            return None
        moved = self._growth(measure.of, measure.window_s) or 0.0
        return 1.0 if busy > 0 and moved <= 0 else 0.0

    def _lowest_since(self, selector: Selector, window_s: float) -> float | None:
        """Return the lowest of a gauge since the window began; 0 where it was not."""
        begin = self._before(window_s).at
        levels = [
            _highest(moment.matching(selector)) or 0.0
            for moment in self._kept
            if moment.at >= begin
        ]
        whole = self._kept[-1].at - begin >= window_s
        return min(levels) if levels and whole else None

    def _growth(self, selector: Selector, window_s: float) -> float | None:
        grown = self._growths(selector, window_s)
        return sum(grown.values()) if grown else None

    def _growths(self, selector: Selector, window_s: float) -> dict[Labels, float]:
        then, now = self._before(window_s), self._kept[-1]
        before = then.matching(selector)
        return {
            labels: _grown(before.get(labels, 0.0), value)
            for labels, value in now.matching(selector).items()
        }

    def _before(self, window_s: float) -> Snapshot:
        """Return the newest moment that is a window old, else the oldest there is."""
        begin = self._kept[-1].at - window_s
        return next(
            (one for one in reversed(self._kept) if one.at <= begin), self._kept[0]
        )


def _grown(before: float, now: float) -> float:
    # A counter that is lower than it was has begun again at 0.
    return now if now < before else now - before


def _highest(found: Mapping[Labels, float]) -> float | None:
    return max(found.values(), default=None)


def _ratio(now: Snapshot, measure: Ratio) -> float | None:
    part, whole = (
        _highest(now.matching(measure.part)),
        _highest(now.matching(measure.whole)),
    )
    return None if part is None or not whole else part / whole


def _quantile(sums: Mapping[float, float], q: float) -> Reading:
    """Interpolate within the bucket, as Prometheus does."""
    bounds = sorted(sums)
    if not bounds or bounds[-1] != math.inf or not sums[math.inf]:
        return Reading(None)
    total = sums[math.inf]
    rank, below, start = q * total, 0.0, 0.0
    for bound in bounds:
        if sums[bound] >= rank:
            if bound == math.inf:
                return Reading(start, round(total))
            inside = sums[bound] - below
            share = (rank - below) / inside if inside else 1.0
            return Reading(start + (bound - start) * share, round(total))
        below, start = sums[bound], bound
    return Reading(None)


def _fits(labels: Labels, selector: Selector) -> bool:
    given = dict(labels)
    return all(
        _whole(pattern, given.get(name, "")) for name, pattern in selector.where.items()
    ) and not any(
        _whole(pattern, given.get(name, ""))
        for name, pattern in selector.without.items()
    )


@lru_cache(maxsize=4096)
def _whole(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None
