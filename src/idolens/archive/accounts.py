"""The people who may sign in, and what each may do."""

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from idolens.archive.access_tables import account, login
from idolens.archive.audit import Deed, note
from idolens.archive.database import Database
from idolens.archive.passwords import Passwords
from idolens.archive.rows import Row, now_ms
from idolens.errors import BadInputError, ConflictError, NotFoundError
from idolens.vocabulary import Role

_NAME = re.compile(r"[\w.@+-]+(?: [\w.@+-]+)*")
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in.

    Attributes:
        id: never changes.
        name: what is typed to sign in; lower case.
        role: what the account may do.
        created_at_ms: when it was made (UTC).
        disabled_at_ms: since when it may not sign in, or None.
    """

    id: str
    name: str
    role: Role
    created_at_ms: int
    disabled_at_ms: int | None

    @property
    def actor(self) -> str:
        """How the audit log calls it."""
        return f"account:{self.name}"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be changed about an account; None stays as it is."""

    role: Role | None = None
    password: str | None = None
    disabled: bool | None = None


class Accounts:
    """The accounts of one installation; none is ever deleted, only disabled."""

    def __init__(self, database: Database, passwords: Passwords | None = None) -> None:
        self._database = database
        self._passwords = passwords or Passwords()

    def all(self) -> list[Account]:
        """Return the accounts by name."""
        query = select(account).order_by(account.c.name)
        with self._database.read() as connection:
            return [
                account_of(dict(row)) for row in connection.execute(query).mappings()
            ]

    def any(self) -> bool:
        """Tell whether there is an account at all."""
        with self._database.read() as connection:
            return _any(connection)

    def has_admin(self) -> bool:
        """Tell whether somebody can look after the accounts."""
        with self._database.read() as connection:
            return _admins(connection) > 0

    def named(self, name: str) -> Account:
        """Return the account of this name.

        Raises:
            NotFoundError: there is none.
        """
        return self._one(account.c.name == _folded(name))

    def of_id(self, account_id: str) -> Account:
        """Return the account of this id.

        Raises:
            NotFoundError: there is none.
        """
        return self._one(account.c.id == account_id)

    def add(
        self, name: str, role: Role, password: str, actor: str, *, first: bool = False
    ) -> Account:
        """Make an account; takes a third of a second for the password.

        Args:
            name: what is typed to sign in.
            role: what it may do.
            password: at least twelve characters.
            actor: who makes it, for the audit log.
            first: refuse when there is an account already.

        Raises:
            BadInputError: the name or the password will not do.
            ConflictError: the name is taken, or this is not the first.
        """
        made = Account(
            id=secrets.token_hex(8),
            name=checked_name(name),
            role=role,
            created_at_ms=now_ms(),
            disabled_at_ms=None,
        )
        kept = self._passwords.hashed(password)
        with self._database.write() as connection:
            if first and _any(connection):
                raise ConflictError(
                    "There is an account already: sign in with it.",
                    "已经有帐号了：请登录。",
                )
            if connection.execute(
                select(exists().where(account.c.name == made.name))
            ).scalar():
                raise ConflictError(
                    f"There is an account {made.name} already: choose another name.",
                    f"帐号 {made.name} 已存在：请换一个名称。",
                )
            values = {
                "id": made.id,
                "name": made.name,
                "role": role.value,
                "created_at_ms": made.created_at_ms,
            }
            connection.execute(insert(account), values | {"password_hash": kept})
            note(
                connection,
                actor,
                Deed.ACCOUNT_CREATED,
                made.actor,
                {"role": role.value},
            )
        return made

    def change(self, account_id: str, change: Change, actor: str) -> Account:
        """Change an account; whoever is signed in with it must sign in again.

        Raises:
            NotFoundError: there is no such account.
            BadInputError: the password will not do.
            ConflictError: nobody would be left who can look after the accounts.
        """
        values, detail = self._values(change)
        with self._database.write() as connection:
            before = _found(connection, account.c.id == account_id)
            if values:
                connection.execute(
                    update(account).where(account.c.id == account_id).values(values)
                )
            if before.role is Role.ADMIN and not _admins(connection):
                raise ConflictError(
                    "This is the last account that can look after the others: "
                    "make another admin first.",
                    "这是最后一个管理员帐号：请先新建另一个管理员。",
                )
            connection.execute(delete(login).where(login.c.account_id == account_id))
            note(connection, actor, Deed.ACCOUNT_CHANGED, before.actor, detail)
            return _found(connection, account.c.id == account_id)

    def signing_in(self, name: str, password: str) -> Account | None:
        """Return whose name and password these are; None when they do not fit."""
        query = select(account).where(account.c.name == _folded(name))
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        fits = self._passwords.fits(password, row["password_hash"] if row else None)
        if row is None:
            return None
        found = account_of(dict(row))
        if fits and found.disabled_at_ms is None:
            return found
        with self._database.write() as connection:
            note(connection, "unknown", Deed.SIGN_IN_REFUSED, found.actor)
        return None

    def _values(self, change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
        values: dict[str, Any] = {}
        detail: dict[str, Any] = {}
        if change.role is not None:
            values["role"] = detail["role"] = change.role.value
        if change.password is not None:
            values["password_hash"] = self._passwords.hashed(change.password)
            detail["password"] = True
        if change.disabled is not None:
            values["disabled_at_ms"] = now_ms() if change.disabled else None
            detail["disabled"] = change.disabled
        return values, detail

    def _one(self, condition: Any) -> Account:
        with self._database.read() as connection:
            return _found(connection, condition)


def account_of(row: Row) -> Account:
    """Return the account of a row."""
    return Account(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        created_at_ms=row["created_at_ms"],
        disabled_at_ms=row["disabled_at_ms"],
    )


def checked_name(name: str) -> str:
    """Return a name as it is kept.

    Raises:
        BadInputError: nobody can be called so.
    """
    folded = _folded(name)
    if len(folded) > _LONGEST_NAME or not _NAME.fullmatch(folded):
        raise BadInputError(
            f"A name has 1 to {_LONGEST_NAME} letters, digits and . @ + - _: "
            "choose another.",
            f"名称应为 1 到 {_LONGEST_NAME} 个文字、数字或 . @ + - _:请换一个。",
        )
    return folded


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _any(connection: Connection) -> bool:
    return bool(connection.execute(select(exists(select(account.c.id)))).scalar())


def _admins(connection: Connection) -> int:
    query = select(func.count()).where(
        account.c.role == Role.ADMIN.value, account.c.disabled_at_ms.is_(None)
    )
    return connection.execute(query).scalar_one()


def _found(connection: Connection, condition: Any) -> Account:
    row = connection.execute(select(account).where(condition)).mappings().one_or_none()
    if row is None:
        raise NotFoundError(
            "There is no such account: see `idolens accounts list`.",
            "没有这个帐号：请查看 `idolens accounts list`。",
        )
    return account_of(dict(row))
