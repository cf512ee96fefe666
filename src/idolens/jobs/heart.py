"""Tells somebody outside, again and again, that the alarms of this machine are awake.

Who is told raises the alarm when it stops: a machine that is off cannot say so itself.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from idolens.outputs.delivery import Outcome, Sender, letter_of
from idolens.outputs.notices import heartbeat

_LOG = logging.getLogger(__name__)


class Heart:
    """Beats to one target.

    A beat is not kept and not sent again: an old one would say what is no longer so.

    Args:
        target: its name.
        sender: sends.
        awake: whether the figures were looked at lately; while not, there is no beat.
        place: what the studio calls this machine.
        every_s: from one beat to the next, in seconds.
        clock: the time, with its zone.
    """

    def __init__(
        self,
        target: str,
        sender: Sender,
        awake: Callable[[], bool],
        *,
        place: str,
        every_s: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._target = target
        self._sender = sender
        self._awake = awake
        self._place = place
        self._every_s = every_s
        self._clock = clock

    def beat(self) -> Outcome | None:
        """Beat once; None when the alarms are not awake."""
        if not self._awake():
            return None
        body = heartbeat(place=self._place, every_s=self._every_s, at=self._clock())
        return self._sender.send(letter_of(f"evt_{secrets.token_hex(14)}", body, "en"))

    def run(
        self, stop: threading.Event, told: Callable[[str, Outcome | None], None]
    ) -> None:
        """Beat until ``stop`` is set; ``told`` hears what came of each."""
        while not stop.is_set():
            try:
                told(self._target, self.beat())
            except Exception:  # noqa: BLE001 - the next beat may be better
                _LOG.exception("heart_stumbled")
                told(self._target, None)
            stop.wait(self._every_s)
