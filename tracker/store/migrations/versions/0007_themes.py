"""What an item is like: with it the others that promise the same are found without reading all of them.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from tracker.model import Kind
from tracker.recurrence import likeness

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and fill it for every item."""
    op.add_column("item", sa.Column("theme", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_item_theme", "item", ["theme"])
    item = sa.table("item", sa.column("id"), sa.column("text"), sa.column("kind"), sa.column("theme"))
    connection = op.get_bind()
    rows = connection.execute(sa.select(item.c.id, item.c.text, item.c.kind)).all()
    like = [{"of": key, "like": likeness(text, Kind(kind))} for key, text, kind in rows]
    if told := [each for each in like if each["like"]]:
        change = sa.update(item).where(item.c.id == sa.bindparam("of")).values(theme=sa.bindparam("like"))
        connection.execute(change, told)
