"""calibrate and compare: labelled pictures in, a file and figures out."""

import json

import numpy as np
import pytest
from PIL import Image

from idolens.review.policy_file import load_calibration
from tests.cli.terminal import SAMPLES, lines


@pytest.fixture
def labelled(shell):
    """Six pictures, each under two names: twelve labels, enough to fit."""
    folder = shell.folder / "set"
    folder.mkdir()
    truths = []
    for number, picture in enumerate(sorted((SAMPLES / "pictures").iterdir())):
        with Image.open(picture) as opened:
            pixels = np.asarray(opened.convert("RGB").resize((256, 256)))
        for name, seen in (
            (f"{number}a.png", pixels),
            (f"{number}b.png", pixels[::-1]),
        ):
            Image.fromarray(np.ascontiguousarray(seen)).save(folder / name)
            truth = ("yes", "no")[number % 2]
            truths.append(json.dumps({"picture": name, "answers": {"anybody": truth}}))
    (folder / "labels.jsonl").write_text(lines(truths), encoding="utf-8")
    return folder


def test_calibrate_writes_a_file_that_a_policy_can_name(shell, labelled):
    """The file is read back, judged by, and refused for another engine."""
    way = ("calibrate", str(labelled), "--policy", "small.yaml", "--out", "made")
    done = shell.run(*way)
    again = shell.run(*way, "--json").json()

    assert done.status == 0, done.err
    assert "anybody" in done.out
    (file,) = (shell.folder / "made").glob("calibration-small-*.json")
    made = load_calibration(file)
    assert again["version"] == made.version
    assert made.curves[0].count == 12
    assert made.engine == "embedded"
    assert "<svg" in file.with_suffix(".html").read_text("utf-8")

    text = (shell.folder / "small.yaml").read_text("utf-8")
    named = shell.folder / "calibrated.yaml"
    named.write_text(text + f"calibration: made/{file.name}\n", encoding="utf-8")
    measured = shell.run("eval", str(labelled), "--policy", "calibrated.yaml", "--json")
    assert measured.status == 0, measured.err
    assert measured.json()["unusable"] == 0

    other = made.model_dump(mode="json") | {"model_revision": "another"}
    file.write_text(json.dumps(other), encoding="utf-8")
    refused = shell.run("eval", str(labelled), "--policy", "calibrated.yaml")
    assert refused.status == 2
    assert "idolens calibrate" in refused.err


def test_contrast_is_another_model_to_a_calibration(shell, labelled, monkeypatch):
    """Probabilities less a blank picture's are not those that were fitted."""
    shell.run("calibrate", str(labelled), "--policy", "small.yaml")
    (file,) = shell.folder.glob("calibration-small-*.json")
    text = (shell.folder / "small.yaml").read_text("utf-8")
    named = shell.folder / "calibrated.yaml"
    named.write_text(text + f"calibration: {file.name}\n", encoding="utf-8")
    monkeypatch.setenv("IDOLENS_CONTRAST", "0.5")
    refused = shell.run("eval", str(labelled), "--policy", "calibrated.yaml")

    assert refused.status == 2
    assert "blank0.5" in refused.err


def test_compare_puts_two_engines_side_by_side(shell, labelled):
    """An engine agrees with itself; a settings file names another set-up."""
    (shell.folder / "less.yaml").write_text("engine: embedded\ncontrast: 0.5\n")
    way = ("compare", "embedded", "less.yaml", str(labelled), "--policy", "small.yaml")
    found = shell.run(*way, "--per-hour-a", "3.6", "--json").json()
    table = shell.run(*way)

    assert found["count"] == 12
    assert found["a"]["picture_ms"] > 0
    assert found["a"]["cost_per_1000"] > 0
    assert found["b"]["cost_per_1000"] is None
    assert "blank0.5" in found["b"]["model"]
    assert len(found["differences"]) == round(12 * (1 - found["agreement"]))
    assert table.status == 0, table.err
    assert "answers a second" in table.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "embeded", "embedded", "set", "--policy", "small.yaml"),
        ("compare", "embedded", "embedded", "nowhere", "--policy", "small.yaml"),
        ("calibrate", "nowhere", "--policy", "small.yaml"),
        ("calibrate", "set", "--policy", "small.yaml", "--out", "small.yaml"),
    ],
    ids=["no engine", "no set", "no set to fit", "no folder"],
)
def test_bad_input_is_explained(shell, labelled, arguments):
    """2 and one sentence."""
    assert labelled.name == "set"
    done = shell.run(*arguments)

    assert done.status == 2
    assert done.err.startswith("Error: ")
    assert "Traceback" not in done.err


def test_calibrate_from_verdicts_says_what_there_is_to_learn(shell):
    """Without verdicts nothing is proposed, and nothing can be applied."""
    way = ("calibrate", "--from-verdicts", "--policy", "livestream-zh")
    shown = shell.run(*way)
    told = shell.run(*way, "--most-false-alarms", "0.1", "--json").json()
    applied = shell.run(*way, "--apply")
    both = shell.run("calibrate", "set", "--from-verdicts")
    neither = shell.run("calibrate")

    assert shown.status == 0, shown.err
    assert {one["why"] for one in told["risks"]} == {"few"}
    assert (told["most_false_alarms"], told["applied"]) == (0.1, None)
    assert (applied.status, both.status, neither.status) == (2, 2, 2)
    assert "--from-verdicts" in neither.err
