"""Which section every block stands in, and what that section holds.

Sections open at headings, at lines made only of bold text, at lone lines that are a known name, and at labels that open
a paragraph or a list item ("**Tasks:**", "- **Improvements/Fixes:** ..."). A label's section ends with its list item.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracker.parsing import html
from tracker.parsing.blocks import Block, Kind, Source
from tracker.parsing.inline import plain, render
from tracker.parsing.vocabulary import SectionKind, Vocabulary, fold

_KNOWN_LINE, _UNKNOWN_LINE = 7, 8  # the levels below real headings: lines that serve as a heading
_LONGEST_LINE = 240  # bytes of a line that can serve as a heading
_LONGEST_INTRODUCTION = 500  # bytes of a sentence that announces a list
_LONGEST_LABEL = 70  # characters
_ENOUGH = 0.5  # the part of a label that its known words must cover
_TIME = re.compile(r"\W*(?:\d{1,2}[:.h]\d\d|\d{4}-\d\d-\d\d)")
_NUMBERING = re.compile(r"^\s*(?:[0-9]{1,3}(?:\.[0-9]{1,3})*[.):]?|[IVX]{1,5}[.)]|[A-Z][.)])\s+")
_PARENTHESES = re.compile(r"[(（\[][^()（）\[\]]{0,80}[)）\]]")
_EDGES = " \t:：*_-–—"


@dataclass(slots=True, eq=False)
class Section:
    """A stretch of the document. `kind` is what it holds, the surrounding section's where its own name says nothing.

    `role` tells a list of "tasks" from one of "improvement"s and from a "broad" one, of general statements only.
    `opener` is the block that opened it. `label` is true for one that a list item's label opened, which gives its items
    no new section name unless nothing better stands above.
    `done` is true below a heading that says so: "Immediate actions (completed)".
    """

    name: str
    kind: SectionKind | None
    level: int
    parent: Section | None
    opener: int
    role: str = ""
    label: bool = False
    known: bool = True
    done: bool = False

    @property
    def is_action(self) -> bool:
        """True where work is given."""
        return self.kind is SectionKind.ACTION

    @property
    def shown(self) -> str:
        """The name that its items carry: the nearest heading's, or the label's where that is no action section."""
        section = self
        while section.label and section.parent is not None and (section.parent.is_action or section.parent.label):
            section = section.parent
        return section.name


@dataclass(slots=True)
class Lead:
    """How a block opens: the words before its first colon, or its bold first words."""

    label: str
    bold: bool
    colon: bool
    alone: bool  # nothing follows the label


def sections(source: Source, words: Vocabulary) -> list[Section]:
    """For each block the section it stands in. A heading stands in the section that it opens."""
    return _Walk(source, words).run()


class _Walk:
    """State of one walk over the blocks."""

    def __init__(self, source: Source, words: Vocabulary) -> None:
        self.source, self.words = source, words
        self.path = [Section("", None, 0, None, -1)]
        self.labels: list[
            tuple[int, Section]
        ] = []  # the sections of list labels, each with the block index at which it ends
        self.seen_heading = False

    def run(self) -> list[Section]:
        out = []
        lists = 0  # the block index up to which we are inside a list or table
        for block in self.source.blocks:
            while self.labels and block.index >= self.labels[-1][0]:
                self.labels.pop()
            if block.kind is Kind.HEADING:
                self.open_heading(block)
            elif block.kind is Kind.PARAGRAPH and block.index >= lists:
                self.open_line(block)
                self.open_list(block)
            elif block.kind is Kind.ITEM:
                self.open_label(block)
            elif block.kind is Kind.HTML and (
                opened := html.heading(self.source.text(block.start, min(block.end, block.start + 1200)))
            ):
                self.push(clean(opened[1]), self.kind_of(clean(opened[1])), opened[0], block)
            if block.kind in (Kind.LIST, Kind.TABLE):
                lists = max(lists, block.after)
            out.append(self.labels[-1][1] if self.labels else self.path[-1])
        return out

    def open_heading(self, block: Block) -> None:
        name = clean(render(self.source, block).text)
        first, self.seen_heading = not self.seen_heading, True
        kind = self.kind_of(name)
        if first and block.detail == 1 and self.words.coverage(name) < 0.8:  # noqa: PLR2004 - a title that mentions work is none
            kind = None
        self.push(name, kind, block.detail, block)

    def open_line(self, block: Block) -> None:
        """A paragraph that is, or opens with, a heading in all but its markup."""
        lead = read_lead(self.source, block)
        if lead is None:
            return
        name = clean(lead.label)
        if lead.bold and lead.alone:
            kind = self.kind_of(name)
        elif lead.bold and lead.colon:
            kind = self.kind_of(name) if self.words.coverage(_PARENTHESES.sub("", name)) >= _ENOUGH else None
            if kind is None or fold(name) in self.words.markers:
                return
        else:
            kind = self.words.sections.get(fold(name))
            loud = name.isupper() and self.words.coverage(name) >= _ENOUGH
            kind = self.kind_of(name) if loud else kind
            if (
                kind is None
                or not (lead.alone or loud)
                or (lead.colon and self.path[-1].is_action and not (kind is SectionKind.ACTION and self.role(name)))
            ):
                return
        self.push(name, kind, _UNKNOWN_LINE if kind is None else _KNOWN_LINE, block)

    def open_list(self, block: Block) -> None:
        """A sentence outside action sections that binds its authors and ends in a colon: "Going forward we will:"."""
        blocks, source = self.source.blocks, self.source
        if (
            block.after >= len(blocks)
            or blocks[block.after].kind is not Kind.LIST
            or block.end - block.start > _LONGEST_INTRODUCTION
        ):
            return
        around = self.labels[-1][1] if self.labels else self.path[-1]
        if (
            around.is_action
            or around.opener == block.index
            or not source.text(block.start, block.end).rstrip(" *_\r\n").endswith((":", "："))
        ):
            return
        name = clean(render(source, block).text)
        if self.words.commit.search(fold(name)) and not _TIME.match(name):
            self.labels.append(
                (blocks[block.after].after, Section(name, SectionKind.ACTION, 9, around, block.index, label=True))
            )

    def open_label(self, item: Block) -> None:
        """A list item whose label names a section: "- **Tasks:**"."""
        if item.index + 1 >= item.after:
            return
        lead = read_lead(self.source, self.source.blocks[item.index + 1])
        if lead is None or not (lead.colon or (lead.bold and lead.alone)):
            return
        name = clean(lead.label)
        folded = fold(_PARENTHESES.sub("", name))
        around = self.labels[-1][1] if self.labels else self.path[-1]
        kind = self.words.sections.get(folded)
        if kind is None and self.words.coverage(folded) >= _ENOUGH and (lead.bold or not around.is_action):
            kind = self.words.section_kind(folded)
        if kind is None or kind is SectionKind.PHASE or _TIME.match(name):
            return
        if around.is_action and kind is not SectionKind.ACTION and folded in self.words.fields:
            return
        if folded in self.words.markers and not lead.alone:
            return  # "TODO: add an alert" is an item
        if not around.is_action and kind is not SectionKind.ACTION:
            return
        self.labels.append((item.after, Section(name, kind, 9, around, item.index, self.role(name), label=True)))

    def push(self, name: str, kind: SectionKind | None, level: int, block: Block) -> None:
        if kind is SectionKind.ACTION and fold(name) in self.words.nested and not self.path[-1].is_action:
            kind = None  # "Tasks" by itself heads an assignment as often
        while self.path[-1].level >= level:
            self.path.pop()
        parent = self.path[-1]
        if parent.is_action and kind is not None and self.words.coverage(name) < _ENOUGH:
            kind = None  # "Review the alert thresholds" is work, no review
        if kind is SectionKind.ACTION and parent.kind is SectionKind.LESSONS and self.words.is_wish(name):
            kind = SectionKind.LESSONS
        if kind is SectionKind.PHASE:
            kind = parent.kind if parent.is_action else SectionKind.RESPONSE
        section = Section(
            name, kind or parent.kind, level, parent, block.index, self.role(name), known=kind is not None
        )
        section.done = section.is_action and (self.words.says_done(name) or (parent.done and not self.is_open(name)))
        self.path.append(section)

    def kind_of(self, name: str) -> SectionKind | None:
        return None if _TIME.match(name) else self.words.section_kind(name)

    def is_open(self, name: str) -> bool:
        return self.words.status(name) is False

    def role(self, name: str) -> str:
        folded = fold(_PARENTHESES.sub("", name))
        if folded in self.words.tasks:
            return "tasks"
        if folded in self.words.improvements:
            return "improvement" if folded in self.words.wishes else "broad"
        return ""


def clean(name: str) -> str:
    """A heading's words as people would say them: no numbering, no trailing colon."""
    return _NUMBERING.sub("", plain(name)).strip(_EDGES)


