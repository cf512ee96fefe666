"""What is tried at start-up, so that a model that can't work does not seem to.

A server whose picture never reaches the model still answers, fluently and wrongly
(it has happened to others after an upgrade); so two test pictures are looked at.
"""

import numpy as np

from idolens.media.picture import Picture
from idolens.vlm.chat_template import Chat
from idolens.vlm.embedded.sight import Sight
from idolens.vlm.model_files import failed_check

_HEIGHT, _WIDTH = 84, 112  # upright and lying must not be mixed up


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
        raise failed_check(
            f"a test picture gave {tokens.shape[1]} tokens instead of {expected}",
            f"测试图片得到 {tokens.shape[1]} 个词元,应为 {expected} 个",
        )
    seen = sight.read(chat.ask("-", "-").prefix, tokens, grid)
    first, second = seen.cache.layers[-1]
    if not np.isfinite(first).all():
        raise failed_check("it computes what is not a number", "计算结果不是数字")
    if np.array_equal(first, second):
        raise failed_check(
            "two different pictures look the same to it", "两张不同的图片看起来一样"
        )
