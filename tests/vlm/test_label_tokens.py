"""Which tokens count as a label, and how they count together."""

import math

import pytest

from idolens.vlm.asked import Desk
from idolens.vlm.chat_template import Chat
from idolens.vlm.embedded.checkpoint import GRAPHS
from idolens.vlm.label_tokens import label_ids
from idolens.vlm.model_files import read_model_files, shipped_folder
from idolens.vlm.question import YesNo
from idolens.vocabulary import QuestionKey

ASKED = YesNo(key=QuestionKey("q"), instruction="有人吗?")


@pytest.fixture(scope="module")
def chat():
    return Chat(read_model_files(shipped_folder(), GRAPHS))


@pytest.fixture(scope="module")
def desk(chat):
    return Desk(chat=chat, label_ids=label_ids(chat), temperatures={})


def test_other_ways_to_write_a_label_count_where_they_are_one_token(chat):
    """The label's own token is the first; what is several tokens is left out."""
    words = {
        label: [chat.tokenizer.id_to_token(token) for token in tokens]
        for label, tokens in label_ids(chat).items()
    }

    assert words["是"][:2] == ["是", "Yes"]
    assert words["Yes"][:2] == ["Yes", "是"]
    assert words["否"][:2] == ["否", "No"]
    assert words["无法判断"][:2] == ["无法判断", "Unclear"]
    assert words["A"] == ["A"]
    assert words["7"] == ["7"]


def test_no_token_counts_for_two_labels_of_a_question(desk):
    """An unknown word's token would count for all of them."""
    labels = desk.take(ASKED).prompt.labels
    tokens = [token for label in labels for token in desk.label_ids[label]]

    assert len(tokens) == len(set(tokens))


def test_a_label_is_as_probable_as_its_ways_together(desk):
    """Yes to a Chinese question is a 是."""
    asked = desk.take(ASKED)
    yes, other, *_ = desk.label_ids["是"]
    shares = {yes: 0.3, other: 0.2, desk.label_ids["否"][0]: 0.4}

    logs = desk.by_label(asked, lambda token: math.log(shares.get(token, 1e-30)))
    reading = desk.closed(asked, logs)

    assert reading.value == "yes"
    assert reading.label_mass == pytest.approx(0.9)
    assert reading.options["yes"] == pytest.approx(0.5 / 0.9)


def test_what_is_no_number_stays_none(desk):
    """It is no probability of 0 either."""
    logs = desk.by_label(desk.take(ASKED), lambda _: math.nan)

    assert all(math.isnan(log) for log in logs.values())


def test_nothing_at_all_is_nothing(desk):
    """No way of writing it has a probability."""
    logs = desk.by_label(desk.take(ASKED), lambda _: -math.inf)

    assert set(logs.values()) == {-math.inf}