def read_lead(source: Source, block: Block) -> Lead | None:
    """How a paragraph opens, read from its first events only. None when it opens as plain prose."""
    if block.lead is False:
        block.lead = _read_lead(source, block)
    lead: Lead | None = block.lead
    return lead


def _read_lead(source: Source, block: Block) -> Lead | None:
    if block.kind is not Kind.PARAGRAPH or block.first >= block.last:
        return None
    event, _ = source.events[block.first]
    if type(event) is not dict:
        return None
    if event.get("Start") in ("Strong", "Emphasis"):
        return _bold_lead(source, block, event["Start"])
    text = event.get("Text")
    if text is None:
        return None
    alone = block.first + 1 >= block.last
    following = None if alone else source.events[block.first + 1][0]
    if len(text) <= _LONGEST_LABEL and following in (None, "SoftBreak", "HardBreak"):
        stripped = text.rstrip()
        return (
            Lead(stripped.rstrip(":："), bold=False, colon=stripped[-1:] in (":", "："), alone=True)
            if ":" not in stripped[:-1]
            else _plain_lead(text)
        )
    return _plain_lead(text)


def _plain_lead(text: str) -> Lead | None:
    head = text[: _LONGEST_LABEL + 1]
    position = min((p for p in (head.find(":"), head.find("：")) if p >= 0), default=-1)
    if position <= 0 or (
        head[position] == ":" and not head[position + 1 : position + 2].isspace() and position + 1 < len(text)
    ):
        return None
    return Lead(text[:position], bold=False, colon=True, alone=position + 1 >= len(text.rstrip()))


def _bold_lead(source: Source, block: Block, style: str) -> Lead | None:
    parts, number = [], block.first
    for number in range(block.first + 1, min(block.first + 12, block.last)):  # a label has few events
        event, _ = source.events[number]
        if type(event) is dict:
            if event.get("End") == style:
                break
            parts.append(event.get("Text") or event.get("Code") or "")
        else:
            parts.append(" ")
    else:
        return None
    label = "".join(parts).strip()
    rest = source.events[number + 1][0] if number + 1 < block.last else None
    follows = rest.get("Text", "x") if type(rest) is dict else ""
    colon = label[-1:] in (":", "：") or follows.lstrip()[:1] in (":", "：")
    alone = number + 1 >= block.last or (number + 2 >= block.last and not follows.strip(" :："))
    if style == "Emphasis" and not (colon or alone):
        return None
    if alone and len(label) > _LONGEST_LINE:
        return None
    # "**Resolution**:" and then the words on the next line
    return Lead(label, bold=True, colon=colon, alone=alone)
