"""A real HTTP server on loopback whose manners can be spoiled on purpose."""

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Protocol

Fault = Literal[
    "reset", "half", "slow_loris", "slow_head", "not_json", "wrong_json", "hang"
]


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass(frozen=True)
class Said:
    """What to answer."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Any, ...] | None = None
    fault: Fault | None = None
    endless: bool = False


class App(Protocol):
    """What stands behind the server."""

    def handle(self, call: Call) -> Said: ...


@dataclass
class Listening:
    """A server that runs.

    Attributes:
        spoil: looks at each call and its number; what it gives is said instead.
    """

    app: App
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    spoil: Callable[[int, Call], Said | None] | None = None
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def answer(self, call: Call) -> Said:
        with self._lock:
            number = len(self.calls)
            self.calls.append(call)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            spoiled = self.spoil(number, call) if self.spoil else None
            return spoiled or self.app.handle(call)
        finally:
            with self._lock:
                self._at_once -= 1

    def asked(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]


@contextmanager
def listen(
    app: App,
    spoil: Callable[[int, Call], Said | None] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Listening]:
    """Serve ``app`` on loopback until the block ends."""
    here = Listening(app, spoil=spoil)
    server = _Server(("127.0.0.1", 0), _handler(here))
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "http" if tls is None else "https"
    here.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the tests."""


def _handler(here: Listening) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._do("GET")

        def do_POST(self) -> None:
            self._do("POST")

        def log_message(self, *_: object) -> None:
            pass

        def _do(self, method: str) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(method, self.path, headers, self.rfile.read(length))
            _say(self, here.answer(call), here.stopping)

    return Handler


def _say(to: BaseHTTPRequestHandler, said: Said, stopping: threading.Event) -> None:
    if said.fault is not None:
        _FAULTS[said.fault](to, stopping)
        to.close_connection = True
        return
    if said.events is not None:
        _stream(to, said, stopping)
        return
    body = json.dumps(said.body, ensure_ascii=False).encode()
    to.send_response(said.status)
    to.send_header("content-type", "application/json")
    to.send_header("content-length", str(len(body)))
    for name, value in said.headers.items():
        to.send_header(name, value)
    to.end_headers()
    to.wfile.write(body)


def _stream(to: BaseHTTPRequestHandler, said: Said, stopping: threading.Event) -> None:
    to.send_response(200)
    to.send_header("content-type", "text/event-stream")
    to.send_header("connection", "close")
    to.end_headers()
    to.close_connection = True
    while True:
        for event in said.events or ():
            data = event if isinstance(event, str) else json.dumps(event)
            to.wfile.write(f"data: {data}\n\n".encode())
            to.wfile.flush()
        if not said.endless or stopping.wait(0.001):
            return


def _reset(to: BaseHTTPRequestHandler, _: threading.Event) -> None:
    linger = struct.pack("ii", 1, 0)  # close with a reset
    to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    to.connection.close()


def _half(to: BaseHTTPRequestHandler, _: threading.Event) -> None:
    to.wfile.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b'content-length: 4000\r\n\r\n{"choices":[{"message":{"content":"'
    )


def _slow_loris(to: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
    to.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{")
    _drip(to, b" ", stopping)


def _slow_head(to: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
    to.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    _drip(to, b"a", stopping)


def _drip(to: BaseHTTPRequestHandler, drop: bytes, stopping: threading.Event) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and not stopping.wait(0.05):
        to.wfile.write(drop)
        to.wfile.flush()


def _not_json(to: BaseHTTPRequestHandler, _: threading.Event) -> None:
    _plain(to, b"<html>Welcome to nginx!</html>")


def _wrong_json(to: BaseHTTPRequestHandler, _: threading.Event) -> None:
    _plain(to, b'{"choices": [], "answers": 7}')


def _plain(to: BaseHTTPRequestHandler, body: bytes) -> None:
    to.wfile.write(
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
        % (len(body), body)
    )


def _hang(_: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
    stopping.wait(60)


_FAULTS = {
    "reset": _reset,
    "half": _half,
    "slow_loris": _slow_loris,
    "slow_head": _slow_head,
    "not_json": _not_json,
    "wrong_json": _wrong_json,
    "hang": _hang,
}
