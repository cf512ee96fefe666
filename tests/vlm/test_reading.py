import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.vlm.answer import Status
from idolens.vlm.prompt import CANNOT_TELL, render
from idolens.vlm.question import Choice, Score, Tags, Text, YesNo
from idolens.vlm.reading import (
    LEAST_LABEL_MASS,
    Piece,
    is_cannot_tell,
    read_closed,
    read_open,
    unrepeated,
)
from idolens.vocabulary import QuestionKey

KEY = QuestionKey("q")
YES_NO = YesNo(key=KEY, instruction="是否存在暴露着装?")
TAGS = Tags(key=KEY, instruction="列出服装。")
TEXT = Text(key=KEY, instruction="画面中有哪些文字?")
SCORE = Score(key=KEY, instruction="光线有多亮?", levels=("暗", "中", "亮"))

logits = st.floats(-30, 30)


def logs_of(weights: list[float], *, mass: float = 1.0) -> list[float]:
    """Turn logits into log-probabilities that add up to ``mass``."""
    total = math.fsum(math.exp(weight) for weight in weights)
    return [weight - math.log(total) + math.log(mass) for weight in weights]


def read(question, weights, *, mass=1.0, temperature=1.0):
    labels = render(question).labels
    logs = dict(zip(labels, logs_of(weights, mass=mass), strict=True))
    return read_closed(question, labels, logs, temperature=temperature)


class TestClosed:
    def test_the_most_likely_label_is_the_answer(self):
        """Yes wins where its label is the most likely one."""
        reading = read(YES_NO, [2.0, 1.0, -3.0])

        assert reading.status is Status.OK
        assert reading.value == "yes"
        assert reading.raw == "是"
        assert reading.probability == reading.options["yes"]
        assert reading.label_mass == pytest.approx(1.0)

    def test_a_low_label_mass_is_no_answer(self):
        """A model that wanted to say something else is not held to a label."""
        below, above = LEAST_LABEL_MASS - 0.01, LEAST_LABEL_MASS + 0.01

        assert read(YES_NO, [5.0, 0.0, 0.0], mass=below).status is Status.CANNOT_TELL
        assert read(YES_NO, [5.0, 0.0, 0.0], mass=above).status is Status.OK

    def test_the_models_own_cannot_tell_counts(self):
        """Where 无法判断 is the likeliest label there is no value."""
        reading = read(YES_NO, [0.0, 1.0, 2.0])

        assert reading.status is Status.CANNOT_TELL
        assert reading.value is None
        assert reading.probability is None
        assert reading.options[CANNOT_TELL] > reading.options["no"]

    def test_a_tie_with_cannot_tell_is_not_an_answer(self):
        """When in doubt the model has not answered."""
        assert read(YES_NO, [1.0, 0.0, 1.0]).status is Status.CANNOT_TELL

    def test_a_scale_is_answered_when_its_levels_together_outweigh(self):
        """Neighbouring levels share their mass; together they beat cannot-tell."""
        reading = read(SCORE, logs_of([0.0, 0.2, 0.2, 0.3]))

        assert reading.status is Status.OK
        assert isinstance(reading.value, float)

    def test_a_score_is_the_expected_level_given_that_it_can_tell(self):
        """Half 2, half 3 is 2.5, whatever share cannot-tell has."""
        weights = [-40.0, 0.0, 0.0, -1.0]

        assert read(SCORE, weights).value == pytest.approx(2.5)

    def test_nothing_but_zero_probability_is_cannot_tell(self):
        """Labels that the model would never say decide nothing."""
        reading = read_closed(YES_NO, render(YES_NO).labels, {})

        assert reading.status is Status.CANNOT_TELL
        assert reading.label_mass == 0.0

    def test_not_a_number_is_invalid(self):
        """A broken model never passes for one that answers."""
        reading = read_closed(YES_NO, render(YES_NO).labels, {"是": math.nan})

        assert reading.status is Status.INVALID
        assert reading.detail

    @given(st.lists(logits, min_size=3, max_size=26), st.floats(0.05, 20), st.data())
    def test_laws(self, weights, temperature, data):
        """Shares lie in 0…1, add up to one, and follow their option when shuffled."""
        options = tuple(f"选项{number}" for number in range(len(weights) - 1))
        order = data.draw(st.permutations(range(len(options))))
        shuffled = tuple(options[at] for at in order)
        shuffled_weights = [*(weights[at] for at in order), weights[-1]]

        one = read(
            Choice(key=KEY, instruction="哪一个?", options=options),
            weights,
            temperature=temperature,
        )
        other = read(
            Choice(key=KEY, instruction="哪一个?", options=shuffled),
            shuffled_weights,
            temperature=temperature,
        )

        assert math.fsum(one.options.values()) == pytest.approx(1.0)
        assert all(0.0 <= share <= 1.0 for share in one.options.values())
        assert one.options == pytest.approx(other.options)
        assert (one.status, one.value) == (other.status, other.value)
        assert one.label_mass is not None
        assert 0.0 <= one.label_mass <= 1.0

    @given(st.lists(logits, min_size=4, max_size=4), st.floats(0.1, 10))
    def test_temperature_changes_no_choice(self, weights, temperature):
        """Calibration moves the probability, never which option is on top."""
        question = Choice(key=KEY, instruction="哪一个?", options=("甲", "乙", "丙"))
        top = sorted(weights)
        if top[-1] - top[-2] < 1e-6:
            return

        plain = read(question, weights)
        calibrated = read(question, weights, temperature=temperature)

        assert plain.value == calibrated.value
        assert plain.raw == calibrated.raw

    @given(st.lists(logits, min_size=4, max_size=4))
    def test_scores_stay_on_the_scale(self, weights):
        """An expected level lies between the lowest and the highest."""
        reading = read(SCORE, weights)

        if reading.status is Status.OK:
            assert 1.0 <= reading.value <= 3.0
            assert isinstance(reading.value, float)


