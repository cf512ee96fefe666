"""Files come in: resumable by a real tus client, or in one form, but never half."""

import base64
import hashlib
import io
import os
import socket
import time

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from tests.jobs.shows import lot, show
from tests.web.api.studio import API, serving
from tests.web.api.test_jobs import until
from tests.web.test_infer import is_problem

BYTES = bytes(range(256)) * 40
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def house(tmp_path):
    with serving(tmp_path) as house:
        yield house


@pytest.fixture
def studio(house):
    return house[0]


@pytest.fixture
def client(house):
    return house[1]


def tus(client, **more):
    return TusClient(f"{client.base_url}".rstrip("/") + f"{API}/uploads", **more)


def begun(client, size, **about):
    """Begin an upload by hand; return its address."""
    pairs = [
        f"{key} {base64.b64encode(value.encode()).decode()}"
        for key, value in about.items()
    ]
    reply = client.post(
        f"{API}/uploads",
        headers=TUS | {"Upload-Length": str(size), "Upload-Metadata": ",".join(pairs)},
    )
    assert reply.status_code == 201, reply.text
    assert reply.headers["tus-resumable"] == "1.0.0"
    return reply.headers["location"]


def offset_of(client, address):
    reply = client.head(address, headers=TUS)
    assert reply.headers["cache-control"] == "no-store"
    return int(reply.headers["upload-offset"])


def patch(client, address, data, offset=0, **more):
    return client.patch(
        address,
        content=data,
        headers=TUS
        | {
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        | more,
    )


def test_a_real_client_sends_in_pieces(studio, client):
    """With a checksum on each piece, and the digest of the whole."""
    uploader = tus(client).uploader(
        file_stream=io.BytesIO(BYTES),
        chunk_size=3000,
        upload_checksum=True,
        metadata={
            "filename": "../../首场.mp4",
            "sha256": hashlib.sha256(BYTES).hexdigest(),
        },
    )
    uploader.upload()
    upload = client.get(f"{API}/uploads").json()["items"][0]

    assert upload["complete"] is True
    assert upload["name"] == "首场.mp4"
    assert upload["sha256"] == hashlib.sha256(BYTES).hexdigest()
    assert studio.archive.uploads.path(upload["id"]).read_bytes() == BYTES


def test_a_cut_upload_goes_on_after_a_restart(tmp_path):
    """What was acknowledged is there; the client asks where to go on."""
    with serving(tmp_path) as (_, client):
        uploader = tus(client).uploader(
            file_stream=io.BytesIO(BYTES), chunk_size=1000, metadata={"filename": "a"}
        )
        uploader.upload(stop_at=4000)
        path = uploader.url.partition(API)[2]
    with serving(tmp_path) as (studio, client):
        url = f"{client.base_url}".rstrip("/") + API + path
        uploader = tus(client).uploader(
            url=url, file_stream=io.BytesIO(BYTES), chunk_size=5000
        )
        assert uploader.offset == 4000
        uploader.upload()
        upload = client.get(f"{API}{path}").json()

        assert upload["complete"] is True
        assert studio.archive.uploads.path(upload["id"]).read_bytes() == BYTES


def test_a_broken_connection_keeps_what_came(studio, client):
    """Half a body is no fault: its bytes are there, and the offset says so."""
    whole = BYTES * 300
    address = begun(client, len(whole), filename="a")
    head = (
        f"PATCH {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Length: {len(whole)}\r\nTus-Resumable: 1.0.0\r\n"
        "Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n\r\n"
    )
    at = client.base_url.host, client.base_url.port
    deadline = time.monotonic() + 20
    with socket.create_connection(at, 10) as wire:
        wire.sendall(head.encode() + whole[: 2**21])
        while offset_of(client, address) < 2**20 and time.monotonic() < deadline:
            pass
    reply = patch(client, address, b"")
    while reply.status_code == 423 and time.monotonic() < deadline:
        reply = patch(client, address, b"")  # it has not noticed yet
    came = offset_of(client, address)
    last = patch(client, address, whole[came:], came)

    assert 2**20 <= came <= 2**21
    assert last.status_code == 204
    upload = client.get(address).json()
    assert upload["complete"] is True
    assert studio.archive.uploads.path(upload["id"]).read_bytes() == whole


def test_bytes_that_do_not_add_up_are_dropped(client):
    """460, and the offset is where it was; the right ones are taken."""
    address = begun(client, len(BYTES))
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    right = base64.b64encode(hashlib.sha256(BYTES).digest()).decode()
    refused = patch(client, address, BYTES, **{"Upload-Checksum": f"sha256 {wrong}"})
    offset = client.head(address, headers=TUS).headers["upload-offset"]
    taken = patch(client, address, BYTES, **{"Upload-Checksum": f"sha256 {right}"})

    is_problem(refused, 460, "checksum_mismatch")
    assert offset == "0"
    assert taken.status_code == 204


def test_a_file_that_is_another_than_declared_is_thrown_away(studio, client):
    """Its SHA-256 was said at the beginning."""
    address = begun(client, len(BYTES), sha256="0" * 64)

    is_problem(patch(client, address, BYTES), 460, "checksum_mismatch")
    is_problem(client.get(address), 404, "not_found")
    assert studio.archive.uploads.all() == []


@pytest.mark.parametrize(
    ("offset", "data", "headers", "status"),
    [
        (5, b"x", {}, 409),
        (0, b"x", {"Content-Type": "text/plain"}, 415),
        (0, b"x", {"Tus-Resumable": "0.2.2"}, 412),
        (0, BYTES + b"x", {}, 413),
        (0, b"x", {"Upload-Checksum": "md5 AAAA"}, 400),
        (0, b"x", {"Upload-Checksum": "sha1 ???"}, 400),
        ("x", b"x", {}, 422),
    ],
)
def test_what_cannot_be_added_is_refused(client, offset, data, headers, status):
    """Each with one problem; the upload can still go on."""
    address = begun(client, len(BYTES))
    reply = patch(client, address, data, offset, **headers)

    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 412),
        (TUS, 411),
        (TUS | {"Upload-Length": "many"}, 422),
        (TUS | {"Upload-Length": "-1"}, 422),
        (TUS | {"Upload-Length": "100001"}, 413),
        (TUS | {"Upload-Length": "5", "Upload-Metadata": "filename ???"}, 400),
        (TUS | {"Upload-Length": "5", "Upload-Metadata": "sha256 YWJj"}, 422),
    ],
)
def test_what_cannot_be_begun_is_refused(tmp_path, headers, status):
    """No size, no version, too large, nonsense."""
    limits = {"largest_bytes": 100_000}
    with serving(tmp_path, uploads=limits) as (_, client):
        reply = client.post(f"{API}/uploads", headers=headers)

    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"


