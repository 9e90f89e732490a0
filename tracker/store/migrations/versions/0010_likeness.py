"""What an item is like, by keys: with them the others that promise the same are found without reading all of them.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

from tracker.store.mapping import likeness_values

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, fill it for every item, and drop the column that held less."""
    likeness = op.create_table(
        "likeness",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("item", sa.String(), sa.ForeignKey("item.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_likeness_item", "likeness", ["item"])
    item = sa.table("item", sa.column("id"), sa.column("text"))
    connection = op.get_bind()
    for some in connection.execute(sa.select(item.c.id, item.c.text)).partitions(1000):
        if rows := [row for key, text in some for row in likeness_values(key, text)]:
            connection.execute(likeness.insert(), rows)
    op.drop_index("ix_item_theme", "item")
    op.drop_column("item", "theme")
