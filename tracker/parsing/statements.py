"""What labels near the top of a document state of it: "**Date:** 2026-04-10", "Authors: Jo, Kim", a table of facts.

Also what stands below a heading or line that is such a label by itself. One pass, and nothing is rendered: labels and
values are cut from the source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from tracker.parsing.blocks import HEAD, HEADING, ITEM, LIST, PARAGRAPH, ROW, Block, Source
from tracker.parsing.fields import OWNER_SEPARATOR
from tracker.parsing.sections import Section
from tracker.parsing.vocabulary import ACTION, Vocabulary, fold

Stated: TypeAlias = list[tuple[str, str]]
"""Facts and their values, in the document's order. A fact is a key of the vocabulary's `[facts.labels]`, or `DATED`."""

DATED = "dated"
"""A label that is none, and opens as one does that tells when ("Incident window (local)")."""

_SCANNED = 400  # blocks from the top in which day and severity are looked for
_TOP = 80  # blocks from the top in which the other facts are
_BLOCK_WORDS = 600  # bytes of a block in which a label is looked for
_LONGEST_HEADING = 60  # characters
_LONGEST_BELOW = 200  # bytes of what stands below its label
_STRAY = "*_#`\\: \t\r"
_LONGEST_LABEL = 60  # bytes
_PAIR = 2  # cells of a row that is a label and its value
_NAME_WORDS, _NAME_LENGTH = 4, 50
_DATED = ("duration ", "date ", "incident ")
_ROWS = frozenset({HEAD, ROW})
_NAMES = frozenset({"services", "authors"})
_WIDE_COLON = "：".encode()
_LABELLED = re.compile(rb"\n([^:\n]{2,%d}+):([^\n]*+)" % _LONGEST_LABEL)
_PARTS = re.compile(rb"<br\s*/?>| \| ")
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])|<[^<>]*>")
_ASIDE = re.compile(r"[(（]([^()（）]*)[)）]")
_EXPLAINED = re.compile(r"\s*(?:[:：—–(（]|\s-\s).*", re.DOTALL)


def gather(source: Source, sections: Sequence[Section], words: Vocabulary) -> Stated:
    """Every labelled statement near the top, outside action sections."""
    return _Gatherer(source, sections, words).run()


def names(stated: Stated, fact: str, words: Vocabulary) -> tuple[str, ...]:
    """The names in the first value of a fact that holds any; a value that is prose holds none."""
    return next((found for each, value in stated if each == fact and (found := _names(value, words))), ())


class _Gatherer:
    """State of one pass. `below` is the fact whose label stood alone, `until` the block at which its list ends."""

    def __init__(self, source: Source, sections: Sequence[Section], words: Vocabulary) -> None:
        self.source, self.sections, self.words = source, sections, words
        self.stated: Stated = []
        self.below, self.until = "", -1
        self.columns: list[str | None] = []
        self.wide = _WIDE_COLON in source.data

    def run(self) -> Stated:
        blocks = self.source.blocks
        self.scan(blocks[:_TOP])
        if len(blocks) > _TOP and not {"severity", "date"} <= {fact for fact, _ in self.stated}:
            self.scan(blocks[_TOP:_SCANNED])
        return self.stated

    def scan(self, blocks: Sequence[Block]) -> None:
        sections = self.sections
        colon = -1  # no block that ends before it holds a label
        for block in blocks:
            kind = block.kind
            if kind is ITEM:
                continue
            if kind is PARAGRAPH:
                colon = colon if colon >= block.start else self.next_colon(block.start)
                if (block.end > colon or self.below) and sections[block.index].kind is not ACTION:
                    self.paragraph(block)
                continue
            section = sections[block.index]
            if kind is HEADING:
                self.heading(section.name)
            elif kind in _ROWS:
                if section.kind is not ACTION:
                    self.row(block)
            elif kind is not LIST:
                self.below = ""
            elif self.until < 0:
                self.until = block.after

    def next_colon(self, start: int) -> int:
        """Where the first colon from a byte on stands; in a document with wide ones anything may be one."""
        data = self.source.data
        place = start if self.wide else data.find(b":", start)
        return place if place >= 0 else len(data)

    def heading(self, name: str) -> None:
        """A heading is a label; one that says just "Services" may list any, not those that were hit."""
        folded = fold(name) if len(name) <= _LONGEST_HEADING else ""
        fact = self.words.facts.get(folded, "")
        self.below = "" if fact == "services" and " " not in folded and folded.isascii() else fact
        self.until = -1

    def paragraph(self, block: Block) -> None:
        if self.below:
            self.value_below(block)
        end = min(block.end, block.start + _BLOCK_WORDS)
        raw = self.source.data[block.start : end]
        if self.wide and _WIDE_COLON in raw:
            raw = raw.replace(_WIDE_COLON, b":")
        elif b":" not in raw:
            return
        if b" | " in raw or b"<br" in raw:
            raw = _PARTS.sub(b"\n", raw)
        if b"\n" not in raw and raw.find(b":") > _LONGEST_LABEL:
            return
        for label, value in _LABELLED.findall(b"\n" + raw):
            if (fact := _fact(self.words, label)) is not None:
                cut = end < block.end and raw.endswith(value)
                self.labelled(fact, label.decode("utf-8", "replace"), value.decode("utf-8", "replace"), cut=cut)

    def value_below(self, block: Block) -> None:
        """Take what stands below a lone label: a list's items, or one short paragraph."""
        if 0 <= self.until <= block.index:
            self.below = ""
            return
        if block.end - block.start <= _LONGEST_BELOW:
            self.state(self.below, self.source.text(block.start, block.end), listed=self.until >= 0)
        if self.until < 0 or self.below not in _NAMES:
            self.below = ""

    def labelled(self, fact: str, label: str, value: str, *, cut: bool) -> None:
        if "(" in label and (aside := _ASIDE.search(label)) and aside[1].upper() in self.words.zones:
            value = f"{value} {aside[1]}"
        if not value.strip(_STRAY):
            self.below, self.until = (fact, -1) if fact in _NAMES else ("", -1)
        elif not (cut and fact in _NAMES):
            self.state(fact, value)

    def row(self, block: Block) -> None:
        """A row that is a label and its value, or one whose header holds labels."""
        text = self.source.text(block.start, min(block.end, block.start + _BLOCK_WORDS))
        if block.kind is ROW and not self.columns and text.count("|") > _PAIR + 1:
            return
        cells = [cell.strip() for cell in text.strip(" |\r\n").split("|")]
        facts = [_fact(self.words, cell.encode()) for cell in cells]
        if self.columns:
            for fact, cell in zip(self.columns, cells, strict=False):
                if fact is not None:
                    self.state(fact, cell)
            self.columns = []
        elif block.kind is HEAD and len(facts) - facts.count(None) > 1:
            self.columns = facts
        elif len(cells) == _PAIR and facts[0] is not None:
            self.state(facts[0], cells[1])

    def state(self, fact: str, value: str, *, listed: bool = False) -> None:
        value = _LINK.sub(r"\1", value).strip(_STRAY + "\n")
        if listed:
            value = _EXPLAINED.sub("", value)
        if listed and value and self.stated and self.stated[-1][0] == fact:
            value = f"{self.stated.pop()[1]}\n{value}"
        if value:
            self.stated.append((fact, value))


@lru_cache(maxsize=8192)
def _fact(words: Vocabulary, label: bytes) -> str | None:
    """What a label as it stands in the source tells; None where it is none of a fact."""
    text = label.decode("utf-8", "replace")
    folded = fold(_ASIDE.sub("", text) if "(" in text else text)
    return words.facts.get(folded) or (DATED if folded.startswith(_DATED) else None)


def _names(value: str, words: Vocabulary) -> tuple[str, ...]:
    found = []
    for part in OWNER_SEPARATOR.split(_ASIDE.sub("", value.replace("\n", ", "))):
        name = part.strip(" \t*_`\"'.@-–—")
        split = fold(name).split()
        if len(split) > _NAME_WORDS or len(name) > _NAME_LENGTH or not words.no_names.isdisjoint(split):
            return ()
        if not (words.is_nobody(name) or words.is_placeholder(name)):
            found.append(name)
    return tuple(dict.fromkeys(found))
