"""What people write and send is found again nowhere but where it is kept."""

import base64
import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from idolens.archive import AlertChange, open_archive
from idolens.settings import Settings
from tests.disks import small_disk
from tests.outputs.delivery.houses import open_house, said
from tests.privacy.canary import CONTENT, SECRET, STORES, in_files, leaks, secret, word
from tests.privacy.walk import HEADERS, walk
from tests.vlm.servers.chatting import ChatStub
from tests.vlm.servers.engines import dialects
from tests.vlm.servers.listening import Said, listen
from tests.web.service import as_base64

ROOT = Path(__file__).parents[2]
API = "/api/v1"
LOGIN = {"name": "lin", "password": secret("password")}
POLICY = f"""
name: {word("rules")}
title: {{zh: {word("title")}, en: {word("title")}}}
questions:
  - key: anybody
    kind: yes_no
    instruction: {word("instruction")}?
    label: {{zh: {word("label")}, en: {word("label")}}}
    risks:
      - when: ["yes", "no"]
        sub_label: {{zh: {word("risk")}, en: {word("risk")}}}
        review_at: 0.000001
"""


@dataclass
class Service:
    """A service in a process of its own, and all that it lets out.

    Attributes:
        said: what it wrote to standard output and error.
        figures: what /metrics told, each time it was asked.
    """

    folder: Path
    process: subprocess.Popen[bytes]
    client: httpx2.Client
    token: str
    said: Path
    figures: list[str] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def mood(self, name: str) -> None:
        (self.folder / "mood").write_text(name, "utf-8")

    def ask(self, method: str, url: str, **more: object) -> httpx2.Response:
        reply = self.client.request(method, url, headers=HEADERS, **more)
        self.replies.append(reply.status_code)
        return reply

    def look(self) -> None:
        """Keep what /metrics tells now."""
        told = self.ask("GET", "/metrics")
        assert told.status_code == 200
        self.figures.append(told.text)

    def found(self) -> dict[str, list[str]]:
        """Return every place where something got out, and what stands around it."""
        out = {
            str(file): found
            for stem in (CONTENT, SECRET)
            for file in (self.said, *(self.folder / "logs").glob("*"))
            if (found := leaks(file.read_bytes(), stem))
        }
        for stem in (CONTENT, SECRET):
            if told := leaks("".join(self.figures).encode(), stem):
                out["/metrics"] = told
        out |= in_files(self.home, SECRET, {})
        return out | in_files(self.home, CONTENT, STORES)


