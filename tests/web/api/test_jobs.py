"""Jobs are followed, stopped, resumed and done again over HTTP."""

import time

from tests.jobs.shows import SESSION, SlowEngine, policy, show
from tests.web.api.studio import API, serving
from tests.web.test_infer import is_problem


def until(client, state, session_id=SESSION):
    """Ask for a job until it is in ``state``."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = client.get(f"{API}/jobs/{session_id}").json()
        if job["state"] == state:
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def test_a_job_is_cancelled_resumed_and_done_again(tmp_path):
    """What is done stays done, and a retry is a session of its own."""
    engine = SlowEngine()
    with serving(tmp_path, engine, chunk_frames=4) as (studio, client):
        source = show(tmp_path / "show.mp4", 12)
        studio.jobs.analyze([source], policy(), 1000, session_id=SESSION)
        assert engine.reached.wait(30)
        running = client.get(f"{API}/jobs/{SESSION}").json()
        cancelled = client.post(f"{API}/jobs/{SESSION}/cancel")
        engine.go_on.set()
        studio.jobs.wait(SESSION)
        resumed = client.post(f"{API}/jobs/{SESSION}/resume")
        done = until(client, "done")
        again = client.post(f"{API}/jobs/{SESSION}/retry")
        until(client, "done", again.json()["id"])
        listed = client.get(f"{API}/jobs", params={"state": "done"}).json()["items"]

    assert running["state"] == "running"
    assert (running["total"], running["name"]) == (12, "show.mp4")
    assert cancelled.json()["state"] == "cancelled"
    assert resumed.status_code == 200
    assert (done["done"], done["eta_s"], done["reason"]) == (12, None, None)
    assert again.status_code == 201
    assert [one["id"] for one in listed] == [again.json()["id"], SESSION]


def test_a_file_that_is_gone_is_a_conflict(tmp_path):
    """The one sentence names what to do; nothing is begun."""
    with serving(tmp_path) as (studio, client):
        source = show(tmp_path / "show.mp4", 3)
        studio.jobs.analyze([source], policy(), 1000, session_id=SESSION)
        studio.jobs.wait(SESSION)
        source.path.unlink()
        reply = client.post(f"{API}/jobs/{SESSION}/retry")

        assert len(studio.archive.sessions()) == 1
    assert "put it back" in is_problem(reply, 409, "job")["message"]["en"]


def test_nobodys_job(tmp_path):
    """404 for every verb."""
    with serving(tmp_path) as (_, client):
        for verb in ("cancel", "resume", "retry"):
            is_problem(client.post(f"{API}/jobs/nobody/{verb}"), 404, "not_found")
        is_problem(client.get(f"{API}/jobs/nobody"), 404, "not_found")
