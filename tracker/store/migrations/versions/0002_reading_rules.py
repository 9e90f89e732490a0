"""By which rules a document was read. What is known from before is read again once.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("document", sa.Column("rules", sa.String(), nullable=False, server_default=""))
