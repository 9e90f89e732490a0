"""Markdown to a flat list of blocks in document order, each with its byte span and its parent.

One pass over pyromark's events, no recursion: a million nested quotes cost a million steps. Inline events are only
counted here; `inline.render` reads those of one block when somebody asks for its words.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
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


_BLOCKS = {
    "Paragraph": Kind.PARAGRAPH,
    "Heading": Kind.HEADING,
    "List": Kind.LIST,
    "Item": Kind.ITEM,
    "Table": Kind.TABLE,
    "TableHead": Kind.HEAD,
    "TableRow": Kind.ROW,
    "HtmlBlock": Kind.HTML,
    "CodeBlock": Kind.CODE,
    "MetadataBlock": Kind.FRONT_MATTER,
    "BlockQuote": Kind.OTHER,
    "FootnoteDefinition": Kind.OTHER,
    "DefinitionList": Kind.OTHER,
    "DefinitionListTitle": Kind.OTHER,
    "DefinitionListDefinition": Kind.OTHER,
    "ContainerBlock": Kind.OTHER,
}
_LEAVES = frozenset({Kind.PARAGRAPH, Kind.HEADING, Kind.HEAD, Kind.ROW, Kind.HTML, Kind.CODE, Kind.FRONT_MATTER})


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
    shift: int
    ends: list[int] | None = None  # where each line ends, made when first asked for

    def line(self, position: int) -> int:
        """The 1-based line on which a byte position stands. A line ends with LF, CR LF or a lone CR."""
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
    found = cast("Iterable[_Event]", _MARKDOWN.events_with_range(text, merge_text=True))
    blocks, events = _build(found)
    return Source(data, events, blocks, shift)


def _build(found: Iterable[_Event]) -> tuple[list[Block], list[_Event]]:  # noqa: C901, PLR0912, PLR0915 - calls cost
    """The blocks of a document, and what stands inside leaves. Nothing else is kept: a large document has millions."""
    blocks: list[Block] = []
    events: list[_Event] = []
    stack: list[Block] = []
    leaf: Block | None = None
    implicit = False  # the leaf is a tight item's own paragraph, which has no events of its own
    kinds, leaves, keep = _BLOCKS, _LEAVES, events.append
    detail: Any
    for each in found:
        event, span = each
        if leaf is not None and "Text" in event:  # most are; no event that is a word holds this one
            keep(each)
            continue
        opens, detail = None, None
        if type(event) is str:
            if event == "Rule":
                opens = Kind.RULE
        elif "Start" in event:
            name = event["Start"]
            if type(name) is dict:
                [(name, detail)] = name.items()
            opens = kinds.get(name)
        elif "End" in event:
            name = event["End"]
            if (name if type(name) is str else next(iter(name))) in kinds:
                if implicit:
                    _close(cast("Block", leaf), events, len(blocks))
                    implicit = False
                leaf, block = None, stack.pop()
                block.last, block.after = len(events), len(blocks)
                continue
        elif "TaskListMarker" in event:
            _check(stack, event["TaskListMarker"])
            continue
        if opens is None:
            if leaf is None and stack:
                leaf = Block(Kind.PARAGRAPH, span["start"], span["end"], len(blocks), stack[-1].index, len(events))
                implicit = True
                blocks.append(leaf)
            keep(each)
            continue
        if implicit:
            _close(cast("Block", leaf), events, len(blocks))
            implicit = False
        block = Block(opens, span["start"], span["end"], len(blocks), stack[-1].index if stack else -1, len(events))
        blocks.append(block)
        if opens is Kind.RULE:
            leaf, block.after = None, len(blocks)
            continue
        if opens is Kind.HEADING:
            block.detail = int(detail["level"][1])
        elif opens is Kind.FRONT_MATTER:
            block.detail = detail
        stack.append(block)
        leaf = block if opens in leaves else None
    return blocks, events


def _close(paragraph: Block, events: list[_Event], after: int) -> None:
    """End a tight item's own paragraph with the last event so far."""
    paragraph.last, paragraph.after = len(events), after
    paragraph.end = events[-1][1]["end"]


def _check(stack: list[Block], checked: bool) -> None:  # noqa: FBT001 - the box itself
    """A check box belongs to the list item around it, and is none of its words."""
    item = next((block for block in reversed(stack[-2:]) if block.kind is Kind.ITEM), None)
    if item is not None:
        item.detail = checked


def cells(source: Source, row: Block) -> list[Block]:
    """The cells of a table's row, which stand in no list of blocks."""
    out: list[Block] = []
    for number in range(row.first, row.last):
        event, span = source.events[number]
        if type(event) is dict:
            if event.get("Start") == "TableCell":
                out.append(Block(Kind.CELL, span["start"], span["end"], -1, row.index, number + 1))
            elif event.get("End") == "TableCell":
                out[-1].last = number
    return out
