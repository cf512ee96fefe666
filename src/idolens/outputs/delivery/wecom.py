"""A group bot of 企业微信 (WeCom): Markdown; the key is in the address.

See developer.work.weixin.qq.com, document 91770: at most 4096 bytes of Markdown and 20
messages a minute.
"""

from typing import Final

from idolens.outputs.delivery.bots import as_json, told
from idolens.outputs.delivery.letter import Letter, within_bytes
from idolens.outputs.delivery.outcome import Outcome
from idolens.outputs.delivery.posting import Post

_MOST_BYTES: Final = 4096
_WAITS: Final = {45009: 60.0, 45033: 10.0, -1: 10.0}
"""Too many a minute; too many at once; the house is busy."""


class WeComSender:
    """Sends to one bot; ``post`` is its address with the key."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def send(self, letter: Letter) -> Outcome:
        """See `Sender.send`."""
        colour = "warning" if letter.urgent else "comment"
        quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
        content = f'**<font color="{colour}">{letter.title}</font>**\n{quoted}'
        body = {
            "msgtype": "markdown",
            "markdown": {"content": within_bytes(content, _MOST_BYTES)},
        }
        return told(self._post.send(as_json(body)), "wecom", "errcode", _WAITS)
