"""Action items in tables: any order of columns, named in any of the vocabulary's languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker.parsing.blocks import Block, Source, cells
from tracker.parsing.fields import TRACKED, FieldReader, Fields
from tracker.parsing.inline import Rich, plain, render, text_of
from tracker.parsing.reading import read
from tracker.parsing.references import is_key, is_ticket_url
from tracker.parsing.sections import Section
from tracker.parsing.vocabulary import Vocabulary, fold

_REFERENCE = re.compile(r"\b(?:PR|MR|pull request|merge request|issue)\s?(#\d{1,9})\b", re.IGNORECASE)
_OWN_NUMBERS = 20  # up to which a key may only count the document's items
_MOST_PAIRS = 10  # rows of a table that describes one item
_FEWEST_ASPECTS, _MOST_ASPECTS = 2, 30  # rows of a table that tells of an incident
_ITEM_NAMES = ("action item", "action", "task", "item", "todo", "follow up")


@dataclass(slots=True)
class Row:
    """A row that holds an item."""

    block: Block
    fields: Fields
    comments: Sequence[str]


def rows(source: Source, table: Block, section: Section, words: Vocabulary, reader: FieldReader) -> Iterator[Row]:
    """The items of a table: of every one in an action section, elsewhere only of one that plainly tracks work."""
    lines = _lines(source, table)
    if not lines:
        return
    if section.is_action and (pairs := _pairs(source, lines, words)) is not None:
        fields = read(reader, pairs[0])
        for name, value in pairs[1]:
            reader.value(fields, name, value)
        if not _left_empty(pairs[0], words):
            yield Row(table, fields, [])
        return
    if not section.is_action and (aspects := _aspects(source, lines, words)):
        for line, cell in aspects:
            words_of_it = render(source, cell)
            if not _left_empty(words_of_it, words):
                yield Row(line, read(reader, words_of_it), words_of_it.comments)
        return
    grid = Grid([plain(text_of(source, cell)) for cell in cells(source, lines[0])], section, words)
    for line in lines[1:] if grid.holds_items else ():
        row = grid.row([render(source, cell) for cell in cells(source, line)], reader)
        if row is not None:
            yield Row(line, *row)


class Grid:
    """A table's columns, by which its rows are read."""

    def __init__(self, head: list[str], section: Section, words: Vocabulary) -> None:
        self.words = words
        self.columns = [words.column(name) for name in head]
        self.place = _item_column(head, self.columns)
        self.holds_items = _holds_items(head, self.columns, section, words)

    def row(self, line: list[Rich], reader: FieldReader) -> tuple[Fields, Sequence[str]] | None:
        """The item of a row and the comments in it; None for a row without one."""
        if self.place >= len(line) or _left_empty(line[self.place], self.words) or _groups(line, self.place):
            return None
        return _fields(line, self.columns, self.place, reader), [comment for cell in line for comment in cell.comments]


def _groups(line: list[Rich], place: int) -> bool:
    """True for a row that only heads those below it: one cell, in bold, and nothing beside it."""
    rest = [cell for number, cell in enumerate(line) if number != place]
    return bool(rest) and line[place].all_strong and not any(cell.text.strip() for cell in rest)


def describes(source: Source, table: Block, words: Vocabulary) -> bool:
    """True for a table of field names and values, which describes the item that its heading names."""
    lines = [cells(source, line) for line in _lines(source, table)]
    names = [words.column(plain(text_of(source, line[0]))) for line in lines if len(line) == 2]  # noqa: PLR2004 - name and value
    return len(names) == len(lines) and sum(name in TRACKED for name in names) >= 2  # noqa: PLR2004 - one may be chance


def _pairs(source: Source, lines: list[Block], words: Vocabulary) -> tuple[Rich, list[tuple[str, Rich]]] | None:
    """The item and fields of a table of names and values ("Action | Add an alert", "Owner | Jo"); None for others."""
    rows = [cells(source, line) for line in lines[: _MOST_PAIRS + 1]]
    if not 2 <= len(rows) <= _MOST_PAIRS or any(len(row) != 2 for row in rows):  # noqa: PLR2004 - name and value
        return None
    named = [(words.fields.get(fold(plain(text_of(source, row[0])))), row[1]) for row in rows]
    items = [cell for name, cell in named if name == "item"]
    fields = [(name, render(source, cell)) for name, cell in named if name in TRACKED]
    if len(items) != 1 or not fields or not all(name for name, _ in named[1:]):
        return None
    return render(source, items[0]), [(str(name), value) for name, value in fields]


