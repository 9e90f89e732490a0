"""What a report says: decided here, once. `tracker.audience` says to whom, `tracker.render` words it.

    Report                 everything, for whoever looks after all of it
    ├── Section            one owner; then the owners nobody knows; then what has no owner
    │   └── Group          overdue, due soon, issue gone, no issue yet, open: an item stands in the first that fits
    └── Progress           one document: how much of what it promised is closed

An item with several known owners stands in the section of each, and counts once in the report's totals.
Pure: the day and the time are arguments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from tracker.model import Gone, ItemState, Kind, KnownDocument
from tracker.people import Owner, PeopleBook
from tracker.policy import Entry, Flag, urgency

Period = Literal["daily", "weekly", "monthly"]


class GroupName(StrEnum):
    """The groups of a section, most pressing first."""

    OVERDUE = "overdue"
    DUE_SOON = "due-soon"
    GHOST = "ghost"
    UNLINKED = "unlinked"
    OPEN = "open"


class SectionKind(StrEnum):
    """Whose items a section holds, in the order of the report.

    `ESCALATED`, `STANDING_IN` and `LEFT_BEHIND` stand only in the part of somebody who is told of them for the owner.
    """

    PERSON = "person"
    TEAM = "team"
    ESCALATED = "escalated"
    STANDING_IN = "owner-away"
    LEFT_BEHIND = "owner-gone"
    UNKNOWN = "unknown-owner"
    NOBODY = "no-owner"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items. The middle row are open items by flag (one item can have several); the last row is settled.

    A snoozed item counts as such until its day, and not as open.
    """

    open: int = 0
    snoozed: int = 0

    overdue: int = 0
    due_soon: int = 0
    unlinked: int = 0
    unowned: int = 0
    owner_unknown: int = 0
    ghost: int = 0

    done: int = 0
    wont_do: int = 0
    duplicate: int = 0

    @property
    def closed(self) -> int:
        """Items of which nothing more is expected; done, won't do and duplicate stay apart in the fields."""
        return self.done + self.wont_do + self.duplicate

    @property
    def total(self) -> int:
        """Every promise that still stands in a document; what was removed from it or set aside is not counted."""
        return self.open + self.snoozed + self.closed

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Counts)))


