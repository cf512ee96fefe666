"""The doors of an installation, made from its settings."""

from collections.abc import Callable
from dataclasses import dataclass

from idolens.settings import Settings
from idolens.vlm.admission.admission import Admission
from idolens.vlm.admission.rules import Rules


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors before the engine.

    Replies have one of their own: each takes seconds, word by word, and between two
    words the engine answers others.

    Attributes:
        look: for questions about pictures, recordings among them.
        talk: for replies of a conversation.
    """

    look: Admission
    talk: Admission


def doors(settings: Settings, shortages: Callable[[], int] = int) -> Doors:
    """Make the doors.

    Args:
        settings: how many, and how long.
        shortages: how often the engine's memory ran out up to now.
    """
    most = settings.load.ceiling or _most(settings)

    def rules(start: int, ceiling: int) -> Rules:
        return Rules(
            start=start,
            ceiling=ceiling,
            kept=settings.load.kept_for_alerts,
            waiting=settings.requests_waiting,
            wait_s=settings.wait_s,
            slow_s=settings.load.slow_s,
        )

    replies = settings.replies_at_once
    return Doors(
        look=Admission(rules(settings.requests_at_once, most), shortages=shortages),
        talk=Admission(rules(replies, replies), shortages=shortages),
    )


def _most(settings: Settings) -> int:
    """Return the ceiling where none is set.

    An engine of this machine computes one call at a time: more would only stand before
    it, where no alert gets past them.
    """
    servers = {"chat": settings.chat, "decisions": settings.decisions}
    remote = servers.get(settings.engine)
    together = len(remote.endpoints) * remote.at_once if remote else 0
    return max(settings.requests_at_once, together)
