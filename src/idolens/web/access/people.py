"""Accounts, keys and the audit log, for those who look after them."""

from collections.abc import Callable, Sequence
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from idolens.archive import Archive
from idolens.archive.accounts import Account, Change
from idolens.errors import BadInputError, NotFoundError
from idolens.web.access.caller import Caller, caller_of
from idolens.web.access.permissions import FOR_KEYS
from idolens.web.access.session import Reception
from idolens.web.access.shapes import (
    AccountChange,
    AccountList,
    AccountTold,
    EntryList,
    KeyList,
    KeyMade,
    KeyTold,
    NewAccount,
    NewKey,
    account_told,
    entry_told,
    key_told,
)

DAY_MS = 24 * 3_600_000
Asking = Annotated[Caller, Depends(caller_of)]
AccountPath = Annotated[
    str, Path(pattern=r"^[0-9a-f]{16}$", description="Id of an account.")
]
KeyPath = Annotated[str, Path(pattern=r"^[a-z0-9]{8}$", description="Id of a key.")]


def add_accounts(
    router: APIRouter, archive: Callable[[], Archive], reception: Reception
) -> None:
    """Add the routes about accounts."""

    @router.get("/accounts", summary="List the accounts")
    def accounts() -> AccountList:
        return AccountList(items=[account_told(a) for a in archive().accounts.all()])

    @router.get("/accounts/{account_id}", summary="Tell about one account")
    def one(account_id: AccountPath) -> AccountTold:
        return account_told(archive().accounts.of_id(account_id))

    @router.post("/accounts", status_code=201, summary="Make an account")
    async def add(asked: NewAccount, caller: Asking) -> AccountTold:
        def make() -> Account:
            return archive().accounts.add(
                asked.name, asked.role, asked.password, caller.actor
            )

        return account_told(await reception.alone(make))

    @router.patch(
        "/accounts/{account_id}",
        summary="Change an account; whoever is signed in with it signs in again",
    )
    async def change(
        account_id: AccountPath,
        asked: AccountChange,
        caller: Asking,
        request: Request,
        response: Response,
    ) -> AccountTold:
        wanted = Change(asked.role, asked.password, asked.disabled)

        def work() -> Account:
            return archive().accounts.change(account_id, wanted, caller.actor)

        changed = await reception.alone(work)
        own = caller.account is not None and caller.account.id == account_id
        if own and changed.disabled_at_ms is None:
            await reception.begin(changed, request, response)
        return account_told(changed)


def add_keys(router: APIRouter, archive: Callable[[], Archive]) -> None:
    """Add the routes about keys."""

    @router.get("/keys", summary="List the keys, without their secrets")
    def keys() -> KeyList:
        return KeyList(items=[key_told(key) for key in archive().keys.all()])

    @router.get("/keys/{key_id}", summary="Tell about one key, without its secret")
    def one(key_id: KeyPath) -> KeyTold:
        for key in archive().keys.all():
            if key.id == key_id:
                return key_told(key)
        raise NotFoundError("There is no such key.", "没有这个密钥。")

    @router.post("/keys", status_code=201, summary="Make a key; it is shown once")
    def add(asked: NewKey, caller: Asking) -> KeyMade:
        scopes = check_scopes(asked.scopes)
        lasts = None if asked.days is None else asked.days * DAY_MS
        made, text = archive().keys.add(asked.name, scopes, caller.actor, lasts)
        return KeyMade(**key_told(made).model_dump(), key=text)

    @router.delete("/keys/{key_id}", status_code=204, summary="Take a key back")
    def revoke(key_id: KeyPath, caller: Asking) -> None:
        archive().keys.revoke(key_id, caller.actor)


def add_audit(router: APIRouter, archive: Callable[[], Archive]) -> None:
    """Add the route about the audit log."""

    @router.get("/audit", summary="Who did what, and when")
    async def entries(
        after: Annotated[
            int, Query(ge=0, le=2**53, description="Only entries behind this number.")
        ] = 0,
        limit: Annotated[
            int, Query(ge=1, le=1000, description="At most so many.")
        ] = 100,
    ) -> EntryList:
        found = await to_thread.run_sync(archive().audit.entries, after, limit)
        return EntryList(items=[entry_told(entry) for entry in found])


def check_scopes(scopes: Sequence[str]) -> list[str]:
    """Return scopes that a key may have.

    Raises:
        BadInputError: one of them is nothing for a key.
    """
    allowed = sorted(one.value for one in FOR_KEYS)
    wrong = [scope for scope in scopes if scope not in allowed]
    if wrong:
        names = ", ".join(allowed)
        raise BadInputError(
            f"A key cannot be made for that; choose of: {names}.",
            f"密钥不能用于此权限；可选：{names}。",
        )
    return [str(scope) for scope in scopes]
