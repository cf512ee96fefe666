"""How much is computed at a time, and what is learnt when memory runs out."""

from dataclasses import dataclass

import torch

LEAST_COLUMNS = 64
"""Below this, fewer questions at a time save no memory worth the name."""

_WORDS = ("can't allocate memory", "out of memory", "failed to allocate")


@dataclass(slots=True)
class Room:
    """What fits into memory, as far as is known; it only ever shrinks.

    Attributes:
        pictures: most pictures looked at together.
        columns: most tokens of questions read together.
        together: most tokens, pictures among them, of a first reading that takes
            questions along; its mask grows with the square.
        shortages: how often memory ran out.
    """

    pictures: int
    columns: int
    together: int = 2048
    shortages: int = 0

    def fewer_pictures(self, tried: int) -> None:
        """Remember that ``tried`` pictures at once were too many."""
        self.shortages += 1
        self.pictures = max(1, min(self.pictures, tried // 2))

    def fewer_columns(self, tried: int) -> None:
        """Remember that ``tried`` tokens of questions at once were too many."""
        self.shortages += 1
        self.columns = max(LEAST_COLUMNS, min(self.columns, tried // 2))

    def fewer_together(self, tried: int) -> None:
        """Remember that pictures and questions of ``tried`` tokens were too many."""
        self.shortages += 1
        self.together = min(self.together, tried // 2)


def is_shortage(error: BaseException) -> bool:
    """Tell whether ``error`` says that memory ran out, on a card or off it."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(word in said for word in _WORDS)
