"""What `closeout status ITEM` prints: everything about one item."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors import Issue, IssueState
from tracker.agreement import Change
from tracker.decisions import EXTENDED, IGNORED, SNOOZED, VERIFIED, latest
from tracker.due import DueSource
from tracker.model import Event, JournalEntry, Link, Outcome
from tracker.policy import Entry, Flag
from tracker.render import escape, evidence, flags, gone, offers
from tracker.render.history import EventWire, event_wire, print_events
from tracker.render.status import StatusOutput, wire
from tracker.render.wire import Wire
from tracker.render.wording import STATES, person, stamp
from tracker.standing import About

_LATEST = 10


class IssueWire(Wire):
    """The issue as its target last told it."""

    title: str
    state: IssueState
    assignees: tuple[str, ...]
    labels: tuple[str, ...]
    author: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    linked_at: datetime


class InDoubtWire(Wire):
    """A write whose outcome nobody knows: the next sync looks for what became of it."""

    target: str
    action: str
    outcome: Outcome
    at: datetime
    detail: str


class DriftWire(Wire):
    """A field changed on the issue where the document's word counts: what was agreed, and what stands there."""

    field: str
    agreed: str | list[str] | None
    issue: str | list[str] | None


class ItemOutput(StatusOutput):
    """`closeout status ITEM --format json`: as for many items, `items` being this one, and all else that is known.

    `source` is the document's page with the line, where it has one; `events` are its history, oldest first.
    """

    source: str | None
    linked: IssueWire | None
    drift: tuple[DriftWire, ...]
    in_doubt: tuple[InDoubtWire, ...]
    events: tuple[EventWire, ...]


def to_json(about: About) -> str:
    """All of it as JSON, ending in a line break."""
    entry = about.entry
    output = ItemOutput(
        as_of=about.as_of,
        today=about.today,
        items=(wire(entry),),
        source=_source(about),
        linked=_issue_wire(entry.link) if entry.link else None,
        drift=tuple(DriftWire(field=each.field, agreed=each.before, issue=each.after) for each in about.drift),
        in_doubt=tuple(map(_in_doubt_wire, about.in_doubt)),
        events=tuple(map(event_wire, about.events)),
    )
    return output.model_dump_json(indent=2) + "\n"


def print_about(about: About, console: Console) -> None:
    """All of it for people: its fields, its issue, what is in doubt, and what happened last."""
    entry = about.entry
    _print_fields(entry, about.events, console)
    more = Table(box=None, show_header=False, pad_edge=False)
    more.add_column(style="dim", no_wrap=True, min_width=len("Known since"))
    more.add_column(overflow="fold")
    if (source := _source(about)) is not None:
        more.add_row("Page", Text(source))
    if entry.days_left is not None:
        more.add_row("Days left", str(entry.days_left))
    for name, value in _issue_facts(entry.link.issue).items() if entry.link else ():
        more.add_row(name, Text(escape.plain(value)))
    for number, change in enumerate(about.drift):
        more.add_row("" if number else "Disagrees", Text(escape.plain(_drift(change)), style="yellow"))
    for number, doubt in enumerate(about.in_doubt):
        more.add_row("" if number else "In doubt", Text(escape.plain(_doubt(doubt)), style="yellow"))
    more.add_row("As of", Text(stamp(about.as_of) if about.as_of else "issues were never read"))
    console.print(more)
    if about.events:
        earlier = len(about.events) - _LATEST
        hint = f"  ({earlier} earlier ones: closeout history {entry.item.id})" if earlier > 0 else ""
        console.print(Text.assemble(("\nHistory", "bold"), (hint, "dim")))
        print_events(about.events[-_LATEST:], console)


def _print_fields(entry: Entry, events: Sequence[Event], console: Console) -> None:
    """Everything about one item; its events tell who decided what stands of it, and why."""
    item, document = entry.item, entry.document
    facts: dict[str, str | None] = {
        "Item": item.id,
        "State": ": ".join(filter(None, (STATES[item.state], flags.sentence(entry.flags)))),
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
    return f"{offers.already(entry.item, of.item, of.link, of.document)}. {offers.answers(entry.item.id, of.item.id)}"


def _promised(entry: Entry) -> str:
    """`open, OPS-3, outage.md:12: Set a connection limit`."""
    name = entry.link.ref.key if entry.link else None
    place = f"{entry.document.path}:{entry.item.line}"
    standing = ", ".join(filter(None, (STATES[entry.item.state], name, place)))
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


def _source(about: About) -> str | None:
    """Hosts that show files of a repository name lines alike."""
    page = escape.url(about.entry.document.web_url)
    return f"{page}#L{about.entry.item.line}" if page else None


def _issue_facts(issue: Issue) -> dict[str, str]:
    facts = {
        "Issue says": issue.title,
        "Issue state": f"{issue.state.value.replace('_', ' ')}, updated {stamp(issue.updated_at)}",
        "Assigned to": ", ".join(sorted(issue.assignees)) or "nobody",
        "Labels": ", ".join(sorted(issue.labels)),
    }
    return {name: value for name, value in facts.items() if value}


def _drift(change: Change) -> str:
    """`due: 2026-12-01 on the issue, 2026-11-20 was agreed`."""
    agreed, issue = (_value(side) for side in (change.before, change.after))
    return f"{change.field}: {issue} on the issue, {agreed} was agreed"


def _value(side: str | list[str] | None) -> str:
    return ", ".join(side) if isinstance(side, list) else side or "nothing"


def _doubt(entry: JournalEntry) -> str:
    when = stamp(entry.sent_at or entry.intended_at)
    return f"{entry.action} in {entry.target}, {when}: {entry.detail or 'no answer was recorded'}"


def _issue_wire(link: Link) -> IssueWire:
    issue = link.issue
    return IssueWire(
        title=issue.title,
        state=issue.state,
        assignees=tuple(sorted(issue.assignees)),
        labels=tuple(sorted(issue.labels)),
        author=issue.author,
        created_at=issue.created_at,
        updated_at=issue.updated_at,
        closed_at=issue.closed_at,
        linked_at=link.linked_at,
    )


def _in_doubt_wire(entry: JournalEntry) -> InDoubtWire:
    return InDoubtWire(
        target=entry.target,
        action=entry.action,
        outcome=entry.outcome,
        at=entry.sent_at or entry.intended_at,
        detail=entry.detail,
    )
