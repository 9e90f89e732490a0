"""First release: documents, items, links, journal, events, cursors, deliveries, firings.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make all tables."""
    _documents_and_items()
    _journal_and_events()
    _deliveries_and_firings()


def _documents_and_items() -> None:
    op.create_table(
        "document",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("incident_date", sa.Date(), nullable=True),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.String(), nullable=True),
        sa.Column("web_url", sa.String(), nullable=True),
        sa.Column("present", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("document", sa.String(), sa.ForeignKey("document.key"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("first_seen", _TIME, nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("due", sa.Text(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("priority", sa.String(), nullable=True),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_at", _TIME, nullable=True),
    )
    op.create_index("ix_item_document", "item", ["document"])
    op.create_table(
        "link",
        sa.Column("item", sa.String(), sa.ForeignKey("item.id"), primary_key=True),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("issue_key", sa.String(), nullable=False),
        sa.Column("base", sa.JSON(), nullable=False),
        sa.Column("issue", sa.JSON(), nullable=False),
        sa.Column("linked_at", _TIME, nullable=False),
        sa.UniqueConstraint("target", "issue_key"),
    )
    op.create_table(
        "stray_issue",
        sa.Column("target", sa.String(), primary_key=True),
        sa.Column("issue_key", sa.String(), primary_key=True),
        sa.Column("issue", sa.JSON(), nullable=False),
    )


def _journal_and_events() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("budget_key", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("intended_at", _TIME, nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("settled_at", _TIME, nullable=True),
        sa.Column("issue_key", sa.String(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_index("ix_journal_budget", "journal", ["budget_key", "sent_at"])
    op.create_index("ix_journal_outcome", "journal", ["target", "outcome"])
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=True),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
    )
    op.create_index("ix_event_at", "event", ["at"])
    op.create_index("ix_event_item", "event", ["item"])
    op.create_index("ix_event_document", "event", ["document"])
    op.create_table(
        "target_cursor",
        sa.Column("target", sa.String(), primary_key=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("read_at", _TIME, nullable=False),
    )


def _deliveries_and_firings() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("report", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("claimed_at", _TIME, nullable=False),
        sa.Column("settled_at", _TIME, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.UniqueConstraint("report", "recipient", "period"),
    )
    op.create_table(
        "firing",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.UniqueConstraint("schedule", "due_at"),
    )
