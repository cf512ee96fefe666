"""A lock that is given to those who wait in the order in which they came.

`threading.Lock` may go back to whoever has just let go of it: of two replies that take
it for every token, one could wait until the other is at its end.
"""

import threading
from collections import deque
from types import TracebackType


class FairLock:
    """One at a time, the longest waiting next."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        """Wait for the turn."""
        with self._guard:
            if not self._held:
                self._held = True
                return
            place = threading.Lock()
            place.acquire()
            self._waiting.append(place)
        try:
            place.acquire()
        except BaseException:
            self._leave(place)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hand over to the next."""
        with self._guard:
            self._hand_over()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def _hand_over(self) -> None:
        self._held = bool(self._waiting)
        if self._waiting:
            self._waiting.popleft().release()

    def _leave(self, place: threading.Lock) -> None:
        """Give the place up, as Ctrl-C makes who waits do; it may have come already."""
        with self._guard:
            if place in self._waiting:
                self._waiting.remove(place)
            else:
                self._hand_over()
