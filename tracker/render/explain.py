"""What `closeout parse --explain` prints: the document itself, coloured by what was understood of it, and why."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import accumulate
from typing import Literal

from rich.console import Console
from rich.text import Text

from tracker.explanation import FIELDS, Explanation, Mark, Role
from tracker.model import Kind
from tracker.render import escape
from tracker.render.parse import ParsedDocumentWire
from tracker.render.wire import Wire

_STYLES: Mapping[Role, str] = {
    Role.SECTION: "bold cyan",
    Role.ITEM: "bold",
    Role.OWNER: "bold white on blue",
    Role.DUE: "black on bright_magenta",
    Role.PRIORITY: "black on bright_yellow",
    Role.STATUS: "black on bright_green",
    Role.TICKET: "black on bright_cyan",
    Role.SKIPPED: "dim",
}
# The first that a line has is shown
_BARS: Mapping[Role, tuple[str, str]] = {
    Role.ITEM: ("┃", "bold green"),
    Role.SECTION: ("§", "bold cyan"),
    Role.SKIPPED: ("·", "dim"),
}


class MarkWire(Wire):
    """A stretch of the document: what it was understood to be, and why. `item` counts the document's items from 0."""

    start: int
    end: int
    line: int
    role: Role
    why: str
    item: int | None


class ExplainedDocumentWire(ParsedDocumentWire):
    """One document with all that was understood of it. `start` and `end` of a mark are bytes."""

    marks: tuple[MarkWire, ...]


class ExplainOutput(Wire):
    """`closeout parse --explain --format json`."""

    version: Literal[1] = 1
    documents: tuple[ExplainedDocumentWire, ...]


def to_json(explained: Iterable[Explanation]) -> str:
    """The documents with their marks as JSON, ending in a line break."""
    documents = []
    for explanation in explained:
        lines = _Lines(explanation.data)
        told = [{**asdict(mark), "line": lines.number(mark.start) + 1} for mark in explanation.marks]
        plain = ParsedDocumentWire.model_validate(explanation.document).model_dump()
        documents.append(ExplainedDocumentWire.model_validate({**plain, "marks": told}))
    return ExplainOutput(documents=tuple(documents)).model_dump_json(indent=2) + "\n"


def print_documents(explained: Sequence[Explanation], console: Console) -> None:
    """The documents for people, with a legend on top."""
    legend = Text("  ").join([Text(f" {role} ", style=_STYLES[role]) for role in FIELDS])
    bars = Text("  ").join([Text.assemble(_BARS[role], f" {role}") for role in _BARS])
    console.print(Text.assemble(bars, "   ", legend), "")
    for explanation in explained:
        _print_document(explanation, console)


def _print_document(explanation: Explanation, console: Console) -> None:
    document = explanation.document
    items, words = len(document.items), "item" if len(document.items) == 1 else "items"
    console.print(Text.assemble((escape.plain(document.path), "bold"), f"  {items} {words}"))
    lines = _Lines(explanation.data)
    notes = _notes(explanation, lines)
    marks = _by_line(explanation.marks, lines)
    width = len(str(len(lines.starts)))
    for number in range(len(lines.starts)):
        bar, style = _bar(marks[number])
        gutter = Text.assemble((f"{number + 1:>{width}} ", "dim"), (f"{bar} ", style))
        console.print(gutter + _coloured(marks[number], lines, number), soft_wrap=True, highlight=False)
        for note, style in notes.get(number, ()):
            console.print(Text(f"{' ' * width}   ↳ {note}", style=style), soft_wrap=True, highlight=False)
    for diagnostic in document.diagnostics:
        console.print(Text(f"{document.path}:{diagnostic.line}: {escape.plain(diagnostic.message)}", style="yellow"))
    console.print()


class _Lines:
    """A document's lines: where each starts, and which one a byte is on, both counted from 0."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        ends = list(accumulate(map(len, data.splitlines(keepends=True))))
        self.starts = [0, *ends[:-1]] if ends else []
        self.ends = ends

    def number(self, position: int) -> int:
        return max(bisect.bisect_right(self.starts, position) - 1, 0)


def _coloured(marks: Sequence[Mark], lines: _Lines, number: int) -> Text:
    """One line in the colours of what it holds; inner stretches win over those around them."""
    start, end = lines.starts[number], lines.ends[number]
    text = lines.data[start:end].decode("utf-8", "replace").rstrip("\r\n")
    out = Text(escape.visible(text))
    for mark in marks:
        first = len(lines.data[start : max(mark.start, start)].decode("utf-8", "replace"))
        last = len(lines.data[start : min(mark.end, end)].decode("utf-8", "replace"))
        out.stylize(_STYLES[mark.role], first, min(last, len(text)))
    return out


def _by_line(marks: Iterable[Mark], lines: _Lines) -> defaultdict[int, list[Mark]]:
    """The marks that each line holds a part of, in their order."""
    out: defaultdict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        for number in range(lines.number(mark.start), lines.number(mark.end - 1) + 1):
            out[number].append(mark)
    return out


def _bar(marks: Iterable[Mark]) -> tuple[str, str]:
    """What stands before a line; an item's bar wins over a section's, and that over what is skipped."""
    roles = {mark.role for mark in marks}
    return next((bar for role, bar in _BARS.items() if role in roles), (" ", ""))


def _notes(explanation: Explanation, lines: _Lines) -> dict[int, list[tuple[str, str]]]:
    """What is said below each line: an item's number, fields and reason; why a section gives work, or a block none."""
    out: dict[int, list[tuple[str, str]]] = {}
    for mark in explanation.marks:
        if mark.role is Role.ITEM and mark.item is not None:
            item = explanation.document.items[mark.item]
            fields = [
                f"{name} {escape.plain(value)}"
                for name, value in (("owner", item.owner), ("due", item.due), ("priority", item.priority))
                if value
            ]
            fields += [f"ticket {escape.plain(' '.join(item.links))}"] if item.links else []
            fields += [] if item.done is None else ["done" if item.done else "open"]
            kind = "item" if item.kind is Kind.TASK else item.kind
            note = " · ".join([f"{kind} {mark.item + 1}", *fields, escape.plain(mark.why)])
            style = "italic green"
        elif mark.role in (Role.SECTION, Role.SKIPPED) and mark.why:
            note, style = escape.plain(mark.why), "italic dim"
        else:
            continue
        out.setdefault(lines.number(max(mark.end - 1, mark.start)), []).append((note, style))
    return out
