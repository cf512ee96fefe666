"""What came of sending a letter, and who sends."""

from dataclasses import dataclass
from typing import Protocol

from idolens.outputs.delivery.letter import Letter


@dataclass(frozen=True, slots=True)
class Delivered:
    """The other side took it.

    Attributes:
        code: its answer, as a short word: ``200``, ``ok``.
    """

    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not arrive; a later try may.

    Attributes:
        code: why, as a short word: ``503``, ``timeout``, ``wecom 45009``. Never what
            the other side wrote: that may hold anything.
        wait_s: how long the other side wants to be left alone, at least.
    """

    code: str
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Gone:
    """The other side says that it wants no more, ever.

    Attributes:
        code: its answer.
    """

    code: str


Outcome = Delivered | Failed | Gone


class Sender(Protocol):
    """Sends letters to one target."""

    def send(self, letter: Letter) -> Outcome:
        """Send ``letter`` once; failures are outcomes, not exceptions."""
        ...