@contextmanager
def service(folder: Path, *, mood: str = "mood", **settings: str) -> Iterator[Service]:
    """Run the real command line in ``folder``."""
    (folder / "mood").write_text("well", "utf-8")
    said = folder / "said"
    environment = {
        "PATH": os.environ["PATH"],  # noqa: TID251 - a child's
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "PYTHONUTF8": "1",
        "IDOLENS_HOME": str(folder / "home"),
        "IDOLENS_LOGS": str(folder / "logs"),
        "IDOLENS_LANGUAGE": "en",
        "IDOLENS_DISK_RESERVE_MIB": "1",
        "IDOLENS_CHUNK_FRAMES": "2",
        "IDOLENS_ENGINE_ATTEMPTS": "1",
        **settings,
    }
    with said.open("wb") as sink:
        process = subprocess.Popen(
            [
                sys.executable,
                *("-m", "tests.privacy.house", str(folder / mood)),
                *("serve", "--port", "0"),
            ],
            cwd=folder,
            env=environment,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        address, token = _address(said, process)
        with httpx2.Client(base_url=address, timeout=60) as client:
            client.cookies.set(word("cookie"), word("cookie"))
            yield Service(folder, process, client, token, said)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _address(said: Path, process: subprocess.Popen[bytes]) -> tuple[str, str]:
    for _ in range(1200):
        found = re.search(r"(http://\S+?)/setup\?token=(\S+)", said.read_text("utf-8"))
        if found:
            return found[1], found[2]
        assert process.poll() is None, said.read_text("utf-8")
        time.sleep(0.05)
    raise AssertionError(said.read_text("utf-8"))


def enter(at: Service) -> None:
    """Make the first account and be signed in by it."""
    made = at.ask("POST", f"{API}/setup", json=LOGIN | {"token": at.token})
    assert made.status_code == 201, made.text


def sign_in(at: Service) -> None:
    made = at.ask("POST", f"{API}/session", json=LOGIN)
    assert made.status_code == 200, made.text


def misspeak(port: int | None) -> None:
    """Say what is no request of the service's, or none at all."""
    name = word("raw")
    host = "Host: localhost"
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
    lines = (
        f"{name.upper()} /{name} HTTP/1.1\r\n{host}",
        f"GET /{name} HTTP/1.1\r\nHost: {name}.example",
        f"GET /{name}?{name} HTTP/9.9\r\n{host}",
        f"GET /{name} HTTP/1.1\r\n{host}\r\n{name}: {name}\r\n{name}",
        f"POST /{name} HTTP/1.1\r\n{host}\r\nContent-Length: {name}",
        f"GET /{name} HTTP/1.1\r\n{host}\r\n{upgrade}\r\nSec-WebSocket-Key: {name}",
        name,
    )
    for line in lines:
        with socket.create_connection(("127.0.0.1", port), 20) as link:
            link.sendall(f"{line}\r\n\r\n".encode())
            link.shutdown(socket.SHUT_WR)
            with suppress(ConnectionError):
                while link.recv(4096):
                    pass


def picture(shade: int = 80) -> bytes:
    """Return a picture that says something in its metadata."""
    notes = PngInfo()
    notes.add_text("Comment", word("metadata"))
    notes.add_itxt(word("keyword"), word("metadata"), zip=True)
    file = io.BytesIO()
    Image.radial_gradient("L").point(lambda level: (level + shade) % 256).save(
        file, "PNG", pnginfo=notes
    )
    return file.getvalue()


def lot() -> bytes:
    """Return a zip of pictures, one of which is none."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(3):
            archive.writestr(
                f"{word('folder')}/{word('member')}{number}.png", picture(60 * number)
            )
        archive.writestr(f"{word('broken')}.png", word("no picture"))
    return file.getvalue()


def upload(at: Service, name: str, data: bytes) -> str:
    reply = at.ask("POST", f"{API}/uploads", files={"file": (name, data)})
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


def analyse(at: Service, *uploads: str) -> list[str]:
    """Let pictures be looked at by the policy, until nothing goes on any more."""
    begun = at.ask(
        "POST",
        f"{API}/sessions",
        json={"uploads": list(uploads), "policy": word("rules")},
    )
    if begun.status_code != 201:
        return []
    ids = [one["id"] for one in begun.json()["sessions"]]
    for session in ids:
        for _ in range(600):
            state = at.ask("GET", f"{API}/jobs/{session}").json()["state"]
            if state not in {"waiting", "running", "queued"}:
                break
            time.sleep(0.05)
    return ids


def use(at: Service) -> None:
    """Do what a studio does all day."""
    made = at.ask("POST", f"{API}/policies", json={"text": POLICY})
    assert made.status_code == 201, made.text
    at.ask(
        "POST",
        f"{API}/policies/{word('rules')}/activate",
        json={"version": made.json()["version"]},
    )
    at.ask("POST", f"{API}/policies", json={"text": POLICY + f"  - {word('wrong')}"})
    files = [
        upload(at, f"{word('file')}.png", picture()),
        upload(at, f"{word('zip')}.zip", lot()),
    ]
    at.ask("POST", f"{API}/uploads", files={"file": (word("x.exe"), b"MZ")})
    (session, *_) = analyse(at, *files)
    findings = at.ask("GET", f"{API}/sessions/{session}/findings").json()["items"]
    assert findings
    verdict = {
        "finding": findings[0]["id"],
        "decision": "corrected",
        "label": word("label"),
        "note": word("note"),
        "version": 0,
    }
    at.ask("POST", f"{API}/sessions/{session}/verdicts", json=verdict)
    for form in ("json", "html", "csv"):
        at.ask("GET", f"{API}/sessions/{session}/report", params={"format": form})
    key = {"name": word("key"), "scopes": ["read"]}
    at.ask("POST", f"{API}/keys", json=key)
    at.ask(
        "POST",
        f"{API}/accounts",
        json={"name": word("who"), "password": secret("other"), "role": "viewer"},
    )
    converse(at)


def converse(at: Service, shade: int = 10) -> None:
    """Ask in all three ways."""
    image = as_base64(picture(shade))
    at.ask("POST", "/vlm/infer", json={"image": image, "question": word("infer")})
    at.ask("POST", "/vlm/infer", json={"image": word("base64"), "question": "?"})
    at.ask(
        "POST",
        "/vlm/infer",
        json={"image": as_base64(b"GIF89a" + word("gif").encode()), "question": "?"},
    )
    url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
    text = {"type": "text", "text": word("chat")}
    for stream in (False, True):
        at.ask(
            "POST",
            "/v1/chat/completions",
            json={
                "model": "any",
                "messages": [{"role": "user", "content": [url, text]}],
                "stream": stream,
            },
        )
    at.ask(
        "POST",
        "/v1/chat/completions",
        json={
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "image_url",
                            "image_url": {"url": f"http://localhost/{word('url')}"},
                        }
                    ],
                }
            ]
        },
    )


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_words_are_found_in_base64_too(before, after):
    """Wherever they begin."""
    hidden = base64.b64encode(before + word("x").encode() + after)

    assert leaks(hidden, CONTENT)
    assert leaks(f"{CONTENT.upper()}".encode(), CONTENT)
    assert not leaks(base64.b64encode(before + after), CONTENT)


@pytest.mark.slow
def test_nothing_is_let_out_over_any_route(tmp_path):
    """Every operation of the description, as it should be asked and otherwise."""
    with service(tmp_path) as at:
        enter(at)
        use(at)
        document = at.ask("GET", "/openapi.json").json()
        seen = walk(at.client, document)
        misspeak(at.client.base_url.port)
        sign_in(at)
        at.look()
        statuses = set().union(*seen.values())

    assert at.found() == {}
    assert len(seen) >= 45
    assert {200, 201, 204, 400, 401, 404, 415, 422} <= statuses
    assert not {status for status in statuses if status >= 500} - {501, 503}
    assert (tmp_path / "logs" / "idolens.log").read_text("utf-8").count("about") > 50


@pytest.mark.slow
def test_nothing_is_let_out_when_things_break(tmp_path):
    """The engine in every way, the decoder, the databases, and the process itself."""
    with service(tmp_path) as at:
        enter(at)
        use(at)
        for shade, mood in enumerate(
            ("bug", "chained", "refuse", "busy", "gossip"), start=20
        ):
            at.mood(mood)
            converse(at, shade)
            analyse(at, upload(at, f"{word(mood)}.png", picture(shade)))
        at.mood("well")
        for child in _children(at.process.pid):
            os.kill(child, signal.SIGKILL)
        converse(at, 40)
        at.look()
        spoil(at.home / "jobs.sqlite", "workflow_status")
        analyse(at, upload(at, f"{word('after')}.png", picture(41)))
        spoil(at.home / "idolens.sqlite", "session")
        analyse(at, *(["0" * 32]))
        at.ask("GET", f"{API}/sessions/{word('any')}")
        at.ask("GET", f"{API}/sessions")
        converse(at, 42)
        at.look()
        at.mood("crash")
        with pytest.raises(httpx2.TransportError):
            converse(at, 43)
        assert at.process.wait(30) < 0

    assert at.found() == {}
    said = at.said.read_text("utf-8")
    assert "Segmentation fault" in said
    log = (tmp_path / "logs" / "idolens.log").read_text("utf-8")
    records = [json.loads(line) for line in log.splitlines()]
    assert {500, 503} <= set(at.replies)
    assert any(one.get("logger") == "somebody" for one in records)
    assert any(one.get("exception") == "ValueError" for one in records)


def spoil(file: Path, table: str) -> None:
    """Take a table away from a database that somebody uses."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA legacy_alter_table=ON")
        connection.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")
    connection.close()


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(one) for task in tasks for one in task.read_text().split()]


