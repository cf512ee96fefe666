"""On a machine without a network everything works, and nothing tries to leave."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from idolens.settings import Settings
from idolens.vlm.catalog import ENGINES
from tests.chromium import CHROMIUM

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_day_without_a_network(tmp_path):
    """Analyse, ask, upload, report and alert, with loopback and nothing else.

    Two witnesses: Python told of no attempt to look a foreign name up or to reach a
    foreign address, in any process; the kernel had to turn nothing away.
    """
    if ENGINES["embedded"].obstacle(Settings()) is not None:
        pytest.skip("the embedded model is not here")
    unshare = shutil.which("unshare")
    if (
        unshare is None
        or subprocess.run([unshare, "-rn", "true"], check=False).returncode
    ):
        pytest.skip("this system lets nobody make a network namespace (unshare -rn)")
    done = subprocess.run(
        [unshare, "-rn", sys.executable, "-m", "tests.privacy.day", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],  # noqa: TID251 - a child's
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
            "IDOLENS_HOME": str(tmp_path / "home"),
            "IDOLENS_LOGS": str(tmp_path / "logs"),
            "IDOLENS_DISK_RESERVE_MIB": "1",
        },
    )
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)

    assert outcome.pop("answer") in {"是", "否", "无法判断"}
    assert outcome.pop("said") == ""
    assert outcome == {
        "analyze": 0,
        "report": True,
        "alert": 0,
        "alerted": 1,
        "ready": 200,
        "job": "done",
        "page": 200,
        "reported": [200, 200 if CHROMIUM else 406],
        "served": 0,
        "tries": [],
        "unroutable": 0,
    }


def test_the_ear_hears(tmp_path):
    """What tries to leave is written down, or the test above would prove nothing."""
    code = (
        "import runpy, socket, sys\n"
        "from tests.privacy.watched import HOOK\n"
        f"exec(HOOK.format(path={str(tmp_path / 'tries')!r}))\n"
        "for host in ('192.0.2.1', '127.0.0.1'):\n"
        "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:\n"
        "        door.connect((host, 9))\n"
        "try:\n"
        "    socket.getaddrinfo('models.invalid', 443)\n"
        "except OSError:\n"
        "    pass\n"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
    )

    assert (tmp_path / "tries").read_text("utf-8").splitlines() == [
        "socket.connect 192.0.2.1",
        "socket.getaddrinfo models.invalid",
    ]
