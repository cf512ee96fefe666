"""ask, policies, engines, doctor and eval: one function each, printed."""

import json
import shutil
import socket

import pytest

from idolens.cli.checkup import fonts_finding
from idolens.review import check_policy
from tests.cli.terminal import SAMPLES, lines

PICTURE = str(SAMPLES / "pictures" / "stage.png")


@pytest.mark.parametrize(
    ("more", "known"),
    [
        (("画面中是否有人物?",), {"yes", "no", "cannot_tell"}),
        (("这是什么场景?", "--choices", "舞台,公园"), {"舞台", "公园", "cannot_tell"}),
        (
            ("什么场景?", "--choices", "舞台、公园，街道"),
            {"舞台", "公园", "街道", "cannot_tell"},
        ),
        (("室内舞台还是户外公园?",), {"室内舞台", "户外公园", "cannot_tell"}),
        (("情绪?", "--levels", "低,中,高"), {"1", "2", "3", "cannot_tell"}),
        (("请看图。", "--yes-no"), {"yes", "no", "cannot_tell"}),
    ],
    ids=["yes-no", "choices", "chinese commas", "named", "levels", "flag"],
)
def test_ask_gives_a_typed_answer(shell, more, known):
    """The probabilities of all options are there, and where they come from."""
    done = shell.run("ask", PICTURE, *more, "--json")

    answer = done.json()
    assert done.status == 0, done.err
    assert set(answer["options"]) == known
    assert sum(answer["options"].values()) == pytest.approx(1, abs=1e-3)
    assert answer["answer"]
    assert answer["engine"] == "embedded"
    assert answer["prompt_version"]


def test_ask_says_who_answered(shell):
    """A demonstration model is called one; a vague question gets a hint."""
    done = shell.run("ask", PICTURE, "这图怎么样?")

    assert done.status == 0, done.err
    assert done.out.strip()
    assert "demonstration model" in done.err
    assert "Hint" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        (PICTURE, "问题?", "--yes-no", "--tags"),
        (PICTURE, "问题?", "--choices", "一个"),
        (PICTURE, "  "),
        ("none.png", "问题?"),
        ("small.yaml", "问题?"),
        (PICTURE, "问题?", "--engine", "embeded"),
    ],
    ids=["two kinds", "one option", "empty", "missing", "not a picture", "engine"],
)
def test_ask_refuses_what_cannot_be_asked(shell, arguments):
    """2 and one message."""
    done = shell.run("ask", *arguments)

    assert done.status == 2
    assert done.err.startswith("Error: ")
    assert "Traceback" not in done.err


def test_policies_are_listed_shown_and_checked(shell):
    """What is shown can be saved, checked, and is the same policy."""
    listed = shell.run("policies", "list")
    shown = shell.run("policies", "show", "livestream-zh")
    (shell.folder / "mine.yaml").write_text(shown.out, encoding="utf-8")
    checked = shell.run("policies", "check", "mine.yaml")

    assert "livestream-zh" in listed.out
    assert "poster-zh" in listed.out
    assert checked.status == 0, checked.err
    assert check_policy(shown.out).version in checked.out + checked.err


def test_a_wrong_policy_is_explained_by_line(shell):
    """2, the line, and the key that was meant."""
    text = (shell.folder / "small.yaml").read_text("utf-8")
    wrong = text.replace("instruction:", "instuction:")
    (shell.folder / "wrong.yaml").write_text(wrong, encoding="utf-8")

    done = shell.run("policies", "check", "wrong.yaml")
    assert done.status == 2
    assert "Line" in done.err
    assert "instruction" in done.err


def test_a_vague_prompt_is_mended(shell):
    """lint says why and how instead."""
    vague = shell.run("policies", "lint", "这图怎么样?")
    clear = shell.run("policies", "lint", "画面右上角是否有水印?")

    assert "→" in vague.out
    assert "→" not in clear.out
    assert vague.status == clear.status == 0


def test_engines_and_version(shell):
    """The engines of this house, and which idolens this is."""
    assert "embedded" in shell.run("engines").out
    assert shell.run("--version").out.startswith("idolens ")


