"""What a reading understood of each stretch of a document, and why: sections, items, fields, what was passed over."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.explanation import Mark, Role
from tracker.parsing.blocks import Block, Kind
from tracker.parsing.candidates import Candidate, Collector
from tracker.parsing.sections import Section
from tracker.parsing.vocabulary import SectionKind

_NO_WORK = {
    SectionKind.RESPONSE: "tells of the response, gives no work",
    SectionKind.LESSONS: "tells what was learnt, gives no work",
    SectionKind.OTHER: "gives no work",
}
_UNTOLD = frozenset({Kind.HEADING, Kind.RULE, Kind.FRONT_MATTER})


def marks(c: Collector) -> tuple[Mark, ...]:
    """All that was understood, by place in the source (bytes). Items are numbered in the document's order."""
    items = list(_items(c.found))
    told = [(mark.start, mark.end) for mark in items if mark.role is Role.ITEM]
    skipped = [Mark(start, end, Role.SKIPPED, why) for start, end, why in c.trace.skipped] if c.trace else []
    told += [(mark.start, mark.end) for mark in skipped]
    found = {*_sections(c, {start for start, _ in told}), *items, *skipped, *_untold(c, told)}
    shift = c.source.shift
    moved = (Mark(mark.start + shift, mark.end + shift, mark.role, mark.why, mark.item) for mark in found)
    return tuple(sorted(moved, key=_place))


def _place(mark: Mark) -> tuple[int, int, str, str, int]:
    return mark.start, -mark.end, mark.role, mark.why, -1 if mark.item is None else mark.item


def _items(found: list[Candidate]) -> Iterator[Mark]:
    for number, candidate in enumerate(found):
        place = f" in “{candidate.section.shown}”" if candidate.section.shown else ""
        yield Mark(candidate.start, candidate.end, Role.ITEM, f"{candidate.why}{place}", number)
        for role, start, end in candidate.fields.marks:
            if start < end:
                yield Mark(start, end, role, item=number)


def _sections(c: Collector, taken: set[int]) -> Iterator[Mark]:
    """The headings, lines and labels that open sections; those that are items themselves left out."""
    for section in c.opened:
        if section.opener < 0:
            continue
        block = c.source.blocks[section.opener]
        if block.start not in taken and not (block.kind is Kind.ITEM and section.kind is None):
            end = block.end if block.kind is Kind.HEADING else _first_line(c, block)
            title = section.level == 1 and section.kind is None and not section.demoted
            yield Mark(block.start, end, Role.SECTION, "title" if title else _says(section))


def _first_line(c: Collector, block: Block) -> int:
    line = c.source.data.find(b"\n", block.start, block.end)
    return block.end if line < 0 else line


def _says(section: Section) -> str:
    if section.is_action:
        said = "gives work" if section.known else "part of the work above"
        said += ", in general statements" if section.role in ("improvement", "broad") else ""
        return said + (", done" if section.done else "")
    if section.demoted:
        return "only discusses work: another section's table tracks it"
    untold = "no name that says what it holds"
    return _NO_WORK.get(section.kind, untold) if section.kind else untold


def _untold(c: Collector, told: list[tuple[int, int]]) -> Iterator[Mark]:
    """Blocks of the outermost level that hold no item, and of which nothing was said yet."""
    starts = sorted(told)
    position = 0
    for block in c.source.blocks:
        if block.parent >= 0 or block.kind in _UNTOLD:
            continue
        while position < len(starts) and starts[position][1] <= block.start:
            position += 1
        if position < len(starts) and starts[position][0] < block.end:
            continue
        section = c.sections[block.index]
        if section.opener != block.index:
            end = block.start + len(c.source.data[block.start : block.end].rstrip())
            yield Mark(block.start, end, Role.SKIPPED, "states no work" if section.is_action else "")
