"""Who hears how the work goes: what took how long, what was refused; no content."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, Literal, Protocol

Stage = Literal[
    "decode", "gate", "vision", "prefill", "answer", "prefill_answer", "remote", "store"
]
"""What can be timed. ``prefill_answer`` is one run of a model that does both, and
``remote`` all that another machine does for a question: there they can't be told
apart, and no figure is made up."""


class Meter(Protocol):
    """Counts and times in many threads; an engine or a decoder may be given one."""

    def took(self, stage: Stage, seconds: float) -> None:
        """Note how long one step of ``stage`` took."""
        ...

    def refused(self, code: str) -> None:
        """Note that a file could not be decoded; ``code`` is the error's."""
        ...

    def looked(self, state: str) -> None:
        """Note that a job looked at a frame; ``state`` is the frame's."""
        ...

    def answered(self, kind: str, status: str) -> None:
        """Note that a question of ``kind`` has its answer, and the answer's status."""
        ...

    def read(self, tokens: int) -> None:
        """Note that a model of ours read so many tokens."""
        ...

    def said(self, tokens: int) -> None:
        """Note that a model said so many tokens of a conversation."""
        ...

    def working(self, change: int) -> None:
        """Note that so many jobs more (or fewer) are at work."""
        ...


class Unmetered:
    """Hears nothing; for whoever does not measure."""

    def took(self, stage: Stage, seconds: float) -> None:
        """See `Meter`."""

    def refused(self, code: str) -> None:
        """See `Meter`."""

    def looked(self, state: str) -> None:
        """See `Meter`."""

    def answered(self, kind: str, status: str) -> None:
        """See `Meter`."""

    def read(self, tokens: int) -> None:
        """See `Meter`."""

    def said(self, tokens: int) -> None:
        """See `Meter`."""

    def working(self, change: int) -> None:
        """See `Meter`."""


UNMETERED: Final[Meter] = Unmetered()


@contextmanager
def timed(meter: Meter, stage: Stage) -> Generator[None]:
    """Tell ``meter`` how long the work within this took, however it ends."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        meter.took(stage, time.perf_counter() - begin)
