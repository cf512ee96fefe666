"""Who did what, and when: a log to which entries are added and never taken from.

Each entry holds the hash of the one before, so that an entry which was changed,
removed or slipped in breaks the chain behind it. Whoever may write to the file could
forge the whole chain; a head (`AuditLog.head`) that was noted elsewhere shows that too.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, select

from idolens.archive.access_tables import audit_entry
from idolens.archive.database import Database
from idolens.archive.rows import now_ms
from idolens.errors import DiskFullError

Detail = Mapping[str, str | int | bool | None]
"""What else is to be known of a deed: ids, names and numbers, never content."""

BEGINNING = "0" * 64
"""Stands for the hash before the first entry."""
_SLICE = 1000
_GUARD = "audit_entry_is_never_deleted"
DAY_MS = 24 * 3_600_000


class Deed(StrEnum):
    """What an entry can be about."""

    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CHANGED = "account_changed"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    KEY_CREATED = "key_created"
    KEY_REVOKED = "key_revoked"
    VERDICT = "verdict"
    POLICY_CHANGED = "policy_changed"
    EXPORTED = "exported"
    UNREDACTED = "unredacted"
    PURGED = "purged"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    BACKED_UP = "backed_up"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        seq: its number; the first is 1, and none is left out.
        at_ms: when (UTC).
        actor: who, e.g. ``account:lin``, ``key:ab12cd34`` or ``terminal``.
        action: what; one of `Deed`.
        subject: to what, e.g. ``account:lin`` or a session's id.
        detail: what else is to be known.
        previous_hash: of the entry before.
        hash: of all of the above.
    """

    seq: int
    at_ms: int
    actor: str
    action: str
    subject: str
    detail: Detail
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry's number and hash; enough to see later what was changed."""

    seq: int
    hash: str


class AuditLog:
    """The log of one installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, actor: str, deed: Deed, subject: str, detail: Detail | None = None
    ) -> None:
        """Add an entry, in a transaction of its own; on a full disk too."""
        try:
            self._add(actor, deed, subject, detail)
        except DiskFullError:  # the reserve has been given up, for things like this
            self._add(actor, deed, subject, detail)

    def _add(self, actor: str, deed: Deed, subject: str, detail: Detail | None) -> None:
        with self._database.write() as connection:
            note(connection, actor, deed, subject, detail)

    def record_daily(self, actor: str, deed: Deed, subject: str) -> None:
        """Add an entry, unless there is the same one of today (UTC) already."""
        today = now_ms() // DAY_MS * DAY_MS
        same = select(audit_entry.c.seq).where(
            audit_entry.c.at_ms >= today,
            audit_entry.c.actor == actor,
            audit_entry.c.action == deed.value,
            audit_entry.c.subject == subject,
        )
        with self._database.read() as connection:
            if connection.execute(same).first() is not None:
                return
        with self._database.write() as connection:
            if connection.execute(same).first() is None:
                note(connection, actor, deed, subject)

    def entries(self, after: int = 0, limit: int = _SLICE) -> list[Entry]:
        """Return entries behind number ``after``, the oldest first."""
        query = (
            select(audit_entry)
            .where(audit_entry.c.seq > after)
            .order_by(audit_entry.c.seq)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [Entry(**row) for row in connection.execute(query).mappings()]

    def newest(self, limit: int) -> list[Entry]:
        """Return the last entries, the oldest of them first."""
        return self.entries(max(0, self.head().seq - limit), limit)

    def head(self) -> Head:
        """Return where the log ends."""
        with self._database.read() as connection:
            return _head(connection)

    def broken_at(self, noted: Head | None = None) -> int | None:
        """Return the number of the first entry that is not as it was written.

        Args:
            noted: a head that was noted earlier; it must still be in the chain.

        Returns:
            None when the whole chain holds. A number behind the last entry means that
            the noted entry is gone.
        """
        before = self._beginning()
        if before is None:
            return 1
        while entries := self.entries(before.seq):
            for entry in entries:
                wanted = before.seq + 1
                if entry.seq != wanted or entry.previous_hash != before.hash:
                    return wanted
                if entry.hash != hash_of(entry):
                    return wanted
                if noted and noted.seq == entry.seq and noted.hash != entry.hash:
                    return wanted
                before = Head(entry.seq, entry.hash)
        return before.seq + 1 if noted and noted.seq > before.seq else None

    def trim(self, before_ms: int, *, dry: bool = False) -> int:
        """Delete the entries from before, from the oldest on; return how many.

        The log says itself up to where it was cut: the chain goes on from there.
        """
        young = select(func.min(audit_entry.c.seq)).where(
            audit_entry.c.at_ms >= before_ms
        )
        with self._database.write() as connection:
            end = _head(connection)
            first = connection.execute(young).scalar() or end.seq + 1
            last = connection.execute(
                select(audit_entry)
                .where(audit_entry.c.seq < first)
                .order_by(audit_entry.c.seq.desc())
                .limit(1)
            ).one_or_none()
            if last is None or dry:
                old = select(func.count()).where(audit_entry.c.seq < first)
                return connection.execute(old).scalar_one()
            # Nothing but this may delete entries, and nobody else while it does.
            connection.exec_driver_sql(f"DROP TRIGGER {_GUARD}")
            gone = connection.execute(
                delete(audit_entry).where(audit_entry.c.seq < first)
            ).rowcount
            connection.exec_driver_sql(
                f"CREATE TRIGGER {_GUARD} BEFORE DELETE ON audit_entry "
                "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
            )
            detail = {
                "kind": "audit",
                "why": "age",
                "count": gone,
                "up_to": last.seq,
                "hash": last.hash,
            }
            note(connection, "schedule", Deed.PURGED, "audit", detail, end)
            return gone

    def _beginning(self) -> Head | None:
        """Return what the first entry follows; None where that cannot be known."""
        cut = select(audit_entry.c.detail).where(
            audit_entry.c.action == Deed.PURGED.value, audit_entry.c.subject == "audit"
        )
        query = select(audit_entry).order_by(audit_entry.c.seq).limit(1)
        with self._database.read() as connection:
            first = connection.execute(query).one_or_none()
            if first is None or first.seq == 1:
                return Head(0, BEGINNING)
            before = Head(first.seq - 1, first.previous_hash)
            for detail in connection.execute(cut).scalars():
                if (detail["up_to"], detail["hash"]) == (before.seq, before.hash):
                    return before
        return None


def note(
    connection: Connection,
    actor: str,
    deed: Deed,
    subject: str,
    detail: Detail | None = None,
    before: Head | None = None,
) -> None:
    """Add an entry within a write transaction: kept with the deed, or not at all.

    It follows the newest one, or ``before`` where that has just been deleted.
    """
    before = before or _head(connection)
    entry = Entry(
        seq=before.seq + 1,
        at_ms=now_ms(),
        actor=actor,
        action=deed.value,
        subject=subject,
        detail=dict(detail or {}),
        previous_hash=before.hash,
        hash="",
    )
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    connection.execute(insert(audit_entry), values | {"hash": hash_of(entry)})


def hash_of(entry: Entry) -> str:
    """Return the hash that ``entry`` should have."""
    whole = [
        entry.seq,
        entry.at_ms,
        entry.actor,
        entry.action,
        entry.subject,
        dict(entry.detail),
        entry.previous_hash,
    ]
    text = json.dumps(whole, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _head(connection: Connection) -> Head:
    query = (
        select(audit_entry.c.seq, audit_entry.c.hash)
        .order_by(audit_entry.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return Head(0, BEGINNING) if row is None else Head(row.seq, row.hash)
