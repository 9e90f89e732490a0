"""Markdown to a flat list of blocks in document order, each with its byte span and its parent.

One pass over pyromark's events, no recursion: a million nested quotes cost a million steps. Inline events are only
counted here; `inline.render` reads those of one block when somebody asks for its words.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum, auto
from itertools import accumulate
from typing import Any, TypeAlias, cast

import pyromark

# An event is a word or a dict of one key, whose shape the key tells; the span counts bytes
_Event: TypeAlias = tuple[Any, dict[str, int]]
_OPTIONS = pyromark.Options
_MARKDOWN = pyromark.Markdown(
    options=_OPTIONS.ENABLE_TABLES
    | _OPTIONS.ENABLE_TASKLISTS
    | _OPTIONS.ENABLE_STRIKETHROUGH
    | _OPTIONS.ENABLE_FOOTNOTES
    | _OPTIONS.ENABLE_HEADING_ATTRIBUTES
    | _OPTIONS.ENABLE_WIKILINKS
    | _OPTIONS.ENABLE_YAML_STYLE_METADATA_BLOCKS
    | _OPTIONS.ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
)


class Kind(IntEnum):  # a number's hash costs no call
    """What a block is. A tight list item's words get a paragraph of their own, as a loose one's have."""

    HEADING = auto()
    PARAGRAPH = auto()
    LIST = auto()
    ITEM = auto()
    TABLE = auto()
    HEAD = auto()
    ROW = auto()
    CELL = auto()
    HTML = auto()
    CODE = auto()
    RULE = auto()
    FRONT_MATTER = auto()
    OTHER = auto()


# Python 3.11 looks a member up by a call; these are compared with for every block
HEADING, PARAGRAPH, LIST, ITEM, TABLE, HEAD, ROW, CELL, HTML, CODE, RULE, FRONT_MATTER, OTHER = Kind

_CONTAINERS = {
    "List": LIST,
    "Item": ITEM,
    "Table": TABLE,
    "BlockQuote": OTHER,
    "FootnoteDefinition": OTHER,
    "DefinitionList": OTHER,
    "DefinitionListTitle": OTHER,
    "DefinitionListDefinition": OTHER,
    "ContainerBlock": OTHER,
}
_LEAVES = {
    "Paragraph": PARAGRAPH,
    "Heading": HEADING,
    "TableHead": HEAD,
    "TableRow": ROW,
    "HtmlBlock": HTML,
    "CodeBlock": CODE,
    "MetadataBlock": FRONT_MATTER,
}
_BLOCKS = _CONTAINERS | _LEAVES
_ENDS: dict[str, dict[str, Any]] = {name: {"End": name} for name in _LEAVES}
_CELL, _CELL_END = {"Start": "TableCell"}, {"End": "TableCell"}


@dataclass(slots=True)
class Block:
    """One block.

    `start` and `end` are bytes; `first` to `last` its inline events (leaves only); `after` the index of the first later
    block that is no descendant; `detail` a heading's level, an item's check box, front matter's style.
    """

    kind: Kind
    start: int
    end: int
    index: int
    parent: int
    first: int
    last: int = -1
    after: int = 0
    detail: Any = None
    lead: Any = False  # how a paragraph opens; False until somebody asked


@dataclass(slots=True)
class Source:
    """A document taken apart: its bytes, the events inside its leaves, and its blocks.

    `shift` bytes of byte order mark were left off.
    """

    data: bytes
    events: list[_Event]
    blocks: list[Block]
    groups: list[Block]  # the lists and tables among the blocks
    shift: int
    returns: bool = True  # whether lines may end with more than LF
    counted: tuple[int, int] = (0, 1)  # the last position that was asked for, and its line
    ends: list[int] | None = None  # where each line ends, made when first asked for by one who goes back

    def line(self, position: int) -> int:
        """The 1-based line on which a byte position stands. A line ends with LF, CR LF or a lone CR."""
        place, line = self.counted
        if place <= position and not self.returns:
            line += self.data.count(b"\n", place, position)
            self.counted = position, line
            return line
        if self.ends is None:
            self.ends = list(accumulate(map(len, self.data.splitlines(keepends=True))))  # bytes split at these only
        return bisect.bisect_right(self.ends, position) + 1

    @property
    def lowered(self) -> str:
        """All of the source in lower case."""
        return self.data.decode("utf-8", "replace").lower()

    def text(self, start: int, end: int) -> str:
        """The source between two byte positions."""
        return self.data[start:end].decode("utf-8", "replace")


def read(text: str) -> Source:
    """Take a document apart. A lone surrogate, which UTF-8 cannot carry, counts as U+FFFD (as long in bytes)."""
    shift = 3 if text.startswith("\ufeff") else 0
    if shift:
        text = text[1:]
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = text.encode("utf-8", "surrogatepass")
        text = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
        data = text.encode()
    found = cast("Iterator[_Event]", iter(_MARKDOWN.events_with_range(text, merge_text=True)))
    blocks, groups, events = _build(found)
    return Source(data, events, blocks, groups, shift, b"\r" in data)


def _build(found: Iterator[_Event]) -> tuple[list[Block], list[Block], list[_Event]]:  # noqa: C901, PLR0912, PLR0915 - calls cost
    """The blocks of a document, the lists and tables among them, and what stands inside leaves.

    Nothing else is kept: a large document has millions of events.
    """
    blocks: list[Block] = []
    groups: list[Block] = []
    events: list[_Event] = []
    stack: list[Block] = []
    parent = -1
    words: Block | None = None  # a tight item's own paragraph, which has no events of its own
    kinds, keep = _BLOCKS, events.append
    for each in found:
        event, span = each
        if words is not None and "Text" in event:  # most are; no event that is a word holds this one
            keep(each)
            continue
        opens, detail = None, None
        if "Start" in event:
            name = event["Start"]
            if type(name) is dict:
                [(name, detail)] = name.items()
            opens = kinds.get(name)
        elif "End" in event:
            name = event["End"]
            if (name if type(name) is str else next(iter(name))) in kinds:
                if words is not None:
                    _close(words, events, len(blocks))
                    words = None
                block = stack.pop()
                block.last, block.after = len(events), len(blocks)
                parent = block.parent
                continue
        elif event == "Rule":
            opens, name = RULE, ""
        elif "TaskListMarker" in event:
            if stack and stack[-1].kind is ITEM:
                stack[-1].detail = event["TaskListMarker"]
            continue
        if opens is None:
            if words is None and stack:
                words = Block(PARAGRAPH, span["start"], span["end"], len(blocks), parent, len(events))
                blocks.append(words)
            keep(each)
            continue
        if words is not None:
            _close(words, events, len(blocks))
            words = None
        block = Block(opens, span["start"], span["end"], len(blocks), parent, len(events))
        blocks.append(block)
        if name in _CONTAINERS:
            stack.append(block)
            parent = block.index
            if opens is LIST or opens is TABLE:
                groups.append(block)
        elif opens is RULE:
            block.after = len(blocks)
        else:
            _fill(block, name, detail, found, events)
            block.last, block.after = len(events), len(blocks)
            if stack and opens is PARAGRAPH:
                _check(stack[-1], block, events)
    return blocks, groups, events


def _fill(leaf: Block, name: str, detail: Any, found: Iterator[_Event], events: list[_Event]) -> None:
    """Keep the events up to a leaf's end: no other block stands inside one."""
    end: dict[str, Any] = _ENDS[name]
    if leaf.kind is HEADING:
        leaf.detail = int(detail["level"][1])
        end = {"End": {name: detail["level"]}}
    elif leaf.kind is FRONT_MATTER:
        leaf.detail = detail
        end = {"End": {name: detail}}
    keep = events.append
    if leaf.kind is ROW:
        _fill_row(found, end, keep)
        return
    for each in found:
        if each[0] == end:
            break
        keep(each)


