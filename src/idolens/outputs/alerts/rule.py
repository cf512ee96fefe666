"""What a rule says: what is measured, from when on, for how long, and silence."""

from datetime import datetime, time
from enum import IntEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NAME = r"^[a-z][a-z0-9_]*$"
METRIC = r"^[a-z_:][a-z0-9_:]*$"


class Severity(IntEnum):
    """How bad it is; a higher number is worse."""

    WARNING = 1
    CRITICAL = 2

    @property
    def word(self) -> str:
        """The name in files and messages."""
        return self.name.lower()


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Strict):
    """One sentence in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Selector(_Strict):
    """Samples of one metric.

    Attributes:
        metric: the sample's name, with ``_total`` or ``_bucket`` where it has it.
        where: label → a regular expression that its whole value must match.
        without: label → one that it must not match.
    """

    metric: str = Field(pattern=METRIC)
    where: dict[str, str] = Field(default_factory=dict)
    without: dict[str, str] = Field(default_factory=dict)


class Level(_Strict):
    """A gauge as it is now; of several samples the highest."""

    kind: Literal["level"]
    of: Selector


class Ratio(_Strict):
    """One gauge divided by another."""

    kind: Literal["ratio"]
    part: Selector
    whole: Selector


class Increase(_Strict):
    """How much a counter has grown within the window."""

    kind: Literal["increase"]
    of: Selector
    window_s: float = Field(gt=0)


class Share(_Strict):
    """Which share of one counter's growth another's is, within the window."""

    kind: Literal["share"]
    part: Selector
    whole: Selector
    window_s: float = Field(gt=0)


class Quantile(_Strict):
    """A quantile of what a histogram has seen within the window.

    ``of.metric`` is the histogram's own name, without ``_bucket``.
    """

    kind: Literal["quantile"]
    of: Selector
    q: float = Field(gt=0, lt=1)
    window_s: float = Field(gt=0)


class Stalled(_Strict):
    """1 while a gauge says that there is work and a counter has not moved, else 0."""

    kind: Literal["stalled"]
    of: Selector
    busy: Selector
    window_s: float = Field(gt=0)


Measure = Annotated[
    Level | Ratio | Increase | Share | Quantile | Stalled, Field(discriminator="kind")
]


class Threshold(_Strict):
    """From when on it counts as bad.

    Attributes:
        at: the figure from which on (with ``when: below`` up to which) it is bad.
        clear: the figure that it must have passed the other way to count as good.
        for_s: how long it must be bad without a break before anybody is told.
    """

    at: float
    clear: float
    for_s: float = Field(ge=0)


class Rule(_Strict):
    """One reason to look at the machine.

    Attributes:
        name: what it is called in files and messages.
        title: what is wrong.
        advice: what to do about it.
        unit: how figures are shown.
        least: so many events there must be in the window for a figure to count.
        keep_s: how long it must be good without a break before the all-clear.
        warning: when to look at it today.
        critical: when to look at it now.
    """

    name: str = Field(pattern=NAME)
    title: Words
    advice: Words
    measure: Measure
    unit: Literal["share", "seconds", "count", "bytes", "celsius", "yes"] = "count"
    when: Literal["above", "below"] = "above"
    least: int = Field(default=0, ge=0)
    keep_s: float = Field(default=300.0, ge=0)
    warning: Threshold | None = None
    critical: Threshold | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        levels = self.levels
        if not levels:
            raise ValueError("needs `warning`, `critical`, or both")
        for _, level in levels:
            if self.bad(level.clear, level.at) and level.clear != level.at:
                raise ValueError("`clear` lies on the bad side of `at`")
        if len(levels) == 2 and not self.bad(levels[1][1].at, levels[0][1].at):  # noqa: PLR2004
            raise ValueError("`critical.at` is not worse than `warning.at`")
        return self

    @property
    def levels(self) -> list[tuple[Severity, Threshold]]:
        """The thresholds there are, the worst last."""
        both = ((Severity.WARNING, self.warning), (Severity.CRITICAL, self.critical))
        return [(severity, level) for severity, level in both if level is not None]

    def level(self, severity: Severity) -> Threshold | None:
        """Return the threshold of ``severity``, if there is one."""
        return dict(self.levels).get(severity)

    def bad(self, value: float, at: float) -> bool:
        """Tell whether ``value`` has come to ``at``."""
        return value >= at if self.when == "above" else value <= at


class Silence(_Strict):
    """When not to tell about what; it is counted and watched all the same.

    What is worse than ``up_to`` always gets through.

    Attributes:
        rules: names of rules; empty means all.
        begin: from then on; None means always.
        end: until then; None means for ever.
        daily: from and until, by the clock on the wall; may span midnight.
    """

    rules: tuple[str, ...] = ()
    begin: datetime | None = None
    end: datetime | None = None
    daily: tuple[time, time] | None = None
    up_to: Literal["warning", "critical"] = "warning"

    def covers(self, rule: str, severity: Severity, now: datetime) -> bool:
        """Tell whether nobody is to be told of ``rule`` now.

        Args:
            rule: the rule's name.
            severity: how bad it is.
            now: the time, with its zone.
        """
        if self.rules and rule not in self.rules:
            return False
        if severity > Severity[self.up_to.upper()]:
            return False
        return self._within_dates(now) and self._within_day(now)

    def _within_dates(self, now: datetime) -> bool:
        begin, end = self._zoned(self.begin, now), self._zoned(self.end, now)
        return (begin is None or now >= begin) and (end is None or now < end)

    def _zoned(self, moment: datetime | None, now: datetime) -> datetime | None:
        if moment is None or moment.tzinfo is not None:
            return moment
        return moment.replace(tzinfo=now.tzinfo)

    def _within_day(self, now: datetime) -> bool:
        if self.daily is None:
            return True
        begin, end = self.daily
        clock = now.timetz().replace(tzinfo=None)
        if begin <= end:
            return begin <= clock < end
        return clock >= begin or clock < end


class RuleBook(_Strict):
    """All rules, and when to be silent."""

    rules: tuple[Rule, ...]
    silences: tuple[Silence, ...] = ()

    @model_validator(mode="after")
    def _names_are_right(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"two rules are called {', '.join(sorted(twice))}")
        meant = {name for silence in self.silences for name in silence.rules}
        if meant - set(names):
            unknown = ", ".join(sorted(meant - set(names)))
            raise ValueError(f"a silence names a rule that there is not: {unknown}")
        return self

    def silent(self, rule: str, severity: Severity, now: datetime) -> bool:
        """Tell whether nobody is to be told of ``rule`` now."""
        return any(silence.covers(rule, severity, now) for silence in self.silences)
