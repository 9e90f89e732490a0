"""Postmortems in Markdown to action items. `parse` is a pure function that never raises; `teach` makes its words.

blocks.py       Markdown events to a flat list of blocks with byte spans
inline.py       a block's words, with marks for links, bold and struck-through text
vocabulary.py   the words people use, as data per language; folding.py: how they are compared; naming.py: what the name
                of a section says; grammar.py: imperative, promise, report
teaching.py     a team's own words beside them; verbs.py: whether an item lacks a verb
sections.py     which section a block stands in, and what that section holds
facts.py        what the document says of itself: front matter, title, and what labels state near its top
statements.py   those labels; moments.py: dates with times and zones
items.py        which blocks are items: lists.py, tables.py, headings.py, prose.py; candidates.py is what these share
explaining.py   what was understood of each stretch and why, for people; trace.py: notes on what was passed over
templates.py    documents that nobody has filled in; many.py: many documents on all cores
reading.py      an item's fields and the words without them: brackets.py, labels.py, tickets.py, fields.py, dates.py,
                references.py, remainder.py
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

from tracker.explanation import Explanation
from tracker.model import Diagnostic, Kind, ParsedDocument, ParsedItem, Span
from tracker.parsing import blocks, facts, vocabulary
from tracker.parsing.candidates import Candidate, Collector
from tracker.parsing.dates import DueReader, reads_day_first
from tracker.parsing.explaining import marks
from tracker.parsing.fields import FieldReader
from tracker.parsing.items import collect
from tracker.parsing.sections import sections
from tracker.parsing.teaching import edition, teach
from tracker.parsing.trace import Trace
from tracker.parsing.verbs import lacks_verb, language_of
from tracker.parsing.vocabulary import Vocabulary

__all__ = ["Vocabulary", "edition", "explain", "lacks_verb", "language_of", "parse", "teach"]

_BOM = b"\xef\xbb\xbf"
_DATES_WITHIN = 200_000  # bytes from the top that show how the document writes dates


def parse(
    path: str,
    text: str,
    *,
    written: date | None = None,
    words: Vocabulary | None = None,
    day_first: bool | None = None,
) -> ParsedDocument:
    """The action items and facts of one document.

    `path` is only carried along. `written` is the day the document was written, if known: due dates such as "within two
    weeks" count from the incident's day, else from it. `words` is a vocabulary from `teach`; without one the shipped
    words do. `day_first` says how 04/05/2026 is read; without it the document's other dates and its language tell. What
    is unclear becomes a diagnostic.
    """
    return _read(path, text, written, words, day_first)[0]


def explain(
    path: str,
    text: str,
    *,
    written: date | None = None,
    words: Vocabulary | None = None,
    day_first: bool | None = None,
) -> Explanation:
    """What `parse` makes of a document, with the bytes that told of it, and why; for people to look at."""
    document, collector = _read(path, text, written, words, day_first, Trace())
    source = collector.source
    return Explanation(document, _BOM[: source.shift] + source.data, marks(collector))


def _read(
    path: str,
    text: str,
    written: date | None,
    words: Vocabulary | None,
    day_first: bool | None,  # noqa: FBT001 - as the public functions have it, by name
    trace: Trace | None = None,
) -> tuple[ParsedDocument, Collector]:
    words = vocabulary.load() if words is None else words
    source = blocks.read(text)
    placed = sections(source, words)
    language = words.language(source.text(0, 3_000))
    stated = facts.read(source, placed, words, day_first=_order(source, language) if day_first is None else day_first)
    dates = DueReader(words, stated.incident_date or written, day_first=stated.day_first)
    reader = FieldReader(words, dates, language, source if trace else None)
    collector = Collector(source, placed, words, reader, language, trace)
    found = collect(collector)
    lines = {id(candidate): source.line(candidate.start) for candidate in found}
    apart = any(candidate.section.role not in ("improvement", "broad") for candidate in found)
    items = tuple(_item(candidate, source, lines, apart=apart) for candidate in found)
    problems = [Diagnostic(lines[id(c)], problem) for c in found for problem in c.fields.problems]
    document = ParsedDocument(
        path=path,
        title=stated.title,
        incident_date=stated.incident_date,
        severity=stated.severity,
        started=stated.started,
        ended=stated.ended,
        services=stated.services,
        authors=stated.authors,
        items=items,
        diagnostics=tuple(sorted([*stated.diagnostics, *collector.diagnostics, *problems], key=lambda d: d.line)),
        id=stated.id,
        private=stated.private,
    )
    return document, collector


def _order(source: blocks.Source, language: str) -> Callable[[], bool | None]:
    """How a document's numeric dates are read: as those that can be read in one way only, else as its language does."""

    @cache
    def day_first() -> bool | None:
        told = reads_day_first(source.text(0, _DATES_WITHIN))
        return True if told is None and language != "en" else told

    return day_first


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
