"""The embedded tracker's tables. They have metadata of their own: people's record, not Closeout's cache of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import JSON, Column, MetaData, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from connectors.database import UtcDateTime

METADATA = MetaData()
VERSION_TABLE = "closeout_issues_version"
HEAD = "0001"


class _Table(SQLModel):
    metadata: ClassVar[MetaData] = METADATA


class IssueRow(_Table, table=True):
    """One issue. `number` counts per target; several embedded targets may share a database."""

    __tablename__ = "local_issue"
    __table_args__ = (UniqueConstraint("target", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    target: str
    number: int
    title: str = Field(sa_column=Column(Text, nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    state: str
    labels: list[str] = Field(sa_column=Column(JSON, nullable=False))
    assignees: list[str] = Field(sa_column=Column(JSON, nullable=False))
    due: date | None = None
    priority: str | None = None
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    closed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class CommentRow(_Table, table=True):
    """One comment."""

    __tablename__ = "local_comment"

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="local_issue.id", index=True)
    author: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
