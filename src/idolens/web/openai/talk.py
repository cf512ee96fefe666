"""One reply while it is being said: its place at the desk, its steps, its end."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Self

import anyio
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from idolens.vlm.admission import Step
from idolens.vlm.conversation import Spoken
from idolens.web.asker import ANYBODY, Asker
from idolens.web.desk import Desk

_GRACE_S = 10.0
"""What a slow reader of a stream is given beyond the time of the reply."""


class Talk:
    """The steps of one reply, computed in threads, a few at a time.

    Args:
        desk: where the reply has its place until `close`.
        begin: checks what is to be said and returns the steps; runs in a thread, and
            is told what to leave out.
        asker: who waits for it.
        most_s: time after which the reply is cut.
        gather_s: how long steps may wait for each other; to go to a thread and back
            for every token would cost more than many a token does.
    """

    def __init__(
        self,
        desk: Desk,
        begin: Callable[[Step], Iterator[Spoken]],
        *,
        asker: Asker = ANYBODY,
        most_s: float,
        gather_s: float,
    ) -> None:
        self._desk = desk
        self._begin = begin
        self._asker = asker
        self._until = time.monotonic() + most_s
        self._gather_s = gather_s
        self._stack = AsyncExitStack()
        self._first: list[Spoken] = []
        self._steps: Iterator[Spoken] = iter(())

    async def open(self) -> Self:
        """Wait for the place and for the first step.

        Raises:
            IdolensError: there is no place, or nothing that could be said; the talk
                is closed then.
        """
        try:
            place = await self._stack.enter_async_context(self._desk.place(self._asker))
            self._steps = await self._desk.step(partial(self._begin, place.step))
            self._first = await self._desk.step(lambda: self._next(0.0))
            place.answered()
        except BaseException:
            await self.close()
            raise
        return self

    async def steps(self) -> AsyncIterator[list[Spoken]]:
        """Yield steps, a few together; the last has ``finish``, even when cut."""
        steps, told = self._first, 0
        while steps:
            yield steps
            told += len(steps)
            if steps[-1].finish:
                return
            if time.monotonic() > self._until:
                yield [Spoken("", finish="length", completion_tokens=told)]
                return
            steps = await self._desk.step(lambda: self._next(self._gather_s))

    async def close(self) -> None:
        """Stop the engine and give the place back; may be called twice."""
        with anyio.CancelScope(shield=True):
            stop = getattr(self._steps, "close", None)
            self._steps = iter(())
            if stop is not None:
                await self._desk.step(stop)
            await self._stack.aclose()

    def _next(self, gather_s: float) -> list[Spoken]:
        """Return the next step, and those that come soon after it."""
        until = time.monotonic() + gather_s
        steps: list[Spoken] = []
        for step in self._steps:
            steps.append(step)
            if step.finish or time.monotonic() >= until:
                break
        return steps


async def whole(talk: Talk, gone: Callable[[], Awaitable[bool]]) -> list[Spoken]:
    """Return all steps; stop early when nobody waits for them any more."""
    said: list[Spoken] = []
    try:
        async for steps in talk.steps():
            said += steps
            if not steps[-1].finish and await gone():
                return [*said, Spoken("", finish="length")]
    finally:
        await talk.close()
    return said


class TalkResponse(StreamingResponse):
    """A stream of events that closes its talk, however it ends.

    Args:
        talk: is closed at the end.
        events: what is sent.
        most_s: time that the reply may take.
        grace_s: time beyond it, after which a reader too slow is left.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        talk: Talk,
        events: AsyncIterator[str],
        *,
        most_s: float,
        grace_s: float = _GRACE_S,
    ) -> None:
        super().__init__(events, headers={"X-Accel-Buffering": "no"})
        self._talk = talk
        self._most_s = most_s + grace_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            with anyio.move_on_after(self._most_s):
                await super().__call__(scope, receive, send)
        finally:
            await self._talk.close()
