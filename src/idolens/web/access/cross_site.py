"""Where a request comes from: one of our own pages, a foreign one, or a program.

The rules are those of Go 1.25's ``CrossOriginProtection``: they need no token in the
page, only what every browser of the last years says about itself.
"""

from collections.abc import Collection
from enum import Enum

from starlette.datastructures import Headers

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})


class Sender(Enum):
    """Who sent a request."""

    OWN = "own"
    """A page of ours, or it changes nothing."""
    FOREIGN = "foreign"
    """A page of somebody else, which may act in the name of whoever looks at it."""
    PROGRAM = "program"
    """Nothing that says where it comes from; browsers always do."""


def sender_of(
    method: str, headers: Headers, trusted: Collection[str] = frozenset()
) -> Sender:
    """Tell where a request comes from.

    Args:
        method: of the request; ``WS`` for a websocket.
        headers: of the request.
        trusted: origins of other pages that may act like our own.
    """
    if method in _HARMLESS:
        return Sender.OWN
    sites, origins = headers.getlist("sec-fetch-site"), headers.getlist("origin")
    if not sites and not origins:
        return Sender.PROGRAM
    if len(sites) > 1 or len(origins) > 1:
        return Sender.FOREIGN
    own = sites[0] in _OWN if sites else _is_host(origins[0], headers)
    return Sender.OWN if own or set(origins) & set(trusted) else Sender.FOREIGN


def _is_host(origin: str, headers: Headers) -> bool:
    """Tell whether a page's origin is the host that it calls (in older browsers)."""
    host = origin.partition("://")[2].lower()
    return host != "" and host == headers.get("host", "").lower()
