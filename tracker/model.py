"""The values that Closeout works on. All are frozen; every step makes new ones. The words are the glossary's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from connectors import Evidence, Issue, IssueRef


class Kind(StrEnum):
    """What sort of promise an item is: concrete work, or a general statement that the document lists apart."""

    TASK = "task"
    IMPROVEMENT = "improvement"


class ItemState(StrEnum):
    """Where an item stands. Won't do is not done; `REMOVED` left its document; `IGNORED` a person set aside."""

    OPEN = "open"
    DONE = "done"
    WONT_DO = "wont_do"
    DUPLICATE = "duplicate"
    REMOVED = "removed"
    IGNORED = "ignored"

    @property
    def settled(self) -> bool:
        """True when nothing more is expected of anybody."""
        return self is not ItemState.OPEN


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open byte range of a document's UTF-8 text, as `pyromark` counts it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something in a document that a person should look at. `line` is 1-based."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class ParsedItem:
    """One action item as written; each field as `LABELLING` in docs/parser.md defines it.

    `due` is an ISO date or the words of the document; `due_date` the day it means, where that is certain.
    """

    text: str
    line: int
    span: Span
    section: str
    kind: Kind = Kind.TASK
    owner: str | None = None
    due: str | None = None
    due_date: date | None = None
    priority: str | None = None
    links: tuple[str, ...] = ()
    done: bool | None = None
    parent_line: int | None = None


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What the parser understood of one document. `id` and `private` come from its front matter.

    `started` and `ended` bound the incident: a datetime where a time is stated (aware where its zone is), else a date.
    """

    path: str
    title: str | None
    incident_date: date | None
    severity: str | None
    items: tuple[ParsedItem, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    id: str | None = None
    private: bool | None = None
    started: date | None = None
    ended: date | None = None
    services: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One postmortem file at one revision. `path` is POSIX, relative to the settings' folder; `digest` of its bytes.

    `revision` is the commit it was read at and `web_url` the page that shows it there; both None outside a repository.
    """

    path: str
    text: str
    digest: str
    revision: str | None = None
    web_url: str | None = None


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document as the store remembers it. `key` survives a rename; `path` is where it was last seen.

    `rules` stands for the parser and the settings that read it: under others it has to be read again.
    """

    key: str
    path: str
    digest: str
    title: str | None = None
    incident_date: date | None = None
    severity: str | None = None
    private: bool = False
    revision: str | None = None
    web_url: str | None = None
    present: bool = True
    rules: str = ""
    services: tuple[str, ...] = ()


class MoveStage(StrEnum):
    """How far a move is."""

    DECIDED = "decided"
    OPENED = "opened"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Move:
    """A person's decision that an item gets its issue in the target `to`.

    `target`, `issue` (its key) and `url` are of the issue that the item had before. `DECIDED`: it still has it;
    `OPENED`: it has one in `to`, and the former one may have to be closed; `FINISHED`: nothing is left to do. `own`:
    Closeout opened the former one and can write to it, so it closes it.
    """

    to: str
    target: str
    issue: str
    url: str = ""
    own: bool = True
    stage: MoveStage = MoveStage.DECIDED

    @property
    def left(self) -> str:
        """The former issue as `Item.parted` names it."""
        return f"{self.target} {self.issue}"

    @property
    def former(self) -> str:
        """The former issue for people: its address, else its key and target."""
        return self.url or f"{self.issue} in {self.target}"


@dataclass(frozen=True, slots=True)
class Item:
    """One action item over time. `id` never changes; the rest is what its document last said, `state` where it stands.

    `first_seen` is when this store met it, `settled_at` when it last left `OPEN`; `ordinal` counts equal texts in a
    document. The last seven are what people decided of it, as `tracker.decisions` folds it from the events; `parted`
    are the issues, as `TARGET KEY`, that somebody said are not this item's. `same_as` is the item whose issue stands
    for this one, too, as both are the same work; the item's own id: it gets its own issue, whatever else is alike.
    """

    id: str
    document: str
    text: str
    ordinal: int
    kind: Kind
    section: str
    line: int
    first_seen: datetime
    owner: str | None = None
    due: str | None = None
    due_date: date | None = None
    priority: str | None = None
    links: tuple[str, ...] = ()
    done: bool | None = None
    state: ItemState = ItemState.OPEN
    settled_at: datetime | None = None
    ignored: bool = False
    snoozed_until: date | None = None
    extended_to: date | None = None
    parted: tuple[str, ...] = ()
    verified_at: datetime | None = None
    move: Move | None = None
    same_as: str | None = None

    @property
    def goes_with(self) -> str | None:
        """The other item that this one is the same work as, by a person's word."""
        return self.same_as if self.same_as != self.id else None

    @property
    def said_verified(self) -> bool:
        """Whether a person said that it is really done, since it was last settled."""
        if self.state is not ItemState.DONE or self.settled_at is None or self.verified_at is None:
            return False
        return self.verified_at >= self.settled_at

    @property
    def falls_due(self) -> date | None:
        """The day that counts: the one that a person extended it to, else the document's."""
        return self.extended_to or self.due_date

    def parted_from(self, ref: IssueRef) -> bool:
        """True when somebody said that this issue is not the item's."""
        return bool(self.parted) and parted_name(ref).casefold() in map(str.casefold, self.parted)


