"""One issue for two promises of the same work, by a person's word: its events, and which issue that is. Pure.

    the same work    the item goes with another one: it gets no issue of its own, and stands as the other's issue says
    undone           it is an ordinary item again, and never goes with that issue by itself
    its own issue    it gets one, though another item's is alike, and nobody is asked about that again

An issue of its own comes before all of this. The other one may itself go with a third: then that one's issue counts.
Where none of them has an issue, or the one with it left its document or was set aside while the issue was open, the
item is an ordinary one, until that changes. What was done by then stays done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors import IssueRef, Marker
from tracker.decisions import OWN_ISSUE, SAME, SAME_FOUND, SAME_UNDONE, Saying, after, from_document, from_issue
from tracker.decisions import pointless as no_use
from tracker.model import Event, Item, ItemState, KnownDocument, Link, parted_name


@dataclass(frozen=True, slots=True)
class Shared:
    """The issue that stands for an item, by the link of the item `of`, which has it."""

    of: Item
    link: Link


def shared(items: Mapping[str, Item], links: Mapping[str, Link]) -> dict[str, Shared]:
    """Whose issue stands for each item that goes with another one; ordinary items are left out."""
    going = (item for item in items.values() if item.same_as is not None and item.id not in links)
    found = ((item.id, _issue_for(item, items, links)) for item in going)
    return {item: tie for item, tie in found if tie is not None}


def promised_again(
    items: Mapping[str, Item], documents: Mapping[str, KnownDocument], having: Container[str]
) -> dict[str, list[tuple[Item, KnownDocument]]]:
    """For each item `having` an issue those that it stands for, too; a private document is named nowhere."""
    found: defaultdict[str, list[tuple[Item, KnownDocument]]] = defaultdict(list)
    for item in items.values():
        if item.same_as is None or item.id in having or item.ignored or item.state is ItemState.REMOVED:
            continue
        of = next((other for other in ahead_of(item, items) if other.id in having), None)
        if of is not None and not documents[item.document].private:
            found[of.id].append((item, documents[item.document]))
    return {key: sorted(others, key=lambda other: (other[1].path, other[0].id)) for key, others in found.items()}


def told_by(marker: Marker) -> tuple[str, ...]:
    """The items that an issue stands for, too, as its marker tells; people can edit markers."""
    document = marker.base.get("document")
    again = document.get("again") if isinstance(document, Mapping) else None
    return tuple(item for item in again if isinstance(item, str)) if isinstance(again, list) else ()


def ahead_of(item: Item, items: Mapping[str, Item]) -> list[Item]:
    """The items that `item` goes with, one after the other, nearest first; each once."""
    found: dict[str, Item] = {item.id: item}
    while (other := items.get(item.goes_with or "")) is not None and other.id not in found:
        found[other.id] = item = other
    return list(found.values())[1:]


def _issue_for(item: Item, items: Mapping[str, Item], links: Mapping[str, Link]) -> Shared | None:
    other = next((other for other in ahead_of(item, items) if other.id in links), None)
    if other is None or not _stands(other, links[other.id]):
        return None
    return Shared(other, links[other.id])


def _stands(other: Item, link: Link) -> bool:
    """Whether the issue still speaks for others: its item counts, or somebody closed it while that did."""
    counts = not other.ignored and other.state not in (ItemState.REMOVED, ItemState.IGNORED)
    return counts or (link.issue.state.closed and not link.base.get("document", {}).get("closed"))


def decide(item: Item, of: Item, held: Link, own: Link | None, saying: Saying) -> tuple[Item, Event]:
    """The issue `held`, which is `of`'s, stands for `item`, too; `own` is the item's until now, which it then leaves.

    Raises:
        UsageError: that was decided already.
    """
    if item.goes_with == of.id and own is None:
        raise no_use(item, f"it is the same work as {held.ref.key} already", "`closeout unlink ITEM` takes that back.")
    event = _event(item, SAME, saying, of=of.id, **_named(held.ref), parted=[parted_name(own.ref)] if own else [])
    return from_issue(after(item, event), held.issue, saying.at), event


def undo(item: Item, tie: Shared | None, saying: Saying) -> tuple[Item, Event]:
    """The item is no other's work: what the issue of `tie` said of it no longer counts."""
    event = _event(item, SAME_UNDONE, saying, of=item.goes_with, **_left(tie))
    return from_document(after(item, event), saying.at), event


def own_issue(item: Item, tie: Shared | None, saying: Saying) -> tuple[Item, Event]:
    """The item gets an issue of its own, whatever else is alike; `tie` is whose stood for it until now.

    Raises:
        UsageError: that was decided already.
    """
    if item.same_as == item.id:
        raise no_use(item, "it gets an issue of its own already", "`closeout sync` opens it.")
    event = _event(item, OWN_ISSUE, saying, **_left(tie))
    return (from_document(after(item, event), saying.at) if tie else after(item, event)), event


def found(item: Item, of: str, ref: IssueRef, now: datetime) -> tuple[Item, Event]:
    """The marker of this issue, `of`'s, tells that it stands for the item, too: the store was lost, or is another."""
    event = Event(now, "closeout", SAME_FOUND, item.id, item.document, {"of": of, **_named(ref)})
    return after(item, event), event


def _named(ref: IssueRef) -> dict[str, Any]:
    return {"issue": ref.key, "url": ref.url, "target": ref.target}


def _left(tie: Shared | None) -> dict[str, Any]:
    """The issue is not the item's, though its document may name it by now."""
    return {**_named(tie.link.ref), "parted": [parted_name(tie.link.ref)]} if tie else {}


def _event(item: Item, what: str, saying: Saying, **detail: Any) -> Event:
    told = detail | ({"why": saying.why} if saying.why else {})
    return Event(saying.at, saying.who, what, item.id, item.document, told)
