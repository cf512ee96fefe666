"""A service that is told to stop is gone in five seconds, whatever it is at."""

import logging
import socket
import threading
import time
from contextlib import closing, suppress

import httpx2
import pytest

from tests.vlm.servers.chatting import VLLM, ChatStub
from tests.vlm.servers.listening import Said, listen
from tests.web.process import Service, picture
from tests.web.service import as_base64, png
from tests.web.test_patience import head

API = "/api/v1"
TUS = {"Tus-Resumable": "1.0.0"}
MIB = 2**20
_LOG = logging.getLogger(__name__)
LATEST_S = 20.0
"""Four times what is promised: machines that run tests are busy with others."""


@pytest.mark.slow
def test_everything_in_hand_ends_in_time_and_nothing_told_is_lost(tmp_path):
    """A stream, a question, an upload, and an analysis that waits for its model."""
    hangs, stuck = threading.Event(), threading.Event()

    def spoil(_number, call):
        if hangs.is_set() and call.path.endswith("/chat/completions"):
            stuck.set()
            return Said(fault="hang")
        return None

    with listen(ChatStub(VLLM), spoil) as server:
        service = Service(
            tmp_path, ENGINE="chat", CHAT__ENDPOINTS=f'["{server.url}/v1"]'
        ).begin()
        try:
            client = service.client
            _ask(client.base_url, wanted=200)
            hangs.set()
            session = _analyse(client)
            assert stuck.wait(30)
            begun = client.post(
                f"{API}/uploads", headers=TUS | {"Upload-Length": str(3 * MIB)}
            )
            place = begun.headers["Location"]
            asking = threading.Thread(target=_ask, args=(client.base_url, None))
            asking.start()
            with (
                closing(_half_an_upload(client.base_url, place)),
                client.stream("GET", f"{API}/events") as events,
            ):
                assert events.status_code == 200
                until(lambda: _written(service, place) >= MIB)
                began = time.monotonic()
                service.signal()
                status = service.wait(LATEST_S)
            _LOG.info("stopped after %.1f s", time.monotonic() - began)
            asking.join()
            hangs.clear()
            service.begin()
            until(lambda: _state(service, session) == "done")
            at = service.client.head(place, headers=TUS).headers["Upload-Offset"]
        finally:
            service.kill()

    assert status == 0
    assert int(at) >= MIB


def _ask(address: httpx2.URL, wanted: int | None) -> None:
    body = {"image": as_base64(png(64)), "question": f"画面中有人物吗?{wanted or ''}"}
    with suppress(httpx2.HTTPError):
        reply = httpx2.post(address.join("/vlm/infer"), json=body, timeout=60)
        assert wanted in {None, reply.status_code}, reply.text


def _analyse(client: httpx2.Client) -> str:
    sent = client.post(f"{API}/uploads", files={"file": ("a.png", picture(1))})
    begun = client.post(f"{API}/sessions", json={"uploads": [sent.json()["id"]]})
    assert begun.status_code == 201, begun.text
    return begun.json()["sessions"][0]["id"]


def _half_an_upload(address: httpx2.URL, place: str) -> socket.socket:
    end = socket.create_connection((address.host, address.port), 30)
    wanted = {
        "Tus_Resumable": "1.0.0",
        "Upload_Offset": "0",
        "Content_Type": "application/offset+octet-stream",
        "Content_Length": str(3 * MIB),
    }
    end.sendall(head("PATCH", place, **wanted) + bytes(3 * MIB // 2))
    return end


def _written(service: Service, place: str) -> int:
    name = place.rpartition("/")[2]
    return (service.folder / "data" / "uploads" / name / "data").stat().st_size


def _state(service: Service, session: str) -> str:
    return service.client.get(f"{API}/jobs/{session}").json()["state"]


def until(there) -> None:
    pause = threading.Event()
    for _ in range(300):
        if there():
            return
        pause.wait(0.1)
    raise AssertionError("it did not come to that")
