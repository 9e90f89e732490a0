"""Which item's issue stands for an item, too.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nobody has said so of any item yet."""
    op.add_column("item", sa.Column("same_as", sa.String(), nullable=True))
    op.create_index("ix_item_same_as", "item", ["same_as"])
