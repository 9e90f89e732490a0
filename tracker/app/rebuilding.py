"""What issues tell of items that this store does not know: a lost store is rebuilt from their markers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from connectors import Issue, IssueState
from tracker.decisions import found_again, unmarked
from tracker.identity import Identified
from tracker.model import Item, ItemState, Kind, Link, parted_name
from tracker.moves import is_left
from tracker.parents import is_parent
from tracker.rolling import is_rolling
from tracker.same_work import found, told_by
from tracker.store import Known


def homes_of(items: Mapping[str, Item], links: Mapping[str, Link], marked: Iterable[Issue]) -> dict[str, str]:
    """The target of each item that has an issue: as its link says, else where its marker is.

    Of markers in several targets that of an open issue counts, then that of the oldest: so every machine, whatever its
    settings say, finds the same one.

    Args:
        items: all items, those that only markers tell of included.
        links: what the store remembers.
        marked: the issues whose markers claim items.
    """
    homes: dict[str, str] = {}
    for issue in sorted(marked, key=lambda issue: (issue.state.closed, issue.created_at, issue.ref), reverse=True):
        item = items.get(issue.marker.item) if issue.marker else None
        if item is not None and not item.parted_from(issue.ref):
            homes[item.id] = issue.ref.target
    return homes | {item: link.ref.target for item, link in links.items()}


def claims_item(issue: Issue) -> bool:
    """Whether the marker says that it is an item's: no postmortem's or report's own, no twin's, none left by a move."""
    tie = issue.marker
    if tie is None or issue.state is IssueState.DUPLICATE:
        return False
    return not (is_parent(tie) or is_rolling(tie) or is_left(tie))


def items_from_markers(issues: Iterable[Issue], known: Known, namespace: str | None) -> list[Item]:
    """Items that this store does not know and issues tell of: what an empty store is rebuilt from.

    With a namespace, markers of documents outside it are other repositories'.
    """
    items: dict[str, Item] = {}
    found = sorted(filter(claims_item, issues), key=lambda issue: (issue.created_at, issue.ref))
    parted: defaultdict[str, set[str]] = defaultdict(set)
    for issue in found:
        if issue.marker is not None:
            parted[issue.marker.item].update(unmarked(issue.marker.base).parted)
    for issue in found:
        tie = issue.marker
        if tie is None or tie.item in known.items or tie.item in items or parted_name(issue.ref) in parted[tie.item]:
            continue
        if namespace and not tie.document.startswith(f"{namespace}:"):
            continue
        decided = unmarked(tie.base)
        removed = bool(tie.base.get("document", {}).get("removed", False))
        items[tie.item] = Item(
            id=tie.item,
            document=tie.document,
            text=tie.text,
            ordinal=0,
            kind=Kind.TASK,
            section="",
            line=0,
            first_seen=issue.created_at,
            state=ItemState.REMOVED if removed else ItemState(issue.state.value),
            settled_at=issue.closed_at,
            extended_to=decided.extended_to,
            parted=tuple(sorted(parted[tie.item])),
            move=decided.move,
        )
    return list(items.values())


def find_shared(
    identified: Identified, issues: Iterable[Issue], links: Mapping[str, Link], now: datetime
) -> Identified:
    """What markers tell of issues that stand for further items, where nobody has said anything else here."""
    items = {item.id: item for item in identified.items}
    events = list(identified.events)
    for issue in filter(claims_item, issues):
        tie = issue.marker
        for again in told_by(tie) if tie is not None and tie.item in items else ():
            item = items.get(again)
            if tie is None or item is None or again == tie.item or again in links:
                continue
            if item.same_as is None and not item.parted_from(issue.ref):
                items[again], event = found(item, tie.item, issue.ref, now)
                events.append(event)
    return replace(identified, items=tuple(items.values()), events=tuple(events))


def tell_rebuilt(identified: Identified, rebuilt: Iterable[Item], now: datetime) -> Identified:
    """An item known from its issue alone did not just change: the log says that it was found again."""
    ids = {item.id for item in rebuilt}
    events = [event for event in identified.events if event.item not in ids]
    found = [found_again(item, now) for item in identified.items if item.id in ids]
    return replace(identified, events=(*found, *events))
