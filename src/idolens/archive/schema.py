"""The tables. Rows are added and, on request, deleted; they are never changed.

The migrations make the tables; this module describes what they come to. A test
compares the two.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

HEAD = "0008"
"""The newest revision under migrations/versions; a test keeps the two equal."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sources", JSON, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("every_ms", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("policy_name", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("policy_text", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("model_revision", Text, nullable=False),
    Column("demonstration", Boolean, nullable=False),
    Column("chunk_frames", Integer, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    CheckConstraint("kind IN ('recording', 'pictures')", name="kind"),
)

event = Table(
    "session_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "session_id", Text, ForeignKey("session.id", ondelete="CASCADE"), nullable=False
    ),
    Column("state", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("reason_zh", Text),
    Column("reason_en", Text),
    CheckConstraint("state IN ('open', 'cancelled', 'failed', 'done')", name="state"),
    Index(None, "session_id"),
)

frame = Table(
    "frame",
    metadata,
    Column(
        "session_id",
        Text,
        ForeignKey("session.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("id", Text, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("drop_reason", Text),
    Column("inherits", Text),
    Column("picture", Text),
    Column("fingerprint", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("detail", Text, nullable=False),
    CheckConstraint(
        "state IN ('kept', 'inherited', 'dropped', 'failed')", name="state"
    ),
    Index(None, "picture"),
)

answer = Table(
    "answer",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("frame_id", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("model_revision", Text, primary_key=True),
    Column("prompt_version", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("value", JSON(none_as_null=True)),
    Column("probability", Float),
    Column("options", JSON, nullable=False),
    Column("label_mass", Float),
    Column("raw", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("detail", Text, nullable=False),
    Column("reused_from", Text),
    Column("regions", JSON(none_as_null=True)),
    ForeignKeyConstraint(
        ["session_id", "frame_id"],
        ["frame.session_id", "frame.id"],
        ondelete="CASCADE",
    ),
    CheckConstraint(
        "status IN ('ok', 'cannot_tell', 'invalid', 'error')", name="status"
    ),
)

report = Table(
    "report",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "session_id", Text, ForeignKey("session.id", ondelete="CASCADE"), nullable=False
    ),
    Column("sha256", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    UniqueConstraint("session_id", "sha256"),
)

picture = Table(
    "picture",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("file_sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

APPEND_ONLY = (
    "session",
    "session_event",
    "frame",
    "answer",
    "report",
    "audit_entry",
    "outbox_event",
    "alert_change",
    "delivery_attempt",
    "verdict",
    "policy_version",
    "policy_choice",
)
"""Tables on which a trigger refuses UPDATE."""
