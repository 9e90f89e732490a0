"""Which section every block stands in, and what that section holds.

Sections open at headings, at lines made only of bold text, at lone lines that are a known name, and at labels that open
a paragraph or a list item ("**Tasks:**", "- **Improvements/Fixes:** ..."). A label's section ends with its list item.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from tracker.parsing import html
from tracker.parsing.blocks import HEADING, HTML, ITEM, LIST, PARAGRAPH, TABLE, Block, Source
from tracker.parsing.inline import plain, text_of
from tracker.parsing.phrases import says_much
from tracker.parsing.vocabulary import ACTION, LESSONS, OTHER, PHASE, RESPONSE, SectionKind, Vocabulary, fold

_KNOWN_LINE, _UNKNOWN_LINE = 7, 8  # the levels below real headings: lines that serve as a heading
_LABEL_LEVEL = 9  # below these: what the label of a list opens
_LONGEST_LINE = 240  # bytes of a line that can serve as a heading
_HTML_HEADING = 1200  # bytes of a block in which a heading stands
_LONGEST_INTRODUCTION = 500  # bytes of a sentence that announces a list
_LONGEST_LABEL = 70  # characters
_HEAD = _LONGEST_LABEL + 1  # characters in which a label and its colon stand
_ENOUGH = 0.5  # the part of a label that its known words must cover
_TIME = re.compile(r"\W*(?:\d{1,2}[:.h]\d\d|\d{4}-\d\d-\d\d)")
_TIME_SPAN = re.compile(r"[(（][^()（）]{0,40}\d{1,2}[:.h]\d\d[^()（）]{0,40}[)）]\W{0,3}$")
_LAST_SENTENCE = re.compile(r"^.*[.!?]\s+(?=\S)", re.DOTALL)  # what stands before it
_NUMBERING = re.compile(r"^\s*(?:[①-⑳]\s?|[0-9]{1,3}(?:\.[0-9]{1,3})*[.):]?|[IVX]{1,5}[.)]|[A-Za-z][.)])\s+")
# One of several ways, of which nobody has said yet that it is taken
_OPTION = re.compile(
    r"(?:option|alternative|approach|opción|opcion|opção|opcao|opzione|alternativa|variante|vorschlag|вариант)\s?#?(?:\d|[A-F]\b)"
    r"|(?:方案|选项|選項|案|옵션|방안)\s?[\dA-F一二三四]",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"[(（\[][^()（）\[\]]{0,80}[)）\]]")
_CLOSING = (")", "）", "]")
_STOPS = (".", "。", "।")
_OF_ITEMS = frozenset({"owner", "due", "priority"})  # fields that only a piece of work has
_COLONS = (b":", "：".encode())
_EDGES = " \t:：*_-–—"


@dataclass(slots=True, eq=False)
class Section:
    """A stretch of the document. `kind` is what it holds, the surrounding section's where its own name says nothing.

    `role` tells a list of "tasks" from one of "improvement"s and from a "broad" one, of general statements only.
    `opener` is the block that opened it. `label` is true for one that a list item's label opened, which gives its items
    no new section name unless nothing better stands above.
    `done` is true below a heading that says so: "Immediate actions (completed)".
    `described` is true below one that labels describe as a piece of work: "**Why:**", "**Owner:**", "**Cost:**".
    `tells_both` is true below one that names a phase, too: "Verification and pending".
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
    is_action: bool = False  # work is given here
    tells_both: bool = False
    described: bool = False
    demoted: bool = False

    def __post_init__(self) -> None:
        self.is_action = self.kind is ACTION

    @property
    def is_secondary(self) -> bool:
        """True for a label whose items belong to a better name above: an action section's, or any but a sentence's."""
        if self.parent is None or self.parent.opener < 0:
            return False
        return self.parent.is_action or self.parent.label or len(self.name) > _LONGEST_LABEL

    def demote(self) -> None:
        """Hold nothing after all."""
        self.kind, self.is_action, self.demoted = None, False, True

    @property
    def shown(self) -> str:
        """The name that its items carry: the nearest heading's, or the label's where that is no action section."""
        section = self
        while section.label and section.parent is not None and section.is_secondary:
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
        source, blocks, labels, path = self.source, self.source.blocks, self.labels, self.path
        out: list[Section] = []
        keep, section = out.append, path[-1]
        lists = 0  # the block index up to which we are inside a list or table
        for index, block in enumerate(blocks):
            while labels and index >= labels[-1][0]:
                labels.pop()
                section = labels[-1][1] if labels else path[-1]
            kind = block.kind
            if kind is ITEM:
                if index + 1 >= block.after or not _may_be_labelled(source, blocks[index + 1]):
                    keep(section)
                    continue
                self.open_item(block, blocks[index + 1])
            elif kind is PARAGRAPH:
                if index < lists:
                    keep(section)
                    continue
                self.open_paragraph(block)
            elif kind is HEADING:
                self.open_heading(block)
            elif kind is LIST or kind is TABLE:
                lists = max(lists, block.after)
                keep(section)
                continue
            elif kind is HTML:
                self.open_html(block)
            section = labels[-1][1] if labels else path[-1]
            keep(section)
        return out

    @cached_property
    def plans(self) -> bool:
        """Whether planned work has a name of its own: "Actions taken" beside it is work too, and done."""
        lowered = self.source.lowered
        return any(label in lowered for label in self.words.planned)

    @cached_property
    def prevents(self) -> bool:
        """Whether work has a heading of its own: beside it "조치" is what was done during the incident."""
        names = [clean(text_of(self.source, block)) for block in self.source.blocks if block.kind is HEADING]
        return any(kind_of(self.words, name) is ACTION and fold(name) not in self.words.either for name in names)

    def open_html(self, block: Block) -> None:
        opened = html.heading(self.source.text(block.start, min(block.end, block.start + _HTML_HEADING)))
        if opened is not None:
            self.push(clean(opened[1]), kind_of(self.words, clean(opened[1])), opened[0], block)

    def open_heading(self, block: Block) -> None:
        text = text_of(self.source, block)
        name = clean(text)
        if not name[:1].isalnum() and not fold(name):
            return  # "# ======" only frames the heading beside it
        first, self.seen_heading = not self.seen_heading, True
        kind = kind_of(self.words, name)
        if first and block.detail == 1 and self.words.coverage(name) < 0.8:  # noqa: PLR2004 - a title that mentions work is none
            kind = None
        self.push(name, kind, block.detail, block)
        section = self.path[-1]
        if section.is_action and not section.known:
            says_itself = _NUMBERING.match(text) is not None or says_much(name)
            section.described = self.is_described(block, says_itself=says_itself)

    def is_described(self, heading: Block, *, says_itself: bool) -> bool:
        """Whether labels below a heading tell why its work is needed, what it takes, or whose it is.

        Boxes are work of their own, and so is, below a short name ("### Monitoring"), a list that no label introduces.
        """
        blocks, index, found, introduced = self.source.blocks, heading.after, False, False
        while index < len(blocks) and blocks[index].kind is not HEADING:
            block = blocks[index]
            boxed = block.kind is LIST and any(blocks[at].detail is not None for at in range(index, block.after))
            if boxed or (block.kind is LIST and not (introduced or says_itself)):
                return False
            lead = read_lead(self.source, block)
            introduced = False
            if lead is not None and lead.bold and lead.colon:
                introduced = lead.alone
                label = fold(without_remarks(lead.label))
                found |= label in self.words.describing or self.words.fields.get(label) in _OF_ITEMS
            index = block.after
        return found

    def open_paragraph(self, block: Block) -> None:
        blocks, lead = self.source.blocks, read_lead(self.source, block)
        if self.path[-1].described and lead is not None and lead.bold:
            return
        if lead is not None:
            self.open_line(block, lead)
        if block.after < len(blocks) and blocks[block.after].kind is LIST:
            self.open_list(block, lead)

    def open_line(self, block: Block, lead: Lead) -> None:
        """A paragraph that is, or opens with, a heading in all but its markup."""
        name = clean(lead.label)
        if lead.bold and lead.alone:
            kind = kind_of(self.words, name)
        elif lead.bold and lead.colon:
            kind = kind_of(self.words, name) if self.words.coverage(without_remarks(name)) >= _ENOUGH else None
            if kind is None or fold(name) in self.words.markers or self.details(name):
                return
        else:
            kind = self.words.sections.get(fold(without_remarks(name)))
            loud = name.isupper() and self.words.coverage(name) >= _ENOUGH
            kind = kind_of(self.words, name) if loud else kind
            if (
                kind is None
                or not (lead.alone or loud)
                or (lead.colon and self.path[-1].is_action and not (kind is ACTION and self.role(name)))
            ):
                return
        self.push(name, kind, _UNKNOWN_LINE if kind is None else _KNOWN_LINE, block)

    def details(self, name: str) -> bool:
        """True for "Action:" below a heading that is work itself."""
        around = self.path[-1]
        return around.is_action and not around.known and fold(name) in self.words.prefixes

    def open_list(self, block: Block, lead: Lead | None) -> None:
        """A sentence before a list that binds its authors and ends in a colon: "Going forward we will:"."""
        blocks, source = self.source.blocks, self.source
        around = self.labels[-1][1] if self.labels else self.path[-1]
        if self.open_last_line(block, around) or around.opener == block.index or around.is_action:
            return
        if block.end - block.start > _LONGEST_INTRODUCTION:
            return
        colon = source.data[block.start : block.end].rstrip(b" *_\r\n").endswith(_COLONS)
        if not colon and around.kind is not None:
            return
        name = clean(text_of(source, block))
        if _TIME.match(name) or (lead is not None and lead.bold and not lead.alone):
            return
        folded = fold(_LAST_SENTENCE.sub("", name))
        binds = colon and (self.words.commit.among(folded) or self.only_names_work(name, around))
        if binds or self.words.announces.among(folded):
            self.label(blocks[block.after].after, name, ACTION, block)

    def only_names_work(self, name: str, around: Section) -> bool:
        """True for a sentence that does little more than name work: "Our next priorities are:"."""
        known = around.kind is not RESPONSE and self.words.coverage(name) >= _ENOUGH
        return known and self.words.section_kind(name) is ACTION

    def open_last_line(self, block: Block, around: Section) -> bool:
        """A paragraph of lines whose last is a section's name: "**Status:** closed", "**Action items:**", a list."""
        start = max(block.start, block.end - _LONGEST_LINE)
        _, line, last = self.source.text(start, block.end).rstrip().rpartition("\n")
        name = clean(last.strip(" *_"))
        kind = self.words.sections.get(fold(name)) if line and last.strip(" *_")[-1:] in (":", "：") else None
        if kind is None or (kind is ACTION) == around.is_action:
            return False
        self.label(self.source.blocks[block.after].after, name, kind, block)
        return True

    def label(self, end: int, name: str, kind: SectionKind, opener: Block) -> None:
        """Open a section that lasts up to the block index `end`, as the label of a list does."""
        around = self.labels[-1][1] if self.labels else self.path[-1]
        section = Section(name, kind, _LABEL_LEVEL, around, opener.index, label=True)
        if section.is_action:
            section.role, section.done = self.role(name), self.is_done(name, around)
        self.labels.append((end, section))

    def open_item(self, item: Block, words: Block) -> None:
        """A list item whose label names a section: "- **Tasks:**"."""
        lead = read_lead(self.source, words)
        if lead is not None and (lead.colon or (lead.bold and lead.alone)) and not _TIME.match(lead.label):
            self.open_label(item, lead)

    def open_label(self, item: Block, lead: Lead) -> None:
        name = clean(lead.label)
        folded = fold(without_remarks(name))
        around = self.labels[-1][1] if self.labels else self.path[-1]
        kind = self.words.sections.get(folded)
        if kind is None and (lead.bold or not around.is_action) and self.words.coverage(folded) >= _ENOUGH:
            kind = self.words.section_kind(folded)
        if kind is None or kind is PHASE or _TIME.match(name):
            return
        if around.is_action:
            named = lead.alone or folded in self.words.sections  # "**Code review:** check the caches" is work
            opens = kind is ACTION or (folded not in self.words.fields and named)
        else:  # "Action 2: restart the node" and "First action: restart it" of a timeline open nothing
            told = around.kind is RESPONSE and (folded[-1:].isdigit() or not (lead.bold or lead.alone))
            opens = kind is ACTION and not told
        if opens and (lead.alone or folded not in self.words.markers):  # "TODO: add an alert" is an item
            self.label(item.after, name, kind, item)

    def push(self, name: str, kind: SectionKind | None, level: int, block: Block) -> None:
        work, folded = kind is ACTION, fold(name)
        if work and folded in self.words.nested and not self.path[-1].is_action:
            kind, work = None, False  # "Tasks" by itself heads an assignment as often
        if taken := folded in self.words.taken and self.plans:
            kind, work = ACTION, True
        if work and block.kind is HEADING and folded in self.words.either and self.prevents:
            kind, work = RESPONSE, False
        while self.path[-1].level >= level:
            self.path.pop()
        parent = self.path[-1]
        if parent.is_action and kind is not None and self.words.coverage(name) < _ENOUGH:
            kind, work = None, False  # "Review the alert thresholds" is work, no review
        if parent.is_action and _OPTION.match(name):
            kind, work = OTHER, False
        if work and parent.kind is LESSONS and self.words.is_wish(name):
            kind = LESSONS
        if kind is PHASE:
            kind = parent.kind if parent.is_action else RESPONSE
        section = Section(name, kind or parent.kind, level, parent, block.index, known=kind is not None)
        if section.is_action:
            section.role = self.role(name)
            section.tells_both = self.words.tells_both(name)
            section.done = self.is_done(name, parent) or taken
        self.path.append(section)

    def is_done(self, name: str, around: Section) -> bool:
        """Whether a section's name, or that of the one around it, says that its work is done."""
        return self.words.says_done(name) or (around.done and not self.words.says_open(name))

    def role(self, name: str) -> str:
        folded = fold(without_remarks(name))
        if folded in self.words.tasks:
            return "tasks"
        if folded in self.words.improvements:
            return "improvement" if folded in self.words.wishes else "broad"
        return ""


