"""The values that a report consists of. Frozen; `tracker.report.building` makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from tracker.metrics import Metrics
from tracker.model import Gone, ItemState, Kind
from tracker.people import Owner
from tracker.policy import Flag
from tracker.spelling import normalise

Period = Literal["daily", "weekly", "monthly", "cron"]


class ReportKind(StrEnum):
    """What the sections of a report are, and whom it is for."""

    OWNERS = "owners"
    TEAMS = "teams"
    MANAGEMENT = "management"
    POSTMORTEMS = "postmortems"


class GroupName(StrEnum):
    """The groups of a section, most pressing first. All but the last two are called as the flag that leads there."""

    OVERDUE = "overdue"
    DUE_SOON = "due-soon"
    DRIFT = "drift"
    GHOST = "ghost"
    UNLINKED = "unlinked"
    STALE = "stale"
    UNEXPLAINED = "unexplained"
    REMOVED = "removed"
    IN_REVIEW = "in-review"
    OPEN = "open"
    CLOSED = "closed"


class SectionKind(StrEnum):
    """Whose items a section holds, in the order of the report.

    `ESCALATED`, `STANDING_IN` and `LEFT_BEHIND` stand only in the part of somebody who is told of them for the owner.
    """

    PERSON = "person"
    TEAM = "team"
    ESCALATED = "escalated"
    STANDING_IN = "owner-away"
    LEFT_BEHIND = "owner-gone"
    POSTMORTEM = "postmortem"
    TEAMLESS = "no-team"
    UNKNOWN = "unknown-owner"
    NOBODY = "no-owner"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items. `flags` counts each flag (one item can have several); done, won't do and duplicate stay apart.

    A snoozed item counts as such until its day, and not as open.
    """

    open: int = 0
    done: int = 0
    wont_do: int = 0
    duplicate: int = 0
    flags: Mapping[Flag, int] = field(default_factory=Counter)

    @property
    def snoozed(self) -> int:
        """Items of which nothing is to be said before a later day."""
        return self.of(Flag.SNOOZED)

    @property
    def overdue(self) -> int:
        """Open items whose day has passed."""
        return self.of(Flag.OVERDUE)

    @property
    def due_soon(self) -> int:
        """Open items whose day is near."""
        return self.of(Flag.DUE_SOON)

    @property
    def unlinked(self) -> int:
        """Open items without an issue."""
        return self.of(Flag.UNLINKED)

    @property
    def unowned(self) -> int:
        """Open items without an owner."""
        return self.of(Flag.UNOWNED)

    @property
    def owner_unknown(self) -> int:
        """Open items whose owners the people book lacks."""
        return self.of(Flag.OWNER_UNKNOWN)

    @property
    def ghost(self) -> int:
        """Open items whose issue is gone."""
        return self.of(Flag.GHOST)

    @property
    def closed(self) -> int:
        """Items of which nothing more is expected."""
        return self.done + self.wont_do + self.duplicate

    @property
    def total(self) -> int:
        """Every promise that still stands in a document; what was removed from it or set aside is not counted."""
        return self.open + self.snoozed + self.closed

    def of(self, flag: Flag) -> int:
        """How many items carry `flag`."""
        return self.flags.get(flag, 0)

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.open + other.open,
            self.done + other.done,
            self.wont_do + other.wont_do,
            self.duplicate + other.duplicate,
            Counter(self.flags) + Counter(other.flags),
        )


@dataclass(frozen=True, slots=True)
class ReportItem:
    """One item as a report tells it. `unknown` are those names of its owners that the people book lacks.

    `due` is the day that counts; where a person `extended` it, `document_due` (or `due_words`) is the document's own.
    `due_rule` words the policy's rule where that gives the day, or `policy_due` beside an extended one.
    `work` is the address of an open pull request that would close its issue. `same_work` are the other postmortems that
    promise it and share that issue, by a person's word.
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
    policy_due: date | None = None
    due_rule: str = ""
    state: ItemState = ItemState.OPEN
    work: str = ""
    same_work: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one section that are pressing in the same way, most urgent first; never empty."""

    name: GroupName
    items: tuple[ReportItem, ...]


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
class Section:
    """What is to be said of one owner, team or postmortem.

    `owner` is None for what belongs to nobody we know, and for a postmortem, which has a `document` instead.
    """

    kind: SectionKind
    owner: Owner | None
    groups: tuple[Group, ...]
    counts: Counts
    document: Progress | None = None

    @property
    def items(self) -> tuple[ReportItem, ...]:
        """All items, most pressing first."""
        return tuple(item for group in self.groups for item in group.items)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the items of one service stand."""

    name: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Promise:
    """One telling of a theme: an item of one postmortem, open or not."""

    id: str
    text: str
    state: ItemState
    document: str
    document_title: str
    document_url: str | None
    incident_date: date | None
    issue: str | None
    issue_url: str | None


@dataclass(frozen=True, slots=True)
class Theme:
    """The same work in several postmortems, still open in at least one: oldest incident first."""

    promises: tuple[Promise, ...]

    @property
    def text(self) -> str:
        """The latest wording of what is still open."""
        return next(each.text for each in reversed(self.promises) if each.state is ItemState.OPEN)

    def other_words(self, promise: Promise) -> str:
        """How this one is worded, where that is not the theme's text; else nothing."""
        return "" if normalise(promise.text) == normalise(self.text) else promise.text

    @property
    def postmortems(self) -> int:
        """How many postmortems promise it."""
        return len({each.document for each in self.promises})


@dataclass(frozen=True, slots=True)
class Wording:
    """A template of the user's own: `name` as the settings have it (its ending tells the format), and what it says."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """A selection of items on one day; with `recipient`, the part that this owner gets, and `why`.

    `as_of` is when the targets were last asked (None: never). Everybody in `to` gets all of it. So that somebody can
    mend the people book: `unknown_names` are owners in documents that it lacks, `unreachable` owners of open items
    who have no way to be reached, `departed` those who have left, `undelivered` sendings to others that were given up.
    `at_rest` are owners of items of which none has to be told. `worst` and `services` are told to management only.
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
    kind: ReportKind = ReportKind.OWNERS
    to: tuple[Owner, ...] = ()
    departed: tuple[Owner, ...] = ()
    undelivered: tuple[str, ...] = ()
    themes: tuple[Theme, ...] = ()
    worst: tuple[ReportItem, ...] = ()
    services: tuple[Standing, ...] = ()
    metrics: Metrics | None = None
    wordings: tuple[Wording, ...] = ()

    @property
    def items(self) -> tuple[ReportItem, ...]:
        """Every item that the report lists, each once, most pressing first."""
        listed = (*self.worst, *(item for section in self.sections for item in section.items))
        return tuple({item.id: item for item in listed}.values())

    @property
    def due_items(self) -> tuple[ReportItem, ...]:
        """The open items that have a due date, by date."""
        dated = (item for item in self.items if item.due and item.state is ItemState.OPEN)
        return tuple(sorted(dated, key=lambda item: (str(item.due), item.id)))

    @property
    def for_all(self) -> bool:
        """Whether this is the whole report, not the part of one owner."""
        return self.recipient is None or self.recipient.key in {owner.key for owner in self.to}


@dataclass(frozen=True, slots=True)
class Letter:
    """A report part worded for the mail: one subject and the same content twice."""

    subject: str
    text: str
    html: str
