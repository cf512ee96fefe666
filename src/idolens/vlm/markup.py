"""Keeps what people write from being read as a chat template's own marks."""

import re

_MARKUP = re.compile(r"<[^<>\s]+>|\[[gs]?MASK\]|/nothink")


def harmless(text: str) -> str:
    """Break everything that could be read as markup (``<|user|>`` → ``< |user|>``).

    Questions come from policies, scripts and fans; none may end its own turn.
    """
    return _MARKUP.sub(lambda found: f"{found.group()[0]} {found.group()[1:]}", text)
