"""Chooses among servers of the same model, and tries again where it can help.

A picture goes where it went before (the server has its tokens cached), unless that
server has much more to do than another. Retries are for temporary errors only, go to
another server first, honour Retry-After, and end with the deadline.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

import stamina

from idolens.errors import TemporaryError
from idolens.vlm.endpoints.endpoint import Endpoint
from idolens.vlm.endpoints.failures import EndpointDownError

SLACK = 16
"""Requests by which a picture's own server may be busier than the idlest one: about
what reading the picture again costs, in questions."""
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
JITTER_S = 0.1

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

    async def post(
        self, path: str, content: bytes, *, affinity: str, until: float
    ) -> Any:
        """Send JSON to the server that suits ``affinity`` best; see `ask`."""
        return await self.ask(
            lambda endpoint: endpoint.post(path, content),
            affinity=affinity,
            until=until,
        )

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
            asked_for = error.delay_s != type(error).delay_s
            soonest = min(one.breaker.ready_in_s for one in self.endpoints)
            if soonest == 0.0 and not asked_for:
                return True
            pause = max(soonest, error.delay_s if asked_for else 0.0)
            return pause if time.monotonic() + pause < until else False

        async for attempt in stamina.retry_context(
            on=wait,
            attempts=self._attempts,
            timeout=max(until - time.monotonic(), 0.001),
            wait_initial=FIRST_WAIT_S,
            wait_max=LONGEST_WAIT_S,
            wait_jitter=JITTER_S,
        ):
            with attempt:
                endpoint = self.choose(affinity, avoid=failed)
                try:
                    return await request(endpoint)
                except TemporaryError:
                    failed.add(endpoint)
                    raise
        raise AssertionError("stamina ends with an answer or an error")

    def choose(self, affinity: str, *, avoid: Iterable[Endpoint] = ()) -> Endpoint:
        """Return the server to ask next.

        Raises:
            EndpointDownError: none may be asked now.
        """
        avoided = set(avoid)
        ready = [one for one in self.endpoints if one.breaker.may_ask]
        ready = [one for one in ready if one not in avoided] or ready
        if not ready:
            raise self._down()
        own = max(ready, key=lambda one: _weight(affinity, one.address))
        idlest = min(ready, key=lambda one: one.in_flight)
        return own if own.in_flight <= idlest.in_flight + SLACK else idlest

    def _down(self) -> EndpointDownError:
        names = ", ".join(one.address for one in self.endpoints)
        error = EndpointDownError(
            f"No model server is up ({names}): start one, or wait until it is back.",
            f"没有可用的模型服务器({names}):请启动一台,或等待其恢复。",
        )
        soonest = min(one.breaker.ready_in_s for one in self.endpoints)
        error.delay_s = max(soonest, FIRST_WAIT_S)
        return error


def _weight(affinity: str, address: str) -> bytes:
    """Rendezvous hashing: a server that leaves moves only its own pictures."""
    return hashlib.blake2b(f"{affinity}\n{address}".encode(), digest_size=8).digest()
