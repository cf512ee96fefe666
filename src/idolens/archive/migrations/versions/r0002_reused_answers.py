"""An answer says from which picture it was taken over, if it was.

Older answers were all about the picture itself: nothing to fill in.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("answer", sa.Column("reused_from", sa.Text))
