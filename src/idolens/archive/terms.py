"""What is past its term goes: how much that is, and its deletion.

Whoever calls this knows what is evidence; here only ids and times count. Everything
that goes by age is noted in the audit log, in the transaction in which it goes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import (
    Connection,
    LargeBinary,
    Select,
    String,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from idolens.archive import rows, schema
from idolens.archive.access_tables import login
from idolens.archive.api_tables import kept_reply
from idolens.archive.audit import Deed, note
from idolens.archive.database import Database
from idolens.archive.keeping_tables import removal
from idolens.archive.logins import IDLE_MS
from idolens.archive.outbox_tables import alert_change, outbox_delivery, outbox_event
from idolens.archive.pictures import PictureStore
from idolens.vocabulary import FrameId, SessionId, Sha256

SessionPart = Literal["pictures", "answers", "reports"]
BY_AGE = "schedule"
"""Who deletes by age, in the audit log."""
_SLICE = 500
_ENDED = ("cancelled", "failed", "done")


@dataclass(frozen=True, slots=True)
class Gone:
    """How much of one kind went, or would go.

    Attributes:
        kind: e.g. ``pictures``.
        count: how many.
        bytes: the room they took, about; 0 where nobody knows.
    """

    kind: str
    count: int = 0
    bytes: int = 0

    def __add__(self, other: "Gone") -> "Gone":
        """Add up two of one kind."""
        return Gone(self.kind, self.count + other.count, self.bytes + other.bytes)


class Terms:
    """Deletes by age.

    Args:
        database: where rows are.
        pictures: where pictures are.
    """

    def __init__(self, database: Database, pictures: PictureStore) -> None:
        self._database = database
        self._pictures = pictures

    def removed(self, session_id: SessionId) -> dict[str, int]:
        """Return which parts of a session went by age, and when (UTC, ms)."""
        query = select(removal.c.kind, removal.c.at_ms).where(
            removal.c.session_id == session_id
        )
        with self._database.read() as connection:
            return {row.kind: row.at_ms for row in connection.execute(query)}

    def due(self, part: SessionPart, before_ms: int) -> list[SessionId]:
        """Return the sessions that ended before, the oldest first.

        Those of which all that could go has gone are left out.
        """
        event, newest = schema.event, _newest_event()
        settled = select(removal.c.session_id).where(
            removal.c.kind == part, removal.c.pinned == 0
        )
        query = (
            select(event.c.session_id)
            .where(
                event.c.id.in_(newest),
                event.c.state.in_(_ENDED),
                event.c.at_ms < before_ms,
                event.c.session_id.not_in(settled),
            )
            .order_by(event.c.at_ms, event.c.session_id)
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def old_pictures(
        self, session_id: SessionId, kept: Collection[FrameId], before_ms: int
    ) -> Mapping[Sha256, int]:
        """Return the pictures of a session's other frames, and their bytes.

        Left out are those that a session which is not due refers to.
        """
        event, frame, other = schema.event, schema.frame, schema.frame.alias()
        due = select(event.c.session_id).where(
            event.c.id.in_(_newest_event()),
            event.c.state.in_(_ENDED),
            event.c.at_ms < before_ms,
        )
        needed = exists().where(
            other.c.picture == frame.c.picture, other.c.session_id.not_in(due)
        )
        query = (
            select(frame.c.id, schema.picture.c.sha256, schema.picture.c.size)
            .join(schema.picture, schema.picture.c.sha256 == frame.c.picture)
            .where(frame.c.session_id == session_id, ~needed)
        )
        with self._database.read() as connection:
            found = connection.execute(query).all()
        return {row.sha256: row.size for row in found if row.id not in kept}

    def pictures_of(
        self, session_id: SessionId, frames: Collection[FrameId]
    ) -> set[Sha256]:
        """Return the pictures that these frames show."""
        table = schema.frame
        query = select(table.c.id, table.c.picture).where(
            table.c.session_id == session_id, table.c.picture.is_not(None)
        )
        with self._database.read() as connection:
            return {
                row.picture for row in connection.execute(query) if row.id in frames
            }

    def drop_pictures(
        self, session_id: SessionId, going: Mapping[Sha256, int], pinned: int
    ) -> Gone:
        """Delete pictures of a session; ``pinned`` frames of it keep theirs."""
        for digest in going:
            self._pictures.remove(digest)
        gone = Gone("pictures", len(going), sum(going.values()))
        with self._database.write() as connection:
            _mark(connection, session_id, gone, pinned)
        return gone

    def old_answers(self, session_id: SessionId, kept: Collection[FrameId]) -> Gone:
        """Return how many answers there are about other frames."""
        table = schema.answer
        size = func.length(cast(table.c.raw, LargeBinary)) + func.length(
            cast(table.c.options, String)
        )
        query = (
            select(table.c.frame_id, func.count(), func.sum(size))
            .where(table.c.session_id == session_id)
            .group_by(table.c.frame_id)
        )
        with self._database.read() as connection:
            found = [row for row in connection.execute(query) if row[0] not in kept]
        return Gone(
            "answers", sum(row[1] for row in found), sum(row[2] for row in found)
        )

    def drop_answers(self, session_id: SessionId, kept: Collection[FrameId]) -> Gone:
        """Delete the answers about all other frames of a session."""
        gone = self.old_answers(session_id, kept)
        table = schema.answer
        query = select(table.c.frame_id).where(table.c.session_id == session_id)
        with self._database.read() as connection:
            frames = sorted(set(connection.execute(query).scalars()) - set(kept))
        for at in range(0, len(frames), _SLICE):
            with self._database.write() as connection:
                connection.execute(
                    delete(table).where(
                        table.c.session_id == session_id,
                        table.c.frame_id.in_(frames[at : at + _SLICE]),
                    )
                )
            self._database.tidy()
        with self._database.write() as connection:
            _mark(connection, session_id, gone, len(kept))
        return gone

    def drop_reports(self, session_id: SessionId, *, kept: bool, dry: bool) -> Gone:
        """Delete the reports of a session, unless they are to be ``kept``."""
        table = schema.report
        own = table.c.session_id == session_id
        size = func.coalesce(
            func.sum(func.length(cast(table.c.content, LargeBinary))), 0
        )
        with self._database.write() as connection:
            count, most = connection.execute(
                select(func.count(), size).where(own)
            ).one()
            gone = Gone("reports") if kept else Gone("reports", count, most)
            if not dry:
                if not kept:
                    connection.execute(delete(table).where(own))
                if count:
                    _mark(connection, session_id, gone, int(kept))
        return gone

    def messages(self, before_ms: int, *, dry: bool) -> Gone:
        """Delete messages that nobody waits for; the last word on an alarm stays."""
        table = outbox_event
        waits = exists().where(
            outbox_delivery.c.event_id == table.c.id,
            outbox_delivery.c.state == "waiting",
        )
        newest = select(func.max(alert_change.c.id)).group_by(alert_change.c.rule)
        last = select(alert_change.c.event_id).where(alert_change.c.id.in_(newest))
        old = (table.c.at_ms < before_ms, ~waits, table.c.id.not_in(last))
        size = func.coalesce(func.sum(func.length(cast(table.c.payload, String))), 0)
        with self._database.write() as connection:
            row = connection.execute(select(func.count(), size).where(*old)).one()
            gone = Gone("messages", row[0], row[1])
            if gone.count and not dry:
                ids = select(table.c.id).where(*old)
                connection.execute(
                    delete(alert_change).where(alert_change.c.event_id.in_(ids))
                )
                connection.execute(delete(table).where(*old))
                _note(connection, gone)
        return gone

    def replies(self, before_ms: int, *, dry: bool) -> Gone:
        """Delete replies that are not given again any more."""
        old = kept_reply.c.at_ms <= before_ms
        size = func.coalesce(func.sum(func.length(kept_reply.c.body)), 0)
        with self._database.write() as connection:
            row = connection.execute(select(func.count(), size).where(old)).one()
            if row[0] and not dry:
                connection.execute(delete(kept_reply).where(old))
        return Gone("kept_replies", row[0], row[1])

    def logins(self, now_ms: int, *, dry: bool) -> Gone:
        """Delete logins that have ended."""
        over = or_(
            login.c.expires_at_ms <= now_ms, login.c.seen_at_ms <= now_ms - IDLE_MS
        )
        with self._database.write() as connection:
            count = connection.execute(select(func.count()).where(over)).scalar_one()
            if count and not dry:
                connection.execute(delete(login).where(over))
        return Gone("logins", count)

    def tidy(self) -> None:
        """Overwrite what was deleted."""
        self._database.tidy()


def _newest_event() -> Select[tuple[int]]:
    event = schema.event
    return select(func.max(event.c.id)).group_by(event.c.session_id)


def _mark(
    connection: Connection, session_id: SessionId, gone: Gone, pinned: int
) -> None:
    """Note that a part of a session went by age, as far as it may."""
    row = {
        "session_id": session_id,
        "kind": gone.kind,
        "at_ms": rows.now_ms(),
        "pinned": pinned,
    }
    changed = {"pinned": pinned} | ({"at_ms": row["at_ms"]} if gone.count else {})
    connection.execute(
        insert(removal)
        .values(row)
        .on_conflict_do_update(index_elements=["session_id", "kind"], set_=changed)
    )
    if gone.count:
        _note(connection, gone, session_id)


def _note(connection: Connection, gone: Gone, subject: str | None = None) -> None:
    detail = {"kind": gone.kind, "why": "age", "count": gone.count}
    note(connection, BY_AGE, Deed.PURGED, subject or gone.kind, detail)
