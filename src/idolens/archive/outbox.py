"""What is to be told to others: kept before it is sent, sent at least once.

A message is written in the transaction of what caused it. A sender leases it for a
while; if the sender dies, the lease runs out and the message is sent again, under the
same id. What nobody took in the end is dead, not gone: it can be sent again.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from idolens.archive import rows
from idolens.archive.database import Database
from idolens.archive.outbox_tables import (
    alert_change,
    delivery_attempt,
    outbox_delivery,
    outbox_event,
)
from idolens.archive.parcel import AlertChange, Outcome, Parcel
from idolens.errors import NotFoundError


class Outbox:
    """The messages of one installation; safe in many threads and processes.

    Args:
        database: where they are kept.
        clock: ms since 1970.
    """

    def __init__(
        self, database: Database, clock: Callable[[], int] = rows.now_ms
    ) -> None:
        self._database = database
        self._clock = clock

    def add_alert(
        self, change: AlertChange, payload: Mapping[str, Any], targets: Iterable[str]
    ) -> str:
        """Keep an alarm's change and the message about it, both or neither.

        Returns:
            The message's id.
        """
        with self._database.write() as connection:
            event_id = post(connection, payload, targets, self._clock())
            connection.execute(
                insert(alert_change),
                {
                    "event_id": event_id,
                    "rule": change.rule,
                    "change": change.change,
                    "severity": change.severity,
                    "value": change.value,
                    "at_ms": change.at_ms,
                    "since_ms": change.since_ms,
                },
            )
        return event_id

    def add(self, payload: Mapping[str, Any], targets: Iterable[str]) -> str:
        """Keep a message that has no other cause; return its id."""
        with self._database.write() as connection:
            return post(connection, payload, targets, self._clock())

    def last_changes(self) -> list[AlertChange]:
        """Return the newest change of every alarm."""
        newest = select(func.max(alert_change.c.id)).group_by(alert_change.c.rule)
        query = select(alert_change).where(alert_change.c.id.in_(newest))
        with self._database.read() as connection:
            return [
                AlertChange(
                    rule=row.rule,
                    change=row.change,
                    severity=row.severity,
                    value=row.value,
                    at_ms=row.at_ms,
                    since_ms=row.since_ms,
                )
                for row in connection.execute(query.order_by(alert_change.c.id))
            ]

    def lease(self, target: str, *, for_ms: int) -> Parcel | None:
        """Take the message that has waited longest for ``target``, if one is due.

        Nobody else gets it for ``for_ms``; to take it is to try it.
        """
        if not self._is_due(target):
            return None  # and nobody had to wait for us to find out
        table = outbox_delivery
        with self._database.write() as connection:
            now = self._clock()
            query = (
                select(table.c.event_id, table.c.tries, outbox_event.c.payload)
                .join(outbox_event)
                .where(*_due(target, now))
                .order_by(table.c.due_at_ms, table.c.event_id)
                .limit(1)
            )
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            connection.execute(
                update(table)
                .where(table.c.event_id == row.event_id, table.c.target == target)
                .values(tries=row.tries + 1, leased_until_ms=now + for_ms)
            )
            return Parcel(
                event_id=row.event_id,
                target=target,
                number=row.tries + 1,
                payload=row.payload,
            )

    def settle(
        self,
        parcel: Parcel,
        outcome: Outcome,
        reason: str,
        *,
        took_ms: int,
        again_in_ms: int | None,
    ) -> None:
        """Note what came of a try.

        Args:
            parcel: what was tried.
            outcome: whether it arrived.
            reason: a short code, never what the other side wrote.
            took_ms: how long it took.
            again_in_ms: when to try again; None never, then it is dead.
        """
        table = outbox_delivery
        now = self._clock()
        state = "delivered" if outcome == "delivered" else "waiting"
        if state == "waiting" and again_in_ms is None:
            state = "dead"
        # Whoever took it after our lease ran out goes on, unless it has arrived.
        ours = or_(literal(state == "delivered"), table.c.tries == parcel.number)
        with self._database.write() as connection:
            connection.execute(
                insert(delivery_attempt),
                {
                    "event_id": parcel.event_id,
                    "target": parcel.target,
                    "number": parcel.number,
                    "outcome": outcome,
                    "reason": reason,
                    "at_ms": now,
                    "took_ms": took_ms,
                },
            )
            connection.execute(
                update(table)
                .where(
                    table.c.event_id == parcel.event_id,
                    table.c.target == parcel.target,
                    table.c.state == "waiting",
                    ours,
                )
                .values(
                    state=state,
                    due_at_ms=now + (again_in_ms or 0),
                    leased_until_ms=0,
                )
            )

    def replay(self, event_id: str | None = None, target: str | None = None) -> int:
        """Let dead messages, or one message again, be sent anew; return how many.

        Args:
            event_id: this one, delivered or not; None means all that are dead.
            target: only to this one.

        Raises:
            NotFoundError: there is no such message.
        """
        table = outbox_delivery
        dead, this = table.c.state == "dead", table.c.event_id == event_id
        wanted: list[ColumnElement[bool]] = [dead if event_id is None else this]
        if target is not None:
            wanted.append(table.c.target == target)
        with self._database.write() as connection:
            done = connection.execute(
                update(table)
                .where(*wanted)
                .values(
                    state="waiting",
                    tries=0,
                    due_at_ms=self._clock(),
                    leased_until_ms=0,
                )
            )
        if event_id is not None and not done.rowcount:
            raise NotFoundError(
                f"There is no message {event_id!r}: see `idolens alerts list`.",
                f"没有编号为 {event_id!r} 的消息:请查看 `idolens alerts list`。",
            )
        return done.rowcount

    def _is_due(self, target: str) -> bool:
        query = select(outbox_delivery.c.event_id).where(*_due(target, self._clock()))
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None


def post(
    connection: Connection, payload: Mapping[str, Any], targets: Iterable[str], now: int
) -> str:
    """Write a message within the transaction of what caused it; return its id.

    Args:
        connection: of that transaction.
        payload: a Standard Webhook's body: type, timestamp, data.
        targets: names of those to be told.
        now: the time, in ms since 1970.
    """
    event_id = f"evt_{now:012x}{secrets.token_hex(8)}"
    connection.execute(
        insert(outbox_event),
        {
            "id": event_id,
            "kind": payload["type"],
            "payload": dict(payload),
            "at_ms": now,
        },
    )
    deliveries = [
        {
            "event_id": event_id,
            "target": target,
            "state": "waiting",
            "tries": 0,
            "due_at_ms": now,
            "leased_until_ms": 0,
        }
        for target in targets
    ]
    if deliveries:
        connection.execute(insert(outbox_delivery), deliveries)
    return event_id


def _due(target: str, now: int) -> tuple[ColumnElement[bool], ...]:
    table = outbox_delivery
    return (
        table.c.state == "waiting",
        table.c.target == target,
        table.c.due_at_ms <= now,
        table.c.leased_until_ms <= now,
    )
