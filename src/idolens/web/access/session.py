"""Signing in and out, the first account, and one's own password."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import anyio
from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response

from idolens.archive import Archive
from idolens.archive.accounts import Account, Change
from idolens.archive.passwords import AT_ONCE
from idolens.archive.setup_token import SetupToken
from idolens.errors import NotAllowedError, NotSignedInError
from idolens.vocabulary import Role
from idolens.web.access.caller import Caller, caller_of
from idolens.web.access.callers import Callers
from idolens.web.access.permissions import OF_ROLE
from idolens.web.access.shapes import Me, NewPassword, SetUp, SignIn, me
from idolens.web.access.tries import Tries

T = TypeVar("T")
Asking = Annotated[Caller, Depends(caller_of)]


class Reception:
    """Takes names and passwords, few at a time and not too often.

    Args:
        archive: gives accounts and logins.
        token: makes the first account.
        callers: learns that there is an account.
    """

    def __init__(
        self, archive: Callable[[], Archive], token: SetupToken, callers: Callers
    ) -> None:
        self._archive = archive
        self._token = token
        self._callers = callers
        self._cookie = callers.cookie
        self._tries = Tries()
        # Else those who wait for a hash would hold the threads that others need.
        self._limiter: anyio.CapacityLimiter | None = None

    async def sign_in(self, asked: SignIn, request: Request, response: Response) -> Me:
        """Check a name and its password, and begin a login.

        Raises:
            NotSignedInError: they do not fit.
            TooManyError: there were too many tries.
        """
        self._tries.count(_address(request), asked.name)
        accounts = self._archive().accounts

        def check() -> Account | None:
            return accounts.signing_in(asked.name, asked.password)

        account = await self.alone(check)
        if account is None:
            raise _wrong()
        return await self._let_in(account, request, response)

    async def set_up(self, asked: SetUp, request: Request, response: Response) -> Me:
        """Make the first account, and begin a login with it.

        Raises:
            NotAllowedError: the token does not fit.
            ConflictError: there is an account already.
        """
        self._tries.count(_address(request), "setup")

        def make() -> Account:
            accounts = self._archive().accounts
            if not accounts.any() and not self._token.fits(asked.token):
                raise NotAllowedError(
                    "This link does not work any more: "
                    "`idolens accounts setup-link` prints a new one.",
                    "此链接已失效：请运行 `idolens accounts setup-link` 获取新链接。",
                )
            made = accounts.add(
                asked.name, Role.ADMIN, asked.password, "setup", first=True
            )
            self._token.withdraw()
            return made

        account = await self.alone(make)
        self._callers.account_made()
        return await self._let_in(account, request, response)

    async def change_password(
        self, asked: NewPassword, caller: Caller, request: Request, response: Response
    ) -> None:
        """Change the caller's own password; every other login of theirs ends.

        Raises:
            NotAllowedError: the caller has no account.
            NotSignedInError: the old password is wrong.
        """
        account = caller.account
        if account is None:
            raise NotAllowedError(
                "Only whoever is signed in has a password to change.",
                "只有已登录的用户才能修改密码。",
            )
        self._tries.count(_address(request), account.name)
        accounts = self._archive().accounts

        def change() -> bool:
            if accounts.signing_in(account.name, asked.old) is None:
                return False
            accounts.change(account.id, Change(password=asked.new), account.actor)
            return True

        if not await self.alone(change):
            raise _wrong()
        await self._let_in(account, request, response)

    async def sign_out(self, request: Request, response: Response) -> None:
        """End the login that the request came with, if it did."""
        token = self._cookie.token(request)
        if token is not None:
            await to_thread.run_sync(self._archive().logins.end, token)
        self._cookie.take(response)

    async def begin(
        self, account: Account, request: Request, response: Response
    ) -> None:
        """Give the browser a new login in place of the one that it had."""
        old = self._cookie.token(request)
        logins = self._archive().logins
        self._cookie.give(
            response, await to_thread.run_sync(logins.begin, account, old)
        )

    async def _let_in(
        self, account: Account, request: Request, response: Response
    ) -> Me:
        await self.begin(account, request, response)
        return me(Caller("account", account.actor, OF_ROLE[account.role], account))

    async def alone(self, work: Callable[[], T]) -> T:
        """Run work that hashes a password in a thread, when its turn comes."""
        if self._limiter is None:  # belongs to the loop that it is made in
            self._limiter = anyio.CapacityLimiter(AT_ONCE)
        return await to_thread.run_sync(work, limiter=self._limiter)


def add_session(router: APIRouter, reception: Reception, callers: Callers) -> None:
    """Add the routes."""

    @router.post("/session", summary="Sign in; the login stands in a cookie")
    async def sign_in(asked: SignIn, request: Request, response: Response) -> Me:
        return await reception.sign_in(asked, request, response)

    @router.delete("/session", status_code=204, summary="Sign out")
    async def sign_out(request: Request, response: Response) -> None:
        await reception.sign_out(request, response)

    @router.get("/me", summary="Who am I, and what may I do?")
    async def who(caller: Asking) -> Me:
        return me(caller, open_to_all=callers.open_to_all)

    @router.put("/me/password", status_code=204, summary="Change one's own password")
    async def change_password(
        asked: NewPassword, caller: Asking, request: Request, response: Response
    ) -> None:
        await reception.change_password(asked, caller, request, response)

    @router.post(
        "/setup", status_code=201, summary="Make the first account, with the setup link"
    )
    async def set_up(asked: SetUp, request: Request, response: Response) -> Me:
        return await reception.set_up(asked, request, response)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _wrong() -> NotSignedInError:
    return NotSignedInError(
        "The name or the password is wrong, or the account is disabled.",
        "名称或密码不正确，或帐号已停用。",
    )