def pieces(*texts: str) -> list[Piece]:
    return [Piece(text, math.log(0.5)) for text in texts]


class TestTags:
    @pytest.mark.parametrize(
        "said",
        [
            "汉服、微笑,猫耳",
            "汉服,微笑/猫耳。",
            "汉服\n微笑;猫耳",
            "「汉服」 、微笑、、猫耳、",
            "汉服\uff0c微笑\uff0f猫耳。",
            "汉服\uff1b微笑\uff5c猫耳\uff01",
            "\uff08汉服\uff09、微笑\u3000、猫耳\uff0e",
        ],
    )
    def test_words_are_split_and_trimmed(self, said):
        """Every separator that models use parts the tags."""
        assert read_open(TAGS, pieces(*said)).value == ("汉服", "微笑", "猫耳")

    def test_a_tag_is_named_once(self):
        """Doubled words are one tag."""
        assert read_open(TAGS, pieces("汉服、", "汉服、", "微笑")).value == (
            "汉服",
            "微笑",
        )

    def test_only_offered_words_are_kept_in_the_offers_spelling(self):
        """Options filter, however the model spells the width or case of a word."""
        question = Tags(key=KEY, instruction="列出。", options=("A字裙", "汉服"))

        reading = read_open(question, pieces("a字裙", "、", "西装"))

        assert reading.value == ("A字裙",)
        assert read_open(question, pieces("西装")).status is Status.CANNOT_TELL

    def test_at_most_so_many(self):
        """``most`` bounds the list."""
        question = Tags(key=KEY, instruction="列出。", most=2)

        assert read_open(question, pieces("甲、乙、丙")).value == ("甲", "乙")

    def test_each_tag_has_the_probability_of_its_own_tokens(self):
        """A sure tag next to an unsure one keeps its own probability."""
        said = [
            Piece("汉", math.log(0.9)),
            Piece("服", math.log(0.9)),
            Piece("、", math.log(1.0)),
            Piece("猫耳", math.log(0.25)),
        ]

        reading = read_open(TAGS, said)

        assert reading.options == pytest.approx({"汉服": 0.9, "猫耳": 0.25})

    @pytest.mark.parametrize("said", ["无法判断", "无法判断。", "Unclear", "、、"])
    def test_cannot_tell(self, said):
        """No tag is an answer that nothing decides, not an empty list."""
        reading = read_open(TAGS, pieces(said))

        assert reading.status is Status.CANNOT_TELL
        assert reading.value is None


class TestText:
    def test_thoughts_and_boxes_are_not_part_of_the_answer(self):
        """What a thinking model writes around its answer is removed."""
        said = pieces(
            "<think>", "hmm", "</think>", "\n<|begin_of_box|>", "红色", "<|end_of_box|>"
        )

        assert read_open(TEXT, said).value == "红色"

    def test_an_unfinished_thought_is_no_answer(self):
        """Cut off inside a thought, nothing was said."""
        assert read_open(TEXT, pieces("<think>", "也许")).status is Status.INVALID

    def test_silence_is_invalid(self):
        """No words at all count as not examined."""
        assert read_open(TEXT, []).status is Status.INVALID

    def test_cannot_tell_is_heard(self):
        """无法判断 as free text is the same answer as the label."""
        assert read_open(TEXT, pieces("无法", "判断。")).status is Status.CANNOT_TELL

    def test_a_loop_is_cut_after_its_first_round(self):
        """A model that loops is quoted once."""
        said = ["红色的裙子。", *"很亮的灯" * 6]

        assert read_open(TEXT, pieces(*said)).value == "红色的裙子。很亮的灯"

    @given(st.text(max_size=60), st.integers(1, 8))
    def test_any_words_give_a_reading(self, text, width):
        """Whatever a model says is read, with a probability from 0 to 1."""
        said = [text[at : at + width] for at in range(0, len(text), width)]

        for question in (TAGS, TEXT):
            reading = read_open(question, pieces(*said))
            assert reading.value is None or reading.status is Status.OK
            assert reading.probability is None or 0.0 <= reading.probability <= 1.0


class TestRepetition:
    def test_short_doublings_are_speech(self):
        """哈哈哈 is not a loop."""
        assert unrepeated("哈哈哈") == 3

    @given(st.lists(st.integers(0, 3), max_size=40))
    def test_what_is_kept_is_a_beginning_that_does_not_loop(self, parts):
        """Cutting a loop keeps at least its first round, and is stable."""
        kept = unrepeated(parts)

        assert 0 <= kept <= len(parts)
        assert not parts or kept > 0

    @given(st.lists(st.integers(0, 99), min_size=2, max_size=12, unique=True))
    def test_loops_of_any_period_are_cut(self, loop):
        """Five rounds become one."""
        assert unrepeated([*loop] * 5) == len(loop)


def test_ways_to_say_cannot_tell():
    """Width, case and punctuation do not matter."""
    assert is_cannot_tell(" Unclear.")
    assert is_cannot_tell("无法判断。")
    assert not is_cannot_tell("无法判断颜色")
