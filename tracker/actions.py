"""What a plan consists of: actions as plain values, to be printed, kept in a file, or carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors import Issue, IssueDraft, IssuePatch, IssueRef
from tracker.identity import Doubt
from tracker.merge import Change, Conflict
from tracker.model import Gone, Item, Link


@dataclass(frozen=True, slots=True)
class Create:
    """Open an issue for an item. `after` is the journal entry of an earlier try that proved to have failed."""

    item: Item
    draft: IssueDraft
    fields: Mapping[str, Any]
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Write `patch` to the item's issue. `link` is how things stand before, `base` what is agreed after it.

    `conflicts` are the fields that both sides had changed apart; each is settled by this.
    """

    item: Item
    link: Link
    patch: IssuePatch
    changes: tuple[Change, ...]
    base: Mapping[str, Any]
    conflicts: tuple[Conflict, ...] = ()

    @property
    def closes(self) -> bool:
        """True when an open issue is closed by this."""
        return self.patch.state is not None and self.patch.state.closed and not self.link.issue.state.closed


@dataclass(frozen=True, slots=True)
class Adopt:
    """Tie an existing issue to its item; nothing is written to it. `settles` are journal entries answered by it."""

    item: Item
    link: Link
    why: str
    settles: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """Remember what changed on the issue's side (or about the item); nothing is sent anywhere."""

    item: Item
    link: Link | None
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Remember how the item's issue is gone, or (`link.gone` is None) that it is back; nothing is sent anywhere."""

    item: Item
    link: Link


@dataclass(frozen=True, slots=True)
class Follow:
    """Tie the item to its issue in the target that it was transferred to; nothing is written to it."""

    item: Item
    link: Link
    before: Link


@dataclass(frozen=True, slots=True)
class Tell:
    """Comment on an issue, once. `once` is the hidden mark by which the comment is recognised."""

    item: Item
    link: Link
    body: str
    once: str
    base: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CloseTwin:
    """Close the younger of two issues of one item as a duplicate of the other."""

    item: Item
    issue: Issue
    of: IssueRef


@dataclass(frozen=True, slots=True)
class CreateParent:
    """Open the issue of a postmortem, above those of its items. `item` is one of these; `id` stands in the marker.

    `after` is the journal entry of an earlier try that proved to have failed.
    """

    item: Item
    id: str
    draft: IssueDraft
    after: int | None = None


@dataclass(frozen=True, slots=True)
class AddPart:
    """Put an item's issue below its postmortem's: `parent` is that one's id, `whole` itself if it is there already.

    `link` is None for an item whose issue is opened in this plan.
    """

    item: Item
    parent: str
    whole: Issue | None
    link: Link | None


@dataclass(frozen=True, slots=True)
class Relate:
    """Link an item's issue to that of `of`, an earlier postmortem's item of the same work.

    `link` and `to` are None for what is opened in this plan.
    """

    item: Item
    of: Item
    link: Link | None
    to: IssueRef | None


Action = CreateParent | AddPart | Relate | Create | Update | Adopt | Record | Mark | Follow | Tell | CloseTwin


_WRITES = (Create, CreateParent, AddPart, Relate, Update, Tell, CloseTwin)


@dataclass(frozen=True, slots=True)
class Held:
    """An item left alone for now, and why. `until` when waiting helps; `gone` when somebody has to decide."""

    item: Item
    why: str
    until: datetime | None = None
    gone: Gone | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An item without an issue that promises what `of` does, whose issue is open: a person says if one is enough.

    `link` is that issue's; None while it is about to be opened, or may have been.
    """

    item: Item
    of: Item
    link: Link | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All actions for one target, in the order of documents, and what people should know besides."""

    target: str
    actions: tuple[Action, ...] = ()
    held: tuple[Held, ...] = ()
    conflicts: tuple[tuple[Item, Conflict], ...] = ()
    drift: tuple[tuple[Item, Change], ...] = ()
    doubts: tuple[Doubt, ...] = ()
    open_issues: int = 0
    offers: tuple[Offer, ...] = ()

    @property
    def writes(self) -> tuple[Action, ...]:
        """The actions that send something to the target."""
        return tuple(action for action in self.actions if isinstance(action, _WRITES))

    @property
    def creates(self) -> int:
        """How many issues it would open."""
        return sum(isinstance(action, Create | CreateParent) for action in self.actions)

    @property
    def closes(self) -> int:
        """How many open issues it would close; twins do not count, they heal a duplicate."""
        return sum(isinstance(action, Update) and action.closes for action in self.actions)
