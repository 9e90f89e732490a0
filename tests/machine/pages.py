"""Documents that people edit, whose lines know which promise is which.

A `Page` is a document's lines; each line knows the promises (labels) that begin on it. Whatever the parser and the
matcher make of the text after an edit, the truth is known.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tracker.parsing import parse

ITEM = re.compile(r"^(\s*)([-*+]|\d+[.)])(\s+)(\[[ xX]\]\s+)?(?=\S)")
NUMBER = re.compile(r"^(\s*)\d+(?=[.)]\s)")
PLAIN = re.compile(ITEM.pattern + r"(?!\*\*|__)")
"""An item that is no heading of those below it."""


@dataclass
class Line:
    """A line, the labels of the promises that begin on it, and their words as the parser last read them."""

    text: str
    labels: tuple[int, ...] = ()
    said: str = ""
    typo: tuple[str, str] | None = None


@dataclass
class Page:
    """A document that people edit."""

    path: str
    lines: list[Line]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines) + "\n"

    def editable(self) -> list[int]:
        """Places of lines that hold exactly one promise, in words, which stand there as one piece."""
        return [
            n
            for n, line in enumerate(self.lines)
            if len(line.labels) == 1 and " " in line.said and "://" not in line.said and place_of(line) >= 0
        ]

    def movable(self) -> list[int]:
        """Those that are whole list items: nothing below belongs to them."""
        return [n for n in self.editable() if PLAIN.match(self.lines[n].text) and not self._has_more(n)]

    def renumber(self) -> None:
        """Numbered lists count from one: a list that begins otherwise is none, right below a paragraph."""
        count, depth = 0, -1
        for line in self.lines:
            found = NUMBER.match(line.text)
            if found is None or len(found[1]) != depth:
                count, depth = (0, len(found[1])) if found else (0, -1)
            if found is not None:
                count += 1
                line.text = f"{found[1]}{count}{line.text[found.end() :]}"

    def _has_more(self, number: int) -> bool:
        following = self.lines[number + 1].text if number + 1 < len(self.lines) else ""
        return bool(following.strip()) and indent(following) > indent(self.lines[number].text)


@dataclass
class Library:
    """All documents of one team. `fresh` makes labels; `same` tells which labels may stand for one another.

    `added` are the promises that came later: none comes twice.
    """

    pages: list[Page]
    random: random.Random
    promises: Sequence[str]
    numbers: dict[int, int] = field(default_factory=dict)
    last: int = 0
    same: dict[int, set[int]] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)

    def fresh(self) -> int:
        self.last += 1
        return self.last

    def alike(self, label: int) -> set[int]:
        """The promises that may count as this one: what it was split from or merged with, and so on."""
        found, edge = set(), {label}
        while edge:
            found |= edge
            near = {other for each in edge for other in self.same.get(each, ())}
            near |= {each for each, others in self.same.items() if others & edge}
            edge = near - found
        return found

    def read(self, page: Page, *, first: bool = False) -> dict[int, int]:
        """The labels of the parsed items by their place, after an edit; `first` gives labels to all that is found.

        A line whose promises the parser now counts otherwise is left out: that is the parser's case, not the matcher's.
        """
        items = parse(page.path, page.text).items
        by_line: dict[int, list[int]] = {}
        for place, item in enumerate(items):
            by_line.setdefault(item.line - 1, []).append(place)
        found: dict[int, int] = {}
        for number, line in enumerate(page.lines):
            places = by_line.get(number, [])
            if first:
                line.labels = tuple(self.fresh() for _ in places)
            if len(places) == len(line.labels):
                found |= dict(zip(places, line.labels, strict=True))
            if len(places) == 1:
                line.said = items[places[0]].text
        return found


def place_of(line: Line) -> int:
    return line.text.find(line.said)


def indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def shape(text: str) -> tuple[int, bool]:
    """How deep, and whether numbered: what the items of one list share."""
    return indent(text), text.lstrip()[:1].isdigit()


def say(line: Line, words: str) -> None:
    """Put other words in the place of what the line says."""
    at = place_of(line)
    line.text = line.text[:at] + words + line.text[at + len(line.said) :]
    line.said = words
