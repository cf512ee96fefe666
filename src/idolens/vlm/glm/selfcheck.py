"""What is tried at start-up, so that a model that can't work does not seem to.

A server whose picture never reaches the model still answers, fluently and wrongly: a
transformers that is too old silently gives a bare tokenizer for this checkpoint, and
that has happened to others. So two test pictures are looked at and asked about.
"""

import math

import numpy as np
import torch

from idolens.media.picture import Picture
from idolens.vlm.asked import Desk
from idolens.vlm.chat_template import PICTURE, Chat
from idolens.vlm.glm.network import Network
from idolens.vlm.glm.pictures import Eyes
from idolens.vlm.glm.reader import Reader, Reading
from idolens.vlm.glm.replies import closed
from idolens.vlm.model_files import ModelFiles, failed_check
from idolens.vlm.question import YesNo
from idolens.vocabulary import QuestionKey

LEAST_MASS = 0.05
"""A model that gives all labels together less than this does not follow the prompt."""
BOX = "<|begin_of_box|>"
"""GLM-4.6V likes to put a short answer into a box; then the labels come behind it."""

_HEIGHT, _WIDTH = 84, 112  # upright and lying must not be mixed up
_THOUGHT, _THOUGHT_END = "<think>", "</think>"


def check_words(chat: Chat, files: ModelFiles) -> None:
    """The tokenizer must be this model's, and the template must turn thinking off."""
    if chat.encode(PICTURE) != [files.picture_token]:
        raise failed_check(
            f"its tokenizer does not know {PICTURE} as token {files.picture_token}",
            f"分词器不认识 {PICTURE}(应为词元 {files.picture_token})",
        )
    suffix = chat.ask("-", "-").suffix
    if suffix.count(_THOUGHT) > suffix.count(_THOUGHT_END) or (
        len(chat.encode(_THOUGHT)) == 1 and _THOUGHT_END not in suffix
    ):
        raise failed_check(
            "its template leaves thinking on, so no label stands at the reply's start",
            "对话模板没有关闭思考,回复开头读不到标签",
        )


def check_sight(eyes: Eyes, reader: Reader, chat: Chat) -> None:
    """Two pictures must give the expected tokens, and change what is read."""
    shown = _pictures()
    grid = eyes.grid(shown[0])
    with torch.inference_mode():
        tokens = eyes.look(shown)
        expected = eyes.count(grid)
        if any(len(seen) != expected for seen in tokens):
            raise failed_check(
                f"a test picture gave {len(tokens[0])} tokens instead of {expected}",
                f"测试图片得到 {len(tokens[0])} 个词元,应为 {expected} 个",
            )
        first, second = reader.prefixes(chat.ask("-", "-").prefix, tokens, grid)
    if not bool(torch.isfinite(first.values).all()):
        raise failed_check("it computes what is not a number", "计算结果不是数字")
    if torch.equal(first.values[-1], second.values[-1]):
        raise failed_check(
            "two different pictures look the same to it", "两张不同的图片看起来一样"
        )


def check_reply(
    eyes: Eyes, reader: Reader, network: Network, desk: Desk, files: ModelFiles
) -> tuple[int, ...]:
    """Ask about a picture: labels must be what the model wants to say.

    Returns:
        The tokens that must stand before the label: none, or the beginning of a box
        where the model would begin one.
    """
    question = YesNo(key=QuestionKey("check"), instruction="整张图片是否全黑?")
    asked = desk.take(question)
    shown = _pictures()[:1]
    seen = reader.prefixes(asked.prefix, eyes.look(shown), eyes.grid(shown[0]))
    labels = [token for label in asked.prompt.labels for token in desk.label_ids[label]]
    box = desk.chat.encode(BOX)
    ways: list[tuple[int, ...]] = [()]
    if len(box) == 1 and box[0] < network.words:
        ways.append((box[0],))
    masses: list[float] = []
    for lead in ways:
        reading = Reading(network, seen, len(asked.ids) + len(lead))
        ((logs,),) = closed(reading, [(*asked.ids, *lead)], labels)
        masses.append(math.fsum(math.exp(log) for log in logs))
    best = masses.index(max(masses))
    if not masses[best] <= 1.001:  # noqa: PLR2004  (NaN compares false)
        raise failed_check("it computes what is not a number", "计算结果不是数字")
    if masses[best] < LEAST_MASS and not files.demonstration:
        raise failed_check(
            "asked for yes or no it says something else", "要求回答是或否时答非所问"
        )
    # Without a box unless the model all but refuses to answer otherwise.
    return () if masses[0] >= LEAST_MASS else ways[best]


def _pictures() -> list[Picture]:
    dark = Picture(np.zeros((_HEIGHT, _WIDTH, 3), np.uint8))
    ramp = np.linspace(0, 255, _HEIGHT * _WIDTH * 3).reshape(_HEIGHT, _WIDTH, 3)
    return [dark, Picture(ramp.astype(np.uint8))]
