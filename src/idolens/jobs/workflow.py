"""The workflow of an analysis, as DBOS runs it, and runs it again after a crash."""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from idolens.archive import Archive, SessionState
from idolens.errors import IdolensError
from idolens.jobs.analysis import Analysis, Run
from idolens.jobs.asking import StoppedError
from idolens.jobs.runtime import began_at, halt, step
from idolens.media.meter import UNMETERED, Meter
from idolens.settings import Settings
from idolens.vlm.engine import Engine
from idolens.vocabulary import Bilingual, SessionId

T = TypeVar("T")

LEAVE_S = 120.0
"""How long a stopped job may take to finish the pictures in hand, in seconds."""
_LOG = logging.getLogger(__name__)
_BUG = Bilingual(
    zh="idolens 内部错误:请查看日志并反馈,修复后可继续该场次。",
    en="A fault inside idolens: see the log, report it, and resume the session then.",
)


class Workflow:
    """Runs analyses in this process, several at a time; their chunks take turns.

    Args:
        archive: where sessions are kept.
        engines: gives an engine by its name; called when a first chunk needs it.
        settings: of this installation.
        meter: hears how the work goes.
    """

    def __init__(
        self,
        archive: Archive,
        engines: Callable[[str], Engine],
        settings: Settings,
        meter: Meter = UNMETERED,
    ) -> None:
        self._meter = meter
        self._archive = archive
        self._engines = engines
        self._settings = settings
        self._runs: dict[SessionId, Run] = {}
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._closing = False

    def analyze(self, session_id: str) -> None:
        """Plan, examine chunk by chunk, report: each a step with a small result.

        A step that has its result is not done again: DBOS gives the result. So the
        order of the steps must follow from the session alone.
        """
        run = self._enter(SessionId(session_id))
        self._meter.working(1)
        try:
            chunks = self._step("plan", run, lambda: self._work(run).plan())
            for number in range(chunks):
                self._step("chunk", run, lambda n=number: self._chunk(run, n))
            self._step("report", run, lambda: self._report(run))
        finally:
            self._meter.working(-1)
            self._leave(run)

    @contextmanager
    def expected(self, session_id: SessionId) -> Generator[None]:
        """Hand a session to DBOS within this: from then on it counts as running."""
        run = Run(session_id, self._archive.frame_count(session_id))
        with self._lock:
            self._runs[session_id] = run
        try:
            yield
        except BaseException:
            self.dismiss(session_id)
            raise

    def dismiss(self, session_id: SessionId) -> None:
        """Forget an execution that has not begun."""
        with self._lock:
            run = self._runs.get(session_id)
            if run is not None and not run.begun:
                del self._runs[session_id]
                run.over.set()

    def run(self, session_id: SessionId) -> Run | None:
        """Return the execution of a session that is in this process, if any."""
        return self._runs.get(session_id)

    def stop(self) -> list[Run]:
        """Let all executions stop before their next pictures; return them."""
        with self._lock:
            self._closing = True
            runs = list(self._runs.values())
        for run in runs:
            run.stop.set()
        return runs

    def close(self) -> None:
        """Stop all executions so that they can be resumed, and wait for them."""
        for run in self.stop():
            if run.begun:
                run.over.wait(LEAVE_S)

    def _chunk(self, run: Run, number: int) -> int:
        with self._turn:
            return self._work(run).chunk(number)

    def _report(self, run: Run) -> str:
        return self._work(run).report(began_at(run.session_id))

    def _work(self, run: Run) -> Analysis:
        # Made in the first step that is really done, whose failure is recorded.
        if run.work is None:
            session = self._archive.session(run.session_id)
            run.work = Analysis(
                session,
                archive=self._archive,
                engine=self._engines(session.engine),
                settings=self._settings,
                run=run,
                meter=self._meter,
            )
        return run.work

    def _step(self, name: str, run: Run, function: Callable[[], T]) -> T:
        def guarded() -> T:
            if run.stop.is_set():
                halt(run.session_id)
            try:
                return function()
            except StoppedError:
                halt(run.session_id)
            except IdolensError as error:
                self._fail(run, error.words)
            except Exception:  # noqa: BLE001 - or the job would look as if it ran
                about = {"session_id": run.session_id}
                _LOG.exception("analysis_broke", extra={"about": about})
                self._fail(run, _BUG)

        return step(name, guarded)

    def _fail(self, run: Run, reason: Bilingual) -> NoReturn:
        self._archive.record(run.session_id, SessionState.FAILED, reason)
        halt(run.session_id)

    def _enter(self, session_id: SessionId) -> Run:
        fresh = Run(session_id, self._archive.frame_count(session_id))
        with self._lock:
            run = self._runs.setdefault(session_id, fresh)
            run.begun = True
            if self._closing:
                run.stop.set()
        return run

    def _leave(self, run: Run) -> None:
        if run.work is not None:
            run.work.close()
        with self._lock:
            if self._runs.get(run.session_id) is run:
                del self._runs[run.session_id]
        run.over.set()
