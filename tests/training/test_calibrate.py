"""The shipped policies' calibration can be made again at any time."""

import json

import pytest

pytest.importorskip("skia")

from idolens.review import load_policy
from idolens.review.labels import read_labels
from idolens.review.policy_file import load_calibration
from idolens.vlm.model_files import shipped_folder
from training import evaluate
from training.calibrate import FIRST_SEED, POLICIES, calibrate, labelled, truths
from training.scenes import ATTRIBUTES, CANNOT_TELL

SEEDS = range(FIRST_SEED, FIRST_SEED + 12)


@pytest.mark.parametrize("name", POLICIES)
def test_labels_are_answers_to_the_policy(tmp_path, name):
    """Every line is one that `idolens calibrate` takes, and every question has some."""
    policy = load_policy(name)

    labelled(policy, SEEDS, tmp_path)

    labels = read_labels((tmp_path / "labels.jsonl").read_text("utf-8"), policy)
    assert [label.picture for label in labels] == [f"{seed}.png" for seed in SEEDS]
    assert all((tmp_path / label.picture).is_file() for label in labels)
    asked = {key for label in labels for key in label.truths}
    assert asked == {entry.key for entry in policy.questions}


def test_a_yes_is_what_the_drawing_shows():
    """Risks are told apart; what cannot be seen is no no, what is open is left out."""
    truth = dict.fromkeys(ATTRIBUTES)
    truth |= {"count": "一个人", "exposure": "穿模", "expression": CANNOT_TELL}

    found = truths(load_policy("poster-zh"), truth)

    assert found == {
        "person": "yes",
        "exposure": "no",
        "clipping": "yes",
        "positive_mood": "cannot_tell",
        "expression": "cannot_tell",
    }


def test_pictures_are_held_out():
    """Neither trained on nor measured with."""
    assert FIRST_SEED >= evaluate.FIRST_SEED + 1_000_000


def test_the_command_writes_a_calibration(tmp_path):
    """It names policy, engine and the very weights."""
    folder, out = tmp_path / "set", tmp_path / "out"
    labelled(load_policy("poster-zh"), SEEDS[:3], folder)

    calibrate(shipped_folder(), "poster-zh", folder, out)

    (file,) = out.glob("calibration-poster-zh-*.json")
    made = load_calibration(file)
    card = json.loads(file.read_text("utf-8"))
    assert (made.policy, made.engine, made.pictures) == ("poster-zh", "embedded", 3)
    assert card["model"] == "idolens-tiny"
    assert file.with_suffix(".html").is_file()


@pytest.mark.parametrize("name", POLICIES)
def test_shipped_policies_serve_every_engine(name):
    """A calibration would make them refuse all but one engine, model and revision."""
    assert load_policy(name).calibration is None
