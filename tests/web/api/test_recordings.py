"""The recording behind a report is played by ranges, while it is what it was."""

import os

import pytest

from idolens.archive.audit import Deed
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION
from tests.web.api.studio import API, PICTURES, analysed, serving
from tests.web.test_infer import is_problem

RECORDING = f"{API}/sessions/{SESSION}/recording/0"


@pytest.fixture
def house(tmp_path):
    with serving(tmp_path, FakeEngine()) as (studio, client):
        analysed(studio, tmp_path / "shows")
        yield studio, client


def test_a_recording_is_played_by_ranges(house, tmp_path):
    """Whole, in parts, or not at all when the client has it; noted once a day."""
    studio, client = house
    data = (tmp_path / "shows" / "show.mp4").read_bytes()
    whole = client.get(RECORDING)
    part = client.get(RECORDING, headers={"Range": "bytes=10-19"})
    rest = client.get(RECORDING, headers={"Range": f"bytes={len(data) - 5}-"})
    tag = {"If-None-Match": whole.headers["etag"]}
    beyond = client.get(RECORDING, headers={"Range": f"bytes={len(data) + 1}-"})
    deeds = [one.action for one in studio.archive.audit.entries()]

    assert (whole.content, whole.headers["content-type"]) == (data, "video/mp4")
    assert whole.headers["accept-ranges"] == "bytes"
    assert (part.status_code, part.content) == (206, data[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(data)}"
    assert rest.content == data[-5:]
    assert client.get(RECORDING, headers=tag).status_code == 304
    assert beyond.status_code == 416
    assert deeds.count(Deed.UNREDACTED) == 1


def test_what_is_not_there_is_not_played(house, tmp_path):
    """No path, no pictures, no other file, and nothing that was changed since."""
    client = house[1]
    is_problem(client.get(RECORDING[:-1] + "1"), 404, "not_found")
    none = f"{API}/sessions/{PICTURES}/recording/0"
    is_problem(client.get(none), 404, "not_found")
    assert client.get(RECORDING[:-1] + "..%2Fshow.mp4").status_code in {404, 422}
    source = tmp_path / "shows" / "show.mp4"
    os.utime(source, ns=(1, 1))
    is_problem(client.get(RECORDING), 410, "gone")
    source.unlink()
    is_problem(client.get(RECORDING), 410, "gone")


def test_a_recording_shows_what_is_blurred(house):
    """Whoever may not see delicate pictures clearly may not play it either."""
    studio, client = house
    _, text = studio.archive.keys.add("bot", ["read"], "terminal", None)
    _, clear = studio.archive.keys.add("bot", ["read", "unredact"], "terminal", None)

    refused = client.get(RECORDING, headers={"Authorization": f"Bearer {text}"})
    played = client.get(RECORDING, headers={"Authorization": f"Bearer {clear}"})
    is_problem(refused, 403, "not_allowed")
    assert played.status_code == 200
