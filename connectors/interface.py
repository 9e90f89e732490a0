"""The port to an issue tracker, and the values that pass through it.

Glossary
    target      one place where issues live: a GitHub repository, a Jira project, the embedded tracker
    issue       a target's record of a piece of work
    marker      the machine-readable tie stored on the issue itself, from which a link can be rebuilt
    managed     the block of an issue's body that belongs to Closeout; everything around it belongs to people
    key         what a person calls an issue: `acme/ops#12`, `OPS-12`, `#12` in the embedded tracker

Promises of every adapter (the contract suite in `tests/contract/` holds each to them)
    - A write is sent once. No adapter, and no library under it, repeats a write by itself. Only where a target
      definitely refused it for a value that an issue can do without, it is sent again without that value.
    - A write either returns the issue as the target stored it, or raises. `OutcomeUnknown` is raised when,
      and only when, the write may have happened.
    - An update touches nothing but what its patch names; the body outside the managed block is kept to the byte.
    - Reading twice with nothing changed in between gives the same issues.
    - All times are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from connectors.errors import ConnectorError
from connectors.marker import Marker
from connectors.pacing import Budget

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "FACTS",
    "Capabilities",
    "Comment",
    "CreatesMany",
    "Evidence",
    "Finding",
    "GetsMany",
    "Issue",
    "IssueDraft",
    "IssuePatch",
    "IssueRef",
    "IssueState",
    "IssueTracker",
    "LeftOut",
    "Listing",
    "ListsOwn",
    "PageSeen",
    "Relates",
]


FACTS = (
    "text",  # of the item, in full
    "owner",
    "team",
    "due",  # ISO date
    "priority",
    "kind",
    "section",
    "document",  # the postmortem's title
    "path",
    "url",  # of the item's line
    "incident_date",  # ISO date
    "severity",
    "services",  # comma-separated
)
"""The names of what an `IssueDraft` tells of its item besides."""


class IssueState(StrEnum):
    """Where an issue stands. Won't do is not done, and neither is a duplicate."""

    OPEN = "open"
    DONE = "done"
    WONT_DO = "wont_do"
    DUPLICATE = "duplicate"

    @property
    def closed(self) -> bool:
        """True for every state but `OPEN`."""
        return self is not IssueState.OPEN


@dataclass(frozen=True, slots=True, order=True)
class IssueRef:
    """Which issue. `number` orders the issues of one target by age; `key` is what people and adapters call it."""

    target: str
    number: int
    key: str
    url: str = ""

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """An issue to be created. `managed` is Markdown without the fence that an adapter puts around it.

    `facts` are what a target may put into fields of its own: those of `FACTS` that are known. `whole`: others will
    become its parts.
    """

    title: str
    managed: str
    marker: Marker
    labels: frozenset[str] = frozenset()
    assignees: frozenset[str] = frozenset()
    due: date | None = None
    priority: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False


