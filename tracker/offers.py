"""Work that an issue is open for already, promised again: offered to a person instead of a second issue. Pure.

A new item that promises the same as an item of another document (`tracker.recurrence`), whose issue in this target is
open, gets none by itself: a duplicate is what makes people turn Closeout off, and it is harder to take back than a
question. Until somebody answers, the item stands in every plan and counts as unlinked. When the other issue is closed
or gone first, nothing is left to ask, and the next sync opens an issue. `policy.recurring = "open"` asks nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING

from tracker.likeness import may_be_like
from tracker.model import GoneKind, Item, ItemState, Kind, KnownDocument, Link, tickets_of
from tracker.policy import Entry, Flag
from tracker.recurrence import oldest_first, promised_too
from tracker.same_work import Shared, ahead_of

if TYPE_CHECKING:
    from tracker.actions import Offer

Tie = Callable[[str], Link | None]
"""An item's link, if its issue is in the target that is planned for, can be reached, and is open."""


def open_in(target: str, link: Link | None) -> bool:
    """Whether this is an open issue of `target` that people can work on."""
    if link is None or link.ref.target != target or link.issue.state.closed:
        return False
    return link.gone is None or link.gone.kind is GoneKind.LOCKED


def awaits(item: Item, kinds: Collection[Kind]) -> bool:
    """Whether an issue would be opened for an item that has none, as far as the item itself tells."""
    left = item.ignored or item.state is not ItemState.OPEN or item.kind not in kinds
    return not left and not tickets_of(item)


def plan_offers(
    opening: Mapping[str, Item],
    items: Iterable[Item],
    documents: Mapping[str, KnownDocument],
    tie: Tie,
    unsure: AbstractSet[str] = frozenset(),
) -> list[Offer]:
    """Which of the items to be opened are offered instead.

    Args:
        opening: the items that an issue would be opened for, by id.
        items: all items of the target, as they stand now.
        documents: theirs, by key.
        tie: the open issues of items.
        unsure: items whose create got no answer: an issue may be there.
    """
    from tracker.actions import Offer  # noqa: PLC0415 - `closeout status` asks for the others only, and soon

    asked = {key: item for key, item in opening.items() if item.same_as is None}
    having = {*(unsure - asked.keys()), *(opening.keys() - asked.keys())}
    there = list(items)
    near = compress(there, may_be_like((item.text for item in asked.values()), (item.text for item in there)))
    alike = promised_too(near, documents)
    offers = []
    for item in oldest_first((item for item in asked.values() if item.id in alike), documents):
        found = _promised(item, alike[item.id], tie, having)
        if found is None:
            having.add(item.id)  # of several new ones the oldest gets the issue
        else:
            offers.append(Offer(item, found, tie(found.id)))
    return offers


def _promised(item: Item, others: Iterable[Item], tie: Tie, having: AbstractSet[str]) -> Item | None:
    """Which of the `others`, that promise the same, has an open issue, or will have it; the oldest."""
    able = [each for each in others if each.state is ItemState.OPEN]
    linked = (each for each in able if (link := tie(each.id)) is not None and not item.parted_from(link.ref))
    return next(linked, None) or next((each for each in able if each.id in having), None)


def waiting(opening: Mapping[str, Item], items: Mapping[str, Item], unsure: AbstractSet[str]) -> dict[str, Item]:
    """Items that go with another one, by a person's word, whose issue is on its way: by id, with that other one."""
    found = {}
    for item in opening.values():
        on_the_way = [each for each in ahead_of(item, items) if each.id in opening or each.id in unsure]
        if on_the_way and item not in ahead_of(on_the_way[-1], items):  # two that go with each other both count
            found[item.id] = on_the_way[-1]
    return found


def going_with(entries: Sequence[Entry], ties: Mapping[str, Shared]) -> list[Entry]:
    """The entries, in their order; those that share an issue name each other."""
    if not ties:
        return list(entries)
    by_item = {entry.item.id: entry for entry in entries}
    along: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if (tie := ties.get(entry.item.id)) is not None:
            along[tie.of.id].append(entry)
    return [
        replace(
            entry,
            goes_with=by_item[ties[entry.item.id].of.id] if entry.item.id in ties else None,
            goes_along=tuple(along.get(entry.item.id, ())),
        )
        for entry in entries
    ]


def offered(entries: Sequence[Entry], kinds: Collection[Kind], target_of: Callable[[Item], str]) -> list[Entry]:
    """The entries, in their order; those that a sync offers name the one whose issue is open already.

    Args:
        entries: with those of their themes.
        kinds: those that get issues.
        target_of: where an item's issue would be opened.
    """
    return [_offered(each, kinds, target_of) if each.promised_too else each for each in entries]


def _offered(entry: Entry, kinds: Collection[Kind], target_of: Callable[[Item], str]) -> Entry:
    item = entry.item
    if Flag.UNLINKED not in entry.flags or item.same_as is not None or not awaits(item, kinds):
        return entry
    target = target_of(item)
    links = {each.item.id: each.link for each in entry.promised_too if open_in(target, each.link)}
    found = _promised(item, (each.item for each in entry.promised_too), links.get, frozenset())
    return replace(entry, offered=next((each for each in entry.promised_too if each.item is found), None))