def test_doctor_finds_nothing_wrong_with_a_whole_installation(shell, monkeypatch):
    """0 and a line a check."""
    monkeypatch.setenv("IDOLENS_PORT", "0")
    done = shell.run("doctor")

    assert done.status == 0, done.out
    assert "SQLite" in done.out
    assert "idolens-tiny" in done.out


def test_doctor_is_content_without_fonts(shell, monkeypatch):
    """An analysis needs none: it is said, with the package to install, and 0."""
    finding = fonts_finding(None)
    monkeypatch.setattr("idolens.cli.machine.checkup", lambda _settings: [finding])
    english = shell.run("doctor")
    monkeypatch.setenv("IDOLENS_LANGUAGE", "zh")
    chinese = shell.run("doctor")

    assert (english.status, chinese.status) == (0, 0)
    for done in (english, chinese):
        assert done.out.startswith("! ")
        assert "apt install fonts-noto-cjk" in done.out
    assert "没有中文字体" in chinese.out


def test_doctor_says_how_to_mend(shell, monkeypatch):
    """1 when something does not work, with what to do about it."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        monkeypatch.setenv("IDOLENS_PORT", str(door.getsockname()[1]))
        done = shell.run("doctor")

    assert done.status == 1
    assert "→" in done.out


@pytest.fixture
def labelled(shell):
    folder = shell.folder / "set"
    folder.mkdir()
    pictures = sorted((SAMPLES / "pictures").iterdir())[:3]
    for picture in pictures:
        shutil.copy(picture, folder)
    truths = [
        json.dumps({"picture": picture.name, "answers": {"anybody": truth}})
        for picture, truth in zip(pictures, ("yes", "否", "无法判断"), strict=True)
    ]
    (folder / "labels.jsonl").write_text(lines(truths), encoding="utf-8")
    return folder


def test_eval_measures(shell, labelled):
    """Accuracy, risk items found, confusion and calibration, as JSON and a table."""
    way = ("eval", str(labelled), "--policy", "small.yaml")
    figures = shell.run(*way, "--json").json()
    table = shell.run(*way)

    assert figures["count"] == 3
    assert 0 <= figures["accuracy"] <= 1
    assert figures["risk"]["items"] == 2
    assert figures["risk"]["recall"] == 1
    assert figures["risk"]["false_alarms"] == 1
    confusion = figures["questions"]["anybody"]["confusion"]
    assert set(confusion) == {"yes", "no", "cannot_tell"}
    assert "anybody" in table.out
    assert table.status == 0, table.err


@pytest.mark.parametrize(
    "line",
    [
        '{"picture": "../small.yaml", "answers": {"anybody": "yes"}}',
        '{"picture": "none.png", "answers": {"anybody": "yes"}}',
        '{"picture": "stage.png", "answers": {"nobody": "yes"}}',
        "not json",
    ],
)
def test_eval_refuses_a_wrong_set(shell, labelled, line):
    """A picture outside of the folder, or none, or an unknown question: 2."""
    (labelled / "labels.jsonl").write_text(line, encoding="utf-8")
    done = shell.run("eval", str(labelled), "--policy", "small.yaml")

    assert done.status == 2
    assert "Traceback" not in done.err


def test_eval_without_labels_is_explained(shell):
    """2, and what a set looks like."""
    done = shell.run("eval", str(shell.folder), "--policy", "small.yaml")

    assert done.status == 2
    assert "labels.jsonl" in done.err


def test_a_file_that_is_no_picture_is_called_by_its_name(shell):
    """2, and which file it is."""
    (shell.folder / "notes.png").write_text("no picture", encoding="utf-8")
    done = shell.run("ask", str(shell.folder / "notes.png"), "这图怎么样?")

    assert done.status == 2
    assert "notes.png" in done.err


def test_a_mistake_of_ours_is_one_line(shell, monkeypatch):
    """1, where it happened, and no traceback; the exception's own words stay out."""

    def broken(_settings):
        raise RuntimeError("secret words")

    monkeypatch.setattr("idolens.cli.machine.checkup", broken)
    done = shell.run("doctor")

    assert done.status == 1
    assert "RuntimeError: test_commands.py" in done.err
    assert "secret words" not in done.err
    assert "Traceback" not in done.err
