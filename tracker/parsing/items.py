"""Which blocks are action items: those of lists, tables, headings and prose, in document order."""

from __future__ import annotations

from tracker.parsing import html, tables
from tracker.parsing.blocks import HEADING, HTML, ITEM, OTHER, PARAGRAPH, TABLE, Block
from tracker.parsing.candidates import Candidate, Collector
from tracker.parsing.headings import HeadingReader
from tracker.parsing.inline import plain
from tracker.parsing.lists import ListReader
from tracker.parsing.prose import ProseReader
from tracker.parsing.reading import read
from tracker.parsing.sections import Section
from tracker.parsing.templates import is_template


def collect(c: Collector) -> list[Candidate]:
    """Find all items of a document. One pass over its blocks."""
    headings = HeadingReader(c)
    prose = ProseReader(c, headings)
    lists = ListReader(c, prose)
    c.trust_the_plan()
    c.pass_over_digests()
    c.note_lists()
    skip, blocks = 0, c.source.blocks
    for block, section in zip(blocks, c.sections, strict=True):
        if block.index < skip:
            continue
        kind = block.kind
        if kind is ITEM:
            if section.is_action or lists.may_be_work(block):
                lists.item(block, section)
        elif kind is PARAGRAPH:
            if block.parent < 0 or blocks[block.parent].kind is OTHER:
                skip = prose.paragraph(block, section)
        elif kind is HEADING and section.is_action and not section.known:
            skip = headings.heading(block, section)
        elif kind is TABLE:
            skip = _table(c, block)
        elif kind is HTML:
            c.comment(block)
            _html(c, block, section)
    _conclude(c, prose)
    return c.found


def _conclude(c: Collector, prose: ProseReader) -> None:
    """What can only be said at the end of a document."""
    if not c.found and not any(section.is_action for section in c.opened):
        prose.pledges()
    prose.report_unclear()
    if c.found and is_template(c.source, c.found[0].start):
        c.drop_template()


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
            fields, comments = row if row is not None else (None, ())
        else:
            fields, comments = read(c.reader, part.cells[0]), part.cells[0].comments
        start = byte + len(text[at : part.start].encode())
        at, byte = part.end, start + len(text[part.start : part.end].encode())
        if fields is not None and not c.is_silenced(start, comments) and not c.is_empty(fields):
            c.settle(fields, comments)
            c.add(start, byte, fields, section, "row of an HTML table" if part.kind == "tr" else "item of an HTML list")


def _table(c: Collector, block: Block) -> int:
    """The rows of a table. Returns the index up to which it took the blocks."""
    section, found = c.sections[block.index], len(c.found)
    for row in tables.rows(c.source, block, section, c.words, c.reader):
        if not c.is_silenced(row.block.start, row.comments) and not c.is_empty(row.fields):
            c.settle(row.fields, row.comments)
            c.add(row.block.start, row.block.end, row.fields, section, "row of a table")
    if len(c.found) == found and section.is_action:
        c.skip(block.start, block.end, "no column names work, or no row is filled in")
    return block.after
