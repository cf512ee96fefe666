"""Who asks, and what they may do."""

from dataclasses import dataclass
from typing import Literal, cast

from starlette.requests import HTTPConnection

from idolens.archive.accounts import Account
from idolens.web.access.permissions import Permission

Kind = Literal["account", "key", "open"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request.

    Attributes:
        kind: signed in, with a key, or let in because there is no account yet.
        actor: how the audit log calls them.
        permissions: what they may do.
        account: whose login it is, or None.
    """

    kind: Kind
    actor: str
    permissions: frozenset[Permission]
    account: Account | None = None


def caller_of(connection: HTTPConnection) -> Caller:
    """Return who sent a request that the gate let through; for ``Depends``."""
    return cast("Caller", connection.state.caller)
