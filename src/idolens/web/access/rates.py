"""How many requests whoever asks may send in a minute."""

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import HTTPConnection

from idolens.errors import TooManyError
from idolens.settings import LoadSettings
from idolens.web.access.caller import Caller
from idolens.web.addresses import from_this_machine


class Rates:
    """Counts requests by key and account, in a minute that moves along.

    Where nobody needs an account they are counted by address, this machine's own not:
    there all programs would share one count, and whoever sits at it has better means
    to slow it down.

    Args:
        load: how many there may be.
        open_to_all: whether other machines are let in without an account.
    """

    def __init__(self, load: LoadSettings, *, open_to_all: bool) -> None:
        self._open_to_all = open_to_all
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._of_caller = _per_minute(load.caller_per_minute)
        self._of_address = _per_minute(load.address_per_minute)

    def count(self, caller: Caller, connection: HTTPConnection) -> None:
        """Count a request.

        Raises:
            TooManyError: there were too many lately.
        """
        if caller.kind != "open":
            self._take(self._of_caller, caller.actor)
        elif self._open_to_all and not from_this_machine(connection):
            host = connection.client.host if connection.client else ""
            self._take(self._of_address, host)

    def _take(self, limit: RateLimitItem | None, name: str) -> None:
        if limit is None or self._limiter.hit(limit, name):
            return
        until = self._limiter.get_window_stats(limit, name).reset_time
        wait = max(1, math.ceil(until - time.time()))
        raise TooManyError(
            f"Over {limit.amount} requests in a minute: wait {wait} seconds, or ask an"
            " admin for more (load.caller_per_minute).",
            f"一分钟内超过 {limit.amount} 个请求:请等待 {wait} 秒,"
            "或请管理员调高上限(load.caller_per_minute)。",
            delay_s=wait,
        )


def _per_minute(amount: int) -> RateLimitItem | None:
    return RateLimitItemPerMinute(amount) if amount else None
