"""Carry out a plan: a plain loop that journals, calls the port and records, one action at a time.

intended    the journal knows what is about to be sent
sent        the request is leaving; from here on its outcome is in doubt
confirmed   the answer and all that follows from it are recorded, in one transaction
failed      refused, or nothing was sent
uncertain   no trustworthy answer: the next sync looks for the marker before it does anything else
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from connectors import (
    ConnectorError,
    Issue,
    IssueLocked,
    IssueMoved,
    IssueNotFound,
    IssuePatch,
    IssueState,
    IssueTracker,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    TargetClosed,
    TargetMoved,
    TargetReadOnly,
    TargetUnreachable,
    next_slot,
    time_needed,
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
    Plan,
    Record,
    Tell,
    Update,
)
from tracker.applied import Applied, Done, Failure, Progress
from tracker.merge import agreed, issue_fields, state_of
from tracker.model import Event, GoneKind, Item, Link, Outcome
from tracker.plan import gone_patch
from tracker.store import Store
from tracker.whereabouts import event_of, gone_of, same

Answer = TypeVar("Answer")

CONTENT_ACTIONS = ("create", "comment")
"""What GitHub's limits on content count: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"""

LONGEST_WAIT = timedelta(minutes=65)
"""A target that asks for more patience than its own hourly window is left for the next run."""

_FRESH = timedelta(seconds=30)
"""What was read longer ago than this is looked at again before a body or labels are written."""

LONG = timedelta(minutes=2)
"""Writing that takes longer than this is told beforehand."""

_TRIES = 5
_GIVE_UP_AFTER = 3


def apply(
    plan: Plan,
    tracker: IssueTracker,
    store: Store,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    progress: Progress,
) -> Applied:
    """Carry out `plan`, in order. One item's failure is its own; a target that keeps failing is left alone.

    Raises:
        Unavailable: the store failed. What was sent is journalled, and the next run finds out.
    """
    worker = _Worker(tracker, store, clock, sleep, progress)
    applied = Applied()
    needed = paced(plan, tracker, store, clock())
    if needed >= LONG:
        progress.tell(patience_for(plan.target, needed))
    progress.phase(f"writing to {plan.target}", len(plan.actions))
    in_a_row = 0
    whole: ConnectorError | None = None
    for action in plan.actions:
        if in_a_row >= _GIVE_UP_AFTER and not isinstance(action, Adopt | Record | Mark | Follow):
            worker.remember(action, whole)
            applied.postponed.append(action)
            continue
        try:
            applied.done.append(worker.carry_out(action))
            in_a_row = 0
        except ConnectorError as first:
            error = worker.look_for(action, first)
            worker.remember(action, error)
            applied.failures.append(Failure(action, error))
            hopeless = isinstance(error, TargetUnreachable | NotAllowed | OutcomeUnknown | RateLimited)
            in_a_row = in_a_row + 1 if hopeless and not isinstance(error, IssueLocked) else 0
            if isinstance(error, TargetMoved | TargetClosed | TargetReadOnly):
                in_a_row, whole = _GIVE_UP_AFTER, error
        progress.advance()
    return applied


def paced(plan: Plan, tracker: IssueTracker, store: Store, now: datetime) -> timedelta:
    """How long the plan's creates and comments take at least, within the budget that the journal counts."""
    budget = tracker.capabilities.budget
    count = sum(isinstance(action, Create | CreateParent | Tell) for action in plan.actions)
    if not count or not budget.windows:
        return timedelta(0)
    sent = store.sent_since(tracker.capabilities.budget_key, now - budget.horizon, CONTENT_ACTIONS)
    return time_needed(count, sent, budget, now)


def patience_for(target: str, needed: timedelta) -> str:
    """What a person should know before a backfill: how long it takes, and that it can be interrupted."""
    return f"{target}: at its limits this takes about {in_words(needed)}; stop it at any time, it goes on from there"