@dataclass(frozen=True, slots=True)
class ReportItem:
    """One open item as a report tells it. `unknown` are those names of its owners that the people book lacks.

    `due` is the day that counts; where a person `extended` it, `document_due` (or `due_words`) is the document's own.
    """

    id: str
    text: str
    kind: Kind
    document: str
    document_title: str
    document_path: str
    document_url: str | None
    line: int
    owner: str | None
    owners: tuple[str, ...]
    unknown: tuple[str, ...]
    due: date | None
    due_words: str | None
    days_left: int | None
    priority: str | None
    issue: str | None
    issue_url: str | None
    flags: frozenset[Flag]
    gone: Gone | None = None
    extended: bool = False
    document_due: date | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one section that are pressing in the same way, most urgent first; never empty."""

    name: GroupName
    items: tuple[ReportItem, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Everything open of one owner. `owner` is None for the two kinds that belong to nobody we know."""

    kind: SectionKind
    owner: Owner | None
    groups: tuple[Group, ...]
    counts: Counts

    @property
    def items(self) -> tuple[ReportItem, ...]:
        """All items, most pressing first."""
        return tuple(item for group in self.groups for item in group.items)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one document's promises have got."""

    document: str
    title: str
    path: str
    url: str | None
    incident_date: date | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class Report:
    """A selection of items on one day; with `recipient`, the part that this owner gets, and `why`.

    `as_of` is when the targets were last asked (None: never). `unknown_names` are owners in documents that the people
    book lacks and `unreachable` owners of open items without an address: both so that somebody can mend the book.
    `at_rest` are the owners of items none of which is open.
    """

    name: str
    title: str
    period: Period
    period_key: str
    today: date
    now: datetime
    as_of: datetime | None
    totals: Counts
    sections: tuple[Section, ...]
    documents: tuple[Progress, ...]
    unknown_names: tuple[str, ...] = ()
    unreachable: tuple[Owner, ...] = ()
    at_rest: tuple[Owner, ...] = ()
    fallback: Owner | None = None
    recipient: Owner | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A report part worded for the mail: one subject and the same content twice."""

    subject: str
    text: str
    html: str


def period_key(period: Period, day: date) -> str:
    """The name of the period that `day` is in: `2026-11-21`, `2026-W47` (ISO week) or `2026-11`."""
    match period:
        case "daily":
            return day.isoformat()
        case "weekly":
            year, week, _ = day.isocalendar()
            return f"{year:04}-W{week:02}"
        case "monthly":
            return f"{day.year:04}-{day.month:02}"


def build(  # the report's identity, its time and its content are separate arguments on purpose
    name: str,
    title: str,
    entries: Iterable[Entry],
    *,
    book: PeopleBook,
    today: date,
    now: datetime,
    as_of: datetime | None,
    fallback: str | None,
    period: Period,
) -> Report:
    """The whole report about `entries` on `today`. `fallback`: key of who is told of items without a known owner."""
    ordered = sorted(entries, key=urgency)
    sections = _sections(ordered)
    owners = [section.owner for section in sections if section.owner]
    return Report(
        name=name,
        title=title,
        period=period,
        period_key=period_key(period, today),
        today=today,
        now=now,
        as_of=as_of,
        totals=_count(ordered),
        sections=sections,
        documents=_documents(ordered),
        unknown_names=tuple(sorted({name for entry in ordered if _is_open(entry) for name in entry.ownership.unknown})),
        unreachable=tuple(owner for owner in owners if not owner.email and not owner.left),
        at_rest=_at_rest(ordered, {owner.key for owner in owners}),
        fallback=book.get(fallback) if fallback else None,
    )


def _at_rest(ordered: Sequence[Entry], busy: Container[str]) -> tuple[Owner, ...]:
    owners = {owner.key: owner for entry in ordered for owner in entry.ownership.known}
    return tuple(owners[key] for key in sorted(owners) if key not in busy)


def _sections(ordered: Sequence[Entry]) -> tuple[Section, ...]:
    """One section for each owner with something open; settled items only count in them."""
    entries: dict[tuple[SectionKind, str], list[Entry]] = defaultdict(list)
    owners: dict[str, Owner] = {}
    for entry in ordered:
        for owner in entry.ownership.known:
            owners[owner.key] = owner
            entries[SectionKind.TEAM if owner.is_team else SectionKind.PERSON, owner.key].append(entry)
        if not entry.ownership.known:
            kind = SectionKind.UNKNOWN if entry.ownership.unknown else SectionKind.NOBODY
            entries[kind, ""].append(entry)
    rank = list(SectionKind)

    def place(at: tuple[SectionKind, str]) -> tuple[int, str, str]:
        kind, key = at
        return rank.index(kind), owners[key].name.casefold() if key else "", key

    sections = (_section(kind, owners.get(key), entries[kind, key]) for kind, key in sorted(entries, key=place))
    return tuple(section for section in sections if section.groups)


def _section(kind: SectionKind, owner: Owner | None, entries: Sequence[Entry]) -> Section:
    groups: dict[GroupName, list[ReportItem]] = {name: [] for name in GroupName}
    for entry in entries:
        if _is_open(entry):
            groups[_group(entry.flags)].append(_item(entry))
    filled = tuple(Group(name, tuple(items)) for name, items in groups.items() if items)
    return Section(kind, owner, filled, _count(entries))


def _group(flags: frozenset[Flag]) -> GroupName:
    """The most pressing thing about an item. That it has no issue, or a gone one, shows on the item itself, too."""
    if Flag.OVERDUE in flags:
        return GroupName.OVERDUE
    if Flag.DUE_SOON in flags:
        return GroupName.DUE_SOON
    if Flag.GHOST in flags:
        return GroupName.GHOST
    return GroupName.UNLINKED if Flag.UNLINKED in flags else GroupName.OPEN


def _is_open(entry: Entry) -> bool:
    return entry.item.state is ItemState.OPEN and Flag.SNOOZED not in entry.flags


def ticket_name(reference: str) -> str:
    """What people call the ticket behind an address: `SHOP-311`, `catalogue#482`. Other references stay as they are."""
    if "://" not in reference:
        return reference
    parts = reference.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0].rstrip("/").split("/")
    if parts[-1].isdigit() and len(parts) > 4:  # noqa: PLR2004 - https://HOST/OWNER/NAME/issues/N
        return f"{parts[-3]}#{parts[-1]}"
    return parts[-1] or reference


def _item(entry: Entry) -> ReportItem:
    item, document, ref = entry.item, entry.document, entry.link.ref if entry.link else None
    return ReportItem(
        id=item.id,
        text=item.text,
        kind=item.kind,
        document=document.key,
        document_title=document.title or document.path,
        document_path=document.path,
        document_url=document.web_url,
        line=item.line,
        owner=item.owner,
        owners=tuple(owner.name for owner in entry.ownership.known),
        unknown=entry.ownership.unknown,
        due=item.falls_due,
        due_words=item.due if item.due_date is None else None,
        days_left=entry.days_left,
        priority=item.priority,
        issue=ref.key if ref else ticket_name(item.links[0]) if item.links else None,
        issue_url=(ref.url or None) if ref else next((link for link in item.links if "://" in link), None),
        flags=entry.flags,
        extended=item.extended_to is not None,
        document_due=item.due_date,
        gone=entry.link.gone if entry.link and Flag.GHOST in entry.flags else None,
    )


def _count(entries: Iterable[Entry]) -> Counts:
    states: dict[ItemState, int] = defaultdict(int)
    flags: dict[Flag, int] = defaultdict(int)
    for entry in entries:
        states[entry.item.state] += 1
        for flag in entry.flags:
            flags[flag] += 1
    return Counts(
        open=states[ItemState.OPEN] - flags[Flag.SNOOZED],
        snoozed=flags[Flag.SNOOZED],
        overdue=flags[Flag.OVERDUE],
        due_soon=flags[Flag.DUE_SOON],
        unlinked=flags[Flag.UNLINKED],
        unowned=flags[Flag.UNOWNED],
        owner_unknown=flags[Flag.OWNER_UNKNOWN],
        ghost=flags[Flag.GHOST],
        done=states[ItemState.DONE],
        wont_do=states[ItemState.WONT_DO],
        duplicate=states[ItemState.DUPLICATE],
    )


def _documents(entries: Iterable[Entry]) -> tuple[Progress, ...]:
    """Every document that promises something: most overdue first, then most open, finished ones last."""
    known: dict[str, KnownDocument] = {}
    grouped: Mapping[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        known[entry.document.key] = entry.document
        grouped[entry.document.key].append(entry)
    progress = (
        Progress(key, each.title or each.path, each.path, each.web_url, each.incident_date, _count(grouped[key]))
        for key, each in known.items()
    )
    return tuple(
        sorted(
            (each for each in progress if each.counts.total),
            key=lambda each: (-each.counts.overdue, -each.counts.open, each.path, each.document),
        )
    )
