"""How many pictures are looked at at once, and how many requests may wait."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from anyio import to_thread

from idolens.errors import EngineBusyError

T = TypeVar("T")


class Desk:
    """Runs blocking work in threads: a few at once, some waiting, the rest refused.

    The event loop stays free, so that /livez answers while the engine is at work.
    """

    def __init__(self, *, at_once: int, waiting: int, wait_s: float) -> None:
        self._slots = anyio.Semaphore(at_once)
        self._limiter = anyio.CapacityLimiter(at_once)
        self._room = at_once + waiting
        self._wait_s = wait_s
        self._inside = 0

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
            raise _busy()
        self._inside += 1
        try:
            with anyio.move_on_after(self._wait_s) as patience:
                await self._slots.acquire()
            if patience.cancelled_caught:
                raise _busy()
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._inside -= 1

    async def step(self, work: Callable[[], T]) -> T:
        """Run one step of the work for which the caller holds a place."""
        return await to_thread.run_sync(work, limiter=self._limiter)


def _busy() -> EngineBusyError:
    return EngineBusyError(
        "The service has its hands full; try again in a moment.",
        "服务正忙，请稍后重试。",
    )
