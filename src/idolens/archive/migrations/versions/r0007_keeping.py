"""What is pinned, what has gone by age, which sessions were deleted for good.

A kept reply says of which address it is, so that it goes with its session; those from
before do not say it, and go with whichever session is deleted first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables, and the column."""
    op.create_table(
        "pin",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("frame_id", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "frame_id", name="pk_pin"),
        sa.ForeignKeyConstraint(
            ["session_id", "frame_id"],
            ["frame.session_id", "frame.id"],
            name="fk_pin_session_id_frame_id_frame",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "removal",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("pinned", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "kind", name="pk_removal"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["session.id"],
            name="fk_removal_session_id_session",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("kind IN ('pictures', 'answers', 'reports')", name="kind"),
    )
    op.create_table(
        "purge",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("begun_at_ms", sa.BigInteger, nullable=False),
        sa.Column("done_at_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("session_id", name="pk_purge"),
    )
    op.add_column("kept_reply", sa.Column("path", sa.Text))
