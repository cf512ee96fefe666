"""An engine that asks for a turn at the door before every call."""

from collections.abc import Sequence

from idolens.media.picture import Picture
from idolens.vlm.admission.admission import Admission
from idolens.vlm.admission.priority import Priority
from idolens.vlm.answer import Answer
from idolens.vlm.engine import Engine, Model
from idolens.vlm.question import Question


class WaitingEngine:
    """Asks ``inner`` when its turn comes; keeps the contract of `Engine`.

    It stands before the cache, not behind it: who waits for an answer that another is
    just asking for (single flight) would else wait for that other's turn as well, an
    alert behind a recording.

    Args:
        inner: who is asked; it stays open.
        door: who gives turns.
        priority: how urgent all its calls are.
    """

    def __init__(self, inner: Engine, door: Admission, priority: Priority) -> None:
        self.inner = inner
        self._door = door
        self._priority = priority

    @property
    def name(self) -> str:
        """The inner engine's name."""
        return self.inner.name

    @property
    def model(self) -> Model:
        """The inner engine's model."""
        return self.inner.model

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Answer every question about every picture; see `Engine.answer`."""
        with self._door.turn(self._priority):
            return self.inner.answer(pictures, questions)

    def close(self) -> None:
        """Leave the inner engine open: others ask it, too."""
