"""What `closeout parse` prints: the command-line contract's JSON, or a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.model import Kind, ParsedDocument, ParsedItem, ticket_name
from tracker.render import escape
from tracker.render.wire import Wire

_FEW_NAMES = 3  # that the heading of a table has room for


class DiagnosticWire(Wire):
    """Something that a person should look at."""

    line: int
    message: str


class ParsedItemWire(Wire):
    """One item; docs/parser.md says what each field means."""

    text: str
    line: int
    section: str
    kind: Kind
    owner: str | None
    due: str | None
    priority: str | None
    links: tuple[str, ...]
    done: bool | None
    parent_line: int | None


class ParsedDocumentWire(Wire):
    """One document."""

    path: str
    title: str | None
    incident_date: date | None
    severity: str | None
    items: tuple[ParsedItemWire, ...]
    diagnostics: tuple[DiagnosticWire, ...]
    started: datetime | date | None
    ended: datetime | date | None
    services: tuple[str, ...]
    authors: tuple[str, ...]


class ParseOutput(Wire):
    """`closeout parse --format json`."""

    version: Literal[1] = 1
    documents: tuple[ParsedDocumentWire, ...]


def to_json(documents: Iterable[ParsedDocument]) -> str:
    """The documents as JSON, ending in a line break."""
    wire = [ParsedDocumentWire.model_validate(document) for document in documents]
    return ParseOutput(documents=tuple(wire)).model_dump_json(indent=2) + "\n"


def print_table(documents: Sequence[ParsedDocument], console: Console) -> None:
    """The documents for people: a table each, and what to look at."""
    for document in documents:
        heading = Text(escape.plain(document.title or document.path), style="bold")
        facts = ", ".join(escape.plain(fact) for fact in (document.path, *_facts(document)))
        console.print(Text.assemble(heading, (f"  {facts}", "dim")))
        if document.items:
            console.print(_items(document.items))
        else:
            console.print(Text("  no action items\n", style="dim"))
        for diagnostic in document.diagnostics:
            console.print(
                Text(f"  {document.path}:{diagnostic.line}: {escape.plain(diagnostic.message)}", style="yellow")
            )
    items = sum(len(document.items) for document in documents)
    console.print(Text(f"{items} items in {len(documents)} documents", style="bold"))


def _facts(document: ParsedDocument) -> Iterator[str]:
    """What the document says of itself, as far as it is short."""
    if when := _when(document):
        yield when
    if document.severity:
        yield document.severity
    for label, names in (("", document.services), ("by ", document.authors)):
        if names:
            more = f" and {len(names) - _FEW_NAMES} more" if len(names) > _FEW_NAMES else ""
            yield label + ", ".join(names[:_FEW_NAMES]) + more


def _when(document: ParsedDocument) -> str:
    start, end = document.started or document.incident_date, document.ended
    told = _moment(start) if start else ""
    if end is None:
        return told
    same = isinstance(start, datetime) and isinstance(end, datetime) and start.date() == end.date()
    return f"{told} – {_moment(end, time_only=same)}" if told else f"until {_moment(end)}"


def _moment(moment: date, *, time_only: bool = False) -> str:
    if not isinstance(moment, datetime):
        return moment.isoformat()
    zone = "" if moment.tzinfo is None else "Z" if moment.utcoffset() == timedelta() else f"{moment:%z}"
    return f"{moment:%H:%M}{zone}" if time_only else f"{moment:%Y-%m-%d %H:%M}{zone}"


def _items(items: Iterable[ParsedItem]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("Line", justify="right")
    table.add_column("What was promised", ratio=1)
    table.add_column("Owner", max_width=20)
    table.add_column("Due", max_width=16)
    table.add_column("Priority")
    table.add_column("Ticket", max_width=20, overflow="fold")
    for item in items:
        text = Text(escape.plain(item.text), style="dim strike" if item.done else "")
        if item.kind is Kind.IMPROVEMENT:
            text.append("  improvement", style="cyan not strike")
        if item.done:
            text.append("  done", style="green not strike")
        due = item.due_date.isoformat() if item.due_date else item.due or ""
        cells = [item.owner or "", due, item.priority or "", " ".join(map(ticket_name, item.links))]
        table.add_row(str(item.line), text, *(Text(escape.plain(cell)) for cell in cells))
    return table
