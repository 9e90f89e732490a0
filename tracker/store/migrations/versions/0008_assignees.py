"""Whose items they are is found by an index: the owners as documents write them, and those the issues are assigned to.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

from tracker.store.mapping import assignees_text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, fill it for every link, and index both."""
    op.add_column("link", sa.Column("assignees", sa.Text(), nullable=False, server_default=""))
    link = sa.table("link", sa.column("item"), sa.column("issue", sa.JSON()), sa.column("assignees"))
    connection = op.get_bind()
    rows = connection.execute(sa.select(link.c.item, link.c.issue)).all()
    people = [{"of": item, "who": assignees_text(issue["assignees"])} for item, issue in rows if issue["assignees"]]
    if people:
        change = sa.update(link).where(link.c.item == sa.bindparam("of")).values(assignees=sa.bindparam("who"))
        connection.execute(change, people)
    op.create_index("ix_item_owner", "item", ["owner"])
    op.create_index("ix_link_assignees", "link", ["assignees", "item"])
