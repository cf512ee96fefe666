"""The servers of one engine, and the thread in which they are asked.

Engines are called from threads; asking fifty questions at once is the work of one
event loop. So a fleet owns a loop in a thread of its own, and everything about its
servers happens there, without locks.
"""

import asyncio
import queue
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import anyio
import httpx2

from idolens.egress import Reach, async_client
from idolens.errors import EngineError, SettingsError
from idolens.settings import RemoteSettings
from idolens.vlm.endpoints.breaker import Breaker
from idolens.vlm.endpoints.endpoint import Endpoint, split
from idolens.vlm.endpoints.health import EndpointHealth
from idolens.vlm.endpoints.pool import Pool
from idolens.vlm.endpoints.privacy import refuse_public

CONNECT_S = 5.0
"""Longest wait for a connection: a machine that is off must not cost a deadline."""
OPENING_S = 60.0
"""Longest time to find out what a server does: a hundred short requests to some."""
HEALTH_S = 2.0
"""Longest wait for a health check."""

Result = TypeVar("Result")


class Fleet:
    """Servers of one model, asked from any thread. Close it when done.

    Args:
        remote: the settings.
        allow_public: whether pictures may leave the house.

    Attributes:
        pool: the servers; only for use inside `run` and `stream`.
    """

    def __init__(self, remote: RemoteSettings, *, allow_public: bool) -> None:
        self._remote = remote
        self._reach = Reach(remote.endpoints, outside=allow_public)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="idolens-endpoints", daemon=True
        )
        self._thread.start()
        self._watcher: asyncio.Task[None] | None = None
        try:
            self._client, self.pool = self.run(self._build)
        except BaseException:
            self._stop()
            raise

    def run(self, make: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Run a coroutine in the fleet's loop and wait for what it gives."""
        coroutine = make()
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError as error:
            coroutine.close()
            raise EngineError(
                "The engine is closed: open it again.", "引擎已关闭:请重新打开。"
            ) from error
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stream(self, make: Callable[[], AsyncIterator[Result]]) -> Iterator[Result]:
        """Iterate, in this thread, over what an async iterator gives in the loop.

        Leaving the iterator early stops the one in the loop.
        """
        items: queue.SimpleQueue[tuple[Result | None, bool]] = queue.SimpleQueue()

        async def pump() -> None:
            try:
                async for item in make():
                    items.put((item, False))
            finally:
                items.put((None, True))

        future = asyncio.run_coroutine_threadsafe(pump(), self._loop)
        try:
            while True:
                item, done = items.get()
                if done:
                    future.result()
                    return
                yield item  # type: ignore[misc]  # pyright: ignore[reportReturnType]
        finally:
            future.cancel()

    def watch(self, path: str) -> None:
        """Check every server's health from now on; ``path`` is its health route."""

        async def begin() -> None:
            self._watcher = asyncio.create_task(self._watch(path))

        self.run(begin)

    def health(self) -> list[EndpointHealth]:
        """Return how every server is; from any thread."""
        return [
            EndpointHealth(one.address, one.breaker.state, one.in_flight)
            for one in self.pool.endpoints
        ]

    def close(self) -> None:
        """Close all connections and end the thread."""
        if self._loop.is_closed():
            return
        with suppress(EngineError):
            self.run(self._leave)
        self._stop()

    async def _build(self) -> tuple[httpx2.AsyncClient, Pool]:
        remote = self._remote
        most = remote.at_once * len(remote.endpoints)
        key = remote.api_key.get_secret_value() if remote.api_key else ""
        client = async_client(
            self._reach,
            trust=_trust(remote),
            timeout=httpx2.Timeout(None, connect=CONNECT_S),
            limits=httpx2.Limits(
                max_connections=most + len(remote.endpoints),
                max_keepalive_connections=most,
                keepalive_expiry=30.0,
            ),
            headers={"accept-encoding": "identity"}
            | ({"authorization": f"Bearer {key}"} if key else {}),
        )
        endpoints = [self._endpoint(address, client) for address in remote.endpoints]
        return client, Pool(endpoints, attempts=remote.attempts)

    def _endpoint(self, address: str, client: httpx2.AsyncClient) -> Endpoint:
        remote = self._remote
        return Endpoint(
            address,
            client,
            Breaker(failures=remote.failures, rest_s=remote.rest_s),
            at_once=remote.at_once,
            request_s=remote.request_s,
        )

    async def _watch(self, path: str) -> None:
        while True:
            await asyncio.sleep(self._remote.health_every_s)
            async with anyio.create_task_group() as checks:
                for endpoint in self.pool.endpoints:
                    checks.start_soon(_check, endpoint, path)

    async def _leave(self) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.aclose()
        await self._loop.shutdown_asyncgens()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def open_fleet(remote: RemoteSettings, group: str, *, allow_public: bool) -> Fleet:
    """Connect to the servers that ``remote`` names.

    Args:
        remote: the settings.
        group: the settings' name (``chat``), for messages.
        allow_public: whether pictures may leave the house.

    Raises:
        SettingsError: no address, or a public one.
        EngineError: an address that is none, or a certificate file that is none.
    """
    if not remote.endpoints:
        raise SettingsError(
            f"No model server is named: put its address into {group}.endpoints, like"
            ' ["http://10.0.0.5:8000/v1"].',
            f"未指定模型服务器:请在 {group}.endpoints 中填写地址,"
            '例如 ["http://10.0.0.5:8000/v1"]。',
        )
    for address in remote.endpoints:
        split(address)
        if not allow_public:
            refuse_public(address)
    return Fleet(remote, allow_public=allow_public)


async def _check(endpoint: Endpoint, path: str) -> None:
    if endpoint.in_flight and endpoint.breaker.state == "closed":
        return  # its answers tell
    if await endpoint.healthy(path, HEALTH_S):
        endpoint.breaker.recovered()
    else:
        endpoint.breaker.failed()


def _trust(remote: RemoteSettings) -> ssl.SSLContext | None:
    if remote.certificates is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(remote.certificates))
    except (OSError, ssl.SSLError) as error:
        raise EngineError(
            f"The file of certificates {remote.certificates.name!r} can't be used"
            f" ({error}): name a PEM file.",
            f"证书文件 {remote.certificates.name!r} 不可用({error}):请指定 PEM 文件。",
        ) from error
