"""Clients that are too slow are cut off; the others never notice. Over real sockets."""

import json
import socket
import threading
from contextlib import closing, contextmanager

import pytest

from idolens.settings import ClientSettings, Settings, UploadSettings
from idolens.web.patience import HEAD_BYTES, expect_life
from tests.web.service import FakeEyes, running

LONG = 3600.0
WAIT_S = 30.0
"""How long a test waits for what is to happen; nothing is asserted about the time."""


def limits(**chosen: float) -> ClientSettings:
    return ClientSettings(
        **({"head_s": LONG, "body_s": LONG, "reading_s": LONG} | chosen)
    )


@contextmanager
def plug(client):
    """Yield a socket to the service behind ``client``."""
    address = client.base_url.host, client.base_url.port
    with closing(socket.create_connection(address, WAIT_S)) as end:
        yield end


def rest(end: socket.socket) -> bytes:
    """Return what comes until the other side hangs up."""
    got = b""
    try:
        while block := end.recv(65_536):
            got += block
    except ConnectionResetError:
        pass
    return got


def head(method: str, path: str, **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize(
    "sent", [b"", b"GET /livez HT", b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n"]
)
def test_who_does_not_finish_the_headers_is_cut_off(tmp_path, sent):
    """Silent from the start, or in the middle; others are answered meanwhile."""
    with (
        running(FakeEyes(), tmp_path, clients=limits(head_s=0.5)) as client,
        plug(client) as slow,
    ):
        slow.sendall(sent)
        assert client.get("/livez").status_code == 200
        assert rest(slow) == b""
        assert client.get("/livez").status_code == 200


def test_a_drip_of_header_bytes_buys_no_time(tmp_path):
    """The clock is not set back by single bytes (slow loris)."""
    stop = threading.Event()

    def drip(end: socket.socket) -> None:
        try:
            while not stop.wait(0.05):
                end.sendall(b"X-A: b\r\n")
        except OSError:
            pass

    with (
        running(FakeEyes(), tmp_path, clients=limits(head_s=0.5)) as client,
        plug(client) as slow,
    ):
        slow.sendall(b"GET /livez HTTP/1.1\r\n")
        thread = threading.Thread(target=drip, args=(slow,))
        thread.start()
        try:
            assert rest(slow) == b""
        finally:
            stop.set()
            thread.join()


def test_the_second_request_of_a_connection_is_hurried_too(tmp_path):
    """What the first one has earned is not for the next."""
    with (
        running(FakeEyes(), tmp_path, clients=limits(head_s=0.5)) as client,
        plug(client) as slow,
    ):
        slow.sendall(head("GET", "/livez"))
        assert slow.recv(65_536).startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET /livez HT")
        assert rest(slow) == b""


def test_endless_headers_are_cut_off(tmp_path):
    """However fast they come: they would fill the memory."""
    with running(FakeEyes(), tmp_path, clients=limits()) as client:
        with plug(client) as end:
            end.sendall(b"GET /livez HTTP/1.1\r\n")
            try:
                for _ in range(64):
                    end.sendall(b"X-A: " + b"b" * (HEAD_BYTES // 8) + b"\r\n")
            except OSError:
                pass
            assert rest(end) == b""
        assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("sent", [b"", b'{"image": "'])
def test_a_body_that_does_not_come_is_408(tmp_path, sent):
    """With a problem in both languages, and the connection is closed."""
    chosen = limits(body_s=0.3, least_bytes=100)
    with (
        running(FakeEyes(), tmp_path, clients=chosen) as client,
        plug(client) as slow,
    ):
        wanted = {"Content_Type": "application/json", "Content_Length": "1000"}
        slow.sendall(head("POST", "/vlm/infer", **wanted) + sent)
        said = rest(slow)

    assert said.startswith(b"HTTP/1.1 408")
    assert b'"code":"too_slow"' in said
    assert "发送过慢".encode() in said
    assert b"too slowly" in said
    assert b"connection: close" in said.lower()


def test_a_body_that_keeps_the_pace_may_take_long(tmp_path):
    """It is looked at anew each time; only the least is asked for."""
    body = b'{"image": "' + b"A" * 60 + b'", "question": "?"}'
    chosen = limits(body_s=0.2, least_bytes=1)
    with (
        running(FakeEyes(), tmp_path, clients=chosen) as client,
        plug(client) as slow,
    ):
        wanted = {
            "Content_Type": "application/json",
            "Content_Length": str(len(body)),
            "Connection": "close",
        }
        slow.sendall(head("POST", "/vlm/infer", **wanted))
        pause = threading.Event()
        for at in range(0, len(body), 8):
            pause.wait(0.02)
            slow.sendall(body[at : at + 8])
        said = rest(slow)

    assert not said.startswith(b"HTTP/1.1 408")
    assert b'"code"' in said  # the picture is none


def test_a_cut_upload_keeps_what_arrived(tmp_path):
    """A resumable upload goes on after the cut, from the last byte that came."""
    chosen = limits(body_s=0.3, least_bytes=100)
    uploads = UploadSettings(idle_s=LONG)
    eyes = FakeEyes()
    tus = {"Tus-Resumable": "1.0.0"}
    with running(eyes, tmp_path, clients=chosen, uploads=uploads) as client:
        made = client.post("/api/v1/uploads", headers=tus | {"Upload-Length": "9"})
        place = made.headers["Location"]
        with plug(client) as slow:
            wanted = {
                "Tus_Resumable": "1.0.0",
                "Upload_Offset": "0",
                "Content_Type": "application/offset+octet-stream",
                "Content_Length": "9",
            }
            slow.sendall(head("PATCH", place, **wanted) + b"abcde")
            said = rest(slow)
        at = client.head(place, headers=tus).headers["Upload-Offset"]
        done = client.patch(
            place,
            content=b"fghi",
            headers=tus
            | {
                "Upload-Offset": at,
                "Content-Type": "application/offset+octet-stream",
            },
        )
        whole = eyes.archive.uploads.path(place.rpartition("/")[2]).read_bytes()

    assert said.startswith(b"HTTP/1.1 408")
    assert at == "5"
    assert done.status_code == 204, done.text
    assert whole == b"abcdefghi"


def test_who_does_not_read_the_answer_is_cut_off(tmp_path):
    """Requests in a row whose answers nobody takes; others are answered meanwhile."""
    chosen = limits(reading_s=0.5)
    with (
        running(FakeEyes(), tmp_path, clients=chosen) as client,
        plug(client) as deaf,
    ):
        ask = head("GET", "/page.js") * 50
        with pytest.raises(ConnectionError):
            _insist(deaf, ask)
        assert client.get("/livez").status_code == 200


def _insist(end: socket.socket, ask: bytes) -> None:
    for _ in range(100_000):  # until nobody listens any more
        end.sendall(ask)


def test_the_kernel_looks_after_half_open_connections():
    """What is set on the door holds for every connection that comes through it."""
    with socket.socket() as door:
        expect_life(door, ClientSettings(reading_s=30))
        door.bind(("127.0.0.1", 0))
        door.listen()
        with socket.create_connection(door.getsockname()) as there:
            here, _ = door.accept()
            with here:
                assert here.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                assert here.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
                waits = here.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert waits == 30_000
            assert there.recv(1) == b""


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01", b"HELLO\r\n\r\n", b"GET / HTTP/x\r\n\r\n"]
)
def test_what_is_no_http_gets_a_problem_too(tmp_path, sent):
    """Say, https to a service that speaks http: one sentence in both languages."""
    with running(FakeEyes(), tmp_path) as client, plug(client) as end:
        end.sendall(sent)
        said = rest(end)
        assert client.get("/livez").status_code == 200

    first, _, body = said.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/problem+json" in first
    assert json.loads(body)["code"] == "malformed"
    assert "https" in json.loads(body)["message"]["zh"]


def test_patience_has_settings():
    """The defaults are those of the documentation, and can be changed."""
    assert Settings().clients.head_s == 10
    assert Settings(clients={"head_s": 3}).clients.head_s == 3
