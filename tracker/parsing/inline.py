"""The words of one block: plain text, with marks that say which parts are links, bold, struck through or code.

The parts of a block's text are found again in the source through `Rich.byte`, so that a sentence has an exact span.
"""

from __future__ import annotations

import bisect
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeAlias, TypeVar

from tracker.parsing.blocks import Block, Source

_WORDS = frozenset({"Text", "Code", "InlineMath", "DisplayMath"})
_Mark = TypeVar("_Mark", tuple[int, int], tuple[int, int, str])
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_STRUCK = re.compile(r"<(/?)(?:del|s|strike)>", re.IGNORECASE)
_ESCAPED = re.compile(
    r"\\([!-/:-@\[-`{-~])|(&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)|(.)", re.DOTALL
)


# A stretch of text that came from one event: its first character, its length, the first byte of its source, and its end
Piece: TypeAlias = tuple[int, int, int, int]


@dataclass(slots=True)
class Rich:
    """A block's words. Marks are half-open character ranges of `text`; a link's also carries its address."""

    text: str = ""
    links: Sequence[tuple[int, int, str]] = ()
    strong: Sequence[tuple[int, int]] = ()
    struck: Sequence[tuple[int, int]] = ()
    code: Sequence[tuple[int, int]] = ()
    breaks: Sequence[int] = ()
    comments: Sequence[str] = ()
    pieces: Sequence[Piece] = ()
    shift: int = 0  # characters cut off before `text`, which the pieces still count
    offsets: dict[int, list[int]] | None = None  # of pieces, made when first asked for

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
            self.pieces,
            self.shift + start,
        )

    def byte(self, position: int, source: Source, *, end: bool = False) -> int:
        """The byte at which a character stands in the source; with `end`, the byte after the one before it."""
        if not self.pieces:
            return 0
        position += self.shift
        find = bisect.bisect_left if end else bisect.bisect_right
        number = max(find(self.pieces, position, key=_first) - 1, 0)
        start, length, first, last = self.pieces[number]
        offset = position - start
        if offset >= length:
            return last
        if last - first == length:
            return first + offset  # one byte a character, nothing escaped
        if self.offsets is None:
            self.offsets = {}
        if (offsets := self.offsets.get(number)) is None:
            offsets = self.offsets[number] = _offsets(source.text(first, last), length)
        return first + offsets[min(offset, len(offsets) - 1)]


def _inside(marks: Sequence[_Mark], start: int, end: int) -> Sequence[_Mark]:
    """The marks that start in a range."""
    return marks[bisect.bisect_left(marks, start, key=_first) : bisect.bisect_left(marks, end, key=_first)]


def _first(mark: tuple[Any, ...]) -> int:
    return int(mark[0])


def _shift(marks: Sequence[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    return [(s - start, min(e, end) - start) for s, e in marks]


def _outside(text: str, marks: Sequence[tuple[int, int]]) -> str:
    out, position = [], 0
    for start, end in marks:
        out.append(text[position:start])
        position = max(position, end)
    out.append(text[position:])
    return "".join(out)


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
    if block.last - block.first == 1:  # most are
        event, span = source.events[block.first]
        if type(event) is dict and (text := event.get("Text")) is not None:
            return Rich(text, pieces=((0, len(text), span["start"], span["end"]),))
    return _Renderer().run(source.events[block.first : block.last])


def text_of(source: Source, block: Block) -> str:
    """The words of a leaf block without their marks."""
    if block.last - block.first == 1:
        event, _ = source.events[block.first]
        if type(event) is dict and (text := event.get("Text")) is not None:
            return str(text)
    return render(source, block).text


class _Renderer:
    """State of one rendering: what was written so far, and which marks are open."""

    def __init__(self) -> None:
        self.links: list[tuple[int, int, str]] = []
        self.strong: list[tuple[int, int]] = []
        self.struck: list[tuple[int, int]] = []
        self.code: list[tuple[int, int]] = []
        self.breaks: list[int] = []
        self.comments: list[str] = []
        self.pieces: list[Piece] = []
        self.parts: list[str] = []
        self.length = 0
        self.open: list[tuple[str, int, str]] = []
        self.images = 0
        self.deleted = -1  # where <del> opened

    def run(self, events: list[tuple[Any, dict[str, int]]]) -> Rich:
        for event, span in events:
            if type(event) is str:
                if event != "Rule":
                    self.line_break(hard=event == "HardBreak")
                continue
            [(key, value)] = event.items()
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
        for marks in (self.strong, self.struck, self.code):
            marks.sort()
        self.links.sort()
        text = "".join(self.parts)
        return Rich(
            text, self.links, self.strong, self.struck, self.code, self.breaks, self.comments, tuple(self.pieces)
        )

    def text(self, key: str, value: str, span: dict[str, int]) -> None:
        length = len(value)
        if key == "Code":
            self.code.append((self.length, self.length + length))
        self.pieces.append((self.length, length, span["start"], span["end"]))
        self.parts.append(value)
        self.length += length

    def line_break(self, *, hard: bool) -> None:
        if hard:
            self.breaks.append(self.length)
        self.parts.append(" ")
        self.length += 1

    def end(self) -> None:
        name, start, url = self.open.pop()
        self.images -= name == "Image"
        if name == "Link":
            self.links.append((start, self.length, url))
        elif name == "Strong":
            self.strong.append((start, self.length))
        elif name == "Strikethrough":
            self.struck.append((start, self.length))

    def html(self, value: str) -> None:
        if value.startswith("<!--"):
            self.comments.append(value)
        elif _BREAK.match(value):
            self.line_break(hard=True)
        elif (match := _STRUCK.match(value)) is not None:
            if not match[1]:
                self.deleted = self.length
            elif self.deleted >= 0:
                self.struck.append((self.deleted, self.length))
                self.deleted = -1


def plain(text: str) -> str:
    """Text on one line, runs of white space made one space."""
    return " ".join(text.split())
