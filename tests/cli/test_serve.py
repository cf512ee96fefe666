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


def test_an_open_door_needs_a_name(shell):
    """There is no login yet, so other machines must be let in by name."""
    done = shell.run("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104

    assert done.status == 2
    assert "IDOLENS_ALLOWED_HOSTS" in done.err
