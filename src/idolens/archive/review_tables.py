"""The tables of the review queue: what verdicts cover, what waits, who looks at what.

What waits follows from reports and can be made again; only ids and numbers stand here.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from idolens.archive.schema import metadata

verdict_picture = Table(
    "verdict_picture",
    metadata,
    Column(
        "verdict_id",
        Integer,
        ForeignKey("verdict.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("picture", Text, primary_key=True),
    Index(None, "picture"),
)

review_lot = Table(
    "review_lot",
    metadata,
    Column(
        "session_id",
        Text,
        ForeignKey("session.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("report", Text, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("ready_at_ms", BigInteger, nullable=False),
)

review_item = Table(
    "review_item",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("looks", Integer, nullable=False),
    ForeignKeyConstraint(["session_id"], ["review_lot.session_id"], ondelete="CASCADE"),
    CheckConstraint("kind IN ('finding', 'sample')", name="kind"),
    Index(None, "rank"),
)

review_claim = Table(
    "review_claim",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("made_by", Text, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("skipped", Boolean, nullable=False),
    ForeignKeyConstraint(
        ["session_id", "target"],
        ["review_item.session_id", "review_item.target"],
        ondelete="CASCADE",
    ),
)
