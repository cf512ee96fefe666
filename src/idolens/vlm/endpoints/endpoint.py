"""One model server: its address, what it is busy with, and how it has behaved."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anyio
import httpx2

from idolens.errors import EngineBusyError
from idolens.vlm.endpoints.breaker import Breaker
from idolens.vlm.endpoints.failures import (
    EndpointDownError,
    bad_address,
    bare,
    from_status,
    from_transport,
    not_json,
    too_slow,
)

LARGEST_REPLY = 8 * 2**20
"""Most bytes of one answer; a model's reply has a few thousand."""
_OK = range(200, 300)

Read = TypeVar("Read")


class Endpoint:
    """A server at one address; lives in one event loop.

    Args:
        address: what the settings say, e.g. ``http://10.0.0.5:8000/v1``.
        client: the HTTP client, shared by all endpoints.
        breaker: says when to leave it alone.
        at_once: most requests at the same time.
        request_s: longest wait for one whole answer, in seconds.

    Attributes:
        address: the same as it may be shown.
        in_flight: requests that are out or wait for their turn.
    """

    def __init__(
        self,
        address: str,
        client: httpx2.AsyncClient,
        breaker: Breaker,
        *,
        at_once: int,
        request_s: float,
    ) -> None:
        self.address = bare(address.rstrip("/"))
        self.api, self.root = split(address)
        self.breaker = breaker
        self.in_flight = 0
        self._client = client
        self._turns = anyio.Semaphore(at_once)
        self._request_s = request_s

    async def post(
        self, path: str, content: bytes, read: Callable[[Any], Read]
    ) -> Read:
        """Send JSON to the API; ``path`` starts with a slash and stands behind /v1.

        ``read`` turns the answer into what the caller wants; a ValueError of it means
        that the server did not keep its protocol.

        Raises:
            EngineBusyError, EndpointDownError: try again, or elsewhere.
            RefusedError: it will not do this.
            EngineError: wrong address, key, certificate or model.
        """
        return await self._ask("POST", self.api + path, content, read)

    async def post_root(
        self, path: str, content: bytes, read: Callable[[Any], Read]
    ) -> Read:
        """Send JSON to a route that stands beside /v1 (``/tokenize``)."""
        return await self._ask("POST", self.root + path, content, read)

    async def get(self, path: str, read: Callable[[Any], Read]) -> Read:
        """Get JSON from the API; arguments as in `post`."""
        return await self._ask("GET", self.api + path, None, read)

    async def get_root(self, path: str, read: Callable[[Any], Read]) -> Read:
        """Get JSON from a route that stands beside /v1 (``/openapi.json``)."""
        return await self._ask("GET", self.root + path, None, read)

    async def healthy(self, path: str, seconds: float) -> bool:
        """Tell whether the health route answers; one that it has not is no illness."""
        try:
            with anyio.fail_after(seconds):
                status, _, _ = await self._exchange("GET", self.root + path, None)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
            return False
        return status < 500  # noqa: PLR2004  (404: no health route)

    @asynccontextmanager
    async def lines(
        self, path: str, content: bytes
    ) -> AsyncGenerator[AsyncIterator[str]]:
        """Send JSON and read the answer line by line, as it comes.

        ``request_s`` bounds the wait for the first line; the caller bounds the rest.
        """
        async with self._turn():
            try:
                with anyio.fail_after(self._request_s):
                    response = await self._send("POST", self.api + path, content)
                try:
                    if response.status_code not in _OK:
                        raise from_status(
                            response.status_code,
                            response.headers,
                            await _whole(response),
                            self.address,
                        )
                    async with aclosing(_lines(response)) as told:
                        yield told
                finally:
                    await response.aclose()
            except TimeoutError as error:
                raise too_slow(self.address, self._request_s) from error
            except (httpx2.HTTPError, httpx2.StreamError) as error:
                raise from_transport(error, self.address) from error

    async def _ask(
        self,
        method: str,
        url: str,
        content: bytes | None,
        read: Callable[[Any], Read],
    ) -> Read:
        async with self._turn():
            try:
                with anyio.fail_after(self._request_s):
                    status, headers, body = await self._exchange(method, url, content)
            except TimeoutError as error:
                raise too_slow(self.address, self._request_s) from error
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
                raise from_transport(error, self.address) from error
            if status not in _OK:
                raise from_status(status, headers, body, self.address)
            try:
                return read(json.loads(body))
            except (ValueError, RecursionError) as error:
                raise not_json(self.address, str(error)) from error

    async def _exchange(
        self, method: str, url: str, content: bytes | None
    ) -> tuple[int, httpx2.Headers, bytes]:
        response = await self._send(method, url, content)
        try:
            return response.status_code, response.headers, await _whole(response)
        finally:
            await response.aclose()

    async def _send(
        self, method: str, url: str, content: bytes | None
    ) -> httpx2.Response:
        """Send a request; once more at once if a kept connection turns out closed."""
        headers = _JSON if content is not None else None
        request = self._client.build_request(
            method, url, content=content, headers=headers
        )
        try:
            return await self._client.send(request, stream=True)
        except (httpx2.RemoteProtocolError, httpx2.NetworkError) as error:
            if isinstance(error, httpx2.ConnectError):
                raise
        return await self._client.send(request, stream=True)

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Wait for a free place, and tell the breaker how it went."""
        self.in_flight += 1
        try:
            async with self._turns:
                self.breaker.asks()
                try:
                    yield
                except EngineBusyError as error:
                    self.breaker.rests(error.delay_s)
                    raise
                except EndpointDownError:
                    self.breaker.failed()
                    raise
                except Exception:  # it answered: a refusal is no sign of illness
                    self.breaker.succeeded()
                    raise
                except BaseException:
                    self.breaker.left()
                    raise
                self.breaker.succeeded()
        finally:
            self.in_flight -= 1


_JSON = {"content-type": "application/json"}


def split(address: str) -> tuple[str, str]:
    """Return the address of the API and of what stands beside it.

    ``http://gpu:8000`` and ``http://gpu:8000/v1`` are the same server; any other
    path (``…/api/paas/v4``) is taken as the API's.

    Raises:
        EngineError: it is not an HTTP address.
    """
    try:
        parts = urlsplit(address.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        usable = usable and not parts.query and (parts.port is None or parts.port > 0)
    except ValueError:
        raise bad_address(address) from None
    if not usable:
        raise bad_address(address)
    root = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.rstrip("/")
    if not path:
        return f"{root}/v1", root
    return root + path, root + path.removesuffix("/v1")


async def _lines(response: httpx2.Response) -> AsyncGenerator[str]:
    """Yield the lines of an answer, of which there may not be too much."""
    rest, size = b"", 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > LARGEST_REPLY:
            raise httpx2.ReadError(f"more than {LARGEST_REPLY} bytes")
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace").removesuffix("\r")
    if rest:
        yield rest.decode("utf-8", "replace")


async def _whole(response: httpx2.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > LARGEST_REPLY:
            raise httpx2.ReadError(f"more than {LARGEST_REPLY} bytes")
        parts.append(part)
    return b"".join(parts)
