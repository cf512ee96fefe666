"""labels.jsonl: what a person says, held against what an engine says."""

import json

import numpy as np
import pytest

from idolens.errors import BadInputError
from idolens.media.picture import Picture
from idolens.review.evaluation import evaluate
from idolens.review.labels import Label, cases, read_labels
from idolens.review.policy_file import check_policy
from tests.fakes import FakeEngine

POLICY = check_policy(
    """
name: small
title: 小
questions:
  - key: exposure
    kind: yes_no
    instruction: 是否存在暴露着装?
    label: 暴露
    risks: [{when: "yes", sub_label: 暴露着装, review_at: 0.3}]
  - key: scene
    kind: choice
    instruction: 画面是什么场景?
    label: 场景
    options: [室内舞台, 户外公园]
  - key: mood
    kind: score
    instruction: 情绪有多积极?
    label: 情绪
    options: [低落, 平静, 积极]
  - key: words
    kind: text
    instruction: 请描述这张图片。
    label: 描述
"""
)
PICTURE = Picture(np.zeros((8, 8, 3), np.uint8))


def line(picture="a.png", **answers):
    return json.dumps({"picture": picture, "answers": answers}, ensure_ascii=False)


def said(label, reply, certainty=0.9):
    """Return the cases of ``label`` when the engine gives ``reply`` by key."""
    engine = FakeEngine(reply=lambda _, q: reply[q.key], certainty=certainty)
    asked = [q.question() for q in POLICY.questions if q.key in label.truths]
    return cases(label, engine.answer([PICTURE], asked)[0], POLICY)


def test_truths_are_read_in_the_words_of_either_language():
    """是 and yes are one truth, a level may be a number, blank lines are skipped."""
    first = line(exposure="是", scene="室内舞台", mood=3)
    text = f"{first}\n\n{line('b.png', exposure='无法判断')}\n"

    assert read_labels(text, POLICY) == [
        Label("a.png", {"exposure": "yes", "scene": "室内舞台", "mood": "3"}),
        Label("b.png", {"exposure": "cannot_tell"}),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "{",
        "[]",
        "3",
        '{"picture": "a.png"}',
        '{"picture": "a.png", "answers": []}',
        line(exposure="maybe"),
        line(exposur="yes"),
        line(words="一张图"),
        line(scene="海边"),
        line(mood="4"),
    ],
)
def test_a_wrong_line_is_refused(text):
    """What cannot be compared is never silently left out."""
    with pytest.raises(BadInputError):
        read_labels(text, POLICY)


def test_the_message_names_the_line():
    """The second line is at fault here."""
    with pytest.raises(BadInputError, match="Line 2"):
        read_labels(f"{line(exposure='no')}\n{line(exposure='maybe')}", POLICY)


def test_right_wrong_and_undecided_answers():
    """Each is a case; an undecided one is right only where the truth is undecided."""
    label = Label("a.png", {"exposure": "no", "scene": "室内舞台", "mood": "3"})
    exposure, scene, mood = said(label, {"exposure": "no", "scene": None, "mood": 3})

    assert exposure.right
    assert exposure.probability == pytest.approx(0.9)
    assert (scene.given, scene.right) == ("cannot_tell", False)
    assert mood.given == "3"
    assert said(Label("a.png", {"exposure": "cannot_tell"}), {"exposure": None})[
        0
    ].right


def test_a_risk_is_found_when_its_threshold_is_reached():
    """A risk item counts as found although the likelier answer was no."""
    label = Label("a.png", {"exposure": "yes"})
    (sure,) = said(label, {"exposure": "yes"})
    (faint,) = said(label, {"exposure": "no"}, certainty=0.36)
    (missed,) = said(label, {"exposure": "no"}, certainty=0.9)

    assert (sure.risk, sure.flagged) == (True, True)
    assert (faint.given, faint.flagged) == ("no", True)
    assert (missed.risk, missed.flagged) == (True, False)
    assert evaluate([sure, missed]).risk.recall == 0.5