def test_uploads_together_have_a_limit(tmp_path):
    """507 says what to do, and room comes back when one is given up."""
    with serving(tmp_path, uploads={"together_bytes": 100}) as (_, client):
        first = begun(client, 80)
        headers = TUS | {"Upload-Length": "30"}
        is_problem(client.post(f"{API}/uploads", headers=headers), 507, "disk_full")
        gone = client.delete(first, headers=TUS)
        begun(client, 30)

    assert gone.status_code == 204


def test_an_upload_that_expired_is_gone(tmp_path):
    """410 for its sender; the next that begins sweeps it away."""
    with serving(tmp_path, uploads={"keep_hours": 1e-9}) as (studio, client):
        address = begun(client, 5)
        is_problem(client.get(address), 410, "upload_expired")
        begun(client, 5)

        assert len(studio.archive.uploads.all()) == 1


def test_two_senders_at_once(studio, client):
    """One adds, the other is told to wait."""
    address = begun(client, 5)
    writer = studio.archive.uploads.writer(address.rpartition("/")[2])
    refused = patch(client, address, b"x")
    writer.close()

    is_problem(refused, 423, "upload_busy")
    assert patch(client, address, b"12345").status_code == 204


def test_what_of_tus_is_spoken(client):
    """OPTIONS tells versions, extensions and limits."""
    reply = client.options(f"{API}/uploads")

    assert reply.status_code == 204
    assert reply.headers["tus-version"] == "1.0.0"
    assert set(reply.headers["tus-extension"].split(",")) == {
        "creation",
        "expiration",
        "checksum",
        "termination",
    }


def test_a_form_will_do(studio, client):
    """One file, and its digest if it is known."""
    digest = hashlib.sha256(BYTES).hexdigest()
    reply = client.post(
        f"{API}/uploads",
        files={"file": ("C:\\shows\\首场.mp4", BYTES)},
        data={"sha256": digest},
    )

    assert reply.status_code == 201, reply.text
    assert reply.json()["name"] == "首场.mp4"
    assert (reply.json()["size"], reply.json()["complete"]) == (len(BYTES), True)
    assert studio.archive.uploads.path(reply.json()["id"]).read_bytes() == BYTES


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"files": {"file": b"x"}, "data": {"sha256": "0" * 64}}, 460),
        ({"files": {"file": b"x"}, "data": {"sha256": "short"}}, 422),
        ({"files": [("file", b"x"), ("file", b"y")]}, 422),
        ({"files": {"note": (None, "no file")}}, 422),
        ({"files": [(f"n{n}", (None, "v")) for n in range(20)]}, 400),
        ({"files": {"sha256": (None, "v" * 5000)}}, 400),
        (
            {
                "content": b"--b\r\nhalf a form",
                "headers": {"Content-Type": "multipart/form-data; boundary=b"},
            },
            400,
        ),
        (
            {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
            400,
        ),
    ],
)
def test_a_form_that_is_none_leaves_nothing(studio, client, how, status):
    """Refused with one problem, and no half file stays."""
    reply = client.post(f"{API}/uploads", **how)

    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert studio.archive.uploads.all() == []


