"""What the benchmarks ask is the same for all, and is what they say it is."""

import pytest

from bench import gpu
from bench.turns import closed_questions, new_picture, take_turns
from idolens.vlm.question import Choice, Score, Text, YesNo, check

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


def test_questions_are_different_and_closed():
    """Fifty questions that every way can answer by one token."""
    questions = closed_questions(50)

    check(questions)
    assert len({one.instruction for one in questions}) == 50
    assert all(isinstance(one, YesNo | Choice | Score) for one in questions)


def test_every_picture_is_new():
    """No cache can answer a picture that nobody has seen."""
    first, second = new_picture(1), new_picture(2, 512, 512)

    assert first.pixels.shape == (288, 512, 3)
    assert second.pixels.shape == (512, 512, 3)
    assert first.sha256 != new_picture(3).sha256
    assert first.sha256 == new_picture(1).sha256


def test_all_ways_see_the_same_pictures_in_turn():
    """Each run shows one picture to every way before the next run begins."""
    seen = []
    ways = {
        name: lambda picture, _, name=name: seen.append((name, picture.sha256))
        for name in ("a", "b")
    }

    times = take_turns(ways, closed_questions(1), runs=2)

    assert set(times) == {"a", "b"}
    assert [name for name, _ in seen] == ["a", "b"] * 3
    assert [one for name, one in seen if name == "a"] == [
        one for name, one in seen if name == "b"
    ]


def test_system_one_form_keeps_the_question():
    """Yes/no, choice and score become noul, choice and score."""
    from bench.plain import systemone_questions  # noqa: PLC0415 - needs transformers

    form = systemone_questions(
        [
            YesNo(key="a", instruction="有人吗?"),
            Choice(key="b", instruction="哪种?", options=("甲", "乙")),
            Score(key="c", instruction="多少?", levels=("低", "高")),
        ]
    )

    assert form["a"] == {"type": "noul", "instructions": "有人吗?"}
    assert form["b"]["criteria"] == {"甲": "甲", "乙": "乙"}
    assert form["c"]["criteria"] == ["低", "高"]
    with pytest.raises(ValueError, match="closed"):
        systemone_questions([Text(key="d", instruction="说说")])


def test_full_size_is_the_published_size():
    """9.40 billion weights for words and 0.89 for pictures: 20.6 GB in bfloat16."""
    from bench.full_size import full_config, parameters  # noqa: PLC0415

    assert parameters(full_config()) == pytest.approx(10.29e9, rel=0.001)


def test_without_a_card_nothing_is_claimed(monkeypatch, capsys):
    """The script says so and stores nothing."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["gpu"])

    assert gpu.main() == 0
    assert "not measured" in capsys.readouterr().out
