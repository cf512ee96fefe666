"""Frames that people want kept, however old they are."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from idolens.archive import rows
from idolens.archive.audit import Deed, note
from idolens.archive.database import Database
from idolens.archive.keeping_tables import pin
from idolens.vocabulary import FrameId, SessionId


class Pins:
    """The pinned frames of one installation.

    Args:
        database: where they stand.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session_id: SessionId, frame_id: FrameId, by: str) -> None:
        """Pin a frame that there is; the same twice is once."""
        row = {
            "session_id": session_id,
            "frame_id": frame_id,
            "made_by": by,
            "at_ms": rows.now_ms(),
        }
        with self._database.write() as connection:
            added = connection.execute(insert(pin).on_conflict_do_nothing(), row)
            if added.rowcount:
                note(connection, by, Deed.PINNED, session_id, {"frame": frame_id})

    def remove(self, session_id: SessionId, frame_id: FrameId, by: str) -> None:
        """Let a frame go with the others again; the same twice is once."""
        with self._database.write() as connection:
            removed = connection.execute(
                delete(pin).where(
                    pin.c.session_id == session_id, pin.c.frame_id == frame_id
                )
            )
            if removed.rowcount:
                note(connection, by, Deed.UNPINNED, session_id, {"frame": frame_id})

    def of(self, session_id: SessionId) -> frozenset[FrameId]:
        """Return the pinned frames of a session."""
        query = select(pin.c.frame_id).where(pin.c.session_id == session_id)
        with self._database.read() as connection:
            return frozenset(connection.execute(query).scalars())
