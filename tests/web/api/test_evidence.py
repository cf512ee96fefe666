"""Who sees evidence, how, and for how long; and what a page says of what has gone."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import insert

from idolens.archive import schema
from idolens.archive.audit import Deed
from idolens.archive.keys import Keys
from idolens.archive.rows import now_ms
from idolens.jobs import Caretaker
from idolens.media import blurred, encode
from idolens.media.picture import Picture
from idolens.settings import KeepSettings
from tests.fakes import FakeEngine
from tests.jobs.shows import POLICY, SESSION, scene
from tests.web.access.house import bearer
from tests.web.api.studio import API, analysed, serving
from tests.web.api.test_reading import exposed
from tests.web.test_infer import is_problem

AT = f"{API}/sessions/{SESSION}"
PICTURE = f"{AT}/frames/f000000/picture"


@pytest.fixture
def house(tmp_path):
    with serving(tmp_path, FakeEngine(reply=exposed)) as (studio, client):
        analysed(studio, tmp_path / "shows")
        keys = Keys(studio.archive._database)
        people = {
            name: bearer(keys.add(name, scopes, "terminal", None)[1])
            for name, scopes in {
                "viewer": ["read"],
                "reviewer": ["read", "judge", "unredact", "policy"],
            }.items()
        }
        yield studio, client, people


def pixels(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"), np.int16)


def shown(page: str) -> list[bytes]:
    """Return the pictures in a page."""
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", page)
    return [base64.b64decode(one) for one in found]


def seen(studio) -> list[str]:
    entries = studio.archive.audit.entries()
    return [one.actor for one in entries if one.action == Deed.UNREDACTED]


def dismiss(client, people):
    found = client.get(f"{AT}/findings", headers=people["reviewer"]).json()["items"]
    for one in found:
        body = {"finding": one["id"], "decision": "dismissed", "version": 0}
        reply = client.post(f"{AT}/verdicts", json=body, headers=people["reviewer"])
        assert reply.status_code == 201, reply.text


def age(studio, days: int, **keep) -> None:
    """Let all sessions have ended ``days`` ago, and sweep."""
    ended = now_ms() - days * 24 * 3_600_000
    for session in studio.archive.sessions():
        row = {"session_id": session.id, "state": "done", "at_ms": ended}
        with studio.archive._database.write() as connection:
            connection.execute(insert(schema.event), row)
    chosen = studio.settings.model_copy(update={"keep": KeepSettings(**keep)})
    Caretaker(studio.archive, lambda: studio.jobs, chosen).sweep()


def test_evidence_is_blurred_for_whoever_may_not_see_it(house):
    """Another picture, another tag; who sees it clearly is noted once a day."""
    studio, client, people = house
    coarse = client.get(PICTURE, headers=people["viewer"])
    assert seen(studio) == []
    clear = [client.get(PICTURE, headers=people["reviewer"]) for _ in range(2)]

    assert coarse.headers["picture-blurred"] == "true"
    assert clear[0].headers["picture-blurred"] == "false"
    assert coarse.headers["etag"] != clear[0].headers["etag"]
    assert clear[0].content == clear[1].content
    assert pixels(coarse.content).shape == pixels(clear[0].content).shape
    assert coarse.content == blurred(clear[0].content)
    assert len(seen(studio)) == 1
    known = {"If-None-Match": clear[0].headers["etag"]}
    assert client.get(PICTURE, headers=people["viewer"] | known).status_code == 200


def test_a_page_holds_no_clear_picture_for_a_viewer(house):
    """It says why; the machine's report as JSON is the same for everybody."""
    _, client, people = house
    page, whole = (
        client.get(f"{AT}/report?format=html", headers=people[who])
        for who in ("viewer", "reviewer")
    )
    signed = [client.get(f"{AT}/report", headers=one) for one in people.values()]

    assert "模糊" in page.text
    assert "模糊" not in whole.text
    assert len(shown(page.text)) == len(shown(whole.text)) > 0
    assert not set(shown(page.text)) & set(shown(whole.text))
    assert signed[0].content == signed[1].content


