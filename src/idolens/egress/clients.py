"""HTTP clients and sockets that keep to a `Reach`."""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import httpcore2
import httpx2
from anyio import to_thread

from idolens.egress.reach import Reach

_AT_ONCE = httpx2.Limits(max_connections=100, max_keepalive_connections=20)
_Options = Iterable[httpcore2.SOCKET_OPTION] | None
_Failures = (httpcore2.ConnectError, httpcore2.ConnectTimeout)


@dataclass(frozen=True, slots=True)
class Limit:
    """What one answer may have of a client's patience.

    Attributes:
        most_bytes: as they come over the wire.
        seconds: from its first byte to its last.
    """

    most_bytes: int
    seconds: float


def client(
    reach: Reach,
    *,
    timeout_s: float,
    limit: Limit | None = None,
    onwards: bool = False,
    trust: ssl.SSLContext | None = None,
) -> httpx2.Client:
    """Return a client that goes where ``reach`` lets it.

    Args:
        reach: the hosts.
        timeout_s: longest silence.
        limit: on each whole answer; None where the caller has one of its own.
        onwards: whether redirects are followed; ``reach`` judges each.
        trust: whom to believe; None believes those that the system trusts.
    """
    return httpx2.Client(
        transport=_Transport(reach, _trusted(trust), limit),
        trust_env=False,
        follow_redirects=onwards,
        timeout=timeout_s,
    )


def async_client(
    reach: Reach,
    *,
    timeout: httpx2.Timeout,
    limits: httpx2.Limits = _AT_ONCE,
    headers: Mapping[str, str] | None = None,
    trust: ssl.SSLContext | None = None,
) -> httpx2.AsyncClient:
    """Return a client that goes where ``reach`` lets it and follows nothing.

    Arguments as in `client`; the caller bounds the answers.
    """
    return httpx2.AsyncClient(
        transport=_AsyncTransport(reach, _trusted(trust), limits),
        trust_env=False,
        follow_redirects=False,
        timeout=timeout,
        headers=dict(headers or {}),
    )


def connect(
    reach: Reach, host: str, port: int, timeout_s: float | None
) -> socket.socket:
    """Return a connection to ``host``, for protocols other than HTTP.

    Raises:
        ForbiddenError: it must not be gone to.
        OSError: nobody answers.
    """
    try:
        found = reach.addresses(host, port)
    except httpx2.ConnectError as error:
        raise ConnectionRefusedError(str(error)) from error
    *others, last = found
    for address in others:
        try:
            return socket.create_connection((address, port), timeout_s)
        except OSError:
            continue
    return socket.create_connection((last, port), timeout_s)


class _Network(httpcore2.NetworkBackend):
    """Connects to addresses that were judged; names are for TLS and the Host header."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._wire = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore2.NetworkStream:
        *others, last = self._reach.addresses(host, port)
        for address in others:
            try:
                return self._wire.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except _Failures:
                continue
        return self._wire.connect_tcp(
            last, port, timeout, local_address, socket_options
        )


class _AsyncNetwork(httpcore2.AsyncNetworkBackend):
    """The same for event loops."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._wire = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore2.AsyncNetworkStream:
        *others, last = await to_thread.run_sync(
            self._reach.addresses, host, port, abandon_on_cancel=True
        )
        for address in others:
            try:
                return await self._wire.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except _Failures:
                continue
        return await self._wire.connect_tcp(
            last, port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        await self._wire.sleep(seconds)


class _Transport(httpx2.HTTPTransport):
    """httpx2's own, with a pool whose connections are judged."""

    def __init__(
        self, reach: Reach, trust: ssl.SSLContext, limit: Limit | None
    ) -> None:
        super().__init__(verify=trust, trust_env=False)
        self._limit = limit
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trust,
            max_connections=_AT_ONCE.max_connections,
            max_keepalive_connections=_AT_ONCE.max_keepalive_connections,
            keepalive_expiry=_AT_ONCE.keepalive_expiry,
            network_backend=_Network(reach),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        if self._limit is not None and isinstance(
            response.stream, httpx2.SyncByteStream
        ):
            response.stream = _Limited(response.stream, self._limit)
        return response


class _AsyncTransport(httpx2.AsyncHTTPTransport):
    """The same for event loops."""

    def __init__(
        self, reach: Reach, trust: ssl.SSLContext, limits: httpx2.Limits
    ) -> None:
        super().__init__(verify=trust, trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trust,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_AsyncNetwork(reach),
        )


class _Limited(httpx2.SyncByteStream):
    """An answer that is cut where it is too long, in bytes or in time."""

    def __init__(self, stream: httpx2.SyncByteStream, limit: Limit) -> None:
        self._stream = stream
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        until, left = time.monotonic() + self._limit.seconds, self._limit.most_bytes
        for part in self._stream:
            left -= len(part)
            if left < 0 or time.monotonic() > until:
                raise httpx2.ReadError("the answer does not end")
            yield part

    def close(self) -> None:
        self._stream.close()


def _trusted(trust: ssl.SSLContext | None) -> ssl.SSLContext:
    return trust or httpx2.create_ssl_context(trust_env=False)
