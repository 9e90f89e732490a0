"""Decisions of people: link, same work, unlink, ignore, snooze, extend, verify. Each is an event.

What follows from it `tracker.decisions` says.

What changes a link holds off the syncs that could write it too. The others need no lock: the store brings what stands
of an item up to date with each event, and a sync that runs meanwhile does not touch that.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

from connectors import Issue, IssueMoved, IssueNotFound, IssueRef, IssueTracker
from tracker import decisions, same_work
from tracker.app.desk import Desk, hold_off_others, refuse_another_place
from tracker.decisions import Saying
from tracker.errors import UsageError
from tracker.merge import agreed, as_they_are, issue_fields
from tracker.model import Event, Item, Link, tickets_of
from tracker.policy import Entry
from tracker.rolling import is_rolling
from tracker.standing import entries, one_item, today_of


@dataclass(frozen=True, slots=True)
class Decided:
    """The item after a decision, the event that tells of it, and what stood before."""

    entry: Entry
    event: Event
    before: Entry


def ignore(desk: Desk, text: str, who: str, why: str, *, undo: bool = False) -> Decided:
    """Set an item aside, or take that back. Raises UsageError: no such item, or nothing to do."""
    return _record(
        desk, text, lambda entry, say: _heed(entry, say) if undo else decisions.ignore(entry.item, say), who, why
    )


def snooze(desk: Desk, text: str, until: date | None, who: str, why: str) -> Decided:
    """Keep an item out of reports and reminders until a day; None takes that back.

    Raises:
        UsageError: no such item, nothing to do, or a day that is not ahead.
    """
    today = today_of(desk.settings, desk.clock())

    def decide(entry: Entry, say: Saying) -> tuple[Item, Event]:
        return decisions.snooze(entry.item, until, today, say) if until else decisions.wake(entry.item, say)

    return _record(desk, text, decide, who, why)


def extend(desk: Desk, text: str, to: date | None, who: str, why: str) -> Decided:
    """Let another day count than the document's; None takes that back.

    Raises:
        UsageError: no such item, or nothing to do.
    """

    def decide(entry: Entry, say: Saying) -> tuple[Item, Event]:
        by_policy = entry.due.policy_day if entry.due else None
        return decisions.extend(entry.item, to, say, by_policy) if to else decisions.unextend(entry.item, say)

    return _record(desk, text, decide, who, why)


def verify(desk: Desk, text: str, who: str, why: str, *, undo: bool = False) -> Decided:
    """Say that an item that is done was seen to be so, or take that back.

    Raises:
        UsageError: no such item, it is not done, or nothing to do.
    """

    def decide(entry: Entry, say: Saying) -> tuple[Item, Event]:
        return decisions.unverify(entry.item, say) if undo else decisions.verify(entry.item, say)

    return _record(desk, text, decide, who, why)


def link(desk: Desk, text: str, issue_text: str, who: str, why: str, *, same: bool = False) -> Decided:
    """Tie an item to an issue. What the two say counts as agreed, so that linking alone writes nothing there.

    An issue that another item has stands for both from now on where they promise the same, or a person says with `same`
    that they do.

    Raises:
        UsageError: no such item or issue, the issue is no target's, or another item has it that is other work.
        Unavailable: a sync is running and does not end.
        ConnectorError: the issue can't be read.
    """
    with ExitStack() as stack:
        before = _find(desk, text)
        tracker, ref = _issue_of(desk, issue_text, stack)
        opened = {tracker.name: tracker}
        wanted = {desk.settings.target, *([before.link.ref.target] if before.link else [])}
        for name in sorted(wanted & set(desk.settings.targets) - {tracker.name}):
            opened[name] = desk.open_tracker(name)
            stack.callback(opened[name].close)
        hold_off_others(desk, opened, stack)
        before = _find(desk, before.item.id)
        if (other := _other_of(desk, before, ref)) is not None and (same or _alike(before, other)):
            return _same(desk, before, other, Saying(who, desk.clock(), why))
        issue = _read(desk, tracker, ref)
        _refuse_taken(desk, before.item, issue)
        named = (other.reference(ticket) for ticket in tickets_of(before.item) for other in opened.values())
        apart = {ref for ref in named if ref is not None} | ({before.link.ref} if before.link else set())
        now = desk.clock()
        item, event = decisions.link(before.item, issue, apart, Saying(who, now, why))
        draft = desk.draft(tracker, item, before.document, issue)
        own = issue.marker is not None and issue.marker.item == item.id
        base = agreed(draft.fields(item), issue_fields(issue)) if own else as_they_are(item, draft, issue)
        desk.store.record_link(Link(item.id, issue, base, now), item, now, [event])
        return Decided(_find(desk, item.id), event, before)


def unlink(desk: Desk, text: str, who: str, why: str) -> Decided:
    """Take an item's issue from it. The issue is left as it is, and never tied to this item again by itself.

    Of an item that goes with another one: it is other work.

    Raises:
        UsageError: no such item, or it has no issue.
        Unavailable: a sync is running and does not end.
    """
    with ExitStack() as stack:
        before = _find(desk, text)
        target = before.link.ref.target if before.link else ""
        opened: dict[str, IssueTracker] = {}
        for name in sorted({desk.settings.target, target} & set(desk.settings.targets)):
            opened[name] = desk.open_tracker(name)
            stack.callback(opened[name].close)
        hold_off_others(desk, opened, stack)
        before = _find(desk, before.item.id)
        saying = Saying(who, desk.clock(), why)
        if before.link is None and before.item.goes_with is not None:
            item, event = same_work.undo(before.item, _tie(before), saying)
            desk.store.record_parting(item, event)
            return Decided(_find(desk, item.id), event, before)
        if before.link is None:
            raise UsageError(
                "it has no issue", where=before.item.id, advice="`closeout link ITEM ISSUE` ties it to one."
            )
        item, event = decisions.unlink(before.item, before.link, saying)
        desk.store.record_parting(item, event)
        return Decided(_find(desk, item.id), event, before)


def same(desk: Desk, item: str, other: str, saying: Saying) -> Decided:
    """Say that the issue of the item `other` stands for `item`, too; both by their whole ids.

    Raises:
        UsageError: an item is gone, the other one has no issue, or that was said already.
        Unavailable: a sync is running and does not end.
    """
    with ExitStack() as stack:
        of = _find(desk, other)
        opened = {of.link.ref.target: desk.open_tracker(of.link.ref.target)} if of.link else {}
        for tracker in opened.values():
            stack.callback(tracker.close)
        hold_off_others(desk, opened, stack)
        return _same(desk, _find(desk, item), _find(desk, other), saying)


def own_issue(desk: Desk, text: str, saying: Saying) -> Decided:
    """Say that an item gets an issue of its own, whatever else is alike. Raises UsageError: that was said already."""
    before = _find(desk, text)
    item, event = same_work.own_issue(before.item, _tie(before), saying)
    desk.store.record_parting(item, event)
    return Decided(_find(desk, item.id), event, before)


def _same(desk: Desk, before: Entry, other: Entry, saying: Saying) -> Decided:
    if other.link is None:
        raise decisions.pointless(other.item, "it has no issue that could stand for another item", "Sync first.")
    if desk.store.in_doubt_of(before.item.id):
        raise decisions.pointless(
            before.item, "an issue may have been opened for it just now", "`closeout sync` finds out; say it then."
        )
    item, event = same_work.decide(before.item, other.item, other.link, before.link, saying)
    desk.store.record_parting(item, event)
    return Decided(_find(desk, item.id), event, before)


def _other_of(desk: Desk, before: Entry, ref: IssueRef) -> Entry | None:
    """The other item that has this issue, if any does."""
    known = desk.store.known()
    others = (held.item for held in known.links.values() if (held.ref.target, held.ref.key) == (ref.target, ref.key))
    found = next((item for item in others if item != before.item.id), None)
    return _find(desk, found) if found else None


def _alike(entry: Entry, other: Entry) -> bool:
    return other.item.id in {each.item.id for each in entry.promised_too}


def _tie(entry: Entry) -> same_work.Shared | None:
    """Whose issue stands for an item."""
    of = entry.goes_with
    return same_work.Shared(of.item, of.link) if of is not None and of.link is not None else None


def _record(
    desk: Desk, text: str, decide: Callable[[Entry, Saying], tuple[Item, Event]], who: str, why: str
) -> Decided:
    before = _find(desk, text)
    item, event = decide(before, Saying(who, desk.clock(), why))
    desk.store.record_decision(item, event)
    return Decided(_find(desk, item.id), event, before)


def _heed(entry: Entry, say: Saying) -> tuple[Item, Event]:
    shared = entry.goes_with.link if entry.goes_with else None
    return decisions.heed(entry.item, entry.link or shared, say)


def _find(desk: Desk, text: str) -> Entry:
    return one_item(entries(desk.store, desk.settings, desk.clock()), text)


def _issue_of(desk: Desk, text: str, stack: ExitStack) -> tuple[IssueTracker, IssueRef]:
    """The issue that `text` names and its tracker; the target for new items is asked first."""
    default = desk.settings.target
    for name in [default, *sorted(set(desk.settings.targets) - {default})]:
        tracker = desk.open_tracker(name)
        stack.callback(tracker.close)
        ref = tracker.reference(f"#{text}" if text.isdigit() else text)
        if ref is not None:
            return tracker, ref
    names = ", ".join(sorted(desk.settings.targets))
    raise UsageError(
        "this is no issue of a target",
        where=text,
        advice=f"Give its number (#12) or address. The targets are: {names}.",
    )


def _read(desk: Desk, tracker: IssueTracker, ref: IssueRef) -> Issue:
    refuse_another_place(desk, tracker)
    try:
        return tracker.get(ref)
    except (IssueNotFound, IssueMoved) as error:
        raise UsageError(error.message, where=error.where, advice=error.advice) from error


def _refuse_taken(desk: Desk, item: Item, issue: Issue) -> None:
    """An issue belongs to one item: by its link, or by the marker that Closeout wrote when it opened the issue."""
    if issue.marker is not None and is_rolling(issue.marker):
        raise UsageError(
            f"{issue.ref.key} is a report's list of what is open, and no item's issue",
            where=item.id,
            advice="Name the issue in which the work itself is done.",
        )
    known = desk.store.known()
    holder = next((held.item for held in known.links.values() if (held.ref.target, held.ref.key) == _key(issue)), None)
    if holder == item.id:
        raise UsageError(
            f"{issue.ref.key} is its issue already",
            where=item.id,
            advice="There is nothing to do.",
        )
    marked = known.items.get(issue.marker.item) if issue.marker else None
    if holder is None and marked is not None and marked.id != item.id and not marked.parted_from(issue.ref):
        holder = marked.id if marked.id not in known.links else None
    if holder is not None:
        raise UsageError(
            f"{issue.ref.key} is the issue of another item: {known.items[holder].text}",
            where=holder,
            advice=f"If it is not, `closeout unlink {holder}` first. If both are the same work, add --same-work: "
            "the issue then stands for both.",
        )


def _key(issue: Issue) -> tuple[str, str]:
    return issue.ref.target, issue.ref.key
