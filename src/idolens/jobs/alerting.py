"""Runs the watchman and the couriers beside a service, each in a thread of its own."""

import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Protocol

from idolens.archive import Archive
from idolens.jobs.courier import Courier, word_of
from idolens.jobs.heart import Heart
from idolens.jobs.watchman import Watchman
from idolens.outputs.alerts import Sample, read_rules
from idolens.outputs.delivery import Outcome, sender_for
from idolens.settings import AlertSettings, Settings

_LEAVE_S = 1.0
"""How long all threads may take to leave; a message on its way is sent again later."""


class Tally(Protocol):
    """Gives the figures that are watched, and hears how the watching goes."""

    def samples(self) -> Iterable[Sample]:
        """Return every figure as it is now."""
        ...

    def delivered(self, target: str, outcome: str) -> None:
        """Note a try to deliver a message."""
        ...

    def beat(self, target: str, outcome: str) -> None:
        """Note a heartbeat; ``asleep`` is one that was held back."""
        ...

    def failed(self, part: str) -> None:
        """Note that something could not be watched."""
        ...


@contextmanager
def open_alerting(
    settings: Settings, archive: Callable[[], Archive], tally: Tally
) -> Generator[Watchman]:
    """Watch and tell until the end.

    Raises:
        SettingsError: the rules or a target are not what they should be.
    """
    alerts, stop = settings.alerts, threading.Event()
    watchman = Watchman(
        read_rules(alerts.rules), alerts, tally.samples, lambda: archive().outbox
    )
    couriers = [
        Courier(
            target,
            sender_for(target, alerts.timeout_s),
            archive,
            usual=settings.language,
            lease_ms=round(alerts.timeout_s * 1000),
        )
        for target in alerts.targets
    ]
    threads = [
        threading.Thread(
            target=courier.run,
            args=(stop, tally.delivered),
            daemon=True,
            name="courier",
        )
        for courier in couriers
    ]
    threads += [
        threading.Thread(
            target=heart.run, args=(stop, _beaten(tally)), daemon=True, name="heart"
        )
        for heart in _hearts(alerts, watchman)
    ]
    threads.append(
        threading.Thread(
            target=watchman.run,
            args=(stop, lambda: tally.failed("alerts")),
            daemon=True,
            name="watchman",
        )
    )
    for thread in threads:
        thread.start()
    try:
        yield watchman
    finally:
        stop.set()
        end = time.monotonic() + _LEAVE_S
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))


def _hearts(alerts: AlertSettings, watchman: Watchman) -> list[Heart]:
    takers = alerts.takers("heartbeat")
    return [
        Heart(
            target.name,
            sender_for(target, alerts.timeout_s),
            lambda: watchman.awake,
            place=alerts.place,
            every_s=alerts.heartbeat_s,
        )
        for target in alerts.targets
        if target.name in takers
    ]


def _beaten(tally: Tally) -> Callable[[str, Outcome | None], None]:
    def told(target: str, outcome: Outcome | None) -> None:
        tally.beat(target, "asleep" if outcome is None else word_of(outcome))

    return told