def test_an_upload_is_larger_than_a_question_may_be(tmp_path):
    """The limit on bodies is for pictures in JSON, not for recordings."""
    with serving(tmp_path, picture_upload_bytes=1000) as (_, client):
        reply = client.post(f"{API}/uploads", files={"file": b"x" * 300_000})

    assert reply.status_code == 201


def test_from_upload_to_report(tmp_path):
    """A recording and pictures are sent, looked at, and have their reports."""
    source = show(tmp_path / "show.mp4", 6)
    pictures = lot(tmp_path / "pictures", 2)
    with serving(tmp_path) as (studio, client):
        ids = [
            client.post(
                f"{API}/uploads", files={"file": (one.name, one.path.read_bytes())}
            ).json()["id"]
            for one in (source, *pictures)
        ]
        begun_now = client.post(
            f"{API}/sessions",
            json={"uploads": ids, "policy": "livestream-zh", "every_s": 1.0},
        )
        assert begun_now.status_code == 201, begun_now.text
        sessions = begun_now.json()["sessions"]
        kept = client.delete(f"{API}/uploads/{ids[0]}")
        for one in sessions:
            until(client, "done", one["id"])
        report = client.get(f"{API}/sessions/{sessions[0]['id']}/report").json()
        studio.archive.uploads.sweep(set())

    assert [one["kind"] for one in sessions] == ["recording", "pictures"]
    assert sessions[0]["name"] == "show.mp4"
    assert [file["name"] for file in sessions[1]["files"]] == ["0000.png", "0001.png"]
    assert sessions[0]["every_ms"] == 1000
    assert report["signed"]["policy"]["name"] == "livestream-zh"
    assert kept.status_code in {204, 422}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"uploads": []}, 422),
        ({"uploads": ["../../etc/passwd"]}, 422),
        ({"uploads": ["0" * 32]}, 404),
        ({"uploads": ["HALF"]}, 422),
        ({"uploads": ["TEXT"]}, 415),
        ({"uploads": ["TEXT"], "engine": "nobody"}, 422),
        ({"uploads": ["PICTURE"], "policy": "nobody"}, 404),
        ({"uploads": ["PICTURE"], "policy": "/etc/passwd"}, 404),
        ({"uploads": ["PICTURE"], "every_s": 0.001}, 422),
        ({"uploads": ["PICTURE"], "frames": 5}, 422),
    ],
)
def test_what_cannot_be_looked_at_is_refused(tmp_path, body, status):
    """One problem each; no session begins."""
    picture = lot(tmp_path / "pictures", 1)[0].path.read_bytes()
    with serving(tmp_path) as (studio, client):
        ids = {
            "HALF": begun(client, 5).rpartition("/")[2],
            "TEXT": client.post(f"{API}/uploads", files={"file": b"text"}).json()["id"],
            "PICTURE": client.post(f"{API}/uploads", files={"file": picture}).json()[
                "id"
            ],
        }
        sent = body | {"uploads": [ids.get(one, one) for one in body["uploads"]]}
        reply = client.post(f"{API}/sessions", json=sent)

        assert reply.status_code == status, reply.text
        assert reply.headers["content-type"] == "application/problem+json"
        assert studio.archive.sessions() == []


def test_the_real_client_hears_a_refusal(client):
    """It ends with our status, not with a hang."""
    with pytest.raises((TusCommunicationError, TusUploadFailed)):
        tus(client).uploader(
            file_stream=io.BytesIO(b"x"), metadata={"sha256": "none"}
        ).upload()


def test_what_a_crash_left_is_swept_and_what_is_not_ours_stays(studio, client):
    """A folder without a description goes when it is old; other files are not ours."""
    address = begun(client, 5)
    folder = studio.archive.uploads.path(address.rpartition("/")[2]).parent
    half, foreign = folder.with_name("a" * 32), folder.with_name(".DS_Store")
    half.mkdir()
    os.utime(half, (0, 0))
    foreign.touch()
    listed = client.get(f"{API}/uploads").json()["items"]
    studio.archive.uploads.sweep(set())

    assert len(listed) == 1
    assert not half.exists()
    assert foreign.exists()
    assert folder.exists()
