"""Which blocks are action items: those of lists, tables, headings and prose, in document order."""

from __future__ import annotations

from tracker.parsing import html, tables
from tracker.parsing.blocks import Block, Kind
from tracker.parsing.candidates import Candidate, Collector
from tracker.parsing.headings import HeadingReader
from tracker.parsing.inline import plain
from tracker.parsing.lists import ListReader
from tracker.parsing.prose import ProseReader
from tracker.parsing.reading import read
from tracker.parsing.sections import Section


def collect(c: Collector) -> list[Candidate]:
    """Find all items of a document. One pass over its blocks."""
    headings = HeadingReader(c)
    prose = ProseReader(c, headings)
    lists = ListReader(c, prose)
    c.trust_the_plan()
    c.note_lists()
    skip = 0
    for block in c.source.blocks:
        if block.index < skip:
            continue
        section = c.sections[block.index]
        if block.kind is Kind.ITEM:
            lists.item(block, section)
        elif block.kind is Kind.PARAGRAPH:
            if block.parent < 0 or c.source.blocks[block.parent].kind is Kind.OTHER:
                skip = prose.paragraph(block, section)
        elif block.kind is Kind.HEADING:
            skip = headings.heading(block, section)
        elif block.kind is Kind.TABLE:
            _table(c, block)
            skip = block.after
        elif block.kind is Kind.HTML:
            c.comment(block)
            _html(c, block, section)
    prose.report_unclear()
    return c.found


def _html(c: Collector, block: Block, section: Section) -> None:
    """The rows and list items of HTML in an action section."""
    if not section.is_action:
        return
    text = c.source.text(block.start, block.end)
    grid, at, byte = None, 0, block.start  # the byte of the character `at`
    for part in html.parts(text):
        if part.kind == "tr" and grid is None:
            grid = tables.Grid([plain(cell.text) for cell in part.cells], section, c.words)
            continue
        if part.kind == "tr":
            row = grid.row(part.cells, c.reader) if grid is not None and grid.holds_items else None
            fields, comments = row if row is not None else (None, [])
        else:
            fields, comments = read(c.reader, part.cells[0]), part.cells[0].comments
        start = byte + len(text[at : part.start].encode())
        at, byte = part.end, start + len(text[part.start : part.end].encode())
        if fields is not None and not c.is_silenced(start, comments) and not c.is_empty(fields):
            c.settle(fields, comments)
            c.add(start, byte, fields, section)


def _table(c: Collector, block: Block) -> None:
    section = c.sections[block.index]
    for row in tables.rows(c.source, block, section, c.words, c.reader):
        if not c.is_silenced(row.block.start, row.comments) and not c.is_empty(row.fields):
            c.settle(row.fields, row.comments)
            c.add(row.block.start, row.block.end, row.fields, section)
