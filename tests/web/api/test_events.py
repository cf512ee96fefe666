"""What happens is heard as it happens; none is missed, and the service still ends."""

import json
import time
from contextlib import ExitStack

import httpx2

from tests.jobs.shows import SESSION, SlowEngine, policy, show
from tests.web.api.studio import API, analysed, serving


def heard(lines, last):
    """Read events until one of the kind ``last``; return them."""
    events, event = [], {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
            continue
        event["data"] = json.loads(event["data"])
        events.append(event)
        if event["event"] == last:
            return events
        event = {}
    return events


def test_the_life_of_a_job_is_heard(tmp_path):
    """Session, progress, report and its end, each with its number."""
    engine = SlowEngine()
    with serving(tmp_path, engine, chunk_frames=4) as (studio, client):
        source = show(tmp_path / "show.mp4", 12)
        with client.stream("GET", f"{API}/events") as stream:
            lines = stream.iter_lines()
            studio.jobs.analyze([source], policy(), 1000, session_id=SESSION)
            begun = heard(lines, "progress")
            engine.go_on.set()
            ended = heard(lines, "report") + heard(lines, "job")

    assert stream.headers["content-type"].startswith("text/event-stream")
    assert begun[0]["event"] == "session"
    assert begun[0]["data"]["session"] == SESSION
    assert begun[-1]["data"]["total"] == 12
    assert "id" not in begun[-1]
    assert ended[-1]["data"]["data"] == {"state": "done"}
    numbers = [int(event["id"]) for event in begun + ended if "id" in event]
    assert numbers == sorted(set(numbers))


def test_who_was_away_hears_what_was_missed(tmp_path):
    """By the number of the last event, after a restart too."""
    with serving(tmp_path) as (studio, _client):
        analysed(studio, tmp_path / "shows")
    with (
        serving(tmp_path) as (_, client),
        client.stream("GET", f"{API}/events", headers={"Last-Event-ID": "1"}) as stream,
    ):
        missed = heard(stream.iter_lines(), "job")

    assert [(event["id"], event["event"]) for event in missed] == [
        ("2", "report"),
        ("3", "job"),
    ]


def test_what_is_no_longer_known_is_said(tmp_path):
    """A number that never was, or is nonsense, ends in one `reset`."""
    for number in ("99", "x"):
        with (
            serving(tmp_path) as (_, client),
            client.stream(
                "GET", f"{API}/events", headers={"Last-Event-ID": number}
            ) as stream,
        ):
            (reset,) = heard(stream.iter_lines(), "reset")

        assert reset["data"] == {"newest": 0}


def test_the_service_ends_with_a_stream_open(tmp_path):
    """Its listener hears the end of the stream, and nobody waits for a timeout."""
    with ExitStack() as listener:
        with serving(tmp_path) as (_, client):
            other = listener.enter_context(
                httpx2.Client(base_url=client.base_url, headers=client.headers)
            )
            stream = listener.enter_context(other.stream("GET", f"{API}/events"))
            left = time.monotonic()

        assert list(stream.iter_lines()) == []
        assert time.monotonic() - left < 15


def test_engines_are_listed(tmp_path):
    """Each with what it needs, or why it can't be used."""
    with serving(tmp_path) as (_, client):
        engines = {
            one["name"]: one for one in client.get(f"{API}/engines").json()["items"]
        }

    assert engines["embedded"]["chosen"] is True
    assert engines["chat"]["here"] is False
    assert engines["chat"]["obstacle"]["zh"]
