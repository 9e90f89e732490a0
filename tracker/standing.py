"""Where things stand: the items of the store, assessed for one day. Reads, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tracker.agreement import Change, drift_of
from tracker.decisions import HEEDED, IGNORED
from tracker.errors import UsageError
from tracker.model import ISSUE_TOLD, Event, ItemState, JournalEntry
from tracker.offers import going_with, offered
from tracker.people import Owner, PeopleBook
from tracker.policy import (
    CLOCKS,
    Entry,
    Flag,
    Yardstick,
    assess,
    assess_shared,
    is_quiet,
    quiet_since,
    unexplained,
    urgency,
)
from tracker.recurrence import recurring
from tracker.routing import route
from tracker.same_work import shared
from tracker.settings import Settings
from tracker.store.glance import Glance, Selection
from tracker.store.known import Known

if TYPE_CHECKING:
    from tracker.store import Store

_SHOWN = frozenset(ItemState) - {ItemState.REMOVED, ItemState.IGNORED}
"""The states that are shown where none is asked for."""


@dataclass(frozen=True, slots=True)
class Status:
    """The entries asked for, most urgent first, and when the targets were last read (None: never)."""

    entries: tuple[Entry, ...]
    as_of: datetime | None
    today: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to show. Texts compare without case; empty means any.

    `owner` may be a part of a name; `mine` is exactly who the items belong to. What is removed or ignored is shown
    where its state or one of its flags is asked for, in `flags` or `failing`.
    """

    item: str | None = None
    owner: str | None = None
    document: str | None = None
    flags: tuple[Flag, ...] = ()
    states: tuple[ItemState, ...] = ()
    failing: tuple[Flag, ...] = ()
    mine: Owner | None = None


def today_of(settings: Settings, now: datetime) -> date:
    """The day it is in the settings' time zone."""
    return now.astimezone(ZoneInfo(settings.timezone)).date()


def entries(store: Store, settings: Settings, now: datetime) -> list[Entry]:
    """Every item that is still in its document or has an issue, assessed at `now`, most urgent first."""
    return _assessed(store, store.known(), settings, PeopleBook.from_settings(settings), now)


def _assessed(store: Store | Glance, known: Known, settings: Settings, book: PeopleBook, now: datetime) -> list[Entry]:
    by = _yardstick(store, settings, known, book, now)
    kinds = {name: target.kind for name, target in settings.targets.items()}
    asks_labels = any(rule.labels for rule in settings.policy.due.rules)
    ties = shared(known.items, known.links)
    found = []
    for item in known.items.values():
        link = known.links.get(item.id)
        kind = kinds.get(link.ref.target, "") if link else ""
        document = known.documents[item.document]
        target = route(item, document, book, settings) if asks_labels and link is None else ""
        labels = settings.targets[target].labels if target else ()
        if (tie := ties.get(item.id)) is not None:
            kind = kinds.get(tie.link.ref.target, "")
            found.append(assess_shared(item, document, tie.link, by, kind))
        else:
            found.append(assess(item, document, link, by, target_kind=kind, opened_with=labels))
    told = going_with(recurring(sorted(found, key=urgency), known.crowded), ties)
    if settings.policy.recurring == "open":
        return told
    return offered(
        told, settings.policy.kinds, lambda item: route(item, known.documents[item.document], book, settings)
    )


def _yardstick(store: Store | Glance, settings: Settings, known: Known, book: PeopleBook, now: datetime) -> Yardstick:
    """What items are measured by; the log is only asked when its answer could matter."""
    policy, zone, items = settings.policy, settings.timezone, known.items.values()
    limit = quiet_since(policy, now)
    comments = any(report.comment for report in settings.reports.values())
    # What moved an issue before that leaves it stale, whoever it was.
    said = store.events_called(ISSUE_TOLD, since=limit - CLOCKS) if limit and comments else ()
    told = {event.item: event for event in said if event.item}
    quiet = limit and any(is_quiet(i, known.links.get(i.id), policy, now, zone, told.get(i.id)) for i in items)
    return Yardstick(
        policy,
        book,
        now,
        zone,
        active=store.told_since(limit) if limit and quiet else frozenset(),
        unexplained=unexplained(store.events_called(IGNORED, HEEDED) if any(i.ignored for i in items) else ()),
        told=told,
    )


def status(store: Store | Glance, settings: Settings, wanted: Wanted, now: datetime) -> Status:
    """What the store knows about the wanted items.

    Raises:
        UsageError: no item has the id that was asked for, or several have.
    """
    today = today_of(settings, now)
    book = PeopleBook.from_settings(settings)
    if isinstance(store, Glance):
        known = store.known(_selection(store, book, wanted, settings, today))
    else:
        known = store.known()
    all_entries = _assessed(store, known, settings, book, now)
    chosen = [one_item(all_entries, wanted.item)] if wanted.item else [e for e in all_entries if _fits(e, wanted)]
    times = store.read_times()
    return Status(tuple(chosen), min(times.values(), default=None), today)


@dataclass(frozen=True, slots=True)
class About:
    """All that is known about one item.

    `events` is what happened, oldest first; `in_doubt` are the writes whose outcome nobody knows; `drift` are the
    fields in which its issue was changed where the document's word counts.
    """

    entry: Entry
    as_of: datetime | None
    today: date
    events: tuple[Event, ...]
    in_doubt: tuple[JournalEntry, ...]
    drift: tuple[Change, ...] = ()


