"""Chooses among servers of the same model, and tries again where it can help.

A picture goes where it went before (the server has its tokens cached), unless that
server has much more to do than another. Retries are for temporary errors only, go to
another server first, honour Retry-After, and end with the deadline.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import anyio
import stamina

from idolens.errors import TemporaryError
from idolens.vlm.endpoints.endpoint import Endpoint
from idolens.vlm.endpoints.failures import EndpointDownError, late

SLACK = 16
"""Requests by which a picture's own server may be busier than the idlest one: about
what reading the picture again costs, in questions."""
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
JITTER_S = 0.1
LOOK_AGAIN_S = 0.02
"""Pause before looking again whether a server that is being tried is back."""

Answered = TypeVar("Answered")


class Pool:
    """Servers that all have the same model.

    Args:
        endpoints: the servers; at least one.
        attempts: how often one request is tried.
    """

    def __init__(self, endpoints: Sequence[Endpoint], *, attempts: int) -> None:
        self.endpoints = tuple(endpoints)
        self._attempts = attempts

    async def ask(
        self,
        request: Callable[[Endpoint], Awaitable[Answered]],
        *,
        affinity: str,
        until: float,
    ) -> Answered:
        """Try ``request`` until it is answered, refused, or time is up.

        Args:
            request: asks one server.
            affinity: equal strings go to the same server while that makes sense.
            until: `time.monotonic` at which to stop trying.

        Raises:
            TemporaryError: no server answered in time.
            PermanentError: trying again would not help.
        """
        failed: set[Endpoint] = set()

        def wait(error: Exception) -> bool | float:
            """Tell stamina whether to try again, and when if not as usual."""
            if not isinstance(error, TemporaryError):
                return False
            if any(one.breaker.may_ask for one in self.endpoints if one not in failed):
                return 0.0
            rest_s = min(one.breaker.ready_in_s for one in self.endpoints)
            return rest_s <= 0.0 or (
                rest_s if time.monotonic() + rest_s < until else False
            )

        async def once() -> Answered:
            endpoint = await self.free(affinity, failed, until)
            try:
                return await request(endpoint)
            except TemporaryError:
                failed.add(endpoint)
                raise

        left = max(until - time.monotonic(), 0.001)
        try:
            with anyio.fail_after(left):
                return await self._retrying(wait, left)(once)
        except TimeoutError as error:
            raise late(self._names) from error

    def _retrying(
        self, wait: Callable[[Exception], bool | float], left: float
    ) -> stamina.BoundAsyncRetryingCaller:
        return stamina.AsyncRetryingCaller(
            attempts=self._attempts,
            timeout=left,
            wait_initial=FIRST_WAIT_S,
            wait_max=LONGEST_WAIT_S,
            wait_jitter=JITTER_S,
        ).on(wait)

    async def free(
        self, affinity: str, avoid: Iterable[Endpoint], until: float
    ) -> Endpoint:
        """Return the server to ask next, as soon as one may be asked.

        Raises:
            EndpointDownError: none will be before ``until``.
        """
        while True:
            endpoint = self.choose(affinity, avoid=avoid)
            if endpoint is not None:
                return endpoint
            rest_s = min(one.breaker.ready_in_s for one in self.endpoints)
            if time.monotonic() + rest_s >= until:
                raise self._down(rest_s)
            await anyio.sleep(max(rest_s, LOOK_AGAIN_S))

    def choose(
        self, affinity: str, *, avoid: Iterable[Endpoint] = ()
    ) -> Endpoint | None:
        """Return the server to ask next; None while none may be asked."""
        avoided = set(avoid)
        ready = [one for one in self.endpoints if one.breaker.may_ask]
        ready = [one for one in ready if one not in avoided] or ready
        if not ready:
            return None
        own = max(ready, key=lambda one: _weight(affinity, one.address))
        idlest = min(ready, key=lambda one: one.in_flight)
        return own if own.in_flight <= idlest.in_flight + SLACK else idlest

    @property
    def _names(self) -> str:
        return ", ".join(one.address for one in self.endpoints)

    def _down(self, rest_s: float) -> EndpointDownError:
        error = EndpointDownError(
            f"No model server is up ({self._names}): start one, or wait until it is"
            " back.",
            f"没有可用的模型服务器({self._names}):请启动一台,或等待其恢复。",
        )
        error.delay_s = max(rest_s, EndpointDownError.delay_s)
        return error


def _weight(affinity: str, address: str) -> bytes:
    """Rendezvous hashing: a server that leaves moves only its own pictures."""
    return hashlib.blake2b(f"{affinity}\n{address}".encode(), digest_size=8).digest()