@lru_cache(maxsize=4096)
def kind_of(words: Vocabulary, name: str) -> SectionKind | None:
    """What a section of this name holds; a remark in brackets counts where the rest says nothing."""
    if _TIME.match(name):
        return None
    kind = None
    if name.endswith(_CLOSING) and (bare := without_remarks(name).strip()):
        kind = words.section_kind(bare) or words.section_kind(name) or words.section_kind(name[len(bare) :])
    return kind or words.section_kind(name)


def is_time(name: str) -> bool:
    """True for a name that opens with a time or date, or ends in one in brackets, as the entries of a timeline do."""
    return _TIME.match(name) is not None or (name.rstrip()[-1:] in _CLOSING and _TIME_SPAN.search(name) is not None)


def without_remarks(name: str) -> str:
    """A name without what stands in brackets."""
    return _PARENTHESES.sub("", name)


@lru_cache(maxsize=4096)
def clean(name: str) -> str:
    """A heading's words as people would say them: no numbering, no trailing colon."""
    return _NUMBERING.sub("", plain(name)).strip(_EDGES)


def _may_be_labelled(source: Source, block: Block) -> bool:
    """False for a block that opens with words, and no colon among them; cheap to ask."""
    if block.kind is not PARAGRAPH or block.first >= block.last:
        return False
    event = source.events[block.first][0]
    return type(event) is dict and ((text := event.get("Text")) is None or _has_colon(text[:_HEAD]))


