"""Alembic's entry: migrate the embedded tracker over the connection that `connectors.database.upgrade` hands in."""

from alembic import context

from connectors.local.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
