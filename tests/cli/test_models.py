"""``idolens models`` as a studio types it, against a hub on the loopback."""

import random
import shutil
import signal
import time
from pathlib import Path

import pytest
import stamina

import idolens.vlm
from tests.cli.terminal import ROOT
from tests.vlm.checkpoints.stub_hub import NAME, Fault, Hub, serving

TINY = Path(idolens.vlm.__file__).parent / "models/idolens-tiny"


@pytest.fixture
def tiny_hub(tmp_path):
    """A hub with a copy of idolens-tiny, which may change while tests run."""
    folder = shutil.copytree(TINY, tmp_path / "published")
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    with serving(Hub(files)) as hub, stamina.set_testing(True, attempts=3, cap=True):
        yield hub


def test_pulled_model_answers_offline(shell, tiny_hub, monkeypatch):
    """Pull, unplug the hub, verify, ask: the pulled folder is a working model."""
    done = shell.run("models", "pull", NAME, "--endpoint", tiny_hub.url)
    assert done.status == 0, done.err
    folder = Path(done.out.strip())
    assert "every file verified" in done.err
    tiny_hub.release.set()
    monkeypatch.setenv("IDOLENS_HUB__ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("IDOLENS_EMBEDDED_MODEL", str(folder))
    tiny_hub.seen.clear()

    assert shell.run("models", "verify").status == 0
    found = shell.run("doctor").out

    assert "self-check passed" in found
    assert tiny_hub.seen == []


def test_list_tells_what_is_here_and_what_is_not_finished(shell, tiny_hub):
    """A pull that gave up shows as unfinished, a whole one with its size."""
    assert "idolens-tiny" in shell.run("models", "list").err
    tiny_hub.fail("model.safetensors", Fault("cut", 1000), *[Fault("status")] * 3)
    assert shell.run("models", "pull", NAME, "--endpoint", tiny_hub.url).status == 1
    assert "unfinished" in shell.run("models", "list").out

    shell.run("models", "pull", NAME, "--endpoint", tiny_hub.url)

    told = shell.run("models", "list", "--json").json()
    assert told["unfinished"] == {}
    assert [model["name"] for model in told["models"]] == [NAME]
    assert told["models"][0]["bytes"] > 10_000_000
    assert "MiB" in shell.run("models", "list").out


def test_json_goes_alone_to_standard_output(shell, tiny_hub):
    """Tries, bar and remarks go elsewhere, so that a script can read the result."""
    tiny_hub.fail("config.json", Fault("status"))

    done = shell.run(
        *("models", "pull", NAME, "--hub", "modelscope", "--json"),
        *("--endpoint", tiny_hub.url),
    )

    assert done.status == 0, done.err
    assert done.json()["hub"] == "modelscope"
    assert done.json()["fetched_bytes"] == done.json()["bytes"]


def test_verify_names_the_damage_and_pull_mends_it(shell, tiny_hub):
    """Exit code 1 and the file's name; pulling again makes it 0."""
    shell.run("models", "pull", NAME, "--endpoint", tiny_hub.url)
    weights = shell.folder / "data/models" / NAME / "model.safetensors"
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    bad = shell.run("models", "verify", NAME)
    assert bad.status == 1
    assert "model.safetensors (changed)" in bad.out
    assert shell.run("models", "verify", "--json").json() == {
        NAME: [{"path": "model.safetensors", "kind": "changed"}]
    }

    shell.run("models", "pull", NAME, "--endpoint", tiny_hub.url)
    assert shell.run("models", "verify", NAME).status == 0


def test_rm_frees_the_disk(shell, tiny_hub):
    """The folder is gone, and a second rm is the caller's mistake."""
    shell.run("models", "pull", NAME, "--endpoint", tiny_hub.url)

    assert "free again" in shell.run("models", "rm", NAME).err
    assert not (shell.folder / "data/models/studio").exists()
    assert shell.run("models", "rm", NAME).status == 2


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("pull", "GLM-4.6V-Flash"), "zai-org/GLM-4.6V-Flash"),
        (("pull", NAME, "--hub", "huggingfase"), "huggingface"),
        (("verify", NAME), "models list"),
    ],
)
def test_mistakes_end_in_one_helpful_sentence(shell, arguments, word):
    """Bad input ends with 2 and says what to write instead."""
    done = shell.run("models", *arguments)

    assert done.status == 2
    assert word in done.err
    assert done.out == ""


def test_chinese_studio_reads_chinese(shell, tiny_hub, monkeypatch):
    """Every sentence exists in both languages."""
    monkeypatch.setenv("IDOLENS_LANGUAGE", "zh")

    done = shell.run("models", "pull", NAME, "--endpoint", tiny_hub.url)

    assert "全部文件已校验" in done.err
    assert "完好" in shell.run("models", "verify").out
    assert "名称" in shell.run("models", "list").out
    assert "已删除" in shell.run("models", "rm", NAME).err


def test_killed_pull_goes_on(shell):
    """kill -9 in the middle; the next pull fetches only the rest, and all is true."""
    noise = random.Random(11).randbytes(3_000_000)  # noqa: S311
    hub = Hub({"config.json": b"{}", "model.safetensors": noise})
    with serving(hub):
        hub.fail("model.safetensors", Fault("stall", after=1_234_567))
        process = shell.start("models", "pull", NAME, "--endpoint", hub.url)
        part = shell.folder / "data/models/.partial" / NAME / hub.commit
        until = time.monotonic() + 60
        while _size(part / "model.safetensors.part") != 1_234_567:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        hub.release.set()

        done = shell.run("models", "pull", NAME, "--endpoint", hub.url, "--json")

        assert done.status == 0, done.err
        assert hub.asked("model.safetensors")[-1].range == "bytes=1234567-"
        assert shell.run("models", "verify").status == 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def test_guide_shows_commands_that_work(shell, tiny_hub, monkeypatch):
    """Every command of the guide runs as it is written, against this hub."""
    guide = (ROOT / "docs/guides/get-a-model.md").read_text("utf-8")
    monkeypatch.setenv("IDOLENS_HUB__ENDPOINT", tiny_hub.url)
    lines = [line for line in guide.splitlines() if line.startswith("idolens models ")]

    assert len(lines) == 6
    for line in lines:
        for name in ("zai-org/GLM-4.6V-Flash", "OWNER/MODEL"):
            line = line.replace(name, NAME)  # noqa: PLW2901 - the stub has one model
        words = line.replace("https://a-mirror.example", tiny_hub.url).split()
        done = shell.run(*words[1:])
        assert done.status == 0, (line, done.err)
