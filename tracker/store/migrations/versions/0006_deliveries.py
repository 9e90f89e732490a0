"""A delivery is one channel's, counts its attempts and knows when to try again.

What was sent before was sent by mail.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NAMES = {"uq": "uq_%(table_name)s_%(column_0_name)s"}  # SQLite gave the constraint none


def upgrade() -> None:
    """Add the columns, and the channel to what is unique."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    before = "uq_delivery_report" if is_sqlite else "delivery_report_recipient_period_key"
    with op.batch_alter_table("delivery", naming_convention=_NAMES) as table:
        table.add_column(sa.Column("channel", sa.String(), nullable=False, server_default="mail"))
        table.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint(before, type_="unique")
        table.create_unique_constraint(
            "delivery_report_recipient_period_channel_key", ["report", "recipient", "period", "channel"]
        )
