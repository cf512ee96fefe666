"""A custom bot of 钉钉 (DingTalk): Markdown; signed in the address where it checks.

See open.dingtalk.com, "custom robot": time in ms and HMAC of time and secret; at most
20,000 bytes and 20 messages a minute, else it is mute for ten minutes.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Final

from idolens.outputs.delivery.bots import as_json, told
from idolens.outputs.delivery.letter import Letter, within_bytes
from idolens.outputs.delivery.outcome import Outcome
from idolens.outputs.delivery.posting import Post

_MOST_BYTES: Final = 16_000  # of 20,000, in which JSON has to fit too
_MUTE_S: Final = 600.0
_WAITS: Final = {130101: _MUTE_S, 410100: _MUTE_S, 660026: _MUTE_S, -1: 10.0}
"""Too many a minute, in three words; the house is busy."""


class DingTalkSender:
    """Sends to one bot.

    Args:
        post: its address with the token.
        secret: with which it checks signatures; None where it does not.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        post: Post,
        secret: str | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._post = post
        self._secret = secret
        self._clock = clock

    def send(self, letter: Letter) -> Outcome:
        """See `Sender.send`."""
        lines = "\n\n".join(letter.text.splitlines())
        text = within_bytes(f"### {letter.title}\n\n{lines}", _MOST_BYTES)
        body = {
            "msgtype": "markdown",
            "markdown": {"title": letter.title, "text": text},
        }
        params: dict[str, str] = {}
        if self._secret is not None:
            at = str(int(self._clock() * 1000))
            params = {"timestamp": at, "sign": dingtalk_sign(at, self._secret)}
        answer = self._post.send(as_json(body), params=params)
        return told(answer, "dingtalk", "errcode", _WAITS)


def dingtalk_sign(timestamp: str, secret: str) -> str:
    """Return the signature of a message sent at ``timestamp`` (ms), not yet quoted."""
    words = f"{timestamp}\n{secret}".encode()
    digest = hmac.new(secret.encode(), words, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
