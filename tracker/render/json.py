"""A report as JSON: a versioned contract, apart from the values inside so that these can change."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from tracker.model import ItemState, Kind
from tracker.people import Owner
from tracker.policy import Flag
from tracker.render import gone, metrics
from tracker.render.gone import GoneWire
from tracker.render.metrics import MetricsOutput
from tracker.render.wire import Wire
from tracker.report import GroupName, Period, Report, ReportItem, ReportKind, Section, SectionKind

# Legal in JSON, but terminals obey some of them and UTF-8 can't hold others; \uXXXX is the same value.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class CountsWire(Wire):
    """How many items; `unlinked` to `ghost` are open ones, of which one can have several flags.

    What is snoozed until a later day counts as that, and not as open.
    """

    open: int
    snoozed: int
    overdue: int
    due_soon: int
    unlinked: int
    unowned: int
    owner_unknown: int
    ghost: int
    done: int
    wont_do: int
    duplicate: int
    flags: dict[Flag, int] = Field(description="By flag, also those above; a flag that no item has is left out.")


class OwnerWire(Wire):
    """A person or team of the people book. `reachable` tells whether there is a way to tell them things, not which."""

    key: str
    name: str
    is_team: bool
    reachable: bool


class ItemWire(Wire):
    """One item. `days_left` is negative when overdue; `due_words` is what the document says instead of a date."""

    id: str
    text: str
    kind: Kind
    state: ItemState
    priority: str | None
    owner: str | None = Field(description="As the document writes it.")
    unknown_owners: tuple[str, ...] = Field(description="Names in `owner` that the people book does not have.")
    due: date | None
    due_words: str | None
    extended: bool = Field(description="Whether a person set `due`; `document_due` is the document's own then.")
    document_due: date | None
    days_left: int | None
    flags: tuple[Flag, ...]
    issue: str | None
    issue_url: str | None
    gone: GoneWire | None = Field(description="How its issue is gone, and what to do; null when it is not.")
    work: str | None = Field(description="An open pull request that would close its issue.")
    same_work: tuple[str, ...] = Field(description="Other postmortems that promise it and share its issue.")
    document: str
    document_title: str
    document_path: str
    document_url: str | None
    line: int


class GroupWire(Wire):
    """Items of one section that are pressing in the same way, most urgent first."""

    name: GroupName
    items: tuple[ItemWire, ...]


class SectionWire(Wire):
    """What there is to tell of one owner, team or postmortem; a report for management has no groups in it.

    `owner` is null for what belongs to nobody known, and for a postmortem, whose `document` is given instead.
    """

    kind: SectionKind
    owner: OwnerWire | None
    document: str | None
    counts: CountsWire
    groups: tuple[GroupWire, ...]


class ProgressWire(Wire):
    """How far one document's promises have got."""

    document: str
    title: str
    path: str
    url: str | None
    incident_date: date | None
    counts: CountsWire


class PromiseWire(Wire):
    """One item of a theme."""

    id: str
    text: str
    state: ItemState
    issue: str | None
    issue_url: str | None
    document: str
    document_title: str
    document_url: str | None
    incident_date: date | None


class ThemeWire(Wire):
    """The same work in several postmortems, oldest incident first, and still open in at least one."""

    text: str
    promises: tuple[PromiseWire, ...]


class StandingWire(Wire):
    """How the items of one service stand."""

    name: str
    counts: CountsWire


class ReportDocument(Wire):
    """One report. A change that could break a reader raises `version`."""

    version: Literal[1] = 1
    kind: ReportKind
    name: str
    title: str
    period: Period
    period_key: str
    today: date
    generated_at: datetime
    as_of: datetime | None = Field(description="When issues were last read; null when never.")
    recipient: OwnerWire | None = Field(description="Whose part of the report this is; null for all of it.")
    why: str
    totals: CountsWire
    sections: tuple[SectionWire, ...]
    worst: tuple[ItemWire, ...] = Field(description="Overdue longest; for management.")
    services: tuple[StandingWire, ...] = Field(description="For management.")
    themes: tuple[ThemeWire, ...] = Field(description="What was promised before.")
    documents: tuple[ProgressWire, ...]
    unknown_names: tuple[str, ...]
    unreachable: tuple[OwnerWire, ...]
    departed: tuple[OwnerWire, ...] = Field(description="Who has left and still owns open items.")
    metrics: MetricsOutput | None = Field(description="How promises are kept; for management.")


def render(report: Report) -> str:
    """The report as one JSON document."""
    text = json.dumps(document(report).model_dump(mode="json"), ensure_ascii=False, indent=2)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of what `render` gives."""
    return ReportDocument.model_json_schema(mode="serialization")


def document(report: Report) -> ReportDocument:
    """`report` in the form that goes out."""
    return ReportDocument(
        kind=report.kind,
        name=report.name,
        title=report.title,
        period=report.period,
        period_key=report.period_key,
        today=report.today,
        generated_at=report.now,
        as_of=report.as_of,
        recipient=_owner(report.recipient) if report.recipient else None,
        why=report.why,
        totals=CountsWire.model_validate(report.totals),
        sections=tuple(_section(section) for section in report.sections),
        worst=tuple(_item(item) for item in report.worst),
        services=tuple(StandingWire.model_validate(each) for each in report.services),
        themes=tuple(ThemeWire.model_validate(each) for each in report.themes),
        documents=tuple(ProgressWire.model_validate(each) for each in report.documents),
        unknown_names=report.unknown_names,
        unreachable=tuple(_owner(owner) for owner in report.unreachable),
        departed=tuple(_owner(owner) for owner in report.departed),
        metrics=metrics.wire(report.metrics) if report.metrics else None,
    )


def _section(section: Section) -> SectionWire:
    return SectionWire(
        kind=section.kind,
        owner=_owner(section.owner) if section.owner else None,
        document=section.document.document if section.document else None,
        counts=CountsWire.model_validate(section.counts),
        groups=tuple(
            GroupWire(name=group.name, items=tuple(_item(item) for item in group.items)) for group in section.groups
        ),
    )


def _owner(owner: Owner) -> OwnerWire:
    return OwnerWire(key=owner.key, name=owner.name, is_team=owner.is_team, reachable=bool(owner.ways))


def _item(item: ReportItem) -> ItemWire:
    return ItemWire(
        id=item.id,
        text=item.text,
        kind=item.kind,
        state=item.state,
        priority=item.priority,
        owner=item.owner,
        unknown_owners=item.unknown,
        due=item.due,
        due_words=item.due_words,
        extended=item.extended,
        document_due=item.document_due,
        days_left=item.days_left,
        flags=tuple(sorted(item.flags)),
        issue=item.issue,
        issue_url=item.issue_url,
        gone=gone.wire(item.gone),
        work=item.work or None,
        same_work=item.same_work,
        document=item.document,
        document_title=item.document_title,
        document_path=item.document_path,
        document_url=item.document_url,
        line=item.line,
    )
