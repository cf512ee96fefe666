"""The one place that builds the real things, and closes them in reverse."""

import secrets
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import (
    AbstractContextManager,
    ExitStack,
    closing,
    contextmanager,
)
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from idolens.archive import Archive, SessionState, open_archive
from idolens.jobs import (
    Caretaker,
    Forgetting,
    Jobs,
    JobState,
    RuleBooks,
    open_jobs,
    unpack_folder,
)
from idolens.media import Decoder, Source, discover
from idolens.media.meter import UNMETERED, Meter
from idolens.media.picture import Picture
from idolens.media.recall import Recall
from idolens.settings import Settings
from idolens.vlm.admission import Doors, Priority, WaitingEngine, doors
from idolens.vlm.answer import Answer
from idolens.vlm.answer_store import AnswerStore, forget_answers, open_store
from idolens.vlm.cached import cache_of, cached
from idolens.vlm.catalog import open_engine
from idolens.vlm.contrast import contrasting
from idolens.vlm.engine import Engine
from idolens.vlm.engine_state import (
    EngineState,
    forget_pictures,
    shortages_of,
    state_of,
)
from idolens.vlm.metered import metered
from idolens.vlm.question import Question
from idolens.vocabulary import SessionId

T = TypeVar("T")

_NEWEST = 50


