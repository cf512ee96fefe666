"""What is asked and told about accounts, logins, keys and the audit log."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from idolens.archive.accounts import Account
from idolens.archive.audit import Entry
from idolens.archive.keys import ApiKey
from idolens.archive.passwords import LEAST
from idolens.vocabulary import Role
from idolens.web.access.caller import Caller
from idolens.web.access.permissions import Permission

_MOST_DAYS = 3650

Name = Annotated[str, Field(max_length=200, description="Name; case does not matter.")]
Password = Annotated[
    str, Field(max_length=1000, description=f"At least {LEAST} characters.")
]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_Asked):
    """A name and its password."""

    name: Name
    password: Password


class SetUp(SignIn):
    """Makes the first account, which is an admin."""

    token: str = Field(
        max_length=200, description="From the link that `idolens serve` printed."
    )


class NewPassword(_Asked):
    """Changes one's own password."""

    old: Password
    new: Password


class NewAccount(SignIn):
    """An account to be made."""

    role: Role = Field(description="What it may do.")


class AccountChange(_Asked):
    """What to change; what is left out stays."""

    role: Role | None = Field(None, description="What it may do from now on.")
    password: str | None = Field(
        None, max_length=1000, description=f"A new one, at least {LEAST} characters."
    )
    disabled: bool | None = Field(None, description="Whether it may not sign in.")


class NewKey(_Asked):
    """A key to be made."""

    name: Name
    scopes: list[Permission] = Field(
        min_length=1,
        max_length=len(Permission),
        description="What it may do, e.g. `read`, `ask`, `ingest`.",
    )
    days: int | None = Field(
        90,
        ge=1,
        le=_MOST_DAYS,
        description="How long it works, in days; null is for ever.",
    )


class Me(BaseModel):
    """Who one is, and what one may do."""

    kind: Literal["account", "key", "open"] = Field(
        description="`open`: let in because there is no account yet."
    )
    name: str | None = Field(description="Of the account, if one is signed in.")
    role: Role | None = Field(description="Of the account, if one is signed in.")
    permissions: list[Permission] = Field(description="All that one may do.")
    open_to_all: bool = Field(
        description="Whether other machines too are let in without an account now."
    )


class AccountTold(BaseModel):
    """An account."""

    id: str = Field(description="Never changes.")
    name: str = Field(description="What is typed to sign in.")
    role: Role = Field(description="What it may do.")
    created_at_ms: int = Field(description="When it was made, UTC in ms.")
    disabled_at_ms: int | None = Field(
        description="Since when it may not sign in, UTC in ms, or null."
    )


class AccountList(BaseModel):
    """All accounts."""

    items: list[AccountTold] = Field(description="By name.")


class KeyTold(BaseModel):
    """A key, without its secret."""

    id: str = Field(description="Its public part.")
    name: str = Field(description="What it is for; two may share one for a while.")
    scopes: list[str] = Field(description="What it may do.")
    created_by: str = Field(description="Who made it.")
    created_at_ms: int = Field(description="When, UTC in ms.")
    expires_at_ms: int | None = Field(
        description="From when on it does not work, UTC in ms, or null."
    )
    used_at_ms: int | None = Field(
        description="When it was last used, UTC in ms, to the minute, or null."
    )
    revoked_at_ms: int | None = Field(
        description="When it was taken back, UTC in ms, or null."
    )


class KeyList(BaseModel):
    """All keys."""

    items: list[KeyTold] = Field(description="The newest first.")


class KeyMade(KeyTold):
    """A new key."""

    key: str | None = Field(
        description="The whole key. It is shown here and never again: null when the "
        "reply is given again under an Idempotency-Key.",
        json_schema_extra={"x-shown-once": True},
    )


class EntryTold(BaseModel):
    """One entry of the audit log."""

    seq: int = Field(description="Its number; none is left out.")
    at_ms: int = Field(description="When, UTC in ms.")
    actor: str = Field(description="Who.")
    action: str = Field(description="What.")
    subject: str = Field(description="To what.")
    detail: dict[str, str | int | bool | None] = Field(
        description="What else is to be known: ids, names and numbers."
    )
    previous_hash: str = Field(description="Hash of the entry before.")
    hash: str = Field(description="Hash of all of the above.")


class EntryList(BaseModel):
    """Some entries of the audit log."""

    items: list[EntryTold] = Field(description="The oldest first.")


def me(caller: Caller, *, open_to_all: bool = False) -> Me:
    """Tell a caller who they are."""
    account = caller.account
    return Me(
        kind=caller.kind,
        name=account.name if account else None,
        role=account.role if account else None,
        permissions=sorted(caller.permissions),
        open_to_all=open_to_all and caller.kind == "open",
    )


def account_told(account: Account) -> AccountTold:
    """Tell about an account."""
    return AccountTold(
        id=account.id,
        name=account.name,
        role=account.role,
        created_at_ms=account.created_at_ms,
        disabled_at_ms=account.disabled_at_ms,
    )


def key_told(key: ApiKey) -> KeyTold:
    """Tell about a key."""
    return KeyTold(
        id=key.id,
        name=key.name,
        scopes=list(key.scopes),
        created_by=key.created_by,
        created_at_ms=key.created_at_ms,
        expires_at_ms=key.expires_at_ms,
        used_at_ms=key.used_at_ms,
        revoked_at_ms=key.revoked_at_ms,
    )


def entry_told(entry: Entry) -> EntryTold:
    """Tell about an entry of the audit log."""
    return EntryTold(
        seq=entry.seq,
        at_ms=entry.at_ms,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        detail=dict(entry.detail),
        previous_hash=entry.previous_hash,
        hash=entry.hash,
    )
