"""What the web needs of a studio."""

from collections.abc import Sequence
from typing import Protocol

from idolens.media.picture import Picture
from idolens.vlm.answer import Answer
from idolens.vlm.engine import Engine
from idolens.vlm.question import Question


class Eyes(Protocol):
    """Something that can be asked about a picture; an open studio is."""

    @property
    def engine(self) -> Engine:
        """The engine that answers."""
        ...

    def look(self, picture: bytes) -> Picture:
        """Standardise one picture file; safe in many threads."""
        ...

    def ask(self, picture: bytes, questions: Sequence[Question]) -> list[Answer]:
        """Answer every question about one picture file; safe in many threads."""
        ...

    def recall(
        self, picture: bytes, questions: Sequence[Question]
    ) -> list[Answer] | None:
        """Return answers that are at hand, or None; never waits."""
        ...
