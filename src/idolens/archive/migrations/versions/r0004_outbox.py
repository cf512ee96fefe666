"""What is to be told to others, each try to tell it, and which alarm was the cause."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_EVENT = "outbox_event.id"


def upgrade() -> None:
    """Make the tables; what happened and what was tried can't be changed."""
    _events()
    _deliveries()
    for table in ("outbox_event", "alert_change", "delivery_attempt"):
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _events() -> None:
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_event"),
    )
    op.create_table(
        "alert_change",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_change"),
        sa.ForeignKeyConstraint(
            ["event_id"], [_EVENT], name="fk_alert_change_event_id_outbox_event"
        ),
    )
    op.create_index("ix_alert_change_rule", "alert_change", ["rule"])
    op.create_index("ix_alert_change_event_id", "alert_change", ["event_id"])


def _deliveries() -> None:
    op.create_table(
        "outbox_delivery",
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
        sa.Column("leased_until_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "target", name="pk_outbox_delivery"),
        sa.ForeignKeyConstraint(
            ["event_id"],
            [_EVENT],
            name="fk_outbox_delivery_event_id_outbox_event",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="state"),
    )
    op.create_index(
        "ix_outbox_delivery_state_target_due_at_ms",
        "outbox_delivery",
        ["state", "target", "due_at_ms"],
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_attempt"),
        sa.ForeignKeyConstraint(
            ["event_id"],
            [_EVENT],
            name="fk_delivery_attempt_event_id_outbox_event",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "outcome IN ('delivered', 'failed', 'gone')", name="outcome"
        ),
    )
    op.create_index(
        "ix_delivery_attempt_event_id_target",
        "delivery_attempt",
        ["event_id", "target"],
    )
    op.create_table(
        "outbox_closure",
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("address_sha256", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("target", name="pk_outbox_closure"),
    )
