"""Runs blocking work in threads when its turn with the engine comes.

The event loop stays free, so that /livez answers while the engine is at work.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import anyio
from anyio import to_thread

from idolens.errors import ClientLeftError, EngineBusyError
from idolens.vlm.admission import (
    Admission,
    AdmissionState,
    Refusal,
    Stage,
    Step,
    Turn,
    ran_out,
)
from idolens.web.asker import ANYBODY, Asker

T = TypeVar("T")
_ASIDE = 4


class DeskMeter(Protocol):
    """Hears how long requests wait, which are refused, and which get less."""

    def waited(self, desk: str, seconds: float) -> None:
        """Note how long a request waited for its turn."""
        ...

    def shed(self, desk: str, reason: str) -> None:
        """Note that a request was refused; ``reason`` is a `Refusal`."""
        ...

    def reduced(self, desk: str, what: str) -> None:
        """Note that a reply was given with less; ``what`` is a `Less`."""
        ...


class Place:
    """A place at the desk, while somebody has it.

    Attributes:
        step: what is left out for this request.
        questions: how many it asks; many may take longer.
        seconds: how long the engine took, where that is not the whole time.
    """

    def __init__(self, step: Step, questions: int) -> None:
        self.step = step
        self.questions = questions
        self.seconds: float | None = None
        self._begin = time.monotonic()

    def answered(self) -> None:
        """Note that the engine has shown how fast it is; what follows is not judged."""
        self.seconds = time.monotonic() - self._begin


class Desk:
    """A few requests are worked on at once, some wait, the rest is refused.

    Args:
        door: who gives turns.
        name: what the desk is called in metrics.
        meter: hears about waits and refusals.
    """

    def __init__(
        self, door: Admission, *, name: str = "look", meter: DeskMeter | None = None
    ) -> None:
        self.name = name
        self._door = door
        self._meter = meter
        rules = door.rules
        self._limiter = anyio.CapacityLimiter(rules.ceiling + rules.kept)
        self._aside = anyio.CapacityLimiter(_ASIDE)

    @property
    def state(self) -> AdmissionState:
        """How full it is; from any thread."""
        return self._door.state

    async def run(
        self, work: Callable[[], T], asker: Asker = ANYBODY, *, questions: int = 1
    ) -> T:
        """Run ``work`` in a thread when its turn comes.

        Raises:
            EngineBusyError: too many wait already, or the turn did not come in time.
            ClientLeftError: whoever asked did not wait for it.
        """
        async with self.place(asker, questions=questions):
            return await self.step(work)

    @asynccontextmanager
    async def place(
        self, asker: Asker = ANYBODY, *, questions: int = 1
    ) -> AsyncGenerator[Place]:
        """Keep a place for work of several steps.

        Raises:
            EngineBusyError: too many wait already, the turn did not come in time, or
                memory ran out over the work.
            ClientLeftError: whoever asked did not wait for it.
        """
        turn = await self._turn(asker)
        place = Place(self._door.step_for(asker.priority), questions)
        failed: BaseException | None = None
        try:
            yield place
        except BaseException as error:
            failed = error
            if isinstance(error, Exception) and ran_out(error):
                raise _no_memory() from error
            raise
        finally:
            self._door.done(
                turn, seconds=place.seconds, questions=place.questions, failed=failed
            )

    async def step(self, work: Callable[[], T]) -> T:
        """Run one step of the work for which the caller holds a place."""
        return await to_thread.run_sync(work, limiter=self._limiter)

    async def aside(self, work: Callable[[], T]) -> T:
        """Run something that asks no engine, in a thread beside."""
        return await to_thread.run_sync(work, limiter=self._aside)

    def gave_less(self, less: Iterable[str]) -> None:
        """Note what a reply was given with less of."""
        for what in less:
            if self._meter is not None:
                self._meter.reduced(self.name, what)

    async def _turn(self, asker: Asker) -> Turn:
        """Return a turn that has begun; it has to be given back."""
        begin, woken = time.monotonic(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        turn = self._door.join(asker.priority, wake)
        if turn.stage is Stage.WAITING:
            try:
                await self._wait(turn, woken, asker)
            except BaseException:
                if not self._door.leave(turn, Refusal.LEFT):
                    self._door.done(turn, failed=asyncio.CancelledError())
                raise
        if turn.refusal is not None:
            raise self._refused(turn.refusal, turn.retry_s)
        if self._meter is not None:
            self._meter.waited(self.name, time.monotonic() - begin)
        return turn

    async def _wait(self, turn: Turn, woken: asyncio.Event, asker: Asker) -> None:
        """Wait until the turn has begun or is refused, for whatever reason."""
        with anyio.move_on_after(self._door.rules.wait_s) as patience:
            async with anyio.create_task_group() as group:

                async def watch() -> None:
                    await asker.left()
                    if self._door.leave(turn, Refusal.LEFT):
                        woken.set()

                group.start_soon(watch)
                await woken.wait()
                group.cancel_scope.cancel()
        if patience.cancelled_caught:
            self._door.leave(turn, Refusal.LATE)

    def _refused(
        self, refusal: Refusal, retry_s: float
    ) -> EngineBusyError | ClientLeftError:
        if self._meter is not None:
            self._meter.shed(self.name, refusal.value)
        if refusal is Refusal.LEFT:
            return ClientLeftError("Nobody waits for it.", "已无人等待此回答。")
        busy = EngineBusyError(
            "The service has its hands full; try again in a moment.",
            "服务正忙，请稍后重试。",
        )
        busy.delay_s = retry_s
        return busy


def _no_memory() -> EngineBusyError:
    return EngineBusyError(
        "Memory ran out over this picture; try again in a moment, or send fewer"
        " questions at once.",
        "处理该图片时内存不足；请稍后重试，或减少一次提出的问题。",
    )
