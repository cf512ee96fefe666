"""How often somebody may try a password."""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from idolens.errors import TooManyError

_FROM_ONE_ADDRESS = parse("20 per minute")
_FOR_ONE_NAME = parse("5 per minute")
_FOR_ONE_NAME_ANYWHERE = parse("100 per hour")


class Tries:
    """Counts tries, right and wrong ones, in windows that move along.

    A name is counted for each address apart, so that whoever guesses elsewhere does
    not keep its owner out before a hundred guesses.
    """

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, address: str, name: str) -> None:
        """Count a try.

        Raises:
            TooManyError: there were too many lately.
        """
        name = name[:64].casefold()
        self._take(_FROM_ONE_ADDRESS, address)
        self._take(_FOR_ONE_NAME, address, name)
        self._take(_FOR_ONE_NAME_ANYWHERE, name)

    def _take(self, limit: RateLimitItem, *keys: str) -> None:
        if self._limiter.hit(limit, *keys):
            return
        until = self._limiter.get_window_stats(limit, *keys).reset_time
        wait = max(1, math.ceil(until - time.time()))
        raise TooManyError(
            f"Too many tries: wait {wait} seconds.",
            f"尝试次数过多：请等待 {wait} 秒。",
            delay_s=wait,
        )
