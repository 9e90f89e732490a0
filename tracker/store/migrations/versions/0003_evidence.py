"""What closed an issue, and that a person verified an item.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("link", sa.Column("evidence", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("item", sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True))
