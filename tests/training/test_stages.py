"""Every stage trains, writes its state, and goes on from it."""

import json
import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skia")

from training import read, see  # noqa: E402
from training.average import averaged  # noqa: E402
from training.configs import text_config, vision_config  # noqa: E402
from training.packing import tokenizer  # noqa: E402
from training.pictures import close_up, drawn, patchified, stacked  # noqa: E402
from training.tower import from_glm4v, position_tables, to_glm4v  # noqa: E402


def small_vision() -> see.Glm4vVisionConfig:
    """A tower that takes two steps in seconds."""
    return vision_config(width=64, depth=1, text_width=64)


def test_seeing_resumes(tmp_path: Path) -> None:
    """Two steps, then two more from the file: four are counted."""
    plan = see.Plan(
        kind="full",
        minutes=5,
        batch=2,
        out=tmp_path,
        compiled=False,
        workers=0,
        check_size=0,
        steps=2,
    )
    model = see.Seeing(small_vision())
    see.train(plan, model)
    again = see.Seeing(small_vision())
    state = see.load(again, tmp_path / "last.pt")
    assert state["steps"] == 2

    see.train(
        see.Plan(
            kind="small",
            minutes=5,
            batch=2,
            out=tmp_path,
            compiled=False,
            workers=0,
            check_size=0,
            steps=4,
        ),
        again,
        state,
    )

    assert see.load(see.Seeing(small_vision()), tmp_path / "last.pt")["steps"] == 4


@pytest.mark.parametrize("joint", [False, True])
def test_reading_resumes(tmp_path: Path, joint: bool) -> None:  # noqa: FBT001
    """The tower stands still unless both parts are trained together."""
    text = text_config(len(tokenizer()), width=64, layers=1)
    model = read.Reading(small_vision(), text)
    before = model.tower.patch_embed.weight.detach().clone()
    plan = read.ReadPlan(
        minutes=5,
        batch=2,
        out=tmp_path,
        joint=joint,
        compiled=False,
        workers=0,
        check_size=0,
        steps=2,
    )
    read.train(plan, model, None)
    again = read.Reading(small_vision(), text)
    state = read.load(again, tmp_path / "last.pt")

    assert state["steps"] == 2
    moved = not torch.equal(again.tower.patch_embed.weight, before)
    assert moved == joint


def test_checks_write_the_log(tmp_path: Path) -> None:
    """Every check is a line of JSON with an accuracy per attribute."""
    plan = see.Plan(
        kind="small",
        minutes=5,
        batch=2,
        out=tmp_path,
        compiled=False,
        workers=0,
        check_size=64,
        check_every=2,
        steps=1,
    )
    see.train(plan, see.Seeing(small_vision()))
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()

    assert set(json.loads(lines[0])["accuracy"]) == set(see.ATTRIBUTES)


def test_weights_come_back_from_glm4v() -> None:
    """The linear patch embedding and the convolution hold the same map."""
    tower = see.Seeing(small_vision()).tower
    state = tower.state_dict()
    back = from_glm4v(to_glm4v(tower))

    assert set(back) == set(state)
    assert all(torch.allclose(back[name], state[name]) for name in state)


def test_positions_at_the_trained_size_are_exact() -> None:
    """At 224 pixels each patch has its own learned position."""
    mixing, _, _ = position_tables(vision_config(), (16, 16))

    assert torch.allclose(mixing.sum(1), torch.ones(256), atol=1e-5)
    assert torch.equal(mixing.argmax(1).sort().values, torch.arange(256))


def test_close_ups_ask_only_what_they_show() -> None:
    """What the window cuts off has no truth and no region."""
    chance = random.Random(4)  # noqa: S311
    for seed in range(12):
        close = close_up(drawn(seed, (224, 224), chance), chance)
        assert close.image.shape == (112, 112, 3)
        assert close.truth["scene"] is None
        assert all(close.truth[key] is not None for key in close.regions)


def test_patches_stand_in_the_processor_s_order() -> None:
    """Four patches of a merge block follow one another."""
    chance = random.Random(1)  # noqa: S311
    picture = drawn(3, (308, 168), chance)
    patches = patchified(picture.image).reshape(-1, 3, 14, 14)

    assert (patches[1] == picture.image[:14, 14:28].transpose(2, 0, 1)).all()
    assert (patches[2] == picture.image[14:28, :14].transpose(2, 0, 1)).all()
    assert stacked([picture]).grid == (12, 22)


def test_a_mean_of_checkpoints_lies_between_them() -> None:
    """Weights are mixed, counters are the second's, and strangers are refused."""
    one, two = (
        {
            part: {"weight": torch.full((2, 2), value), "steps": torch.tensor(number)}
            for part in ("tower", "reader", "match", "heads")
        }
        | {"steps": number}
        for value, number in ((0.0, 10), (4.0, 20))
    )

    mixed = averaged(one, two, 0.25)

    assert torch.equal(mixed["reader"]["weight"], torch.ones(2, 2))
    assert mixed["tower"]["steps"] == mixed["steps"] == 20
    with pytest.raises(ValueError, match="shape of their heads"):
        averaged(one | {"heads": {}}, two, 0.25)
