"""The questions' right answers follow from what was drawn."""

import random

import pytest

pytest.importorskip("skia")

from idolens.vlm.prompt import render
from idolens.vlm.question import Choice, check
from training.figures import Asked, expected_calibration_error, figures
from training.questions import Ask, asks, choice, special, yes_no
from training.scenes import CANNOT_TELL, draw, sample
from training.specials import SPECIALS


def chance(seed: int) -> random.Random:
    """The same luck each time."""
    return random.Random(seed)  # noqa: S311


def some_asks(language: str) -> list[Ask]:
    """Questions about forty pictures."""
    return [
        ask
        for seed in range(40)
        for ask in asks(draw(sample(seed), 64, 64).truth, chance(seed), 8, language)
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reply_is_one_of_the_labels(language: str) -> None:
    """Whatever is asked could be asked of an engine, and the reply is a label."""
    found = some_asks(language)

    assert found
    for ask in found:
        check([ask.question])
        assert not ask.closed or ask.reply in render(ask.question).labels


def test_choices_point_at_the_truth() -> None:
    """The letter is that of the word that was drawn."""
    truth: dict[str, str | None] = {"clothing": "汉服"}
    for seed in range(50):
        ask = choice(truth, chance(seed), "clothing")
        assert isinstance(ask.question, Choice)
        meaning = render(ask.question).labels[ask.reply]
        assert meaning in {"汉服", "hanfu", "其他"}


def test_turned_questions_have_turned_answers() -> None:
    """A negated wording swaps yes and no, never cannot-tell."""
    exposure = next(item for item in SPECIALS if item.yes == {"暴露着装"})
    for seed in range(60):
        ask = special({"exposure": "暴露着装"}, chance(seed), exposure)
        negated = any(
            word in ask.question.instruction for word in ("不存在", "不暴露", "没有")
        )
        if ask.question.language == "zh" and "有没有" not in ask.question.instruction:
            assert ask.reply == ("否" if negated else "是")


def test_what_is_hidden_cannot_be_told() -> None:
    """Every wording about it has the same answer."""
    for seed in range(20):
        ask = yes_no({"expression": CANNOT_TELL}, chance(seed), "expression")
        assert ask.reply in {CANNOT_TELL, "Unclear"}


def test_perfect_answers_give_perfect_figures() -> None:
    """Recall one, no false alarm, no calibration error."""
    found = [
        Asked(
            scene=number,
            key=key,
            right=right,
            said=right,
            options={"yes": float(right == "yes"), "no": float(right == "no")},
            no_fit=False,
            kind="yes_no",
        )
        for number, right in enumerate(("yes", "no"))
        for key in ("risk/exposure", "risk/clipping", "risk/logo")
    ]
    result = figures(found)

    assert result["closed_macro_accuracy"] == 1
    assert result["ece"] == 0
    assert expected_calibration_error(found) == 0
