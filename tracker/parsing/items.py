"""Which blocks are action items. Lists, tables, headings and prose of action sections; elsewhere only what is labelled as work."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tracker.model import Diagnostic
from tracker.parsing import grammar, tables
from tracker.parsing.blocks import Block, Kind, Source
from tracker.parsing.fields import FieldReader, Fields
from tracker.parsing.inline import Rich, plain, render
from tracker.parsing.sections import Section, clean, read_lead
from tracker.parsing.vocabulary import SectionKind, Vocabulary, fold

_IGNORE = re.compile(r"<!--\s*closeout:\s*ignore\s*-->", re.IGNORECASE)
_BRACKETED_END = re.compile(r"[(（\[]([^()（）\[\]]{2,60})[)）\]][\s.]*$")
_NAME = re.compile(r"(?:[^\W\d_a-zß-ÿ][\w'’-]{1,20}(?:,? (?:and |& )?|$)){1,4}")
_POINTS_BACK = re.compile(
    r"(?:this|these|that|those|it|they|such|doing so|with this|by|as a result|therefore|however|esto|estas?|isso|cela|ces|dies|diese)\b",
    re.IGNORECASE,
)
_BULLET_LINE = re.compile(r"\s*(?:[•·▪●○◦➤➜→‣*-]|\d{1,3}[.)])\s+")
_TRACKED = frozenset({"owner", "due", "status", "ticket", "priority"})


@dataclass(slots=True, eq=False)
class Candidate:
    """An item in the making. `start` and `end` are bytes; `general` marks a statement whose tasks stand below it."""

    start: int
    end: int
    fields: Fields
    section: Section
    parent: Candidate | None = None
    general: bool = False


@dataclass(slots=True)
class Verdict:
    """What a list item turned out to be, for its children to know. `candidate` is the item they belong to, if any."""

    candidate: Candidate | None
    details: bool = False  # the children only explain


@dataclass(slots=True)
class Body:
    """What stands below a heading that may be an item: `described` by fields, or `listed` as items of its own. `end` is an index."""

    end: int
    paragraphs: list[Block] = field(default_factory=list)
    tables: list[Block] = field(default_factory=list)
    described: bool = False
    listed: bool = False

    def add_list(self, words: list[Block], is_field: Callable[[Block], bool]) -> None:
        """Count in a list: one with a field in every third bullet describes the item above it."""
        described = sum(map(is_field, words)) * 3 >= max(len(words), 1)
        self.described |= described
        self.listed |= not described
        self.paragraphs += words


@dataclass(slots=True)
class Extractor:
    """One pass over the blocks of one document."""

    source: Source
    sections: list[Section]
    words: Vocabulary
    reader: FieldReader
    language: str = "en"
    found: list[Candidate] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    listed: set[Section] = field(default_factory=set)
    named_lists: dict[int, bool] = field(default_factory=dict)
    silenced: int = -1  # the byte at which the last `closeout: ignore` comment ended
    unclear: dict[Section, int] = field(default_factory=dict)

    def run(self) -> list[Candidate]:
        """All items in document order."""
        self.note_lists()
        skip = 0
        for block in self.source.blocks:
            if block.index < skip:
                continue
            section = self.sections[block.index]
            if block.kind is Kind.HTML:
                self.comment(block)
            elif block.kind is Kind.TABLE:
                self.table(block, section)
                skip = block.after
            elif block.kind is Kind.HEADING:
                skip = self.heading(block, section)
            elif block.kind is Kind.ITEM:
                self.item(block, section)
            elif block.kind is Kind.PARAGRAPH and (
                block.parent < 0 or self.source.blocks[block.parent].kind is Kind.OTHER
            ):
                skip = self.paragraph(block, section)
        self.report_unclear()
        return self.found

    # --- helpers ------------------------------------------------------------------------------------------------------

    def note_lists(self) -> None:
        """Which sections give their work in lists or tables; their prose then only surrounds it."""
        for block in self.source.blocks:
            if block.kind in (Kind.LIST, Kind.TABLE):
                section: Section | None = self.sections[block.index]
                while section is not None and section.is_action and section not in self.listed:
                    self.listed.add(section)
                    section = section.parent

    def comment(self, block: Block) -> None:
        text = self.source.text(block.start, min(block.end, block.start + 2000))
        if _IGNORE.search(text) and text.rstrip().endswith("-->"):
            self.silenced = block.end

    def is_silenced(self, start: int, comments: list[str]) -> bool:
        """True for an item that an ignore comment stands on or directly above."""
        if any(_IGNORE.match(comment) for comment in comments):
            return True
        return (
            0 <= self.silenced <= start
            and start - self.silenced < 200
            and not self.source.data[self.silenced : start].strip()
        )  # noqa: PLR2004 - blank lines between

    def add(self, start: int, end: int, fields: Fields, section: Section, parent: Candidate | None = None) -> Candidate:
        while end > start and self.source.data[end - 1 : end].isspace():
            end -= 1
        candidate = Candidate(start, end, fields, section, parent)
        self.found.append(candidate)
        return candidate

    def is_empty(self, fields: Fields) -> bool:
        text = fields.text
        if self.words.is_placeholder(text):
            return not fields.links or not text
        return text[:1] in "<{[" and text[-1:] in ">}]"

    # --- lists --------------------------------------------------------------------------------------------------------

    def item(self, block: Block, section: Section) -> None:
        """A list item: work, a group line, a detail of the item above it, or nothing."""
        first = self.own_words(block)
        outer = self.outer(block)
        above = self.verdicts.get(outer) if outer >= 0 else None
        if above is not None and above.candidate is not None and above.details:
            self.verdicts[block.index] = above
            self.detail(block, above.candidate)
            return
        parent = above.candidate if above is not None else None
        if first is None:
            self.verdicts[block.index] = Verdict(parent)
            return
        if not section.is_action:
            self.labelled(first, block.start, section)
            return
        rich = render(self.source, first)
        if self.is_field(first):
            self.verdicts[block.index] = Verdict(parent, details=True)
            if parent is not None:
                self.detail(block, parent)
            return
        if self.is_silenced(block.start, rich.comments):
            self.verdicts[block.index] = Verdict(None)
            return
        if section.label and section.opener == block.index:
            rich = _without_label(rich)
        self.judge(block, first, rich, section, parent)

    def judge(self, block: Block, first: Block, rich: Rich, section: Section, parent: Candidate | None) -> None:
        """Decide on a list item of an action section."""
        fields = self.reader.read(rich, names_in_brackets=self.neighbours_end_in_names(block))
        if block.detail is not None:
            fields.done = bool(block.detail) or fields.done or False
        children = self.children(block, first)
        whole = plain(rich.text)
        if not whole or (section.label and section.opener == block.index and not fields.text):
            self.verdicts[block.index] = Verdict(parent)
            return
        group, details = self.shape(block, rich, fields, children)
        if group or self.is_empty(fields):
            self.verdicts[block.index] = Verdict(parent)
            return
        candidate = self.add(block.start, first.end, fields, section, parent)
        candidate.general = bool(children) and not details
        self.verdicts[block.index] = Verdict(candidate, details)
        self.continuation(block, first, candidate)

    def shape(self, block: Block, rich: Rich, fields: Fields, children: list[Block]) -> tuple[bool, bool]:
        """Is this list item a mere group line; if not, do its children only explain it?"""
        if not children:
            return False, True
        work = sum(self.looks_like_work(child) for child in children) * 2 >= len(children)
        verb = self.verb_first(fields.text)
        colon = rich.text.rstrip(" *_")[-1:] in (":", "：")
        if block.detail is not None and not colon:
            return False, not work
        if colon or rich.all_strong:
            return (True, False) if work or not verb else (False, True)
        if verb:
            return False, not work
        return (True, False) if work else (False, True)

    def looks_like_work(self, child: Block) -> bool:
        if child.detail is not None:
            return True
        first = self.own_words(child)
        if first is None:
            return False
        text = (
            render(self.source, first).text
            if first.end - first.start < 2000
            else self.source.text(first.start, first.start + 400)
        )  # noqa: PLR2004 - its beginning tells
        text = self.reader.read(Rich(text=text[:400])).text
        return self.verb_first(text) or grammar.promises(text[:200], self.words)

    def verb_first(self, text: str) -> bool:
        return grammar.opens_with_verb(text, self.words, self.language)

    def detail(self, block: Block, candidate: Candidate) -> None:
        """A bullet or paragraph below an item: its labelled fields and ticket links are the item's."""
        first = self.own_words(block)
        if first is not None:
            self.absorb(first, candidate)

    def continuation(self, block: Block, first: Block, candidate: Candidate) -> None:
        index = first.after
        while index < block.after:
            child = self.source.blocks[index]
            if child.kind is Kind.PARAGRAPH:
                self.absorb(child, candidate)
            index = child.after

    def absorb(self, paragraph: Block, candidate: Candidate) -> None:
        rich = render(self.source, paragraph)
        fields = self.reader.read(rich)
        if self.is_field(paragraph):
            candidate.fields.absorb(fields)
        else:
            for link in fields.links:
                candidate.fields.add_link(link)

    def is_field(self, paragraph: Block) -> bool:
        """True for "Owner: Jo" and the like: a paragraph that opens with a field's label."""
        lead = read_lead(self.source, paragraph)
        return lead is not None and lead.colon and self.words.fields.get(fold(lead.label)) in _TRACKED

    def own_words(self, item: Block) -> Block | None:
        """The paragraph with a list item's own words."""
        if item.index + 1 < item.after and self.source.blocks[item.index + 1].kind is Kind.PARAGRAPH:
            return self.source.blocks[item.index + 1]
        return None

    def outer(self, item: Block) -> int:
        """The index of the list item around a list item; -1 for none."""
        parent = self.source.blocks[item.parent].parent if item.parent >= 0 else -1
        return parent if parent >= 0 and self.source.blocks[parent].kind is Kind.ITEM else -1

    def children(self, block: Block, first: Block) -> list[Block]:
        """The list items directly below one, without those that hold a field or nothing."""
        out = []
        index = first.after
        while index < block.after:
            child = self.source.blocks[index]
            if child.kind is Kind.LIST:
                out += self.list_items(child)
            index = child.after
        return [c for c in out if (w := self.own_words(c)) is not None and not self.is_field(w)]

    def list_items(self, block: Block) -> list[Block]:
        out, index = [], block.index + 1
        while index < block.after:
            out.append(self.source.blocks[index])
            index = self.source.blocks[index].after
        return out

    def neighbours_end_in_names(self, block: Block) -> bool:
        """True where half of a list's items, and at least two, end in a bracketed name: so these brackets name owners."""
        if block.parent not in self.named_lists:
            items = self.list_items(self.source.blocks[block.parent])
            named = 0
            for item in items:
                if (words := self.own_words(item)) is not None:
                    match = _BRACKETED_END.search(self.source.text(max(words.start, words.end - 80), words.end))
                    named += bool(match and _NAME.fullmatch(match[1]) and self.words.status(match[1]) is None)
            self.named_lists[block.parent] = named >= 2 and named * 2 >= len(items)  # noqa: PLR2004
        return self.named_lists[block.parent]

    # --- tables -------------------------------------------------------------------------------------------------------

    def table(self, block: Block, section: Section) -> None:
        for row in tables.rows(self.source, block, section, self.words, self.reader):
            if not self.is_silenced(row.block.start, row.comments) and not self.is_empty(row.fields):
                self.add(row.block.start, row.block.end, row.fields, section)

    # --- headings -----------------------------------------------------------------------------------------------------

    def heading(self, block: Block, section: Section) -> int:
        """A heading inside an action section that is an item itself. Returns the index up to which it took the blocks."""
        if not (section.is_action and not section.known and section.parent is not None and section.parent.is_action):
            return block.index + 1
        rich = render(self.source, block)
        body = self.body(block)
        if self.is_silenced(block.start, rich.comments):
            return body.end
        text = _NUMBER_LABEL.sub("", clean(rich.text))
        if not body.described and (body.listed or not self.verb_first(text)):
            return block.index + 1
        fields = self.reader.read(rich)
        fields.text = clean(fields.text)
        if self.is_empty(fields):
            return block.index + 1
        candidate = self.add(block.start, block.end, fields, section.parent)
        for paragraph in body.paragraphs:
            self.absorb(paragraph, candidate)
        for table in body.tables:
            tables.describe(self.source, table, candidate.fields, self.words, self.reader)
        return body.end

    def body(self, block: Block) -> Body:
        """What stands below a heading, up to the next heading."""
        body = Body(block.after)
        blocks, opener = self.source.blocks, self.sections[block.index]
        while body.end < len(blocks):
            child, section = blocks[body.end], self.sections[body.end]
            if child.kind is Kind.HEADING or not (section is opener or section.label):
                break
            if child.kind is Kind.LIST:
                body.add_list(
                    [w for item in self.list_items(child) if (w := self.own_words(item)) is not None], self.is_field
                )
            elif child.kind is Kind.TABLE:
                described = tables.describes(self.source, child, self.words)
                body.described |= described
                body.listed |= not described
                body.tables += [child] if described else []
            elif child.kind is Kind.PARAGRAPH:
                body.paragraphs.append(child)
                body.described |= self.is_field(child)
            body.end = child.after
        return body

    # --- prose --------------------------------------------------------------------------------------------------------

    def paragraph(self, block: Block, section: Section) -> int:
        """A paragraph outside lists. Returns the index up to which it took the blocks."""
        if not section.is_action:
            self.labelled(block, block.start, section)
            self.promised(block, section)
            return block.index + 1
        rich = render(self.source, block)
        if section.opener == block.index:
            if not section.known:
                return self.heading(block, section)
            rich = _without_label(rich, line=True)
        if not rich.text.strip() or self.is_silenced(block.start, rich.comments):
            return block.index + 1
        lead = read_lead(self.source, block)
        if (
            lead is not None
            and fold(lead.label) in self.words.markers | self.words.prefixes
            or (rich.strong and self.reader.read(rich).owner and lead is not None and lead.bold)
        ):
            self.whole(block, rich, section)
        elif rich.text.rstrip(" *_")[-1:] not in (":", "："):
            self.prose(block, rich, section)
        return block.index + 1

    def whole(self, block: Block, rich: Rich, section: Section) -> None:
        """A paragraph that is one item."""
        fields = self.reader.read(rich)
        if not self.is_empty(fields):
            self.add(block.start, block.end, fields, section)

    def prose(self, block: Block, rich: Rich, section: Section) -> None:
        """The sentences of a paragraph that state work."""
        accepted = []
        for start, end in grammar.sentences(rich.text):
            text = rich.text[start:end]
            if self.states_work(text, section, linked=bool(accepted == [] and self.has_ticket(rich))):
                accepted.append((start, end))
        for start, end in accepted:
            fields = self.reader.read(rich.cut(start, end))
            if self.is_empty(fields):
                continue
            if len(accepted) == 1:
                for link in self.reader.read(rich).links:
                    fields.add_link(link)
            self.add(rich.byte(start, self.source), rich.byte(end, self.source, end=True), fields, section)
        if not accepted and section not in self.listed:
            self.unclear.setdefault(section, block.start)

    def has_ticket(self, rich: Rich) -> bool:
        return bool(rich.links or "http" in rich.text or "#" in rich.text) and bool(self.reader.read(rich).links)

    def states_work(self, text: str, section: Section, *, linked: bool) -> bool:
        """True when a sentence of an action section states work of its own."""
        if self.words.talk.search(fold(text)) or _POINTS_BACK.match(text) or len(text.split()) < 3 and text.isascii():  # noqa: PLR2004 - fewer words state nothing
            return False
        verb = self.verb_first(text)
        if verb or (linked and grammar.promises(text, self.words)):
            return True
        if section in self.listed:
            return self.words.commit.search(fold(text)) is not None or self.acts(text)
        return grammar.promises(text, self.words) or grammar.says_done(text, self.words) or linked

    def acts(self, text: str) -> bool:
        """True when a team or a person known here will do something: "Priya will write it up"."""
        subject = grammar.subject(text)
        return (
            subject is not None
            and subject[1].startswith("will ")
            and (self.reader.is_team(subject[0]) or self.reader.is_person(subject[0]))
        )

    def promised(self, block: Block, section: Section) -> None:
        """Outside action sections: a sentence that promises work for the time to come ("More training will be given in the future")."""
        if section.kind not in (SectionKind.RESPONSE, SectionKind.LESSONS) and fold(section.name) not in (
            "conclusion",
            "conclusions",
        ):
            return
        if block.end - block.start > 4000:  # noqa: PLR2004 - nobody promises at such length
            return
        raw = fold(self.source.text(block.start, block.end))
        if not (self.words.horizon.search(raw) and self.words.future.search(raw)):
            return
        rich = render(self.source, block)
        for start, end in grammar.sentences(rich.text):
            text = rich.text[start:end]
            folded = fold(text)
            if _PROMISE.search(folded) and self.words.horizon.search(folded) and not self.words.talk.search(folded):
                self.add(
                    rich.byte(start, self.source),
                    rich.byte(end, self.source, end=True),
                    self.reader.read(rich.cut(start, end)),
                    section,
                )

    def labelled(self, paragraph: Block, start: int, section: Section) -> None:
        """Outside action sections: what is marked as work all the same, by "**TODO**:" or "Action item:"."""
        lead = read_lead(self.source, paragraph)
        opening = self.source.text(paragraph.start, min(paragraph.start + 8, paragraph.end)).strip("*_ ")
        marked = (
            lead is not None and fold(lead.label) in self.words.markers and (lead.bold or lead.colon) and not lead.alone
        )
        if not marked and not opening.startswith("TODO"):
            return
        if section.kind is SectionKind.RESPONSE and lead is not None and self.words.status(lead.label) is True:
            return
        rich = render(self.source, paragraph)
        if self.is_silenced(start, rich.comments):
            return
        fields = self.reader.read(rich)
        ranges = grammar.sentences(rich.text)
        if len(ranges) > 1 and lead is not None and not self.source.blocks[paragraph.index].parent >= 0:
            first = self.reader.read(rich.cut(0, ranges[0][1]))
            first.absorb(fields)
            fields = first
        if not self.is_empty(fields) and len(fields.text.split()) > 1:
            candidate = self.add(start, paragraph.end, fields, section)
            item = paragraph.parent
            if item >= 0 and self.source.blocks[item].kind is Kind.ITEM:
                self.verdicts[item] = Verdict(candidate, details=True)

    def report_unclear(self) -> None:
        worked = {c.section for c in self.found}
        for section, start in self.unclear.items():
            if section not in worked:
                self.diagnostics.append(
                    Diagnostic(
                        self.source.line(start),
                        f"section “{section.shown}” states no clear task; write each piece of work as a list item that opens with a verb",
                    )
                )


_NUMBER_LABEL = re.compile(r"^[\w -]{0,20}\d{1,3}\s?[:.)–-]\s*")
_PROMISE = re.compile(r"\b(?:will|we are going to|is going to|vamos a|iremos|allons|werden)\b")


def _without_label(rich: Rich, *, line: bool = False) -> Rich:
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
