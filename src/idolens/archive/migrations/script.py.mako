"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Batch operations drop the append-only triggers of a table: make them anew."""
    ${upgrades if upgrades else "pass"}
