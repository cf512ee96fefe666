"""What is kept: sessions, frames, answers, reports and pictures."""

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.sqlite import insert

from idolens.archive import rows, schema
from idolens.archive.accounts import Accounts
from idolens.archive.audit import AuditLog
from idolens.archive.database import Database, disk_full
from idolens.archive.deliveries import Deliveries
from idolens.archive.disk import Disk
from idolens.archive.kept_replies import KeptReplies
from idolens.archive.keys import Keys
from idolens.archive.logins import Logins
from idolens.archive.news import News, tell
from idolens.archive.outbox import Outbox, post
from idolens.archive.pages import Pages
from idolens.archive.parcel import Notice
from idolens.archive.pictures import PictureStore
from idolens.archive.pins import Pins
from idolens.archive.policies import PolicyShelf
from idolens.archive.purges import Purges
from idolens.archive.reserve import Reserve
from idolens.archive.review_queue import ReviewQueue
from idolens.archive.session import Event, Session, SessionState, latest
from idolens.archive.terms import Terms
from idolens.archive.uploads import UploadStore
from idolens.archive.verdicts import Verdicts
from idolens.errors import NotFoundError
from idolens.media.frame import Frame, FrameState
from idolens.vlm.answer import Answer
from idolens.vocabulary import Bilingual, FrameId, SessionId

_APPLICATION = 0x69646F6C
"""Says in the head of the file whose it is: "idol"."""


