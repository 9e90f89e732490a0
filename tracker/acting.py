"""What each action of a plan sends to its target, and what is recorded of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from connectors import (
    ConnectorError,
    Issue,
    IssueMoved,
    IssueNotFound,
    IssuePatch,
    IssueState,
    IssueTracker,
    NotAllowed,
    Relates,
    RequestRejected,
    TargetMoved,
)
from tracker.actions import (
    Action,
    AddPart,
    Adopt,
    CloseTwin,
    Create,
    CreateParent,
    Follow,
    Mark,
    Record,
    Relate,
    Tell,
    Update,
)
from tracker.applied import Done, Failure
from tracker.merge import agreed, gone_patch, issue_fields, settle, state_of
from tracker.model import ISSUE_TOLD, Event, GoneKind, Item, Link, Outcome
from tracker.sending import Sender
from tracker.store import Store
from tracker.whereabouts import event_of, gone_of, same

_FRESH = timedelta(seconds=30)
"""What was read longer ago than this is looked at again before a body or labels are written."""


class Actor:
    """Carries out the actions of one plan.

    Args:
        tracker: the plan's target.
        store: where everything is recorded at once.
        clock: the present time.
        sender: what sends to the target.
        links: where to keep the links as this run makes and changes them, by item.
    """

    def __init__(
        self,
        tracker: IssueTracker,
        store: Store,
        clock: Callable[[], datetime],
        sender: Sender,
        links: dict[str, Link],
    ) -> None:
        self.tracker, self.store, self.clock, self.sender, self.links = tracker, store, clock, sender, links
        self.began = clock()
        self.opened: dict[str, Issue] = {}
        """The postmortems' own issues that this run opened, by their ids."""

    def carry_out(self, together: Sequence[Action]) -> Iterator[Done | Failure]:
        """Carry out one action, or the creates that leave with one request; what became of each, once it is recorded.

        Raises:
            Unavailable: the store failed.
        """
        creates = [action for action in together if isinstance(action, Create)]
        if creates:
            yield from self._create(creates)
        else:
            yield from map(self._carry_out, together)

    def _carry_out(self, action: Action) -> Done | Failure:
        if isinstance(action, Adopt | Record | Mark | Follow):
            self._note(action)
            return Done(action)
        try:
            return self._writes[type(action)](action)
        except ConnectorError as told:
            error = self._look_for(action, told)
            self.remember(action, error)
            return Failure(action, error)

    @property
    def _writes(self) -> Mapping[type, Callable[[Any], Done]]:
        """What sends something."""
        return {
            CreateParent: self._create_parent,
            AddPart: self._add_part,
            Relate: self._relate,
            Update: self._update,
            Tell: self._tell,
            CloseTwin: self._close_twin,
        }

    def _note(self, action: Adopt | Record | Mark | Follow) -> None:
        """What is only recorded."""
        match action:
            case Adopt():
                event = self._event(action.item, "issue adopted", issue=action.link.ref.key, why=action.why)
                self._record_link(action.link, action.item, [event], action.settles)
            case Record():
                self._record(action)
            case Mark(item=item, link=link):
                self._record_link(link, item, [event_of(item, link, self.clock())])
            case Follow(item=item, link=link, before=before):
                event = self._event(item, "issue followed", issue=link.ref.key, url=link.ref.url, of=before.ref.key)
                self._record_link(link, item, [event])

    def _record(self, action: Record) -> None:
        link = action.link
        if link is None:
            self.store.record_item(action.item, self.clock(), [])
            return
        changes = {change.field: [change.before, change.after] for change in action.changes}
        event = self._event(action.item, "issue changed", who=link.ref.target, issue=link.ref.key, changes=changes)
        self._record_link(link, action.item, [*([event] if changes else []), *self._settled_conflicts(action)])

    def _give_up(self, creates: Sequence[Create | CreateParent]) -> None:
        """An earlier create of which nothing was ever seen did not happen."""
        entries = [create.after for create in creates if create.after is not None]
        if entries:
            detail = "no issue with its marker appeared within the grace period"
            self.store.settle(entries, Outcome.FAILED, self.clock(), detail)

    def _create(self, actions: Sequence[Create]) -> Iterator[Done | Failure]:
        self._give_up(actions)
        for action, entry, result in self.sender.open(actions):
            yield self._opened(action, entry, result) if isinstance(result, Issue) else Failure(action, result)

    def _opened(self, action: Create, entry: int, issue: Issue) -> Done:
        draft = action.draft
        lacking, advice = _lacking(draft.labels, draft.assignees, issue)
        base = {**agreed(action.fields, issue_fields(issue)), "left_out": _left_out(draft.assignees, issue)}
        link = Link(action.item.id, issue, base, self.clock())
        event = self._event(action.item, "issue opened", issue=issue.ref.key, url=issue.ref.url, lacking=lacking)
        self._confirm(entry, link, action.item, [event])
        return Done(action, issue, lacking, advice=advice)

    def _update(self, action: Update) -> Done:
        link, patch = action.link, action.patch
        self._look_again(link, patch)
        entry, issue = self.sender.send("update", action.item, lambda: self.tracker.update(link.issue, patch))
        lacking, advice = _lacking(patch.add_labels, patch.assignees or frozenset(), issue)
        if patch.state is not None and issue.state is not patch.state:
            lacking = (*lacking, f"state {patch.state.value}")
        base = _as_stored(action.base, issue) if "content" in action.base.get("document", {}) else action.base
        if patch.assignees is not None:
            base = {**base, "left_out": _left_out(patch.assignees, issue)}
        changes = {
            change.field: [change.before, change.after] for change in action.changes if change.field != "content"
        }
        event = self._event(action.item, "issue updated", issue=issue.ref.key, changes=changes, lacking=lacking)
        events = [event, *self._settled_conflicts(action)]
        after = replace(link, issue=issue, base=base)
        if link.gone is not None and link.gone.kind is GoneKind.READ_ONLY:
            after = replace(after, gone=None)
            events.append(event_of(action.item, after, self.clock()))
        self._confirm(entry, after, action.item, events)
        return Done(action, issue, lacking, advice=advice)

    def _create_parent(self, action: CreateParent) -> Done:
        self._give_up([action])
        draft = action.draft
        entry, issue = self.sender.send(
            "create", replace(action.item, id=action.id), lambda: self.tracker.create(draft)
        )
        told = {"issue": issue.ref.key, "url": issue.ref.url}
        event = Event(self.clock(), "closeout", "parent opened", None, action.item.document, told)
        self.store.confirm_stray(entry, self.clock(), issue, [event])
        self.opened[action.id] = issue
        return Done(action, issue)

    def _add_part(self, action: AddPart) -> Done:
        whole, link = action.whole or self.opened.get(action.parent), self.links.get(action.item.id, action.link)
        if whole is None or link is None:
            return Done(action, was_done=True)  # what it needs could not be opened: the next sync goes on from there
        after = replace(link, base={**link.base, "parent": whole.ref.key})
        try:
            entry, issue = self.sender.send("part", action.item, lambda: self.tracker.add_part(whole.ref, link.issue))
        except (IssueNotFound, IssueMoved) as error:
            if isinstance(error, TargetMoved):
                raise
            # Somebody took the parent away: that is not undone, nor tried again.
            self._record_link(after, action.item, [])
            return Done(action, link.issue, (f"its place below {whole.ref.key}, which is gone",))
        event = self._event(action.item, "issue made a part", issue=issue.ref.key, of=whole.ref.key)
        self._confirm(entry, replace(after, issue=issue), action.item, [event])
        return Done(action, issue)

    def _relate(self, action: Relate) -> Done:
        link, first, tracker = self.links.get(action.item.id, action.link), self.links.get(action.of.id), self.tracker
        to = action.to or (first.ref if first else None)
        if link is None or to is None or not isinstance(tracker, Relates):
            return Done(action, was_done=True)  # what it needs could not be opened: the next sync goes on from there
        after = replace(link, base={**link.base, "related": [*link.base.get("related", ()), to.key]})
        try:
            entry, _ = self.sender.send("relate", action.item, lambda: tracker.relate(link.ref, to))
        except (IssueNotFound, IssueMoved) as error:
            if isinstance(error, TargetMoved):
                raise
            # Somebody took one of the two away: that is not tried again.
            self._record_link(after, action.item, [])
            return Done(action, link.issue, (f"its link to {to.key}: {error.message}",))
        event = self._event(action.item, "issue related", issue=link.ref.key, to=to.key)
        self._confirm(entry, after, action.item, [event])
        return Done(action, link.issue)

    def _tell(self, action: Tell) -> Done:
        link = action.link
        said = any(action.once in comment.body for comment in self.tracker.comments(link.ref))
        after = replace(link, base=action.base)
        event = self._event(action.item, ISSUE_TOLD, issue=link.ref.key, why="the item left its document")
        if not said:
            entry, _ = self.sender.send("comment", action.item, lambda: self.tracker.comment(link.ref, action.body))
            self.store.settle([entry], Outcome.CONFIRMED, self.clock(), "", [event])
        patch = gone_patch(link.issue, action.base)
        if patch.empty:
            self._record_link(after, action.item, [])
        else:
            entry, issue = self.sender.send("update", action.item, lambda: self.tracker.update(link.issue, patch))
            self._confirm(entry, replace(after, issue=issue), action.item, [])
        return Done(action, was_done=said)

    def _close_twin(self, action: CloseTwin) -> Done:
        text = f"Closed as a duplicate: this action item is tracked in {action.of.url or action.of.key}."
        patch = IssuePatch(state=IssueState.DUPLICATE, managed=text, marker=action.issue.marker, duplicate_of=action.of)
        entry, issue = self.sender.send("close twin", action.item, lambda: self.tracker.update(action.issue, patch))
        event = self._event(action.item, "twin closed", issue=issue.ref.key, of=action.of.key)
        self.store.settle([entry], Outcome.CONFIRMED, self.clock(), f"duplicate of {action.of.key}", [event])
        return Done(action, issue)

    def remember(self, action: Action, error: ConnectorError | None = None) -> None:
        """What was read of an issue must not be forgotten with a write that did not happen: the cursor moves on.

        Nor that the issue is gone, where that is what `error` tells.
        """
        if not isinstance(action, Update | Tell):
            return
        link, events = action.link, []
        item = settle(action.item, state_of(action.item, link.issue), link.issue, self.clock())
        gone = gone_of(error, self.clock()) if error is not None else None
        if gone is not None and not same(gone, link.gone):
            link = replace(link, gone=gone)
            events.append(event_of(item, link, self.clock()))
        self._record_link(link, item, events)

    def _look_for(self, action: Action, error: ConnectorError) -> ConnectorError:
        """What is behind a write's answer that its issue is not there: only reading it tells for certain."""
        if not isinstance(action, Update | Tell) or not isinstance(error, IssueNotFound | IssueMoved):
            return error
        try:
            self.tracker.get(action.link.ref)
        except ConnectorError as told:
            return told
        return NotAllowed(
            f"the issue can be read and not changed ({error.message})",
            where=error.where,
            advice="Give the token write access to issues; where the organisation uses single sign-on, authorise it.",
        )

    def _look_again(self, link: Link, patch: IssuePatch) -> None:
        """Body and labels are sent whole: after a wait, somebody may have written there since they were read.

        Raises:
            RequestRejected: the issue changed meanwhile.
        """
        whole = patch.managed is not None or patch.add_labels or patch.remove_labels
        if not whole or self.clock() - self.began < _FRESH:
            return
        if self.tracker.get(link.ref).updated_at != link.issue.updated_at:
            raise RequestRejected(
                "somebody changed the issue while this sync ran",
                where=f"{self.tracker.name} {link.ref.key}",
                advice="Nothing was overwritten; the next sync merges both changes.",
            )

    def _confirm(self, entry: int, link: Link, item: Item, events: Sequence[Event]) -> None:
        """Record that a write went through, and all that follows from it."""
        self.store.confirm(entry, self.clock(), link, item, events)
        self.links[item.id] = link

    def _record_link(self, link: Link, item: Item, events: Sequence[Event], settles: Sequence[int] = ()) -> None:
        self.store.record_link(link, item, self.clock(), events, settles)
        self.links[item.id] = link

    def _settled_conflicts(self, action: Update | Record) -> list[Event]:
        """What the audit log says of fields that both sides had changed: both values, and which one stands."""
        return [self._event(action.item, "conflict settled", **asdict(conflict)) for conflict in action.conflicts]

    def _event(self, item: Item, what: str, who: str = "closeout", **detail: Any) -> Event:
        return Event(self.clock(), who, what, item.id, item.document, detail)


