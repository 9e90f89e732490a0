"""Postmortems in Markdown to action items. `parse` is the whole face: a pure function that never raises.

blocks.py       Markdown events to a flat list of blocks with byte spans
inline.py       a block's words, with marks for links, bold and struck-through text
vocabulary.py   the words people use, as data per language; grammar.py: imperative, promise, report
sections.py     which section a block stands in, and what that section holds
facts.py        front matter, title, incident date, severity
items.py        which blocks are items: lists.py, tables.py, headings.py, prose.py; candidates.py is what these share
reading.py      an item's fields and the words without them: brackets.py, fields.py, dates.py, references.py
"""

from __future__ import annotations

from datetime import date

from tracker.model import Diagnostic, Kind, ParsedDocument, ParsedItem, Span
from tracker.parsing import blocks, facts, vocabulary
from tracker.parsing.candidates import Candidate, Collector
from tracker.parsing.dates import DueReader
from tracker.parsing.fields import FieldReader
from tracker.parsing.items import collect
from tracker.parsing.sections import sections

__all__ = ["parse"]


def parse(path: str, text: str, *, written: date | None = None) -> ParsedDocument:
    """The action items and facts of one document.

    `path` is only carried along. `written` is the day the document was written, if known: due dates such as "within two
    weeks" count from the incident's day, else from it. What is unclear becomes a diagnostic.
    """
    words = vocabulary.load()
    source = blocks.read(text)
    placed = sections(source, words)
    language = words.language(source.text(0, 3_000))
    stated = facts.read(source, placed, words, day_first=None if language == "en" else True)
    dates = DueReader(words, stated.incident_date or written, day_first=stated.day_first)
    reader = FieldReader(words, dates, language)
    collector = Collector(source, placed, words, reader, language)
    found = collect(collector)
    lines = {id(candidate): source.line(candidate.start) for candidate in found}
    apart = any(candidate.section.role not in ("improvement", "broad") for candidate in found)
    items = tuple(_item(candidate, source, lines, apart=apart) for candidate in found)
    problems = [Diagnostic(lines[id(c)], problem) for c in found for problem in c.fields.problems]
    return ParsedDocument(
        path=path,
        title=stated.title,
        incident_date=stated.incident_date,
        severity=stated.severity,
        items=items,
        diagnostics=tuple(sorted([*stated.diagnostics, *collector.diagnostics, *problems], key=lambda d: d.line)),
        id=stated.id,
        private=stated.private,
    )


def _item(candidate: Candidate, source: blocks.Source, lines: dict[int, int], *, apart: bool) -> ParsedItem:
    fields, section = candidate.fields, candidate.section
    general = candidate.general or section.role == "broad" or (apart and section.role == "improvement")
    return ParsedItem(
        text=fields.text,
        line=lines[id(candidate)],
        span=Span(candidate.start + source.shift, candidate.end + source.shift),
        section=facts.section_name(section),
        kind=Kind.IMPROVEMENT if general else Kind.TASK,
        owner=fields.owner,
        due=fields.due,
        due_date=fields.due_date,
        priority=fields.priority,
        links=tuple(fields.links),
        done=True if fields.done is None and section.done else fields.done,
        parent_line=lines[id(candidate.parent)] if candidate.parent is not None else None,
    )
