"""How Alembic runs our migrations: in the transaction that `migrate.upgrade` holds.

Foreign keys are off there and checked afterwards: with them on, remaking a parent
table would delete its children.
"""

from alembic import context

from idolens.archive.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