@pytest.mark.slow
def test_nothing_is_let_out_on_a_full_disk(tmp_path):
    """Neither by the database nor by the log that cannot be written."""
    disk = tmp_path / "disk"
    with small_disk(disk, 64), service(disk) as at:
        enter(at)
        use(at)
        with suppressing_full(disk / "filler"):
            analyse(at, upload_or_not(at))
            converse(at, 50)
            at.ask("POST", f"{API}/policies", json={"text": POLICY})
            at.look()
        at.process.send_signal(signal.SIGTERM)
        at.process.wait(60)
        found = at.found()

    assert found == {}
    assert 507 in at.replies


def upload_or_not(at: Service) -> str:
    reply = at.ask(
        "POST", f"{API}/uploads", files={"file": (f"{word('full')}.png", picture(51))}
    )
    return reply.json().get("id", "0" * 32)


@contextmanager
def suppressing_full(filler: Path) -> Iterator[None]:
    """Fill the disk within this."""
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    yield
    filler.unlink()


@pytest.mark.slow
def test_nothing_is_let_out_by_those_we_talk_to(tmp_path):
    """A model server that repeats what it was asked, a target that does so, too."""
    stub = ChatStub(dialects()["vllm"])
    with (
        listen(stub) as server,
        open_house(lambda _, asked: said({"you": asked.path}, 500)) as house,
    ):
        target = {
            "kind": "wecom",
            "name": "group",
            "url": f"{house.url}/{secret('path')}?key={secret('token')}",
        }
        with service(
            tmp_path,
            mood="none",
            IDOLENS_ENGINE="chat",
            IDOLENS_CHAT__ENDPOINTS=json.dumps([with_key(server.url)]),
            IDOLENS_CHAT__API_KEY=secret("api-key"),
            IDOLENS_CHAT__ATTEMPTS="1",
            IDOLENS_CHAT__REST_S="0.1",
            IDOLENS_ALERTS__TARGETS=json.dumps([target]),
        ) as at:
            enter(at)
            tell_somebody(at.home)
            use(at)
            for number, spoiled in enumerate(
                (
                    Said(500, {"error": {"message": word("server")}}),
                    Said(400, {"error": {"message": word("server")}}),
                    Said(404, {"error": {"message": word("server")}}),
                    Said(429, {"error": {"message": word("server")}}),
                    Said(200, {"choices": [{"message": {"content": word("server")}}]}),
                    Said(fault="not_json"),
                    Said(fault="reset"),
                ),
                start=60,
            ):
                server.spoil = lambda _number, _call, how=spoiled: how
                converse(at, number)
            analyse(at, upload(at, f"{word('down')}.png", picture(70)))
            at.ask("GET", "/readyz")
            at.look()
            for _ in range(200):
                if house.asked:
                    break
                time.sleep(0.05)
        asked = len(house.asked)

    assert at.found() == {}
    assert asked, "nobody was told"
    # What is kept of answers tells not what was asked.
    assert in_files(tmp_path / "home" / "cache", word("infer"), {}) == {}


