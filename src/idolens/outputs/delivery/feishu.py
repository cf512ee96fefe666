"""A custom bot of 飞书 (Feishu, Lark): text; signed in the body where it checks.

See open.feishu.cn, "custom bot guide": the key of the HMAC is the time and the secret,
what it signs is empty; at most 20 KB and 100 messages a minute, 5 a second.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any, Final

from idolens.outputs.delivery.bots import as_json, told
from idolens.outputs.delivery.letter import Letter, within_bytes
from idolens.outputs.delivery.outcome import Outcome
from idolens.outputs.delivery.posting import Post

_MOST_BYTES: Final = 16_000  # of 20 KB, in which JSON has to fit too
_WAITS: Final = {11232: 60.0, 11233: 60.0, 9499: 10.0}
"""Too many a minute, in two words; a gateway that has too many, or does not like it."""


class FeishuSender:
    """Sends to one bot.

    Args:
        post: its address.
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
        text = within_bytes(f"{letter.title}\n{letter.text}", _MOST_BYTES)
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if self._secret is not None:
            at = str(int(self._clock()))
            body |= {"timestamp": at, "sign": feishu_sign(at, self._secret)}
        return told(self._post.send(as_json(body)), "feishu", "code", _WAITS)


def feishu_sign(timestamp: str, secret: str) -> str:
    """Return the signature of a message sent at ``timestamp`` (seconds)."""
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
