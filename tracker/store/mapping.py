"""Rows to values and back. Rows don't validate; what comes out of here is the model's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from connectors import Evidence, Issue
from tracker.decisions import Standing
from tracker.likeness import kept_of, stored, wording_of
from tracker.model import Event, Gone, Item, ItemState, JournalEntry, Kind, KnownDocument, Link, Move, Outcome

_ISSUE = TypeAdapter(Issue)
_GONE = TypeAdapter(Gone)
_EVIDENCE = TypeAdapter(Evidence)
_MOVE = TypeAdapter(Move)
_DETAIL = TypeAdapter(dict[str, Any])


def document_values(document: KnownDocument) -> dict[str, Any]:
    """Column values of a document."""
    return {**asdict(document), "services": list(document.services)}


def document_of(row: Mapping[str, Any]) -> KnownDocument:
    """A document from its columns."""
    return KnownDocument(**{**row, "services": tuple(row["services"])})


def item_values(item: Item) -> dict[str, Any]:
    """Column values of an item."""
    state = item.state
    if state is ItemState.IGNORED:  # the column `ignored` says so; this one keeps what holds without it
        state = ItemState.DONE if item.done else ItemState.OPEN
    values = {**asdict(item), "links": list(item.links), "kind": item.kind.value, "state": state.value}
    return {**values, "parted": list(item.parted), "move": _move_values(item.move)}


def likeness_values(item: str, text: str) -> list[dict[str, Any]]:
    """Column values of the keys by which an item with this text is found."""
    return [{"key": key, "item": item} for key in sorted(set(map(stored, kept_of(wording_of(text)))))]


def item_of(row: Mapping[str, Any]) -> Item:
    """An item from its columns."""
    values = dict(row)
    values["links"] = tuple(values["links"])
    values["kind"] = Kind(values["kind"])
    values["parted"] = tuple(values["parted"])
    values["move"] = _MOVE.validate_python(values["move"]) if values["move"] else None
    values["state"] = ItemState(values["state"])
    if values["ignored"] and values["state"] is not ItemState.REMOVED:
        values["state"] = ItemState.IGNORED
    return Item(**values)


STANDING = tuple(Standing.__dataclass_fields__)
"""The columns of an item that hold what people decided of it."""


def standing_values(standing: Standing) -> dict[str, Any]:
    """Column values of what people decided of an item."""
    return {**asdict(standing), "parted": list(standing.parted), "move": _move_values(standing.move)}


def standing_of(row: Mapping[str, Any]) -> Standing:
    """What people decided of an item, from its columns."""
    move = _MOVE.validate_python(row["move"]) if row["move"] else None
    return Standing(**{**row, "parted": tuple(row["parted"]), "move": move})


def _move_values(move: Move | None) -> dict[str, Any] | None:
    return _MOVE.dump_python(move, mode="json") if move else None


def issue_values(issue: Issue) -> dict[str, Any]:
    """An issue as JSON."""
    values: dict[str, Any] = _ISSUE.dump_python(issue, mode="json")
    return values


def issue_of(values: Mapping[str, Any]) -> Issue:
    """An issue from its JSON."""
    return _ISSUE.validate_python(values)


def link_values(link: Link) -> dict[str, Any]:
    """Column values of a link."""
    return {
        "item": link.item,
        "target": link.ref.target,
        "issue_key": link.ref.key,
        "base": dict(link.base),
        "issue": issue_values(link.issue),
        "linked_at": link.linked_at,
        "gone": gone_values(link.gone),
        "evidence": evidence_values(link.evidence),
        "work": link.work,
        "assignees": assignees_text(link.issue.assignees),
    }


def link_of(row: Mapping[str, Any]) -> Link:
    """A link from its columns."""
    gone = _GONE.validate_python(row["gone"]) if row["gone"] else None
    evidence = _EVIDENCE.validate_python(row["evidence"]) if row["evidence"] else None
    return Link(row["item"], issue_of(row["issue"]), row["base"], row["linked_at"], gone, evidence, row["work"])


def assignees_text(logins: Iterable[str]) -> str:
    """The same text for the same people: a JSON list, or nothing for nobody."""
    there = sorted(logins)
    return json.dumps(there) if there else ""


def gone_values(gone: Gone | None) -> dict[str, Any] | None:
    """How an issue is gone, as JSON."""
    return _GONE.dump_python(gone, mode="json") if gone else None


def evidence_values(evidence: Evidence | None) -> dict[str, Any] | None:
    """What closed an issue, as JSON."""
    return _EVIDENCE.dump_python(evidence, mode="json") if evidence else None


def event_values(event: Event) -> dict[str, Any]:
    """Column values of an event; dates and enumerations become JSON."""
    detail = _DETAIL.dump_python(dict(event.detail), mode="json")
    return {**asdict(event), "detail": detail}


def event_of(row: Mapping[str, Any]) -> Event:
    """An event from its columns."""
    return Event(**{name: value for name, value in row.items() if name != "id"})


def journal_of(row: Mapping[str, Any]) -> JournalEntry:
    """A journal entry from its columns."""
    values = {name: value for name, value in row.items() if name != "budget_key"}
    return JournalEntry(**{**values, "outcome": Outcome(values["outcome"])})
