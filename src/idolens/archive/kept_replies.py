"""Replies that are given again to a request that comes again under the same key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, LargeBinary, cast, delete, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from idolens.archive import rows
from idolens.archive.api_tables import kept_reply
from idolens.archive.database import Database


@dataclass(frozen=True, slots=True)
class KeptReply:
    """A reply as it was.

    Attributes:
        request: digest of the request that it answered.
        path: of that request's address; it goes with the session that this names.
    """

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    path: str = ""


class KeptReplies:
    """The kept replies of one installation.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, younger_than_ms: int) -> KeptReply | None:
        """Return the reply under ``key`` (a digest), unless it is too old."""
        query = select(kept_reply).where(
            kept_reply.c.key_sha256 == key,
            kept_reply.c.at_ms > rows.now_ms() - younger_than_ms,
        )
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        return KeptReply(
            request=row["request_sha256"],
            status=row["status"],
            headers=row["headers"],
            body=row["body"],
            path=row["path"] or "",
        )

    def drop(self, key: str) -> None:
        """Forget the reply under ``key``."""
        with self._database.write() as connection:
            connection.execute(delete(kept_reply).where(kept_reply.c.key_sha256 == key))

    def put(self, key: str, reply: KeptReply, younger_than_ms: int) -> None:
        """Keep a reply, and let those go that are too old."""
        now = rows.now_ms()
        values = {
            "request_sha256": reply.request,
            "status": reply.status,
            "headers": dict(reply.headers),
            "body": reply.body,
            "path": reply.path,
            "at_ms": now,
        }
        with self._database.write() as connection:
            connection.execute(
                delete(kept_reply).where(kept_reply.c.at_ms <= now - younger_than_ms)
            )
            connection.execute(
                insert(kept_reply)
                .values(key_sha256=key, **values)
                .on_conflict_do_update(index_elements=["key_sha256"], set_=values)
            )


def drop_about(connection: Connection, ids: Sequence[str]) -> None:
    """Delete the replies that are, or may be, about one of ``ids``."""
    for one in ids:
        named = cast(f'"{one}"'.encode(), LargeBinary)
        connection.execute(
            delete(kept_reply).where(
                or_(
                    kept_reply.c.path.is_(None),
                    func.instr(kept_reply.c.path, f"/{one}") > 0,
                    func.instr(kept_reply.c.body, named) > 0,
                )
            )
        )
