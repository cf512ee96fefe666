"""A disk that fills up: uploads stop, then all that adds; reading goes on."""

import pytest

from idolens.jobs import JobState
from idolens.web.full_disk import disk_words
from tests.archive.test_disk import FakeDisk
from tests.disks import small_disk
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION, SlowEngine, lot, policy, show
from tests.web.api.studio import API, analysed, serving
from tests.web.service import as_base64, png
from tests.web.test_infer import is_problem

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = "application/offset+octet-stream"


@pytest.fixture
def fake():
    return FakeDisk()


def begin(client, size: int = 6):
    return client.post(f"{API}/uploads", headers=TUS | {"Upload-Length": str(size)})


def add(client, place: str, at: int, content: bytes):
    headers = TUS | {"Upload-Offset": str(at), "Content-Type": BYTES}
    return client.patch(place, content=content, headers=headers)


def refused(reply) -> None:
    is_problem(reply, 507, "disk_full")
    assert reply.json()["message"]["zh"]
    assert int(reply.headers["Retry-After"]) > 0


def test_below_five_in_a_hundred_only_uploads_stop(tmp_path, fake):
    """Begun ones keep what came, and go on once there is room."""
    with serving(tmp_path) as (studio, client):
        studio.archive.disk._usage = fake
        place = begin(client).headers["Location"]
        assert add(client, place, 0, b"abc").status_code == 204
        fake.free = 40
        for reply in (
            begin(client),
            client.post(f"{API}/uploads", files={"file": ("a.png", png())}),
            add(client, place, 3, b"def"),
        ):
            refused(reply)
        body = {"image": as_base64(png()), "question": "画面中是否有人?"}
        assert client.post("/vlm/infer", json=body).status_code == 200
        assert client.post(f"{API}/policies", json={"text": "x"}).status_code != 507
        fake.free = 100
        assert client.get(place).json()["received"] == 3
        assert add(client, place, 3, b"def").status_code == 204
        assert client.get(place).json()["complete"] is True


def test_below_two_in_a_hundred_reading_and_deleting_go_on(tmp_path, fake):
    """Nothing is added; what is there is shown, asked about and deleted."""
    with serving(tmp_path) as (studio, client):
        analysed(studio, tmp_path / "shows")
        studio.archive.disk._usage = fake
        place = begin(client).headers["Location"]
        before = client.get(f"{API}/sessions/{SESSION}/report").content
        fake.free = 10
        for path in (
            "uploads",
            "sessions",
            "policies",
            f"sessions/{SESSION}/verdicts",
            f"jobs/{SESSION}/retry",
            f"jobs/{SESSION}/resume",
        ):
            refused(client.post(f"{API}/{path}", json={}))
        refused(add(client, place, 0, b"abc"))
        assert client.get(f"{API}/sessions/{SESSION}/report").content == before
        assert client.get(f"{API}/sessions").json()["items"]
        body = {"image": as_base64(png()), "question": "画面中是否有人?"}
        assert client.post("/vlm/infer", json=body).status_code == 200
        assert client.delete(place, headers=TUS).status_code == 204
        assert client.post(f"{API}/jobs/{SESSION}/cancel").status_code != 507
        words = disk_words(studio.archive.disk)
        assert "1.0%" in words.en
        assert "已停止一切写入" in words.zh
        fake.free = 500
        assert begin(client).status_code == 201
        assert disk_words(studio.archive.disk) is None


def test_an_analysis_stops_and_says_why_then_goes_on(tmp_path, fake):
    """What was stored stays; with room, resuming ends the job as if nothing was."""
    engine = SlowEngine()
    with serving(tmp_path, engine, chunk_frames=4) as (studio, client):
        studio.archive.disk._usage = fake
        source = show(tmp_path / "show.mp4", 24)
        studio.jobs.analyze([source], policy(), 1000, session_id=SESSION)
        assert engine.reached.wait(20)
        fake.free = 10
        engine.go_on.set()
        ended = studio.jobs.wait(SESSION)
        told = client.get(f"{API}/jobs/{SESSION}").json()
        stored = studio.archive.frames(SESSION)
        fake.free = 500
        again = client.post(f"{API}/jobs/{SESSION}/resume")
        done = studio.jobs.wait(SESSION)
        frames = studio.archive.frames(SESSION)

    assert ended.state is JobState.FAILED
    assert "磁盘" in ended.reason.zh
    assert "full" in told["reason"]["en"]
    assert again.status_code in {200, 202}, again.text
    assert done.state is JobState.DONE
    assert frames[: len(stored)] == stored
    assert len(frames) == 24


def test_a_real_disk_that_fills_up_loses_nothing(tmp_path):
    """Up to the last byte, by somebody else's files: all that was told is there."""
    disk = tmp_path / "disk"
    with small_disk(disk, mib=48):
        ballast = disk / "ballast"
        with serving(disk, FakeEngine()) as (studio, client):
            place = begin(client, 600_000).headers["Location"]
            assert add(client, place, 0, b"a" * 300_000).status_code == 204
            studio.jobs.analyze(
                lot(tmp_path / "pictures", 3), policy(), 1000, session_id=SESSION
            )
            studio.jobs.wait(SESSION)
            report = client.get(f"{API}/sessions/{SESSION}/report").content
            _fill(ballast)
            refused(begin(client))
            refused(add(client, place, 300_000, b"b" * 300_000))
            refused(client.post(f"{API}/sessions/{SESSION}/verdicts", json={}))
            assert client.get(f"{API}/sessions/{SESSION}/report").content == report
            assert client.get(place).json()["received"] == 300_000
            ballast.unlink()
            assert add(client, place, 300_000, b"b" * 300_000).status_code == 204
        with serving(disk, FakeEngine()) as (studio, client):
            assert client.get(f"{API}/sessions/{SESSION}/report").content == report
            assert client.get(place).json()["complete"] is True
            content = studio.archive.uploads.path(place.rpartition("/")[2]).read_bytes()

    assert content == b"a" * 300_000 + b"b" * 300_000


def _fill(path) -> None:
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        return
