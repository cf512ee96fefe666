"""Rule books: read, written, compared, activated, tried in the shadow."""

import pytest

from idolens.review import check_policy, load_policy
from idolens.web.api.trying import JudgementTold
from tests.fakes import FakeEngine
from tests.jobs.shows import POLICY, SESSION
from tests.web.api.studio import API, analysed, serving
from tests.web.api.test_reading import exposed, pages
from tests.web.test_infer import is_problem

STRICT = POLICY.replace("level: high}", "level: high, review_at: 0.95}")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    with serving(folder, FakeEngine(reply=exposed)) as (studio, client):
        analysed(studio, folder / "shows")
        yield studio, client


@pytest.fixture
def client(house):
    return house[1]


def add(client, text):
    return client.post(f"{API}/policies", json={"text": text})


def test_what_comes_along_is_there_and_active(client):
    """With its text, which is the policy itself."""
    listed = {one["name"]: one for one in pages(client, "/policies", limit=1)}
    whole = client.get(f"{API}/policies/livestream-zh").json()

    assert listed["livestream-zh"]["origin"] == "idolens"
    assert whole["active"] == load_policy("livestream-zh").version
    assert check_policy(whole["text"]) == load_policy("livestream-zh")


def test_a_version_is_written_compared_and_activated(tmp_path):
    """It holds only from its activation on, and is never lost."""
    with serving(tmp_path) as (_, client):
        first = add(client, POLICY)
        again = add(client, "# a comment\n" + POLICY)
        second = add(client, STRICT)
        versions = pages(client, "/policies/two-questions/versions", limit=1)
        before = client.get(f"{API}/policies/two-questions").json()
        old, new = first.json()["version"], second.json()["version"]
        path = f"{API}/policies/two-questions"
        diff = client.get(f"{path}/diff", params={"from": old, "to": new}).json()
        chosen = client.post(f"{path}/activate", json={"version": new}).json()

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["location"].endswith(f"?version={old}")
    assert [one["version"] for one in versions] == [new, old]
    assert (before["active"], before["title"]) == (None, None)
    assert next(line for line in diff["lines"] if "0.95" in line).startswith("+")
    assert (chosen["active"], chosen["origin"]) == (new, "studio")


def test_the_shadow_judges_and_never_decides(house):
    """Its result stands beside; findings and suggestion stay those of the policy."""
    studio, client = house
    path = f"{API}/sessions/{SESSION}/findings"
    before = client.get(path).json()
    version = add(client, STRICT).json()["version"]
    client.post(f"{API}/policies/two-questions/shadow", json={"version": version})
    beside = client.get(path).json()
    tried = client.get(path, params={"version": version}).json()
    client.post(f"{API}/policies/two-questions/shadow", json={"version": None})
    after = client.get(path).json()

    assert beside["shadow"]["version"] == version
    assert beside["shadow"]["findings"] == 0
    assert beside["shadow"]["only_here"] == [one["id"] for one in before["items"]]
    assert beside | {"shadow": None} == before == after
    assert (tried["items"], tried["policy"]["version"]) == ([], version)
    assert len(studio.archive.sessions()) == 2


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("name: x", None),
        (POLICY.replace("kind: yes_no", "kind: maybe"), ["questions[0].kind"]),
        (
            POLICY.replace("kind: yes_no", "knd: yes_no").replace("options", "optons"),
            ["questions[0].knd", "questions[1].optons"],
        ),
        (POLICY + "\n  - : :", None),
        ("a: &a [*a]", None),
    ],
)
def test_mistakes_are_told_by_their_lines(client, text, places):
    """Every field that is wrong, with its line, in both languages."""
    body = is_problem(add(client, text), 422, "bad_policy")

    if places:
        told = {fault["field"]: fault for fault in body["errors"]}
        assert set(places) <= set(told)
        assert "line 6" in told[places[0]]["en"]
        assert "第 6 行" in told[places[0]]["zh"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/policies/nobody", None, 404),
        ("GET", "/policies/..%2fetc", None, 404),
        ("GET", "/policies/livestream-zh?version=zzz", None, 422),
        ("GET", "/policies/livestream-zh?version=000000000000", None, 404),
        ("GET", "/policies/livestream-zh/diff", None, 422),
        ("POST", "/policies/livestream-zh/activate", {"version": "0" * 12}, 404),
        ("POST", "/policies/livestream-zh/activate", {}, 422),
        ("POST", "/policies/nobody/shadow", {"version": None}, 404),
        ("POST", "/policies", {"text": ""}, 422),
    ],
)
def test_what_is_not_there_is_said(client, method, path, body, status):
    """Names are never files, versions are never guessed."""
    reply = client.request(method, f"{API}{path}", json=body)

    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"


def test_other_thresholds_are_tried_at_once(client):
    """Findings and coverage as they would be; nothing is asked, nothing is changed."""
    path = f"{API}/sessions/{SESSION}"
    before = client.get(f"{path}/findings").json()
    same = client.post(f"{path}/judgement", json={"thresholds": []}).json()
    strict = {"question": "exposure", "review_at": 0.96, "block_at": None}
    none = client.post(f"{path}/judgement", json={"thresholds": [strict]}).json()
    lax = strict | {"when": ["yes"], "review_at": 0.5, "block_at": 0.5}
    blocked = client.post(f"{path}/judgement", json={"thresholds": [lax]}).json()

    assert [one["id"] for one in same["findings"]] == [
        one["id"] for one in before["items"]
    ]
    assert (same["before"], same["added"], same["gone"]) == (len(before["items"]), 0, 0)
    assert same["coverage"] == before["coverage"] == none["coverage"]
    assert (none["findings"], none["gone"]) == ([], same["before"])
    assert (same["suggestion"], blocked["suggestion"]) == ("review", "block")
    assert client.get(f"{path}/findings").json() == before
    assert JudgementTold.model_validate(blocked).findings


@pytest.mark.parametrize(
    "threshold",
    [
        {"question": "nobody", "review_at": 0.5},
        {"question": "scene", "review_at": 0.5},
        {"question": "exposure", "when": ["no"], "review_at": 0.5},
        {"question": "exposure", "review_at": 0.5, "block_at": 0.4},
    ],
)
def test_thresholds_of_nothing_are_refused(client, threshold):
    """One sentence says what to take."""
    body = {"thresholds": [threshold]}
    reply = client.post(f"{API}/sessions/{SESSION}/judgement", json=body)

    is_problem(reply, 422, "bad_input")
