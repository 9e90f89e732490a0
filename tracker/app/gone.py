"""Looking for issues that links mean and listings do not tell of; reads alone.

    an issue out of reach is listed again       one GET: is it back?
    a listed issue was locked as it was closed  one GET: did it become a discussion?
    a complete listing lacks a linked issue     one GET: where did it go?
    it went to another repository               one GET in the target that has this repository, if there is one
    another store moved it to another target    one GET there

A listing since a cursor with nothing of the sort costs no request. Where a target can tell of many issues at once, only
those that it lacks are looked for one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from connectors import (
    ConnectorError,
    GetsMany,
    Issue,
    IssueMoved,
    IssueNotFound,
    IssueRef,
    IssueTracker,
    NotAllowed,
)
from tracker.errors import UsageError
from tracker.model import Gone, GoneKind, Item, Link
from tracker.moves import place_of
from tracker.store import Known
from tracker.whereabouts import gone_of


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What looking found: `gone` and `back` by issue key; `followed`, by item, issues that are in another target."""

    gone: Mapping[str, Gone] = field(default_factory=dict)
    back: Mapping[str, Issue] = field(default_factory=dict)
    followed: Mapping[str, Issue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def look(
    tracker: IssueTracker,
    known: Known,
    present: Mapping[str, Issue],
    now: datetime,
    *,
    complete: bool,
    again: bool,
    openers: Mapping[str, Callable[[], IssueTracker]],
) -> Whereabouts:
    """Where the linked issues of `tracker` are that `present` raises doubts about.

    Args:
        tracker: the target that was listed.
        known: items and links before this reading.
        present: by key, the issues that were told of.
        now: the present time.
        complete: whether these are all the issues there are.
        again: whether issues that are known to be gone are looked for again, too.
        openers: how the other targets are opened, where transferred issues may be.

    Raises:
        ConnectorError: an issue could not be looked for now.
    """
    links = {link.ref.key: link for link in known.links.values() if link.ref.target == tracker.name}
    gone = {
        key: left
        for key, link in links.items()
        if (left := _left(known.items[link.item], present.get(key, link.issue), now)) is not None
    }
    back: dict[str, Issue] = {}
    notes: list[str] = []
    doubtful = {
        key: link.ref
        for key, link in links.items()
        if key not in gone and _is_doubtful(link, present.get(key), complete=complete, again=again)
    }
    told = many_at_once(tracker, doubtful.values())
    for key, link in links.items():
        if key in told:
            back[key] = told[key]
            continue
        if key not in doubtful:
            continue
        try:
            back[key] = tracker.get(link.ref)
        except (IssueNotFound, IssueMoved) as error:
            found = gone_of(error, now)
            if found is None or found.kind.of_target:
                raise
            gone[key] = found
        except NotAllowed as error:
            notes.append(f"{error}: left alone for now. {error.advice}".strip())
    moved = {key: gone.get(key, link.gone) for key, link in links.items() if key not in back}
    followed, more = _follow(
        [(links[key], each.place) for key, each in moved.items() if each and each.kind is GoneKind.MOVED],
        frozenset((link.ref.target, link.ref.key) for link in known.links.values()),
        openers,
    )
    return Whereabouts(gone, back, followed, (*notes, *more))


def many_at_once(tracker: IssueTracker, refs: Iterable[IssueRef]) -> Mapping[str, Issue]:
    """Those of these issues, by key, that the target can tell of together; each other one is for `get`.

    Raises:
        ConnectorError: the target could not be asked.
    """
    wanted = list(refs)
    return tracker.get_many(wanted) if isinstance(tracker, GetsMany) and len(wanted) > 1 else {}


def _left(item: Item, issue: Issue, now: datetime) -> Gone | None:
    """That the item was moved away from its issue on another machine, as the issue itself says."""
    place = place_of(issue, item)
    if place is None:
        return None
    said = f"the item was moved: its issue is {place} now"
    return Gone(GoneKind.MOVED, now, said, place, "The next sync that can read it there takes it up.")


def _is_doubtful(link: Link, issue: Issue | None, *, complete: bool, again: bool) -> bool:
    """Whether the link's issue has to be looked for. A discussion never becomes an issue again."""
    if link.gone is not None and link.gone.kind is GoneKind.CONVERTED:
        return False
    if issue is None:
        return complete and (again or not out_of_reach(link))
    closed_now = issue.locked and issue.state.closed and not link.issue.state.closed
    return closed_now or out_of_reach(link)


def out_of_reach(link: Link) -> bool:
    """True when the link says that its issue is not where it was."""
    return link.gone is not None and link.gone.kind.out_of_reach


def _follow(
    places: Sequence[tuple[Link, str]],
    linked: frozenset[tuple[str, str]],
    openers: Mapping[str, Callable[[], IssueTracker]],
) -> tuple[dict[str, Issue], tuple[str, ...]]:
    """The issues behind these addresses, by item, where a target has them and no item is linked to them yet."""
    followed: dict[str, Issue] = {}
    notes: list[str] = []
    taken = set(linked)
    with ExitStack() as stack:
        for name, opener in openers.items() if places else ():
            try:
                tracker = opener()
                stack.callback(tracker.close)
                for link, place in places:
                    ref = tracker.reference(place.removeprefix(f"{name} "))
                    if ref is not None and (ref.target, ref.key) not in taken:
                        followed[link.item] = tracker.get(ref)
                        taken.add((ref.target, ref.key))
            except (ConnectorError, UsageError) as error:
                notes.append(f"transferred issues could not be looked for in {name}: {error}. {error.advice}".strip())
    return followed, tuple(notes)
