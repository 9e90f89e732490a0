"""Action items as headings: the fields stand in paragraphs, bullets or a table below."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tracker.parsing import tables
from tracker.parsing.blocks import Block, Kind
from tracker.parsing.candidates import Collector
from tracker.parsing.inline import render
from tracker.parsing.reading import read
from tracker.parsing.sections import Section, clean

_NUMBERED = re.compile(r"\W{0,3}(?:[^\W\d_]{1,12}[ -])?\d{1,3}\s?[:.)–-]")
_NUMBER_LABEL = re.compile(r"^[\w -]{0,20}\d{1,3}\s?[:.)–-]\s*")


@dataclass(slots=True)
class Body:
    """What stands below a heading up to the index `end`: `described` by fields, or `listed` as items of its own."""

    end: int
    paragraphs: list[Block] = field(default_factory=list)
    tables: list[Block] = field(default_factory=list)
    described: bool = False
    listed: bool = False
    boxed: bool = False

    def add_list(self, words: list[Block], is_field: Callable[[Block], bool]) -> None:
        """Count in a list: one with a field in every third bullet describes the item above it."""
        described = sum(map(is_field, words)) * 3 >= max(len(words), 1)
        self.described |= described
        self.listed |= not described
        self.paragraphs += words


class HeadingReader:
    """Reads the headings of one document."""

    def __init__(self, collector: Collector) -> None:
        self.c = collector

    def heading(self, block: Block, section: Section) -> int:
        """A heading of an action section that is an item itself. Returns the index up to which it took blocks."""
        if not (section.is_action and not section.known and section.parent is not None and section.parent.is_action):
            return block.index + 1
        rich = render(self.c.source, block)
        body = self.body(block)
        if self.c.is_silenced(block.start, rich.comments):
            return body.end
        text = _NUMBER_LABEL.sub("", clean(rich.text))
        numbered = (
            _NUMBERED.match(rich.text) is not None and not body.boxed
        )  # a step of a plan, its bullets the details
        if not body.described and ((body.listed and not numbered) or not self.c.verb_first(text)):
            return block.index + 1
        fields = read(self.c.reader, rich)
        fields.text = clean(fields.text)
        if self.c.is_empty(fields):
            return block.index + 1
        candidate = self.c.add(block.start, block.end, fields, section.parent)
        for paragraph in body.paragraphs:
            self.c.absorb(paragraph, candidate)
        for table in body.tables:
            tables.describe(self.c.source, table, candidate.fields, self.c.words, self.c.reader)
        return body.end

    def body(self, block: Block) -> Body:
        """What stands below a heading, up to the next heading."""
        body = Body(block.after)
        blocks, opener = self.c.source.blocks, self.c.sections[block.index]
        while body.end < len(blocks):
            child, section = blocks[body.end], self.c.sections[body.end]
            if child.kind is Kind.HEADING or not (section is opener or section.label):
                break
            if child.kind is Kind.LIST:
                body.boxed |= any(item.detail is not None for item in self.c.list_items(child))
                body.add_list(
                    [w for item in self.c.list_items(child) if (w := self.c.own_words(item)) is not None],
                    self.c.is_field,
                )
            elif child.kind is Kind.TABLE:
                described = tables.describes(self.c.source, child, self.c.words)
                body.described |= described
                body.listed |= not described
                body.tables += [child] if described else []
            elif child.kind is Kind.PARAGRAPH:
                body.paragraphs.append(child)
                body.described |= self.c.is_field(child)
            body.end = child.after
        return body
