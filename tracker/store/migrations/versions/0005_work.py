"""What work is about to close the issue that an item is linked to.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("link", sa.Column("work", sa.Text(), nullable=False, server_default=""))
