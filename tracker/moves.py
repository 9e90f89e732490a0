"""Taking an item's issue from one target to another: its events, and what the former issue says then. Pure.

    decided     the item still has its former issue
    opened      it has one in the other target; the former has to be closed if Closeout opened it
    finished    the former issue says where the work goes on, and its marker claims no item any more

The new issue's marker tells of the move, too: a lost store finds the item at the new issue only, and goes on there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors import Issue, IssuePatch, IssueRef, IssueState, Marker
from tracker.decisions import MOVE_DECIDED, MOVE_FINISHED, MOVE_FOUND, MOVE_GIVEN_UP, MOVED, Saying, after
from tracker.model import Event, GoneKind, Item, Link, Move, MoveStage, parted_name

CLOSED = "closed"
_LEFT = "moved"


def under_way(items: Iterable[Item]) -> list[tuple[Item, Move]]:
    """The items whose move was begun and is not finished."""
    return [(item, item.move) for item in items if item.move is not None and is_under_way(item.move)]


def is_under_way(move: Move | None) -> bool:
    """Whether something is left to do for it."""
    return move is not None and move.stage is not MoveStage.FINISHED


def decide(item: Item, held: Link, to: str, saying: Saying) -> tuple[Item, Event]:
    """The item is to have an issue in the target `to` instead of the one that it has."""
    ref = held.ref
    gone = held.gone.kind if held.gone is not None else None
    lost = gone is not None and (gone.out_of_reach or gone.of_target or gone is GoneKind.READ_ONLY)
    own = "content" in held.base.get("document", {}) and not lost
    told: dict[str, Any] = {"to": to, "target": ref.target, "issue": ref.key, "url": ref.url, "own": own}
    why = {"why": saying.why} if saying.why else {}
    event = Event(saying.at, saying.who, MOVE_DECIDED, item.id, item.document, told | why)
    return after(item, event), event


def opened(item: Item, move: Move, ref: IssueRef | None, now: datetime) -> tuple[Item, Event]:
    """The item's issue is `ref` now, and the former one no more; None where that is yet to be opened."""
    told = {"issue": ref.key, "url": ref.url, "target": ref.target} if ref else {"target": move.to}
    event = Event(now, "closeout", MOVED, item.id, item.document, {**told, "of": move.issue, "from": move.target})
    return after(item, event), event


def finished(item: Item, move: Move, how: str, now: datetime) -> Event:
    """Nothing is left to do about the former issue: `how` is `closed`, or why it was not closed."""
    told = {"issue": move.issue, "target": move.target, "how": how}
    return Event(now, "closeout", MOVE_FINISHED, item.id, item.document, told)


def given_up(item: Item, move: Move, why: str, now: datetime) -> Event:
    """The item keeps the issue that it has."""
    told = {"to": move.to, "target": move.target, "issue": move.issue, "why": why}
    return Event(now, "closeout", MOVE_GIVEN_UP, item.id, item.document, told)


def found(item: Item, issue: Issue, now: datetime) -> Event:
    """The item's issue is this one now, as its marker tells: another machine moved it here."""
    told = marked_move(issue)
    return Event(now, "closeout", MOVE_FOUND, item.id, item.document, {"moved": told, "now": issue.ref.key})


def marked_move(issue: Issue) -> Mapping[str, str] | None:
    """What the marker tells of a move to this issue."""
    decided = issue.marker.base.get("decisions") if issue.marker is not None else None
    told = decided.get("moved") if isinstance(decided, dict) else None
    return told if isinstance(told, dict) else None


def is_former(move: Move, ref: IssueRef) -> bool:
    """Whether this is the issue that the item has had before."""
    return parted_name(ref) == move.left


def claims(issue: Issue, item: Item) -> bool:
    """Whether the issue's marker says that it is this item's."""
    return issue.marker is not None and issue.marker.item == item.id


def farewell(issue: Issue, item: Item, to: IssueRef) -> IssuePatch:
    """What closes the former issue: it says where the work goes on, and claims no item any more.

    One that somebody closed meanwhile stays closed as it is.
    """
    place = {"item": item.id, "target": to.target, "issue": to.key, "url": to.url}
    # No words of the item that are not there already: its document may be private by now.
    tie = issue.marker or Marker("", item.document, "")
    marker = replace(tie, item="", base={_LEFT: place})
    state = None if issue.state.closed else IssueState.DUPLICATE
    return IssuePatch(state=state, managed=f"Moved to {_named(to)}.", marker=marker)


def notice(item: Item, to: IssueRef) -> tuple[str, str]:
    """The comment that the former issue gets, and the hidden mark by which it is recognised."""
    once = f"<!-- closeout:said moved {item.id} {parted_name(to)} -->"
    return f"This action item is now tracked in {_named(to)}; this issue is closed.\n\n{once}", once


def is_farewell(issue: Issue) -> bool:
    """Whether the issue says already that its item was moved."""
    return issue.marker is not None and is_left(issue.marker)


def is_left(marker: Marker) -> bool:
    """Whether an issue with this marker is the former issue of a moved item: it is no item's."""
    return _LEFT in marker.base


def place_of(issue: Issue, item: Item) -> str | None:
    """Where the issue of `item` went, when this one was left by a move: an address, else `TARGET KEY`.

    None also where a person said since that the other one is not the item's.
    """
    told = issue.marker.base.get(_LEFT) if issue.marker is not None else None
    if not isinstance(told, dict) or told.get("item") != item.id:
        return None
    ref = IssueRef(str(told.get("target")), 0, str(told.get("issue")), str(told.get("url") or ""))
    return None if item.parted_from(ref) else ref.url or parted_name(ref)


def _named(ref: IssueRef) -> str:
    return ref.url or f"{ref.key} in {ref.target}"
