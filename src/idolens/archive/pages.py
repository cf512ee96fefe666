"""What lists show: sessions, frames and answers, a page at a time.

A page begins behind the last row of the page before, so that rows which come in
meanwhile are neither shown twice nor skipped, and the tenth thousand costs no more
than the first.
"""

from collections.abc import Collection

from sqlalchemy import func, select, tuple_

from idolens.archive import rows, schema
from idolens.archive.database import Database
from idolens.archive.session import Event, Session, SessionState
from idolens.errors import NotFoundError
from idolens.media.frame import Frame, FrameState
from idolens.vlm.answer import Answer
from idolens.vocabulary import FrameId, QuestionKey, SessionId, Sha256

SessionPlace = tuple[int, str]
"""When a session was made (UTC, ms) and its id."""
AnswerPlace = tuple[str, str, str, str]
"""An answer's frame, question, model revision and prompt version."""


class Pages:
    """Reads lists from the database.

    Args:
        database: where they stand.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def sessions(
        self,
        limit: int,
        behind: SessionPlace | None = None,
        state: SessionState | None = None,
    ) -> list[tuple[Session, Event]]:
        """Return sessions with the state that holds now, the newest first."""
        table, event = schema.session, schema.event
        newest = (
            select(func.max(event.c.id))
            .where(event.c.session_id == table.c.id)
            .correlate(table)
            .scalar_subquery()
        )
        query = (
            select(
                table,
                event.c.state.label("event_state"),
                event.c.at_ms,
                event.c.reason_zh,
                event.c.reason_en,
            )
            .join(event, event.c.id == newest)
            .order_by(table.c.created_at_ms.desc(), table.c.id.desc())
            .limit(limit)
        )
        if behind is not None:
            place = tuple_(table.c.created_at_ms, table.c.id)
            query = query.where(place < tuple_(*behind))
        if state is not None:
            query = query.where(event.c.state == state.value)
        with self._database.read() as connection:
            return [
                _session_and_event(dict(row))
                for row in connection.execute(query).mappings()
            ]

    def frame(self, session_id: SessionId, frame_id: FrameId) -> Frame:
        """Return one frame.

        Raises:
            NotFoundError: the session has none of this id.
        """
        table = schema.frame
        query = select(table).where(
            table.c.session_id == session_id, table.c.id == frame_id
        )
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise NotFoundError(
                "The session has no such frame: take an id from its frames.",
                "该场次没有这一帧：请使用其帧列表中的编号。",
            )
        return rows.frame_from_row(dict(row))

    def frames(
        self,
        session_id: SessionId,
        limit: int,
        behind: FrameId | None = None,
        state: FrameState | None = None,
    ) -> list[Frame]:
        """Return frames of a session in order of time."""
        table = schema.frame
        query = (
            select(table)
            .where(table.c.session_id == session_id)
            .order_by(table.c.id)
            .limit(limit)
        )
        if behind is not None:
            query = query.where(table.c.id > behind)
        if state is not None:
            query = query.where(table.c.state == state.value)
        with self._database.read() as connection:
            return [
                rows.frame_from_row(dict(row))
                for row in connection.execute(query).mappings()
            ]

    def first_showing(
        self, session_id: SessionId, pictures: Collection[Sha256]
    ) -> dict[Sha256, FrameId]:
        """Return for each of some pictures the first frame that shows it."""
        table = schema.frame
        query = (
            select(table.c.picture, func.min(table.c.id).label("id"))
            .where(table.c.session_id == session_id, table.c.picture.in_(pictures))
            .group_by(table.c.picture)
        )
        with self._database.read() as connection:
            return {
                Sha256(row["picture"]): FrameId(row["id"])
                for row in connection.execute(query).mappings()
            }

    def shown_by(
        self, session_id: SessionId, frames: Collection[FrameId]
    ) -> dict[FrameId, Sha256]:
        """Return which picture each of ``frames`` (a page of them) went with."""
        table = schema.frame
        query = select(table.c.id, table.c.picture).where(
            table.c.session_id == session_id,
            table.c.id.in_(frames),
            table.c.picture.is_not(None),
        )
        with self._database.read() as connection:
            return {row.id: row.picture for row in connection.execute(query)}

    def answers(
        self,
        session_id: SessionId,
        limit: int,
        behind: AnswerPlace | None = None,
        *,
        question: QuestionKey | None = None,
        frame: FrameId | None = None,
    ) -> list[tuple[FrameId, Answer]]:
        """Return answers of a session in order of time and question."""
        table = schema.answer
        place = (
            table.c.frame_id,
            table.c.question,
            table.c.model_revision,
            table.c.prompt_version,
        )
        query = (
            select(table)
            .where(table.c.session_id == session_id)
            .order_by(*place)
            .limit(limit)
        )
        if behind is not None:
            query = query.where(tuple_(*place) > tuple_(*behind))
        if question is not None:
            query = query.where(table.c.question == question)
        if frame is not None:
            query = query.where(table.c.frame_id == frame)
        with self._database.read() as connection:
            return [
                (FrameId(row["frame_id"]), rows.answer_from_row(dict(row)))
                for row in connection.execute(query).mappings()
            ]


def _session_and_event(row: dict[str, object]) -> tuple[Session, Event]:
    names = ("event_state", "at_ms", "reason_zh", "reason_en")
    event = {name.removeprefix("event_"): row.pop(name) for name in names}
    return rows.session_from_row(row), rows.event_from_row(event)
