"""The steps of one session's work: plan, look and ask chunk by chunk, judge.

Each step can be done again, in another process too: it first looks into the archive
for what is done already.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from idolens.archive import Archive, Notice, Session, SessionState
from idolens.errors import JobError
from idolens.jobs.asking import Asker, StoppedError
from idolens.jobs.dismissed import dismissals_for
from idolens.jobs.feed import Feed
from idolens.jobs.intake import as_begun, drop_unpacked, shadow_in, targets_of
from idolens.media import encode
from idolens.media.frame import DropReason, Frame, FrameState
from idolens.media.meter import UNMETERED, Meter, timed
from idolens.media.picture import Picture
from idolens.outputs.notices import report_ready
from idolens.review import (
    Policy,
    Report,
    RunFacts,
    SessionFacts,
    check_policy,
    judge,
    make_report,
)
from idolens.review.beside import asked_beside, key_beside, own_answers
from idolens.settings import Settings
from idolens.vlm.answer import Answer
from idolens.vlm.cached import cache_of
from idolens.vlm.engine import Engine, Model
from idolens.vlm.question import Question
from idolens.vlm.similar import SimilarEngine
from idolens.vocabulary import FrameId, SessionId, Sha256


class Run:
    """One execution of a job in this process, as others see it.

    Attributes:
        session_id: of which session.
        begun: False while DBOS has not called it yet.
        stop: set it, and the job stops before its next pictures.
        over: set when the job has left.
        done: frames looked at.
        work: the work itself, once begun.
    """

    def __init__(self, session_id: SessionId, done: int) -> None:
        self.session_id = session_id
        self.begun = False
        self.stop = threading.Event()
        self.over = threading.Event()
        self.done = done
        self.work: Analysis | None = None


class Analysis:
    """The work on ``session``.

    Args:
        session: what to look at.
        archive: where everything is read from and kept.
        engine: who answers; the one that the session began with.
        settings: of this process; the session's own recipe goes before them.
        run: how this execution is seen and stopped.
        meter: hears how the work goes.

    Raises:
        PolicyError: the session's policy can no longer be read.
    """

    def __init__(
        self,
        session: Session,
        *,
        archive: Archive,
        engine: Engine,
        settings: Settings,
        run: Run,
        meter: Meter = UNMETERED,
    ) -> None:
        self._session = session
        self._meter = meter
        self._archive = archive
        self._settings = settings
        begun = as_begun(settings, session)
        self._batch = begun.batch_frames
        self._run = run
        self._policy = check_policy(session.policy_text)
        shadow = shadow_in(session)
        beside = asked_beside(self._policy, shadow) if shadow else ()
        self._reused = _reused(self._policy, session)
        if shadow and beside:
            self._reused |= _reused(shadow, session, beside)
        self._eyes = SimilarEngine(
            engine,
            begun.cache,
            reusable=lambda question: question.key in self._reused,
            tally=cache.tally if (cache := cache_of(engine)) else None,
        )
        self._targets = targets_of(session)
        self._feed = Feed(session, archive, settings, meter)
        self._asker = Asker(
            self._eyes,
            (*self._policy.asked(), *beside),
            attempts=settings.engine_attempts,
            stop=run.stop,
        )

    def plan(self) -> int:
        """Return into how many chunks the session is cut."""
        return -(-len(self._targets) // self._session.chunk_frames)

    def chunk(self, number: int) -> int:
        """Look at a chunk of frames, ask, and store; return how many frames.

        Raises:
            StoppedError: the job is to stop; nothing of the chunk was stored.
        """
        first = number * self._session.chunk_frames
        targets = self._targets[first : first + self._session.chunk_frames]
        stored = self._archive.frame_count(
            self._session.id, targets[0].frame_id, targets[-1].frame_id
        )
        if stored < len(targets):
            self._examine(first, first + len(targets))
        self._run.done = first + len(targets)
        return len(targets)

    def report(self, began_at: datetime | None = None) -> str:
        """Judge, and keep the report; return its signature.

        Args:
            began_at: when the work began (UTC); the session may have been known, and
                have waited for its turn, long before.
        """
        session_id = self._session.id
        kept = self._archive.report(session_id)
        if kept is None:
            kept = self._judged(began_at).to_json()
            self._archive.save_report(session_id, kept)
        self._archive.record(session_id, SessionState.DONE, notice=self._notice())
        drop_unpacked(self._session, self._settings)
        return Report.from_json(kept).signature

    def _notice(self) -> Notice | None:
        alerts = self._settings.alerts
        takers = tuple(alerts.takers("reports"))
        payload = report_ready(
            self._session.id,
            place=alerts.place,
            address=alerts.address,
            at=datetime.now(UTC),
        )
        return Notice(payload=payload, targets=takers) if takers else None

    def close(self) -> None:
        """End the decoder."""
        self._feed.close()

    def _examine(self, first: int, last: int) -> None:
        frames: list[Frame] = []
        pictures: dict[Sha256, bytes] = {}
        answers: dict[FrameId, Sequence[Answer]] = {}
        waiting: dict[FrameId, Picture] = {}
        # What is done again after a crash is a chunk, so nothing is taken over from
        # another one: it would depend on where the crash was.
        self._eyes.cut()
        for seen in self._feed.take(first, last):
            if self._run.stop.is_set():
                raise StoppedError
            frames.append(seen.frame)
            self._meter.looked(seen.frame.state.value)
            if seen.frame.drop is DropReason.TRANSITION and self._reused:
                answers.update(self._ask(waiting))
                waiting.clear()
                self._eyes.cut()
            if seen.frame.state is FrameState.KEPT and seen.picture is not None:
                waiting[seen.frame.id] = seen.picture
                pictures[seen.picture.sha256] = encode(seen.picture)
            if len(waiting) == self._batch:
                answers.update(self._ask(waiting))
                waiting.clear()
            self._run.done = first + len(frames) - len(waiting)
        answers.update(self._ask(waiting))
        # First the pictures: no row ever refers to one that is not there.
        with timed(self._meter, "store"):
            self._archive.pictures.put_all(pictures)
            self._archive.store_chunk(self._session.id, frames, answers)

    def _ask(
        self, pictures: Mapping[FrameId, Picture]
    ) -> Mapping[FrameId, Sequence[Answer]]:
        if not pictures:
            return {}
        answers = self._asker.ask(list(pictures.values()))
        return dict(zip(pictures, answers, strict=True))

    def _judged(self, began_at: datetime | None) -> Report:
        session = self._session
        frames = self._archive.frames(session.id)
        answers = own_answers(self._archive.answers(session.id), self._policy)
        return make_report(
            SessionFacts(
                id=session.id,
                name=session.name,
                kind=session.kind,
                sha256=tuple(file.sha256 for file in session.sources),
                duration_ms=session.duration,
                every_ms=session.every,
                width=session.width,
                height=session.height,
            ),
            frames,
            answers,
            self._policy,
            judge(
                frames,
                answers,
                self._policy,
                duration=session.duration,
                dismissals=dismissals_for(self._archive, session),
            ),
            _run_facts(began_at or session.created_at),
            models=[
                Model(
                    name=session.model,
                    revision=session.model_revision,
                    demonstration=session.demonstration,
                )
            ],
        )


def _reused(
    policy: Policy, session: Session, beside: Sequence[Question] = ()
) -> frozenset[str]:
    """Return whose answers may be taken over from a picture that looks the same.

    Still pictures are published one by one: there only where the policy says so.

    Args:
        policy: says so.
        session: of what kind it is.
        beside: those of its questions that are meant, if it does not decide.
    """
    asked = {one.key for one in beside}
    keys = {
        question.key: key_beside(question.question()) if asked else question.key
        for question in policy.questions
        if question.reuse_similar
        or (question.reuses_similar and session.kind == "recording")
    }
    return frozenset(key for key in keys.values() if not asked or key in asked)


def check_engine(session: Session, engine: Engine) -> None:
    """Refuse to go on with another model than the session began with.

    Raises:
        JobError: the engine's name or its model's revision differs.
    """
    began = (session.engine, session.model_revision)
    if began != (engine.name, engine.model.revision):
        raise JobError(
            f"Session {session.id} began with {session.engine} ({session.model} "
            f"{session.model_revision}), but here is {engine.name} "
            f"({engine.model.name} {engine.model.revision}), and answers of two models "
            "never mix: bring the first one back, or analyse anew.",
            f"场次 {session.id} 由 {session.engine}（{session.model} "
            f"{session.model_revision}）开始，现在是 {engine.name}（"
            f"{engine.model.name} {engine.model.revision}），"
            "两个模型的回答不能混用：请换回原来的模型，或重新分析。",
        )


def _run_facts(began_at: datetime) -> RunFacts:
    finished = datetime.now(UTC)
    return RunFacts(
        started_at=began_at.isoformat(timespec="seconds"),
        finished_at=finished.isoformat(timespec="seconds"),
        seconds=round((finished - began_at).total_seconds(), 3),
        software=f"idolens {_version()}",
    )


def _version() -> str:
    try:
        return version("idolens")
    except PackageNotFoundError:
        return "0"
