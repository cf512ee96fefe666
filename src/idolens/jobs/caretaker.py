"""Deletes what is past its term, every hour; evidence stays.

What is evidence follows from findings, from what people said to them, and from what
they pinned. Each sweep can be broken off anywhere: the next one goes on.
"""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from idolens.archive import Archive, Session, SessionState
from idolens.archive.audit import Deed
from idolens.archive.rows import now_ms
from idolens.archive.terms import BY_AGE, Gone, SessionPart
from idolens.errors import IdolensError
from idolens.jobs.asking import StoppedError
from idolens.jobs.dismissed import dismissals_for
from idolens.jobs.jobs import Jobs
from idolens.review import Report, check_policy, judge
from idolens.review.beside import own_answers
from idolens.review.evidence import DISMISSED, evidence_frames
from idolens.review.findings import Finding
from idolens.settings import Settings
from idolens.vocabulary import FrameId, SessionId, Sha256

_LOG = logging.getLogger(__name__)
DAY_MS = 24 * 3_600_000
REPLY_MS = DAY_MS
"""How long a reply is given again."""
_PAGE = 200

Kept = dict[SessionId, frozenset[FrameId]]


class Caretaker:
    """Keeps one installation tidy.

    Args:
        archive: where things are kept.
        jobs: gives the jobs, whose steps are kept beside; opened when it comes to that.
        settings: how long.
        clock: ms since 1970.
    """

    def __init__(
        self,
        archive: Archive,
        jobs: Callable[[], Jobs],
        settings: Settings,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._archive = archive
        self._jobs = jobs
        self._keep = settings.keep
        self._steps_kept = settings.home / "jobs.sqlite"
        self._clock = clock
        self._stop = threading.Event()

    def sweep(self, *, dry: bool = False) -> list[Gone]:
        """Delete what is past its term; return what went, or would go if ``dry``."""
        keep, terms = self._keep, self._archive.terms
        now = self._clock()
        kept: Kept = {}
        gone = [
            self._pictures(keep.pictures_days, kept, dry=dry),
            self._answers(keep.answers_days, kept, dry=dry),
            self._reports(keep.reports_days, kept, dry=dry),
            self._uploads(dry=dry),
        ]
        if keep.messages_days:
            gone.append(terms.messages(now - keep.messages_days * DAY_MS, dry=dry))
        gone.append(terms.replies(now - REPLY_MS, dry=dry))
        gone.append(terms.logins(now, dry=dry))
        if keep.jobs_days and self._steps_kept.exists():  # else no job ever was
            gone.append(self._steps(now - keep.jobs_days * DAY_MS, dry=dry))
        if keep.audit_days:
            before = now - keep.audit_days * DAY_MS
            gone.append(Gone("audit", self._archive.audit.trim(before, dry=dry)))
        if not dry and any(one.count for one in gone):
            terms.tidy()
        return gone

    def run(self, first: Callable[[], object], failed: Callable[[], None]) -> None:
        """Do ``first``, then sweep, again and again until `stop`.

        Args:
            first: finishes what a crash left of other deletions.
            failed: hears that a sweep broke off; the next one goes on.
        """
        while not self._stop.is_set():
            try:
                first()
                self.sweep()
            except StoppedError:
                return
            except IdolensError:
                failed()
            except Exception:  # noqa: BLE001 - the next sweep may go better
                _LOG.exception("caretaker_stumbled")
                failed()
            self._stop.wait(self._keep.sweep_hours * 3600)

    def stop(self) -> None:
        """End `run` before its next step."""
        self._stop.set()

    def evidence(self, session: Session) -> frozenset[FrameId]:
        """Return the frames of a session that stay, however old they are."""
        said = self._archive.verdicts.newest(session.id)
        findings = self._findings(session)
        known = {finding.id for finding in findings}
        return evidence_frames(
            findings,
            {target: one.decision for target, one in said.items()},
            [
                (one.target.start, one.target.end)
                for target, one in said.items()
                if target not in known
                and one.decision != DISMISSED
                and one.target.question  # else a sampled frame with nothing in it
            ],
            self._archive.frames(session.id),
            self._archive.pins.of(session.id),
        )

    def _findings(self, session: Session) -> tuple[Finding, ...]:
        content = self._archive.report(session.id)
        if content is not None:
            return tuple(Report.from_json(content).signed.judgement.findings)
        policy = check_policy(session.policy_text)
        judgement = judge(
            self._archive.frames(session.id),
            own_answers(self._archive.answers(session.id), policy),
            policy,
            duration=session.duration,
            dismissals=dismissals_for(self._archive, session),
        )
        return tuple(judgement.findings)

    def _due(self, part: SessionPart, days: int, kept: Kept) -> list[SessionId]:
        """Return whose part is past its term; note in ``kept`` what is evidence."""
        if not days:
            return []
        due = self._archive.terms.due(part, self._clock() - days * DAY_MS)
        for session_id in due:
            self._go_on()
            if session_id not in kept:
                session = self._archive.session(session_id)
                kept[session_id] = self.evidence(session)
        return due

    def _pictures(self, days: int, kept: Kept, *, dry: bool) -> Gone:
        terms = self._archive.terms
        due = self._due("pictures", days, kept)
        before = self._clock() - days * DAY_MS
        shown: set[Sha256] = set()
        for session_id in due:
            shown |= terms.pictures_of(session_id, kept[session_id])
        total, seen = Gone("pictures"), set[Sha256]()
        for session_id in due:
            self._go_on()
            old = terms.old_pictures(session_id, kept[session_id], before)
            going = {
                digest: size
                for digest, size in old.items()
                if digest not in shown and digest not in seen
            }
            seen |= set(going)
            if dry:
                total += Gone("pictures", len(going), sum(going.values()))
            else:
                pinned = len(kept[session_id])
                total += terms.drop_pictures(session_id, going, pinned)
        return total

    def _answers(self, days: int, kept: Kept, *, dry: bool) -> Gone:
        terms, total = self._archive.terms, Gone("answers")
        for session_id in self._due("answers", days, kept):
            self._go_on()
            if dry:
                total += terms.old_answers(session_id, kept[session_id])
            else:
                total += terms.drop_answers(session_id, kept[session_id])
        return total

    def _reports(self, days: int, kept: Kept, *, dry: bool) -> Gone:
        total = Gone("reports")
        for session_id in self._due("reports", days, kept):
            total += self._archive.terms.drop_reports(
                session_id, kept=bool(kept[session_id]), dry=dry
            )
        return total

    def _uploads(self, *, dry: bool) -> Gone:
        uploads = self._archive.uploads
        needed = needed_files(self._archive)
        old = uploads.expired(needed)
        gone = Gone("uploads", len(old), sum(upload.received for upload in old))
        if dry:
            return gone
        uploads.sweep(needed)
        if gone.count:
            detail = {"kind": "uploads", "why": "age", "count": gone.count}
            self._archive.audit.record(BY_AGE, Deed.PURGED, "uploads", detail)
        return gone

    def _steps(self, before_ms: int, *, dry: bool) -> Gone:
        jobs = self._jobs()
        old = jobs.done_before(datetime.fromtimestamp(before_ms / 1000, UTC))
        if not dry:
            for session_id in old:
                self._go_on()
                jobs.forget(session_id)
        return Gone("job_steps", len(old))

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise StoppedError


@contextmanager
def tended(
    caretaker: Caretaker, first: Callable[[], object], failed: Callable[[], None]
) -> Generator[None]:
    """Let ``caretaker`` sweep within this, in a thread; see `Caretaker.run`."""
    thread = threading.Thread(
        target=caretaker.run, args=(first, failed), daemon=True, name="caretaker"
    )
    thread.start()
    try:
        yield
    finally:
        caretaker.stop()
        thread.join()


def needed_files(archive: Archive) -> set[str]:
    """Return the files that unfinished sessions still look at."""
    needed: set[str] = set()
    place = None
    while True:
        found = archive.pages.sessions(_PAGE, place, SessionState.OPEN)
        for session, _ in found:
            needed.update(file.path for file in session.sources)
            place = (int(session.created_at.timestamp() * 1000), session.id)
        if not found:
            return needed
