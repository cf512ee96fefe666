"""Who goes before whom, and how many places each may take."""

from enum import IntEnum


class Priority(IntEnum):
    """Whose turn is more urgent; a higher one goes first."""

    BATCH = 0
    """Recordings, and whatever can wait."""
    CHAT = 1
    """Programs and bots; of them who came last goes first, for an old question of a
    live chat is of no use to anybody."""
    REVIEWER = 2
    """A person who waits for the answer."""
    ALERT = 3
    """A live show; nothing that comes over HTTP has it."""


def room(priority: Priority, slots: int, kept: int) -> int:
    """Return how many places this class, and those below it, may take together.

    What is left is reserved for those above: half of all for whoever is more urgent
    than a recording, a quarter for people, and ``kept`` more for alerts, on top, so
    that nobody's throughput pays for an alert that may never come.

    Args:
        priority: the class.
        slots: how many may be at work.
        kept: places for alerts alone.

    >>> [room(priority, 8, kept=1) for priority in Priority]
    [4, 6, 8, 9]
    >>> [room(priority, 1, kept=1) for priority in Priority]
    [1, 1, 1, 2]
    """
    match priority:
        case Priority.ALERT:
            return slots + kept
        case Priority.REVIEWER:
            return slots
        case Priority.CHAT:
            return slots - slots // 4
        case Priority.BATCH:
            return max(1, slots // 2)
