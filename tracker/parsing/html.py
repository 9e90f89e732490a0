"""HTML inside Markdown: the rows of tables and the items of lists, each as words with an exact span.

One pass over a block's tags, without a tree: what is not closed ends where the next row, cell or item starts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tracker.parsing.inline import Rich

_TAG = re.compile(r"<!--.{0,2000}?-->|<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})\b([^<>]{0,2000})>", re.DOTALL)
_ADDRESS = re.compile(r"href\s*=\s*[\"']?([^\"'\s>]{1,2000})", re.IGNORECASE)
_HEADING = re.compile(r"\s*<h([1-6])\b[^<>]{0,500}>(.{0,500}?)</h\1>", re.IGNORECASE | re.DOTALL)
_CELLS, _BOLD, _STRUCK = ("td", "th"), ("b", "strong"), ("del", "s", "strike")


@dataclass(slots=True)
class Part:
    """A row (`cells`, `head` for a heading row) or a list item (one cell); `start` and `end` count characters."""

    kind: str
    start: int
    end: int
    cells: list[Rich] = field(default_factory=list)
    head: bool = False


def heading(text: str) -> tuple[int, str] | None:
    """The level and words of a heading that opens a block."""
    match = _HEADING.match(text)
    return (int(match[1]), html.unescape(_TAG.sub("", match[2])).strip()) if match else None


def parts(text: str) -> Iterator[Part]:
    """The rows and list items of a block, in order."""
    reader = _Reader(text)
    for tag in _TAG.finditer(text):
        if (part := reader.tag(tag)) is not None:
            yield part
    if reader.part is not None:
        yield reader.close(len(text))


@dataclass(slots=True)
class _Cell:
    """The marks of the open cell so far."""

    links: list[tuple[int, int, str]] = field(default_factory=list)
    strong: list[tuple[int, int]] = field(default_factory=list)
    struck: list[tuple[int, int]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


class _Reader:
    """State of one pass: the open row or item, and its open cell."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.part: Part | None = None
        self.cell: _Cell | None = None
        self.open: dict[str, tuple[int, str]] = {}
        self.parts: list[str] = []  # the open cell's words so far, and how many characters
        self.length = 0

    def tag(self, tag: re.Match[str]) -> Part | None:
        """Take what stands before a tag, and the tag. A row or item that it ends is returned."""
        self.words(tag.start())
        self.at = tag.end()
        done, name = None, (tag[2] or "").lower()
        if name in ("tr", "li") or (tag[1] and name in ("table", "ul", "ol")):
            done = self.close(tag.end() if tag[1] and name in ("tr", "li") else tag.start())
            if not tag[1]:
                self.part = Part(name, tag.start(), tag.end())
                if name == "li":
                    self.new_cell()
        elif name in _CELLS and self.part is not None:
            if tag[1]:
                self.end_cell()
            else:
                self.new_cell()
                self.part.head |= name == "th"
        elif self.cell is not None:
            self.mark(name, tag)
        return done if done is not None and done.cells else None

    def new_cell(self) -> None:
        self.end_cell()
        self.cell, self.open = _Cell(), {}

    def end_cell(self) -> None:
        cell = self.cell
        if cell is not None and self.part is not None:
            text = "".join(self.parts)
            self.part.cells.append(Rich(text, cell.links, cell.strong, cell.struck, comments=cell.comments))
        self.cell, self.parts, self.length = None, [], 0

    def words(self, end: int) -> None:
        if self.cell is not None:
            self.write(html.unescape(self.text[self.at : end]).replace("\n", " "))

    def write(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def mark(self, name: str, tag: re.Match[str]) -> None:
        """An inline tag: a link, bold or struck-through words, a line break, a comment."""
        cell = self.cell
        if cell is None:
            return
        if not name:
            cell.comments.append(tag.group())
        elif name in ("br", "p", "ul", "ol"):
            self.write(" ")
        elif not tag[1]:
            address = _ADDRESS.search(tag[3]) if name == "a" else None
            self.open[name] = (self.length, address[1] if address else "")
        elif name in self.open:
            start, url = self.open.pop(name)
            if name == "a":
                cell.links.append((start, self.length, url))
            elif name in _BOLD or name in _STRUCK:
                (cell.strong if name in _BOLD else cell.struck).append((start, self.length))

    def close(self, end: int) -> Part:
        part = self.part or Part("", end, end)
        self.end_cell()
        part.end, self.part = end, None
        return part
