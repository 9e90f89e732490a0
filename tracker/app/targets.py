"""Reading the targets, each in a thread of its own: what changed there, and where linked issues are.

A target that can't be read now is left out, with its error, when it has been read before: its items keep their last
known state and the others go on. One that was never read would seem to hold no issues, so nothing goes on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from connectors import (
    ConnectorError,
    Issue,
    IssueNotFound,
    IssueState,
    IssueTracker,
    Listing,
    TargetClosed,
    TargetMoved,
)
from tracker.app import gone
from tracker.app.desk import Desk
from tracker.rolling import is_rolling
from tracker.store import Known
from tracker.whereabouts import event_of, same, target_gone

MOST_AT_ONCE = 8
"""Targets that are read at the same time; GitHub lets 100 requests of a credential be under way at once."""

REPEATED_CHEAPLY = 90
"""Issues that fit into the first page of the next listing, with room for a few of others."""


@dataclass(frozen=True, slots=True)
class TargetRead:
    """What a target told. `issues` are those that may matter: listed, found again, or told before and claimed by none.

    `complete`: the listing holds every issue there is.
    """

    listing: Listing
    complete: bool
    issues: dict[str, Issue]
    whereabouts: gone.Whereabouts


@dataclass(frozen=True, slots=True)
class TargetsRead:
    """The targets that were read, and why others could not be."""

    read: Mapping[str, TargetRead]
    unread: Mapping[str, ConnectorError] = field(default_factory=dict)


Outcome: TypeAlias = TargetRead | ConnectorError


def read_targets(
    desk: Desk, trackers: Mapping[str, IssueTracker], known: Known, *, record: bool, everything: bool = False
) -> TargetsRead:
    """Read every target.

    Args:
        desk: what to work with.
        trackers: the targets.
        known: items and links before this reading.
        record: whether a target that is lost for good is recorded as such with its links.
        everything: list all issues from the beginning, and look again for those that are known to be gone.

    Raises:
        ConnectorError: no target could be read, or one that nothing can go on without.
        Stopped: it was time to stop.
    """
    before = {name: desk.store.cursor(name) for name in trackers}
    cursors = {name: None if everything or cursor is None else cursor[0] for name, cursor in before.items()}
    strays = {name: desk.store.strays(name) for name in trackers}
    desk.progress.phase(f"reading {', '.join(trackers)}")

    def read_one(name: str) -> Outcome:
        try:
            return _read(desk, trackers[name], known, cursors[name], strays[name], again=everything)
        except ConnectorError as error:
            return error

    outcomes = dict(zip(trackers, _each(read_one, list(trackers)), strict=True))
    read = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, TargetRead)}
    unread = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, ConnectorError)}
    for name, error in unread.items() if record else ():
        _mark_lost(desk, known, name, error)
    for name, error in unread.items():
        if not read or before[name] is None:
            raise error
    return TargetsRead(read, unread)


def _each(read_one: Callable[[str], Outcome], names: Sequence[str]) -> list[Outcome]:
    if len(names) == 1:
        return [read_one(names[0])]
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(names)), "reading") as pool:
        return list(pool.map(read_one, names))


def _read(
    desk: Desk,
    tracker: IssueTracker,
    known: Known,
    cursor: str | None,
    strays: Mapping[str, Issue],
    *,
    again: bool,
) -> TargetRead:

    def on_page(_: int) -> None:
        desk.go_on()
        desk.progress.advance()

    listing = tracker.changed_since(cursor, on_page)
    told = {**strays, **{issue.ref.key: issue for issue in listing.issues}}
    openers = {name: partial(desk.open_tracker, name) for name in desk.settings.targets if name != tracker.name}
    found = gone.look(tracker, known, told, desk.clock(), complete=not cursor, again=again, openers=openers)
    return TargetRead(listing, not cursor, {**told, **found.back}, found)


def catch_up(desk: Desk, tracker: IssueTracker, told: TargetRead, writes: int) -> tuple[str, dict[str, Issue]]:
    """After a sync's own writes: the cursor to go on from, and, by key, the issues that others changed meanwhile.

    The next listing would repeat every issue that was written. Few are cheaper repeated; of many it is told now, so
    that nothing is left to read when nothing changes any more.
    """
    if writes < REPEATED_CHEAPLY or desk.stop():
        return told.listing.cursor, {}
    desk.progress.phase(f"reading {tracker.name}")
    try:
        listing = tracker.changed_since(told.listing.cursor or None, lambda _: desk.progress.advance())
    except ConnectorError:
        return told.listing.cursor, {}  # it only saves requests, and the next sync reads all of it anyway
    links = desk.store.known().links.values()
    recorded = {link.ref.key: link.issue for link in links if link.ref.target == tracker.name}
    changed = (issue for issue in listing.issues if recorded.get(issue.ref.key) != issue)
    return listing.cursor, {issue.ref.key: issue for issue in changed if issue.ref.key in recorded or is_stray(issue)}


def is_stray(issue: Issue) -> bool:
    """Whether an issue that no item is linked to may still turn out to be some item's, or lists what a report says."""
    if issue.marker is None:
        return False
    return issue.state is not IssueState.DUPLICATE or is_rolling(issue.marker)


def _mark_lost(desk: Desk, known: Known, target: str, error: ConnectorError) -> None:
    """Record with a target's links that all of it is lost, for a reason that time alone does not mend."""
    now = desk.clock()
    state = target_gone(error, now) if isinstance(error, TargetMoved | TargetClosed | IssueNotFound) else None
    if state is None:
        return
    links = [
        replace(link, gone=state)
        for link in known.links.values()
        if link.ref.target == target and not (same(state, link.gone) or gone.out_of_reach(link))
    ]
    desk.store.record_gone(links, [event_of(known.items[link.item], link, now) for link in links])