class Archive:
    """The database and the picture store of one installation.

    Safe to use from several threads and processes. Adding the same thing twice
    keeps it once.

    Attributes:
        pictures: evidence pictures by digest.
        uploads: files on their way in.
        pages: what lists show.
        verdicts: what people say to findings.
        review: what waits for people.
        policies: the studio's own.
        news: what has happened.
        replies: what is given again.
        accounts: who may sign in.
        logins: who is signed in.
        keys: what programs may do.
        audit: who did what.
        outbox: what is to be told to others.
        deliveries: what became of the telling.
        purges: what was deleted for good.
        pins: what people want kept.
        terms: what goes by age.
        disk: how full it is.
    """

    def __init__(
        self,
        database: Database,
        pictures: PictureStore,
        uploads: UploadStore,
        reserve: Reserve,
        disk: Disk,
    ) -> None:
        self._database = database
        self._reserve = reserve
        self.disk = disk
        self.pictures = pictures
        self.uploads = uploads
        self.pages = Pages(database)
        self.verdicts = Verdicts(database)
        self.review = ReviewQueue(database)
        self.policies = PolicyShelf(database)
        self.news = News(database)
        self.replies = KeptReplies(database)
        self.accounts = Accounts(database)
        self.logins = Logins(database)
        self.keys = Keys(database)
        self.audit = AuditLog(database)
        self.outbox = Outbox(database)
        self.deliveries = Deliveries(database)
        self.purges = Purges(database, pictures, uploads)
        self.pins = Pins(database)
        self.terms = Terms(database, pictures)

    @property
    def has_reserve(self) -> bool:
        """False when the disk is so full that nothing can be added."""
        return self._reserve.held

    def add_session(self, session: Session) -> None:
        """Begin ``session``; it is open.

        Raises:
            DiskFullError: there is no room.
        """
        self._require_room()
        with self._database.write() as connection:
            connection.execute(
                plain_insert(schema.session), rows.session_to_row(session)
            )
            connection.execute(
                plain_insert(schema.event),
                {
                    "session_id": session.id,
                    "state": SessionState.OPEN.value,
                    "at_ms": rows.now_ms(),
                },
            )
            tell(connection, "session", session.id)

    def session(self, session_id: SessionId) -> Session:
        """Return one session.

        Raises:
            NotFoundError: there is none of this id.
        """
        query = select(schema.session).where(schema.session.c.id == session_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise NotFoundError(
                f"There is no session {session_id!r}: check the id.",
                f"没有场次 {session_id!r}:请检查场次编号。",
            )
        return rows.session_from_row(dict(row))

    def sessions(self) -> list[Session]:
        """Return all sessions, the newest first."""
        query = select(schema.session).order_by(
            schema.session.c.created_at_ms.desc(), schema.session.c.id.desc()
        )
        with self._database.read() as connection:
            return [
                rows.session_from_row(dict(row))
                for row in connection.execute(query).mappings()
            ]

    def record(
        self,
        session_id: SessionId,
        state: SessionState,
        reason: Bilingual | None = None,
        notice: Notice | None = None,
    ) -> None:
        """Note that the session is in ``state`` now; the same twice is once.

        Args:
            session_id: which one.
            state: the state.
            reason: why it failed.
            notice: told to others if this is new: kept with it, or not at all.
        """
        with self._database.write() as connection:
            events = connection.execute(_events(session_id)).mappings().all()
            if events and events[-1]["state"] == state.value:
                return
            connection.execute(
                plain_insert(schema.event),
                {
                    "session_id": session_id,
                    "state": state.value,
                    "at_ms": rows.now_ms(),
                    "reason_zh": reason.zh if reason else None,
                    "reason_en": reason.en if reason else None,
                },
            )
            tell(connection, "job", session_id, state=state.value)
            if notice is not None:
                post(connection, notice.payload, notice.targets, rows.now_ms())

    def events(self, session_id: SessionId) -> list[Event]:
        """Return how the session's state changed, the oldest first."""
        with self._database.read() as connection:
            return [
                rows.event_from_row(dict(row))
                for row in connection.execute(_events(session_id)).mappings()
            ]

    def state(self, session_id: SessionId) -> Event:
        """Return the state that holds now.

        Raises:
            NotFoundError: there is no session of this id.
        """
        events = self.events(session_id)
        if not events:
            self.session(session_id)  # raises
        return latest(events)

    def store_chunk(
        self,
        session_id: SessionId,
        frames: Sequence[Frame],
        answers: Mapping[FrameId, Sequence[Answer]],
    ) -> None:
        """Keep frames and their answers, all or none; those there already stay.

        Raises:
            DiskFullError: there is no room; nothing was kept.
        """
        self._require_room()
        answer_rows = [
            rows.answer_to_row(session_id, frame_id, answer)
            for frame_id, given in answers.items()
            for answer in given
        ]
        with self._database.write() as connection:
            if frames:
                connection.execute(
                    insert(schema.frame).on_conflict_do_nothing(),
                    [rows.frame_to_row(session_id, frame) for frame in frames],
                )
            if answer_rows:
                connection.execute(
                    insert(schema.answer).on_conflict_do_nothing(), answer_rows
                )

    def frames(self, session_id: SessionId) -> list[Frame]:
        """Return the session's frames in order of time."""
        with self._database.read() as connection:
            return [
                rows.frame_from_row(dict(row))
                for row in connection.execute(_frames(session_id)).mappings()
            ]

    def frame_count(
        self,
        session_id: SessionId,
        first: FrameId | None = None,
        last: FrameId | None = None,
    ) -> int:
        """Return how many frames are stored, of those from ``first`` to ``last``."""
        query = select(func.count()).where(schema.frame.c.session_id == session_id)
        if first is not None:
            query = query.where(schema.frame.c.id >= first)
        if last is not None:
            query = query.where(schema.frame.c.id <= last)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def last_kept(self, session_id: SessionId, before: FrameId) -> Frame | None:
        """Return the last frame before ``before`` that went to the model."""
        query = (
            select(schema.frame)
            .where(
                schema.frame.c.session_id == session_id,
                schema.frame.c.id < before,
                schema.frame.c.state == FrameState.KEPT.value,
            )
            .order_by(schema.frame.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else rows.frame_from_row(dict(row))

    def answers(self, session_id: SessionId) -> dict[FrameId, list[Answer]]:
        """Return the session's answers by frame, in order of time and question."""
        table = schema.answer
        query = (
            select(table)
            .where(table.c.session_id == session_id)
            .order_by(table.c.frame_id, table.c.question, table.c.prompt_version)
        )
        found: dict[FrameId, list[Answer]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query).mappings():
                given = found.setdefault(row["frame_id"], [])
                given.append(rows.answer_from_row(dict(row)))
        return found

    def save_report(self, session_id: SessionId, content: str) -> None:
        """Add a report (JSON); the same content twice is kept once.

        Raises:
            DiskFullError: there is no room.
        """
        self._require_room()
        with self._database.write() as connection:
            digest = hashlib.sha256(content.encode()).hexdigest()
            added = connection.execute(
                insert(schema.report).on_conflict_do_nothing(),
                {
                    "session_id": session_id,
                    "sha256": digest,
                    "content": content,
                    "at_ms": rows.now_ms(),
                },
            )
            if added.rowcount:
                tell(connection, "report", session_id, sha256=digest)

    def report(self, session_id: SessionId) -> str | None:
        """Return the session's newest report (JSON), or None."""
        query = (
            select(schema.report.c.content)
            .where(schema.report.c.session_id == session_id)
            .order_by(schema.report.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def check_writing(self) -> None:
        """Write to the database, so that it is known whether that works.

        Raises:
            ArchiveError: it does not.
            DiskFullError: there is no room for a page.
        """
        with self._database.write() as connection:
            # A mark of the file that says whose it is: one page, always the same.
            connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION}")

    def _require_room(self) -> None:
        if not self._reserve.retake():
            raise disk_full(self._database.path.parent)


def _events(session_id: SessionId) -> Select[tuple[object, ...]]:
    return (
        select(schema.event)
        .where(schema.event.c.session_id == session_id)
        .order_by(schema.event.c.id)
    )


def _frames(session_id: SessionId) -> Select[tuple[object, ...]]:
    return (
        select(schema.frame)
        .where(schema.frame.c.session_id == session_id)
        .order_by(schema.frame.c.id)
    )
