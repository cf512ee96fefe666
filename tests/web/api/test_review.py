"""What waits for people: in order, with all to show it, and not twice at once."""

import pytest

from idolens.archive.review_queue import Wanted
from idolens.review import Report, check_policy
from tests.fakes import FakeEngine
from tests.jobs.shows import POLICY, SESSION, show
from tests.web.api.studio import API, PICTURES, analysed, serving
from tests.web.api.test_reading import pages
from tests.web.test_infer import is_problem

QUEUE = f"{API}/review/queue"
CLAIMS = f"{API}/review/claims"
REVIEW = """
review:
  qa_share: 0.5
  reasons: [{code: merchandise, words: {zh: 周边商品, en: merchandise}}]
"""


def mostly_fine(picture, question):
    """A stand-in for a model: every fourth picture or so is exposed."""
    if question.key == "exposure":
        return "yes" if int(picture.sha256[:2], 16) % 4 == 0 else "no"
    return "室内舞台"


@pytest.fixture
def house(tmp_path):
    with serving(tmp_path, FakeEngine(reply=mostly_fine)) as (studio, client):
        (tmp_path / "shows").mkdir()
        look(studio, tmp_path / "shows", SESSION)
        yield studio, client


@pytest.fixture
def studio(house):
    return house[0]


@pytest.fixture
def client(house):
    return house[1]


def look(studio, folder, session_id, seconds=20):
    source = show(folder / "show.mp4", seconds)
    rules = check_policy(POLICY + REVIEW)
    studio.jobs.analyze([source], rules, 1000, session_id=session_id)
    studio.jobs.wait(session_id)


def judge(client, item, decision, **more):
    body = {"decision": decision, "version": item["version"], **more}
    name = {"sample": item["target"].partition(":")[2]}
    if item["kind"] == "finding":
        name = {"finding": item["target"]}
    return client.post(f"{API}/sessions/{item['session']}/verdicts", json=body | name)


def test_the_queue_has_all_to_show_an_item(client):
    """Findings first, then the sample; page after page; what is judged leaves."""
    items = pages(client, "/review/queue", limit=3)
    findings = client.get(f"{API}/sessions/{SESSION}/findings").json()["items"]
    kinds = [one["kind"] for one in items]
    first = items[0]

    assert [one["rank"] for one in items] == sorted(
        [one["rank"] for one in items], reverse=True
    )
    assert kinds == sorted(kinds)
    assert {one["target"] for one in items if one["kind"] == "finding"} == {
        one["id"] for one in findings
    }
    assert first["finding"] in findings
    for near in (*first["finding"]["before"], *first["finding"]["sights"]):
        assert client.get(near["picture"]).status_code == 200
    sampled = next(one for one in items if one["kind"] == "sample")["sample"]
    assert client.get(sampled["picture"]).status_code == 200
    assert sampled["replies"][0]["question"] == "exposure"
    assert sampled["replies"][0]["probability"] < sampled["replies"][0]["review_at"]
    assert judge(client, first, "confirmed").status_code == 201
    left = client.get(QUEUE).json()
    assert left["left"] == len(items) - 1
    assert first["target"] not in {one["target"] for one in left["items"]}


def test_filters_narrow_the_queue(client):
    """By kind, level, question, policy and session."""

    def targets(**wanted):
        return {one["target"] for one in pages(client, "/review/queue", **wanted)}

    every = targets()
    assert targets(kind="finding") | targets(kind="sample") == every
    assert (
        targets(question="exposure") == targets(kind="finding") == targets(level="high")
    )
    assert targets(policy="two-questions") == targets(session=SESSION) == every
    assert not targets(policy="livestream-zh")
    assert not targets(session="nobody")


def test_a_verdict_is_withdrawn_and_the_history_stays(client):
    """Undo: the finding is open again, and the next verdict names the version."""
    (item,) = client.get(QUEUE, params={"limit": 1}).json()["items"]
    said = judge(client, item, "dismissed", reason="not_there").json()
    stale = judge(client, item, "withdrawn")
    undone = judge(client, item | {"version": 1}, "withdrawn")
    (again,) = client.get(QUEUE, params={"limit": 1}).json()["items"]
    twice = judge(client, again, "withdrawn")
    history = pages(client, f"/sessions/{SESSION}/verdicts")

    assert (said["reason"], said["took_ms"]) == ("not_there", None)
    is_problem(stale, 409, "conflict")
    assert undone.json()["decision"] == "withdrawn"
    assert (again["target"], again["version"]) == (item["target"], 2)
    assert again["finding"]["verdict"] is None
    is_problem(twice, 422, "bad_input")
    assert [one["decision"] for one in history] == ["withdrawn", "dismissed"]


def test_reasons_come_from_a_list(client):
    """What comes along, and what the session's policy adds; nothing else."""
    client.post(f"{API}/policies", json={"text": POLICY + REVIEW})
    listed = client.get(f"{API}/review/reasons").json()["items"]
    own = client.get(
        f"{API}/review/reasons", params={"policy": "two-questions"}
    ).json()["items"]
    (item,) = client.get(QUEUE, params={"limit": 1}).json()["items"]

    assert own[:-1] == listed
    assert own[-1] == {
        "code": "merchandise",
        "words": {"zh": "周边商品", "en": "merchandise"},
    }
    is_problem(judge(client, item, "dismissed", reason="mood"), 422, "bad_input")
    assert judge(client, item, "dismissed", reason="merchandise").status_code == 201


