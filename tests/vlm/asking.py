"""Pictures and questions that the engine tests ask about."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from idolens.media.picture import Picture
from idolens.vlm.answer import Answer
from idolens.vlm.question import Choice, Question, Score, Tags, Text, YesNo
from idolens.vocabulary import QuestionKey

PLACES = ("室内舞台", "户外公园", "演播室")
LEVELS = ("很暗", "正常", "很亮")


def picture(seed: int = 0, height: int = 288, width: int = 512) -> Picture:
    """Noise: what engines must not depend on is the content."""
    chance = np.random.default_rng(seed)
    small = chance.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return Picture(small.repeat(8, 0).repeat(8, 1))


def questions() -> list[Question]:
    """Every kind, both languages, and lengths from one word to a paragraph."""
    return [
        YesNo(key=QuestionKey("exposure"), instruction="是否存在暴露着装?"),
        YesNo(
            key=QuestionKey("logo"),
            instruction="Is there an unauthorised logo?",
            language="en",
        ),
        YesNo(
            key=QuestionKey("long"),
            instruction="画面中的人物是否穿着汉服或者其他古风的服装" * 6 + "?",
        ),
        Choice(key=QuestionKey("place"), instruction="人物在哪里?", options=PLACES),
        Choice(
            key=QuestionKey("place_en"),
            instruction="Where is the person?",
            options=("stage", "park"),
            language="en",
        ),
        Score(key=QuestionKey("light"), instruction="光线有多亮?", levels=LEVELS),
        Tags(key=QuestionKey("wear"), instruction="列出人物的服装。"),
        Text(key=QuestionKey("words"), instruction="画面中有哪些文字?", max_tokens=12),
        YesNo(key=QuestionKey("person"), instruction="有人吗?"),
        Text(key=QuestionKey("scene"), instruction="描述人物。", max_tokens=24),
    ]


def alike(one: Answer, other: Answer, tolerance: float = 0.0) -> bool:
    """Whether two answers say the same, with probabilities up to ``tolerance``.

    An engine that computes many questions in one multiplication rounds otherwise
    than with one; it may differ in the last digits, never in what it says.
    """
    if not tolerance:
        return timeless(one) == timeless(other)
    words = ("key", "status", "raw", "detail", "prompt_version", "model_revision")
    return (
        all(getattr(one, word) == getattr(other, word) for word in words)
        and one.options.keys() == other.options.keys()
        and all(abs(mine - yours) <= tolerance for mine, yours in _numbers(one, other))
        and (isinstance(one.value, float) or one.value == other.value)
    )


def _numbers(one: Answer, other: Answer) -> Iterator[tuple[float, float]]:
    for name in ("probability", "label_mass", "value"):
        pair = (getattr(one, name), getattr(other, name))
        if all(isinstance(number, float) for number in pair):
            yield pair
    for name, share in one.options.items():
        yield share, other.options[name]


def timeless(answer: Answer) -> Answer:
    """The same answer without how long it took."""
    return replace(answer, latency_ms=0.0)
