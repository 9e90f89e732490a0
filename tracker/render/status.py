"""What `closeout status` gives to programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from tracker.due import DueSource
from tracker.model import ItemState, Kind
from tracker.policy import Entry, Flag
from tracker.render import escape, evidence, gone
from tracker.render.evidence import EvidenceWire
from tracker.render.gone import GoneWire
from tracker.render.wire import Wire


class PromisedWire(Wire):
    """An item of another postmortem that promises the same."""

    id: str
    text: str
    state: ItemState
    document: str
    path: str
    line: int
    incident_date: date | None
    target: str | None
    issue: str | None
    issue_url: str | None


class StatusItem(Wire):
    """One item as the store knows it. `days_left` is negative when overdue.

    `due` is the day that counts: `extended_to`, where a person said so, else `document_due`, else `policy_due`; that is
    only there where the document gives no day, and `due_rule` words the rule that gave it. `work` is the address of
    open work (a pull request) that would close the issue. `parted` are the issues, as `TARGET KEY`, that a person said
    are not this item's. `promised_too` are items of other postmortems that promise the same, oldest incident first.
    By a person's word the issue of `same_as` stands for this item, too, and is then told as its `issue`; `same_work`
    are those for which this one's does. `offered` is the one whose open issue could.
    """

    id: str
    text: str
    kind: Kind
    state: ItemState
    document: str
    path: str
    line: int
    section: str
    owner: str | None
    owners: tuple[str, ...]
    due: date | None
    due_words: str | None
    due_source: DueSource | None
    due_rule: str | None
    document_due: date | None
    policy_due: date | None
    extended_to: date | None
    snoozed_until: date | None
    days_left: int | None
    priority: str | None
    flags: tuple[Flag, ...]
    target: str | None
    issue: str | None
    issue_url: str | None
    gone: GoneWire | None
    evidence: EvidenceWire | None
    work: str | None
    links: tuple[str, ...]
    parted: tuple[str, ...]
    promised_too: tuple[PromisedWire, ...]
    same_as: PromisedWire | None
    same_work: tuple[PromisedWire, ...]
    offered: PromisedWire | None


class StatusOutput(Wire):
    """`closeout status --format json`."""

    version: Literal[1] = 1
    as_of: datetime | None
    today: date
    items: tuple[StatusItem, ...]


def to_json(entries: Sequence[Entry], as_of: datetime | None, today: date) -> str:
    """The entries as JSON, ending in a line break."""
    output = StatusOutput(as_of=as_of, today=today, items=tuple(wire(entry) for entry in entries))
    return output.model_dump_json(indent=2) + "\n"


def to_csv(entries: Sequence[Entry]) -> str:
    """The entries as CSV with a header."""
    page = io.StringIO()
    writer = csv.DictWriter(page, list(StatusItem.model_fields), lineterminator="\n")
    writer.writeheader()
    for entry in entries:
        row = wire(entry).model_dump(mode="json")
        row["gone"] = row["gone"] and row["gone"]["kind"]
        row["evidence"] = row["evidence"] and row["evidence"]["work"]
        for name in ("promised_too", "same_work"):
            row[name] = [other["id"] for other in row[name]]
        for name in ("same_as", "offered"):
            row[name] = row[name] and row[name]["id"]
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return page.getvalue()


def wire(entry: Entry) -> StatusItem:
    """The item as it goes out."""
    item, link, due = entry.item, entry.link, entry.due
    ref = link.ref if link else entry.goes_with.link.ref if entry.goes_with and entry.goes_with.link else None
    return StatusItem(
        id=item.id,
        text=item.text,
        kind=item.kind,
        state=item.state,
        document=item.document,
        path=entry.document.path,
        line=item.line,
        section=item.section,
        owner=item.owner,
        owners=tuple(owner.key for owner in entry.ownership.known),
        due=due.day if due else None,
        due_words=None if item.due_date else item.due,
        due_source=due.source if due else None,
        due_rule=(due.rule or None) if due else None,
        document_due=item.due_date,
        policy_due=due.policy_day if due else None,
        extended_to=item.extended_to,
        snoozed_until=item.snoozed_until,
        days_left=entry.days_left,
        priority=item.priority,
        flags=tuple(sorted(entry.flags)),
        target=ref.target if ref else None,
        issue=ref.key if ref else None,
        issue_url=(ref.url or None) if ref else None,
        gone=gone.wire(link.gone) if link else None,
        evidence=evidence.wire(link.evidence) if link else None,
        work=(link.work or None) if link else None,
        links=item.links,
        parted=item.parted,
        promised_too=tuple(map(_promised_wire, entry.promised_too)),
        same_as=_promised_wire(entry.goes_with) if entry.goes_with else None,
        same_work=tuple(map(_promised_wire, entry.goes_along)),
        offered=_promised_wire(entry.offered) if entry.offered else None,
    )


def _promised_wire(entry: Entry) -> PromisedWire:
    ref = entry.link.ref if entry.link else None
    return PromisedWire(
        id=entry.item.id,
        text=entry.item.text,
        state=entry.item.state,
        document=entry.item.document,
        path=entry.document.path,
        line=entry.item.line,
        incident_date=entry.document.incident_date,
        target=ref.target if ref else None,
        issue=ref.key if ref else None,
        issue_url=(ref.url or None) if ref else None,
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return escape.cell(" ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
