"""What an item was like, before it was kept in a table of its own (0010).

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("item", sa.Column("theme", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_item_theme", "item", ["theme"])
