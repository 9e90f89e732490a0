"""What the readers of lists, headings and prose share: the document and the items found so far."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from tracker.model import Diagnostic
from tracker.parsing import grammar
from tracker.parsing.blocks import HEADING, PARAGRAPH, TABLE, Block, Source, cells
from tracker.parsing.fields import TRACKED, FieldReader, Fields
from tracker.parsing.inline import Rich, render, text_of
from tracker.parsing.reading import read
from tracker.parsing.sections import Lead, Section, read_lead
from tracker.parsing.trace import Trace
from tracker.parsing.vocabulary import LESSONS, OTHER, Vocabulary, fold

_IGNORE = re.compile(r"<!--\s*closeout:\s*ignore\s*-->", re.IGNORECASE)
_ITEM = re.compile(r"<!--\s*closeout:\s*item\b(.{0,1000}?)-->", re.IGNORECASE | re.DOTALL)
_REPORTED = re.compile(r"\W*(?:already )?\w+(?: (?:in|by|with|via|on|as|at)\b|\W*$)", re.IGNORECASE)  # "Done in #12"
_SETTING = re.compile(r"(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_STATUS_IN_LABEL = re.compile(r"[(（\[]([^()（）\[\]]{2,20})[)）\]]\W{0,3}$")
_MUCH = 0.4  # of a name
_BLANK_LINES = 200  # bytes of white space between a comment and the item that it silences
_MARKER = 8  # bytes in which an unlabelled TODO stands
_COMMENT = 2000  # bytes of a comment that are looked at


@dataclass(slots=True, eq=False)
class Candidate:
    """An item in the making. `start` and `end` are bytes; `general` marks a statement whose tasks stand below it."""

    start: int
    end: int
    fields: Fields
    section: Section
    parent: Candidate | None = None
    why: str = ""
    general: bool = False


@dataclass(slots=True)
class Collector:
    """The document and what was found in it. `silenced`: the byte at which the last ignore comment ended."""

    source: Source
    sections: list[Section]
    words: Vocabulary
    reader: FieldReader
    language: str
    trace: Trace | None = None
    found: list[Candidate] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    listed: set[Section] = field(default_factory=set)
    silenced: int = -1
    has_marks: bool = field(init=False)
    has_todos: bool = field(init=False)
    opened: list[Section] = field(init=False)  # the sections, each once

    def __post_init__(self) -> None:
        self.opened = list(dict.fromkeys(self.sections))
        self.has_marks, self.has_todos = b"closeout:" in self.source.data, b"TODO" in self.source.data

    def note_lists(self) -> None:
        """Which sections give their work in lists or tables; their prose then only surrounds it."""
        for block in self.source.groups:
            section: Section | None = self.sections[block.index]
            while section is not None and section.is_action and section not in self.listed:
                self.listed.add(section)
                section = section.parent

    def trust_the_plan(self) -> None:
        """Where a section's table tracks the work, drop lists that only a label, or part of a name, calls work.

        Such a document has its plan; below "**Prevention:**" in its discussion of a cause it weighs what could be done.
        """
        heads = {s: _head(s) for s in self.opened if s.is_action}
        tables = [block for block in self.source.groups if block.kind is TABLE] if heads else []
        plans = {heads[self.sections[block.index]] for block in tables if self.tracks(block)}
        if not any(self.is_named(plan) for plan in plans):
            return
        for section, head in heads.items():
            if head not in plans and not self.is_named(head):
                section.demote()

    def pass_over_digests(self) -> None:
        """Drop what sums up, among a document's last words, the work that was listed before: "Key improvements"."""
        named, digests = False, set()
        for section in self.opened:
            if not section.is_action or section.opener < 0:
                continue
            heading = self.source.blocks[section.opener].kind is HEADING
            named |= heading and section.known
            closing = section.parent is not None and section.parent.kind is OTHER
            if named and closing and not heading and self.words.digests.among(fold(section.name)):
                digests.add(section)
        if not digests:
            return
        for section in [each for each in self.opened if each.is_action and _head(each) in digests]:
            section.demote()

    def tracks(self, block: Block) -> bool:
        """True for a table of an action section that has two columns for owners, dates and the like."""
        if not self.sections[block.index].is_action or block.index + 1 >= block.after:
            return False
        head = cells(self.source, self.source.blocks[block.index + 1])
        columns = {self.words.column(text_of(self.source, cell)) for cell in head}
        return len(TRACKED & columns) >= 2  # noqa: PLR2004 - one may be chance

    def is_named(self, section: Section) -> bool:
        """True for a section whose heading is the name of work, and not only mentions it."""
        heading = section.opener >= 0 and self.source.blocks[section.opener].kind is not PARAGRAPH
        return heading and self.words.coverage(section.name) >= _MUCH

    def comment(self, block: Block) -> None:
        text = self.source.text(block.start, min(block.end, block.start + _COMMENT))
        if _IGNORE.search(text) and text.rstrip().endswith("-->"):
            self.silenced = block.end

    def may_be_marked(self, index: int) -> bool:
        """False for a block that no label and no comment can make an item outside action sections; cheap to ask."""
        if self.has_marks or index >= len(self.source.blocks):
            return self.has_marks
        block = self.source.blocks[index]
        lead: Lead | Literal[False] | None = block.lead  # False where nobody had to ask how it opens
        if lead and not lead.alone and (fold(lead.label) in self.words.markers or self.is_open_label(lead)):
            return True
        return self.has_todos and self.source.data.find(b"TODO", block.start, block.start + _MARKER) >= 0

    def is_open_label(self, lead: Lead | None) -> bool:
        """True for a bold label that says itself that its work is open: "**Index by region (pending):**"."""
        if lead is None or not lead.bold or not lead.colon or (match := _STATUS_IN_LABEL.search(lead.label)) is None:
            return False
        return self.words.status(match[1]) is False

    def marked(self, block: Block) -> bool:
        """True for a block that carries `<!-- closeout: item ... -->`: it is an item wherever it stands."""
        return self.has_marks and _ITEM.search(self.source.text(block.start, block.end)) is not None

    def comments(self, start: int, end: int) -> list[str]:
        """The `closeout: item` comments between two bytes."""
        return [match.group() for match in _ITEM.finditer(self.source.text(start, end))] if self.has_marks else []

    def settle(self, fields: Fields, comments: Sequence[str]) -> None:
        """Set the fields that a `closeout: item` comment names; they win over what was read."""
        for comment in comments:
            if (match := _ITEM.match(comment)) is None:
                continue
            for name, double, single, bare in _SETTING.findall(match[1]):
                column, value = self.words.fields.get(fold(name)), (double or single or bare).strip()
                if column in TRACKED and value:
                    stated = Fields()
                    self.reader.value(stated, column, Rich(text=value))
                    stated.absorb(fields)
                    fields.owner, fields.due, fields.due_date = stated.owner, stated.due, stated.due_date
                    fields.priority, fields.done, fields.links = stated.priority, stated.done, stated.links

    def is_silenced(self, start: int, comments: Sequence[str]) -> bool:
        """True for an item that an ignore comment stands on or directly above."""
        if any(_IGNORE.match(comment) for comment in comments):
            return True
        if not 0 <= self.silenced <= start or start - self.silenced > _BLANK_LINES:
            return False
        return not self.source.data[self.silenced : start].strip()

    def skip(self, start: int, end: int, why: str) -> None:
        """Note why a stretch of an action section is no item."""
        if self.trace is not None:
            self.trace.skip(start, end, why)

    def add(
        self, start: int, end: int, fields: Fields, section: Section, why: str, parent: Candidate | None = None
    ) -> Candidate:
        """Keep an item; `why` completes the sentence "this is an item because it is a ..."."""
        while end > start and self.source.data[end - 1 : end].isspace():
            end -= 1
        candidate = Candidate(start, end, fields, section, parent, why)
        self.found.append(candidate)
        return candidate

    def drop_template(self) -> None:
        """Forget what stands in a template. A comment that marks an item says that it is none."""
        if self.has_marks:
            return
        line = self.source.line(self.found[0].start)
        advice = "the title or date is still a placeholder, so this counts as a template; fill it in to have its items"
        self.diagnostics.append(Diagnostic(line, advice))
        self.found.clear()

    def is_empty(self, fields: Fields) -> bool:
        text = fields.text
        if self.words.is_placeholder(text):
            return not fields.links or not text
        return text[:1] in "<{[" and text[-1:] in ">}]"

    def verb_first(self, text: str) -> bool:
        return grammar.opens_with_verb(text, self.words, self.language)

    def is_field(self, paragraph: Block) -> bool:
        """True for "Owner: Jo" and the like: a paragraph that opens with a field's label."""
        lead = read_lead(self.source, paragraph)
        if lead is None or not lead.colon or self.words.status(lead.label) is not None:
            return False
        return self.words.fields.get(fold(lead.label)) in TRACKED

    def tells_why(self, paragraph: Block) -> bool:
        """True for "Result: the errors are gone" and "Problem: nobody saw it", which are no work themselves."""
        lead = read_lead(self.source, paragraph)
        if lead is None or not lead.colon or lead.alone:
            return False
        label = fold(lead.label)
        return label in self.words.outcomes or (lead.bold and label in self.words.problems)

    def tells_lesson(self, paragraph: Block) -> bool:
        """True for "Lesson: the build has to check what it makes", below which its action stands."""
        lead = read_lead(self.source, paragraph)
        if lead is None:
            return False
        said, colon, _ = lead.label.replace("：", ":").partition(":")  # a bold label may hold the whole sentence
        return (lead.colon or bool(colon)) and self.words.sections.get(fold(said)) is LESSONS

    def absorb(self, paragraph: Block, candidate: Candidate) -> None:
        rich = render(self.source, paragraph)
        fields = read(self.reader, rich)
        if self.is_field(paragraph):
            candidate.fields.absorb(fields)
        else:
            for link in fields.links:
                candidate.fields.add_link(link)
            if candidate.fields.done is None and _REPORTED.match(rich.text) and self.reader.status(rich.text):
                candidate.fields.done = True

    def own_words(self, item: Block) -> Block | None:
        """The paragraph with a list item's own words."""
        if item.index + 1 < item.after and self.source.blocks[item.index + 1].kind is PARAGRAPH:
            return self.source.blocks[item.index + 1]
        return None

    def list_items(self, block: Block) -> list[Block]:
        out, index = [], block.index + 1
        while index < block.after:
            out.append(self.source.blocks[index])
            index = self.source.blocks[index].after
        return out


def _head(section: Section) -> Section:
    """The outermost action section around one."""
    while section.parent is not None and section.parent.is_action:
        section = section.parent
    return section


def without_label(rich: Rich, *, line: bool = False) -> Rich:
    """A block's words with the label that opens it blanked; with `line`, its first line where it has no colon."""
    ends = [p + 1 for p in (rich.text.find(":", 0, 140), rich.text.find("：", 0, 140)) if p >= 0]
    if rich.strong and rich.strong[0][0] == 0:
        ends = [max(rich.strong[0][1], *[e for e in ends if e <= rich.strong[0][1] + 2], 0)]
    elif line and not ends:
        return Rich()
    if not ends:
        return rich
    end = min(ends)
    return Rich(
        " " * end + rich.text[end:],
        rich.links,
        [m for m in rich.strong if m[0] >= end],
        rich.struck,
        rich.code,
        rich.breaks,
        rich.comments,
        rich.pieces,
    )
