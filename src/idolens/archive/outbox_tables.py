"""The tables of what is to be told to others, and of what became of the telling.

What happened, and every try to tell it, is added and never changed; only where a
message stands, and which targets are closed, moves on.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
)

from idolens.archive.schema import metadata

outbox_event = Table(
    "outbox_event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

alert_change = Table(
    "alert_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", Text, ForeignKey("outbox_event.id"), nullable=False),
    Column("rule", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("value", Float),
    Column("at_ms", BigInteger, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Index(None, "rule"),
    Index(None, "event_id"),
)

outbox_delivery = Table(
    "outbox_delivery",
    metadata,
    Column(
        "event_id",
        Text,
        ForeignKey("outbox_event.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("target", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at_ms", BigInteger, nullable=False),
    Column("leased_until_ms", BigInteger, nullable=False),
    CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="state"),
    Index(None, "state", "target", "due_at_ms"),
)

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "event_id",
        Text,
        ForeignKey("outbox_event.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("target", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("took_ms", Integer, nullable=False),
    CheckConstraint("outcome IN ('delivered', 'failed', 'gone')", name="outcome"),
    Index(None, "event_id", "target"),
)

outbox_closure = Table(
    "outbox_closure",
    metadata,
    Column("target", Text, primary_key=True),
    Column("address_sha256", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
