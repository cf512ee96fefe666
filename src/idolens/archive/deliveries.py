"""Where messages stand, and which targets want no more."""

from collections.abc import Callable, Sequence

from sqlalchemy import delete, func, insert, select, update

from idolens.archive import rows
from idolens.archive.database import Database
from idolens.archive.outbox_tables import (
    delivery_attempt,
    outbox_closure,
    outbox_delivery,
    outbox_event,
)
from idolens.archive.parcel import Delivery, OutboxDepth, State


class Deliveries:
    """What an operator sees of the outbox; safe in many threads and processes.

    Args:
        database: where the messages are kept.
        clock: ms since 1970.
    """

    def __init__(
        self, database: Database, clock: Callable[[], int] = rows.now_ms
    ) -> None:
        self._database = database
        self._clock = clock

    def newest(
        self, states: Sequence[State] = ("waiting", "dead", "delivered"), most: int = 50
    ) -> list[Delivery]:
        """Return where messages stand, the newest first."""
        table, attempt = outbox_delivery, delivery_attempt
        last = (
            select(attempt.c.reason)
            .where(
                attempt.c.event_id == table.c.event_id,
                attempt.c.target == table.c.target,
            )
            .order_by(attempt.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = (
            select(table, outbox_event.c.kind, outbox_event.c.at_ms, last.label("why"))
            .join(outbox_event)
            .where(table.c.state.in_(states))
            .order_by(outbox_event.c.at_ms.desc(), table.c.event_id, table.c.target)
            .limit(most)
        )
        with self._database.read() as connection:
            return [
                Delivery(
                    event_id=row.event_id,
                    target=row.target,
                    kind=row.kind,
                    state=row.state,
                    tries=row.tries,
                    at_ms=row.at_ms,
                    due_at_ms=row.due_at_ms,
                    reason=row.why or "",
                )
                for row in connection.execute(query)
            ]

    def depth(self) -> OutboxDepth:
        """Return how much waits, and for how long."""
        table = outbox_delivery
        query = (
            select(table.c.state, func.count(), func.min(outbox_event.c.at_ms))
            .join(outbox_event)
            .where(table.c.state.in_(("waiting", "dead")))
            .group_by(table.c.state)
        )
        with self._database.read() as connection:
            found = {row[0]: row for row in connection.execute(query)}
        waiting, dead = found.get("waiting"), found.get("dead")
        return OutboxDepth(
            waiting=waiting[1] if waiting else 0,
            dead=dead[1] if dead else 0,
            oldest_ms=max(0, self._clock() - waiting[2]) if waiting else 0,
        )

    def close_target(self, target: str, address_sha256: str) -> None:
        """Note that a target wants no more; what waits for it is dead.

        It counts until the target has another address, or `open_target`.
        """
        with self._database.write() as connection:
            connection.execute(
                insert(outbox_closure).prefix_with("OR REPLACE"),
                {
                    "target": target,
                    "address_sha256": address_sha256,
                    "at_ms": self._clock(),
                },
            )
            connection.execute(
                update(outbox_delivery)
                .where(
                    outbox_delivery.c.target == target,
                    outbox_delivery.c.state == "waiting",
                )
                .values(state="dead", leased_until_ms=0)
            )

    def open_target(self, target: str) -> None:
        """Let a target be tried again."""
        with self._database.write() as connection:
            connection.execute(
                delete(outbox_closure).where(outbox_closure.c.target == target)
            )

    def is_closed(self, target: str, address_sha256: str) -> bool:
        """Tell whether the target said at this address that it wants no more."""
        query = select(outbox_closure.c.address_sha256).where(
            outbox_closure.c.target == target
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar() == address_sha256
