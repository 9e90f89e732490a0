"""The store's tables. Rows are not the domain: `repository.py` maps them, and only it imports this file."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, Index, MetaData, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from connectors.database import UtcDateTime

METADATA = MetaData()
VERSION_TABLE = "closeout_version"
HEAD = "0010"


class _Table(SQLModel):
    metadata: ClassVar[MetaData] = METADATA


class DocumentRow(_Table, table=True):
    """A document as last read."""

    __tablename__ = "document"

    key: str = Field(primary_key=True)
    path: str
    digest: str
    title: str | None = Field(default=None, sa_column=Column(Text))
    incident_date: date | None = None
    severity: str | None = None
    private: bool = False
    revision: str | None = None
    web_url: str | None = None
    present: bool = True
    rules: str = ""
    services: list[str] = Field(sa_column=Column(JSON, nullable=False))


class ItemRow(_Table, table=True):
    """An item's present version; what it was before is in the events."""

    __tablename__ = "item"

    id: str = Field(primary_key=True)
    document: str = Field(foreign_key="document.key", index=True)
    text: str = Field(sa_column=Column(Text, nullable=False))
    ordinal: int
    kind: str
    section: str = Field(sa_column=Column(Text, nullable=False))
    line: int
    first_seen: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    owner: str | None = Field(default=None, sa_column=Column(Text, index=True))
    due: str | None = Field(default=None, sa_column=Column(Text))
    due_date: date | None = None
    priority: str | None = None
    links: list[str] = Field(sa_column=Column(JSON, nullable=False))
    done: bool | None = None
    state: str
    settled_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    ignored: bool = False
    snoozed_until: date | None = None
    extended_to: date | None = None
    parted: list[str] = Field(sa_column=Column(JSON, nullable=False))
    verified_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    move: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    same_as: str | None = Field(default=None, index=True)


class LikenessRow(_Table, table=True):
    """A key by which an item is found from others that promise the same: see `tracker.likeness`."""

    __tablename__ = "likeness"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: str = Field(primary_key=True)
    item: str = Field(primary_key=True, foreign_key="item.id", index=True)


class LinkRow(_Table, table=True):
    """The tie of an item to its issue, with the base and the issue as last read.

    `assignees` repeats the issue's, as `mapping.assignees_text` writes them: whose items they are is asked without
    reading all issues.
    """

    __tablename__ = "link"
    __table_args__ = (
        UniqueConstraint("target", "issue_key"),
        Index("ix_link_assignees", "assignees", "item"),
    )

    item: str = Field(primary_key=True, foreign_key="item.id")
    target: str
    issue_key: str
    base: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    issue: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    linked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    gone: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    evidence: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    work: str = Field(default="", sa_column=Column(Text, nullable=False))
    assignees: str = Field(default="", sa_column=Column(Text, nullable=False))


class StrayRow(_Table, table=True):
    """An issue with a marker that no known item claims yet: listings tell changes only once."""

    __tablename__ = "stray_issue"

    target: str = Field(primary_key=True)
    issue_key: str = Field(primary_key=True)
    issue: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class JournalRow(_Table, table=True):
    """A write to a target, from the intention to its outcome.

    `budget_key` is empty for what left with an earlier entry's request: a budget counts requests.
    """

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_budget", "budget_key", "sent_at"),
        Index("ix_journal_outcome", "target", "outcome"),
    )

    id: int | None = Field(default=None, primary_key=True)
    target: str
    budget_key: str
    action: str
    item: str
    outcome: str
    intended_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    settled_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    issue_key: str | None = None
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))


class EventRow(_Table, table=True):
    """One line of the audit log: appended, never changed."""

    __tablename__ = "event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    who: str
    what: str = Field(index=True)
    item: str | None = Field(default=None, index=True)
    document: str | None = Field(default=None, index=True)
    detail: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class CursorRow(_Table, table=True):
    """Up to where a target's changes were read, and where the target was then."""

    __tablename__ = "target_cursor"

    target: str = Field(primary_key=True)
    place: str
    value: str
    read_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class DeliveryRow(_Table, table=True):
    """The delivery ledger: one row for one report, recipient, period and channel, whoever sends it."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("report", "recipient", "period", "channel"),)

    id: int | None = Field(default=None, primary_key=True)
    report: str
    recipient: str
    period: str
    channel: str
    outcome: str
    attempts: int
    claimed_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    settled_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    next_try_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))


class FiringRow(_Table, table=True):
    """A schedule's firing: the unique key lets one of several schedulers run it, once."""

    __tablename__ = "firing"
    __table_args__ = (UniqueConstraint("schedule", "due_at"),)

    id: int | None = Field(default=None, primary_key=True)
    schedule: str
    due_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    started_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    outcome: str
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))
