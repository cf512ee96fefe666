"""Deleting a session for good: no byte of it remains, also after a crash on the way.

That it has begun is noted first, so that it can be finished; files go before rows, for
rows say which files there are. What stays is that there was a session of this id, and
who had it deleted: a tombstone without content.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, String, cast, delete, func, insert, select, update

from idolens.archive import rows, schema
from idolens.archive.audit import Deed, note
from idolens.archive.database import Database
from idolens.archive.keeping_tables import purge
from idolens.archive.kept_replies import drop_about
from idolens.archive.news import tell
from idolens.archive.outbox_tables import alert_change, outbox_event
from idolens.archive.pictures import PictureStore
from idolens.archive.uploads import UploadStore
from idolens.errors import DiskFullError, NotFoundError
from idolens.vocabulary import SessionId, Sha256

SLICE = 50
"""Frames that are deleted in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """One session's deletion.

    Attributes:
        by: who asked for it.
        begun_at_ms: UTC.
        done_at_ms: UTC; None while something of it may be left.
    """

    session_id: SessionId
    by: str
    begun_at_ms: int
    done_at_ms: int | None


class Purges:
    """The deletions of one installation.

    Args:
        database: where sessions are.
        pictures: where their pictures are.
        uploads: where their recordings may be.
    """

    def __init__(
        self, database: Database, pictures: PictureStore, uploads: UploadStore
    ) -> None:
        self._database = database
        self._pictures = pictures
        self._uploads = uploads

    def find(self, session_id: SessionId) -> Purge | None:
        """Return the deletion of a session, if it was ever begun."""
        with self._database.read() as connection:
            return _found(connection, session_id)

    def going(self, session_id: SessionId) -> bool:
        """Tell whether a session is being deleted, or should be."""
        found = self.find(session_id)
        return found is not None and found.done_at_ms is None

    def unfinished(self) -> list[Purge]:
        """Return the deletions that something interrupted, the oldest first."""
        query = (
            select(purge)
            .where(purge.c.done_at_ms.is_(None))
            .order_by(purge.c.begun_at_ms, purge.c.session_id)
        )
        with self._database.read() as connection:
            return [_purge(dict(row)) for row in connection.execute(query).mappings()]

    def begin(self, session_id: SessionId, by: str) -> Purge:
        """Note that a session is to go; the same twice is once.

        Raises:
            NotFoundError: there is no such session, and there never was one.
        """
        try:
            return self._begin(session_id, by)
        except DiskFullError:  # the reserve has been given up for just this
            return self._begin(session_id, by)

    def withdraw(self, session_id: SessionId) -> None:
        """Take back that a session is to go, of which nothing has gone yet."""
        with self._database.write() as connection:
            connection.execute(delete(purge).where(purge.c.session_id == session_id))

    def remove_files(self, session_id: SessionId) -> None:
        """Delete the pictures and uploads that no other session refers to."""
        for digest in self._own_pictures(session_id):
            self._pictures.remove(digest)
        for upload_id in self._own_uploads(session_id):
            self._uploads.remove(upload_id)

    def remove_rows(self, begun: Purge) -> None:
        """Delete all rows of a session, and note in the audit log who had it done.

        They go in slices: what is deleted passes through the database's log, and on a
        full disk there is no room for all of it at once.
        """
        uploads = self._own_uploads(begun.session_id)
        while self._remove_slice(begun.session_id):
            self._database.tidy()
        with self._database.write() as connection:
            gone = connection.execute(
                delete(schema.session).where(schema.session.c.id == begun.session_id)
            )
            drop_about(connection, [begun.session_id, *uploads])
            _drop_messages(connection, begun.session_id)
            if gone.rowcount:
                detail = {"kind": "session", "why": "asked"}
                note(connection, begun.by, Deed.PURGED, begun.session_id, detail)
                tell(connection, "session", None, gone=begun.session_id)

    def finish(self, session_id: SessionId) -> None:
        """Overwrite what was deleted, then note that nothing of it is left."""
        self._database.tidy()
        with self._database.write() as connection:
            connection.execute(
                update(purge)
                .where(purge.c.session_id == session_id, purge.c.done_at_ms.is_(None))
                .values(done_at_ms=rows.now_ms())
            )

    def _begin(self, session_id: SessionId, by: str) -> Purge:
        is_there = select(schema.session.c.id).where(schema.session.c.id == session_id)
        with self._database.write() as connection:
            known = _found(connection, session_id)
            here = connection.execute(is_there).scalar() is not None
            if known is not None and (known.done_at_ms is None or not here):
                return known
            if not here:
                raise NotFoundError(
                    f"There is no session {session_id!r}: check the id.",
                    f"没有场次 {session_id!r}:请检查场次编号。",
                )
            now = rows.now_ms()
            connection.execute(delete(purge).where(purge.c.session_id == session_id))
            connection.execute(
                insert(purge),
                {"session_id": session_id, "made_by": by, "begun_at_ms": now},
            )
        return Purge(session_id=session_id, by=by, begun_at_ms=now, done_at_ms=None)

    def _remove_slice(self, session_id: SessionId) -> bool:
        table = schema.frame
        some = select(table.c.id).where(table.c.session_id == session_id).limit(SLICE)
        with self._database.write() as connection:
            deleted = connection.execute(
                delete(table).where(
                    table.c.session_id == session_id, table.c.id.in_(some)
                )
            )
            return deleted.rowcount > 0

    def _own_pictures(self, session_id: SessionId) -> list[Sha256]:
        table = schema.frame
        of_others = select(table.c.picture).where(
            table.c.session_id != session_id, table.c.picture.is_not(None)
        )
        query = (
            select(schema.picture.c.sha256)
            .where(
                schema.picture.c.sha256.in_(
                    select(table.c.picture).where(table.c.session_id == session_id)
                )
            )
            .where(schema.picture.c.sha256.not_in(of_others))
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def _own_uploads(self, session_id: SessionId) -> list[str]:
        query = select(schema.session.c.id, schema.session.c.sources)
        own: set[str] = set()
        of_others: set[str] = set()
        with self._database.read() as connection:
            for row in connection.execute(query):
                paths = {source["path"] for source in row.sources}
                (own if row.id == session_id else of_others).update(paths)
        found = (self._uploads.holding(path) for path in own - of_others)
        return [upload_id for upload_id in found if upload_id is not None]


def _drop_messages(connection: Connection, session_id: SessionId) -> None:
    """Delete messages that name a session; what became of them goes with them."""
    named = func.instr(cast(outbox_event.c.payload, String), f'"{session_id}"') > 0
    of_alerts = select(alert_change.c.event_id)
    connection.execute(
        delete(outbox_event).where(named, outbox_event.c.id.not_in(of_alerts))
    )


def _found(connection: Connection, session_id: SessionId) -> Purge | None:
    query = select(purge).where(purge.c.session_id == session_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _purge(dict(row))


def _purge(row: rows.Row) -> Purge:
    return Purge(
        session_id=row["session_id"],
        by=row["made_by"],
        begun_at_ms=row["begun_at_ms"],
        done_at_ms=row["done_at_ms"],
    )
