"""What people say to findings, policies and their versions, news, kept replies."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SESSION = "session.id"


def upgrade() -> None:
    """Make the tables; verdicts and policies can't be changed afterwards."""
    _verdicts()
    _policies()
    _passing()
    for table in ("verdict", "policy_version", "policy_choice"):
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _verdicts() -> None:
    op.create_table(
        "verdict",
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
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            [_SESSION],
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
            "decision IN ('confirmed', 'dismissed', 'corrected')", name="decision"
        ),
    )


def _policies() -> None:
    op.create_table(
        "policy_version",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name="pk_policy_version"),
    )
    op.create_table(
        "policy_choice",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_choice"),
        sa.CheckConstraint("place IN ('active', 'shadow')", name="place"),
    )
    op.create_index("ix_policy_choice_name_place", "policy_choice", ["name", "place"])


def _passing() -> None:
    op.create_table(
        "news",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_news"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            [_SESSION],
            name="fk_news_session_id_session",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_news_session_id", "news", ["session_id"])
    op.create_table(
        "kept_reply",
        sa.Column("key_sha256", sa.Text, nullable=False),
        sa.Column("request_sha256", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key_sha256", name="pk_kept_reply"),
    )
    op.create_index("ix_kept_reply_at_ms", "kept_reply", ["at_ms"])