def _has_colon(text: str) -> bool:
    return ":" in text or (not text.isascii() and "：" in text)


def read_lead(source: Source, block: Block) -> Lead | None:
    """How a paragraph opens, read from its first events only. None when it opens as plain prose."""
    if block.lead is False:
        block.lead = _read_lead(source, block)
    lead: Lead | None = block.lead
    return lead


def _read_lead(source: Source, block: Block) -> Lead | None:
    if block.kind is not PARAGRAPH or block.first >= block.last:
        return None
    event, _ = source.events[block.first]
    if type(event) is not dict:
        return None
    text = event.get("Text")
    if text is None:
        style = event.get("Start")
        return _bold_lead(source, block, style) if style in ("Strong", "Emphasis") else None
    if len(text) <= _LONGEST_LABEL:
        following = source.events[block.first + 1][0] if block.first + 1 < block.last else None
        if following in (None, "SoftBreak", "HardBreak"):
            stripped = text.rstrip()
            if ":" not in stripped[:-1]:
                return Lead(stripped.rstrip(":："), bold=False, colon=stripped[-1:] in (":", "："), alone=True)
    return _plain_lead(text)


def _plain_lead(text: str) -> Lead | None:
    head = text[:_HEAD]
    position = head.find(":")
    if not head.isascii() and (wide := head.find("：", 0, position if position >= 0 else None)) >= 0:
        position = wide
    if position <= 0 or (
        head[position] == ":" and not head[position + 1 : position + 2].isspace() and position + 1 < len(text)
    ):
        return None
    return Lead(text[:position], bold=False, colon=True, alone=position + 1 >= len(text.rstrip()))


def _bold_lead(source: Source, block: Block, style: str) -> Lead | None:
    parts, number, end = [], block.first, {"End": style}
    for event, _ in source.events[block.first + 1 : min(block.first + 12, block.last)]:  # a label has few events
        number += 1
        if event == end:
            break
        parts.append((event.get("Text") or event.get("Code") or "") if type(event) is dict else " ")
    else:
        return None
    label = "".join(parts).strip()
    rest = source.events[number + 1][0] if number + 1 < block.last else None
    follows = rest.get("Text", "x") if type(rest) is dict else ""
    colon = label[-1:] in (":", "：") or follows.lstrip()[:1] in (":", "：")
    alone = number + 1 >= block.last or (number + 2 >= block.last and not follows.strip(" :："))
    if style == "Emphasis" and (label[-1:] in _STOPS or not (colon or alone)):
        return None  # "*Written from the logs.*" is a remark
    if alone and len(label) > _LONGEST_LINE:
        return None
    # "**Resolution**:" and then the words on the next line
    return Lead(label, bold=True, colon=colon, alone=alone)
