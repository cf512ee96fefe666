"""The command line with an engine that breaks when it is told to.

`python -m tests.privacy.house MOOD_FILE COMMAND …`; the file says how it breaks, and
what it says then is what it was asked: so each way out is one for a question.
"""

import ctypes
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from idolens.cli import analyses, asking, machine, main
from idolens.errors import EngineBusyError, EngineError
from idolens.media.picture import Picture
from idolens.studio import open_studio
from idolens.vlm.answer import Answer
from idolens.vlm.question import Question
from tests.fakes import SpeakingFakeEngine


class SpitefulEngine(SpeakingFakeEngine):
    """Repeats what it was asked wherever it can."""

    def __init__(self, mood: Path) -> None:
        super().__init__(wants=lambda turns: turns[-1].text)
        self._mood = mood

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        words = " ".join(question.instruction for question in questions)
        _MOODS.get(self._mood.read_text("utf-8"), _nothing)(words)
        return super().answer(pictures, questions)


def _nothing(_words: str) -> None:
    pass


def _bug(words: str) -> None:
    raise ValueError(words)


def _chained(words: str) -> None:
    try:
        _bug(words)
    except ValueError as error:
        raise RuntimeError(words) from error


def _refuse(words: str) -> None:
    raise EngineError(words, words)


def _busy(words: str) -> None:
    raise EngineBusyError(words, words)


def _gossip(words: str) -> None:
    warnings.warn(words, stacklevel=1)
    logging.getLogger("somebody").error("asked %s", words)
    logging.getLogger("somebody").error("%d", words)
    threading.Thread(target=_bug, args=(words,), name=words).start()


def _crash(_words: str) -> None:
    ctypes.string_at(0)


_MOODS: dict[str, Callable[[str], None]] = {
    "bug": _bug,
    "chained": _chained,
    "refuse": _refuse,
    "busy": _busy,
    "gossip": _gossip,
    "crash": _crash,
    "exit": lambda _words: os.abort(),
}

if __name__ == "__main__":
    mood = Path(sys.argv.pop(1))
    if mood.name != "none":
        opened = partial(open_studio, engine=SpitefulEngine(mood))
        for module in (machine, asking, analyses):
            module.open_studio = opened  # type: ignore[attr-defined]
    main()