def _aspects(source: Source, lines: list[Block], words: Vocabulary) -> list[tuple[Block, Block]]:
    """The rows that give work in a table of an incident's aspects: "Cause | ...", "Preventive action | ..."."""
    rows = [(line, cells(source, line)) for line in lines[: _MOST_ASPECTS + 1]]
    if not _FEWEST_ASPECTS <= len(rows) <= _MOST_ASPECTS or any(len(row) != 2 for _, row in rows):  # noqa: PLR2004
        return []
    names = [fold(plain(text_of(source, row[0]))) for _, row in rows]
    if words.aspects.isdisjoint(names) or sum(words.section_kind(name) is not None for name in names) < _FEWEST_ASPECTS:
        return []
    found = [(line, *row) for (line, row), name in zip(rows, names, strict=True) if name in words.aspects]
    return [(line, cell) for line, name, cell in found if source.data[name.start : name.start + 1] != b"`"]


def describe(source: Source, table: Block, fields: Fields, words: Vocabulary, reader: FieldReader) -> None:
    """Set an item's fields from a table of field names and values."""
    for line in _lines(source, table):
        name, value = (render(source, cell) for cell in cells(source, line))
        if (column := words.column(plain(name.text))) in TRACKED:
            reader.value(fields, str(column), value)


def _fields(line: list[Rich], columns: list[str | None], place: int, reader: FieldReader) -> Fields:
    stated = Fields()
    for cell, column in zip(line, columns, strict=False):
        if column in TRACKED:
            reader.value(stated, str(column), cell)
    own = read(reader, line[place])
    stated.text = own.text
    stated.absorb(own)
    others = [
        cell
        for number, (cell, column) in enumerate(zip(line, columns, strict=False))
        if number != place and column not in TRACKED
    ]
    for cell in others:
        for _, _, url in cell.links:
            if is_ticket_url(url):
                stated.add_link(url)
        if is_key(cell.text, reader.words) and not _counts(cell.text):
            stated.add_link(plain(cell.text))
        for number in _REFERENCE.findall(cell.text) if not cell.links else ():
            stated.add_link(number)
    struck = [cell.all_struck for cell in line if cell.text.strip()]
    if struck and all(struck):
        stated.done = True
    return stated


def _counts(key: str) -> bool:
    """True for "AI-01" and "CA-3": numbers of the document's own, which start low or with a nought."""
    number = key.strip().rsplit("-", 1)[-1]
    return number.startswith("0") or int(number) <= _OWN_NUMBERS


def _lines(source: Source, table: Block) -> list[Block]:
    """A table's heading row and its other rows."""
    return source.blocks[table.index + 1 : table.after]


def _holds_items(head: list[str], columns: list[str | None], section: Section, words: Vocabulary) -> bool:
    timed = "time" in columns
    tracked = len(TRACKED & set(columns))
    if not tracked and not words.weighing.isdisjoint(map(fold, head)):
        return False
    if section.is_action:
        return not (timed and tracked == 0) and ("item" in columns or tracked > 0)
    named = any(
        fold(name).startswith(_ITEM_NAMES) or fold(name) in words.prefixes
        for name, column in zip(head, columns, strict=True)
        if column == "item"
    )
    planned = section.kind is None and "due" in columns
    return named and (tracked >= 2 or planned) and not timed  # noqa: PLR2004 - an owner and a date, say: it tracks work


def _item_column(head: list[str], columns: list[str | None]) -> int:
    """The column with the work: the one named best, else the first that names nothing else."""
    best = [n for n, column in enumerate(columns) if column == "item"]
    named = [n for n in best if fold(head[n]).startswith(_ITEM_NAMES)]
    if named or best:
        return (named or best)[0]
    unnamed = [n for n, column in enumerate(columns) if column is None and head[n].strip(" #№")]
    return unnamed[0] if unnamed else len(columns)


def _left_empty(cell: Rich, words: Vocabulary) -> bool:
    text = plain(cell.text)
    if not any(map(str.isalpha, text)):
        return True
    return (words.is_placeholder(text) and not cell.links) or (
        text[:1] in "<[{" and text[-1:] in ">]}" and not cell.links
    )
