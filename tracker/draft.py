"""What an item looks like as an issue: title, managed block, labels, assignees. Pure.

The block's *essence* is all of it but the exact source line and revision: those move with every commit, and rewriting
issues for that would be noise.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connectors import Capabilities, IssueDraft, Marker
from tracker.due import Due, DuePolicy, DueSource
from tracker.model import Item, ItemState, Kind, KnownDocument, MoveStage
from tracker.people import PeopleBook

_MENTION = re.compile(r"@(?=[\w-])")
_COMMENT = re.compile(r"<!--|-->")
_QUOTED = 240
_LONGEST_TEXT = 4000
"""Characters of an item's text in an issue; GitHub's body holds 65,536 and the marker repeats the text."""


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What a draft has to know of its target: what it can hold, and the labels that mark Closeout's issues.

    `deadlines` give a day to what its document leaves open.
    """

    name: str
    kind: str
    capabilities: Capabilities
    labels: tuple[str, ...] = ()
    public: bool | None = None
    deadlines: DuePolicy = field(default_factory=DuePolicy)


@dataclass(frozen=True, slots=True)
class Draft:
    """The document's side of an item, in the target's terms. `essence` is a digest of what the block means.

    `policy` words the due date where only the policy gives one and the issue is told; the essence does not hold it.
    `again` are the ids of items that the issue stands for, too.
    """

    title: str
    managed: str
    essence: str
    labels: frozenset[str]
    assignees: frozenset[str]
    due: date | None
    priority: str | None
    facts: Mapping[str, str] = field(default_factory=dict)
    policy: str = ""
    again: tuple[str, ...] = ()

    def to_open(self, marker: Marker) -> IssueDraft:
        """The issue to open, with `marker` as its tie."""
        return IssueDraft(
            self.title, self.managed, marker, self.labels, self.assignees, self.due, self.priority, self.facts
        )

    def fields(self, item: Item) -> dict[str, Any]:
        """The document's field values as JSON, as `Link.base` keeps them."""
        return {
            "title": self.title,
            "content": self.essence,
            "labels": sorted(self.labels),
            "assignees": sorted(self.assignees),
            "due": self.due.isoformat() if self.due else None,
            "priority": self.priority,
            "state": "done" if item.done else "open",
            "removed": item.state is ItemState.REMOVED,
            **({"policy": self.policy} if self.policy else {}),
            **({"again": list(self.again)} if self.again else {}),
        }


def make_draft(
    item: Item,
    document: KnownDocument,
    book: PeopleBook,
    target: TargetFacts,
    issue_labels: Collection[str] | None = None,
    again: Sequence[tuple[Item, KnownDocument]] = (),
) -> Draft:
    """The issue that `item` asks for at `target`; `issue_labels` are those that it has, None when there is none yet.

    `again` are the items of other documents that it stands for, too.
    """
    priority_label = {f"priority: {item.priority}"} if item.priority and not target.capabilities.priority else set()
    kind_label = {"improvement"} if item.kind is Kind.IMPROVEMENT else set()
    labels = frozenset({*target.labels, *priority_label, *kind_label})
    due = _told_day(target.deadlines, item, document, labels if issue_labels is None else issue_labels)
    policy = f"{due.day} (by policy: {due.rule})" if due and due.source is DueSource.POLICY else ""
    source, facts = _source(item, document), _facts(item, document, book, policy or _due(item))
    parts = (_quote(item.text), source, _again(again), facts, _moved(item), _FOOTER)
    managed = "\n\n".join(part for part in parts if part)
    lasting = _facts(item, document, book, _due(item))
    essence = "\0".join((item.text, item.section, document.title or document.path, lasting, *map(_name, again)))
    logins = {owner.login(target.kind) for owner in book.resolve(item.owner).known}
    return Draft(
        title=_title(item.text, target.capabilities.max_title),
        managed=managed,
        essence=digest(essence),
        labels=labels,
        assignees=frozenset(filter(None, logins)),
        due=due.day if due and target.capabilities.due else None,
        priority=item.priority if target.capabilities.priority else None,
        facts=_told(item, document, book, due),
        policy=policy,
        again=tuple(each.id for each, _ in again),
    )


def _told_day(deadlines: DuePolicy, item: Item, document: KnownDocument, labels: Collection[str]) -> Due | None:
    """The day that the issue is told."""
    due = deadlines.due(item, document, labels)
    return due if due and (due.source is not DueSource.POLICY or deadlines.settings.write) else None


