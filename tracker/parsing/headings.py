"""Action items as headings: the fields stand in paragraphs, bullets or a table below."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from tracker.parsing import grammar, tables
from tracker.parsing.blocks import HEADING, LIST, PARAGRAPH, TABLE, Block
from tracker.parsing.candidates import Collector
from tracker.parsing.fields import Fields
from tracker.parsing.inline import render, text_of
from tracker.parsing.phrases import SPACELESS, says_much
from tracker.parsing.reading import read
from tracker.parsing.sections import Section, clean, is_time, without_remarks
from tracker.parsing.vocabulary import fold

_NUMBERED = re.compile(r"\W{0,3}(?:(?:[^\W\d_]{1,12}[ -]#?|[^\W\d_]{1,3})?\d{1,3}\s?[:：.)–-]|[A-Z][.)] |[①-⑳] ?)")
# "Phase 1: monitoring" with a list below it says when that is done
_STAGE = re.compile(
    r"\W{0,3}(?:phase|stage|sprint|wave|week|day|month|tier|fase|semana|semaine|woche|этап|фаза|aşama|tahap"
    r"|giai đoạn)\s?\d"
    r"|\W{0,3}(?:フェーズ|ステージ|第?\s?\d\s?(?:阶段|階段|段階|期|단계|차)|阶段|階段|단계)",
    re.IGNORECASE,
)
_NUMBER_LABEL = re.compile(r"^[\w -]{0,20}#?\d{1,3}\s?[:：.)–-]\s*")


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


def _tells(fields: Fields) -> bool:
    """True where a heading itself says whose or how urgent its work is: "2. Time-outs (priority: high)"."""
    return bool(fields.owner or fields.due or fields.priority or fields.links)


class HeadingReader:
    """Reads the headings of one document."""

    def __init__(self, collector: Collector) -> None:
        self.c = collector
        self.steps: Counter[Section] | None = None  # how many numbered headings each section has

    @cached_property
    def topics(self) -> set[Section]:
        """Numbered headings that only name what the boxes below them are about."""
        return {found for block in self.c.source.groups if (found := self.topic(block)) is not None}

    @cached_property
    def apart(self) -> set[Section | None]:
        """The sections of which these are the parts."""
        return {topic.parent for topic in self.topics}

    @cached_property
    def grouping(self) -> set[Section | None]:
        """The sections of which those are parts that labels describe as work."""
        return {found.parent for found in self.c.opened if found.described}

    @cached_property
    def mixed(self) -> set[Section | None]:
        """The sections of which a part is no work, or has a name of its own: "Why", "Owner", "Timeline"."""
        return {found.parent for found in self.c.opened if found.known or not found.is_action}

    def heading(self, block: Block, section: Section) -> int:
        """A heading of an action section that is an item itself. Returns the index up to which it took blocks."""
        if not (section.is_action and not section.known and section.parent is not None and section.parent.is_action):
            return block.index + 1
        rich = render(self.c.source, block)
        if is_time(rich.text) or self.is_topic(rich.text, section) or self.groups(block, section):
            return block.index + 1
        body = self.body(block)
        body.described |= section.described
        if self.c.is_silenced(block.start, rich.comments):
            return body.end
        text = _NUMBER_LABEL.sub("", clean(rich.text))
        # A step of a plan, its bullets the details
        numbered = _NUMBERED.match(rich.text) is not None and not body.boxed
        whole = not body.listed or says_much(text) or _tells(read(self.c.reader, rich))
        step = numbered and whole and self.is_step(section)
        stage = body.listed and _STAGE.match(rich.text) is not None
        states = step or not ((body.listed and not numbered) or not self.c.verb_first(text))
        if stage or not (body.described or states):
            return block.index + 1
        fields = read(self.c.reader, rich)
        fields.text = clean(fields.text)
        if self.c.is_empty(fields) or (not body.described and self.is_sample(text)):
            return block.index + 1
        if step and fields.done is None and grammar.ends_done(fields.text, self.c.words):
            fields.done = True
        candidate = self.c.add(block.start, block.end, fields, section.parent, "heading that states work")
        for paragraph in body.paragraphs:
            self.c.absorb(paragraph, candidate)
        for table in body.tables:
            tables.describe(self.c.source, table, candidate.fields, self.c.words, self.c.reader)
        return body.end

    def is_sample(self, text: str) -> bool:
        """True for a heading that ends in what shows how to write something: "Message template", "承認テンプレート"."""
        folded = fold(without_remarks(text))
        if not folded.endswith(self.c.words.samples):
            return False
        return SPACELESS.search(folded) is not None or not self.c.verb_first(text)

    def groups(self, block: Block, section: Section) -> bool:
        """True for a heading with nothing but deeper ones below it, one described as work, or all of them work."""
        below = self.c.source.blocks[block.after : block.after + 1]
        if block.kind is not HEADING or not below or below[0].kind is not HEADING or below[0].detail <= block.detail:
            return False
        return section in self.grouping or section not in self.mixed

    def is_step(self, section: Section) -> bool:
        """True where a heading and others beside it are numbered: these list the work, whatever their words."""
        if self.steps is None:
            self.steps = Counter(
                found.parent
                for found in self.c.opened
                if found.parent is not None and found.parent.is_action and self.is_numbered(found)
            )
        return section.parent is not None and self.steps[section.parent] > 1

    def is_topic(self, text: str, section: Section) -> bool:
        """True for a heading that only names what boxes below it are about, or that is numbered among such."""
        if section in self.topics:
            return True
        return section.parent in self.apart and _NUMBERED.match(text) is not None

    def topic(self, block: Block) -> Section | None:
        """The section of a numbered heading that a list of boxes stands below, under a label: "**Measures:**"."""
        section = self.c.sections[block.index]
        if block.kind is not LIST or not section.is_action or section.label or section.parent is None:
            return None
        if self.c.source.blocks[section.opener].kind is HEADING or not self.is_numbered(section.parent):
            return None
        return section.parent if any(item.detail is not None for item in self.c.list_items(block)) else None

    def is_numbered(self, section: Section) -> bool:
        opener = self.c.source.blocks[section.opener]
        return opener.kind is HEADING and _NUMBERED.match(text_of(self.c.source, opener)) is not None

    def body(self, block: Block) -> Body:
        """What stands below a heading, up to the next heading."""
        body = Body(block.after)
        blocks, opener = self.c.source.blocks, self.c.sections[block.index]
        while body.end < len(blocks):
            child, section = blocks[body.end], self.c.sections[body.end]
            if child.kind is HEADING or not (section is opener or section.label):
                break
            if child.kind is LIST:
                body.boxed |= any(item.detail is not None for item in self.c.list_items(child))
                body.add_list(
                    [w for item in self.c.list_items(child) if (w := self.c.own_words(item)) is not None],
                    self.c.is_field,
                )
            elif child.kind is TABLE:
                described = tables.describes(self.c.source, child, self.c.words)
                body.described |= described
                body.listed |= not described
                body.tables += [child] if described else []
            elif child.kind is PARAGRAPH:
                body.paragraphs.append(child)
                body.described |= self.c.is_field(child)
            body.end = child.after
        return body
