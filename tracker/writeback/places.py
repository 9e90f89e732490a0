"""Where in the source an item's link and check mark stand. Pure.

A place is found from the item's span and the document's blocks. The first place offered is the one that the
documentation names; others follow for items that would be read otherwise with the link there. What is offered is always
an insertion, and a check mark one byte for another: nothing that people wrote goes.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from tracker.model import ParsedItem
from tracker.parsing import Vocabulary, blocks
from tracker.parsing.blocks import Block, Kind, cells
from tracker.parsing.inline import plain, text_of
from tracker.parsing.sections import Section, sections
from tracker.parsing.tables import Grid
from tracker.writeback.wishes import Reference

Event: TypeAlias = tuple[Any, dict[str, int]]

_BOX = re.compile(rb"\[([ xX])\]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CELL = re.compile(rb"<t[dh]\b[^>]*>(.*?)</t[dh]\s*>", re.IGNORECASE | re.DOTALL)
_NESTED = re.compile(rb"<(?:[uo]l\b|/li\b)", re.IGNORECASE)
_STOP = re.compile(r"[.!?;。！？；]+\Z")
_GROUP = re.compile(r"\s*[(（\[][^()（）\[\]]{0,200}[)）\]]\Z")
_DASH = re.compile(r"\s+(?:—|–|-|--|\|)\s+[^—–|]{0,120}\Z")
_REACH = 1_000  # bytes before the end of an item's words in which fields may stand that a link had better precede
_WHITE = b" \t\r\n\x0b\x0c"
_HOLDING = frozenset({Kind.ITEM, Kind.ROW, Kind.TABLE, Kind.HEADING, Kind.PARAGRAPH, Kind.HTML})
_CLOSED = ("Link", "Image")  # nothing can be put inside of these


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` instead of the bytes from `start` to `end` of a text's UTF-8; an insertion where both are the same."""

    start: int
    end: int
    text: str


class Refused(Exception):
    """There is no place; the message says why."""


