"""People say what a finding really is; the machine's own report stays as it was."""

import csv
import io

import pytest

from idolens.archive.audit import Deed
from idolens.review import Report
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION
from tests.web.api.studio import API, analysed, serving
from tests.web.api.test_reading import exposed, pages
from tests.web.test_infer import is_problem

VERDICTS = f"{API}/sessions/{SESSION}/verdicts"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    with serving(folder, FakeEngine(reply=exposed)) as (studio, client):
        analysed(studio, folder / "shows")
        yield studio, client


@pytest.fixture
def studio(house):
    return house[0]


@pytest.fixture
def client(house):
    return house[1]


@pytest.fixture
def finding(client):
    return client.get(f"{API}/sessions/{SESSION}/findings").json()["items"][0]


def test_a_verdict_stands_beside_the_finding(studio, client, finding):
    """It says who, when and why; the next one needs to have seen it."""
    body = {"finding": finding["id"], "decision": "dismissed", "note": "道具"}
    first = client.post(VERDICTS, json=body | {"version": 0})
    stale = client.post(VERDICTS, json=body | {"version": 0})
    fresh = client.post(
        VERDICTS,
        json=body | {"version": 1, "decision": "corrected", "label": "泳装海报"},
    )
    shown = client.get(f"{API}/sessions/{SESSION}/findings").json()["items"][0]
    history = pages(client, f"/sessions/{SESSION}/verdicts", limit=1)

    assert first.status_code == 201, first.text
    assert (first.json()["version"], first.json()["note"]) == (1, "道具")
    is_problem(stale, 409, "conflict")
    assert shown["verdict"] == fresh.json()
    assert shown["suggestion"] == finding["suggestion"]
    assert [one["decision"] for one in history] == ["corrected", "dismissed"]
    assert Report.from_json(studio.archive.report(SESSION)).intact
    deeds = [entry.action for entry in studio.archive.audit.entries()]
    assert deeds.count(Deed.VERDICT) == 2


def test_what_the_machine_missed_is_said_too(client):
    """Without a finding, a question and a time are named."""
    body = {
        "question": "exposure",
        "start_ms": 1000,
        "end_ms": 3000,
        "decision": "corrected",
        "label": "漏检",
        "version": 0,
    }
    reply = client.post(VERDICTS, json=body)

    assert reply.status_code == 201, reply.text
    assert reply.json()["target"] == "exposure@1000-3000"


@pytest.mark.parametrize(
    "body",
    [
        {"finding": "nothing/yes/f000000", "decision": "confirmed"},
        {"decision": "confirmed"},
        {"finding": "FOUND", "question": "exposure", "decision": "confirmed"},
        {"finding": "FOUND", "decision": "corrected"},
        {"finding": "FOUND", "decision": "confirmed", "label": "x"},
        {"finding": "FOUND", "decision": "perhaps"},
        {"finding": "FOUND", "decision": "confirmed", "version": -1},
        {"finding": "FOUND", "decision": "confirmed", "by": "somebody else"},
        {"question": "nobody", "start_ms": 0, "end_ms": 1, "decision": "confirmed"},
        {"question": "scene", "start_ms": 5, "end_ms": 5, "decision": "confirmed"},
        {"question": "scene", "start_ms": 0, "end_ms": 10**9, "decision": "confirmed"},
    ],
)
def test_what_is_no_verdict_is_refused(client, finding, body):
    """One problem; nothing is kept."""
    before = len(pages(client, f"/sessions/{SESSION}/verdicts"))
    sent = {"version": 0} | body
    if sent.get("finding") == "FOUND":
        sent["finding"] = finding["id"]
    reply = client.post(VERDICTS, json=sent)

    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert len(pages(client, f"/sessions/{SESSION}/verdicts")) == before


def test_the_report_shows_what_people_said(studio, client, finding):
    """On the page and in the table, beside the machine's words; its tag changes."""
    path = f"{API}/sessions/{SESSION}/report"
    before = client.get(path, params={"format": "csv"})
    shown = client.get(f"{API}/sessions/{SESSION}/findings").json()["items"][0]
    body = {
        "finding": finding["id"],
        "decision": "corrected",
        "label": "=泳装<海报>",
        "note": "宣传图",
        "version": (shown["verdict"] or {"version": 0})["version"],
    }
    client.post(VERDICTS, json=body)
    added = {
        "question": "scene",
        "start_ms": 0,
        "end_ms": 2000,
        "decision": "confirmed",
        "version": 0,
    }
    client.post(VERDICTS, json=added)
    page = client.get(path, params={"format": "html"}).text
    after = client.get(path, params={"format": "csv"})
    both = client.get(path, params={"format": "reviewed"}).json()
    lines = list(csv.DictReader(io.StringIO(after.text.removeprefix("\ufeff"))))

    assert "更正为“=泳装&lt;海报&gt;”" in page
    assert "人工补充的片段" in page
    assert before.headers["etag"] != after.headers["etag"]
    assert lines[0]["verdict_label"] == "'=泳装<海报>"
    assert (lines[-1]["finding"], lines[-1]["suggestion"]) == ("scene@0-2000", "")
    assert {one["target"] for one in both["verdicts"]} >= {finding["id"]}
    assert client.get(path).text == studio.archive.report(SESSION)
    assert Report.model_validate(both["report"]).intact
