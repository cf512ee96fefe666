"""Counts what an engine answers, by kind and by how it went, and what it says."""

from collections.abc import Iterator, Sequence

from idolens.media.meter import UNMETERED, Meter
from idolens.media.picture import Picture
from idolens.vlm.answer import Answer
from idolens.vlm.conversation import (
    Sampling,
    SpeakingEngine,
    Spoken,
    Turn,
    can_speak,
)
from idolens.vlm.engine import Engine, Model
from idolens.vlm.engine_state import heard_by
from idolens.vlm.question import Question


def metered(engine: Engine, meter: Meter) -> Engine:
    """Let ``meter`` hear what ``engine`` does; without a meter it stays as it is."""
    if meter is UNMETERED:
        return engine
    heard_by(engine, meter)
    if can_speak(engine):
        return SpeakingMeteredEngine(engine, meter)
    return MeteredEngine(engine, meter)


class MeteredEngine:
    """Asks ``inner``, and tells what came of it; keeps the contract of `Engine`.

    Args:
        inner: who is asked; closed with this.
        meter: who is told.
    """

    def __init__(self, inner: Engine, meter: Meter) -> None:
        self.inner = inner
        self._meter = meter

    @property
    def name(self) -> str:
        """The inner engine's name."""
        return self.inner.name

    @property
    def model(self) -> Model:
        """The inner engine's model."""
        return self.inner.model

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Answer every question about every picture; see `Engine.answer`."""
        rows = self.inner.answer(pictures, questions)
        for row in rows:
            for question, answer in zip(questions, row, strict=True):
                self._meter.answered(question.kind, answer.status.value)
        return rows

    def close(self) -> None:
        """Close the engine."""
        self.inner.close()


class SpeakingMeteredEngine(MeteredEngine):
    """The same for an engine that also speaks."""

    def __init__(self, inner: SpeakingEngine, meter: Meter) -> None:
        super().__init__(inner, meter)
        self._speaker = inner

    def speak(self, turns: Sequence[Turn], sampling: Sampling) -> Iterator[Spoken]:
        """Go on with a conversation; see `Speaker.speak`."""
        return self._counted(self._speaker.speak(turns, sampling))

    def _counted(self, steps: Iterator[Spoken]) -> Iterator[Spoken]:
        try:
            for step in steps:
                if step.finish:
                    self._meter.read(step.prompt_tokens)
                    self._meter.said(step.completion_tokens)
                yield step
        finally:
            # Whoever goes away stops the engine, not only this.
            close = getattr(steps, "close", None)
            if close is not None:
                close()
