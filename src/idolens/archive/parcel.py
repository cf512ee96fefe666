"""Messages to others, and where they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["waiting", "delivered", "dead"]
Outcome = Literal["delivered", "failed", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChange:
    """How an alarm changed; times in ms since 1970."""

    rule: str
    change: str
    severity: int
    value: float | None
    at_ms: int
    since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message that is to be kept together with its cause.

    Attributes:
        payload: a Standard Webhook's body.
        targets: names of those who are told.
    """

    payload: Mapping[str, Any]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message on its way to one target.

    Attributes:
        event_id: stays the same from try to try.
        number: of this try, from 1 on.
    """

    event_id: str
    target: str
    number: int
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where one message to one target stands.

    Attributes:
        reason: what came of the last try; empty before the first.
    """

    event_id: str
    target: str
    kind: str
    state: State
    tries: int
    at_ms: int
    due_at_ms: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxDepth:
    """How much waits.

    Attributes:
        oldest_ms: how long the oldest waiting message has waited; 0 when none does.
    """

    waiting: int
    dead: int
    oldest_ms: int
