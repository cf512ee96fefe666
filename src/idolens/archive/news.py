"""What has happened, numbered, for clients that want to hear it as it does.

Each piece is written in the transaction of its cause: none is told of what was not
kept, and none is lost. Old ones go: they are news, not the record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, insert, select

from idolens.archive import rows
from idolens.archive.api_tables import news
from idolens.archive.database import Database
from idolens.vocabulary import SessionId

KEPT = 10_000
"""How many pieces of news there are at most."""

Kind = Literal["session", "job", "report", "verdict", "policy"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of news.

    Attributes:
        number: higher than that of every older one.
        session_id: whom it is about, if about one session.
        data: names and numbers only, no content.
    """

    number: int
    kind: Kind
    session_id: SessionId | None
    data: Mapping[str, Any]
    at_ms: int


def tell(
    connection: Connection, kind: Kind, session_id: str | None, **data: str | int | None
) -> None:
    """Note a piece of news together with its cause."""
    added = connection.execute(
        insert(news),
        {
            "kind": kind,
            "session_id": session_id,
            "data": data,
            "at_ms": rows.now_ms(),
        },
    )
    (number,) = added.inserted_primary_key or (0,)
    connection.execute(delete(news).where(news.c.id <= number - KEPT))


class News:
    """Reads the news.

    Args:
        database: where they stand.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def span(self) -> tuple[int, int]:
        """Return the numbers of the oldest and the newest piece; 0 where none is."""
        query = select(func.min(news.c.id), func.max(news.c.id))
        with self._database.read() as connection:
            oldest, newest = connection.execute(query).one()
        return oldest or 0, newest or 0

    def behind(self, number: int, limit: int) -> list[Piece]:
        """Return what came after ``number``, the oldest first."""
        query = select(news).where(news.c.id > number).order_by(news.c.id).limit(limit)
        with self._database.read() as connection:
            return [
                Piece(
                    number=row["id"],
                    kind=row["kind"],
                    session_id=row["session_id"],
                    data=row["data"],
                    at_ms=row["at_ms"],
                )
                for row in connection.execute(query).mappings()
            ]
