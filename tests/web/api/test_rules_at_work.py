"""Active policies decide how sessions begin; verdicts end with their session.

Each test has a studio of its own, and a process runs the jobs of one at a time.
"""

from tests.fakes import FakeEngine
from tests.jobs.shows import POLICY, SESSION, lot
from tests.web.api.studio import API, analysed, serving
from tests.web.api.test_jobs import until
from tests.web.api.test_policies import STRICT, add
from tests.web.api.test_reading import exposed
from tests.web.api.test_verdicts import VERDICTS
from tests.web.test_infer import is_problem


def test_sessions_begin_with_the_active_version(tmp_path):
    """A studio's own version of a policy that came along takes its place."""
    text = STRICT.replace("two-questions", "poster-zh")
    picture = lot(tmp_path / "pictures", 1)[0].path.read_bytes()
    with serving(tmp_path) as (_, client):
        version = add(client, text).json()["version"]
        client.post(f"{API}/policies/poster-zh/activate", json={"version": version})
        sent = client.post(f"{API}/uploads", files={"file": picture}).json()["id"]
        reply = client.post(f"{API}/sessions", json={"uploads": [sent]})
        (session,) = reply.json()["sessions"]
        until(client, "done", session["id"])

    assert session["policy"] == {"name": "poster-zh", "version": version}


def test_a_policy_without_an_active_version_begins_nothing(tmp_path):
    """It says to activate one."""
    picture = lot(tmp_path / "pictures", 1)[0].path.read_bytes()
    with serving(tmp_path) as (_, client):
        add(client, POLICY)
        sent = client.post(f"{API}/uploads", files={"file": picture}).json()["id"]
        body = {"uploads": [sent], "policy": "two-questions"}
        is_problem(client.post(f"{API}/sessions", json=body), 409, "conflict")


def test_verdicts_go_with_their_session(tmp_path):
    """Who forgets a session forgets what was said of it."""
    with serving(tmp_path, FakeEngine(reply=exposed)) as (studio, client):
        analysed(studio, tmp_path / "shows")
        found = client.get(f"{API}/sessions/{SESSION}/findings").json()["items"][0]
        body = {"finding": found["id"], "decision": "confirmed", "version": 0}
        client.post(VERDICTS, json=body | {"note": "金丝雀"})
        studio.forget(SESSION, "terminal")
        is_problem(client.get(VERDICTS), 404, "not_found")

        assert studio.archive.verdicts.newest(SESSION) == {}
    for file in (tmp_path / "home").glob("idolens.sqlite*"):
        assert "金丝雀".encode() not in file.read_bytes()


def test_the_shadow_is_asked_and_compared_in_every_session(tmp_path):
    """What it asks in other words is asked beside, and never decides."""
    text = POLICY.replace("着装是否暴露?", "穿得太少吗?")

    def bare(_picture, question):
        if question.key == "scene":
            return "室内舞台"
        return "yes" if "@" in question.key else "no"

    with serving(tmp_path, FakeEngine(reply=bare)) as (studio, client):
        active = add(client, POLICY).json()["version"]
        version = add(client, text).json()["version"]
        path = f"{API}/policies/two-questions"
        client.post(f"{path}/activate", json={"version": active})
        client.post(f"{path}/shadow", json={"version": version})
        analysed(studio, tmp_path / "shows")
        told = client.get(f"{API}/sessions/{SESSION}").json()
        page = client.get(f"{API}/sessions/{SESSION}/findings").json()
        client.post(f"{path}/shadow", json={"version": None})
        later = client.get(f"{API}/sessions/{SESSION}/findings").json()
        tried = client.get(
            f"{API}/sessions/{SESSION}/findings", params={"version": version}
        ).json()

    assert told["shadow"] == {"name": "two-questions", "version": version}
    assert page["items"] == []
    assert page["shadow"]["findings"] == len(tried["items"]) > 0
    assert page["shadow"]["only_there"] == [one["id"] for one in tried["items"]]
    assert later == page
    assert {row["question"]: row["unanswered_ms"] for row in tried["coverage"]} == {
        "exposure": 0,
        "scene": 0,
    }
