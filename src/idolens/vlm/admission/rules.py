"""How a door is kept, and how it stands there."""

from dataclasses import dataclass

from idolens.vlm.admission.ladder import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a door is kept.

    Attributes:
        start: how many may be at work at first.
        ceiling: the most that may ever be at work, but for alerts.
        kept: places on top for alerts alone.
        waiting: how many may wait.
        wait_s: the longest wait, in seconds.
        slow_s: a turn that takes longer is slow, in seconds.
    """

    start: int
    ceiling: int
    kept: int
    waiting: int
    wait_s: float
    slow_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionState:
    """How it stands at the door.

    Attributes:
        waiting: turns that wait.
        running: turns that have begun.
        limit: how many may be at work now.
        ceiling: how many might be at best.
        oldest_s: how long the first has waited, recordings not counted.
        step: what is left out.
        lowered: whether fewer may be at work than at first, for all was too slow.
        short: whether that is so because memory ran out.
    """

    waiting: int
    running: int
    limit: int
    ceiling: int
    oldest_s: float
    step: Step
    lowered: bool
    short: bool
