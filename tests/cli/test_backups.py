"""backup, restore and check as an operator types them; the drill with a service."""

import re
import signal

import httpx2
import pytest

from tests.cli.terminal import SAMPLES

SHOW = str(SAMPLES / "pictures" / "stage.png")


@pytest.mark.slow
def test_the_drill(shell):
    """Analyse, back up beside the service, lose all, restore: the bytes are equal."""
    first = shell.run("analyze", SHOW, "--policy", "small.yaml", "--json")
    assert first.status == 0, first.err
    process = shell.start("serve", "--port", "0")
    try:
        address = re.search(r"http://\S+", process.stderr.readline())[0]
        with httpx2.Client(base_url=address, timeout=60) as client:
            (session,) = client.get("/api/v1/sessions").json()["items"]
            place = f"/api/v1/sessions/{session['id']}/report"
            report = client.get(place).content
            made = shell.run("backup", "nas")
            refused = shell.run("restore", made.out.strip())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()

    assert made.status == 0, made.err
    assert refused.status == 1
    assert "stop the service" in refused.err
    (shell.folder / "data" / "idolens.sqlite").write_bytes(b"broken")
    lost = shell.run("check")
    assert lost.status == 1
    assert "damaged" in lost.out

    whole = shell.run("restore", "--dry-run", made.out.strip())
    assert whole.status == 0, whole.err
    assert "is whole" in whole.err
    assert (shell.folder / "data" / "idolens.sqlite").read_bytes() == b"broken"
    done = shell.run("restore", made.out.strip())

    assert done.status == 0, done.err
    assert "--undo" in done.err
    process = shell.start("serve", "--port", "0")
    try:
        address = re.search(r"http://\S+", process.stderr.readline())[0]
        again = httpx2.get(f"{address}{place}", timeout=60)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert again.content == report
    assert "restored" in shell.run("audit", "list").out
    assert shell.run("check").status == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("backup",), "backup.folder"),
        (("restore",), "--undo"),
        (("restore", "nas", "--undo"), "--undo"),
        (("restore", "nowhere"), "no backup"),
        (("restore", "--undo"), "nothing to undo"),
        (("check",), "home"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(shell, arguments, word):
    """With what to do instead, and no traceback."""
    done = shell.run(*arguments)

    assert done.status in {1, 2}
    assert word in done.err
    assert "Traceback" not in done.err


def test_a_folder_of_the_settings_keeps_the_newest(shell, monkeypatch):
    """The oldest goes when there are too many; the list shows what is left."""
    assert shell.run("doctor").out
    monkeypatch.setenv("IDOLENS_BACKUP__FOLDER", str(shell.folder / "nas"))
    monkeypatch.setenv("IDOLENS_BACKUP__KEEP", "2")
    made = [shell.run("backup").out.strip().rpartition("/")[2] for _ in range(3)]
    listed = shell.run("backup", "--list").out.split()

    assert made[0] not in listed
    assert made[1] in listed
    assert made[2] in listed


def test_a_check_can_be_read_by_programs(shell):
    """Nothing wrong is an empty list."""
    shell.run("doctor")

    done = shell.run("check", "--json", "--mend")
    assert done.json() == []
    assert done.status == 0


@pytest.mark.slow
def test_a_service_backs_up_by_itself(shell, monkeypatch):
    """The first one at the start; the figures say how old it is."""
    (shell.folder / "nas").mkdir()
    monkeypatch.setenv("IDOLENS_BACKUP__FOLDER", str(shell.folder / "nas"))
    process = shell.start("serve", "--port", "0")
    try:
        address = re.search(r"http://\S+", process.stderr.readline())[0]
        with httpx2.Client(base_url=address, timeout=60) as client:
            for _ in range(2000):
                told = client.get("/metrics").text
                if 'idolens_backups_total{outcome="made"} 1.0' in told:
                    break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()

    assert "idolens_backup_age_seconds" in told
    (made,) = (shell.folder / "nas").glob("idolens-*")
    assert shell.run("restore", "--dry-run", str(made)).status == 0


@pytest.mark.parametrize("command", [("doctor",), ("serve", "--port", "0"), ("check",)])
def test_a_cut_off_restore_says_what_to_do(shell, command):
    """Whatever is started first, it says so in one sentence."""
    shell.run("doctor")
    (shell.folder / "data" / "restoring.json").write_text("{}")

    done = shell.run(*command)

    assert done.status == 1
    assert "idolens restore --undo" in done.out + done.err
