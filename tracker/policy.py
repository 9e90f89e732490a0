"""When is something overdue, due soon, unlinked, unowned? One taxonomy for status, reports and `--fail-on`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.model import GoneKind, Item, ItemState, KnownDocument, Link, tickets_of
from tracker.people import Ownership, PeopleBook
from tracker.settings import PolicySettings


class Flag(StrEnum):
    """What is to be said about an item. An open one can have several, one that is done only `VERIFIED`."""

    OVERDUE = "overdue"
    DUE_SOON = "due-soon"
    UNLINKED = "unlinked"
    UNOWNED = "unowned"
    OWNER_UNKNOWN = "owner-unknown"
    SNOOZED = "snoozed"
    GHOST = "ghost"
    REOPENED = "reopened"
    VERIFIED = "verified"
    RECURRING = "recurring"
    IN_REVIEW = "in-review"


@dataclass(frozen=True, slots=True)
class Entry:
    """An item with everything that is known about it on one day.

    `days_left` is negative when overdue, and None for what has no due date or is settled. `promised_too` are the items
    of other postmortems that say the same, oldest first; theirs is empty.
    """

    item: Item
    document: KnownDocument
    link: Link | None
    ownership: Ownership
    flags: frozenset[Flag]
    days_left: int | None
    promised_too: tuple[Entry, ...] = ()


def assess(
    item: Item,
    document: KnownDocument,
    link: Link | None,
    book: PeopleBook,
    policy: PolicySettings,
    today: date,
    *,
    target_kind: str = "",
) -> Entry:
    """What is to be said about `item` on `today` (a day in the settings' time zone).

    A due date counts until the end of its day. Of a snoozed item nothing else is to be said until its day has come; of
    one that is done, whether that was verified: by merged work that closed its issue, or by a person. `target_kind` is
    the linked target's kind.
    """
    ownership = present_owners(item, link, book, target_kind)
    is_open = item.state is ItemState.OPEN
    days_left = (item.falls_due - today).days if is_open and item.falls_due else None
    if is_open and item.snoozed_until is not None and today < item.snoozed_until:
        flags = {Flag.SNOOZED}
    elif is_open:
        flags = {*_of_due(days_left, policy), *_of_link(item, link, policy), *_of_owners(ownership)}
    else:
        flags = {Flag.VERIFIED} if is_verified(item, link) else set()
    return Entry(item, document, link, ownership, frozenset(flags), days_left)


def _of_due(days_left: int | None, policy: PolicySettings) -> Iterator[Flag]:
    if days_left is not None and days_left < 0:
        yield Flag.OVERDUE
    elif days_left is not None and days_left <= policy.due_soon_days:
        yield Flag.DUE_SOON


def _of_link(item: Item, link: Link | None, policy: PolicySettings) -> Iterator[Flag]:
    # A ticket that the document itself names ties the item to a tracker, if not to one of ours.
    if link is None and item.kind in policy.kinds and not tickets_of(item):
        yield Flag.UNLINKED
    if link is not None and link.gone is not None and link.gone.kind is not GoneKind.LOCKED:
        yield Flag.GHOST
    if link is not None and link.issue.reopened:
        yield Flag.REOPENED
    if link is not None and link.work:
        yield Flag.IN_REVIEW


def _of_owners(ownership: Ownership) -> Iterator[Flag]:
    if not ownership.known:
        yield Flag.OWNER_UNKNOWN if ownership.unknown else Flag.UNOWNED


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