def _told(item: Item, document: KnownDocument, book: PeopleBook, due: Due | None) -> dict[str, str]:
    """What a target may put into fields of its own; what is not known is not there."""
    owner = book.resolve(item.owner).first
    told = {
        "text": item.text,
        "owner": owner.name if owner else item.owner,
        "team": owner and (owner.name if owner.is_team else owner.team),
        "due": due and due.day.isoformat(),
        "priority": item.priority,
        "kind": item.kind.value,
        "section": item.section,
        "document": document.title or document.path,
        "path": document.path,
        "url": document.web_url and f"{document.web_url}#L{item.line}",
        "incident_date": document.incident_date and document.incident_date.isoformat(),
        "severity": document.severity,
        "services": ", ".join(document.services),
    }
    words = {name: harmless(value) for name, value in told.items() if value}
    return words | {name: value for name in _ADDRESSES if (value := told[name])}


_ADDRESSES = ("path", "url")
"""What has to stay as it is, character by character."""


def is_secret(document: KnownDocument, target: TargetFacts, allowed: Collection[str]) -> bool:
    """Whether a document's words must not reach this target: they are private, it is public and not `allowed`."""
    return bool(document.private and target.public and target.name not in allowed)


def digest(text: str) -> str:
    """Twelve hexadecimal digits that stand for `text` in a marker."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def harmless(text: str) -> str:
    """Text of a document for an issue's body: it mentions nobody and opens or closes no HTML comment."""
    return _COMMENT.sub(lambda found: found[0].replace("<", "&lt;").replace(">", "&gt;"), _MENTION.sub("@\u200b", text))


_FOOTER = "_Closeout keeps this block in step with the postmortem; what you write outside of it stays yours._"


def shorten(line: str, limit: int) -> str:
    """`line`, cut at a word with an ellipsis when it is longer than `limit` characters."""
    if len(line) <= limit:
        return line
    cut = line[: limit - 1].rsplit(" ", 1)[0] if " " in line[: limit - 1] else line[: limit - 1]
    return cut.rstrip(" ,;:.") + "…"


def _title(text: str, limit: int) -> str:
    return shorten(" ".join(text.split()).rstrip("."), limit)


def _quote(text: str) -> str:
    return "> " + harmless(shorten(" ".join(text.split()), _LONGEST_TEXT))


def _source(item: Item, document: KnownDocument) -> str:
    section = f", section “{harmless(item.section)}”" if item.section else ""
    return f"Promised in **{_title_of(document)}**{section} ({_place(item, document)})."


def _again(others: Sequence[tuple[Item, KnownDocument]]) -> str:
    told = (f"**{_title_of(document)}** ({_place(item, document)})" for item, document in others)
    return f"Promised again in {', '.join(told)}." if others else ""


def _name(other: tuple[Item, KnownDocument]) -> str:
    return other[1].title or other[1].path


def _title_of(document: KnownDocument) -> str:
    return harmless(document.title or document.path).replace("[", "\\[").replace("]", "\\]")


def _place(item: Item, document: KnownDocument) -> str:
    where = f"{document.path}:{item.line}"
    return f"[{where}]({document.web_url}#L{item.line})" if document.web_url else f"`{where}`"


def _moved(item: Item) -> str:
    move = item.move
    return "" if move is None or move.stage is MoveStage.DECIDED else f"Moved here from {harmless(move.former)}."


def _due(item: Item) -> str | None:
    written = item.due_date.isoformat() if item.due_date else item.due
    if item.extended_to is None:
        return written
    return f"{item.extended_to} ({f'extended; the postmortem says {written}' if written else 'not in the postmortem'})"


def _facts(item: Item, document: KnownDocument, book: PeopleBook, due: str | None) -> str:
    ownership = book.resolve(item.owner)
    unknown = [f"{name} (not in the people book)" for name in ownership.unknown]
    owners = ", ".join([*(owner.name for owner in ownership.known), *unknown])
    rows: Mapping[str, str | None] = {
        "Owner": owners or "nobody yet",
        "Due": due,
        "Priority": item.priority,
        "Incident": document.incident_date.isoformat() if document.incident_date else None,
        "Severity": document.severity,
    }
    shown = {name: harmless(value) for name, value in rows.items() if value}
    header = " | ".join(shown)
    cells = " | ".join(value.replace("|", "\\|").replace("\n", " ")[:_QUOTED] for value in shown.values())
    return f"| {header} |\n|{' --- |' * len(shown)}\n| {cells} |"
