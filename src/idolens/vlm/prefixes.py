"""Keys and values of recent pictures, kept under a budget of memory.

The next question about a picture then costs the question alone. What is kept is found
by the picture's content and everything else that decides its keys and values; the
model's revision is not among it only because a store belongs to one loaded model.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from idolens.vlm.pixels import Grid
from idolens.vocabulary import Sha256


class Prefix(Protocol):
    """One role and one picture that have been read, in an engine's own form."""

    @property
    def bytes(self) -> int:
        """The memory it takes."""
        ...


P = TypeVar("P", bound=Prefix)


@dataclass(frozen=True, slots=True)
class Key:
    """What decides the keys and values of a picture.

    Attributes:
        picture: digest of its shape and pixels.
        grid: the patches it was cut into.
        words: the role and marks around it, as text.
    """

    picture: Sha256
    grid: Grid
    words: str


@dataclass(slots=True)
class Uses:
    """What the store was good for."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0


class Prefixes(Generic[P]):
    """The prefixes used last, as many as fit.

    Not for several threads at once: the engine has one turn at a time.

    Args:
        budget: most memory, in bytes; 0 keeps nothing.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._kept: OrderedDict[Key, P] = OrderedDict()
        self.bytes = 0
        self.uses = Uses()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> P | None:
        """Return what is kept of ``key``."""
        prefix = self._kept.get(key)
        if prefix is None:
            self.uses.misses += 1
            return None
        self.uses.hits += 1
        self._kept.move_to_end(key)
        return prefix

    def put(self, key: Key, prefix: P) -> None:
        """Keep ``prefix``, and let go of those used longest ago."""
        if prefix.bytes > self._budget:
            return
        self._drop(key)
        while self._kept and self.bytes + prefix.bytes > self._budget:
            self._drop(next(iter(self._kept)))
            self.uses.evictions += 1
        self._kept[key] = prefix
        self.bytes += prefix.bytes

    def clear(self) -> None:
        """Let go of everything."""
        self._kept.clear()
        self.bytes = 0

    def _drop(self, key: Key) -> None:
        gone = self._kept.pop(key, None)
        self.bytes -= gone.bytes if gone else 0
