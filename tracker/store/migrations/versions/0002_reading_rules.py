"""By which rules a document was read, issues that are gone, what people decided of items.

Documents that are known from before are read again once.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("document", sa.Column("rules", sa.String(), nullable=False, server_default=""))
    op.add_column("link", sa.Column("gone", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("item", sa.Column("ignored", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("item", sa.Column("snoozed_until", sa.Date(), nullable=True))
    op.add_column("item", sa.Column("extended_to", sa.Date(), nullable=True))
    op.add_column("item", sa.Column("parted", sa.JSON(), nullable=False, server_default="[]"))
    op.create_index("ix_event_what", "event", ["what"])
