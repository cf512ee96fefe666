"""A message as people read it, and as programs do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idolens.vocabulary import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message.

    Attributes:
        id: of the event; the same at every try, so that a copy can be told.
        title: one line.
        text: a few lines.
        urgent: whether somebody should look now.
        body: the whole as JSON, for programs.
    """

    id: str
    title: str
    text: str
    urgent: bool
    body: str


def letter_of(event_id: str, payload: Mapping[str, Any], language: Language) -> Letter:
    """Return a Standard Webhook's body as a letter in ``language``."""
    data: Mapping[str, Any] = payload.get("data", {})
    return Letter(
        id=event_id,
        title=str(data.get("title", {}).get(language) or payload["type"]),
        text=str(data.get("text", {}).get(language) or ""),
        urgent=data.get("severity") == "critical",
        body=json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
    )


def within_bytes(text: str, most: int) -> str:
    """Cut ``text`` to ``most`` bytes of UTF-8, between two characters.

    >>> within_bytes("磁盘空间不足", 10)
    '磁盘…'
    """
    data = text.encode()
    if len(data) <= most:
        return text
    return data[: most - len("…".encode())].decode("utf-8", "ignore") + "…"
