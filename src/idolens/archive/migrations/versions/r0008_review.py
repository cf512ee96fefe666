"""Verdicts have reasons and can be withdrawn; what waits for people stands in a queue.

SQLite cannot change what a column may hold, so the table of verdicts is copied. Older
verdicts do not say which pictures they were about: they keep no finding from coming
back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_COPY = """
INSERT INTO verdict_copy
    (id, session_id, target, version, question, start_ms, end_ms, decision, label,
     note, made_by, at_ms)
SELECT id, session_id, target, version, question, start_ms, end_ms, decision, label,
     note, made_by, at_ms
FROM verdict
"""


def upgrade() -> None:
    """Copy the verdicts, and make the tables."""
    _verdicts()
    _queue()


def _verdicts() -> None:
    op.create_table(
        "verdict_copy",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("took_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name="fk_verdict_session_id_session",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "session_id",
            "target",
            "version",
            name="uq_verdict_session_id_target_version",
        ),
        sa.CheckConstraint(
            "decision IN ('confirmed', 'dismissed', 'corrected', 'withdrawn')",
            name="decision",
        ),
    )
    op.execute(_COPY)
    op.drop_table("verdict")
    op.rename_table("verdict_copy", "verdict")
    op.execute(
        "CREATE TRIGGER verdict_is_append_only BEFORE UPDATE ON verdict "
        "BEGIN SELECT RAISE(ABORT, 'verdict is append-only'); END"
    )
    op.create_table(
        "verdict_picture",
        sa.Column("verdict_id", sa.Integer, nullable=False),
        sa.Column("picture", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("verdict_id", "picture", name="pk_verdict_picture"),
        sa.ForeignKeyConstraint(
            ["verdict_id"],
            ["verdict.id"],
            name="fk_verdict_picture_verdict_id_verdict",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_verdict_picture_picture", "verdict_picture", ["picture"])


def _queue() -> None:
    op.create_table(
        "review_lot",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("passed", sa.Integer, nullable=False),
        sa.Column("ready_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_review_lot"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name="fk_review_lot_session_id_session",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "review_item",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "target", name="pk_review_item"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["review_lot.session_id"],
            name="fk_review_item_session_id_review_lot",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("kind IN ('finding', 'sample')", name="kind"),
    )
    op.create_index("ix_review_item_rank", "review_item", ["rank"])
    op.create_table(
        "review_claim",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint(
            "session_id", "target", "made_by", name="pk_review_claim"
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "target"],
            ["review_item.session_id", "review_item.target"],
            name="fk_review_claim_session_id_review_item",
            ondelete="CASCADE",
        ),
    )
