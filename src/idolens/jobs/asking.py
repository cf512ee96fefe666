"""Asks the engine about a few pictures at a time, and keeps asking for a while."""

import threading
from collections.abc import Sequence

from idolens.errors import TemporaryError
from idolens.media.picture import Picture
from idolens.vlm.answer import Answer, Status
from idolens.vlm.engine import Engine
from idolens.vlm.prompt import render
from idolens.vlm.question import Question

LONGEST_WAIT_S = 30.0


class StoppedError(Exception):
    """The job is to stop here; what is not stored yet is done again on resume."""


class Asker:
    """Asks ``questions``; a failure that may pass is waited out.

    The wait is our own rather than a retry library's, because it must end at once
    when the job is stopped.

    Args:
        engine: who answers.
        questions: what is asked of every picture.
        attempts: how often before the answers are given up.
        stop: set when the job is to stop.
    """

    def __init__(
        self,
        engine: Engine,
        questions: Sequence[Question],
        *,
        attempts: int,
        stop: threading.Event,
    ) -> None:
        self._engine = engine
        self._questions = questions
        self._attempts = attempts
        self._stop = stop

    def ask(self, pictures: Sequence[Picture]) -> list[list[Answer]]:
        """Return the answers about each picture.

        They have the status ``error`` (not examined) if the engine stayed busy.

        Raises:
            StoppedError: the job is to stop.
            PermanentError: the engine is broken.
        """
        why = ""
        for attempt in range(self._attempts):
            if self._stop.is_set():
                raise StoppedError
            try:
                return self._engine.answer(pictures, self._questions)
            except TemporaryError as error:
                why = error.code
                wait_s = min(LONGEST_WAIT_S, error.delay_s * 2**attempt)
                if attempt + 1 < self._attempts:
                    self._stop.wait(wait_s)
        return [
            [self._given_up(question, why) for question in self._questions]
            for _ in pictures
        ]

    def _given_up(self, question: Question, why: str) -> Answer:
        return Answer(
            key=question.key,
            status=Status.ERROR,
            value=None,
            probability=None,
            engine=self._engine.name,
            model=self._engine.model.name,
            model_revision=self._engine.model.revision,
            prompt_version=render(question).version,
            latency_ms=0.0,
            detail=why,
        )
