"""Markdown to a flat list of blocks in document order, each with its byte span and its parent.

One pass over pyromark's events, no recursion: a million nested quotes cost a million steps. Inline events are only
counted here; `inline.render` reads those of one block when somebody asks for its words.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
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


class Kind(Enum):
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
    "TableCell": Kind.CELL,
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
_LEAVES = frozenset({Kind.PARAGRAPH, Kind.HEADING, Kind.CELL, Kind.HTML, Kind.CODE, Kind.FRONT_MATTER})


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
    last: int
    after: int = 0
    detail: Any = None
    lead: Any = False  # how a paragraph opens; False until somebody asked


@dataclass(slots=True)
class Source:
    """A document taken apart: its bytes, its events and its blocks. `shift` bytes of byte order mark were left off."""

    data: bytes
    events: list[_Event]
    blocks: list[Block]
    breaks: list[int]
    shift: int

    def line(self, position: int) -> int:
        """The 1-based line on which a byte position stands."""
        return bisect.bisect_right(self.breaks, position) + 1

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
    events: list[_Event] = list(cast("Iterable[_Event]", _MARKDOWN.events_with_range(text, merge_text=True)))
    return Source(data, events, _Builder().run(events), _line_starts(data), shift)


class _Builder:
    """State of one pass over the events: the open blocks, and the leaf that inline events go to."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.stack: list[Block] = []
        self.leaf: Block | None = None
        self.implicit = False  # the leaf is a tight item's own paragraph, which has no events of its own

    def run(self, events: list[_Event]) -> list[Block]:  # noqa: C901, PLR0912 - the inner loop, where calls cost
        """Look at each event once."""
        kinds, inline, start, end = _BLOCKS, self.inline, self.start, self.end
        for number, (event, span) in enumerate(events):
            if type(event) is str:
                if event != "Rule":
                    inline(span, number)
                    continue
                self.close_implicit(number)
                rule = self.open(Kind.RULE, span, number)
                rule.after = rule.index + 1
                continue
            for key, tag in event.items():  # the only one
                if key == "Start":
                    if type(tag) is str:
                        name, detail = tag, None
                    else:
                        for name, detail in tag.items():  # noqa: B007 - again the only one
                            pass
                    if (kind := kinds.get(name)) is not None:
                        start(kind, span, number, detail)
                        continue
                elif key == "End":
                    if (tag if type(tag) is str else next(iter(tag))) in kinds:
                        end(number)
                        continue
                elif key == "TaskListMarker":
                    self.check(tag, number)
                    continue
                if self.leaf is None or self.implicit:
                    inline(span, number)
        return self.blocks

    def open(self, kind: Kind, span: dict[str, int], first: int) -> Block:
        stack, blocks = self.stack, self.blocks
        index = len(blocks)
        block = Block(kind, span["start"], span["end"], index, stack[-1].index if stack else -1, first, first)
        blocks.append(block)
        return block

    def start(self, kind: Kind, span: dict[str, int], number: int, detail: Any) -> None:
        if self.implicit:
            self.close_implicit(number)
        block = self.open(kind, span, number + 1)
        if kind is Kind.HEADING:
            block.detail = int(detail["level"][1])
        elif kind is Kind.FRONT_MATTER:
            block.detail = detail
        self.stack.append(block)
        self.leaf = block if kind in _LEAVES else None

    def end(self, number: int) -> None:
        if self.implicit:
            self.close_implicit(number)
        self.leaf = None
        block = self.stack.pop()
        block.last, block.after = number, len(self.blocks)

    def check(self, checked: bool, number: int) -> None:  # noqa: FBT001 - the box itself
        """A check box belongs to the list item around it, and is none of its words."""
        item = next((block for block in reversed(self.stack[-2:]) if block.kind is Kind.ITEM), None)
        if item is not None:
            item.detail = checked
        if self.leaf is not None and self.leaf.first == number:
            self.leaf.first = number + 1

    def inline(self, span: dict[str, int], number: int) -> None:
        if self.leaf is None and self.stack:
            self.leaf = self.open(Kind.PARAGRAPH, span, number)
            self.implicit = True
        if self.implicit and self.leaf is not None:
            self.leaf.end = max(self.leaf.end, span["end"])

    def close_implicit(self, number: int) -> None:
        if self.implicit and self.leaf is not None:
            self.leaf.last, self.leaf.after = number, len(self.blocks)
            self.leaf, self.implicit = None, False


def _line_starts(data: bytes) -> list[int]:
    """Where the second and later lines start. A line ends with LF, CR LF or a lone CR."""
    if b"\r" not in data:
        starts, position = [], data.find(b"\n")
        while position >= 0:
            starts.append(position + 1)
            position = data.find(b"\n", position + 1)
        return starts
    starts, position = [], 0
    for line in data.splitlines(keepends=True):  # bytes split at LF, CR LF and CR only
        position += len(line)
        if line[-1:] in b"\r\n":
            starts.append(position)
    return starts
