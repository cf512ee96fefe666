"""start.sh: one command sets up, starts, analyses the sample, and stops it all."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("pyproject.toml", "requirements", "samples", "start.sh")

# Stands in for .venv/bin/python: notes what pip was to install, and is this
# interpreter for everything else. A real installation takes minutes and a network.
INTERPRETER = """#!/bin/sh
here=$(dirname "$0")
if [ "$1 $2" = "-m pip" ]; then echo "$@" >>"$here/pip.log"; exit 0; fi
if [ "$1 $2" = "-m jupyterlab" ]; then
  echo "$JUPYTER_TOKEN $@" >>"$here/jupyter.log"
  exec sleep 600
fi
PYTHONPATH="$(dirname "$here")/../src" exec {python} "$@"
"""


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@pytest.fixture
def house(tmp_path):
    """A copy of the project in a folder with a space, with a stand-in for the venv."""
    house = tmp_path / "a studio"
    house.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, house / part)
        elif source.exists():
            shutil.copy2(source, house / part)
    (house / "src").symlink_to(ROOT / "src")
    (house / "notebooks").mkdir()
    python = house / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(INTERPRETER.replace("{python}", sys.executable))
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return house


@pytest.fixture
def environment():
    kept = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - what a shell passes on
        if not name.startswith("IDOLENS_")
    }
    return kept | {
        "IDOLENS_PORT": str(free_port()),
        "IDOLENS_JUPYTER_PORT": str(free_port()),
        "IDOLENS_LANGUAGE": "en",
    }


def run(house, environment, *arguments, cwd="/"):
    return subprocess.run(
        [str(house / "start.sh"), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def wait_for(url, process):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stdout.read()
        try:
            if httpx2.get(url, timeout=10).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    pytest.fail("never ready")


def left_running(house):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "environ").read_bytes()
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if f"IDOLENS_HOME={house}".encode() in line and words:
                found.append(words)
    return found


def test_any_command_passes_through_from_any_folder(house, environment, tmp_path):
    """./start.sh policies list needs no service; exit codes are the command's own."""
    done = run(house, environment, "policies", "list", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "livestream-zh" in done.stdout

    missing = run(house, environment, "analyze", "no-such-file.mp4", cwd=tmp_path)
    assert missing.returncode == 2
    assert "no-such-file.mp4" in missing.stderr
    assert not (tmp_path / "data").exists()


def test_everything_is_installed_once_and_by_hash(house, environment):
    """The second run installs nothing; a changed lock installs again."""
    log = house / ".venv" / "bin" / "pip.log"
    run(house, environment, "--version")
    lines = log.read_text().splitlines()
    locked = [line for line in lines if " -r " in line]
    assert locked
    assert all("--require-hashes" in line for line in locked)
    assert all("--no-deps" in line for line in lines if line not in locked)

    log.unlink()
    run(house, environment, "--version")
    assert not log.exists()

    with (house / "requirements" / "runtime.txt").open("a") as lock:
        lock.write("# changed\n")
    run(house, environment, "--version")
    assert log.exists()


def test_a_python_without_venv_is_answered_with_the_package_to_install(
    house, environment, tmp_path
):
    """Debian leaves venv out; the message is the command that brings it."""
    shutil.rmtree(house / ".venv")
    bare = tmp_path / "bin" / "python3"
    bare.parent.mkdir()
    bare.write_text(
        f"""#!/bin/sh
case "$2" in *ensurepip*) exit 1 ;; esac
exec {sys.executable} "$@"
"""
    )
    bare.chmod(0o755)
    path = f"{bare.parent}:{environment['PATH']}"
    done = run(house, environment | {"PATH": path}, "--version")

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert done.returncode == 1
    assert f"sudo apt install python{version}-venv" in done.stderr
    assert not (house / ".venv").exists()


def test_a_taken_port_is_said_plainly(house, environment):
    """Nothing is started, and the message says what to do."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", int(environment["IDOLENS_PORT"])))
        door.listen()
        done = run(house, environment, "--no-jupyter")

    assert done.returncode == 1
    assert f"Port {environment['IDOLENS_PORT']} is taken" in done.stderr
    assert not left_running(house)


def test_unknown_settings_and_options_stop_at_once(house, environment):
    """A typo ends with 2 and says which name was meant."""
    typo = run(house, environment | {"IDOLENS_PROT": "1"}, "--no-jupyter")
    assert typo.returncode == 2
    assert "IDOLENS_PORT" in typo.stderr

    option = run(house, environment, "--no-such-thing")
    assert option.returncode == 2
    assert "--no-jupyter" in option.stderr


@pytest.mark.slow
def test_start_analyse_stop(house, environment):
    """Service, JupyterLab and sample report come up; Ctrl-C leaves no process."""
    process = subprocess.Popen(
        [str(house / "start.sh")],
        cwd="/",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{environment['IDOLENS_PORT']}"
    try:
        wait_for(f"{address}/readyz", process)
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        said = "".join(said)
        assert address in said
        token = said.split("token=")[1].split()[0]
        assert len(token) >= 32
        assert f"Account {address}/setup?token=" in said
        report = house / "out" / "concert" / "report.json"
        assert str(report.with_suffix(".html")) in said
        assert json.loads(report.read_text())["signed"]["frames"]
        jupyter = (house / ".venv" / "bin" / "jupyter.log").read_text()
        assert jupyter.startswith(token)
        assert token not in jupyter.split(" ", 1)[1]
        assert "--ip=127.0.0.1" in jupyter
        for log in (house / "logs").iterdir():
            assert token not in log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGINT)
        status = process.wait(60)
        process.stdout.close()

    assert status == 130
    assert left_running(house) == []