def test_two_people_are_not_given_the_same(studio, client):
    """What one has, others are not offered; it is given back, or its time is over."""
    queue = studio.archive.review
    client.get(QUEUE)
    mine = client.post(CLAIMS, json={"limit": 2}).json()["items"]
    theirs = queue.claim(Wanted(), 2, "account:mei")
    same = client.post(CLAIMS, json={"limit": 2}).json()["items"]
    shown = client.get(QUEUE).json()["items"][:4]
    skipped = [{"session": SESSION, "target": mine[0]["target"]}]
    other = client.post(CLAIMS, json={"limit": 1, "skip": skipped}).json()["items"]
    said = judge(client, mine[1], "confirmed").json()
    back = client.delete(CLAIMS).json()
    whole = client.post(CLAIMS, json={"limit": 1}).json()["items"]

    assert [one["target"] for one in same] == [one["target"] for one in mine]
    assert not {one["target"] for one in mine} & {one.item.target for one in theirs}
    assert {one["by"] for one in shown} >= {"account:mei", mine[0]["by"]}
    assert other[0]["target"] == mine[1]["target"]
    assert said["took_ms"] >= 0
    assert back["count"] >= 1
    assert whole[0]["target"] == mine[0]["target"]


def test_the_sample_is_judged(client):
    """Nothing missed, or what was; nothing else can be said of a passed frame."""
    one, other = pages(client, "/review/queue", kind="sample")[:2]
    fine = judge(client, one, "confirmed")
    missed = judge(client, other, "corrected", question="exposure", label="泳装")

    assert (fine.status_code, fine.json()["question"]) == (201, "")
    assert missed.json()["question"] == "exposure"
    assert fine.json()["target"] == one["target"]
    for wrong in (
        judge(client, one, "dismissed"),
        judge(client, one, "corrected", label="x"),
        judge(client, one, "corrected", question="scene", label="x"),
        judge(client, one, "confirmed", question="exposure"),
        judge(client, one | {"target": "sample:f999999"}, "confirmed"),
    ):
        is_problem(wrong, 422, "bad_input")
    assert (
        client.get(
            f"{API}/sessions/{SESSION}/report", params={"format": "html"}
        ).status_code
        == 200
    )


def test_others_judge_again_without_seeing_the_first(studio, client):
    """A second look is blind; one's own verdicts are not offered again."""
    (item,) = client.get(QUEUE, params={"limit": 1}).json()["items"]
    judge(client, item, "dismissed")
    own = client.get(QUEUE, params={"again": True}).json()
    others = studio.archive.review.page(Wanted(again_by="account:mei"), 10)

    assert own["items"] == []
    assert [one.item.target for one in others] == [item["target"]]


def test_what_was_dismissed_does_not_come_back(studio, client, tmp_path):
    """The next analysis of the same pictures says so, with the verdict's number."""
    items = pages(client, "/review/queue", kind="finding")
    said = {judge(client, one, "dismissed").json()["id"] for one in items}
    look(studio, tmp_path / "shows", PICTURES)
    report = Report.from_json(studio.archive.report(PICTURES))
    page = client.get(f"{API}/sessions/{PICTURES}/findings").json()
    left_out = report.signed.judgement.suppressed
    named = {one["dismissed_by"][0]["verdict"] for one in page["suppressed"]}

    assert not report.signed.judgement.findings
    assert {by.verdict for one in left_out for by in one.dismissed_by} <= said
    assert len(left_out) == len(items)
    assert page["items"] == []
    assert named <= said
    assert not pages(client, "/review/queue", kind="finding")
    # What is said later changes nothing of what was judged already.
    judge(client, items[0] | {"version": 1}, "withdrawn")
    assert client.get(f"{API}/sessions/{PICTURES}/findings").json() == page


def test_lists_and_cursors_are_checked(client):
    """A cursor of another list, and a claim of too much, are refused."""
    is_problem(client.get(QUEUE, params={"cursor": "e30"}), 422, "bad_input")
    is_problem(client.post(CLAIMS, json={"limit": 21}), 422, "invalid_fields")
    is_problem(client.get(QUEUE, params={"level": "awful"}), 422, "invalid_fields")


def test_sessions_without_risks_pass_by(tmp_path):
    """A queue of nothing is an empty page."""
    with serving(tmp_path) as (studio, client):
        empty = client.get(QUEUE).json()
        analysed(studio, tmp_path / "shows")
        after = client.get(QUEUE).json()

    assert empty == {"items": [], "next": None, "left": 0}
    assert {one["kind"] for one in after["items"]} <= {"finding", "sample"}


def test_verdicts_become_figures_and_thresholds(studio, client):
    """Per version of the policy; a proposal is shown, and never applied by itself."""
    text = POLICY + REVIEW
    client.post(f"{API}/policies", json={"text": text})
    items = pages(client, "/review/queue")
    for number, item in enumerate(items):
        decision = "dismissed" if item["kind"] == "finding" else "confirmed"
        if number == 0:
            decision = "confirmed"
        judge(client, item, decision)
    wanted = {"policy": "two-questions"}
    told = client.get(f"{API}/review/figures", params=wanted).json()
    made = client.get(f"{API}/policies/two-questions/proposal").json()
    (version,) = told["versions"]
    figures = version["figures"]
    findings = sum(one["kind"] == "finding" for one in items)

    assert version["version"] == check_policy(text).version
    assert figures["precision"]["of"] == figures["findings"] == findings
    assert figures["precision"]["count"] == 1
    assert figures["missed"] == figures["missed"] | {"count": 0, "share": 0}
    assert figures["recall"]["share"] == 1
    assert figures["recall"]["low"] < 1
    (risk,) = made["proposal"]["risks"]
    assert (risk["verdicts"], risk["why"]) == (len(items), "few")
    assert risk["now"]["found"] == 1
    assert (made["text"], made["version"]) == (None, None)
    nobody = client.get(f"{API}/review/figures", params={"policy": "nobody"})
    is_problem(nobody, 404, "not_found")
    assert studio.archive.policies.chosen("two-questions", "active") is None
