"""The words of one block: plain text, with marks that say which parts are links, bold, struck through or code.

The parts of a block's text are found again in the source through `Rich.byte`, so that a sentence has an exact span.
"""

from __future__ import annotations

import bisect
import html
import re
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, TypeVar

from tracker.parsing.blocks import Block, Source

_WORDS = frozenset({"Text", "Code", "InlineMath", "DisplayMath"})
_Mark = TypeVar("_Mark", tuple[int, int], tuple[int, int, str])
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_STRUCK = re.compile(r"<(/?)(?:del|s|strike)>", re.IGNORECASE)
_ESCAPED = re.compile(
    r"\\([!-/:-@\[-`{-~])|(&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)|(.)", re.DOTALL
)


@dataclass(slots=True)
class Piece:
    """A stretch of text that came from one event: `start` counts characters, `first` and `last` bytes of the source."""

    start: int
    length: int
    first: int
    last: int
    offsets: list[int] | None = None  # made when first asked for


@dataclass(slots=True)
class Rich:
    """A block's words. Marks are half-open character ranges of `text`; a link's also carries its address."""

    text: str = ""
    links: list[tuple[int, int, str]] = field(default_factory=list)
    strong: list[tuple[int, int]] = field(default_factory=list)
    struck: list[tuple[int, int]] = field(default_factory=list)
    code: list[tuple[int, int]] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    @property
    def all_struck(self) -> bool:
        """True when every word is struck through."""
        return bool(self.struck) and not _outside(self.text, self.struck).strip(" .,;:-")

    @property
    def all_strong(self) -> bool:
        """True when every word is bold."""
        return bool(self.strong) and not _outside(self.text, self.strong).strip(" .,;:：")

    def cut(self, start: int, end: int) -> Rich:
        """The words from one character to another, with their marks. Costs only what it returns."""
        return Rich(
            self.text[start:end],
            [(s - start, min(e, end) - start, url) for s, e, url in _inside(self.links, start, end)],
            _shift(_inside(self.strong, start, end), start, end),
            _shift(_inside(self.struck, start, end), start, end),
            _shift(_inside(self.code, start, end), start, end),
            [
                b - start
                for b in self.breaks[bisect.bisect_left(self.breaks, start) : bisect.bisect_left(self.breaks, end)]
            ],
            self.comments,
        )

    def byte(self, position: int, source: Source, *, end: bool = False) -> int:
        """The byte at which a character stands in the source; with `end`, the byte after the one before it."""
        if not self.pieces:
            return 0
        find = bisect.bisect_left if end else bisect.bisect_right
        piece = self.pieces[max(find(self.pieces, position, key=_start) - 1, 0)]
        return _within(piece, position - piece.start, source)


def _inside(marks: list[_Mark], start: int, end: int) -> list[_Mark]:
    """The marks that start in a range."""
    return marks[bisect.bisect_left(marks, start, key=_first) : bisect.bisect_left(marks, end, key=_first)]


def _first(mark: tuple[Any, ...]) -> int:
    return int(mark[0])


def _shift(marks: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    return [(s - start, min(e, end) - start) for s, e in marks]


def _start(piece: Piece) -> int:
    return piece.start


def _outside(text: str, marks: list[tuple[int, int]]) -> str:
    out, position = [], 0
    for start, end in marks:
        out.append(text[position:start])
        position = max(position, end)
    out.append(text[position:])
    return "".join(out)


def _within(piece: Piece, offset: int, source: Source) -> int:
    """The byte at a number of characters into a piece, past escapes and entities of the source."""
    if offset >= piece.length:
        return piece.last
    if piece.last - piece.first == piece.length:
        return piece.first + offset  # one byte a character, nothing escaped
    if piece.offsets is None:
        piece.offsets = _offsets(source.text(piece.first, piece.last), piece.length)
    return piece.first + piece.offsets[min(offset, len(piece.offsets) - 1)]


def _offsets(raw: str, length: int) -> list[int]:
    """For each character of a piece's text the byte of its source, counted from the piece's first."""
    if len(raw) == length:
        return [0, *accumulate(len(character.encode()) for character in raw)]
    out, position = [], 0
    for match in _ESCAPED.finditer(raw):
        out += [position] * (len(html.unescape(match[2])) if match[2] else 1)
        position += len(match[0].encode())
    return [*out, position]


def render(source: Source, block: Block) -> Rich:
    """The words of a leaf block."""
    return _Renderer().run(source.events[block.first : block.last])


class _Renderer:
    """State of one rendering: what was written so far, and which marks are open."""

    def __init__(self) -> None:
        self.rich = Rich()
        self.parts: list[str] = []
        self.length = 0
        self.open: list[tuple[str, int, str]] = []
        self.images = 0
        self.struck = -1  # where <del> opened

    def run(self, events: list[tuple[Any, dict[str, int]]]) -> Rich:
        for event, span in events:
            if type(event) is str:
                if event != "Rule":
                    self.line_break(hard=event == "HardBreak")
                continue
            key, value = next(iter(event.items()))
            if key in _WORDS:
                if not self.images:  # a picture's alternative text is none of the item's words
                    self.text(key, value, span)
            elif key == "Start":
                name, detail = (value, None) if type(value) is str else next(iter(value.items()))
                self.images += name == "Image"
                self.open.append((name, self.length, detail["dest_url"] if name == "Link" and detail else ""))
            elif key == "End" and self.open:
                self.end()
            elif key in ("InlineHtml", "Html"):
                self.html(value)
        return self.finish()

    def text(self, key: str, value: str, span: dict[str, int]) -> None:
        if key == "Code":
            self.rich.code.append((self.length, self.length + len(value)))
        self.rich.pieces.append(Piece(self.length, len(value), span["start"], span["end"]))
        self.parts.append(value)
        self.length += len(value)

    def line_break(self, *, hard: bool) -> None:
        if hard:
            self.rich.breaks.append(self.length)
        self.parts.append(" ")
        self.length += 1

    def end(self) -> None:
        name, start, url = self.open.pop()
        self.images -= name == "Image"
        if name == "Link":
            self.rich.links.append((start, self.length, url))
        elif name == "Strong":
            self.rich.strong.append((start, self.length))
        elif name == "Strikethrough":
            self.rich.struck.append((start, self.length))

    def html(self, value: str) -> None:
        if value.startswith("<!--"):
            self.rich.comments.append(value)
        elif _BREAK.match(value):
            self.line_break(hard=True)
        elif (match := _STRUCK.match(value)) is not None:
            if not match[1]:
                self.struck = self.length
            elif self.struck >= 0:
                self.rich.struck.append((self.struck, self.length))
                self.struck = -1

    def finish(self) -> Rich:
        rich = self.rich
        rich.text = "".join(self.parts)
        for marks in (rich.strong, rich.struck, rich.code):
            marks.sort()
        rich.links.sort()
        return rich


def plain(text: str) -> str:
    """Text on one line, runs of white space made one space."""
    return " ".join(text.split())
