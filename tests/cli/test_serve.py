"""``idolens serve`` in a process of its own, talked to over HTTP."""

import base64
import re
import signal
import socket

import httpx2
import pytest

from tests.cli.terminal import SAMPLES

PICTURE = SAMPLES / "pictures" / "stage.png"


@pytest.mark.slow
def test_a_real_server_answers_and_ends_cleanly(shell):
    """The simple contract, readiness, and 0 after SIGTERM; the log holds no content."""
    process = shell.start("serve", "--port", "0")
    try:
        address = re.search(r"http://\S+", process.stderr.readline())[0]
        body = {
            "image": base64.encodebytes(PICTURE.read_bytes()).decode(),
            "question": "画面中是否有未授权LOGO?",
        }
        with httpx2.Client(base_url=address, timeout=60) as client:
            ready = client.get("/readyz")
            reply = client.post("/vlm/infer", json=body)
            page = client.get("/")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()

    assert ready.status_code == 200, ready.text
    assert set(ready.json()["checks"]) == {"model", "database", "disk"}
    assert reply.status_code == 200, reply.text
    assert reply.json()["answer"] in {"是", "否", "无法判断"}
    assert reply.json()["demonstration"] is True
    assert page.status_code == 200
    assert process.returncode == 0
    log = (shell.folder / "logs" / "idolens.log").read_text("utf-8")
    assert "LOGO" not in log
    assert '"route": "/vlm/infer"' in log


def test_a_taken_port_is_2(shell):
    """One message that names the port."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        done = shell.run("serve", "--port", str(port))

    assert done.status == 2
    assert str(port) in done.err


def test_an_open_door_needs_an_admin_and_a_name(shell):
    """Other machines are let in by name, and only once somebody looks after that."""
    open_door = ("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    nobody = shell.run(*open_door)
    shell.type("a long enough password")
    made = shell.run("accounts", "create-admin", "lin")
    nameless = shell.run(*open_door)

    assert nobody.status == 2
    assert "accounts create-admin" in nobody.err
    assert made.status == 0, made.err
    assert nameless.status == 2
    assert "IDOLENS_ALLOWED_HOSTS" in nameless.err


def test_allowed_names_are_no_substitute_for_an_admin(shell, monkeypatch):
    """What was enough before there were accounts is not any more."""
    monkeypatch.setenv("IDOLENS_ALLOWED_HOSTS", '["studio.lan"]')
    done = shell.run("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104

    assert done.status == 2
    assert "accounts create-admin" in done.err


@pytest.mark.slow
def test_the_first_account_closes_the_open_door(shell):
    """The link that is printed makes it; from then on nobody gets in without."""
    process = shell.start("serve", "--port", "0")
    try:
        address = re.search(r"http://\S+", process.stderr.readline())[0]
        link = re.search(r"http://\S+", process.stderr.readline())[0]
        path, token = link.removeprefix(address).split("?token=")
        body = {"token": token, "name": "lin", "password": "a long enough password"}
        with httpx2.Client(base_url=address, timeout=60) as browser:
            open_before = browser.get("/v1/models").status_code
            page = browser.get(path)
            made = browser.post("/api/v1/setup", json=body)
            again = browser.post("/api/v1/setup", json=body | {"name": "mei"})
            inside = browser.get("/api/v1/me")
            stranger = httpx2.get(f"{address}/v1/models", timeout=60)
            ready = httpx2.get(f"{address}/readyz", timeout=60)
            alive = httpx2.get(f"{address}/livez", timeout=60)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()

    assert open_before == 200
    assert page.status_code == 200
    assert made.status_code == 201, made.text
    assert again.status_code == 409
    assert inside.json()["role"] == "admin"
    assert (stranger.status_code, ready.status_code, alive.status_code) == (
        401,
        401,
        200,
    )
    assert not (shell.folder / "data" / "setup-token").exists()
