"""Whatever comes in wrong: one clear problem in both languages, and nothing is lost."""

import hashlib
import json
import re
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx2
import pysqlite3.dbapi2 as sqlite
import pytest

from idolens.archive import open_archive
from idolens.errors import UploadBusyError
from idolens.settings import Settings, UploadSettings, environment_names
from idolens.vocabulary import Role
from tests.archive.test_disk import FakeDisk
from tests.cli.terminal import Shell
from tests.fakes import FakeEngine
from tests.jobs.shows import POLICY
from tests.web.access.house import PASSWORD
from tests.web.api.studio import API, analysed, serving
from tests.web.service import png
from tests.web.test_leaving import until
from tests.web.test_patience import head

TUS = {"Tus-Resumable": "1.0.0"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Studio:
    """A running studio with something in it, and the keys to it."""

    client: httpx2.Client
    archive: Any
    good: str
    expired: str
    revoked: str

    def post(self, path: str, **more: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.good}"} | more.pop("headers", {})
        return self.client.post(f"{API}/{path}", headers=headers, **more)

    def held(self) -> dict[str, Any]:
        """Everything that a request could spoil."""
        headers = {"Authorization": f"Bearer {self.good}"}
        return {
            path: self.client.get(f"{API}/{path}", headers=headers).json()
            for path in ("sessions", "uploads", "policies", "jobs")
        }


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    uploads = UploadSettings(largest_bytes=100_000)
    with serving(folder, FakeEngine(), uploads=uploads) as (opened, client):
        analysed(opened, folder / "shows", seconds=4)
        archive = opened.archive
        archive.accounts.add("lin", Role.ADMIN, PASSWORD, "setup")
        scopes = ["read", "ask", "judge", "ingest", "policy"]
        _, good = archive.keys.add("good", scopes, "setup", None)
        _, expired = archive.keys.add("expired", scopes, "setup", 1)
        revoked, text = archive.keys.add("revoked", scopes, "setup", None)
        archive.keys.revoke(revoked.id, "setup")
        yield Studio(client, archive, good, expired, text)


def replayed(studio: Studio) -> httpx2.Response:
    key = {"Idempotency-Key": "one-of-mine"}
    first = studio.post("policies", json={"text": POLICY}, headers=key)
    assert first.status_code in {200, 201}
    return studio.post("policies", json={"text": "x"}, headers=key)


def with_key(key: Callable[[Studio], str]) -> Callable[[Studio], httpx2.Response]:
    def ask(studio: Studio) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {key(studio)}"}
        return studio.client.get(f"{API}/sessions", headers=headers)

    return ask


def on_a_full_disk(studio: Studio) -> httpx2.Response:
    usage = studio.archive.disk._usage
    studio.archive.disk._usage = FakeDisk(10)
    try:
        return studio.post("policies", json={"text": POLICY})
    finally:
        studio.archive.disk._usage = usage
        assert studio.archive.disk.level == 0


JSON = {"Content-Type": "application/json"}
TABLE: dict[str, tuple[Callable[[Studio], httpx2.Response], int, str]] = {
    "malformed JSON": (
        lambda s: s.post("policies", content=b'{"text": ', headers=JSON),
        400,
        "malformed",
    ),
    "JSON that is no object": (
        lambda s: s.post("policies", content=b"[1]", headers=JSON),
        422,
        "invalid_fields",
    ),
    "no JSON at all": (
        lambda s: s.post("policies", content=b"text", headers={"Content-Type": "a/b"}),
        415,
        "unsupported_media",
    ),
    "a wrong type": (
        lambda s: s.post("policies", json={"text": 5}),
        422,
        "invalid_fields",
    ),
    "an unknown field": (
        lambda s: s.post("policies", json={"text": POLICY, "colour": "red"}),
        422,
        "invalid_fields",
    ),
    "a broken policy": (
        lambda s: s.post("policies", json={"text": "name: [\n"}),
        422,
        "bad_policy",
    ),
    "an oversized body": (
        lambda s: s.post("policies", content=b" " * 40_000_000, headers=JSON),
        413,
        "too_large",
    ),
    "an oversized upload": (
        lambda s: s.post("uploads", headers=TUS | {"Upload-Length": "100001"}),
        413,
        "too_large",
    ),
    "an oversized form": (
        lambda s: s.post("uploads", files={"file": ("a.png", b"a" * 200_000)}),
        413,
        "too_large",
    ),
    "a file that is none of ours": (
        lambda s: s.post(
            "sessions",
            json={
                "uploads": [
                    s.post("uploads", files={"file": ("a.png", b"GIF90a..")}).json()[
                        "id"
                    ]
                ]
            },
        ),
        415,
        "unsupported_media",
    ),
    "an expired key": (with_key(lambda s: s.expired), 401, "not_signed_in"),
    "a revoked key": (with_key(lambda s: s.revoked), 401, "not_signed_in"),
    "a key of nobody": (with_key(lambda _: "idl_nobody"), 401, "not_signed_in"),
    "a key that may not": (
        lambda s: s.client.get(
            f"{API}/audit", headers={"Authorization": f"Bearer {s.good}"}
        ),
        403,
        "not_allowed",
    ),
    "a wrong host": (
        lambda s: s.client.get("/livez", headers={"Host": "evil.example"}),
        421,
        "unknown_host",
    ),
    "a replayed key with another body": (replayed, 422, "idempotency_key_reused"),
    "a full disk": (on_a_full_disk, 507, "disk_full"),
    "nothing there": (
        lambda s: s.post("jobs/20200101-000000-aaaaaa/resume"),
        404,
        "not_found",
    ),
}


def clear(reply: httpx2.Response, status: int, code: str) -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["code"] == code
    assert problem["type"] == f"urn:idolens:problem:{code}"
    assert CHINESE.search(problem["message"]["zh"])
    assert not CHINESE.search(problem["message"]["en"])
    assert problem["message"]["en"].endswith(".")
    for fault in problem["errors"]:
        assert fault["field"]
        assert CHINESE.search(fault["zh"])


@pytest.mark.parametrize("what", TABLE)
def test_a_bad_request_is_one_clear_problem(studio, what):
    """The status and the code that programs go by, and a sentence for people."""
    ask, status, code = TABLE[what]
    sessions = studio.held()["sessions"]

    clear(ask(studio), status, code)
    assert studio.held()["sessions"] == sessions
    assert studio.client.get("/livez").status_code == 200


def test_a_refused_request_changes_nothing(studio):
    """All of them one after the other: what there was is there, and no more."""
    replayed(studio)
    studio.post("uploads", files={"file": ("a.png", b"GIF90a..")})
    before = studio.held()
    for what, (ask, _, _) in TABLE.items():
        if what != "a file that is none of ours":  # its upload was a good one
            ask(studio)

    assert studio.held() == before


def test_an_upload_cut_in_the_middle_goes_on(studio):
    """The connection breaks; the sender asks how far it got, and sends the rest."""
    key = {"Authorization": f"Bearer {studio.good}"}
    data = png(64)
    length = {"Upload-Length": str(len(data))}
    place = studio.post("uploads", headers=TUS | length).headers["Location"]
    address = studio.client.base_url.host, studio.client.base_url.port
    with closing(socket.create_connection(address, 30)) as end:
        wanted = {
            "Authorization": key["Authorization"],
            "Tus_Resumable": "1.0.0",
            "Upload_Offset": "0",
            "Content_Type": "application/offset+octet-stream",
            "Content_Length": str(len(data)),
        }
        end.sendall(head("PATCH", place, **wanted) + data[:40])
        end.shutdown(socket.SHUT_WR)
        while end.recv(4096):
            pass
    until(lambda: free(studio, place))
    at = int(studio.client.head(place, headers=TUS | key).headers["Upload-Offset"])
    rest = studio.client.patch(
        place,
        content=data[at:],
        headers=TUS
        | key
        | {
            "Upload-Offset": str(at),
            "Content-Type": "application/offset+octet-stream",
        },
    )

    assert at in {0, 40}  # what was on the wire when it broke may be lost
    assert rest.status_code == 204, rest.text
    told = studio.client.get(place, headers=key).json()
    assert told["complete"] is True
    assert told["sha256"] == hashlib.sha256(data).hexdigest()


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A terminal; no model is needed to be refused."""
    for name in environment_names():
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path, monkeypatch)


def free(studio: Studio, place: str) -> bool:
    """Tell whether nobody adds to an upload any more."""
    try:
        studio.archive.uploads.writer(place.rpartition("/")[2]).close()
    except UploadBusyError:
        return False
    return True


def in_both(shell: Shell, monkeypatch, *arguments: str) -> dict[str, Any]:
    """Run a command in both languages; return how it ended in each."""
    ends = {}
    for language in ("zh", "en"):
        monkeypatch.setenv("IDOLENS_LANGUAGE", language)
        ends[language] = shell.run(*arguments)
        assert "Traceback" not in ends[language].err
    assert CHINESE.search(ends["zh"].err)
    assert ends["zh"].status == ends["en"].status
    return ends


def test_a_port_in_use_is_said(shell, monkeypatch):
    """With the port, and what to do."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = str(door.getsockname()[1])
        ends = in_both(shell, monkeypatch, "serve", "--port", port)

    assert ends["en"].status == 2
    assert port in ends["en"].err
    assert port in ends["zh"].err
    assert "--port" in ends["en"].err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("IDOLENS_PROT", "9000", "Did you mean IDOLENS_PORT"),
        ("IDOLENS_DISK__ALART", "0.1", "Did you mean IDOLENS_DISK__ALERT"),
        ("IDOLENS_PORT", "many", "IDOLENS_PORT"),
        ("IDOLENS_DISK__ALERT", "0.01", "alert must be the largest share"),
        ("IDOLENS_CLIENTS__HEAD_S", "-1", "IDOLENS_CLIENTS__HEAD_S"),
        ("IDOLENS_ALLOWED_HOSTS", "studio.lan", "allowed_hosts"),
    ],
)
def test_a_wrong_setting_is_said(shell, monkeypatch, name, value, said):
    """By name, and which one was meant; nothing is begun."""
    monkeypatch.setenv(name, value)
    ends = in_both(shell, monkeypatch, "serve", "--port", "0")

    assert ends["en"].status == 2
    assert said in ends["en"].err
    assert name in ends["zh"].err or said in ends["zh"].err
    assert not (shell.folder / "data").exists()