def with_key(url: str) -> str:
    """Return an address that has a name and a key in it, as some servers want it."""
    return url.replace("http://", f"http://lin:{secret('in-address')}@")


def tell_somebody(home: Path) -> None:
    """Leave a message that is to be sent."""
    change = AlertChange(
        rule="disk",
        change="began",
        severity=2,
        value=0.1,
        at_ms=0,
        since_ms=0,
    )
    title = {"zh": word("alert"), "en": word("alert")}
    payload = {"type": "alert.began", "data": {"title": title, "text": title}}
    with open_archive(Settings(home=home, disk_reserve_mib=1)) as archive:
        archive.outbox.add_alert(change, payload, ["group"])


COMMANDS = {
    "ask": ("ask", "picture.png", word("question")),
    "analyze": ("analyze", "picture.png", "--policy", "rules.yaml", "--out", "out"),
}


@pytest.mark.slow
@pytest.mark.parametrize("mood", ["bug", "chained", "gossip", "crash", "exit"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_breaks_repeats_nothing(tmp_path, command, mood):
    """Its last words are where it broke; what it was asked is not in them."""
    (tmp_path / "mood").write_text(mood, "utf-8")
    (tmp_path / "picture.png").write_bytes(picture())
    (tmp_path / "rules.yaml").write_text(POLICY, "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.privacy.house", str(tmp_path / "mood")),
            *COMMANDS[command],
        ],
        cwd=tmp_path,
        env={
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
            "IDOLENS_HOME": str(tmp_path / "home"),
            "IDOLENS_LANGUAGE": "en",
            "IDOLENS_DISK_RESERVE_MIB": "1",
        },
        capture_output=True,
        check=False,
    )
    out = b"" if mood == "gossip" else done.stdout  # there it is the answer asked for

    assert (done.returncode == 0) == (mood == "gossip"), done.stderr
    assert leaks(out + done.stderr, CONTENT) == []
    assert done.stderr
    assert in_files(tmp_path / "home", CONTENT, STORES) == {}
