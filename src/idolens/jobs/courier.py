"""Brings the messages of one target to it, one after the other, until each is taken."""

import logging
import threading
import time
from collections.abc import Callable

from idolens.archive import Archive, Parcel
from idolens.archive.parcel import Outcome as Told
from idolens.errors import IdolensError
from idolens.outputs.delivery import (
    Delivered,
    Gone,
    Outcome,
    Sender,
    address_of,
    again_in_s,
    language_of,
    letter_of,
)
from idolens.settings.alerting import AnyTarget
from idolens.vocabulary import Language

_LOG = logging.getLogger(__name__)
_LOOK_S = 2.0
"""How often it is looked for a message, in seconds."""
_SLACK_MS = 30_000
"""How much longer than one try a message is leased."""


class Courier:
    """Sends to one target; another that is slow or broken does not hold it up.

    Args:
        target: to whom.
        sender: sends.
        archive: where the messages wait; opened at the first look.
        usual: the studio's language.
        lease_ms: how long one try may take.
    """

    def __init__(
        self,
        target: AnyTarget,
        sender: Sender,
        archive: Callable[[], Archive],
        *,
        usual: Language,
        lease_ms: int,
    ) -> None:
        self._target = target
        self._sender = sender
        self._archive = archive
        self._language: Language = language_of(target, usual)
        self._address = address_of(target)
        self._lease_ms = lease_ms + _SLACK_MS

    def once(self) -> Outcome | None:
        """Send the next message that is due; None when there is none.

        Raises:
            IdolensError: the database cannot be used.
        """
        archive = self._archive()
        parcel = archive.outbox.lease(self._target.name, for_ms=self._lease_ms)
        if parcel is None:
            return None
        begin = time.monotonic()
        if archive.deliveries.is_closed(self._target.name, self._address):
            outcome: Outcome = Gone("closed")
        else:
            letter = letter_of(parcel.event_id, parcel.payload, self._language)
            outcome = self._sender.send(letter)
        self._settle(archive, parcel, outcome, time.monotonic() - begin)
        return outcome

    def run(self, stop: threading.Event, told: Callable[[str, str], None]) -> None:
        """Send until ``stop`` is set; ``told`` hears of every try, by name and word."""
        while not stop.is_set():
            try:
                outcome = self.once()
            except IdolensError:
                outcome = None
                told(self._target.name, "stumbled")
            except Exception:  # noqa: BLE001 - one broken message must not stop others
                _LOG.exception("courier_stumbled")
                outcome = None
                told(self._target.name, "stumbled")
            if outcome is None:
                stop.wait(_LOOK_S)
            else:
                told(self._target.name, word_of(outcome))

    def _settle(
        self, archive: Archive, parcel: Parcel, outcome: Outcome, seconds: float
    ) -> None:
        again_s: float | None = None
        if not isinstance(outcome, Delivered | Gone):
            again_s = again_in_s(parcel.number, outcome.wait_s)
        archive.outbox.settle(
            parcel,
            word_of(outcome),
            outcome.code,
            took_ms=round(seconds * 1000),
            again_in_ms=None if again_s is None else round(again_s * 1000),
        )
        if isinstance(outcome, Gone):
            archive.deliveries.close_target(self._target.name, self._address)


def word_of(outcome: Outcome) -> Told:
    """Return what came of a try, in one word."""
    if isinstance(outcome, Delivered):
        return "delivered"
    return "gone" if isinstance(outcome, Gone) else "failed"
