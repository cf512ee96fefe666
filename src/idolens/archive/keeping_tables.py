"""The tables of what is kept longer than its term, and of what has gone.

None of them holds content: ids, names of kinds, people and times only.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Table,
    Text,
)

from idolens.archive.schema import metadata

pin = Table(
    "pin",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("frame_id", Text, primary_key=True),
    Column("made_by", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["session_id", "frame_id"],
        ["frame.session_id", "frame.id"],
        ondelete="CASCADE",
    ),
)

removal = Table(
    "removal",
    metadata,
    Column(
        "session_id",
        Text,
        ForeignKey("session.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("kind", Text, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("pinned", Integer, nullable=False),
    CheckConstraint("kind IN ('pictures', 'answers', 'reports')", name="kind"),
)

purge = Table(
    "purge",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("made_by", Text, nullable=False),
    Column("begun_at_ms", BigInteger, nullable=False),
    Column("done_at_ms", BigInteger),
)
