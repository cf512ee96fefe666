"""Who is signed in; of the token in a cookie only the hash is kept."""

import hashlib
import secrets
from collections.abc import Callable

from sqlalchemy import delete, insert, or_, select, update

from idolens.archive.access_tables import account, login
from idolens.archive.accounts import Account, account_of
from idolens.archive.audit import Deed, note
from idolens.archive.database import Database
from idolens.archive.rows import now_ms
from idolens.errors import TemporaryError

IDLE_MS = 12 * 3_600_000
LONGEST_MS = 7 * 24 * 3_600_000
_NOTED_EVERY_MS = 60_000


class Logins:
    """The logins of one installation.

    Args:
        database: where they stand.
        clock: the time in milliseconds (UTC).
    """

    def __init__(self, database: Database, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._clock = clock

    def begin(self, whose: Account, instead_of: str | None = None) -> str:
        """Sign an account in, and return the token for its cookie.

        Args:
            whose: the account.
            instead_of: a token that the browser had before; it ends.
        """
        token, now = secrets.token_urlsafe(32), self._clock()
        outdated = [login.c.expires_at_ms <= now, login.c.seen_at_ms <= now - IDLE_MS]
        if instead_of is not None:
            outdated.append(login.c.token_sha256 == _hash(instead_of))
        with self._database.write() as connection:
            connection.execute(delete(login).where(or_(*outdated)))
            connection.execute(
                insert(login),
                {
                    "token_sha256": _hash(token),
                    "account_id": whose.id,
                    "created_at_ms": now,
                    "seen_at_ms": now,
                    "expires_at_ms": now + LONGEST_MS,
                },
            )
            note(connection, whose.actor, Deed.SIGNED_IN, whose.actor)
        return token

    def whose(self, token: str) -> Account | None:
        """Return who is signed in with ``token``, and note that it was used."""
        hashed, now = _hash(token), self._clock()
        query = (
            select(account, login.c.seen_at_ms)
            .join(login, login.c.account_id == account.c.id)
            .where(
                login.c.token_sha256 == hashed,
                login.c.expires_at_ms > now,
                login.c.seen_at_ms > now - IDLE_MS,
                account.c.disabled_at_ms.is_(None),
            )
        )
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        if row["seen_at_ms"] <= now - _NOTED_EVERY_MS:
            self._note_use(hashed, now)
        return account_of(dict(row))

    def end(self, token: str) -> None:
        """Sign out."""
        whose = self.whose(token)
        with self._database.write() as connection:
            connection.execute(
                delete(login).where(login.c.token_sha256 == _hash(token))
            )
            if whose is not None:
                note(connection, whose.actor, Deed.SIGNED_OUT, whose.actor)

    def _note_use(self, hashed: str, now: int) -> None:
        statement = update(login).where(login.c.token_sha256 == hashed)
        try:
            with self._database.write() as connection:
                connection.execute(statement.values(seen_at_ms=now))
        except TemporaryError:
            # A full disk must not sign everybody out who could make room on it; the
            # next request notes it, or twelve hours later the login ends.
            return


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
