"""Looks at the figures every few seconds, and writes down what people are told."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from idolens.archive import AlertChange, Outbox
from idolens.errors import DiskFullError, IdolensError
from idolens.outputs.alerts import (
    Alarm,
    AlertEvent,
    Change,
    History,
    RuleBook,
    Sample,
    Severity,
    as_payload,
    firing,
    step,
)
from idolens.settings.alerting import AlertSettings, AnyTarget, WebhookTarget

_LOG = logging.getLogger(__name__)
_REACH_S = 900.0
_SILENT_S = 60.0


class Watchman:
    """Watches by the rules of ``book``.

    Args:
        book: the rules.
        settings: who is told, and what this machine is called.
        samples: gives all figures as they are now.
        outbox: where messages are kept until they are sent; opened at the first look.
    """

    def __init__(
        self,
        book: RuleBook,
        settings: AlertSettings,
        samples: Callable[[], Iterable[Sample]],
        outbox: Callable[[], Outbox],
    ) -> None:
        self._book = book
        self._settings = settings
        self._samples = samples
        self._outbox = outbox
        self._history = History(_REACH_S)
        self._alarms: dict[str, Alarm] | None = None
        self._looked_at = time.monotonic()

    @property
    def silent_s(self) -> float:
        """How long the last look that went well is past, in seconds."""
        return time.monotonic() - self._looked_at

    @property
    def awake(self) -> bool:
        """Whether the figures were looked at lately."""
        return self.silent_s <= self.patience_s

    @property
    def patience_s(self) -> float:
        """How long that may be before something must be wrong, in seconds."""
        return max(_SILENT_S, 5 * self._settings.every_s)

    @property
    def firing(self) -> dict[str, str]:
        """Which rules fire now, and how bad each is."""
        alarms = self._alarms or {}
        return {
            name: alarm.severity.word
            for name, alarm in alarms.items()
            if alarm.severity is not None
        }

    def look(self, now: datetime | None = None) -> list[AlertEvent]:
        """Look once; return what people are told.

        What cannot be written down has not happened: it is told at the next look.

        Raises:
            IdolensError: the database cannot be used.
        """
        now = now or datetime.now(UTC).astimezone()
        if self._alarms is None:
            self._alarms = self._known()
        self._history.add(now.timestamp(), self._samples())
        before = self._alarms
        after, events = step(
            self._book, self._history.readings(self._book.rules), before, now
        )
        open_ = {event.rule for event in events}
        self._alarms = {
            name: before.get(name, Alarm()) if name in open_ else after[name]
            for name in (*after, *(open_ - set(after)))
        }
        for event in events:
            self._write(event)
            # Made anew, not changed: others read it in threads of their own.
            known = {n: one for n, one in self._alarms.items() if n != event.rule}
            now_is = after.get(event.rule)
            self._alarms = known | ({event.rule: now_is} if now_is else {})
        self._looked_at = time.monotonic()
        return events

    def run(self, stop: threading.Event, failed: Callable[[], None]) -> None:
        """Look again and again until ``stop`` is set; ``failed`` hears of failures."""
        while not stop.wait(self._settings.every_s):
            try:
                self.look()
            except IdolensError:
                failed()
            except Exception:  # noqa: BLE001 - the next look may be better
                _LOG.exception("watchman_stumbled")
                failed()

    def _write(self, event: AlertEvent) -> None:
        rule = next((one for one in self._book.rules if one.name == event.rule), None)
        payload = as_payload(event, rule, self._settings.place)
        change = AlertChange(
            rule=event.rule,
            change=event.change.value,
            severity=int(event.severity),
            value=event.value,
            at_ms=round(event.at * 1000),
            since_ms=round(event.since * 1000),
        )
        targets = targets_for(event, self._settings.targets)
        try:
            self._outbox().add_alert(change, payload, targets)
        except DiskFullError:  # the reserve has been given up for just this
            self._outbox().add_alert(change, payload, targets)

    def _known(self) -> dict[str, Alarm]:
        """Return what people knew before this process began."""
        return {
            change.rule: firing(Severity(change.severity), change.since_ms / 1000)
            for change in self._outbox().last_changes()
            if change.change != Change.CLEARED
        }


def targets_for(event: AlertEvent, targets: Sequence[AnyTarget]) -> list[str]:
    """Return the names of those who are told of ``event``.

    Who was told that it is critical is told that it no longer is.
    """
    eased = event.change is Change.EASED
    how = Severity.CRITICAL if eased else event.severity
    return [
        one.name
        for one in targets
        if Severity[one.least.upper()] <= how
        and not (isinstance(one, WebhookTarget) and "alerts" not in one.events)
    ]
