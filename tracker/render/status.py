"""What `closeout status` prints."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.decisions import EXTENDED, IGNORED, SNOOZED, VERIFIED, latest
from tracker.due import DueSource
from tracker.model import Event, ItemState, Kind
from tracker.policy import Entry, Flag
from tracker.render import escape, evidence, flags, gone, offers
from tracker.render.evidence import EvidenceWire
from tracker.render.gone import GoneWire
from tracker.render.wire import Wire
from tracker.render.words import person, stamp
from tracker.report import ticket_name

_STATES = {
    ItemState.OPEN: ("open", ""),
    ItemState.DONE: ("done", "green"),
    ItemState.WONT_DO: ("won't do", "blue"),
    ItemState.DUPLICATE: ("duplicate", "blue"),
    ItemState.REMOVED: ("removed", "dim"),
    ItemState.IGNORED: ("ignored", "dim"),
}
_OF_ISSUE = {Flag.DRIFT: "disagrees", Flag.IN_REVIEW: "in review", Flag.REMOVED: "still open"}
_FLAGS = {Flag.OVERDUE: "bold red", Flag.DUE_SOON: "yellow", Flag.UNLINKED: "magenta"}


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


def print_table(entries: Sequence[Entry], as_of: datetime | None, console: Console) -> None:
    """The entries for people, most urgent first."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("Item", no_wrap=True)
    table.add_column("State", no_wrap=True)
    table.add_column("Due", no_wrap=True)
    table.add_column("Owner", max_width=18)
    table.add_column("What was promised", ratio=1, overflow="fold")
    table.add_column("Issue", max_width=20, overflow="fold")
    for entry in entries:
        table.add_row(*_row(entry))
    if entries:
        console.print(table)
    console.print(_summary(entries, as_of))


