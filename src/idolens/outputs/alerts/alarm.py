"""What every rule's alarm does from one look to the next; a pure function.

Each threshold of each rule goes its own way, so that no alarm can hide another:
it fires once its figure has been bad for `for_s` without a break, and holds until the
figure has been good (past `clear`) for `keep_s` without a break. A figure of which
nothing can be said is not bad; while a threshold holds, it counts as good.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from idolens.outputs.alerts.measuring import Reading
from idolens.outputs.alerts.rule import Rule, RuleBook, Severity, Threshold


class Phase(StrEnum):
    """Where a threshold stands."""

    QUIET = "quiet"
    PENDING = "pending"
    FIRING = "firing"


class Change(StrEnum):
    """What people are told."""

    FIRED = "fired"
    WORSE = "worse"
    EASED = "eased"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Level:
    """One threshold of one rule.

    Attributes:
        phase: where it stands.
        since: when it came there, in seconds since 1970.
        good_since: while firing, since when the figure has been good.
    """

    phase: Phase = Phase.QUIET
    since: float = 0.0
    good_since: float | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """One rule's alarm.

    Attributes:
        levels: where each threshold stands.
        told: how bad people were last told that it is; None for nothing.
        told_at: when it was that they were first told.
    """

    levels: Mapping[Severity, Level] = field(default_factory=dict[Severity, Level])
    told: Severity | None = None
    told_at: float = 0.0

    @property
    def severity(self) -> Severity | None:
        """How bad it is; None when nothing fires."""
        return max(
            (one for one, level in self.levels.items() if level.phase is Phase.FIRING),
            default=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """Something that people are told.

    Attributes:
        rule: the rule's name.
        change: what has changed.
        severity: how bad it is now; of an all-clear, how bad it was.
        value: the figure, where there is one.
        at: when, in seconds since 1970.
        since: when they were first told of it.
    """

    rule: str
    change: Change
    severity: Severity
    value: float | None
    at: float
    since: float


Alarms = Mapping[str, Alarm]
"""The alarms by their rules' names."""


def step(
    book: RuleBook, readings: Mapping[str, Reading], alarms: Alarms, now: datetime
) -> tuple[dict[str, Alarm], list[AlertEvent]]:
    """Look at every rule's figure once.

    Args:
        book: the rules, and when to be silent.
        readings: their figures by name; one that is missing says nothing.
        alarms: as they were after the last look; empty at first.
        now: the time, with its zone; moments come in order, gaps do no harm.

    Returns:
        The alarms as they are now, and what to tell; of a rule at most one thing.
    """
    after: dict[str, Alarm] = {}
    events: list[AlertEvent] = []
    for rule in book.rules:
        reading = readings.get(rule.name, Reading(None))
        alarm = _looked(rule, reading, alarms.get(rule.name, Alarm()), now.timestamp())
        silent = alarm.severity is not None and book.silent(
            rule.name, alarm.severity, now
        )
        alarm, event = _told(rule.name, alarm, reading, now.timestamp(), silent=silent)
        after[rule.name] = alarm
        events += [event] if event else []
    events += _of_gone_rules(alarms, after, now.timestamp())
    return after, events


def firing(severity: Severity, since: float) -> Alarm:
    """Return the alarm of a rule that people know to fire, after a restart."""
    levels = {one: Level(Phase.FIRING, since) for one in Severity if one <= severity}
    return Alarm(levels, severity, since)


def _looked(rule: Rule, reading: Reading, before: Alarm, now: float) -> Alarm:
    levels = {
        severity: _moved(
            rule, threshold, reading, before.levels.get(severity, _QUIET), now
        )
        for severity, threshold in rule.levels
    }
    return replace(before, levels=levels)


def _moved(
    rule: Rule, threshold: Threshold, reading: Reading, level: Level, now: float
) -> Level:
    level = _not_ahead(level, now)
    value = reading.value
    bad = value is not None and rule.bad(value, threshold.at)
    if level.phase is Phase.FIRING:
        good = value is None or not rule.bad(value, threshold.clear)
        return _held(level, rule.keep_s, now, good=good)
    if not bad:
        return _QUIET
    since = level.since if level.phase is Phase.PENDING else now
    if now - since >= threshold.for_s:
        return Level(Phase.FIRING, now)
    return Level(Phase.PENDING, since)


def _held(level: Level, keep_s: float, now: float, *, good: bool) -> Level:
    if not good:
        return replace(level, good_since=None)
    since = now if level.good_since is None else level.good_since
    return _QUIET if now - since >= keep_s else replace(level, good_since=since)


def _not_ahead(level: Level, now: float) -> Level:
    """Let nothing have begun in the future: the clock may have been set back."""
    good = level.good_since
    return replace(
        level,
        since=min(level.since, now),
        good_since=None if good is None else min(good, now),
    )


def _told(
    rule: str, alarm: Alarm, reading: Reading, now: float, *, silent: bool
) -> tuple[Alarm, AlertEvent | None]:
    is_, was = alarm.severity, alarm.told
    if is_ == was or (silent and is_ is not None and is_ > (was or 0)):
        return alarm, None
    change = _change(was, is_)
    since = now if was is None else alarm.told_at
    event = AlertEvent(
        rule=rule,
        change=change,
        severity=is_ or was or Severity.WARNING,
        value=reading.value,
        at=now,
        since=since,
    )
    return replace(alarm, told=is_, told_at=since), event


def _change(was: Severity | None, is_: Severity | None) -> Change:
    if is_ is None:
        return Change.CLEARED
    if was is None:
        return Change.FIRED
    return Change.WORSE if is_ > was else Change.EASED


def _of_gone_rules(alarms: Alarms, after: Alarms, now: float) -> Iterator[AlertEvent]:
    """Give the all-clear for what was told under rules that there are no more."""
    for name, alarm in alarms.items():
        if name not in after and alarm.told is not None:
            yield AlertEvent(
                rule=name,
                change=Change.CLEARED,
                severity=alarm.told,
                value=None,
                at=now,
                since=alarm.told_at,
            )


_QUIET: Final = Level()
