"""Durable analyses: begun, watched, stopped and resumed; none is lost by a crash."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime

from idolens.archive import Archive, Session, SessionState
from idolens.errors import ConflictError, IdolensError, JobError
from idolens.jobs.analysis import check_engine
from idolens.jobs.intake import (
    check_unchanged,
    new_session,
    sources_of,
    targets_of,
)
from idolens.jobs.progress import JobState, Pace, Progress
from idolens.jobs.rule_books import RuleBooks
from idolens.jobs.runtime import Runtime
from idolens.jobs.worker import Worker
from idolens.jobs.workflow import LEAVE_S, Workflow
from idolens.media import Source
from idolens.media.meter import UNMETERED, Meter
from idolens.review import Policy, check_policy
from idolens.settings import Settings
from idolens.vlm.engine import Engine
from idolens.vocabulary import Bilingual, Milliseconds, SessionId

WATCH_S = 0.2
"""How often a waiting caller looks, in seconds."""


class Jobs:
    """The analyses of one home; at most one `Jobs` is open in a process.

    Its methods may be called from any thread that runs no event loop.

    Args:
        archive: where sessions are kept.
        engines: gives an engine by its name; called when a job needs it.
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
        self._archive = archive
        self._engines = engines
        self._settings = settings
        self._paces: dict[SessionId, Pace] = {}
        self._totals: dict[SessionId, int] = {}
        self._workflow = Workflow(archive, engines, settings, meter)
        self._worker = Worker(settings.home / "workers")
        try:
            self._runtime = Runtime(
                settings.home / "jobs.sqlite", self._worker, self._workflow.analyze
            )
        except IdolensError:
            self._worker.close()
            raise

    def analyze(
        self,
        sources: Sequence[Source],
        policy: Policy,
        every: Milliseconds,
        *,
        session_id: SessionId | None = None,
        engine: str | None = None,
    ) -> SessionId:
        """Begin to analyse one recording, or pictures; return at once.

        Arguments and errors are those of `describe`.
        """
        session = self.describe(
            sources, policy, every, session_id=session_id, engine=engine
        )
        self.add([session])
        with self._workflow.expected(session.id):
            self._runtime.start(session.id)
        return session.id

    def describe(
        self,
        sources: Sequence[Source],
        policy: Policy,
        every: Milliseconds,
        *,
        session_id: SessionId | None = None,
        engine: str | None = None,
    ) -> Session:
        """Describe a session of one recording, or pictures; nothing is kept yet.

        What the policy's shadow version asks in addition is asked too, and decides
        nothing.

        Args:
            sources: one recording, or pictures only.
            policy: what is asked, and how the answers are judged.
            every: sampling step of a recording.
            session_id: instead of one made up here.
            engine: who answers; the settings' own where none is named.

        Raises:
            UnknownEngineError: there is no engine of this name.
            BadInputError: of these sources no session can be made.
            EngineError: the engine cannot start.
        """
        rules = RuleBooks(self._archive.policies, self._settings)
        return new_session(
            sources,
            policy,
            every,
            engine=self._engines(engine or self._settings.engine),
            settings=self._settings,
            session_id=session_id,
            shadow=rules.shadow_of(policy),
        )

    def add(self, sessions: Sequence[Session]) -> None:
        """Make sessions known: they are unfinished from now on, and wait for `resume`.

        So of several that are to be looked at one after the other, none is forgotten
        when the first is interrupted.

        Raises:
            DiskFullError: there is no room.
        """
        for session in sessions:
            self._archive.add_session(session)

    def progress(self, session_id: SessionId) -> Progress:
        """Return how far a job is.

        Raises:
            NotFoundError: there is no such session.
        """
        total = self._total(session_id)
        state, reason = self._state(session_id)
        run = self._workflow.run(session_id)
        done = run.done if run else self._archive.frame_count(session_id)
        eta_s = None
        if state is JobState.RUNNING:
            pace = self._paces.setdefault(session_id, Pace(done))
            eta_s = pace.eta_s(done, total)
        else:
            self._paces.pop(session_id, None)
        return Progress(done=done, total=total, state=state, eta_s=eta_s, reason=reason)

    def wait(
        self,
        session_id: SessionId,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Progress:
        """Wait until a job no longer runs, and return how it ended.

        Args:
            session_id: which job.
            on_progress: called now and then, and once at the end.
        """
        while True:
            progress = self.progress(session_id)
            if on_progress is not None:
                on_progress(progress)
            if progress.state is not JobState.RUNNING:
                return progress
            time.sleep(WATCH_S)

    def cancel(self, session_id: SessionId) -> None:
        """Stop a job before its next pictures; `resume` goes on from there.

        Raises:
            NotFoundError: there is no such session.
        """
        if self._state(session_id)[0] is JobState.DONE:
            return
        self._archive.record(session_id, SessionState.CANCELLED)
        run = self._workflow.run(session_id)
        if run is not None:
            run.stop.set()
        if run is None or not run.begun:
            self._runtime.cancel(session_id)
            self._workflow.dismiss(session_id)

    def resume(self, session_id: SessionId) -> None:
        """Go on with a job that was stopped, failed, or lost its process.

        The engine that it began with goes on, whichever the settings name now.

        Raises:
            NotFoundError: there is no such session.
            UnknownEngineError: its engine is no longer in the catalog.
            EngineError: its engine cannot start.
            JobError: that engine has another model now, or a file has changed.
        """
        session = self._archive.session(session_id)
        if self._state(session_id)[0] in {JobState.DONE, JobState.RUNNING}:
            return
        run = self._workflow.run(session_id)
        if run is not None and not run.over.wait(LEAVE_S):
            raise JobError(
                f"Session {session_id} is still stopping: try again in a moment.",
                f"场次 {session_id} 仍在停止中:请稍后重试。",
            )
        check_unchanged(session)
        check_engine(session, self._engines(session.engine))
        with self._workflow.expected(session_id):
            self._refuse_forgotten(session_id)
            self._archive.record(session_id, SessionState.OPEN)
            self._runtime.resume(session_id)

    def again(self, session_id: SessionId) -> SessionId:
        """Look at a session's files anew, by its policy, with the settings' engine.

        The old session stays as it is.

        Raises:
            NotFoundError: there is no such session.
            JobError: a file is gone, or is another one now.
            EngineError: the engine cannot start.
        """
        session = self._archive.session(session_id)
        check_unchanged(session)
        policy = check_policy(session.policy_text)
        return self.analyze(sources_of(session), policy, session.every)

    def check_idle(self, session_id: SessionId) -> None:
        """Refuse to have a session deleted that somebody is at work on.

        Raises:
            ConflictError: somebody is.
        """
        here = self._workflow.run(session_id) is not None
        if here or self._runtime.elsewhere(session_id):
            raise ConflictError(
                "The session is being analysed: cancel its job first.",
                "该场次正在分析：请先取消其任务。",
            )

    def done_before(self, before: datetime) -> list[SessionId]:
        """Return the jobs that were done before."""
        return self._runtime.done_before(before)

    def forget(self, session_id: SessionId) -> None:
        """Delete what is known of a job; its session is deleted elsewhere."""
        self._runtime.forget(session_id)
        self._paces.pop(session_id, None)
        self._totals.pop(session_id, None)

    def unfinished(self) -> list[SessionId]:
        """Return the sessions that nobody is at work on, the oldest first."""
        return [
            session.id
            for session in reversed(self._archive.sessions())
            if self._state(session.id)[0] is JobState.INTERRUPTED
            and not self._archive.purges.going(session.id)
        ]

    def stop(self) -> None:
        """Let all jobs of this process stop soon, so that they can be resumed."""
        self._workflow.stop()

    def close(self) -> None:
        """Stop all jobs of this process so that they can be resumed, and leave."""
        self._workflow.close()
        self._runtime.close()
        self._worker.close()

    def _refuse_forgotten(self, session_id: SessionId) -> None:
        # Asked once it counts as running: whoever deletes looks in the other order.
        if self._archive.purges.going(session_id):
            raise ConflictError(
                "The session is being deleted for good.", "该场次正在被永久删除。"
            )

    def _total(self, session_id: SessionId) -> int:
        # A day at five looks a second is planned in half a second: plan once.
        if session_id not in self._totals:
            session = self._archive.session(session_id)
            self._totals[session_id] = len(targets_of(session))
        return self._totals[session_id]

    def _state(self, session_id: SessionId) -> tuple[JobState, Bilingual | None]:
        event = self._archive.state(session_id)
        if event.state is not SessionState.OPEN:
            return JobState(event.state.value), event.reason
        here = self._workflow.run(session_id) is not None
        if here or self._runtime.elsewhere(session_id):
            return JobState.RUNNING, None
        return JobState.INTERRUPTED, None


@contextmanager
def open_jobs(
    archive: Archive,
    engines: Callable[[str], Engine],
    settings: Settings,
    meter: Meter = UNMETERED,
) -> Generator[Jobs]:
    """Open the jobs under ``settings.home``; unfinished ones wait for `resume`."""
    jobs = Jobs(archive, engines, settings, meter)
    try:
        yield jobs
    finally:
        jobs.close()