class Page:
    """A document taken apart once, to look for the places of several items."""

    def __init__(self, text: str, words: Vocabulary) -> None:
        self.words, self.source = words, blocks.read(text)
        self.data, self.shift = self.source.data, self.source.shift
        self._sections: list[Section] | None = None

    def links(self, item: ParsedItem, reference: Reference) -> list[Edit]:
        """Where the item's link can go, the best place first.

        Raises:
            Refused: nowhere.
        """
        found = dict.fromkeys(self._links(item, reference))
        return [Edit(edit.start + self.shift, edit.end + self.shift, edit.text) for edit in found]

    def mark(self, item: ParsedItem, *, done: bool) -> Edit | None:
        """The check mark set or cleared; None for an item without a box, or whose box says so already."""
        box = self._box(item)
        if box is None or (self.data[box : box + 1] != b" ") == done:
            return None
        return Edit(box + self.shift, box + self.shift + 1, "x" if done else " ")

    def _links(self, item: ParsedItem, reference: Reference) -> Iterator[Edit]:
        block = self._block(item)
        if block.kind is Kind.HTML:
            yield from self._in_html(item, block, reference)
        elif block.kind is Kind.ROW:
            yield from self._in_row(block, reference)
        elif block.kind is Kind.TABLE:
            yield from self._in_pairs(block, reference)
        else:
            words = self._own_words(block)
            for place in self._in_words(words, item, self._end(item)):
                yield Edit(place, place, f" ({_markdown(reference)})")

    def _start(self, item: ParsedItem) -> int:
        return item.span.start - self.shift

    def _end(self, item: ParsedItem) -> int:
        return item.span.end - self.shift

    def _block(self, item: ParsedItem) -> Block:
        """The block that the item stands in: list item, row, heading, paragraph, HTML; a table of names and values."""
        start, blocks = self._start(item), self.source.blocks
        number = bisect.bisect_right(blocks, start, key=lambda block: block.start) - 1
        here = number
        while here >= 0 and blocks[here].start == start:  # an item, its list and its table start at one byte
            if blocks[here].kind in (Kind.ITEM, Kind.ROW, Kind.TABLE):
                return blocks[here]
            here -= 1
        while number >= 0 and (blocks[number].end <= start or blocks[number].kind not in _HOLDING):
            number = blocks[number].parent
        if number < 0:
            raise Refused("its place in the source can't be told")
        return blocks[number]

    def _own_words(self, block: Block) -> Block:
        """The leaf with an item's words: of a list item its first paragraph."""
        if block.kind is not Kind.ITEM:
            return block
        if block.index + 1 < block.after and self.source.blocks[block.index + 1].kind is Kind.PARAGRAPH:
            return self.source.blocks[block.index + 1]
        raise Refused("the list item has no words of its own")

    def _events(self, leaf: Block, end: int) -> list[Event]:
        """What stands in a leaf up to a byte."""
        return [event for event in self.source.events[leaf.first : leaf.last] if event[1]["start"] < end]

    # Words: list items, headings, paragraphs, sentences, cells

    def _in_words(self, leaf: Block, item: ParsedItem, end: int) -> Iterator[int]:
        """Places in running words: their end; else before a full stop, closing brackets or what follows a dash."""
        events = self._events(leaf, end)
        places = list(_ends(events, end, self.data))
        if not places:
            raise Refused("it has no words that a link could follow")
        first = _first_line(events, self.data)
        whole = [*([first] if first is not None else []), *places]
        stops = [stop for place in whole if (stop := self._before(leaf, place, _STOP)) is not None]
        yield from (*whole, *stops)
        for place in whole:
            for pattern in (_GROUP, _DASH):
                before: int | None = place
                while before is not None and (before := self._before(leaf, before, pattern)) is not None:
                    yield before
        if (after := self._after_text(leaf, item, places[0])) is not None:
            yield after

    def _before(self, leaf: Block, place: int, pattern: re.Pattern[str]) -> int | None:
        """The place before what `pattern` finds at the end of the words up to `place`; inside no link or code."""
        start = max(leaf.start, place - _REACH)
        text = self.source.text(start, place)
        match = pattern.search(text)
        if match is None or (start == leaf.start and not text[: match.start()].strip()):
            return None
        found = place - len(text[match.start() :].encode())
        return found if self._is_plain(leaf, found) else None

    def _is_plain(self, leaf: Block, place: int) -> bool:
        """True where no link, picture, code or tag is open."""
        for event, span in self.source.events[leaf.first : leaf.last]:
            if span["start"] < place < span["end"] and not _is_open(event):
                return False
        return True

    def _after_text(self, leaf: Block, item: ParsedItem, end: int) -> int | None:
        """Behind the last of the words that the parser kept as the item's text."""
        last = item.text.rsplit(" ", 1)[-1].rstrip(".,;:!?")
        found = self.data.rfind(last.encode(), leaf.start, end) if last else -1
        place = found + len(last.encode())
        return place if found >= 0 and self._is_plain(leaf, place) else None

    # Tables

    def _grid(self, table: Block) -> Grid:
        if self._sections is None:
            self._sections = sections(self.source, self.words)
        head = cells(self.source, self.source.blocks[table.index + 1])
        names = [plain(text_of(self.source, cell)) for cell in head]
        return Grid(names, self._sections[table.index], self.words)

    def _in_row(self, row: Block, reference: Reference) -> Iterator[Edit]:
        grid = self._grid(self.source.blocks[row.parent])
        line = cells(self.source, row)
        there = [cell for cell in line if self._is_there(cell, row)]
        if "ticket" in grid.columns:
            number = grid.columns.index("ticket")
            if number < len(there):
                yield self._in_cell(there[number], reference)
            elif number == len(there):
                yield self._new_cell(row, reference)
        if grid.place < len(there):
            yield from self._after_words(there[grid.place], reference)

    def _is_there(self, cell: Block, row: Block) -> bool:
        """False for a cell that the row leaves out: the parser adds an empty one behind its end."""
        return cell.start < cell.end or (cell.start < row.end and self.data[cell.start - 1 : cell.start] == b"|")

    def _in_cell(self, cell: Block, reference: Reference) -> Edit:
        """A link in a ticket column's cell: behind what stands there, else between its blanks."""
        link = _markdown(reference)
        places = list(_ends(self._events(cell, cell.end), cell.end, self.data))
        if places:
            return Edit(places[0], places[0], f" {link}")
        width = cell.end - cell.start
        if width > 1:
            return Edit(cell.start + 1, cell.start + 1, link)
        return Edit(cell.start, cell.start, f" {link}" if width else f" {link} ")

    def _new_cell(self, row: Block, reference: Reference) -> Edit:
        """The cell that a row leaves out at its end."""
        end = row.start + len(self.data[row.start : row.end].rstrip(_WHITE))
        closed = self.data[end - 1 : end] == b"|"
        return Edit(end, end, f" {_markdown(reference)} |" if closed else f" | {_markdown(reference)}")

    def _after_words(self, cell: Block, reference: Reference) -> Iterator[Edit]:
        for place in _ends(self._events(cell, cell.end), cell.end, self.data):
            yield Edit(place, place, f" ({_markdown(reference)})")

    def _in_pairs(self, table: Block, reference: Reference) -> Iterator[Edit]:
        """A table of names and values that is one item: the value of its ticket, else of the item itself."""
        lines = [cells(self.source, line) for line in self.source.blocks[table.index + 1 : table.after]]
        named = {self.words.column(plain(text_of(self.source, line[0]))): line[1] for line in lines if len(line) > 1}
        if (ticket := named.get("ticket")) is not None:
            yield self._in_cell(ticket, reference)
        if (own := named.get("item")) is not None:
            yield from self._after_words(own, reference)

    # HTML

    def _in_html(self, item: ParsedItem, block: Block, reference: Reference) -> Iterator[Edit]:
        """A row or list item of HTML, where every tag is closed and no Markdown is understood."""
        if "&" in reference.url:
            raise Refused("the issue's address can't be written into HTML as it is")
        anchor = f'<a href="{reference.url}">{reference.label}</a>' if reference.url else reference.label
        start, end = self._start(item), self._end(item)
        part = self.data[start:end]
        if part[:3].lower() == b"<li":
            place = self._html_end(start + part.index(b">") + 1, end)
            yield Edit(place, place, f" ({anchor})")
            return
        values, grid = [match.span(1) for match in _CELL.finditer(part)], self._html_grid(block, start)
        if grid is None or len(values) < len(grid.columns):
            raise Refused("the HTML table is not one whose cells all are there and closed")
        if "ticket" in grid.columns:
            place = start + values[grid.columns.index("ticket")][1]
            yield Edit(place, place, anchor)
        first, last = values[grid.place]
        place = self._html_end(start + first, start + last)
        yield Edit(place, place, f" ({anchor})")

    def _html_end(self, start: int, end: int) -> int:
        """Where the words between two bytes of HTML end, before lists in them."""
        nested = _NESTED.search(self.data, start, end)
        end = nested.start() if nested else end
        return start + len(self.data[start:end].rstrip(_WHITE))

    def _html_grid(self, block: Block, start: int) -> Grid | None:
        """The columns of the HTML table whose row starts at a byte, from the first row of its block."""
        if self._sections is None:
            self._sections = sections(self.source, self.words)
        head = self.data.lower().find(b"<tr", block.start, start)
        close = self.data.lower().find(b"</tr", head, start)
        if head < 0 or close < 0:
            return None
        names = [
            plain(re.sub(r"<[^>]*>", "", self.source.text(*match.span(1))))
            for match in _CELL.finditer(self.data, head, close)
        ]
        return Grid(names, self._sections[block.index], self.words) if names else None

    # Check boxes

    def _box(self, item: ParsedItem) -> int | None:
        """The byte between the brackets of the item's check box."""
        try:
            block = self._block(item)
        except Refused:
            return None
        if block.kind is Kind.ITEM and block.detail is not None:
            match = _BOX.search(self.data, block.start, block.end)
            return match.start(1) if match else None
        if block.kind is Kind.ROW:
            return self._status_box(block)
        if block.kind in (Kind.ITEM, Kind.PARAGRAPH, Kind.HEADING):
            end = self._end(item)
            match = _BOX.fullmatch(self.data, end - len(b"[ ]"), end)
            return match.start(1) if match else None
        return None

    def _status_box(self, row: Block) -> int | None:
        grid, line = self._grid(self.source.blocks[row.parent]), cells(self.source, row)
        for cell, column in zip(line, grid.columns, strict=False):
            text = self.data[cell.start : cell.end]
            inside = cell.start + len(text) - len(text.lstrip(_WHITE))
            if column == "status" and (match := _BOX.match(self.data, inside, cell.end)):
                return match.start(1)
        return None


