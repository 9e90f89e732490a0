"""Carry out a plan: a plain loop, one request after the other; how each is sent is `tracker.sending`'s."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from connectors import (
    ConnectorError,
    IssueLocked,
    IssueTracker,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    TargetClosed,
    TargetMoved,
    TargetReadOnly,
    TargetUnreachable,
    time_needed,
)
from tracker.acting import Actor
from tracker.actions import Action, Adopt, Create, CreateParent, Follow, Mark, Plan, Record, Tell
from tracker.applied import Applied, Failure, Progress, Stop, never
from tracker.sending import CONTENT_ACTIONS, Sender, most_at_once
from tracker.store import Store

LONG = timedelta(minutes=2)
"""Writing that takes longer than this is told beforehand."""

_GIVE_UP_AFTER = 3


def apply(
    plan: Plan,
    tracker: IssueTracker,
    store: Store,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    progress: Progress,
    stop: Stop = never,
) -> Applied:
    """Carry out `plan`, in order. One item's failure is its own; a target that keeps failing is left alone.

    Once `stop` says so no other request is sent; what is left the next run finds.

    Raises:
        Unavailable: the store failed. What was sent is journalled, and the next run finds out.
    """
    applied = Applied()
    actor = Actor(tracker, store, clock, Sender(tracker, store, clock, sleep, progress, stop), applied.links)
    needed = paced(plan, tracker, store, clock())
    if needed >= LONG:
        progress.tell(patience_for(plan.target, needed))
    progress.phase(f"writing to {plan.target}", len(plan.actions))
    trust = _Trust()
    for together in _requests(plan.actions, tracker):
        sends = not isinstance(together[0], Adopt | Record | Mark | Follow)
        if sends and (trust.lost or stop()):
            for action in together:
                actor.remember(action, trust.whole)
            applied.postponed += together
            continue
        errors = []
        for outcome in actor.carry_out(together):
            if isinstance(outcome, Failure):
                applied.failures.append(outcome)
                errors.append(outcome.error)
            else:
                applied.done.append(outcome)
            progress.advance()
        if sends:
            trust.learn(errors, len(together))
    return applied


def _requests(actions: Sequence[Action], tracker: IssueTracker) -> Iterator[Sequence[Action]]:
    """The actions in their order; creates that follow one another are together as one request takes them.

    How many that is may change while they are carried out.
    """
    for is_create, run in groupby(actions, key=lambda action: isinstance(action, Create)):
        alike = list(run)
        while alike:
            size = most_at_once(tracker) if is_create else 1
            yield alike[:size]
            del alike[:size]


@dataclass(slots=True)
class _Trust:
    """Whether a target is worth another request. `whole` is the error by which all of it is out of reach."""

    failed_in_a_row: int = 0
    whole: ConnectorError | None = None

    @property
    def lost(self) -> bool:
        return self.failed_in_a_row >= _GIVE_UP_AFTER

    def learn(self, errors: Sequence[ConnectorError], asked: int) -> None:
        """Learn from one request what became of the `asked` things that it was for."""
        hopeless = len(errors) == asked and all(map(_is_hopeless, errors))
        self.failed_in_a_row = self.failed_in_a_row + 1 if hopeless else 0
        for error in errors:
            if isinstance(error, TargetMoved | TargetClosed | TargetReadOnly):
                self.failed_in_a_row, self.whole = _GIVE_UP_AFTER, error


def _is_hopeless(error: ConnectorError) -> bool:
    """Whether the next request is likely to fail the same way."""
    of_target = isinstance(error, TargetUnreachable | NotAllowed | OutcomeUnknown | RateLimited)
    return of_target and not isinstance(error, IssueLocked)


def paced(plan: Plan, tracker: IssueTracker, store: Store, now: datetime) -> timedelta:
    """How long the plan's creates and comments take at least, within the budget that the journal counts."""
    budget = tracker.capabilities.budget
    requests = _requests(plan.actions, tracker)
    count = sum(isinstance(first, Create | CreateParent | Tell) for first, *_ in requests)
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
