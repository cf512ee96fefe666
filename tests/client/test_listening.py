"""The client hears what happens, and waits when it is told to."""

import http.server
import threading
from contextlib import contextmanager

import pytest

from idolens.client import Client, Heard, RefusedError
from idolens.client.listening import heard
from tests.jobs.shows import POLICY
from tests.web.api.studio import serving

STREAM = [": ping", "", "event: policy", "id: 7", 'data: {"a": 1}', "", "event: job"]
BUSY = b'{"type":"urn:x","title":"busy","status":503,"code":"engine_busy","message":\
{"zh":"x","en":"x"},"errors":[]}'


def test_events_are_read_line_by_line():
    """Comments are none, and half an event is none."""
    assert list(heard(STREAM)) == [Heard("policy", {"a": 1}, "7")]


def test_what_was_missed_is_told_first(tmp_path):
    """By the number of the last event that was heard."""
    with (
        serving(tmp_path) as (_, bare),
        Client(f"{bare.base_url}", sleep=lambda _: None) as client,
    ):
        version = client.add_policy(POLICY).version
        first = next(client.events("0"))
        client.activate("two-questions", version)
        client.shadow("two-questions", version)
        after = client.events(first.number)
        told = [next(after) for _ in range(2)]
        after.close()
        names = [one.name for one in client.policies()]
        text = client.policy("two-questions", version).text
        engines = [one.name for one in client.engines()]
        uploads = list(client.uploads())

    assert (first.kind, first.data["data"]["version"]) == ("policy", version)
    assert [one.data["data"]["place"] for one in told] == ["active", "shadow"]
    assert "two-questions" in names
    assert text == POLICY
    assert "embedded" in engines
    assert uploads == []


@contextmanager
def busy_for(times):
    """Serve a service that has no time for so many requests."""
    asked = []

    class Busy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            late = len(asked) > times
            self.send_response(200 if late else 503)
            self.send_header("Retry-After", "3")
            body = b'{"items": []}' if late else BUSY
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Busy) as server:
        worker = threading.Thread(target=server.serve_forever)
        worker.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        worker.join()


def test_a_busy_service_is_asked_again_when_it_says():
    """After Retry-After, and not for ever."""
    waits = []
    with busy_for(2) as (url, asked), Client(url, sleep=waits.append) as client:
        assert client.engines() == []
        assert (len(asked), waits) == (3, [3.0, 3.0])
    with busy_for(9) as (url, asked), Client(url, sleep=waits.append) as client:
        with pytest.raises(RefusedError):
            client.engines()
        assert len(asked) == 5
