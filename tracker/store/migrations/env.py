"""Alembic's entry: migrate the store over the connection that `connectors.database.upgrade` hands in."""

from alembic import context

from tracker.store.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
