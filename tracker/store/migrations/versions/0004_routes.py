"""The services that documents name, and that a person had an item's issue moved to another target.

Documents that are known from before are read again once.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("document", sa.Column("services", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("item", sa.Column("move", sa.JSON(none_as_null=True), nullable=True))
    op.execute("UPDATE document SET rules = ''")