def test_a_database_of_a_newer_version_is_left_alone(shell, monkeypatch):
    """It says that a newer idolens wrote it, and how to go on; no byte changes."""
    home = shell.folder / "data"
    with open_archive(Settings(home=home, disk_reserve_mib=0)):
        pass
    file = home / "idolens.sqlite"
    with closing(sqlite.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = file.read_bytes()
    ends = in_both(shell, monkeypatch, "serve", "--port", "0")

    assert ends["en"].status == 1
    assert "newer idolens" in ends["en"].err
    assert "upgrade idolens" in ends["en"].err
    assert "升级" in ends["zh"].err
    assert file.read_bytes() == before


def test_a_full_disk_is_said_at_the_terminal_too(shell, monkeypatch):
    """An analysis does not begin on a disk to which nothing may be added."""
    monkeypatch.setenv(
        "IDOLENS_DISK",
        json.dumps({"alert": 0.999, "no_uploads": 0.999, "read_only": 0.999}),
    )
    (shell.folder / "a.png").write_bytes(png(64))
    said = {}
    for language in ("zh", "en"):
        monkeypatch.setenv("IDOLENS_LANGUAGE", language)
        process = shell.start("analyze", "a.png")
        _, said[language] = process.communicate(timeout=120)
        assert process.returncode == 1

    assert "disk" in said["en"]
    assert "磁盘" in said["zh"]
    assert "Traceback" not in said["en"]
