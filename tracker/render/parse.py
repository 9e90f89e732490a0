"""What `closeout parse` prints: the command-line contract's JSON, or a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.model import Kind, ParsedDocument, ParsedItem
from tracker.render import escape
from tracker.report import ticket_name


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class DiagnosticWire(_Wire):
    """Something that a person should look at."""

    line: int
    message: str


class ParsedItemWire(_Wire):
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


class ParsedDocumentWire(_Wire):
    """One document."""

    path: str
    title: str | None
    incident_date: date | None
    severity: str | None
    items: tuple[ParsedItemWire, ...]
    diagnostics: tuple[DiagnosticWire, ...]


class ParseOutput(_Wire):
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
        facts = [str(document.incident_date)] if document.incident_date else []
        facts += [document.severity] if document.severity else []
        heading = Text(escape.plain(document.title or document.path), style="bold")
        console.print(Text.assemble(heading, ("  " + ", ".join([document.path, *facts]), "dim")))
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
