"""Those who wait for their turn, in the order in which they get it."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum

from idolens.vlm.admission.priority import Priority


class Stage(Enum):
    """How far a turn is."""

    WAITING = "waiting"
    BEGUN = "begun"
    REFUSED = "refused"
    OVER = "over"


class Refusal(StrEnum):
    """Why somebody got no turn."""

    FULL = "full"
    """Too many wait already."""
    HOPELESS = "hopeless"
    """It could not be done in time."""
    LATE = "late"
    """It was not done in time."""
    PUSHED_OUT = "pushed_out"
    """Somebody more urgent came, and there was no room left."""
    BROWNOUT = "brownout"
    """Nobody waits at the moment, and no place was free."""
    LEFT = "left"
    """Whoever asked did not wait for it."""


@dataclass(eq=False, slots=True, kw_only=True)
class Turn:
    """One turn with the engine, from the queue to its end.

    Attributes:
        priority: how urgent.
        since: when it was asked for.
        wake: called when it has begun or was refused; quick, and from any thread.
        patient: waits for as long as it takes, and counts towards no limit.
        stage: how far it is.
        began_at: when it began.
        refusal: why it was refused.
        retry_s: when to ask again.
    """

    priority: Priority
    since: float
    wake: Callable[[], None]
    patient: bool = False
    stage: Stage = Stage.WAITING
    began_at: float = 0.0
    refusal: Refusal | None = None
    retry_s: float = 1.0


class Line:
    """Waiting turns: the more urgent class first; within it in order of coming.

    In the chat class who came last goes first.
    """

    def __init__(self) -> None:
        self._waiting: dict[Priority, deque[Turn]] = {one: deque() for one in Priority}

    def __iter__(self) -> Iterator[Turn]:
        """All who wait, the least urgent class first."""
        for queue in self._waiting.values():
            yield from queue

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._waiting.values())

    @property
    def bounded(self) -> int:
        """How many wait that count towards the limit."""
        return sum(not turn.patient for turn in self)

    def join(self, turn: Turn) -> None:
        """Put ``turn`` into the line."""
        self._waiting[turn.priority].append(turn)

    def leave(self, turn: Turn) -> None:
        """Take ``turn`` out of the line."""
        self._waiting[turn.priority].remove(turn)

    def first(self) -> Turn | None:
        """Return whose turn is next."""
        for priority in reversed(Priority):
            queue = self._waiting[priority]
            if queue:
                return queue[-1 if priority is Priority.CHAT else 0]
        return None

    def last(self) -> Turn | None:
        """Return who would get a turn last, of those that may be sent away."""
        for priority in Priority:
            queue = [turn for turn in self._waiting[priority] if not turn.patient]
            if queue:
                return queue[0 if priority is Priority.CHAT else -1]
        return None

    def ahead(self, priority: Priority) -> int:
        """Return how many would get their turn before one who came now."""
        newest_first = priority is Priority.CHAT
        return sum(
            turn.priority > priority or (turn.priority == priority and not newest_first)
            for turn in self
        )
