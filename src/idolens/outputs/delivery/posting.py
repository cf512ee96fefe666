"""One HTTP request to a configured address, and what its answer means.

Nothing is followed and nothing is taken from the environment: what is sent goes to the
address of the settings, or nowhere. Answers are read up to a size and a time.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import anyio
import httpx2

from idolens.egress import ForbiddenError, Reach, async_client
from idolens.outputs.delivery.outcome import Delivered, Failed, Gone, Outcome

_MOST_BYTES: Final = 64 * 1024
_OK: Final = range(200, 300)
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said.

    Attributes:
        status: HTTP's.
        wait_s: what Retry-After asks for; 0 when it asks for nothing.
        body: its JSON object; empty when it is none.
    """

    status: int
    wait_s: float
    body: Mapping[str, Any]


class Post:
    """Posts to one address.

    Args:
        url: the address.
        timeout_s: longest time for one request, its answer included.
        reach: where it may be; the host of ``url`` if not given.
    """

    def __init__(self, url: str, timeout_s: float, reach: Reach | None = None) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._reach = reach or Reach([url])

    def send(
        self,
        content: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer | Failed:
        """Post JSON; give the answer, or why there is none.

        Args:
            content: the body.
            headers: beside the usual ones.
            params: added to the address's own.
        """
        told = {"content-type": "application/json; charset=utf-8", **(headers or {})}
        try:
            url = httpx2.URL(self._url)
            if params:
                url = url.copy_merge_params(dict(params))
            return asyncio.run(self._exchange(url, content, told))
        except TimeoutError:
            return Failed("timeout")
        except httpx2.InvalidURL:
            return Failed("no address")
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            return Failed(_kind(error))

    async def _exchange(
        self, url: httpx2.URL, content: bytes, headers: Mapping[str, str]
    ) -> Answer:
        # A client for each: messages are rare, and a kept connection would be closed.
        with anyio.fail_after(self._timeout_s):
            async with (
                async_client(
                    self._reach, timeout=httpx2.Timeout(self._timeout_s)
                ) as client,
                client.stream(
                    "POST", url, content=content, headers=dict(headers)
                ) as response,
            ):
                body = b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > _MOST_BYTES:
                        break
        wait_s = retry_after_s(response.headers.get("retry-after", ""))
        return Answer(response.status_code, wait_s, _object(body[:_MOST_BYTES]))


def judged(answer: Answer) -> Outcome:
    """Return what HTTP's status says of a delivery; a redirect is a failure."""
    code = str(answer.status)
    if answer.status in _OK:
        return Delivered(code)
    return Gone(code) if answer.status == _GONE else Failed(code, answer.wait_s)


def retry_after_s(value: str, now: datetime | None = None) -> float:
    """Return what a Retry-After asks for, in seconds: a number or a date.

    >>> retry_after_s("120"), retry_after_s("soon")
    (120.0, 0.0)
    """
    if value.strip().isascii() and value.strip().isdecimal():
        return float(value[:12])
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _kind(error: Exception) -> str:
    """Say what went wrong without quoting it: a message may hold the address."""
    if isinstance(error, ForbiddenError):
        return "forbidden address"
    if isinstance(error, httpx2.ConnectError):
        return "no connection"
    return "timeout" if isinstance(error, httpx2.TimeoutException) else "broken off"
