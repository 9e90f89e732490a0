"""What `closeout status` and `closeout history` print."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.model import Event, ItemState, Kind
from tracker.policy import Entry, Flag
from tracker.render import escape
from tracker.render.words import stamp
from tracker.report import ticket_name

_STATES = {
    ItemState.OPEN: ("open", ""),
    ItemState.DONE: ("done", "green"),
    ItemState.WONT_DO: ("won't do", "blue"),
    ItemState.DUPLICATE: ("duplicate", "blue"),
    ItemState.REMOVED: ("removed", "dim"),
    ItemState.IGNORED: ("ignored", "dim"),
}
_FLAGS = {Flag.OVERDUE: "bold red", Flag.DUE_SOON: "yellow", Flag.UNLINKED: "magenta"}


class StatusItem(BaseModel):
    """One item as the store knows it. `days_left` is negative when overdue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    days_left: int | None
    priority: str | None
    flags: tuple[Flag, ...]
    target: str | None
    issue: str | None
    issue_url: str | None
    links: tuple[str, ...]


class StatusOutput(BaseModel):
    """`closeout status --format json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    as_of: datetime | None
    today: date
    items: tuple[StatusItem, ...]


def to_json(entries: Sequence[Entry], as_of: datetime | None, today: date) -> str:
    """The entries as JSON, ending in a line break."""
    output = StatusOutput(as_of=as_of, today=today, items=tuple(_wire(entry) for entry in entries))
    return output.model_dump_json(indent=2) + "\n"


def to_csv(entries: Sequence[Entry]) -> str:
    """The entries as CSV with a header."""
    page = io.StringIO()
    writer = csv.DictWriter(page, list(StatusItem.model_fields), lineterminator="\n")
    writer.writeheader()
    for entry in entries:
        row = _wire(entry).model_dump(mode="json")
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


def print_item(entry: Entry, console: Console) -> None:
    """Everything about one item."""
    item, document = entry.item, entry.document
    facts: dict[str, str | None] = {
        "Item": item.id,
        "State": " ".join([_STATES[item.state][0], *(flag.value for flag in sorted(entry.flags))]),
        "Issue": f"{entry.link.ref.key} {entry.link.ref.url}".strip() if entry.link else None,
        "Other tickets": " ".join(item.links) or None,
        "Owner": item.owner,
        "Due": item.due_date.isoformat() if item.due_date else item.due,
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
    console.print(table)


def print_history(entry: Entry, events: Sequence[Event], console: Console) -> None:
    """The story of one item, a line for each event."""
    console.print(Text.assemble((escape.plain(entry.item.text), "bold"), (f"  {entry.item.id}", "dim")))
    for event in events:
        line = Text.assemble((f"{stamp(event.at)}  ", "dim"), _sentence(event))
        console.print(line, soft_wrap=True)


def history_json(entry: Entry, events: Sequence[Event]) -> str:
    """The story as JSON, ending in a line break."""
    output = HistoryOutput(
        item=_wire(entry),
        events=tuple(EventWire(at=e.at, who=e.who, what=e.what, detail=dict(e.detail)) for e in events),
    )
    return output.model_dump_json(indent=2) + "\n"


class EventWire(BaseModel):
    """One event of the audit log."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    who: str
    what: str
    detail: dict[str, Any]


class HistoryOutput(BaseModel):
    """`closeout history ITEM --format json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    item: StatusItem
    events: tuple[EventWire, ...]


def _wire(entry: Entry) -> StatusItem:
    item, link = entry.item, entry.link
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
        due=item.due_date,
        due_words=None if item.due_date else item.due,
        days_left=entry.days_left,
        priority=item.priority,
        flags=tuple(sorted(entry.flags)),
        target=link.ref.target if link else None,
        issue=link.ref.key if link else None,
        issue_url=link.ref.url or None if link else None,
        links=item.links,
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return escape.cell(" ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _row(entry: Entry) -> tuple[Text, ...]:
    item = entry.item
    word, style = _STATES[item.state]
    due = Text(item.due_date.isoformat() if item.due_date else escape.plain(item.due or "")[:10])
    for flag in (Flag.OVERDUE, Flag.DUE_SOON):
        if flag in entry.flags:
            due.stylize(_FLAGS[flag])
    if Flag.OVERDUE in entry.flags:
        word, style = f"{-(entry.days_left or 0)}d late", _FLAGS[Flag.OVERDUE]
    elif Flag.DUE_SOON in entry.flags:
        word, style = "due soon", _FLAGS[Flag.DUE_SOON]
    owner = Text(
        escape.plain(_owner(entry)), style="magenta" if entry.flags & {Flag.UNOWNED, Flag.OWNER_UNKNOWN} else ""
    )
    what = Text(escape.plain(item.text), style="" if not item.state.settled else "dim")
    what.append(f"\n{escape.plain(entry.document.path.rsplit('/', 1)[-1])}:{item.line}", style="dim")
    tickets = " ".join(map(ticket_name, item.links))
    issue = Text(entry.link.ref.key if entry.link else escape.plain(tickets) or ("" if item.state.settled else "none"))
    if Flag.UNLINKED in entry.flags:
        issue.stylize("magenta")
    return Text(item.id, style="dim"), Text(word, style=style), due, owner, what, issue


def _owner(entry: Entry) -> str:
    if Flag.UNOWNED in entry.flags:
        return "nobody"
    unknown = [f"{name}?" for name in entry.ownership.unknown]
    return ", ".join([*(owner.name for owner in entry.ownership.known), *unknown]) or entry.item.owner or ""


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


def _sentence(event: Event) -> Text:
    detail = event.detail
    who = "" if event.who == "closeout" else f"on {event.who} "
    match event.what:
        case "item found":
            said = f"found in {event.document}, line {detail.get('line')}"
        case "item found again":
            said = f"found again through its issue ({event.document})"
        case "item reworded":
            said = f"reworded from “{detail.get('before')}”"
        case "item moved":
            said = f"moved from {detail.get('before')} to {detail.get('after')}"
        case "item removed":
            said = f"left {event.document}"
        case "item returned":
            said = f"is back in {event.document}"
        case "item changed":
            said = f"{detail.get('field')} {_from_to(detail.get('before'), detail.get('after'))}"
        case "issue changed":
            said = f"{who}issue {detail.get('issue')} changed{_more(detail)}"
        case "issue opened" | "issue adopted" | "issue updated" | "issue told" | "twin closed":
            said = f"{event.what.split()[-1]} issue {detail.get('issue')}{_more(detail)}"
        case _:
            said = f"{event.what}: {detail.get('error', '')}".rstrip(": ")
    return Text(escape.plain(said))


def _more(detail: Any) -> str:
    parts = [f"{name} {_from_to(*pair)}" for name, pair in (detail.get("changes") or {}).items()]
    parts += [str(detail["why"])] if detail.get("why") else []
    parts += [f"of {detail['of']}"] if detail.get("of") else []
    parts += [f"the target left out {name}" for name in detail.get("lacking") or ()]
    return f": {'; '.join(parts)}" if parts else ""


def _from_to(before: Any, after: Any) -> str:
    return f"changed from {_shown(before)} to {_shown(after)}"


def _shown(value: Any) -> str:
    if value is None or value == []:
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, list) else f"“{value}”"
