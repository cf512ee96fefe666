"""A hub on the loopback: both shapes, with every way a transfer can go wrong."""

import hashlib
import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

NAME = "studio/little-glm"
COMMIT = "c0ffee" + "0" * 34
LFS = (".safetensors", ".onnx")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one reply for bytes.

    Attributes:
        kind: ``cut`` hangs up after ``after`` bytes, ``reset`` does so without a
            goodbye; ``short`` ends the reply there as if it were whole; ``flip``
            changes its last byte; ``whole`` sends everything whatever range was
            asked for; ``more`` sends too much; ``status`` refuses with ``status``;
            ``stall`` falls silent there until `Hub.release`.
    """

    kind: Literal["cut", "reset", "short", "flip", "whole", "more", "status", "stall"]
    after: int = 0
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """One request."""

    path: str
    range: str | None
    token: str | None


class Hub:
    """What the stub serves, does wrong, and has seen."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.commit = COMMIT
        self.faults: dict[str, deque[Fault]] = {}
        self.listing_faults: deque[Fault] = deque()
        self.token: str | None = None
        self.cdn: str | None = None
        self.url = ""
        self.seen: list[Seen] = []
        self.hide_digests = False
        self.release = threading.Event()

    def fail(self, path: str, *faults: Fault) -> None:
        """Let the next replies for ``path`` go wrong."""
        self.faults.setdefault(path, deque()).extend(faults)

    def asked(self, path: str) -> list[Seen]:
        """Return the requests for a file's bytes."""
        return [one for one in self.seen if one.path == path]

    def huggingface(self) -> dict[str, object]:
        """List as Hugging Face does."""
        return {
            "id": NAME,
            "modelId": NAME,
            "sha": self.commit,
            "private": False,
            "tags": [],
            "downloads": 0,
            "siblings": [_sibling(path, data) for path, data in self.files.items()],
        }

    def modelscope(self) -> dict[str, object]:
        """List as ModelScope does."""
        entries: list[dict[str, object]] = [
            {
                "Path": path,
                "Name": path.rpartition("/")[2],
                "Type": "blob",
                "Size": len(data),
                "Sha256": "" if self.hide_digests else hashlib.sha256(data).hexdigest(),
            }
            for path, data in self.files.items()
        ]
        entries.append({"Path": "onnx", "Name": "onnx", "Type": "tree", "Size": 0})
        return {"Code": 200, "Success": True, "Data": {"Files": entries}}


def _sibling(path: str, data: bytes) -> dict[str, object]:
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324
    found: dict[str, object] = {"rfilename": path, "size": len(data), "blobId": blob}
    if path.endswith(LFS):
        found["lfs"] = {
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "pointerSize": 133,
        }
    return found


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve ``hub`` until the block ends."""

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        hub.release.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *_arguments: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked, query = unquote(address.path), parse_qs(address.query)
        if self._is_stranger():
            self._json(401, {"error": "who are you"}, {"X-Error-Code": "GatedRepo"})
        elif re.fullmatch(r"/api/models/[^/]+/[^/]+(/revision/[^/]+)?", asked):
            self._listing(asked, self.hub.huggingface())
        elif re.fullmatch(r"/api/v1/models/[^/]+/[^/]+/repo/files", asked):
            self._listing(asked, self.hub.modelscope())
        elif asked == f"/api/v1/models/{NAME}/repo":
            self._file(query["FilePath"][0])
        else:
            self._resolve(asked)

    def _is_stranger(self) -> bool:
        if not self.hub.token or self.path.startswith("/cdn/"):
            return False
        return self.headers.get("authorization") != f"Bearer {self.hub.token}"

    def _resolve(self, asked: str) -> None:
        above = f"/{NAME}/resolve/{self.hub.commit}/"
        path = asked.removeprefix(above).removeprefix("/cdn/")
        if asked.startswith(above) and self.hub.cdn and path.endswith(LFS):
            self._json(302, {}, {"Location": f"{self.hub.cdn}/cdn/{path}"})
        elif asked.startswith((above, "/cdn/")):
            self._file(path)
        else:
            self._json(404, {"error": "not here"}, {"X-Error-Code": "EntryNotFound"})

    def _listing(self, asked: str, body: dict[str, object]) -> None:
        if self.hub.listing_faults:
            fault = self.hub.listing_faults.popleft()
            self._json(fault.status, {"error": "later"}, fault.headers)
        elif NAME not in asked:
            self._json(404, {"error": "no model"}, {"X-Error-Code": "RepoNotFound"})
        elif "/revision/" in asked and asked.rpartition("/")[2] not in {
            "main",
            self.hub.commit,
        }:
            code = {"X-Error-Code": "RevisionNotFound"}
            self._json(404, {"error": "no revision"}, code)
        else:
            self._json(200, body, {})

    def _file(self, path: str) -> None:
        wanted, token = self.headers.get("range"), self.headers.get("authorization")
        self.hub.seen.append(Seen(path, wanted, token))
        data = self.hub.files.get(path)
        if data is None:
            self._json(404, {"error": "no file"}, {"X-Error-Code": "EntryNotFound"})
            return
        faults = self.hub.faults.get(path)
        fault = faults.popleft() if faults else None
        if fault and fault.kind == "status":
            self._json(fault.status, {"error": "later"}, fault.headers)
            return
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if begin > len(data) or (wanted and begin == len(data)):
            self._json(416, {}, {"Content-Range": f"bytes */{len(data)}"})
            return
        if fault and fault.kind == "whole":
            begin, wanted = 0, None
        self._send(data, begin, partial=wanted is not None, fault=fault)

    def _send(
        self, data: bytes, begin: int, *, partial: bool, fault: Fault | None
    ) -> None:
        body, kind = data[begin:], fault.kind if fault else ""
        if kind == "flip":
            body = body[:-1] + bytes([body[-1] ^ 1])
        if kind == "more":
            body += b"!" * 100
        if fault and kind == "short":
            body = body[: fault.after]
        self.send_response(206 if partial else 200)
        self.send_header("Content-Length", str(len(body)))
        if partial:
            last = len(data) - 1
            self.send_header("Content-Range", f"bytes {begin}-{last}/{len(data)}")
        self.end_headers()
        if fault and kind in {"cut", "reset", "stall"}:
            self.wfile.write(body[: fault.after])
            self.wfile.flush()
            self._break_off(kind)
            return
        self.wfile.write(body)

    def _break_off(self, kind: str) -> None:
        self.close_connection = True
        if kind == "stall":
            self.hub.release.wait(60)
        if kind == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def _json(self, status: int, body: object, headers: Mapping[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
