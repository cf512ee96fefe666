"""A studio's day on a machine without a network: `python -m tests.privacy.day FOLDER`.

Runs in a network namespace that has nothing but loopback; prints what came of it.
"""

import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

from tests.outputs.delivery.houses import open_house, said
from tests.web.service import as_base64

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
API = "/api/v1"
LATE_S = 15.0
"""How long a process is watched at least."""
_UP = 0x1
_SET_FLAGS = 0x8914


def raise_loopback() -> None:
    """Switch ``lo`` on, which a new namespace has switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        fcntl.ioctl(door, _SET_FLAGS, struct.pack("16sh22x", b"lo", _UP))


def unroutable() -> int:
    """Return how often the kernel had no way for what somebody here wanted to send."""
    lines = Path("/proc/net/snmp").read_text("utf-8").splitlines()
    names, counts = (line.split()[1:] for line in lines if line.startswith("Ip:"))
    return int(dict(zip(names, counts, strict=True))["OutNoRoutes"])


def watched(folder: Path, *words: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "tests.privacy.watched",
        str(folder / "tries"),
        *words,
    ]


def day(folder: Path) -> dict[str, Any]:
    """Analyse, serve, ask, upload, report, alert."""
    done = subprocess.run(
        watched(
            folder,
            *("analyze", str(SAMPLES / "concert.mp4")),
            *("--every", "20s", "--out", "out", "--json"),
        ),
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    result: dict[str, Any] = {
        "analyze": done.returncode,
        "said": done.stderr,
        "report": (folder / "out" / "report.html").is_file(),
    }
    with open_house(lambda *_: said({"errcode": 0})) as house:
        target = {"kind": "wecom", "name": "group", "url": f"{house.url}/send?key=k"}
        environment = {
            **os.environ,  # noqa: TID251 - a child's
            "IDOLENS_ALERTS__TARGETS": json.dumps([target]),
        }
        told = subprocess.run(
            watched(folder, "alerts", "test"),
            check=False,
            cwd=folder,
            env=environment,
            capture_output=True,
        )
        result |= {"alert": told.returncode, "alerted": len(house.asked)}
        with (folder / "service.out").open("wb") as sink:
            process = subprocess.Popen(
                watched(folder, "serve", "--port", "0"),
                cwd=folder,
                env=environment,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        try:
            result |= served(folder, process)
        finally:
            process.send_signal(signal.SIGTERM)
            result["served"] = process.wait(60)
    return result


def served(folder: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Use the service as a person and a script would."""
    began = time.monotonic()
    picture = (SAMPLES / "pictures" / "stage.png").read_bytes()
    with httpx2.Client(
        base_url=_address(folder, process), timeout=120, trust_env=False
    ) as client:
        ready = client.get("/readyz").status_code
        asked = {"image": as_base64(picture), "question": "画面中有人物吗?"}
        answer = client.post("/vlm/infer", json=asked).json()["answer"]
        files = {"file": ("stage.png", picture)}
        upload = client.post(f"{API}/uploads", files=files).json()["id"]
        begun = client.post(f"{API}/sessions", json={"uploads": [upload]}).json()
        (session,) = (one["id"] for one in begun["sessions"])
        for _ in range(600):
            state = client.get(f"{API}/jobs/{session}").json()["state"]
            if state == "done":
                break
            time.sleep(0.1)
        reports = [
            client.get(f"{API}/sessions/{session}/report", params={"format": form})
            for form in ("html", "pdf")
        ]
        page = client.get("/")
        # One library spoke up nine seconds after it was imported.
        while time.monotonic() < began + LATE_S:
            time.sleep(0.1)
    return {
        "ready": ready,
        "answer": answer,
        "job": state,
        "page": page.status_code,
        "reported": [one.status_code for one in reports],
    }


def _address(folder: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(1200):
        found = re.search(
            r"http://[\d.:]+", (folder / "service.out").read_text("utf-8")
        )
        if found:
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError((folder / "service.out").read_text("utf-8"))


if __name__ == "__main__":
    raise_loopback()
    place = Path(sys.argv[1])
    outcome = day(place)
    tries = place / "tries"
    outcome["tries"] = tries.read_text("utf-8").splitlines() if tries.exists() else None
    outcome["unroutable"] = unroutable()
    sys.stdout.write(json.dumps(outcome))
