"""Which blocks are action items: those of lists, tables, headings and prose, in document order."""

from __future__ import annotations

from tracker.parsing import tables
from tracker.parsing.blocks import Block, Kind
from tracker.parsing.candidates import Candidate, Collector
from tracker.parsing.headings import HeadingReader
from tracker.parsing.lists import ListReader
from tracker.parsing.prose import ProseReader


def collect(c: Collector) -> list[Candidate]:
    """Find all items of a document. One pass over its blocks."""
    headings = HeadingReader(c)
    prose = ProseReader(c, headings)
    lists = ListReader(c, prose)
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
    prose.report_unclear()
    return c.found


def _table(c: Collector, block: Block) -> None:
    section = c.sections[block.index]
    for row in tables.rows(c.source, block, section, c.words, c.reader):
        if not c.is_silenced(row.block.start, row.comments) and not c.is_empty(row.fields):
            c.add(row.block.start, row.block.end, row.fields, section)