@dataclass(frozen=True, slots=True)
class IssuePatch:
    """Changes to an issue; None leaves a field alone.

    `add_labels`/`remove_labels` and `assignees` are what shall hold afterwards; `clear_due` and `clear_priority`
    empty a field. `managed` and `marker` travel together: a new block carries a new marker. `duplicate_of` goes with
    the state `DUPLICATE`; a target that can't hold it ignores it.
    """

    title: str | None = None
    managed: str | None = None
    marker: Marker | None = None
    state: IssueState | None = None
    add_labels: frozenset[str] = frozenset()
    remove_labels: frozenset[str] = frozenset()
    assignees: frozenset[str] | None = None
    due: date | None = None
    clear_due: bool = False
    priority: str | None = None
    clear_priority: bool = False
    duplicate_of: IssueRef | None = None

    @property
    def empty(self) -> bool:
        """True when the patch asks for nothing."""
        return self == IssuePatch()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a write asked for and its target did not take: `assignee ana`, `label overdue`, `milestone Q3`.

    `advice` says why, if known, and what a person can do about it.
    """

    what: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as its target last told it.

    `body` is all of it; `managed` is the text inside the fence (None when the fence is gone) and `marker` the tie
    (None when missing or unreadable). `author` is who opened it, where the target tells. `locked`: only who may write
    to the target can comment on it. `reopened`: it is open and was closed before, where the target tells.

    `parent` is the key of the issue that this one is a part of, empty when there is none or the target does not tell.

    `left_out` is of the write that gave this answer, and no property of the issue: equal issues may differ in it.
    """

    ref: IssueRef
    title: str
    body: str
    managed: str | None
    marker: Marker | None
    state: IssueState
    labels: frozenset[str]
    assignees: frozenset[str]
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    due: date | None = None
    priority: str | None = None
    author: str = ""
    locked: bool = False
    reopened: bool = False
    parent: str = ""
    left_out: tuple[LeftOut, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What closed an issue: who, when, and by what work.

    `work` is the address of a pull request or commit, empty when a person just closed the issue. `merged`: it became
    part of the code; `reverted_by` is the address of what took it back out. `reason` is why it will not be done, as a
    person said when closing it.
    """

    closed_at: datetime
    by: str = ""
    work: str = ""
    merged: bool = False
    reverted_by: str = ""
    reason: str = ""

    @property
    def verified(self) -> bool:
        """Whether work that was merged, and stayed, closed the issue."""
        return self.merged and not self.reverted_by

    def by_work(self, work: str, *, merged: bool, reverted_by: str = "") -> Evidence:
        """The same closing, caused by this work."""
        return replace(self, work=work, merged=merged, reverted_by=reverted_by)


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment on an issue."""

    id: str
    body: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """What changed since a cursor. `cursor` is opaque: hand it back at the next read, after all was recorded."""

    issues: tuple[Issue, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a target can hold and how it behaves.

    `place` says where the target really is: when it changes under the same name, other issues are meant.
    `parts` is how many issues one issue can have as its parts; 0 where that is not possible, or not wished.
    `read_lag`: a listing may miss a write that is younger than this. `budget_key`: targets with the same key
    share one write budget (the same account at the same host). `spaced_labels`: a label may hold white space.
    `relations`: issues of the same work are to be linked; the target is a `Relates`.
    """

    place: str

    due: bool
    priority: bool
    max_title: int
    max_body: int
    read_lag: timedelta
    budget_key: str
    budget: Budget = field(default_factory=Budget)
    parts: int = 0
    spaced_labels: bool = True
    relations: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check of a target came to: one thing that is so (`trouble` is False), or that is wrong and how to mend it.

    `lines` are for the settings file, as they would stand there.
    """

    what: str
    trouble: bool = False
    advice: str = ""
    lines: tuple[str, ...] = ()


class PageSeen(Protocol):
    """Called after each page of a long listing with the number of issues read so far."""

    def __call__(self, issues_read: int, /) -> None: ...


@runtime_checkable
class IssueTracker(Protocol):
    """One target. Not safe for use from several threads at once."""

    @property
    def name(self) -> str:
        """The target's name in the settings."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What this target can hold; asks the network nothing."""
        ...

    def changed_since(self, cursor: str | None, on_page: PageSeen | None = None) -> Listing:
        """Every issue that changed since `cursor`, oldest change first; all issues for None (but see `ListsOwn`).

        May repeat issues that an earlier listing gave (overlap is how lag is bridged), never misses one that is older
        than `capabilities.read_lag`.

        Raises:
            TargetUnreachable, RateLimited, NotAllowed, IssueNotFound (the whole target), TargetMoved, TargetClosed.
        """
        ...

    def get(self, ref: IssueRef) -> Issue:
        """The issue now, or where it went: what this raises is the last word on an issue that is not here.

        Raises:
            IssueNotFound, IssueGone, IssueMoved (with the address of its page there, if these credentials may see it),
            IssueConverted, TargetMoved, TargetClosed, TargetUnreachable, RateLimited, NotAllowed.
        """
        ...

    def create(self, draft: IssueDraft) -> Issue:
        """Send one create, once. What the target did not take shows in the answer and is named in its `left_out`.

        Raises:
            OutcomeUnknown, RateLimited, NotAllowed (TargetReadOnly, TargetClosed), TargetMoved, RequestRejected,
            TargetUnreachable (nothing was sent).
        """
        ...

    def update(self, issue: Issue, patch: IssuePatch) -> Issue:
        """Change `issue`, as last read, by `patch`; repeating it is harmless.

        Raises:
            as `create`, and IssueNotFound, IssueGone, IssueMoved: as the write was answered; ask `get` what is so.
        """
        ...

    def add_part(self, whole: IssueRef, part: Issue) -> Issue:
        """Make `part` a part of another issue; the part as it is then. Repeating it is harmless.

        Raises:
            as `update`; RequestRejected when it is a part of something else, or the other one can have no more.
        """
        ...

    def comment(self, ref: IssueRef, body: str) -> Comment:
        """Send one comment, once.

        Raises:
            as `update`, and IssueLocked.
        """
        ...

    def comments(self, ref: IssueRef) -> tuple[Comment, ...]:
        """All comments, oldest first.

        Raises:
            as `get`.
        """
        ...

    def evidence(self, refs: Sequence[IssueRef]) -> Mapping[IssueRef, Evidence]:
        """What closed these issues, where the target can tell; what is open, or can't be told of, is left out.

        Raises:
            TargetUnreachable, RateLimited, NotAllowed.
        """
        ...

    def check(self) -> Iterator[Finding]:
        """Whether everything is there that a sync needs: credentials, permissions, fields, ways to close, clocks.

        Writes nothing. What can't be found out is a finding, too; nothing is raised. The first finding says whether the
        target was reached.
        """
        ...

    def is_public(self) -> bool:
        """Whether people outside the organisation can read this target.

        Raises:
            as `changed_since`.
        """
        ...

    def reference(self, text: str) -> IssueRef | None:
        """The issue of this target that `text` (a URL, `#12`, `owner/repo#12`) names, or None. Asks no network."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class CreatesMany(Protocol):
    """A target that can open several issues with one request."""

    @property
    def most_at_once(self) -> int:
        """How many issues one request can open."""
        ...

    def create_many(self, drafts: Sequence[IssueDraft]) -> Sequence[Issue | ConnectorError]:
        """Open at most `most_at_once` issues with one create, sent once: what became of each, in order.

        Nothing is raised: what became of the request as a whole became of each draft, as `create` would raise it.
        """
        ...


@runtime_checkable
class ListsOwn(Protocol):
    """A target whose listing from the beginning leaves out what people opened, for there can be very much of it."""

    def all_open(self, on_page: PageSeen | None = None) -> Sequence[Issue]:
        """Every open issue, whoever opened it.

        Raises:
            as `IssueTracker.changed_since`.
        """
        ...


@runtime_checkable
class GetsMany(Protocol):
    """A target that can tell of many issues with few requests."""

    def get_many(self, refs: Sequence[IssueRef]) -> Mapping[str, Issue]:
        """Those of these issues that are here, by key. Of those that it lacks `IssueTracker.get` tells why.

        Raises:
            TargetUnreachable, RateLimited, NotAllowed.
        """
        ...


@runtime_checkable
class Relates(Protocol):
    """A target that can link issues with one another."""

    def relate(self, issue: IssueRef, to: IssueRef) -> None:
        """Link two issues of this target as related, once; repeating is harmless.

        Raises:
            as `IssueTracker.update`, of either issue.
        """
        ...
