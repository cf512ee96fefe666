"""Stops asking a server that keeps failing, and tries it again after a rest."""

import time
from collections.abc import Callable
from typing import Literal

LONGEST_REST_S = 60.0
"""A server that stays down is tried at least this often, in seconds."""

State = Literal["closed", "open", "half_open"]


class Breaker:
    """Closed: ask freely. Open: don't. Half-open: one request tries whether it is back.

    Not safe to share between threads: it lives in the loop of its endpoint.

    Args:
        failures: failures in a row that open it.
        rest_s: first rest in seconds; each further one is twice as long.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        *,
        failures: int,
        rest_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._first_rest_s = rest_s
        self._clock = clock
        self._failed = 0
        self._rests = 0
        self._until = 0.0
        self._open = False
        self._trying = False

    @property
    def state(self) -> State:
        """How much is asked now."""
        if not self._open:
            return "closed"
        return "half_open" if self._clock() >= self._until else "open"

    @property
    def may_ask(self) -> bool:
        """Tell whether a request may go out now."""
        if self._clock() < self._until:
            return False
        return not (self._open and self._trying)

    @property
    def ready_in_s(self) -> float:
        """Seconds until it is worth asking again."""
        return max(self._until - self._clock(), 0.0)

    def asks(self) -> None:
        """Note that a request goes out."""
        self._trying = self._open

    def succeeded(self) -> None:
        """Note that it answered, well or with a refusal of its own."""
        self._open = self._trying = False
        self._failed = self._rests = 0
        self._until = 0.0

    def failed(self) -> None:
        """Note that it did not answer, or not with what its protocol promises."""
        if self.state == "open":
            return  # asked before it opened: that it failed is known
        self._failed += 1
        if self._failed >= self._most or self._open:
            rest_s = min(self._first_rest_s * 2**self._rests, LONGEST_REST_S)
            self._rests += 1
            self._until = self._clock() + rest_s
            self._open = True
        self._trying = False

    def left(self) -> None:
        """Note that the asker went away before the answer came: no verdict."""
        self._trying = False

    def rests(self, seconds: float) -> None:
        """Note that the server asked to be left alone; it is busy, not broken."""
        self._until = max(self._until, self._clock() + min(seconds, LONGEST_REST_S))
        self._trying = False

    def recovered(self) -> None:
        """Note that its health check is good again: the next request may try it."""
        if self._open:
            self._until = self._clock()
