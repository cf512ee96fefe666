"""Cuts off clients that send too slowly, or leave an answer unread.

Every connection costs one of the few that there are; a handful of clients that send a
byte now and then could otherwise keep everybody else out for as long as they like.
"""

import asyncio
import socket
import time
from typing import Any, cast

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)

from idolens.settings import ClientSettings
from idolens.vocabulary import Bilingual, Language
from idolens.web.gates import HANG_UP
from idolens.web.problems import problem

HEAD_BYTES = 65_536
"""Most that a request may send before its headers are whole."""
_NO_HTTP = Bilingual(
    zh="收到的不是合法的 HTTP 请求。若使用了 https，请改用 http。",
    en="This is no valid HTTP request. If it was https, use http.",
)


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits on headers and on unread answers.

    Bodies are the business of `PaceGate`, which can say why.

    Args:
        clients: the limits.
        language: of the answer to what is no HTTP.
        given: what uvicorn gives.
    """

    def __init__(
        self, clients: ClientSettings, language: Language, **given: Any
    ) -> None:
        super().__init__(**given)
        self._clients = clients
        self._language: Language = language
        self._clock: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._whole = True  # of the last request; the next one can come
        self._in_head = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the clock: the first request is due."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._hurry()

    def data_received(self, data: bytes) -> None:
        """Begin it again with the first bytes of the next one."""
        if self._clock is None and (self._whole or self._answered):
            self._hurry()
        super().data_received(data)
        self._head_bytes += len(data) if self._in_head else 0
        if self._head_bytes > HEAD_BYTES:
            self._cut()

    def on_message_begin(self) -> None:
        """Count its headers."""
        self._whole, self._in_head, self._head_bytes = False, True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop the clock."""
        self._in_head, self._head_bytes = False, 0
        self._clock = _ended(self._clock)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop it too, of a body that nobody waited for."""
        self._whole = True
        self._clock = _ended(self._clock)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP, as a problem like all others, and hang up."""
        said = problem(400, self._language, words=_NO_HTTP, headers=HANG_UP)
        lines = [b"HTTP/1.1 400 Bad Request"]
        lines += [b"%s: %s" % header for header in said.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(said.body)]))
        self.transport.close()

    def pause_writing(self) -> None:
        """Begin the clock of the reader."""
        super().pause_writing()
        self._reading = _ended(self._reading)
        self._expect_reading()

    def resume_writing(self) -> None:
        """Stop it."""
        self._reading = _ended(self._reading)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all clocks."""
        self._clock = _ended(self._clock)
        self._reading = _ended(self._reading)
        super().connection_lost(exc)

    @property
    def _answered(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and cycle.response_complete

    def _hurry(self) -> None:
        self._clock = self.loop.call_later(self._clients.head_s, self._cut)

    def _expect_reading(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._reading = self.loop.call_later(
            self._clients.reading_s, self._look_whether_read, left
        )

    def _look_whether_read(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if before - left < self._clients.least_bytes:
            self._cut()
        else:
            self._expect_reading()

    def _cut(self) -> None:
        self.transport.abort()


def _ended(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


class PaceGate:
    """Ends a request whose body comes in too slowly, with 408.

    Only the time counts in which the service waits for bytes, not that which it takes
    over those that came.
    """

    def __init__(self, app: ASGIApp, clients: ClientSettings) -> None:
        self._app = app
        self._clients = clients

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        pace, whole, answering = _Pace(self._clients), False, False

        async def hurrying() -> Message:
            nonlocal whole
            while not whole:
                message = await pace.next(receive)
                if message is None and answering:
                    return {"type": "http.disconnect"}
                if message is None:
                    raise HTTPException(408, headers=HANG_UP)
                whole = not message.get("more_body", False)
                return message
            return await receive()

        async def watching(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        await self._app(scope, hurrying, watching)


class _Pace:
    """How fast a body comes."""

    def __init__(self, clients: ClientSettings) -> None:
        self._clients = clients
        self._waited = 0.0
        self._came = 0

    async def next(self, receive: Receive) -> Message | None:
        """Return what comes next, or None once too little has come for too long."""
        begin = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(self._clients.body_s - self._waited):
                    message = await receive()
            except TimeoutError:
                if self._came < self._clients.least_bytes:
                    return None
                self._waited, self._came, begin = 0.0, 0, time.monotonic()
                continue
            self._waited += time.monotonic() - begin
            self._came += len(message.get("body", b""))
            return message


def expect_life(door: socket.socket, clients: ClientSettings) -> None:
    """Let the kernel end connections of ``door`` whose other side is gone.

    A machine that lost its power says no goodbye; a stream of events to it would stay
    open for a quarter of an hour.
    """
    door.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    seconds = max(1, round(clients.reading_s))
    for name, value in (
        ("TCP_KEEPIDLE", seconds),
        ("TCP_KEEPINTVL", max(1, seconds // 3)),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", seconds * 1000),
    ):
        option: int | None = getattr(socket, name, None)  # not every system has it
        if option is not None:
            door.setsockopt(socket.IPPROTO_TCP, option, value)
