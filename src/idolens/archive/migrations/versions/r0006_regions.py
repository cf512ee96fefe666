"""An answer says where in its picture the model's words point.

Older answers have none: their boxes stand in ``raw`` only, in thousandths.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column."""
    op.add_column("answer", sa.Column("regions", sa.JSON(none_as_null=True)))