class Studio:
    """An open installation. Each part is opened when it is first asked for.

    So a command that only lists things waits neither for a model nor for the jobs.
    Safe to use from several threads.

    Attributes:
        settings: of this installation.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine | None,
        stack: ExitStack,
        meter: Meter = UNMETERED,
    ) -> None:
        self.settings = settings
        self._meter = meter
        # Closed from the last to the first, whichever was opened first: jobs end
        # before the engine they ask.
        self._archive = _Part(partial(open_archive, settings), stack)
        self._store = _Part(partial(open_store, settings), stack)
        self._engines = _Engines(settings, engine, self._store.get, stack, meter)
        self._doors = doors(settings, self._engines.shortages)
        self._decoder = _Part(partial(_decoder, settings, meter), stack)
        self._jobs = _Part(self._open_jobs, stack)

    @property
    def archive(self) -> Archive:
        """What is kept."""
        return self._archive.get()

    @property
    def engine(self) -> Engine:
        """Who answers by the settings; loads the model at first use."""
        return self._engines.get(self.settings.engine)

    @property
    def jobs(self) -> Jobs:
        """The analyses."""
        return self._jobs.get()

    @property
    def rules(self) -> RuleBooks:
        """The policies, those in force among them."""
        return RuleBooks(self.archive.policies, self.settings)

    @property
    def doors(self) -> Doors:
        """Who gives turns with the engine."""
        return self._doors

    @property
    def caretaker(self) -> Caretaker:
        """Who deletes what is past its term."""
        return Caretaker(self.archive, self._jobs.get, self.settings)

    @property
    def engine_states(self) -> list[EngineState]:
        """How the engines are that have been opened; opens none."""
        return self._engines.states()

    def ask(
        self, picture: bytes, questions: Sequence[Question], *, name: str = "picture"
    ) -> list[Answer]:
        """Answer ``questions`` about a picture file's bytes, in their order.

        Args:
            picture: the file's bytes.
            questions: what is asked.
            name: what refusals call the file.

        Raises:
            MediaError: the picture cannot be read.
            QuestionError: a question cannot be asked.
        """
        return self.engine.answer([self.look(picture, name=name)], questions)[0]

    def recall(
        self, picture: bytes, questions: Sequence[Question]
    ) -> list[Answer] | None:
        """Return the answers that `ask` would find in memory; None if one is missing.

        It never waits, so that what is known is told however busy the engine is.
        """
        seen = self._decoder.get().known(picture)
        if seen is None or self.settings.contrast:
            return None
        cache = cache_of(self.engine)  # open: whoever saw the picture asked about it
        found = cache.recall(seen, questions) if cache else None
        for question, answer in zip(questions, found or (), strict=False):
            self._meter.answered(question.kind, answer.status.value)
        return found

    def look(self, picture: bytes, *, name: str = "picture") -> Picture:
        """Return a picture file as engines see it; ``name`` is what refusals call it.

        Raises:
            MediaError: the picture cannot be read.
        """
        return self._decoder.get().standardise(picture, name=name)

    def discover(self, paths: Sequence[Path]) -> list[Source]:
        """Find recordings and pictures.

        What zips hold is unpacked under the home folder, and deleted again when its
        session is done.

        Raises:
            BadInputError: a path is missing, or holds nothing to look at.
        """
        folder = unpack_folder(self.settings) / secrets.token_hex(8)
        return discover(paths, folder, self.settings.decode)

    def forget(self, session_id: SessionId, by: str) -> None:
        """Delete a session for good; see `Forgetting.forget`."""
        self._forgetting.forget(session_id, by)

    def finish_purges(self) -> list[SessionId]:
        """Finish deleting what a crash left; return which sessions."""
        return self._forgetting.finish()

    @property
    def _forgetting(self) -> Forgetting:
        return Forgetting(
            self.archive, self._jobs.get, self.settings, self._forget_beside
        )

    def _forget_beside(self) -> None:
        # An answer is kept under a digest that does not tell of which picture it is.
        forget_answers(self._store.get(), self.settings)
        self._engines.forget()
        if decoder := self._decoder.opened:
            decoder.forget()

    def wind_down(self) -> None:
        """Let running analyses stop before their next pictures; the end is near."""
        if jobs := self._jobs.opened:
            jobs.stop()

    @property
    def standing_still(self) -> int:
        """How many analyses nobody is at work on, of the newest; opens nothing."""
        jobs = self._jobs.opened
        found = self.archive.pages.sessions(_NEWEST, None, SessionState.OPEN)
        return sum(
            jobs is None or jobs.progress(session.id).state is JobState.INTERRUPTED
            for session, _ in found
        )

    def _open_jobs(self) -> AbstractContextManager[Jobs]:
        return open_jobs(self.archive, self._for_jobs, self.settings, self._meter)

    def _for_jobs(self, name: str) -> Engine:
        """Return an engine that lets whoever waits for an answer go first."""
        engine = self._engines.get(name)
        return WaitingEngine(engine, self._doors.look, Priority.BATCH)


@contextmanager
def open_studio(
    settings: Settings, *, engine: Engine | None = None, meter: Meter = UNMETERED
) -> Generator[Studio]:
    """Open a studio; everything it opened is closed at the end.

    Args:
        settings: of the installation.
        engine: instead of every one that a name stands for, and without the cache of
            answers; it is closed too.
        meter: hears how the work goes.
    """
    with ExitStack() as stack:
        yield Studio(settings, engine, stack, meter)


class _Part(Generic[T]):
    """Something that is opened once, at first use."""

    def __init__(
        self, opener: Callable[[], AbstractContextManager[T]], stack: ExitStack
    ) -> None:
        self._opener = opener
        self._stack = stack.enter_context(ExitStack())
        self._lock = threading.Lock()
        self._opened: tuple[T] | None = None

    @property
    def opened(self) -> T | None:
        """What was opened; None while nothing was."""
        return self._opened[0] if self._opened else None

    def get(self) -> T:
        with self._lock:
            if self._opened is None:
                self._opened = (self._stack.enter_context(self._opener()),)
            return self._opened[0]


class _Engines:
    """The engines by name: the settings' own, and those that older jobs began with."""

    def __init__(
        self,
        settings: Settings,
        given: Engine | None,
        store: Callable[[], AnswerStore | None],
        stack: ExitStack,
        meter: Meter,
    ) -> None:
        self._meter = meter
        self._settings = settings
        self._given = given
        self._store = store
        self._stack = stack.enter_context(ExitStack())
        self._lock = threading.Lock()
        self._parts: dict[str, _Part[Engine]] = {}

    def get(self, name: str) -> Engine:
        with self._lock:
            key = name if self._given is None else ""
            if key not in self._parts:
                self._parts[key] = _Part(partial(self._open, name), self._stack)
            part = self._parts[key]
        return part.get()

    def states(self) -> list[EngineState]:
        return [state_of(engine) for engine in self._opened()]

    def shortages(self) -> int:
        return sum(shortages_of(engine) for engine in self._opened())

    def _opened(self) -> list[Engine]:
        with self._lock:
            engines = [part.opened for part in self._parts.values()]
        return [engine for engine in engines if engine is not None]

    def forget(self) -> None:
        with self._lock:
            engines = [part.opened for part in self._parts.values()]
        for engine in engines:
            if engine is not None:
                forget_pictures(engine)

    def _open(self, name: str) -> AbstractContextManager[Engine]:
        if self._given is not None:
            return closing(metered(self._given, self._meter))
        engine = open_engine(self._settings.model_copy(update={"engine": name}))
        store = self._store()
        kept = engine if store is None else cached(engine, store)
        engine = contrasting(kept, self._settings.contrast)
        return closing(metered(engine, self._meter))


@contextmanager
def _decoder(settings: Settings, meter: Meter) -> Generator[Recall]:
    with Decoder(settings.decode, meter) as decoder:
        yield Recall(decoder, settings.cache.pictures_mib * 2**20)