def _markdown(reference: Reference) -> str:
    return f"[{reference.label}]({reference.url})" if reference.url else reference.label


def _is_open(event: Any) -> bool:
    """True for words, and for marks around words in which a link may stand."""
    if type(event) is str:
        return True
    [(key, value)] = event.items()
    name = value if type(value) is str else next(iter(value), "") if type(value) is dict else ""
    return key == "Text" or (key in ("Start", "End") and name not in _CLOSED)


def _is_silent(event: Any) -> bool:
    """True for what ends a line and can't be seen: breaks, comments, blanks."""
    if type(event) is str:
        return event != "Rule"
    html = event.get("InlineHtml")
    return (html is not None and (html.startswith("<!--") or _BREAK.match(html) is not None)) or (
        "Text" in event and not event["Text"].strip()
    )


def _ends(events: list[Event], end: int, data: bytes) -> Iterator[int]:
    """Where words end: behind all of them, then inside the marks that close there (bold, struck through)."""
    for event, span in reversed(events):
        if _is_silent(event):
            continue
        name = event.get("End") if type(event) is dict else None
        if name in _CLOSED:
            yield span["end"]
            return
        closing = name is not None or (event.get("InlineHtml") or "").startswith("</")
        if closing and span["end"] > end:
            continue
        yield _trimmed(data, span["start"], min(span["end"], end))
        if not closing:
            return


def _trimmed(data: bytes, start: int, end: int) -> int:
    while end > start and data[end - 1] in _WHITE:
        end -= 1
    return end


def _first_line(events: list[Event], data: bytes) -> int | None:
    """Where the first line ends that the author broke by hand; None without such a break before the last words."""
    for number, (event, span) in enumerate(events):
        hard = event == "HardBreak" or (type(event) is dict and _BREAK.match(event.get("InlineHtml") or "") is not None)
        if hard and number and any(not _is_silent(later) for later, _ in events[number:]):
            opened = sum(("Start" in e) - ("End" in e) for e, _ in events[:number] if type(e) is dict)
            return None if opened else _trimmed(data, events[0][1]["start"], span["start"])
    return None
