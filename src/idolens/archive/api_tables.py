"""The tables of what people say to the machine's findings, and of what clients hear.

Verdicts and policies are only ever added to; news and kept replies go again.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from idolens.archive.schema import metadata

verdict = Table(
    "verdict",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "session_id", Text, ForeignKey("session.id", ondelete="CASCADE"), nullable=False
    ),
    Column("target", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("question", Text, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
    Column("decision", Text, nullable=False),
    Column("label", Text),
    Column("note", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("reason", Text),
    Column("subject", Text),
    Column("took_ms", BigInteger),
    CheckConstraint(
        "decision IN ('confirmed', 'dismissed', 'corrected', 'withdrawn')",
        name="decision",
    ),
    UniqueConstraint("session_id", "target", "version"),
)

policy_version = Table(
    "policy_version",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)

policy_choice = Table(
    "policy_choice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("version", Text),
    Column("made_by", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    CheckConstraint("place IN ('active', 'shadow')", name="place"),
    Index(None, "name", "place"),
)

news = Table(
    "news",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("session_id", Text, ForeignKey("session.id", ondelete="CASCADE")),
    Column("data", JSON, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index(None, "session_id"),
    sqlite_autoincrement=True,  # a number once heard never stands for other news
)

kept_reply = Table(
    "kept_reply",
    metadata,
    Column("key_sha256", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("path", Text),
    Index(None, "at_ms"),
)
