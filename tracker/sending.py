"""Send writes: each is journalled before it leaves, waits until it fits its target's budget, and leaves once.

intended    the journal knows what is about to be sent
sent        the request is leaving; from here on its outcome is in doubt
confirmed   the answer and all that follows from it are recorded, in one transaction
failed      refused, or nothing was sent
uncertain   no trustworthy answer: the next sync looks for the marker before it does anything else

Where a target opens several issues with one request, each has a journal entry and an outcome of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol, TypeVar

from connectors import (
    ConnectorError,
    CreatesMany,
    Issue,
    IssueDraft,
    IssueTracker,
    OutcomeUnknown,
    RateLimited,
    next_slot,
)
from tracker.actions import Create
from tracker.applied import Progress, Stop, never
from tracker.model import Event, Outcome
from tracker.store import Store

Answer = TypeVar("Answer")

CONTENT_ACTIONS = ("create", "comment")
"""What GitHub's limits on content count: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"""

LONGEST_WAIT = timedelta(minutes=65)
"""A target that asks for more patience than its own hourly window is left for the next run."""

_TRIES = 5


class Subject(Protocol):
    """What a write is for: an item, or something else that has an id in its issue's marker."""

    @property
    def id(self) -> str:
        """What stands in the journal, and in the marker."""
        ...

    @property
    def document(self) -> str | None:
        """The document that the audit log names, if it is about one."""
        ...


def most_at_once(tracker: IssueTracker) -> int:
    """How many issues one request to this target can open."""
    return tracker.most_at_once if isinstance(tracker, CreatesMany) else 1


class Sender:
    """Sends the writes of one run to one target."""

    def __init__(
        self,
        tracker: IssueTracker,
        store: Store,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        progress: Progress,
        stop: Stop = never,
    ) -> None:
        self._tracker, self._store, self._clock, self._sleep, self._progress = tracker, store, clock, sleep, progress
        self._stop = stop

    def send(self, kind: str, item: Subject, call: Callable[[], Answer]) -> tuple[int, Answer]:
        """Journal and send one write; a refusal by a limit is waited out.

        Returns:
            The journal's entry, for the caller to confirm, and the answer.

        Raises:
            ConnectorError: as `call` does; the entry is settled.
        """
        for attempt in count(1):
            self._pace(kind)
            key = self._tracker.capabilities.budget_key
            entry = self._store.intend(self._tracker.name, key, kind, item.id, self._clock())
            self._store.sending(entry, self._clock())
            try:
                return entry, call()
            except ConnectorError as error:
                self._settle(kind, item, entry, error)
                if not isinstance(error, RateLimited) or not self._wait_out([error], attempt):
                    raise
        raise AssertionError("unreachable")  # pragma: no cover

    def open(self, creates: Sequence[Create]) -> Iterator[tuple[Create, int, Issue | ConnectorError]]:
        """Journal and send what one request opens; a refusal by a limit is waited out.

        Gives what became of each, in any order, with the journal's entry (0 where none was made): an issue is for the
        caller to confirm before it takes the next; an error is settled.
        """
        for attempt in count(1):
            try:
                self._pace("create")
            except RateLimited as error:
                yield from ((create, 0, error) for create in creates)
                return
            limited: list[tuple[Create, int, RateLimited]] = []
            for create, entry, result in self._request(creates):
                if isinstance(result, ConnectorError):
                    self._settle("create", create.item, entry, result)
                if isinstance(result, RateLimited):
                    limited.append((create, entry, result))
                else:
                    yield create, entry, result
            if not limited or not self._wait_out([error for *_, error in limited], attempt):
                yield from limited
                return
            creates = [create for create, *_ in limited]

    def _request(self, creates: Sequence[Create]) -> Iterator[tuple[Create, int, Issue | ConnectorError]]:
        key = self._tracker.capabilities.budget_key
        items = [create.item.id for create in creates]
        entries = self._store.intend_together(self._tracker.name, key, "create", items, self._clock())
        first, *others = entries
        self._store.sending(first, self._clock(), *others)
        return zip(creates, entries, self._create([create.draft for create in creates]), strict=True)

    def _create(self, drafts: Sequence[IssueDraft]) -> Sequence[Issue | ConnectorError]:
        if len(drafts) > 1 and isinstance(self._tracker, CreatesMany):
            return self._tracker.create_many(drafts)
        [draft] = drafts
        try:
            return [self._tracker.create(draft)]
        except ConnectorError as error:
            return [error]

    def _settle(self, kind: str, item: Subject, entry: int, error: ConnectorError) -> None:
        """Journal what did not go through. A limit is no event in an item's life."""
        outcome = Outcome.UNCERTAIN if isinstance(error, OutcomeUnknown) else Outcome.FAILED
        now, detail = self._clock(), str(error)
        event = Event(now, "closeout", f"{kind} {outcome.value}", item.id, item.document, {"error": detail})
        self._store.settle([entry], outcome, now, detail, [] if isinstance(error, RateLimited) else [event])

    def _wait_out(self, limits: Sequence[RateLimited], attempt: int) -> bool:
        """Wait until the target takes requests again; False, at once, when it asks for too much patience."""
        last = max(limits, key=lambda error: error.retry_at)
        if attempt == _TRIES or last.retry_at - self._clock() > LONGEST_WAIT:
            return False
        self._wait(last.retry_at, last.message)
        return not self._stop()

    def _pace(self, kind: str) -> None:
        """Wait until the request fits the target's budget, which the journal counts for every process.

        Raises:
            RateLimited: it was time to stop before it fitted.
        """
        capabilities = self._tracker.capabilities
        if kind not in CONTENT_ACTIONS or not capabilities.budget.windows:
            return
        while True:
            now = self._clock()
            sent = self._store.sent_since(capabilities.budget_key, now - capabilities.budget.horizon, CONTENT_ACTIONS)
            slot = next_slot(sent, capabilities.budget, now)
            if slot <= now:
                return
            why = f"the write budget of {self._tracker.name} is used up"
            self._wait(slot, why)
            if self._stop():
                raise RateLimited(f"{why}, and it was time to stop", where=self._tracker.name, retry_at=slot)

    def _wait(self, until: datetime, why: str) -> None:
        self._progress.waiting(until, why)
        seconds = (until - self._clock()).total_seconds()
        if seconds > 0:
            self._sleep(seconds)
