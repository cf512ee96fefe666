"""How many pictures are looked at at once, and how many requests may wait."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import anyio
from anyio import to_thread

from idolens.errors import EngineBusyError

T = TypeVar("T")


class DeskMeter(Protocol):
    """Hears how long requests wait, and which are refused."""

    def waited(self, desk: str, seconds: float) -> None:
        """Note how long a request waited for its turn."""
        ...

    def shed(self, desk: str, reason: str) -> None:
        """Note that a request was refused: ``full`` at once, ``late`` after waiting."""
        ...


@dataclass(frozen=True, slots=True)
class DeskState:
    """How full a desk is.

    Attributes:
        name: the desk's.
        waiting: requests that wait for their turn.
        running: requests that are being worked on.
        limit: how many are worked on at once at most.
        oldest_s: how long the first in the queue has waited.
    """

    name: str
    waiting: int
    running: int
    limit: int
    oldest_s: float


class Desk:
    """Runs blocking work in threads: a few at once, some waiting, the rest refused.

    The event loop stays free, so that /livez answers while the engine is at work.

    Args:
        at_once: how many are worked on at once.
        waiting: how many may wait.
        wait_s: longest wait for one's turn, in seconds.
        name: what the desk is called in metrics.
        meter: hears about waits and refusals.
    """

    def __init__(
        self,
        *,
        at_once: int,
        waiting: int,
        wait_s: float,
        name: str = "look",
        meter: DeskMeter | None = None,
    ) -> None:
        self._name = name
        self._meter = meter
        self._at_once = at_once
        self._running = 0
        self._since: dict[object, float] = {}
        self._slots = anyio.Semaphore(at_once)
        self._limiter = anyio.CapacityLimiter(at_once)
        self._room = at_once + waiting
        self._wait_s = wait_s
        self._inside = 0

    @property
    def state(self) -> DeskState:
        """How full it is; from any thread."""
        since = list(self._since.values())
        oldest_s = time.monotonic() - min(since) if since else 0.0
        return DeskState(self._name, len(since), self._running, self._at_once, oldest_s)

    async def run(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread when its turn comes.

        Raises:
            EngineBusyError: too many wait already, or the turn did not come in time.
        """
        async with self.place():
            return await self.step(work)

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """Keep a place for work of several steps.

        Raises:
            EngineBusyError: too many wait already, or the turn did not come in time.
        """
        if self._inside >= self._room:
            raise self._refusal("full")
        self._inside += 1
        try:
            await self._turn()
            self._running += 1
            try:
                yield
            finally:
                self._running -= 1
                self._slots.release()
        finally:
            self._inside -= 1

    async def _turn(self) -> None:
        """Wait for one's turn; it has to be given back."""
        mark, begin = object(), time.monotonic()
        self._since[mark] = begin
        try:
            with anyio.move_on_after(self._wait_s) as patience:
                await self._slots.acquire()
        finally:
            del self._since[mark]
        if patience.cancelled_caught:
            raise self._refusal("late")
        if self._meter is not None:
            self._meter.waited(self._name, time.monotonic() - begin)

    def _refusal(self, reason: str) -> EngineBusyError:
        if self._meter is not None:
            self._meter.shed(self._name, reason)
        return _busy()

    async def step(self, work: Callable[[], T]) -> T:
        """Run one step of the work for which the caller holds a place."""
        return await to_thread.run_sync(work, limiter=self._limiter)


def _busy() -> EngineBusyError:
    return EngineBusyError(
        "The service has its hands full; try again in a moment.",
        "服务正忙，请稍后重试。",
    )