def _left_out(asked: frozenset[str], issue: Issue) -> list[str]:
    """The people whom the target dropped at a write: that they are missing is nobody's decision."""
    there = {login.casefold() for login in issue.assignees}
    return sorted(login for login in asked if login.casefold() not in there)


def _lacking(
    labels: frozenset[str], assignees: frozenset[str], issue: Issue
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was asked for and is not there, and advice: what the adapter tells, and what anybody can see."""
    people = {login.casefold() for login in issue.assignees}
    names = {name.casefold() for name in issue.labels}
    missing = {each.what: each.advice for each in issue.left_out}
    for login in sorted(assignees):
        if login.casefold() not in people:
            missing.setdefault(f"assignee {login}", "")
    for name in sorted(labels):
        if name.casefold() not in names:
            missing.setdefault(f"label {name}", "")
    return tuple(missing), tuple(dict.fromkeys(advice for advice in missing.values() if advice))


def _as_stored(base: Mapping[str, Any], issue: Issue) -> dict[str, Any]:
    """The base after a write, with the issue's side as the target stored it, not as it was asked for."""
    unresolved = {name: value for name, value in base.get("issue", {}).items() if name in ("title", "due", "priority")}
    stored = agreed(base["document"], issue_fields(issue))
    return {**base, **stored, "issue": {**stored["issue"], **unresolved}}