def parted_name(ref: IssueRef) -> str:
    """How `Item.parted` names an issue."""
    return f"{ref.target} {ref.key}"


class GoneKind(StrEnum):
    """Why an issue, or the whole target that it is in, can't be worked with."""

    DELETED = "deleted"
    NOT_FOUND = "not-found"
    MOVED = "moved"
    CONVERTED = "converted"
    LOCKED = "locked"
    READ_ONLY = "read-only"
    TARGET_CLOSED = "target-closed"
    TARGET_MOVED = "target-moved"
    TARGET_NOT_FOUND = "target-not-found"

    @property
    def of_target(self) -> bool:
        """True when it is the whole target's state: a listing that works again ends it."""
        return self in (GoneKind.TARGET_CLOSED, GoneKind.TARGET_MOVED, GoneKind.TARGET_NOT_FOUND)

    @property
    def out_of_reach(self) -> bool:
        """True when the issue itself is not where the link says: nothing can be read or written."""
        return self in (GoneKind.DELETED, GoneKind.NOT_FOUND, GoneKind.MOVED, GoneKind.CONVERTED)


@dataclass(frozen=True, slots=True)
class Gone:
    """That a link's issue can't be worked with: since when, what its target said, where it is now, what to do."""

    kind: GoneKind
    since: datetime
    message: str
    place: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """The tie between one item and one issue.

    `base` holds, per field, the JSON value on which item and issue last agreed: the third input of a three-way merge.
    `issue` is the issue as last read, so that an unchanged one costs no request. `gone` says that it can't be worked
    with: the item keeps its last state, and no other issue is opened for it. `evidence` is what closed the issue last,
    `work` the address of open work (a pull request) that would close it.
    """

    item: str
    issue: Issue
    base: Mapping[str, Any]
    linked_at: datetime
    gone: Gone | None = None
    evidence: Evidence | None = None
    work: str = ""

    @property
    def ref(self) -> IssueRef:
        """Which issue."""
        return self.issue.ref


_POINTING = {"after", "and", "as", "at", "before", "by", "cf", "from", "in", "like", "of", "on", "per", "see", "since"}
_POINTING |= {"than", "the", "to", "until", "with", "de", "en", "por", "ver", "y", "dans", "depuis", "voir", "seit"}
_POINTING |= {"siehe", "und", "von", "wie"}


def ticket_name(reference: str) -> str:
    """What people call the ticket behind an address: `SHOP-311`, `catalogue#482`. Other references stay as they are."""
    if "://" not in reference:
        return reference
    parts = reference.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0].rstrip("/").split("/")
    if parts[-1].isdigit() and len(parts) > 4:  # noqa: PLR2004 - https://HOST/OWNER/NAME/issues/N
        return f"{parts[-3]}#{parts[-1]}"
    return parts[-1] or reference


def tickets_of(item: ParsedItem | Item) -> tuple[str, ...]:
    """The references that are the item's own tickets, not just mentioned in its sentence.

    "Rotate the keys (#12)" has a ticket: the parser took it out of the words. "Do it as started in #2" only points at
    one: to take issue 2 for this item's would put somebody else's work into our hands.
    """
    return tuple(link for link in item.links if _is_own(link, item.text))


def _is_own(link: str, text: str) -> bool:
    words = text.split()
    last = link.casefold().rsplit("/", 1)[-1]
    forms = {link.casefold(), last, "#" + last.rsplit("#", 1)[-1]}
    places = [number for number, word in enumerate(words) if word.strip("()[]<>.,;:!?").casefold() in forms]
    if not places or places[0] == 0:
        return True
    return places[-1] == len(words) - 1 and words[-2].casefold().strip(",;:") not in _POINTING


class Outcome(StrEnum):
    """How far a journalled write got."""

    INTENDED = "intended"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    UNCERTAIN = "uncertain"

    @property
    def in_doubt(self) -> bool:
        """True when the write may have reached the target and nobody has recorded an answer."""
        return self in (Outcome.SENT, Outcome.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One write to a target: what was to be sent and what became of it."""

    id: int
    target: str
    action: str
    item: str
    outcome: Outcome
    intended_at: datetime
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    issue_key: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the append-only audit log. `who` is `closeout`, a target's name or a person."""

    at: datetime
    who: str
    what: str
    item: str | None = None
    document: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


ISSUE_TOLD = "issue told"
"""The event of a comment of Closeout's on an item's issue; `moved` in its detail is when others last moved that."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One run of a schedule. `due_at` is when it was to run, whatever delayed it.

    `outcome` is `started` until it is `done`, `failed`, `stopped` with the service that ran it, or
    `held`: somebody is still to be served, once their hours begin. Then it is `resumed` until one of these again.
    """

    schedule: str
    due_at: datetime
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str = "started"
    detail: str = ""
