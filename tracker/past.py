"""What items were on any day, from the audit log alone. Pure.

Whenever the facts of an item change (`FACTS`), the store writes what they are now into the detail of the event that
tells why, as `stands`; where no event tells of it, it appends an `item recorded`. The first event of an item holds all
of them. So a log can be played back:

    stands {state: done, settled_at: …}   the issue was closed, or the document's box ticked
    item snoozed, due date extended, …    what people decide, as `tracker.decisions` folds it

What is closed on an issue is learnt at the next sync; the item counts as closed from the moment that the issue tells.
So a day that is looked at later can look better than it did then.

Limits: a store that was lost starts a new log, in which an item is `found again`. It counts as open from the day its
issue was opened until that was closed; what it was between (other owners and due dates, reopened, snoozed) is lost with
the old log. What a log lacks altogether is no item here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from tracker.decisions import DECIDING, Standing, step
from tracker.model import Event, Item, ItemState, Kind

FACTS = ("document", "kind", "owner", "due_date", "priority", "done", "state", "settled_at")
"""The stored values of an item that the log tells of whenever they change."""

BORN = ("first_seen",)
"""What only an item's first event tells besides."""

STANDS = "stands"
RECORDED = "item recorded"


@dataclass(frozen=True, slots=True)
class Past:
    """An item as it was. `told` is its state apart from a person's setting it aside; the rest is as in `Item`."""

    id: str
    document: str
    kind: Kind
    first_seen: datetime
    owner: str | None
    due_date: date | None
    priority: str | None
    told: ItemState
    settled_at: datetime | None
    ignored: bool = False
    snoozed_until: date | None = None
    extended_to: date | None = None

    @property
    def state(self) -> ItemState:
        """Where it stood."""
        return ItemState.IGNORED if self.ignored and self.told is not ItemState.REMOVED else self.told

    @property
    def falls_due(self) -> date | None:
        """The day that counted, as `Item.falls_due` tells it."""
        return self.extended_to or self.due_date


Life = Sequence[tuple[datetime, Past]]
"""An item's versions, oldest first, each with the moment from which it held; moments ascend."""


def telling(events: Iterable[Event], changed: Iterable[tuple[Item, Mapping[str, Any]]], now: datetime) -> list[Event]:
    """`events` with the `changed` facts of each item on the last one that tells of it, else on one of their own."""
    told = list(events)
    last = {event.item: place for place, event in enumerate(told)}
    for item, facts in changed:
        if not facts:
            continue
        place = last.get(item.id)
        if place is None:
            told.append(Event(now, "closeout", RECORDED, item.id, item.document, {STANDS: facts}))
        else:
            event = told[place]
            told[place] = replace(event, detail={**event.detail, STANDS: facts})
    return told


def replay(events: Iterable[Event], until: datetime) -> dict[str, Past]:
    """What each item was at the moment `until`, by id; `events` as they were written. Items unknown then are left out.

    Later events count where they tell what had happened by then.
    """
    of_item: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.item is not None:
            of_item[event.item].append(event)
    found = {item: at(life(told), until) for item, told in of_item.items()}
    return {item: past for item, past in found.items() if past is not None}


def at(lived: Life, until: datetime) -> Past | None:
    """The version that held at this moment."""
    return next((past for moment, past in reversed(lived) if moment <= until), None)


def life(events: Iterable[Event]) -> Life:
    """The versions of one item, from its events as they were written."""
    versions: list[tuple[datetime, Past]] = []
    past: Past | None = None
    standing = Standing()
    for event in events:
        facts = event.detail.get(STANDS)
        decides = event.what in DECIDING
        if decides:
            standing = step(standing, event)
        if past is None:
            if facts is None or not facts.keys() >= set(BORN):
                continue
            past = _born(str(event.item), facts)
            versions.append((min(past.first_seen, event.at), replace(past, told=ItemState.OPEN, settled_at=None)))
        elif facts is None and not decides:
            continue
        elif facts is not None:
            past = _changed(past, facts)
        if decides:
            past = replace(
                past,
                ignored=standing.ignored,
                snoozed_until=standing.snoozed_until,
                extended_to=standing.extended_to,
            )
        _append(versions, max(event.at, versions[-1][0]), past)
    return versions


def _append(versions: list[tuple[datetime, Past]], learnt: datetime, past: Past) -> None:
    """Add what was learnt of an item. It was closed when its issue says, but not before it was last opened."""
    since = learnt
    closed = past.state.settled and past.state is not ItemState.IGNORED
    if closed and past.settled_at is not None and not versions[-1][1].state.settled:
        since = min(learnt, max(past.settled_at, _last_opened(versions)))
    before = next(version for moment, version in reversed(versions) if moment <= since)
    del versions[bisect_left(versions, since, key=itemgetter(0)) :]
    if since < learnt:
        versions.append((since, replace(before, told=past.told, settled_at=past.settled_at)))
    versions.append((learnt, past))


def _last_opened(versions: Life) -> datetime:
    """Since when the item is open."""
    since = versions[-1][0]
    for moment, version in reversed(versions):
        if version.state.settled:
            break
        since = moment
    return since


def _born(item: str, facts: Mapping[str, Any]) -> Past:
    return Past(
        item,
        facts["document"],
        Kind(facts["kind"]),
        datetime.fromisoformat(facts["first_seen"]),
        facts["owner"],
        _day(facts["due_date"]),
        facts["priority"],
        ItemState(facts["state"]),
        _moment(facts["settled_at"]),
    )


def _changed(past: Past, facts: Mapping[str, Any]) -> Past:
    now: dict[str, Any] = {name: facts[name] for name in ("document", "owner", "priority") if name in facts}
    for name, field, read in _READ:
        if name in facts:
            now[field] = read(facts[name])
    return replace(past, **now)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


_READ: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("kind", "kind", Kind),
    ("state", "told", ItemState),
    ("due_date", "due_date", _day),
    ("settled_at", "settled_at", _moment),
)
"""What a fact is called in `Past`, and how it is read."""
