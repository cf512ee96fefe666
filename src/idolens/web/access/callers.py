"""Finds out who asks: by their key, by their login, or because all is open yet."""

import time
from collections.abc import Callable
from typing import Literal

import anyio
from anyio import to_thread
from starlette.requests import HTTPConnection

from idolens.archive import Archive
from idolens.archive.keys import looks_like_a_key
from idolens.errors import NotSignedInError
from idolens.settings import Settings
from idolens.vocabulary import Role
from idolens.web.access.caller import Caller
from idolens.web.access.cookie import LoginCookie
from idolens.web.access.permissions import FOR_KEYS, OF_ROLE, Permission
from idolens.web.access.rates import Rates
from idolens.web.addresses import from_this_machine, is_loopback

_READERS = 8
_LOOK_AGAIN_S = 1.0
"""How long an account that was made at the terminal may go unnoticed."""


class Callers:
    """Knows who may be asking.

    Attributes:
        cookie: what a login stands in.
        rates: how often each of them may ask.
        open_to_all: whether, without an account, others than this machine get in.

    Args:
        archive: gives accounts, logins and keys; opened at the first need.
        settings: who is let in while there is no account.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        archive: Callable[[], Archive],
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._archive = archive
        self.cookie = LoginCookie(secure=settings.behind_https)
        self._open_here = settings.access == "open-loopback" and is_loopback(
            settings.host
        )
        self.open_to_all = (
            settings.insecure_open_lan and settings.access == "open-loopback"
        )
        self.rates = Rates(settings.load, open_to_all=self.open_to_all)
        self._clock = clock
        self._limiter: anyio.CapacityLimiter | None = None
        self._has_accounts = False
        self._looked_at = -_LOOK_AGAIN_S

    async def of(self, connection: HTTPConnection) -> Caller:
        """Return who sent a request.

        Raises:
            NotSignedInError: nobody known.
        """
        key, token = _key(connection), self.cookie.token(connection)
        if key is None and token is None and self._is_open(connection):
            return _SOMEBODY_HERE
        if self._limiter is None:  # belongs to the loop that it is made in
            self._limiter = anyio.CapacityLimiter(_READERS)
        return await to_thread.run_sync(
            self._found, connection, key, token, limiter=self._limiter
        )

    def is_open(self) -> bool:
        """Tell whether people are let in without an account now."""
        return (self._open_here or self.open_to_all) and not self._accounts_exist()

    def openness(self) -> Literal[0, 1, 2]:
        """Tell who is let in without an account: nobody, this machine, everybody."""
        if not self.is_open():
            return 0
        return 2 if self.open_to_all else 1

    def account_made(self) -> None:
        """Note at once that there is an account: from now on everybody needs one."""
        self._has_accounts = True

    def _found(
        self, connection: HTTPConnection, key: str | None, token: str | None
    ) -> Caller:
        if key is not None:
            found = self._archive().keys.of(key)
            if found is None:
                raise _bad_key()
            scopes = {one for one in FOR_KEYS if one.value in found.scopes}
            return Caller("key", found.actor, frozenset({Permission.SELF} | scopes))
        account = None if token is None else self._archive().logins.whose(token)
        if account is not None:
            return Caller("account", account.actor, OF_ROLE[account.role], account)
        if self._is_open(connection):
            return _SOMEBODY_HERE
        raise NotSignedInError(
            "Sign in, or send a key: `Authorization: Bearer idl_…`.",
            "请先登录，或发送密钥：`Authorization: Bearer idl_…`。",
        )

    def _is_open(self, connection: HTTPConnection) -> bool:
        if not (
            self.open_to_all or (self._open_here and from_this_machine(connection))
        ):
            return False
        return not self._accounts_exist()

    def _accounts_exist(self) -> bool:
        # Once there is one there always is: accounts are disabled, never deleted.
        now = self._clock()
        if not self._has_accounts and now - self._looked_at >= _LOOK_AGAIN_S:
            self._has_accounts = self._archive().accounts.any()
            self._looked_at = now
        return self._has_accounts


_SOMEBODY_HERE = Caller("open", "open", OF_ROLE[Role.OPERATOR])
"""Whoever asks while there is no account: an operator, never an admin."""


def _key(connection: HTTPConnection) -> str | None:
    """Return the key that a request brings; a Bearer token of others is none."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else None
    given = connection.headers.get("x-api-key")
    if given is None:
        return bearer if bearer and looks_like_a_key(bearer) else None
    if bearer and looks_like_a_key(bearer) and bearer != given:
        raise _bad_key()
    return given


def _bad_key() -> NotSignedInError:
    return NotSignedInError(
        "This key does not work: it is unknown, has expired or was revoked.",
        "此密钥无效：不存在、已过期或已被吊销。",
    )
