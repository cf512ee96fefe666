"""Takes off an answer what the engine would have said without looking.

A model has leanings: asked about a black picture it still finds one option likelier
than another. Each reply's probability is divided by that of the blank picture, and
what remains is what the picture itself says. `cannot_tell` keeps its share: of a blank
picture it is the right answer, not a leaning.
"""

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from cachetools import LRUCache

from idolens.media.picture import Picture
from idolens.vlm.answer import Answer, Status
from idolens.vlm.conversation import (
    Sampling,
    SpeakingEngine,
    Spoken,
    Turn,
    can_speak,
)
from idolens.vlm.engine import Engine, Model
from idolens.vlm.prompt import CANNOT_TELL
from idolens.vlm.question import Question, check
from idolens.vlm.reading import Closed, reread
from idolens.vocabulary import Probability, QuestionKey

LEAST_PRIOR: Final = 0.01
"""A leaning weaker than this counts as this: dividing by next to nothing would let a
reply win that neither picture wanted."""
_REMEMBERED: Final = 4096
"""Most leanings that are remembered: one per question and size of picture."""
_USABLE: Final = (Status.OK, Status.CANNOT_TELL)


def contrasting(engine: Engine, strength: float) -> Engine:
    """Let ``engine`` answer with its leanings taken off; 0 leaves it as it is."""
    if not strength:
        return engine
    if can_speak(engine):
        return SpeakingContrastEngine(engine, strength)
    return ContrastEngine(engine, strength)


class ContrastEngine:
    """Answers of ``engine`` to closed questions, less what a blank picture gets.

    It keeps the contract of `Engine`. Its model has a revision of its own, so that such
    answers are never taken for plain ones, in the archive or by a calibration.

    Args:
        engine: who is asked; closed with this.
        strength: 0 to 1: how much of the leaning is taken off.
    """

    def __init__(self, engine: Engine, strength: float) -> None:
        self.inner = engine
        self._strength = strength
        self._leanings: LRUCache[tuple[object, ...], Answer] = LRUCache(_REMEMBERED)
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The inner engine's name."""
        return self.inner.name

    @property
    def model(self) -> Model:
        """The inner engine's model; its revision says how much is taken off."""
        model = self.inner.model
        return replace(model, revision=f"{model.revision}-blank{self._strength:g}")

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Answer every question about every picture; see `Engine.answer`."""
        check(questions)
        closed = [question for question in questions if isinstance(question, Closed)]
        rows = self.inner.answer(pictures, questions)
        revision = self.model.revision
        return [
            [
                replace(self._less(question, answer, leanings), model_revision=revision)
                for question, answer in zip(questions, row, strict=True)
            ]
            for row, leanings in zip(
                rows, (self._of_blank(one, closed) for one in pictures), strict=True
            )
        ]

    def close(self) -> None:
        """Close the engine."""
        self.inner.close()

    def _less(
        self,
        question: Question,
        answer: Answer,
        leanings: Mapping[QuestionKey, Answer],
    ) -> Answer:
        if not isinstance(question, Closed) or answer.status not in _USABLE:
            return answer
        blank = leanings[question.key]
        if blank.status not in _USABLE:
            return replace(
                answer,
                status=Status.ERROR,
                value=None,
                probability=None,
                options={},
                detail=f"no answer about a blank picture: {blank.detail}",
            )
        if not answer.options or not blank.options:
            return answer
        return reread(
            answer, question, less(answer.options, blank.options, self._strength)
        )

    def _of_blank(
        self, picture: Picture, questions: Sequence[Closed]
    ) -> dict[QuestionKey, Answer]:
        """Return what is said of a black picture of the same size."""
        size = (picture.height, picture.width)
        keys = {one.key: (*size, replace(one, key=_NO_KEY)) for one in questions}
        with self._lock:
            known = {
                key: self._leanings[place]
                for key, place in keys.items()
                if place in self._leanings
            }
        left = [question for question in questions if question.key not in known]
        if left:
            blank = Picture(np.zeros((*size, 3), np.uint8))
            for answer in self.inner.answer([blank], left)[0]:
                known[answer.key] = answer
                if answer.status in _USABLE:
                    with self._lock:
                        self._leanings[keys[answer.key]] = answer
        return known


class SpeakingContrastEngine(ContrastEngine):
    """The same for an engine that also speaks; what is spoken stays as it is."""

    def __init__(self, engine: SpeakingEngine, strength: float) -> None:
        super().__init__(engine, strength)
        self._speaker = engine

    def speak(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[Spoken]:
        """Go on with a conversation; see `Speaker.speak`."""
        return self._speaker.speak(turns, sampling)


def less(
    options: Mapping[str, Probability], blank: Mapping[str, float], strength: float
) -> dict[str, Probability]:
    """Divide the replies' probabilities by those of the blank picture.

    Args:
        options: probability of every reply, `cannot_tell` among them.
        blank: the same of a blank picture.
        strength: exponent of the divisor, 0 to 1.
    """
    told = math.fsum(p for name, p in blank.items() if name != CANNOT_TELL)
    weights = {
        name: share
        / max(blank.get(name, 0.0) / told if told else 1.0, LEAST_PRIOR) ** strength
        for name, share in options.items()
        if name != CANNOT_TELL
    }
    total = math.fsum(weights.values())
    if not total:
        return dict(options)
    open_ = options.get(CANNOT_TELL, 0.0)
    rest = 1.0 - open_
    return {
        name: Probability(
            open_ if name == CANNOT_TELL else rest * weights[name] / total
        )
        for name in options
    }


_NO_KEY: Final = QuestionKey("")