def test_what_was_dismissed_is_shown(house):
    """A person said that nothing is wrong with it."""
    studio, client, people = house
    dismiss(client, people)
    reply = client.get(PICTURE, headers=people["viewer"])

    assert reply.headers["picture-blurred"] == "false"
    assert seen(studio) == []


def test_nobody_can_undo_it():
    """Of a mosaic of 144 fields nothing of a field is left, at any size."""
    for width, height in ((512, 288), (3, 3), (40, 500)):
        jpeg = encode(Picture(scene(5, width, height)))
        coarse = pixels(blurred(jpeg))
        assert coarse.shape == (height, width, 3)
        if width > 100:
            before, after = pixels(jpeg), coarse
            edges = [np.abs(np.diff(one, axis=1)).max() for one in (before, after)]
            assert edges[1] < edges[0] / 4


def test_pinned_frames_stay_and_the_page_says_what_has_gone(house):
    """Pins are idempotent; a frame that there is not cannot be pinned."""
    studio, client, people = house
    dismiss(client, people)
    judge = people["reviewer"]
    kept = f"{AT}/frames/f000011/pin"
    for _ in range(2):
        assert client.put(kept, headers=judge).status_code == 204
    assert client.put(f"{AT}/frames/f999999/pin", headers=judge).status_code == 404
    is_problem(client.put(kept, headers=people["viewer"]), 403, "not_allowed")
    before = client.get(f"{AT}/report", headers=judge).content
    age(studio, 40, pictures_days=30)
    frames = client.get(f"{AT}/frames", headers=judge).json()["items"]
    told = {one["id"]: one for one in frames}
    page = client.get(f"{AT}/report?format=html", headers=judge)
    said = client.get(f"{AT}/report?format=reviewed", headers=judge).json()["pictures"]

    assert [one["id"] for one in frames if one["pinned"]] == ["f000011"]
    assert told["f000011"]["picture"]
    assert not told["f000000"]["picture"]
    assert told["f000001"]["state"] == "inherited"
    assert not told["f000001"]["picture"]
    is_problem(client.get(PICTURE, headers=judge), 410, "gone")
    pinned = client.get(f"{AT}/frames/f000011/picture", headers=judge)
    assert pinned.status_code == 200
    assert "已按保存期限删除" in page.text or "按保存期限删除" in page.text
    assert said["gone"] > 0
    assert said["kept"] <= 1
    assert client.get(f"{AT}/report", headers=judge).content == before
    for _ in range(2):
        assert client.delete(kept, headers=judge).status_code == 204
    done = [one.action for one in studio.archive.audit.entries()]
    assert (done.count(Deed.PINNED), done.count(Deed.UNPINNED)) == (1, 1)


def test_findings_come_from_the_report_once_answers_have_gone(house):
    """As they were signed; another version can't judge what is not there."""
    studio, client, people = house
    judge = people["reviewer"]
    before = client.get(f"{AT}/findings", headers=judge).json()
    text = POLICY.replace("level: high", "level: low")
    added = client.post(f"{API}/policies", json={"text": text}, headers=judge)
    other = added.json()["version"]
    dismiss(client, people)
    age(studio, 40, answers_days=30)
    after = client.get(f"{AT}/findings", headers=judge).json()

    assert client.get(f"{AT}/answers", headers=judge).json()["items"] == []
    assert [one["id"] for one in after["items"]] == [
        one["id"] for one in before["items"]
    ]
    assert after["coverage"] == before["coverage"]
    trial = client.get(f"{AT}/findings?version={other}", headers=judge)
    is_problem(trial, 410, "gone")
    age(studio, 40, reports_days=30)
    is_problem(client.get(f"{AT}/report", headers=judge), 410, "gone")
    is_problem(client.get(f"{AT}/findings", headers=judge), 410, "gone")


def test_a_report_with_evidence_outlives_its_term(house):
    """Findings that nobody has looked at keep report, answers and pictures."""
    studio, client, people = house
    age(studio, 40, reports_days=1, answers_days=1, pictures_days=1)

    for path in ("/report", "/findings", "/frames/f000000/picture"):
        reply = client.get(f"{AT}{path}", headers=people["reviewer"])
        assert reply.status_code == 200
    assert client.get(f"{AT}/answers", headers=people["viewer"]).json()["items"]