def print_item(entry: Entry, events: Sequence[Event], console: Console) -> None:
    """Everything about one item; its events tell who decided what stands of it, and why."""
    item, document = entry.item, entry.document
    facts: dict[str, str | None] = {
        "Item": item.id,
        "State": ": ".join(filter(None, (_STATES[item.state][0], flags.sentence(entry.flags)))),
        "Issue": f"{entry.link.ref.key} {entry.link.ref.url}".strip() if entry.link else None,
        "Gone": gone.sentence(entry.link.gone) if entry.link and entry.link.gone else None,
        "In review": entry.link.work if entry.link and Flag.IN_REVIEW in entry.flags else None,
        "Closed": evidence.sentence(entry.link.evidence) if entry.link and entry.link.evidence else None,
        "Verified": _decided(events, VERIFIED).strip() if item.said_verified else None,
        "Other tickets": " ".join(item.links) or None,
        "Owner": item.owner,
        "Due": _due(entry, events),
        "Snoozed": f"until {item.snoozed_until}{_decided(events, SNOOZED)}" if item.snoozed_until else None,
        "Ignored": _decided(events, IGNORED).strip() if item.ignored else None,
        "Not its issue": ", ".join(item.parted) or None,
        "Priority": item.priority,
        "Promised in": f"{document.title or document.path}, {item.section}".rstrip(", "),
        "Source": f"{document.path}:{item.line}",
        "Known since": stamp(item.first_seen),
    }
    console.print(Text(escape.plain(item.text), style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in facts.items():
        if value:
            table.add_row(name, Text(escape.plain(value)))
    for name, others in _others(entry).items():
        for number, other in enumerate(others):
            table.add_row("" if number else name, Text(escape.plain(_promised(other))))
    if entry.offered is not None:
        table.add_row("To decide", Text(escape.plain(_offer(entry, entry.offered)), style="magenta"))
    console.print(table)


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


def _others(entry: Entry) -> dict[str, tuple[Entry, ...]]:
    """The items that share its issue, and those that only say the same."""
    of = entry.goes_with
    shared = {each.item.id for each in (*entry.goes_along, *([of] if of else []))}
    return {
        "Same work as": (of,) if of else (),
        "Stands for": entry.goes_along,
        "Promised too": tuple(each for each in entry.promised_too if each.item.id not in shared),
    }


def _offer(entry: Entry, of: Entry) -> str:
    return f"{offers.already(of.item, of.link, of.document)}. {offers.answers(entry.item.id, of.item.id)}"


def _promised(entry: Entry) -> str:
    """`open, OPS-3, outage.md:12: Set a connection limit`."""
    name = entry.link.ref.key if entry.link else None
    place = f"{entry.document.path}:{entry.item.line}"
    standing = ", ".join(filter(None, (_STATES[entry.item.state][0], name, place)))
    return f"{standing}: {' '.join(entry.item.text.split())}"


def _due(entry: Entry, events: Sequence[Event]) -> str | None:
    """The document's own day or the policy's, and beside it the one that a person let count instead."""
    due, words = entry.due, entry.item.due
    if due is None:
        return words
    if due.source is DueSource.EXTENDED:
        before = flags.original(due, words)
        return f"{f'{before}, ' if before else ''}extended to {due.day}{_decided(events, EXTENDED)}"
    rule = flags.source(due)
    said = f"; the postmortem says “{words}”" if rule and words else ""
    return f"{due.day}, {rule}{said}" if rule else due.day.isoformat()


def _decided(events: Sequence[Event], what: str) -> str:
    """` by Jo: waiting for the vendor`, as the last event of this kind tells."""
    event = latest(events, what)
    if event is None:
        return ""
    why = event.detail.get("why")
    return f" by {person(event.who)}{f': {why}' if why else ''}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return escape.cell(" ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _row(entry: Entry) -> tuple[Text, ...]:
    item, counts = entry.item, entry.due
    due = Text(counts.day.isoformat() if counts else escape.plain(item.due or "")[:10])
    for flag in (Flag.OVERDUE, Flag.DUE_SOON):
        if flag in entry.flags:
            due.stylize(_FLAGS[flag])
    if counts and counts.source is DueSource.EXTENDED:
        due.append(f"\nwas {counts.original or 'open'}", style="dim not bold")
    elif counts and counts.source is DueSource.POLICY:
        due.append("\nby policy", style="dim not bold")
    owner = Text(
        escape.plain(_owner(entry)),
        style="magenta" if entry.flags & {Flag.UNOWNED, Flag.OWNER_UNKNOWN, Flag.OWNER_GONE} else "",
    )
    what = Text(escape.plain(item.text), style="" if not item.state.settled else "dim")
    what.append(f"\n{escape.plain(entry.document.path.rsplit('/', 1)[-1])}:{item.line}", style="dim")
    return Text(item.id, style="dim"), _standing(entry), due, owner, what, _issue_cell(entry)


def _issue_cell(entry: Entry) -> Text:
    """Its issue, or whose stands for it, and what there is to say of that."""
    item = entry.item
    tickets = " ".join(map(ticket_name, item.links))
    link = entry.link or (entry.goes_with.link if entry.goes_with else None)
    issue = Text(link.ref.key if link else escape.plain(tickets) or ("" if item.state.settled else "none"))
    if entry.link and entry.link.gone:
        issue.append(f" ({entry.link.gone.kind.value})")
    if entry.flags & {Flag.UNLINKED, Flag.GHOST, Flag.REMOVED}:
        issue.stylize("magenta")
    for flag in (Flag.DRIFT, Flag.IN_REVIEW, Flag.REMOVED):
        if flag in entry.flags:
            issue.append(f"\n{_OF_ISSUE[flag]}", style="dim not bold")
    if entry.goes_with is not None:
        issue.append("\nsame work", style="dim not bold")
    if entry.offered is not None and entry.offered.link is not None:
        issue.append(f"\nor {entry.offered.link.ref.key}?", style="dim not bold")
    return issue


def _standing(entry: Entry) -> Text:
    """Where the item stands, in a few words."""
    word, style = _STATES[entry.item.state]
    if Flag.OVERDUE in entry.flags:
        word, style = f"{-(entry.days_left or 0)}d late", _FLAGS[Flag.OVERDUE]
    elif Flag.DUE_SOON in entry.flags:
        word, style = "due soon", _FLAGS[Flag.DUE_SOON]
    elif Flag.SNOOZED in entry.flags:
        word, style = f"snoozed until\n{entry.item.snoozed_until}", "dim"
    elif Flag.VERIFIED in entry.flags:
        word = "verified"
    elif Flag.UNEXPLAINED in entry.flags:
        word = f"{word}\nunexplained"
    for flag in (Flag.REOPENED, Flag.STALE):
        if flag in entry.flags:
            word = flag.value if word == "open" else f"{word}\n{flag.value}"
    return Text(word, style=style)


def _owner(entry: Entry) -> str:
    if Flag.UNOWNED in entry.flags:
        return "nobody"
    unknown = [f"{name}?" for name in entry.ownership.unknown]
    known = [f"{owner.name} (left)" if owner.left else owner.name for owner in entry.ownership.known]
    return ", ".join([*known, *unknown]) or entry.item.owner or ""


def _summary(entries: Sequence[Entry], as_of: datetime | None) -> Text:
    counts = [
        f"{sum(entry.item.state is state for entry in entries)} {word}"
        for state, (word, _) in _STATES.items()
        if any(entry.item.state is state for entry in entries)
    ]
    flags = [
        f"{sum(flag in e.flags for e in entries)} {flag.value}"
        for flag in Flag
        if any(flag in e.flags for e in entries)
    ]
    told = f"as of {stamp(as_of)}" if as_of else "issues were never read; run `closeout sync`"
    return Text.assemble((", ".join([*counts, *flags]) or "nothing to show", "bold"), (f"  ({told})", "dim"))
