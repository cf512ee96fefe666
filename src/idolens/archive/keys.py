"""Keys for programs: what each may do, until when; of its secret only the hash is kept.

A key is `idl_`, eight characters that name it, `_` and 43 random ones. The random part
holds 256 bits, so that one round of SHA-256 is enough to keep it safe.
"""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from idolens.archive.access_tables import api_key
from idolens.archive.accounts import checked_name
from idolens.archive.audit import Deed, note
from idolens.archive.database import Database
from idolens.archive.rows import Row, now_ms
from idolens.errors import ConflictError, NotFoundError, TemporaryError

LIVE_AT_ONCE = 2
"""Keys of one name that work at the same time: the old one and the new one."""
_FORM = re.compile(r"idl_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
_LETTERS = string.ascii_lowercase + string.digits
_NOTED_EVERY_MS = 60_000


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key.

    Attributes:
        id: its public part.
        name: what it is for; two live keys may share one while the old is replaced.
        scopes: what it may do.
        created_by: who made it, as the audit log calls them.
        created_at_ms: when (UTC).
        expires_at_ms: from when on it does not work, or None.
        used_at_ms: when it was last used, to the minute, or None.
        revoked_at_ms: when it was taken back, or None.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    created_by: str
    created_at_ms: int
    expires_at_ms: int | None
    used_at_ms: int | None
    revoked_at_ms: int | None

    @property
    def actor(self) -> str:
        """How the audit log calls it."""
        return f"key:{self.id}"

    def live(self, now: int) -> bool:
        """Tell whether it works at ``now``."""
        over = self.expires_at_ms is not None and self.expires_at_ms <= now
        return self.revoked_at_ms is None and not over


class Keys:
    """The keys of one installation.

    Args:
        database: where they stand.
        clock: the time in milliseconds (UTC).
    """

    def __init__(self, database: Database, clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> list[ApiKey]:
        """Return the keys, the newest first."""
        query = select(api_key).order_by(
            api_key.c.created_at_ms.desc(), api_key.c.id.desc()
        )
        with self._database.read() as connection:
            return [_key(dict(row)) for row in connection.execute(query).mappings()]

    def add(
        self, name: str, scopes: Iterable[str], actor: str, lasts_ms: int | None
    ) -> tuple[ApiKey, str]:
        """Make a key, and return it with its text, which is nowhere kept.

        Args:
            name: what it is for.
            scopes: what it may do.
            actor: who makes it, for the audit log.
            lasts_ms: how long it works; None is for ever.

        Raises:
            BadInputError: the name will not do.
            ConflictError: two keys of this name work already.
        """
        now, secret = self._clock(), secrets.token_urlsafe(32)
        made = ApiKey(
            id="".join(secrets.choice(_LETTERS) for _ in range(8)),
            name=checked_name(name),
            scopes=tuple(sorted(set(scopes))),
            created_by=actor,
            created_at_ms=now,
            expires_at_ms=None if lasts_ms is None else now + lasts_ms,
            used_at_ms=None,
            revoked_at_ms=None,
        )
        live = select(func.count()).where(
            api_key.c.name == made.name,
            api_key.c.revoked_at_ms.is_(None),
            or_(api_key.c.expires_at_ms.is_(None), api_key.c.expires_at_ms > now),
        )
        values = {field: getattr(made, field) for field in ApiKey.__slots__}
        with self._database.write() as connection:
            if connection.execute(live).scalar_one() >= LIVE_AT_ONCE:
                raise ConflictError(
                    f"Two keys of the name {made.name} work already: revoke one.",
                    f"名为 {made.name} 的密钥已有两个有效：请先吊销一个。",
                )
            connection.execute(
                insert(api_key),
                values | {"scopes": list(made.scopes), "secret_sha256": _hash(secret)},
            )
            note(
                connection,
                actor,
                Deed.KEY_CREATED,
                made.actor,
                {"name": made.name, "scopes": " ".join(made.scopes)},
            )
        return made, f"idl_{made.id}_{secret}"

    def of(self, text: str) -> ApiKey | None:
        """Return the key whose whole text this is, if it works, and note its use."""
        parts = _FORM.fullmatch(text)
        if parts is None:
            return None
        query = select(api_key).where(api_key.c.id == parts[1])
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        now = self._clock()
        if row is None or not hmac.compare_digest(
            row["secret_sha256"], _hash(parts[2])
        ):
            return None
        found = _key(dict(row))
        if not found.live(now):
            return None
        if found.used_at_ms is None or found.used_at_ms <= now - _NOTED_EVERY_MS:
            self._note_use(found.id, now)
        return found

    def revoke(self, key_id: str, actor: str) -> None:
        """Take a key back; the same twice is once.

        Raises:
            NotFoundError: there is no such key.
        """
        with self._database.write() as connection:
            row = connection.execute(
                select(api_key).where(api_key.c.id == key_id)
            ).mappings()
            found = row.one_or_none()
            if found is None:
                raise NotFoundError(
                    "There is no such key: see `idolens keys list`.",
                    "没有这个密钥：请查看 `idolens keys list`。",
                )
            if found["revoked_at_ms"] is not None:
                return
            connection.execute(
                update(api_key)
                .where(api_key.c.id == key_id)
                .values(revoked_at_ms=self._clock())
            )
            note(
                connection,
                actor,
                Deed.KEY_REVOKED,
                f"key:{key_id}",
                {"name": found["name"]},
            )

    def _note_use(self, key_id: str, now: int) -> None:
        statement = update(api_key).where(api_key.c.id == key_id)
        try:
            with self._database.write() as connection:
                connection.execute(statement.values(used_at_ms=now))
        except TemporaryError:
            # On a full disk a key goes on working; the next request notes it.
            return


def looks_like_a_key(text: str) -> bool:
    """Tell whether ``text`` was meant to be one of our keys."""
    return text.startswith("idl_")


def _key(row: Row) -> ApiKey:
    values: dict[str, Any] = {name: row[name] for name in ApiKey.__slots__}
    values["scopes"] = tuple(row["scopes"])
    return ApiKey(**values)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