def in_words(span: timedelta) -> str:
    """`25 min`, `3 h 20 min`: rounded up, as a promise should be."""
    minutes = -(-int(span.total_seconds()) // 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


class _Worker:
    def __init__(
        self,
        tracker: IssueTracker,
        store: Store,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        progress: Progress,
    ) -> None:
        self.tracker, self.store, self.clock, self.sleep, self.progress = tracker, store, clock, sleep, progress
        self.began = clock()
        self.links: dict[str, Link] = {}
        """The links as this run made or changed them, by item."""
        self.opened: dict[str, Issue] = {}
        """The postmortems' own issues that this run opened, by their ids."""

    def carry_out(self, action: Action) -> Done:
        if isinstance(action, Adopt | Record | Mark | Follow):
            self._note(action)
            if action.link is not None:
                self.links[action.item.id] = action.link
            return Done(action)
        return self._writes[type(action)](action)

    @property
    def _writes(self) -> Mapping[type, Callable[[Any], Done]]:
        """What sends something."""
        return {
            Create: self._create,
            CreateParent: self._create_parent,
            AddPart: self._add_part,
            Update: self._update,
            Tell: self._tell,
            CloseTwin: self._close_twin,
        }

    def _note(self, action: Adopt | Record | Mark | Follow) -> None:
        """What is only recorded."""
        match action:
            case Adopt():
                event = self._event(action.item, "issue adopted", issue=action.link.ref.key, why=action.why)
                self.store.record_link(action.link, action.item, [event], action.settles)
            case Record():
                self._record(action)
            case Mark(item=item, link=link):
                self.store.record_link(link, item, [event_of(item, link, self.clock())])
            case Follow(item=item, link=link, before=before):
                event = self._event(item, "issue followed", issue=link.ref.key, url=link.ref.url, of=before.ref.key)
                self.store.record_link(link, item, [event])

    def _record(self, action: Record) -> None:
        link = action.link
        if link is None:
            self.store.record_item(action.item, [])
            return
        changes = {change.field: [change.before, change.after] for change in action.changes}
        event = self._event(action.item, "issue changed", who=link.ref.target, issue=link.ref.key, changes=changes)
        self.store.record_link(link, action.item, [*([event] if changes else []), *self._settled_conflicts(action)])

    def _give_up(self, entry: int | None) -> None:
        """An earlier create of which nothing was ever seen did not happen."""
        if entry is not None:
            detail = "no issue with its marker appeared within the grace period"
            self.store.settle([entry], Outcome.FAILED, self.clock(), detail)

    def _create(self, action: Create) -> Done:
        self._give_up(action.after)
        draft = action.draft
        entry, issue = self._send("create", action.item, lambda: self.tracker.create(draft))
        lacking, advice = _lacking(draft.labels, draft.assignees, issue)
        base = {**agreed(action.fields, issue_fields(issue)), "left_out": _left_out(draft.assignees, issue)}
        link = Link(action.item.id, issue, base, self.clock())
        event = self._event(action.item, "issue opened", issue=issue.ref.key, url=issue.ref.url, lacking=lacking)
        self.store.confirm(entry, self.clock(), link, action.item, [event])
        self.links[action.item.id] = link
        return Done(action, issue, lacking, advice=advice)

    def _update(self, action: Update) -> Done:
        link, patch = action.link, action.patch
        self._look_again(link, patch)
        entry, issue = self._send("update", action.item, lambda: self.tracker.update(link.issue, patch))
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
        self.store.confirm(entry, self.clock(), after, action.item, events)
        self.links[action.item.id] = after
        return Done(action, issue, lacking, advice=advice)

    def _create_parent(self, action: CreateParent) -> Done:
        self._give_up(action.after)
        draft = action.draft
        entry, issue = self._send("create", replace(action.item, id=action.id), lambda: self.tracker.create(draft))
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
            entry, issue = self._send("part", action.item, lambda: self.tracker.add_part(whole.ref, link.issue))
        except (IssueNotFound, IssueMoved) as error:
            if isinstance(error, TargetMoved):
                raise
            # Somebody took the parent away: that is not undone, nor tried again.
            self.store.record_link(after, action.item, [])
            return Done(action, link.issue, (f"its place below {whole.ref.key}, which is gone",))
        event = self._event(action.item, "issue made a part", issue=issue.ref.key, of=whole.ref.key)
        self.store.confirm(entry, self.clock(), replace(after, issue=issue), action.item, [event])
        return Done(action, issue)

    def _tell(self, action: Tell) -> Done:
        link = action.link
        said = any(action.once in comment.body for comment in self.tracker.comments(link.ref))
        after = replace(link, base=action.base)
        event = self._event(action.item, "issue told", issue=link.ref.key, why="the item left its document")
        if not said:
            entry, _ = self._send("comment", action.item, lambda: self.tracker.comment(link.ref, action.body))
            self.store.settle([entry], Outcome.CONFIRMED, self.clock(), "", [event])
        patch = gone_patch(link.issue, action.base)
        if patch.empty:
            self.store.record_link(after, action.item, [])
        else:
            entry, issue = self._send("update", action.item, lambda: self.tracker.update(link.issue, patch))
            self.store.confirm(entry, self.clock(), replace(after, issue=issue), action.item, [])
        return Done(action, was_done=said)

    def _close_twin(self, action: CloseTwin) -> Done:
        text = f"Closed as a duplicate: this action item is tracked in {action.of.url or action.of.key}."
        patch = IssuePatch(state=IssueState.DUPLICATE, managed=text, marker=action.issue.marker, duplicate_of=action.of)
        entry, issue = self._send("close twin", action.item, lambda: self.tracker.update(action.issue, patch))
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
        item = replace(action.item, state=state_of(action.item, link.issue))
        gone = gone_of(error, self.clock()) if error is not None else None
        if gone is not None and not same(gone, link.gone):
            link = replace(link, gone=gone)
            events.append(event_of(item, link, self.clock()))
        self.store.record_link(link, item, events)

    def look_for(self, action: Action, error: ConnectorError) -> ConnectorError:
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

    def _send(self, kind: str, item: Item, call: Callable[[], Answer]) -> tuple[int, Answer]:
        """Journal and send one write; a refusal by a limit is waited out, anything else is raised."""
        for attempt in range(1, _TRIES + 1):
            self._pace(kind)
            capabilities = self.tracker.capabilities
            entry = self.store.intend(self.tracker.name, capabilities.budget_key, kind, item.id, self.clock())
            self.store.sending(entry, self.clock())
            try:
                return entry, call()
            except RateLimited as error:
                self.store.settle([entry], Outcome.FAILED, self.clock(), str(error))
                if attempt == _TRIES or error.retry_at - self.clock() > LONGEST_WAIT:
                    raise
                self._wait(error.retry_at, error.message)
            except ConnectorError as error:
                outcome = Outcome.UNCERTAIN if isinstance(error, OutcomeUnknown) else Outcome.FAILED
                event = self._event(item, f"{kind} {outcome.value}", error=str(error))
                self.store.settle([entry], outcome, self.clock(), str(error), [event])
                raise
        raise AssertionError("unreachable")  # pragma: no cover

    def _pace(self, kind: str) -> None:
        """Wait until the write fits the target's budget, which the journal counts for every process."""
        capabilities = self.tracker.capabilities
        if kind not in CONTENT_ACTIONS or not capabilities.budget.windows:
            return
        while True:
            now = self.clock()
            sent = self.store.sent_since(capabilities.budget_key, now - capabilities.budget.horizon, CONTENT_ACTIONS)
            slot = next_slot(sent, capabilities.budget, now)
            if slot <= now:
                return
            self._wait(slot, f"the write budget of {self.tracker.name} is used up")

    def _wait(self, until: datetime, why: str) -> None:
        self.progress.waiting(until, why)
        seconds = (until - self.clock()).total_seconds()
        if seconds > 0:
            self.sleep(seconds)

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
