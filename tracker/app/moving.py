"""Taking an item's issue to another target, because a person said so; and going on with moves that were cut off.

    decided    the audit log says who wants it, when and why; the item still has its former issue
    create     a new issue in the other target, as a sync would open it: journalled, its marker looked for first
    opened     the item is linked to it; its marker tells of the move, so that a lost store finds the item there only
    comment    the former issue's readers are told, once
    close      the former issue says where the work goes on, and its marker claims no item any more
    finished

Cut off anywhere, the same command or the next sync goes on from there. Where the create is refused the move is given
up; where nobody knows what became of it, it stays begun until the marker shows or the grace period is over.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from connectors import (
    ConnectorError,
    Issue,
    IssueLocked,
    IssueMoved,
    IssueNotFound,
    IssueRef,
    IssueTracker,
    NotAllowed,
    RequestRejected,
)
from tracker import moves
from tracker.actions import Adopt, Create, Plan
from tracker.app.desk import Desk, hold_off_others, refuse_another_place
from tracker.app.movable import is_begun, no_issue, pointless, refuse_unless_movable, words
from tracker.app.targets import TargetRead, read_targets
from tracker.applied import Applied
from tracker.apply import apply
from tracker.decisions import Saying, after
from tracker.errors import UsageError
from tracker.model import Event, Item, Link, Move, MoveStage, Outcome
from tracker.plan import make_plan
from tracker.policy import Entry
from tracker.sending import Sender
from tracker.standing import entries, one_item
from tracker.world import World


@dataclass(frozen=True, slots=True)
class Moved:
    """How a move stands: the item then and before, and its former issue.

    `problem` says why it is not finished, `advice` what to do about it, `lacking` what the target left out.
    """

    entry: Entry
    before: Entry
    move: Move
    problem: str = ""
    advice: str = ""
    lacking: tuple[str, ...] = ()


def move(desk: Desk, text: str, to: str, saying: Saying, sure: Callable[[Entry], bool]) -> Moved | None:
    """Take the issue of an item to the target `to`, or go on with that.

    Args:
        desk: what to work with.
        text: the item.
        to: the target's name.
        saying: who wants it, and why.
        sure: asked before anything is read or written; None is returned when it says no.

    Raises:
        UsageError: no such item or target, the item can't be moved, or not there; nothing was done.
        Unavailable: a sync is running and does not end.
        ConnectorError: a target can't be read, or refused the new issue; the item keeps the one that it has.
    """
    _known_target(desk, to)
    before = _find(desk, text)
    refuse_unless_movable(desk, before, to)
    if not sure(before):
        return None
    with ExitStack() as stack:
        trackers = {name: _opened(desk, name, stack) for name in sorted({to, *_former_target(before)})}
        hold_off_others(desk, trackers, stack)
        before = _find(desk, before.item.id)
        refuse_unless_movable(desk, before, to)
        known = desk.store.known()
        told = read_targets(desk, {to: trackers[to]}, known, record=False).read[to]
        if not is_begun(before, to):
            _begin(desk, before, to, trackers, saying)
        mover = _Mover(desk, trackers, {to: told})
        problem = mover.go_on(before.item.id)
        entry = _find(desk, before.item.id)
        if entry.item.move is None:
            raise problem or pointless(before, f"nothing was opened in {to}")
        return Moved(
            entry,
            before,
            entry.item.move,
            str(problem or ""),
            problem.advice if problem else "",
            mover.lacking,
        )


def go_on(
    desk: Desk, trackers: Mapping[str, IssueTracker], read: Mapping[str, TargetRead], items: Iterable[Item]
) -> tuple[list[str], bool]:
    """After a sync: finish the moves of `items` that were cut off.

    Returns:
        what a person should know, and whether all of them are finished or given up.
    """
    notes: list[str] = []
    clean = True
    begun = moves.under_way(items)
    if not begun:
        return notes, clean
    mover = _Mover(desk, trackers, read)
    for item, cut_off in begun:
        problem = mover.go_on(item.id)
        now = mover.items[item.id].move
        way = f"the move of {item.id} from {cut_off.former} to {cut_off.to}"
        if now is None:
            notes.append(f"{way} was given up: {problem or 'nothing was opened there'}")
        elif now.stage is MoveStage.FINISHED:
            notes += [f"{way} was cut off and is finished now"] if mover.wrote else []
        else:
            notes.append(f"{way} is not finished: {problem}. {problem.advice if problem else ''}".strip())
        clean = clean and now is not None and now.stage is MoveStage.FINISHED
    return notes, clean


def welcome(desk: Desk, arrivals: Mapping[str, Issue], applied: Applied) -> None:
    """Remember of items that were just linked to where another machine moved them that something may be left to do."""
    here = {done.action.item.id: done.action.item for done in applied.done}
    events = [
        moves.found(here[key], issue, desk.clock())
        for key, issue in arrivals.items()
        if key in here and key in applied.links and applied.links[key].ref == issue.ref
    ]
    if events:
        desk.store.record_events(events)


def told_begun(items: Iterable[Item]) -> list[str]:
    """What a plan says of moves that were cut off."""
    return [
        f"the move of {item.id} from {cut_off.former} to {cut_off.to} was cut off: sync goes on with it"
        for item, cut_off in moves.under_way(items)
        if cut_off.stage is MoveStage.DECIDED
    ]


class _Mover:
    """Carries on with moves. `read` are the targets that were read just now."""

    def __init__(self, desk: Desk, trackers: Mapping[str, IssueTracker], read: Mapping[str, TargetRead]) -> None:
        self.desk, self.trackers, self.read = desk, trackers, read
        known = desk.store.known()
        self.documents, self.items, self.links = known.documents, dict(known.items), dict(known.links)
        self.lacking: tuple[str, ...] = ()
        self.wrote = False

    def go_on(self, item_id: str) -> ConnectorError | UsageError | None:
        """As far as it goes; what stopped it."""
        self.wrote = False
        try:
            self._open(item_id)
            self._close(item_id)
        except (ConnectorError, UsageError) as error:
            return error
        return None

    def _record(self, item: Item, event: Event) -> None:
        self.desk.store.record_events([event])
        self.items[item.id] = after(item, event)

    def _open(self, item_id: str) -> None:
        """Until the item has an issue in the other target.

        Raises:
            ConnectorError, UsageError: it has none, or nobody knows.
        """
        item, link = self.items[item_id], self.links.get(item_id)
        wanted = item.move
        if wanted is None or wanted.stage is not MoveStage.DECIDED:
            return
        if link is not None and moves.is_former(wanted, link.ref):
            link = self._create(item, wanted)
        _, event = moves.opened(item, wanted, link.ref if link else None, self.desk.clock())
        self._record(item, event)

    def _create(self, item: Item, wanted: Move) -> Link:
        desk = self.desk
        if wanted.to not in self.read:
            raise _wait(item, f"{wanted.to} could not be read")
        tracker = self.trackers[wanted.to]
        switched, _ = moves.opened(item, wanted, None, desk.clock())
        made = self._plan(switched, tracker)
        # For an item without an issue its document has the say; here the issue that it still has does.
        opens = Adopt if item.state.settled else Adopt | Create
        if not any(isinstance(action, opens) for action in made.actions):
            raise self._not_opened(item, wanted, made)
        applied = apply(made, tracker, desk.store, clock=desk.clock, sleep=desk.sleep, progress=desk.progress)
        self.wrote = True
        for done in applied.done:
            self.lacking += (*done.lacking, *done.advice)
        for failure in applied.failures:
            if isinstance(failure.action, Create):
                if not failure.uncertain:
                    self._give_up(item, wanted, failure.error)
                raise failure.error
        self.links[item.id] = applied.links[item.id]
        return applied.links[item.id]

    def _not_opened(self, item: Item, wanted: Move, made: Plan) -> UsageError:
        """Why nothing was opened: an earlier try may have been, or it is given up."""
        in_doubt = any(entry.item == item.id for entry in self.desk.store.in_doubt(wanted.to, "create"))
        if any(held.until for held in made.held) or (item.ignored and in_doubt):
            return _wait(item, f"an earlier create in {wanted.to} got no answer; its issue is looked for first")
        settled = f"it is {words(item.state)}" if item.state.settled else ""
        why = "; ".join(held.why for held in made.held) or settled or f"no issue would be opened in {wanted.to}"
        error = UsageError(why, where=item.id, advice="`closeout status ITEM` tells how it stands.")
        self._give_up(item, wanted, error)
        return error

    def _give_up(self, item: Item, wanted: Move, error: ConnectorError | UsageError) -> None:
        self._record(item, moves.given_up(item, wanted, str(error), self.desk.clock()))

    def _plan(self, item: Item, tracker: IssueTracker) -> Plan:
        """What a sync would plan for the item if it had no issue yet."""
        desk, told = self.desk, self.read[tracker.name]
        facts = desk.facts_for(tracker, [self.documents[item.document]])
        named = dict(_refs(item, (*self.trackers.values(), tracker)))
        parted = {text: ref for text, ref in _refs(item, self.trackers.values()) if item.parted_from(ref)}
        world = World(
            target=facts,
            items=[item],
            documents=self.documents,
            links={key: link for key, link in self.links.items() if key != item.id},
            issues=told.issues,
            in_doubt=desk.store.in_doubt(tracker.name, "create"),
            named=named | parted,
        )
        return make_plan(world, desk.book, desk.settings.policy, desk.clock())

    def _close(self, item_id: str) -> None:
        """Until nothing is left to do about the former issue.

        Raises:
            ConnectorError, UsageError: something is.
        """
        item, link = self.items[item_id], self.links.get(item_id)
        left = item.move
        if left is None or left.stage is not MoveStage.OPENED:
            return
        if link is None:
            raise _wait(item, "it has no issue now")
        tracker = self.trackers.get(left.target)
        issue = self._former(tracker, item, left) if tracker is not None else f"{left.target} is not in the settings"
        if tracker is None or isinstance(issue, str):
            self._finish(item, left, str(issue))
            return
        try:
            self._bid_farewell(tracker, issue, item, left, link.ref)
        except (NotAllowed, RequestRejected) as error:
            if not issue.state.closed:
                raise
            self._finish(item, left, error.message)

    def _former(self, tracker: IssueTracker, item: Item, left: Move) -> Issue | str:
        """The former issue as it is now, or why nothing is left to do about it.

        Raises:
            ConnectorError: it can't be read.
        """
        ref, told = tracker.reference(left.issue), self.read.get(tracker.name)
        if ref is None:
            return f"{left.issue} is no issue of {left.target} any more"
        try:
            issue = told.issues.get(ref.key) if told else None
            if issue is None or moves.claims(issue, item):
                issue = tracker.get(ref)
        except (IssueNotFound, IssueMoved) as error:
            return error.message
        if moves.claims(issue, item):
            return issue
        return moves.CLOSED if moves.is_farewell(issue) else "its marker is gone"

    def _finish(self, item: Item, left: Move, how: str) -> None:
        self._record(item, moves.finished(item, left, how, self.desk.clock()))

    def _bid_farewell(self, tracker: IssueTracker, issue: Issue, item: Item, left: Move, to: IssueRef) -> None:
        """Tell the readers of the former issue, and close it.

        Raises:
            ConnectorError
        """
        desk = self.desk
        sender = Sender(tracker, desk.store, desk.clock, desk.sleep, desk.progress)
        body, once = moves.notice(item, to)
        if not any(once in comment.body for comment in tracker.comments(issue.ref)):
            try:
                entry, _ = sender.send("comment", item, lambda: tracker.comment(issue.ref, body))
                desk.store.settle([entry], Outcome.CONFIRMED, desk.clock(), "")
            except IssueLocked:
                pass  # its block still says it
        patch = moves.farewell(issue, item, to)
        entry, closed = sender.send("close", item, lambda: tracker.update(issue, patch))
        event = moves.finished(item, left, moves.CLOSED, desk.clock())
        desk.store.settle([entry], Outcome.CONFIRMED, desk.clock(), f"moved to {to.key}", [event])
        self.items[item.id], self.wrote = after(item, event), True
        if tracker.name in self.read:
            self.read[tracker.name].issues[issue.ref.key] = closed


def _begin(desk: Desk, before: Entry, to: str, trackers: Mapping[str, IssueTracker], saying: Saying) -> None:
    """Record the decision, once it is certain that nothing known stands against it.

    Raises:
        UsageError: the item's issue was closed meanwhile, or its words may not stand in the target.
        ConnectorError: the item's issue can't be read.
    """
    link = before.link
    if link is None:
        raise no_issue(before, to)
    if not (link.gone and (link.gone.kind.out_of_reach or link.gone.kind.of_target)):
        issue = trackers[link.ref.target].get(link.ref)
        if issue.state.closed:
            raise pointless(before, f"{link.ref.key} was closed meanwhile", "Run `closeout sync`.")
    if before.document.private and to not in desk.settings.policy.allow_public and trackers[to].is_public():
        raise pointless(before, f"its document is private, and {to} is public", "policy.allow_public names exceptions.")
    _, event = moves.decide(before.item, link, to, saying)
    desk.store.record_events([event])


def _former_target(entry: Entry) -> list[str]:
    """Where the issue is that the item leaves."""
    begun = entry.item.move
    if begun is not None and moves.is_under_way(begun):
        return [begun.target]
    return [entry.link.ref.target] if entry.link else []


def _opened(desk: Desk, name: str, stack: ExitStack) -> IssueTracker:
    _known_target(desk, name)
    tracker = desk.open_tracker(name)
    stack.callback(tracker.close)
    refuse_another_place(desk, tracker)
    return tracker


def _known_target(desk: Desk, name: str) -> None:
    known = desk.settings.targets
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise UsageError(
            "there is no such target", where=name, advice=f"{hint}The targets are: {', '.join(sorted(known))}."
        )


def _refs(item: Item, trackers: Iterable[IssueTracker]) -> Iterable[tuple[str, IssueRef]]:
    return ((text, ref) for text in item.links for each in trackers if (ref := each.reference(text)) is not None)


def _wait(item: Item, why: str) -> UsageError:
    return UsageError(why, where=item.id, advice="The same command or the next sync goes on with it.")


def _find(desk: Desk, text: str) -> Entry:
    return one_item(entries(desk.store, desk.settings, desk.clock()), text)