def about(store: Store | Glance, settings: Settings, found: Status) -> About:
    """Everything about the only item that `found` holds."""
    [entry] = found.entries
    key, link = entry.item.id, entry.link
    drift = drift_of(link.base, link.issue, settings.policy) if link and Flag.DRIFT in entry.flags else ()
    return About(entry, found.as_of, found.today, store.events(key), store.in_doubt_of(key), drift)


def who_am_i(book: PeopleBook, said: str) -> Owner:
    """The person of the book who is meant by `Jo Smith <jo@example.com>`, a name, an address or a login.

    Raises:
        UsageError: nobody is; people who share a name are not told apart.
    """
    name, _, address = said.rstrip("> ").partition("<")
    if (owner := book.me(name.strip(), address.strip(), None)) is not None:
        return owner
    raise UsageError(
        f"the people book does not know you as {said}",
        where="--owner me",
        advice="Add your name or address to your entry in [people] (as `email` or in `aliases`); or name the owner.",
    )


def one_item(all_entries: Sequence[Entry], text: str) -> Entry:
    """The entry whose item id starts with `text`, or whose issue is called so.

    Raises:
        UsageError: there is none, or more than one.
    """
    wanted = text.casefold()
    found = [
        entry
        for entry in all_entries
        if entry.item.id.startswith(wanted)
        or (entry.link and wanted in issue_names(entry.link.ref.key, entry.link.ref.url))
    ]
    exact = [entry for entry in found if entry.item.id == wanted or (entry.link and entry.link.ref.key == text)]
    if len(found) == 1 or len(exact) == 1:
        return (exact or found)[0]
    if not found:
        raise UsageError("no such item", where=text, advice="`closeout status` lists items with their ids and issues.")
    names = ", ".join(entry.item.id for entry in found[:5])
    raise UsageError(f"several items fit: {names}", where=text, advice="Give more characters of the id.")


_ONLY_OPEN = frozenset(Flag) - {Flag.VERIFIED, Flag.UNEXPLAINED, Flag.REMOVED}
"""Flags that `tracker.policy` gives to open items only."""

_ELSEWHERE = timedelta(days=2)
"""It is another day already, or still, where an owner is: zones lie up to 26 hours apart."""


def _selection(glance: Glance, book: PeopleBook, wanted: Wanted, settings: Settings, today: date) -> Selection:
    """What `_fits` may find among: decided by less than it knows, so it may be more, and never less."""
    if wanted.item is not None:
        return Selection(item=wanted.item.casefold())
    flags, due_by = frozenset(wanted.flags), None
    if flags and flags <= {Flag.OVERDUE, Flag.DUE_SOON}:
        due_by = today + _ELSEWHERE
        due_by += timedelta(days=settings.policy.due_soon_days) if Flag.DUE_SOON in flags else timedelta(0)
    open_only = (bool(flags) and flags <= _ONLY_OPEN) or wanted.states == (ItemState.OPEN,)
    texts, assignees = _names_of_owners(glance, book, wanted, settings)
    return Selection(None, open_only, due_by, bool(settings.policy.due.rules), texts, assignees)


def _names_of_owners(
    glance: Glance, book: PeopleBook, wanted: Wanted, settings: Settings
) -> tuple[list[str] | None, list[str]]:
    """How documents, and issues, write the wanted owners; None when any item may be theirs."""
    if wanted.owner is None and wanted.mine is None:
        return None, []
    kinds = {target.kind for target in settings.targets.values()}
    owners = [owner for owner in book.owners.values() if _is_wanted(owner, wanted)]
    logins = {login.casefold() for owner in owners for kind in kinds if (login := owner.login(kind))}
    texts = [text for text in glance.owner_texts() if _may_name(text, book, wanted)]
    assigned = glance.assignees().items()
    assignees = [text for text, people in assigned if not logins.isdisjoint(map(str.casefold, people))]
    return (texts, assignees) if len(texts) + len(assignees) <= _FEW else (None, [])


_FEW = 200
"""More names than that are not looked for one by one."""


def _may_name(text: str, book: PeopleBook, wanted: Wanted) -> bool:
    said = wanted.owner is not None and wanted.owner.casefold() in text.casefold()
    return said or any(_is_wanted(owner, wanted) for owner in book.resolve(text).known)


def _is_wanted(owner: Owner, wanted: Wanted) -> bool:
    if wanted.mine is not None:
        return owner == wanted.mine
    return any((wanted.owner or "").casefold() in name.casefold() for name in (owner.key, owner.name))


def _fits(entry: Entry, wanted: Wanted) -> bool:
    state = entry.item.state
    if wanted.flags and not entry.flags & frozenset(wanted.flags):
        return False
    asked_for = entry.flags & {*wanted.flags, *wanted.failing}
    if state not in (wanted.states or _SHOWN) and (wanted.states or not asked_for):
        return False
    where = f"{entry.document.path}\n{entry.document.title}"
    if wanted.document and wanted.document.casefold() not in where.casefold():
        return False
    return _belongs(entry, wanted)


def _belongs(entry: Entry, wanted: Wanted) -> bool:
    if wanted.mine is not None and wanted.mine not in entry.ownership.known:
        return False
    if wanted.owner is None:
        return True
    names = [entry.item.owner or "", *(owner.key for owner in entry.ownership.known)]
    names += [owner.name for owner in entry.ownership.known]
    return any(wanted.owner.casefold() in name.casefold() for name in names)


def issue_names(key: str, url: str) -> set[str]:
    """What a person may call an issue: its key, its number, its address."""
    return {key.casefold(), "#" + key.rsplit("#", 1)[-1], url.casefold()} - {""}
