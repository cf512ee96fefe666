"""What is tried at start-up, so that a model that can't work does not seem to.

A server whose picture never reaches the model still answers, fluently and wrongly
(it has happened to others after an upgrade); so two test pictures are looked at.
"""

import numpy as np

from idolens.errors import EngineError
from idolens.media.picture import Picture
from idolens.vlm.embedded.chat import Chat
from idolens.vlm.embedded.sight import Sight
from idolens.vlm.prompt import render
from idolens.vlm.question import (
    MOST_LEVELS,
    MOST_OPTIONS,
    Choice,
    Question,
    Score,
    YesNo,
)
from idolens.vocabulary import Language, QuestionKey

_HEIGHT, _WIDTH = 84, 112  # upright and lying must not be mixed up
_KEY = QuestionKey("check")


def label_ids(chat: Chat) -> dict[str, int]:
    """Return the token of every label that a closed question can have.

    Raises:
        EngineError: a label is not one token.
    """
    ids: dict[str, int] = {}
    for question in _questions():
        prompt = render(question)
        ask = chat.ask(prompt.role, prompt.text)
        for label in prompt.labels:
            ids[label] = chat.label(ask, label)
    return ids


def check_split(chat: Chat) -> None:
    """Prefix and suffix, encoded apart, must be the whole, encoded at once."""
    for question in _questions():
        prompt = render(question)
        ask = chat.ask(prompt.role, prompt.text)
        apart = chat.encode(ask.prefix) + chat.encode(ask.suffix)
        if apart != chat.encode(ask.prefix + ask.suffix):
            raise _failed(
                "its tokenizer joins words across the picture's end",
                "分词器把图片前后的文字合并了",
            )


def check_sight(sight: Sight, chat: Chat, merge: int) -> None:
    """Two pictures must give the expected tokens, and change what is read.

    Raises:
        EngineError: the picture does not reach the language model.
    """
    dark = Picture(np.zeros((_HEIGHT, _WIDTH, 3), np.uint8))
    ramp = np.linspace(0, 255, _HEIGHT * _WIDTH * 3).reshape(_HEIGHT, _WIDTH, 3)
    tokens = sight.tokens([dark, Picture(ramp.astype(np.uint8))])
    grid = sight.grid(dark)
    expected = grid[0] * grid[1] // merge**2
    if tokens.shape[1] != expected:
        raise _failed(
            f"a test picture gave {tokens.shape[1]} tokens instead of {expected}",
            f"测试图片得到 {tokens.shape[1]} 个词元,应为 {expected} 个",
        )
    seen = sight.read(chat.ask("-", "-").prefix, tokens, grid)
    first, second = seen.cache.layers[-1]
    if not np.isfinite(first).all():
        raise _failed("it computes what is not a number", "计算结果不是数字")
    if np.array_equal(first, second):
        raise _failed(
            "two different pictures look the same to it", "两张不同的图片看起来一样"
        )


def _questions() -> list[Question]:
    questions: list[Question] = []
    languages: tuple[Language, ...] = ("zh", "en")
    for language in languages:
        options = tuple(f"{number}" for number in range(MOST_OPTIONS))
        questions += [
            YesNo(key=_KEY, instruction="-", language=language),
            Choice(key=_KEY, instruction="-", options=options, language=language),
            Score(
                key=_KEY,
                instruction="-",
                levels=options[:MOST_LEVELS],
                language=language,
            ),
        ]
    return questions


def _failed(en: str, zh: str) -> EngineError:
    return EngineError(
        f"The model failed its start-up check: {en}; install idolens again, or export"
        " the model again.",
        f"模型未通过启动自检:{zh}。请重新安装 idolens,或重新导出模型。",
    )
