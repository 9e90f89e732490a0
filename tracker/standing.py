"""Where things stand: the items of the store, assessed for one day. Reads, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tracker.errors import UsageError
from tracker.model import Event, ItemState, JournalEntry
from tracker.people import Owner, PeopleBook
from tracker.policy import Entry, Flag, assess, urgency
from tracker.recurrence import recurring
from tracker.settings import Settings
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

    `owner` may be a part of a name; `mine` is exactly who the items belong to.
    """

    item: str | None = None
    owner: str | None = None
    document: str | None = None
    flags: tuple[Flag, ...] = ()
    states: tuple[ItemState, ...] = ()
    mine: Owner | None = None


def today_of(settings: Settings, now: datetime) -> date:
    """The day it is in the settings' time zone."""
    return now.astimezone(ZoneInfo(settings.timezone)).date()


def entries(store: Store, settings: Settings, today: date) -> list[Entry]:
    """Every item that is still in its document or has an issue, assessed for `today`, most urgent first."""
    known = store.known()
    book = PeopleBook.from_settings(settings)
    kinds = {name: target.kind for name, target in settings.targets.items()}
    found = []
    for item in known.items.values():
        link = known.links.get(item.id)
        kind = kinds.get(link.ref.target, "") if link else ""
        document = known.documents[item.document]
        found.append(assess(item, document, link, book, settings.policy, today, target_kind=kind))
    return recurring(sorted(found, key=urgency))


def status(store: Store, settings: Settings, wanted: Wanted, now: datetime) -> Status:
    """What the store knows about the wanted items.

    Raises:
        UsageError: no item has the id that was asked for, or several have.
    """
    today = today_of(settings, now)
    all_entries = entries(store, settings, today)
    chosen = [one_item(all_entries, wanted.item)] if wanted.item else [e for e in all_entries if _fits(e, wanted)]
    times = store.read_times()
    return Status(tuple(chosen), min(times.values(), default=None), today)


@dataclass(frozen=True, slots=True)
class About:
    """All that is known about one item: what happened, oldest first, and the writes whose outcome nobody knows."""

    entry: Entry
    as_of: datetime | None
    today: date
    events: tuple[Event, ...]
    in_doubt: tuple[JournalEntry, ...]


def about(store: Store, settings: Settings, text: str, now: datetime) -> About:
    """Everything about the item that is called so.

    Raises:
        UsageError: no item is called so, or several are.
    """
    found = status(store, settings, Wanted(item=text), now)
    [entry] = found.entries
    key = entry.item.id
    return About(entry, found.as_of, found.today, store.events(key), store.in_doubt_of(key))


def who_am_i(book: PeopleBook, said: str) -> Owner:
    """The person of the book who is meant by `Jo Smith <jo@example.com>`, a name, an address or a login.

    Raises:
        UsageError: nobody is; people who share a name are not told apart.
    """
    name, _, address = said.rstrip("> ").partition("<")
    for text in filter(None, (address.strip(), name.strip())):
        owner = book.resolve(text).first
        if owner is not None and not owner.is_team and len(book.resolve(text).known) == 1:
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


def _fits(entry: Entry, wanted: Wanted) -> bool:
    state = entry.item.state
    if wanted.flags and not entry.flags & frozenset(wanted.flags):
        return False
    if state not in (wanted.states or _SHOWN):
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
