"""The protocol that every engine keeps; one contract test runs over them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from idolens.media.picture import Picture
from idolens.vlm.answer import Answer, Region
from idolens.vlm.prompt import Prompt
from idolens.vlm.question import Question
from idolens.vlm.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Which model answers.

    Attributes:
        name: e.g. ``idolens-tiny``.
        revision: changes whenever the weights do.
        demonstration: True for a model trained on drawn scenes only; reports made
            with it say so.
    """

    name: str
    revision: str
    demonstration: bool = False


class Engine(Protocol):
    """Pictures and questions in, typed answers out.

    The answer to a question never depends on which other questions or pictures
    are asked with it. Safe to call from several threads.
    """

    @property
    def name(self) -> str:
        """The engine's name in the catalog, e.g. ``embedded``."""
        ...

    @property
    def model(self) -> Model:
        """The model behind the engine."""
        ...

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Ask every question about every picture.

        Returns:
            For each picture, one answer per question in the order asked.

        Raises:
            QuestionError: a question no engine could answer.
            EngineError: the engine is broken; nothing was answered.
        """
        ...

    def close(self) -> None:
        """Give memory and threads back; the engine is unusable afterwards."""
        ...


class Counter(Protocol):
    """An engine that tells how much it reads."""

    def tokens_read(self, picture: Picture, questions: Sequence[Question]) -> int:
        """Return how many tokens it reads to answer these."""
        ...


def tokens_read(engine: Engine, picture: Picture, questions: Sequence[Question]) -> int:
    """Return how many tokens ``engine`` reads for these; 0 where it does not count.

    An engine that stands before another (the cache) has that other as ``inner``.
    """
    inner: object = engine
    while inner is not None and not callable(getattr(inner, "tokens_read", None)):
        inner = getattr(inner, "inner", None)
    return cast("Counter", inner).tokens_read(picture, questions) if inner else 0


def signed(
    reading: Reading,
    question: Question,
    prompt: Prompt,
    engine: Engine,
    *,
    latency_ms: float,
    regions: tuple[Region, ...] = (),
) -> Answer:
    """Add to ``reading`` who answered, what was asked and how long it took."""
    return Answer(
        key=question.key,
        status=reading.status,
        value=reading.value,
        probability=reading.probability,
        options=reading.options,
        label_mass=reading.label_mass,
        raw=reading.raw,
        engine=engine.name,
        model=engine.model.name,
        model_revision=engine.model.revision,
        prompt_version=prompt.version,
        latency_ms=latency_ms,
        detail=reading.detail,
        regions=regions,
    )
