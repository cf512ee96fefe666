"""Drawn scenes: endless, deterministic, true to their words."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from training.scenes import ATTRIBUTES, CANNOT_TELL, Scene, draw, sample

SIZES = [(224, 224), (308, 168), (168, 308), (252, 196), (196, 252), (640, 360)]
UNANSWERABLE = ["black", "flat colour", "noise", "photo", "abstract"]


@pytest.mark.parametrize("seed", [0, 3, 10_000_019])
def test_the_same_scene_and_size_give_the_same_bytes(seed: int) -> None:
    """A drawing depends on nothing but its scene and its size."""
    first, second = (draw(sample(seed), 224, 224, 1.5) for _ in range(2))

    assert np.array_equal(first.image, second.image)
    assert first.truth == second.truth
    assert first.regions == second.regions


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_shape_of_picture_is_drawn(width: int, height: int) -> None:
    """Pictures have the asked size and regions lie inside them."""
    for seed in range(12):
        drawing = draw(sample(seed), width, height)

        assert drawing.image.shape == (height, width, 3)
        assert drawing.image.dtype == np.uint8
        assert set(drawing.truth) == set(ATTRIBUTES)
        for key, word in drawing.truth.items():
            assert word is None or word in (*ATTRIBUTES[key], CANNOT_TELL)
        for key, (x0, y0, x1, y1) in drawing.regions.items():
            assert drawing.truth[key] in ATTRIBUTES[key]
            assert 0 <= x0 < x1 <= 1
            assert 0 <= y0 < y1 <= 1


@pytest.mark.parametrize("attribute", list(ATTRIBUTES))
def test_every_word_is_drawn_and_asked_about(attribute: str) -> None:
    """No word of the vocabulary is missing from what the model learns."""
    plain = Scene(head_accessory="无头饰", brand_place="corner")
    for word in ATTRIBUTES[attribute]:
        scene = replace(plain, **{attribute: word})
        if word == "没有人":
            scene = replace(scene, kind="empty")

        assert draw(scene, 224, 224).truth[attribute] == word


def test_words_are_sampled_evenly() -> None:
    """Hair styles, clothes and places come about equally often."""
    scenes = [sample(seed) for seed in range(3000)]
    for attribute in ("hair_style", "clothing", "scene", "expression"):
        counts = Counter(getattr(scene, attribute) for scene in scenes)
        even = len(scenes) / len(ATTRIBUTES[attribute])

        assert set(counts) == set(ATTRIBUTES[attribute])
        assert min(counts.values()) > 0.75 * even
        assert max(counts.values()) < 1.25 * even


def test_about_one_scene_in_seven_fits_no_question() -> None:
    """The model also learns when to refuse."""
    share = np.mean([sample(seed).kind != "idol" for seed in range(3000)])

    assert 0.12 < share < 0.18


@pytest.mark.parametrize("kind", UNANSWERABLE)
def test_strange_pictures_answer_nothing(kind: str) -> None:
    """Whatever is asked about noise or a photograph, the truth is a refusal."""
    drawing = draw(replace(sample(5), kind=kind), 252, 196)

    assert set(drawing.truth.values()) == {CANNOT_TELL}
    assert drawing.regions == {}


def test_an_empty_place_is_still_a_place() -> None:
    """Without a character the place can be told and the hair cannot."""
    truth = draw(Scene(kind="empty", scene="海边"), 224, 224).truth

    assert truth["count"] == "没有人"
    assert truth["scene"] == "海边"
    assert truth["hair_color"] == CANNOT_TELL
    assert truth["exposure"] == CANNOT_TELL


def test_what_lies_outside_the_picture_cannot_be_told() -> None:
    """A face alone says nothing of clothes; a body alone nothing of a face."""
    face = draw(Scene(framing="face"), 224, 224).truth
    body = draw(Scene(framing="body", hair_style="短发"), 224, 224).truth

    assert face["clothing"] == CANNOT_TELL
    assert face["expression"] == "微笑"
    assert body["expression"] == CANNOT_TELL
    assert body["clothing"] == "T恤"


def test_time_moves_light_and_pose() -> None:
    """A later moment of the same scene is another picture with the same truth."""
    scene = Scene(light="蓝光")
    now, later = draw(scene, 224, 224, 0.0), draw(scene, 224, 224, 2.0)

    assert not np.array_equal(now.image, later.image)
    assert now.truth == later.truth


def test_a_tear_and_clipping_change_the_same_clothes_differently() -> None:
    """Both faults show, and neither looks like the other."""
    sound, torn, clipped = (
        draw(Scene(exposure=word), 224, 224).image.astype(int)
        for word in ATTRIBUTES["exposure"]
    )

    assert np.abs(torn - sound).max(-1).astype(bool).sum() > 250
    assert np.abs(clipped - sound).max(-1).astype(bool).sum() > 250
    assert np.abs(clipped - torn).max(-1).astype(bool).sum() > 400


def test_a_tear_behind_a_guitar_is_asked_of_nobody() -> None:
    """What a prop hides is neither there nor absent."""
    torn = Scene(exposure="暴露着装", hand_accessory="吉他", framing="half")
    words = {
        draw(replace(torn, detail=detail), 224, 224).truth["exposure"]
        for detail in range(8)
    }

    assert None in words
    assert words <= {None, "暴露着装"}
