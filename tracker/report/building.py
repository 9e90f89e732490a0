"""Entries -> report: which sections there are, who is in them, and what else there is to know. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice

from tracker.metrics import Metrics
from tracker.model import ItemState, KnownDocument
from tracker.people import Owner, PeopleBook
from tracker.policy import Entry, Flag, urgency
from tracker.report.items import count, grouped, is_listed, is_open, themes, told, told_once
from tracker.report.values import (
    Period,
    Progress,
    Report,
    ReportItem,
    ReportKind,
    Section,
    SectionKind,
    Standing,
    Wording,
)
from tracker.settings.reports import OnlySettings
from tracker.wildcards import names_one

_WORST = 10
"""As many of the items that are overdue longest are told to management."""


_RANK = {kind: number for number, kind in enumerate(SectionKind)}
_Place = tuple[SectionKind, Owner | None]


def period_key(period: Period, day: date, due_at: datetime | None = None) -> str:
    """The name of the period that `day` is in: `2026-11-21`, `2026-W47` (ISO week) or `2026-11`.

    Of a `cron` report each firing of a schedule, `due_at`, is one: `2026-11-21T09:00Z`. Who asks by hand is in the
    day's.
    """
    match period:
        case "weekly":
            year, week, _ = day.isocalendar()
            return f"{year:04}-W{week:02}"
        case "monthly":
            return f"{day.year:04}-{day.month:02}"
        case "cron" if due_at is not None:
            return f"{due_at.astimezone(UTC):%Y-%m-%dT%H:%M}Z"
        case _:
            return day.isoformat()


def selected(entries: Iterable[Entry], only: OnlySettings) -> list[Entry]:
    """The entries that a report is about, whatever their flags."""

    def fits(entry: Entry) -> bool:
        item, document = entry.item, entry.document
        return (
            (not only.kind or item.kind in only.kind)
            and (not only.priority or names_one((item.priority or "",), only.priority))
            and (not only.severity or names_one((document.severity or "",), only.severity))
            and (not only.service or names_one(document.services, only.service))
        )

    return [entry for entry in entries if fits(entry)]


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
    kind: ReportKind = ReportKind.OWNERS,
    to: Sequence[str] = (),
    flags: frozenset[Flag] = frozenset(),
    due_at: datetime | None = None,
    metrics: Metrics | None = None,
    wordings: tuple[Wording, ...] = (),
) -> Report:
    """The whole report about `entries` on `today`.

    Args:
        name: what the settings call it.
        title: what people call it.
        entries: in any order; all count for their documents.
        book: who is who.
        today: the day that it is about.
        now: when it is made.
        as_of: when the targets were last asked.
        fallback: key of who is told of items without a known owner.
        period: how often one person gets it.
        kind: what the sections are.
        to: keys, or addresses, of those who get all of it.
        flags: if given, only entries that carry one of them are told of.
        due_at: the time at which a schedule wanted it, in the schedule's zone: it counts for that period even when
            it is made later.
        metrics: what was measured over time, if wished.
        wordings: the user's own templates.
    """
    everything = sorted(entries, key=urgency)
    ordered = [entry for entry in everything if entry.flags & flags] if flags else everything
    documents = _documents(everything)
    recurring = themes(ordered)
    ordered = ordered if kind is ReportKind.POSTMORTEMS else told_once(ordered)
    sections = _sections(kind, ordered, documents, book)
    owners = _asked(kind, ordered, sections)
    managed = kind is ReportKind.MANAGEMENT
    return Report(
        name=name,
        title=title,
        period=period,
        period_key=period_key(period, due_at.date() if due_at else today, due_at),
        today=today,
        now=now,
        as_of=as_of,
        totals=count(ordered),
        sections=sections,
        documents=_telling(documents) if managed else documents,
        unknown_names=tuple(sorted({name for entry in ordered if is_open(entry) for name in entry.ownership.unknown})),
        unreachable=tuple(owner for owner in owners if not owner.ways and not owner.left),
        at_rest=_at_rest(kind, everything, book, {owner.key for owner in owners}),
        fallback=book.get(fallback) if fallback else None,
        kind=kind,
        to=tuple(book.get(key) or Owner(key, key, key) for key in to),
        departed=tuple(owner for owner in owners if owner.left),
        themes=recurring,
        worst=_worst(ordered) if managed else (),
        services=_services(ordered) if managed else (),
        metrics=metrics,
        wordings=wordings,
    )


def _sections(
    kind: ReportKind, ordered: Sequence[Entry], documents: Sequence[Progress], book: PeopleBook
) -> tuple[Section, ...]:
    match kind:
        case ReportKind.OWNERS:
            return _by_place(ordered, _owner_places)
        case ReportKind.POSTMORTEMS:
            return _by_document(ordered, documents)
        case ReportKind.TEAMS:
            return _by_place(ordered, lambda entry: _team_places(entry, book))
        case ReportKind.MANAGEMENT:
            teams = _by_place(ordered, lambda entry: _team_places(entry, book), listed=False)
            return tuple(sorted(teams, key=lambda team: (-team.counts.overdue, -team.counts.open)))


def _by_place(
    ordered: Iterable[Entry], places: Callable[[Entry], Iterable[_Place]], *, listed: bool = True
) -> tuple[Section, ...]:
    """A section for each place with something to tell; what is settled only counts in it."""
    entries: dict[tuple[SectionKind, str], list[Entry]] = defaultdict(list)
    owners: dict[tuple[SectionKind, str], Owner | None] = {}
    for entry in ordered:
        for kind, owner in places(entry):
            place = kind, owner.key if owner else ""
            owners[place] = owner
            entries[place].append(entry)

    def order(place: tuple[SectionKind, str]) -> tuple[int, str, str]:
        kind, key = place
        owner = owners[place]
        return _RANK[kind], owner.name.casefold() if owner else "", key

    found = []
    for place in sorted(entries, key=order):
        telling = [entry for entry in entries[place] if is_listed(entry)]
        if telling:
            groups = grouped(telling) if listed else ()
            found.append(Section(place[0], owners[place], groups, count(entries[place])))
    return tuple(found)


def _owner_places(entry: Entry) -> Iterator[_Place]:
    for owner in entry.ownership.known:
        yield SectionKind.TEAM if owner.is_team else SectionKind.PERSON, owner
    if not entry.ownership.known:
        yield _nobodys(entry)


def _team_places(entry: Entry, book: PeopleBook) -> Iterator[_Place]:
    """The teams of its owners, each once; what a person without one owns is apart only if nobody else has one."""
    known = entry.ownership.known
    teams = (owner if owner.is_team else book.get(owner.team) if owner.team else None for owner in known)
    found = {team.key: team for team in teams if team}
    for team in found.values():
        yield SectionKind.TEAM, team
    if not found:
        yield (SectionKind.TEAMLESS, None) if known else _nobodys(entry)


def _nobodys(entry: Entry) -> _Place:
    return SectionKind.UNKNOWN if entry.ownership.unknown else SectionKind.NOBODY, None


def _by_document(ordered: Iterable[Entry], documents: Iterable[Progress]) -> tuple[Section, ...]:
    """A section for each document of which something is open, with all that still stands in it."""
    grouped_entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in ordered:
        if entry.item.state not in (ItemState.REMOVED, ItemState.IGNORED) or is_listed(entry):
            grouped_entries[entry.document.key].append(entry)
    return tuple(
        Section(
            SectionKind.POSTMORTEM,
            None,
            grouped(each for each in grouped_entries[progress.document] if Flag.SNOOZED not in each.flags),
            progress.counts,
            progress,
        )
        for progress in documents
        if any(is_listed(entry) for entry in grouped_entries[progress.document])
    )


def _asked(kind: ReportKind, ordered: Iterable[Entry], sections: Iterable[Section]) -> tuple[Owner, ...]:
    """Those who have something open to be told of, in the order of the report."""
    if kind in (ReportKind.OWNERS, ReportKind.TEAMS):
        return tuple(section.owner for section in sections if section.owner)
    owners = {owner.key: owner for entry in ordered if is_open(entry) for owner in entry.ownership.known}
    return tuple(sorted(owners.values(), key=lambda owner: (owner.is_team, owner.name.casefold(), owner.key)))


def _at_rest(kind: ReportKind, entries: Iterable[Entry], book: PeopleBook, busy: Container[str]) -> tuple[Owner, ...]:
    """Owners, or teams where the sections are theirs, of whose items none has to be told."""
    owners: dict[str, Owner] = {}
    for entry in entries:
        places = _team_places(entry, book) if kind is ReportKind.TEAMS else _owner_places(entry)
        owners |= {owner.key: owner for _, owner in places if owner}
    return tuple(owners[key] for key in sorted(owners) if key not in busy)


def _telling(documents: Iterable[Progress]) -> tuple[Progress, ...]:
    return tuple(islice((each for each in documents if each.counts.open), _WORST))


def _worst(ordered: Iterable[Entry]) -> tuple[ReportItem, ...]:
    overdue = (entry for entry in ordered if Flag.OVERDUE in entry.flags)
    return tuple(told(entry) for entry in islice(overdue, _WORST))


def _services(ordered: Iterable[Entry]) -> tuple[Standing, ...]:
    """Every service of which something is open, most overdue first; an item of several counts for each."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in ordered:
        for service in entry.document.services:
            entries[service].append(entry)
    standings = (Standing(name, count(members)) for name, members in entries.items())
    return tuple(
        sorted(
            (each for each in standings if each.counts.open),
            key=lambda each: (-each.counts.overdue, -each.counts.open, each.name.casefold(), each.name),
        )
    )


def _documents(entries: Iterable[Entry]) -> tuple[Progress, ...]:
    """Every document that promises something: most overdue first, then most open, finished ones last."""
    known: dict[str, KnownDocument] = {}
    members: Mapping[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        known[entry.document.key] = entry.document
        members[entry.document.key].append(entry)
    progress = (
        Progress(key, each.title or each.path, each.path, each.web_url, each.incident_date, count(members[key]))
        for key, each in known.items()
    )
    return tuple(
        sorted(
            (each for each in progress if each.counts.total),
            key=lambda each: (-each.counts.overdue, -each.counts.open, each.path, each.document),
        )
    )