def _fill_row(found: Iterator[_Event], end: dict[str, Any], keep: Callable[[_Event], None]) -> None:
    """Keep a row's events. Its cells share what is the same for all: in a large table that is a third of the memory."""
    span: dict[str, int] = {}
    for each in found:
        event = each[0]
        if event == _CELL:
            span = each[1]
            keep((_CELL, span))
        elif event == _CELL_END:
            keep((_CELL_END, span))
        elif event == end:
            break
        else:
            keep(each)


def _close(paragraph: Block, events: list[_Event], after: int) -> None:
    """End a tight item's own paragraph with the last event so far."""
    paragraph.last, paragraph.after = len(events), after
    paragraph.end = events[-1][1]["end"]


def _check(item: Block, paragraph: Block, events: list[_Event]) -> None:
    """A check box belongs to the list item around a paragraph, and is none of its words."""
    if item.kind is ITEM and paragraph.first < paragraph.last:
        event, _ = events[paragraph.first]
        if "TaskListMarker" in event:
            item.detail = event["TaskListMarker"]
            del events[paragraph.first]
            paragraph.last -= 1


def cells(source: Source, row: Block) -> list[Block]:
    """The cells of a table's row, which stand in no list of blocks."""
    out: list[Block] = []
    for number, (event, span) in enumerate(source.events[row.first : row.last], row.first):
        if event == _CELL:
            out.append(Block(CELL, span["start"], span["end"], -1, row.index, number + 1))
        elif event == _CELL_END:
            out[-1].last = number
    return out
