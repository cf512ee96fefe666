"""Sessions, their states, frames, answers, reports and pictures.

A migration is frozen once released: it names its own tables and never imports
``schema``, which moves on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SESSION = "session.id"


def upgrade() -> None:
    """Make the first tables, and the triggers that refuse to change a row."""
    _sessions()
    _frames()
    _results()
    for table in ("session", "session_event", "frame", "answer", "report"):
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sources", sa.JSON, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
        sa.Column("every_ms", sa.BigInteger, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("policy_name", sa.Text, nullable=False),
        sa.Column("policy_version", sa.Text, nullable=False),
        sa.Column("policy_text", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("model_revision", sa.Text, nullable=False),
        sa.Column("demonstration", sa.Boolean, nullable=False),
        sa.Column("chunk_frames", sa.Integer, nullable=False),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.CheckConstraint("kind IN ('recording', 'pictures')", name="kind"),
    )
    op.create_table(
        "session_event",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("reason_zh", sa.Text),
        sa.Column("reason_en", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_session_event"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            [_SESSION],
            name="fk_session_event_session_id_session",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "state IN ('open', 'cancelled', 'failed', 'done')", name="state"
        ),
    )
    op.create_index("ix_session_event_session_id", "session_event", ["session_id"])


def _frames() -> None:
    op.create_table(
        "frame",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("drop_reason", sa.Text),
        sa.Column("inherits", sa.Text),
        sa.Column("picture", sa.Text),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "id", name="pk_frame"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            [_SESSION],
            name="fk_frame_session_id_session",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "state IN ('kept', 'inherited', 'dropped', 'failed')", name="state"
        ),
    )
    op.create_index("ix_frame_picture", "frame", ["picture"])
    op.create_table(
        "picture",
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("file_sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_picture"),
    )


def _results() -> None:
    op.create_table(
        "answer",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("frame_id", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("model_revision", sa.Text, nullable=False),
        sa.Column("prompt_version", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("value", sa.JSON),
        sa.Column("probability", sa.Float),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("label_mass", sa.Float),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("engine", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("latency_ms", sa.Float, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            "session_id",
            "frame_id",
            "question",
            "model_revision",
            "prompt_version",
            name="pk_answer",
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "frame_id"],
            ["frame.session_id", "frame.id"],
            name="fk_answer_session_id_frame_id_frame",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "status IN ('ok', 'cannot_tell', 'invalid', 'error')", name="status"
        ),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sa.UniqueConstraint("session_id", "sha256", name="uq_report_session_id_sha256"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            [_SESSION],
            name="fk_report_session_id_session",
            ondelete="CASCADE",
        ),
    )
