"""What is to be said about an item? One taxonomy for status, reports and `--fail-on`. Pure.

`tracker.flags` tells what each flag means, which can stand together and which silence others.

Whether something is late is judged by the calendar of whoever has to do it: a due date counts until the end of its day
where its owner is (`timezone` in the people book, else the settings'); of several owners, where that day ends last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from tracker.agreement import drift_of
from tracker.decisions import HEEDED, IGNORED
from tracker.due import Due, DuePolicy, labels_of
from tracker.flags import Flag
from tracker.model import Event, GoneKind, Item, ItemState, KnownDocument, Link, tickets_of
from tracker.people import Owner, Ownership, PeopleBook
from tracker.settings import PolicySettings

__all__ = [
    "Entry",
    "Flag",
    "Yardstick",
    "assess",
    "assess_shared",
    "day_where",
    "flagged",
    "is_quiet",
    "is_verified",
    "moved_by_others",
    "present_owners",
    "quiet_since",
    "unexplained",
    "urgency",
]


CLOCKS = timedelta(minutes=10)
"""So far apart a target's clock and ours may be."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item with everything that is known about it at one moment.

    `due` is the day that counts and where it comes from. `days_left` is negative when overdue, and None for what has no
    due date or is settled. `promised_too` are the items of other postmortems that say the same, oldest first; theirs is
    empty. By a person's word the issue of `goes_with` stands for this item, too; `goes_along` are those for which this
    one's does. `offered` is the one whose issue could: somebody is to say so, or that it is other work.
    """

    item: Item
    document: KnownDocument
    link: Link | None
    ownership: Ownership
    flags: frozenset[Flag]
    days_left: int | None
    promised_too: tuple[Entry, ...] = ()
    due: Due | None = None
    goes_with: Entry | None = None
    goes_along: tuple[Entry, ...] = ()
    offered: Entry | None = None


@dataclass(frozen=True)
class Yardstick:
    """What items are measured by at the moment `now` (aware); `zone` is the settings' time zone.

    From the log: `active` are items of which something was told within `policy.stale_days`, `unexplained` those that a
    person set aside without a word, and `told` is what Closeout said last on an item's issue.
    """

    policy: PolicySettings
    book: PeopleBook
    now: datetime
    zone: str = "UTC"
    active: Collection[str] = frozenset()
    unexplained: Collection[str] = frozenset()
    told: Mapping[str, Event] = field(default_factory=dict)

    @cached_property
    def deadlines(self) -> DuePolicy:
        """What gives a day to what its document leaves open."""
        return DuePolicy(self.policy.due, self.zone)


def assess(
    item: Item,
    document: KnownDocument,
    link: Link | None,
    by: Yardstick,
    *,
    target_kind: str = "",
    opened_with: Collection[str] = (),
) -> Entry:
    """What is to be said about `item`.

    Args:
        item: as it was last known, with its document and its link.
        document: the item's.
        link: the item's, if it has an issue.
        by: settings, people, the present time.
        target_kind: the linked target's kind.
        opened_with: the labels that the target of an item without an issue gives every issue.
    """
    ownership = present_owners(item, link, by.book, target_kind)
    due = by.deadlines.due(item, document, labels_of(item, link, opened_with))
    today = day_where(ownership.known, by.now, by.zone)
    days_left = (due.day - today).days if due and item.state is ItemState.OPEN else None
    flags = frozenset(_flags(item, link, ownership, days_left, today, by))
    return Entry(item, document, link, ownership, flags, days_left, due=due)


def assess_shared(item: Item, document: KnownDocument, link: Link, by: Yardstick, target_kind: str) -> Entry:
    """What is to be said about an item that another one's issue, by its `link`, stands for, too.

    What is amiss with the issue is said of the item that has it.
    """
    entry = assess(item, document, link, by, target_kind=target_kind)
    return replace(entry, link=None, flags=entry.flags - _OF_THE_ISSUE)


_OF_THE_ISSUE = frozenset({Flag.GHOST, Flag.DRIFT, Flag.REOPENED, Flag.REMOVED})


def _flags(
    item: Item, link: Link | None, ownership: Ownership, days_left: int | None, today: date, by: Yardstick
) -> Iterator[Flag]:
    match item.state:
        case ItemState.OPEN if item.snoozed_until is not None and today < item.snoozed_until:
            yield Flag.SNOOZED
        case ItemState.OPEN:
            yield from _of_due(days_left, by.policy)
            yield from _of_link(item, link, by)
            yield from _of_owners(ownership)
        case ItemState.DONE if is_verified(item, link):
            yield Flag.VERIFIED
        case ItemState.WONT_DO | ItemState.IGNORED if _is_unexplained(item, link, by):
            yield Flag.UNEXPLAINED
        case ItemState.REMOVED if link is not None and not link.issue.state.closed and not _is_ghost(link):
            yield Flag.REMOVED


def day_where(owners: Iterable[Owner], now: datetime, zone: str) -> date:
    """The day it is at `now` for whoever of `owners` has the latest end of day; in `zone` for who gives no other."""
    return min((_day_in(owner.timezone or zone, now) for owner in owners), default=_day_in(zone, now))


@lru_cache(maxsize=1024)
def _day_in(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _of_due(days_left: int | None, policy: PolicySettings) -> Iterator[Flag]:
    if days_left is not None and days_left < 0:
        yield Flag.OVERDUE
    elif days_left is not None and days_left <= policy.due_soon_days:
        yield Flag.DUE_SOON


def _of_link(item: Item, link: Link | None, by: Yardstick) -> Iterator[Flag]:
    is_stale = item.id not in by.active and is_quiet(item, link, by.policy, by.now, by.zone, by.told.get(item.id))
    if link is None:
        # A ticket that the document itself names ties the item to a tracker, if not to one of ours.
        if item.kind in by.policy.kinds and not tickets_of(item):
            yield Flag.UNLINKED
        if is_stale:
            yield Flag.STALE
        return
    if link.issue.reopened:
        yield Flag.REOPENED
    if _is_ghost(link):
        yield Flag.GHOST
        return
    if drift_of(link.base, link.issue, by.policy):
        yield Flag.DRIFT
    if link.work:
        yield Flag.IN_REVIEW
    elif is_stale:
        yield Flag.STALE


def _is_ghost(link: Link) -> bool:
    """People read a locked issue as before: only our comments are refused."""
    return link.gone is not None and link.gone.kind is not GoneKind.LOCKED


def _of_owners(ownership: Ownership) -> Iterator[Flag]:
    if not ownership.known:
        yield Flag.OWNER_UNKNOWN if ownership.unknown else Flag.UNOWNED
    elif all(owner.left for owner in ownership.known):
        yield Flag.OWNER_GONE


def quiet_since(policy: PolicySettings, now: datetime) -> datetime | None:
    """What moved last at this time, or before, is stale; None where nothing ever is."""
    return now - timedelta(days=policy.stale_days) if policy.stale_days else None


def moved_by_others(link: Link, told: Event | None) -> datetime:
    """When others last moved an issue, if `told` is what Closeout said on it last: that moves it too."""
    moved = link.issue.updated_at
    if told is None or "moved" not in told.detail or abs(moved - told.at) > CLOCKS:
        return moved
    return datetime.fromisoformat(told.detail["moved"])


def is_quiet(
    item: Item, link: Link | None, policy: PolicySettings, now: datetime, zone: str, told: Event | None = None
) -> bool:
    """Whether, the log aside, nothing moved on the item or its issue for so long that it is stale.

    What Closeout itself said last on the issue, `told`, is no movement. The end of a snooze is one: until that day
    nobody was to do anything.
    """
    limit = quiet_since(policy, now)
    if limit is None or item.state is not ItemState.OPEN:
        return False
    moved = [item.first_seen, *([moved_by_others(link, told)] if link else [])]
    if item.snoozed_until is not None:
        moved.append(datetime.combine(item.snoozed_until, time(), ZoneInfo(zone)))
    return max(moved) <= limit


def _is_unexplained(item: Item, link: Link | None, by: Yardstick) -> bool:
    if item.state is ItemState.IGNORED:
        return item.id in by.unexplained
    evidence = link.evidence if link else None
    if link is None or evidence is None or evidence.closed_at != link.issue.closed_at:
        return False  # nobody has asked the target yet why it was closed
    return not evidence.reason.strip()


def unexplained(events: Iterable[Event]) -> frozenset[str]:
    """The items that `events`, oldest first, tell to be ignored without a reason."""
    without: set[str] = set()
    for event in events:
        if event.item is None or event.what not in (IGNORED, HEEDED):
            continue
        without.discard(event.item)
        if event.what == IGNORED and not str(event.detail.get("why") or "").strip():
            without.add(event.item)
    return frozenset(without)


def is_verified(item: Item, link: Link | None) -> bool:
    """Whether an item is not just closed but known to be done. What was reopened since has to be verified anew."""
    if item.state is not ItemState.DONE:
        return False
    evidence = link.evidence if link else None
    by_work = link is not None and evidence is not None and evidence.closed_at == link.issue.closed_at
    return item.said_verified or (by_work and evidence is not None and evidence.verified)


def present_owners(item: Item, link: Link | None, book: PeopleBook, target_kind: str) -> Ownership:
    """Who the item belongs to now: people who were assigned on the issue itself, else the document's owner."""
    written = book.resolve(item.owner)
    if link is None:
        return written
    # Targets answer with their own spelling of a login, and drop whom they don't know: neither is anybody's decision.
    asked = {login.casefold() for login in link.base.get("document", {}).get("assignees", ())}
    left_out = {login.casefold() for login in link.base.get("left_out", ())}
    there = {login.casefold() for login in link.issue.assignees}
    if there == asked or there | left_out == asked:
        return written
    found = {login: book.by_login(target_kind, login) for login in sorted(link.issue.assignees)}
    known = tuple(owner for owner in found.values() if owner is not None)
    return Ownership(known, tuple(f"@{login}" for login, owner in found.items() if owner is None))


def urgency(entry: Entry) -> tuple[bool, bool, bool, int, str, int, str]:
    """Sort key: overdue longest first, then by due date, then undated in the order of the documents; settled ones last.

    What is snoozed comes just before those. Sentences of one paragraph share a line, so the item's id has the last
    word: one order, whatever came in.
    """
    item = entry.item
    return (
        item.state.settled,
        Flag.SNOOZED in entry.flags,
        entry.days_left is None,
        entry.days_left or 0,
        entry.document.path,
        item.line,
        item.id,
    )


def flagged(entries: Iterable[Entry], flags: Iterable[Flag]) -> list[Entry]:
    """The entries that carry at least one of `flags`."""
    wanted = frozenset(flags)
    return [entry for entry in entries if entry.flags & wanted]
