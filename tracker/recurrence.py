"""The same work promised after several incidents: which items say the same in different postmortems. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from tracker.likeness import Key, Wording, crowded, kept_of, same_work, sought_of, subjects_of, wording_of
from tracker.model import Item, ItemState, KnownDocument, Link
from tracker.policy import Entry, Flag

if TYPE_CHECKING:
    from tracker.actions import Create, Relate


def promised_too(
    items: Iterable[Item], documents: Mapping[str, KnownDocument], alone: AbstractSet[Key] = frozenset()
) -> dict[str, tuple[Item, ...]]:
    """For each item the others that promise the same in other documents, oldest incident first; most have none.

    Open or not, but nothing that is removed or ignored.

    Args:
        items: in any order.
        documents: those that they are of, by key.
        alone: the subjects that are known to be crowded, where these are not all items.
    """
    counting = [item for item in items if not item.ignored and item.state not in (ItemState.REMOVED, ItemState.IGNORED)]
    kept = Counter(hash(key) for item in counting for key in kept_of(wording_of(item.text)))
    by_wording: defaultdict[Wording, list[Item]] = defaultdict(list)
    for item in counting:
        if _finds_another(wording := wording_of(item.text), kept):
            by_wording[wording].append(item)
    found: dict[str, tuple[Item, ...]] = {}
    for wording, others in _alike(by_wording, kept, alone).items():
        alike = oldest_first((item for other in others for item in by_wording[other]), documents)
        for item in by_wording[wording]:
            if rest := tuple(other for other in alike if other.document != item.document):
                found[item.id] = rest
    return found


def oldest_first(items: Iterable[Item], documents: Mapping[str, KnownDocument]) -> list[Item]:
    """The items by the days of their incidents; those of one incident as their document has them."""
    return sorted(items, key=lambda item: _age(item, documents))


def recurring(entries: Sequence[Entry], alone: AbstractSet[Key] = frozenset()) -> list[Entry]:
    """The entries, in their order, each with the others of its theme.

    An open one recurs where an earlier incident's postmortem promised the same, and that is still open or done. Of what
    is snoozed nothing is said.
    """
    documents = {entry.document.key: entry.document for entry in entries}
    by_item = {entry.item.id: entry for entry in entries}
    found = promised_too([entry.item for entry in entries], documents, alone)

    def marked(entry: Entry) -> Entry:
        others = found.get(entry.item.id, ())
        again = entry.item.state is ItemState.OPEN and Flag.SNOOZED not in entry.flags
        again = again and any(_before(other, entry.item, documents) for other in others)
        flags = entry.flags | {Flag.RECURRING} if again else entry.flags
        return replace(entry, flags=flags, promised_too=tuple(by_item[other.id] for other in others))

    return [marked(entry) if entry.item.id in found else entry for entry in entries]


def plan_relations(
    found: Mapping[str, Sequence[Item]],
    documents: Mapping[str, KnownDocument],
    links: Mapping[str, Link],
    opened: Sequence[Create],
    own: Iterable[tuple[Item, Link]],
) -> list[Relate]:
    """Link the open issues of open items to the oldest issue of the same work, once each: people may take them apart.

    Args:
        found: what else promises the same, of one target's items.
        documents: theirs, by key.
        links: those of this target whose issues are there, by item.
        opened: the issues that this plan opens.
        own: items whose issues Closeout opened, with these as they are now.
    """
    from tracker.actions import Relate  # noqa: PLC0415 - `closeout status` asks for the others only, and soon

    new = {create.item.id for create in opened}
    mine = {item.id: link for item, link in own if not link.issue.state.closed}
    alike = {item.id: item for others in found.values() for item in others}  # each is among the others of its others
    actions = []
    for item in oldest_first(alike.values(), documents):
        link = mine.get(item.id)
        first = next((other for other in found[item.id] if other.id in new or other.id in links), None)
        ours = item.state is ItemState.OPEN and (link is not None or item.id in new)
        if first is None or not ours or _age(item, documents) < _age(first, documents):
            continue
        to = links[first.id].ref if first.id in links else None
        if to is None or link is None or to.key not in link.base.get("related", ()):
            actions.append(Relate(item, first, link, to))
    return actions


def _finds_another(wording: Wording, kept: Mapping[int, int]) -> bool:
    """Whether another text may promise the same: most don't, and no more than a number is kept of these."""
    own = set(kept_of(wording))
    return any(kept.get(hash(key), 0) > (key in own) for key in sought_of(wording))


def _alike(
    wordings: Collection[Wording], kept: Mapping[int, int], alone: AbstractSet[Key]
) -> dict[Wording, list[Wording]]:
    """For each those that promise the same, itself among them."""
    by_key: defaultdict[Key, list[Wording]] = defaultdict(list)
    for wording in wordings:
        for key in kept_of(wording):
            by_key[key].append(wording)
    alone |= crowded(subjects_of(wordings), lambda key: kept.get(hash(key), 0))
    near = {each: dict.fromkeys(other for key in sought_of(each) for other in by_key.get(key, ())) for each in wordings}
    return {each: [other for other in others if same_work(each, other, alone)] for each, others in near.items()}


def _before(other: Item, item: Item, documents: Mapping[str, KnownDocument]) -> bool:
    """Whether an earlier incident brought the other one, which is open or done."""
    earlier = other.document != item.document and _day(other, documents) < _day(item, documents)
    return earlier and other.state in (ItemState.OPEN, ItemState.DONE)


def _day(item: Item, documents: Mapping[str, KnownDocument]) -> date:
    """The incident's day, else the one on which the item was first seen."""
    return documents[item.document].incident_date or item.first_seen.date()


def _age(item: Item, documents: Mapping[str, KnownDocument]) -> tuple[date, str, int, str]:
    """Sorts the oldest incident first."""
    return _day(item, documents), item.document, item.line, item.id
