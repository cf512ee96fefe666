"""Which tokens say a label."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.vlm.chat.labels import by_id, by_text, ids_of, in_words, sum_of_logs
from idolens.vlm.prompt import CANNOT_TELL, render
from idolens.vlm.question import Choice, Score, YesNo
from idolens.vocabulary import QuestionKey

ZH = ("是", "否", "无法判断")
KEY = QuestionKey("q")


def log(share):
    return math.log(share)


def told(labels, *pairs):
    found = by_text(labels, [(text, log(share)) for text, share in pairs])
    return {label: round(math.exp(value), 9) for label, value in found.items()}


def test_variants_are_added_up():
    """是, Yes and yes mean the same; spaces before a word do not matter."""
    assert told(ZH, ("是", 0.5), ("Yes", 0.2), (" yes", 0.1), ("否", 0.1)) == {
        "是": 0.8,
        "否": 0.1,
    }


def test_the_first_token_of_a_longer_label_stands_for_it():
    """无法 can only become 无法判断, and Un only Unclear."""
    assert told(ZH, ("无法", 0.3), ("无", 0.1)) == {"无法判断": 0.4}
    assert told(("Yes", "No", "Unclear"), ("Un", 0.3)) == {"Unclear": 0.3}


def test_what_could_be_anything_counts_for_nothing():
    """One letter, half a character and other words are nobody's."""
    labels = ("Yes", "No", "Unclear")

    assert told(labels, ("N", 0.4), ("The", 0.2), ("\ufffd", 0.2), ("", 0.1)) == {}


def test_letters_are_exact():
    """A is A; a sentence that begins with another word is not."""
    assert told(("A", "B"), ("A", 0.5), (" A", 0.1), ("B", 0.2), ("An", 0.1)) == {
        "A": 0.6,
        "B": 0.2,
    }


def test_the_marks_of_tokenizers_are_spaces():
    """SentencePiece and byte-level BPE write the space before a word their way."""
    assert told(("A", "B"), ("\u2581A", 0.5), ("\u0120B", 0.2)) == {"A": 0.5, "B": 0.2}


def test_ids_are_those_of_one_token_words():
    """Every way of writing that is one token counts."""
    encoded = {"是": [7], "Yes": [8], " Yes": [9], "否": [10], "No": [11, 12]}

    ids = ids_of(("是", "否"), encoded)

    assert ids == {"是": (7, 8, 9), "否": (10,)}


def test_a_label_of_several_tokens_counts_by_its_first():
    """Unless another label begins with it too."""
    apart = ids_of(("是", "无法判断"), {"是": [7], "无法判断": [20, 21]})
    mixed = ids_of(("是", "无法判断"), {"是": [20], "无法判断": [20, 21]})

    assert apart["无法判断"] == (20,)
    assert mixed["无法判断"] == ()


def test_ids_are_added_up():
    """The same sum, by token ids."""
    logs = {7: log(0.5), 8: log(0.25), 10: log(0.1), 99: log(0.1)}

    found = by_id(
        ("是", "否", "无法判断"), {"是": (7, 8), "否": (10,), "无法判断": (3,)}, logs
    )

    assert {label: round(math.exp(value), 9) for label, value in found.items()} == {
        "是": 0.75,
        "否": 0.1,
    }


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30))
def test_a_sum_of_probabilities_is_at_most_one(logs):
    """However odd a server's numbers are."""
    assert sum_of_logs(logs) <= 0.0


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("是", "是"),
        ("是。", "是"),
        (" Yes.", "是"),
        ("否!", "否"),
        ("无法判断。", "无法判断"),
        ("Unclear", "无法判断"),
        ("是,画面中有人。", "是"),
        ("是的", None),
        ("是非题", None),
        ("也许", None),
        ("", None),
        ("。", None),
    ],
)
def test_a_reply_in_words_is_a_label_or_nothing(reply, label):
    """Nothing is guessed."""
    labels = render(YesNo(key=KEY, instruction="有人吗?")).labels

    assert in_words(labels, reply) == label


@pytest.mark.parametrize(
    ("reply", "meaning"),
    [
        ("B", "户外公园"),
        ("b", "户外公园"),
        ("B. 户外公园", "户外公园"),
        ("户外公园", "户外公园"),
        ("**A**", "室内舞台"),
        ("C", CANNOT_TELL),
        ("D", None),
        ("A 或 B", None),
        ("B 户外公园", "户外公园"),
        ("Both", None),
    ],
)
def test_options_are_letters_or_words(reply, meaning):
    """The letter, with or without its option, or the option."""
    question = Choice(key=KEY, instruction="在哪?", options=("室内舞台", "户外公园"))
    labels = render(question).labels
    label = in_words(labels, reply)

    assert (labels[label] if label else None) == meaning


def test_a_level_is_its_number():
    """12 is not level 1."""
    labels = render(Score(key=KEY, instruction="多亮?", levels=("暗", "亮"))).labels

    assert in_words(labels, "2") == "2"
    assert in_words(labels, "12") is None
