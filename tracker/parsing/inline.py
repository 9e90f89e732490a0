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

_Mark = TypeVar("_Mark", tuple[int, int], tuple[int, int, str])
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
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
        """The byte of the source where the character at a position stands; with `end`, the byte after the one before it."""
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
    rich, parts, length = Rich(), [], 0
    open_marks: list[tuple[str, int, str]] = []
    image = 0
    for event, span in source.events[block.first : block.last]:
        if type(event) is str:
            if event in ("SoftBreak", "HardBreak"):
                if event == "HardBreak":
                    rich.breaks.append(length)
                parts.append(" ")
                length += 1
            continue
        (key, value), *_ = event.items()
        if key in ("Text", "Code", "InlineMath", "DisplayMath"):
            if image:
                continue
            if key == "Code":
                rich.code.append((length, length + len(value)))
            rich.pieces.append(Piece(length, len(value), span["start"], span["end"]))
            parts.append(value)
            length += len(value)
        elif key == "Start":
            name, detail = (value, None) if type(value) is str else next(iter(value.items()))
            image += name == "Image"
            open_marks.append((name, length, detail["dest_url"] if name == "Link" else ""))
        elif key == "End" and open_marks:
            name, start, url = open_marks.pop()
            image -= name == "Image"
            if name == "Link":
                rich.links.append((start, length, url))
            elif name == "Strong":
                rich.strong.append((start, length))
            elif name == "Strikethrough":
                rich.struck.append((start, length))
        elif key in ("InlineHtml", "Html"):
            if value.startswith("<!--"):
                rich.comments.append(value)
            elif _BREAK.match(value):
                rich.breaks.append(length)
                parts.append(" ")
                length += 1
    rich.text = "".join(parts)
    rich.links.sort()
    rich.strong.sort()
    rich.code.sort()
    rich.struck.sort()
    return rich


def plain(text: str) -> str:
    """Text on one line, runs of white space made one space."""
    return " ".join(text.split())
