"""Action items in lists: which list items are work, which only group the work below them, which only explain it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from tracker.explanation import Role
from tracker.parsing import grammar
from tracker.parsing.blocks import LIST, PARAGRAPH, TABLE, Block
from tracker.parsing.candidates import Candidate, Collector, without_label
from tracker.parsing.fields import Fields
from tracker.parsing.inline import Rich, plain, render, text_of
from tracker.parsing.phrases import says_much
from tracker.parsing.prose import ProseReader
from tracker.parsing.reading import read
from tracker.parsing.sections import Section
from tracker.parsing.vocabulary import fold

_BRACKETED_END = re.compile(r"[(（\[]([^()（）\[\]]{2,60})[)）\]][\s.]*$")
_NAME = re.compile(r"(?:[^\W\d_a-zß-ÿ][\w'’-]{1,20}(?:,? (?:and |& )?|$)){1,4}")
_WORD = r"[^\W\d_a-zß-ÿ][\w.&-]{1,20}"
_OPENS = re.compile(
    rf"(?:\[({_WORD}(?: (?:[+&] )?{_WORD}){{0,2}})\]:?|({_WORD}(?: (?:[+&] )?{_WORD}){{0,2}})(?::| to| will)) +(\w+)"
)
_BOLD_OPENS = re.compile(rf"\*\*({_WORD}|me)\*\*:? ?[-–—:] +\W{{0,2}}(\w+)")
_PLUS = re.compile(r" [+&] ")
_FIRST_PERSON = re.compile(r"(?:we|i)(?:['’](?:re|ve|ll|m))? \w+ \w+ \w+", re.IGNORECASE)
_ASSIGNMENT = 120  # bytes in which a list item names who does it
_WHOLE = 2000  # bytes of a list item below which all of it is rendered
_OPENING = 400  # bytes and characters of a list item that tell whether it is work
_NAME_PARTS = re.compile(r"[()（）\[\],:：]|\s[-–—]\s")
_KEYED = re.compile(r"(\w{1,20})\s+[-–—]\s")
_BOX = re.compile(r"\s{0,3}(?:[-*+]|\d{1,3}[.)])\s{1,4}([⬜☐🔲✅☑])")
_CHOICE = re.compile(r"[\u3040-\u9fff]{1,5}|[^\W\u3040-\u9fff]+(?:[ -][^\W\u3040-\u9fff]+)?")  # a word or two
_MARKER = 24  # bytes in which a list item's marker and its box stand
_CLAUSE = 3  # words of a title that says what to do, and to what
_SENTENCE = 7  # spaces of a line that says more than a group's name
_NAMES = 3  # words of a title that say what it is about
_TWO = 2  # bracketed names make a habit


@dataclass(slots=True)
class Verdict:
    """What a list item turned out to be, for its children to know. `candidate` is the item they belong to, if any."""

    candidate: Candidate | None
    details: bool = False  # the children only explain


class ListReader:
    """Reads the list items of one document, in order."""

    def __init__(self, collector: Collector, prose: ProseReader) -> None:
        self.c, self.prose = collector, prose
        self.verdicts: dict[int, Verdict] = {}  # by the list item's block index
        self.named_lists: dict[int, bool] = {}  # by the list's block index
        self.advice: dict[int, bool] = {}  # by the list's block index
        self.checklists: dict[int, bool] = {}  # by the list's block index
        self.legends: dict[int, bool] = {}  # by the list's block index
        self.begun: dict[int, bool] = {}  # by the list's block index
        self.learnt: set[int] = set()  # the lists whose opening names were looked at, by block index

    def may_be_work(self, block: Block) -> bool:
        """False for a list item outside action sections that cannot be an item, nor belong to one; cheap to ask."""
        return (
            self.box(block) is False
            or (bool(self.verdicts) and self.above(block) is not None)
            or self.c.may_be_marked(block.index + 1)
        )

    def item(self, block: Block, section: Section) -> None:
        """A list item: work, a group line, a detail of the item above it, or nothing."""
        unticked = not section.is_action and self.box(block) is False and self.is_open_work(block, section)
        first = self.c.own_words(block)
        above = self.above(block)
        if above is not None and above.candidate is not None and above.details and not self.is_assigned(block):
            self.verdicts[block.index] = above
            self.detail(block, above.candidate)
            self.c.skip(block.start, block.end, "explains the item above it")
            return
        parent = above.candidate if above is not None else None
        if first is None:
            self.verdicts[block.index] = Verdict(parent)
            return
        if not section.is_action and not unticked and not self.c.marked(first):
            if (marked := self.prose.labelled(first, block.start, section)) is not None:
                self.verdicts[block.index] = Verdict(marked, details=True)
            return
        rich = render(self.c.source, first)
        if self.c.is_field(first):
            self.verdicts[block.index] = Verdict(parent, details=True)
            if parent is not None:
                self.detail(block, parent)
            self.c.skip(block.start, first.end, "a field of the item above it")
            return
        if self.c.is_silenced(block.start, rich.comments):
            self.verdicts[block.index] = Verdict(None)
            self.c.skip(block.start, first.end, "a comment says to ignore it")
            return
        if block.detail is None and (self.c.tells_why(first) or (self.c.tells_lesson(first) and self.direct(block))):
            self.verdicts[block.index] = Verdict(None)
            self.c.skip(block.start, first.end, "tells what came of the work, what was learnt, or why it is needed")
            return
        if section.label and section.opener == block.index:
            rich = without_label(rich)
        self.judge(block, first, rich, section, parent)

    def judge(self, block: Block, first: Block, rich: Rich, section: Section, parent: Candidate | None) -> None:
        """Decide on a list item of an action section."""
        self.learn_names(block)
        fields = read(self.c.reader, rich, names_in_brackets=self.neighbours_end_in_names(block))
        self.c.settle(fields, rich.comments)
        if block.detail is not None:
            fields.tick(bool(block.detail))
            fields.marks.append((Role.STATUS, block.start, first.start))
        children = self.children(block)
        whole = plain(rich.text)
        if not whole or (section.label and section.opener == block.index and not fields.text):
            self.verdicts[block.index] = Verdict(parent)
            return
        if why := self.no_work(block, section, fields, rich):
            self.verdicts[block.index] = Verdict(None)
            self.c.skip(block.start, first.end, why)
            return
        group, details = self.shape(block, rich, fields, children)
        if group or self.c.is_empty(fields):
            self.verdicts[block.index] = Verdict(parent)
            self.c.skip(block.start, first.end, "only groups the items below it" if group else "a placeholder")
            return
        candidate = self.c.add(block.start, first.end, fields, section, "list item", parent)
        candidate.general = bool(children) and not details
        self.verdicts[block.index] = Verdict(candidate, details)
        self.continuation(block, first, candidate)

    def no_work(self, block: Block, section: Section, fields: Fields, rich: Rich) -> str:
        """Why a list item of an action section is no work, nor groups any; empty where it may be."""
        if self.is_checklist(block):
            return "a chore of the document itself"
        if self.is_advice(block):
            return "advice to others"
        if block.detail is not None and fields.done is False and grammar.declines(plain(rich.text)):
            return "says itself that nothing is to be done"
        if self.is_legend(block, section):
            return "explains what the table below it uses"
        if section.tells_both and not self.shows_work(fields):
            return "tells what was found"
        alone = _only_code(rich) and not self.is_tracked(block, fields)
        return "only code or a ticket" if alone or self.is_reference(block, section, fields) else ""

    def is_reference(self, block: Block, section: Section, fields: Fields) -> bool:
        """True for "Task: OPS-12" among links, where nothing but its label speaks of work."""
        if not section.label or section.opener != block.index or section.parent is None or section.parent.is_action:
            return False
        return fields.text.isascii() and " " not in fields.text

    def shape(self, block: Block, rich: Rich, fields: Fields, children: list[Block]) -> tuple[bool, bool]:
        """Is this list item a mere group line; if not, do its children only explain it?"""
        if not children:
            return False, True
        work = sum(self.looks_like_work(child) for child in children) * 2 >= len(children)
        verb = self.c.verb_first(fields.text) or grammar.says_done(fields.text, self.c.words, self.c.language)
        verb &= not grammar.is_title(fields.text, self.c.words)
        colon = rich.text.rstrip(" *_")[-1:] in (":", "：")
        if self.is_explained(block, rich, fields, children, colon=colon) or self.lists_cases(fields, children):
            return False, True
        if colon or rich.all_strong:
            names = not colon and len(fields.text.split()) < _CLAUSE and not says_much(fields.text)  # "**Clean up**"
            states = (verb and not names) or (colon and fields.text.count(" ") >= _SENTENCE)
            return (True, False) if work or not states else (False, True)
        if verb:
            return False, not work
        return (True, False) if work else (False, True)

    def is_explained(self, block: Block, rich: Rich, fields: Fields, children: list[Block], *, colon: bool) -> bool:
        """True for an item whose children can only be its details, whatever their words."""
        if colon:
            return _FIRST_PERSON.match(fields.text) is not None  # "We are redesigning the reviews, which will:"
        boxed = any(child.detail is not None for child in children) or self.have_own_references(children)
        titled = rich.all_strong and len(children) == 1 and says_much(fields.text)  # a title with its explanation
        return titled or (self.is_tracked(block, fields) and not boxed)

    def shows_work(self, fields: Fields) -> bool:
        """True for words that show by themselves that they are work, whatever the section's name."""
        stated = fields.owner or fields.due or fields.priority or fields.done is not None
        return bool(stated) or self.c.verb_first(fields.text) or grammar.promises(fields.text, self.c.words)

    def lists_cases(self, fields: Fields, children: list[Block]) -> bool:
        """True for an item that names a test, or its cases, and lists them: "Unit test of the queue:"."""
        opening = fold(fields.text[:_OPENING])
        named = not self.c.words.tests.isdisjoint(opening.split()[:_NAMES]) or self.c.words.cases.among(opening)
        if not named or not says_much(fields.text):
            return False
        if any(child.detail is not None for child in children) or self.have_own_references(children):
            return False
        words = [words for child in children if (words := self.c.own_words(child)) is not None]
        texts = [self.c.source.text(each.start, min(each.end, each.start + _ASSIGNMENT)) for each in words]
        return not any(
            text[:1] != "`" and not self.c.words.cases.among(fold(text)) and grammar.opens_with_verb(text, self.c.words)
            for text in texts
        )

    def have_own_references(self, children: list[Block]) -> bool:
        """True where half of the children end with an issue of their own in brackets: these are followed up, too."""
        words = [words for child in children if (words := self.c.own_words(child)) is not None]
        own = sum(grammar.has_own_reference(text_of(self.c.source, each)) for each in words)
        return own * 2 >= len(children) > 0

    def is_assigned(self, child: Block) -> bool:
        """True for "Ops to verify the release": work that has somebody of its own."""
        first = self.c.own_words(child)
        text = self.c.source.text(first.start, min(first.end, first.start + _ASSIGNMENT)) if first else ""
        match = _OPENS.match(text)
        return (
            match is not None and text[match.end(2) : match.end(2) + 1] != ":" and fold(match[3]) in self.c.words.verbs
        )

    def is_tracked(self, block: Block, fields: Fields) -> bool:
        """True for a list item that is followed up by itself: it has a box, an owner or the like."""
        if (
            block.detail is not None
            or fields.owner
            or fields.due
            or fields.priority
            or fields.links
            or fields.done is not None
        ):
            return True
        bullets = (self.c.own_words(child) for child in self.direct(block))
        return any(words is not None and self.c.is_field(words) for words in bullets)

    def looks_like_work(self, child: Block) -> bool:
        if child.detail is not None:
            return True
        first = self.c.own_words(child)
        if first is None:
            return False
        text = (
            render(self.c.source, first).text
            if first.end - first.start < _WHOLE
            else self.c.source.text(first.start, first.start + _OPENING)
        )
        text = read(self.c.reader, Rich(text=text[:_OPENING])).text
        return self.c.verb_first(text) or (grammar.promises(text[:200], self.c.words) and not grammar.observes(text))

    def detail(self, block: Block, candidate: Candidate) -> None:
        """A bullet or paragraph below an item: its labelled fields and ticket links are the item's."""
        first = self.c.own_words(block)
        if first is not None:
            self.c.absorb(first, candidate)

    def continuation(self, block: Block, first: Block, candidate: Candidate) -> None:
        index = first.after
        while index < block.after:
            child = self.c.source.blocks[index]
            if child.kind is PARAGRAPH:
                self.c.absorb(child, candidate)
            index = child.after

    def above(self, item: Block) -> Verdict | None:
        """The verdict on the list item around a list item; None for none."""
        return self.verdicts.get(self.c.source.blocks[item.parent].parent) if item.parent >= 0 else None

    def direct(self, block: Block) -> list[Block]:
        """The list items directly below one."""
        out: list[Block] = []
        index = block.index + 1
        while index < block.after:
            child = self.c.source.blocks[index]
            if child.kind is LIST:
                out += self.c.list_items(child)
            index = child.after
        return out

    def children(self, block: Block) -> list[Block]:
        """The list items directly below one, without those that hold a field or nothing."""
        return [c for c in self.direct(block) if (w := self.c.own_words(c)) is not None and not self.c.is_field(w)]

    def is_checklist(self, block: Block) -> bool:
        """True in a list of boxes of which half are chores of the document itself: "Sections above are filled out"."""
        if block.detail is None:
            return False
        return self.half_say(block, self.checklists, lambda text: self.c.words.housekeeping.among(fold(text)))

    def is_legend(self, block: Block, section: Section) -> bool:
        """True in a list that says what the priorities, or sorts of work, of a table below it mean: "P0 - critical"."""
        if block.parent not in self.legends:
            keys = [match[1] if (match := _KEYED.match(text)) else "" for text in self.beside(block)]
            told = all(map(self.c.reader.is_priority, keys)) or self.c.words.sorts.issuperset(map(fold, keys))
            distinct = len(set(keys)) == len(keys) > 1
            self.legends[block.parent] = distinct and told and self.last_tables.get(section, -1) > block.index
        return self.legends[block.parent]

    @cached_property
    def last_tables(self) -> dict[Section, int]:
        """The block index of the last table of each section that has one."""
        tables = (block.index for block in self.c.source.blocks if block.kind is TABLE)
        return {self.c.sections[index]: index for index in tables}

    def is_open_work(self, block: Block, section: Section) -> bool:
        """True for an open box that is work, though its section does not say so.

        It is one where others of its list are ticked, or where the section's name tells only how urgent it is, or when
        it is to be done: "This week", "Urgent (now)". Boxes below other names are gone through at each deployment.
        """
        unnamed = section.kind is None and not section.demoted
        return (unnamed and self.tells_when(section.name)) or self.is_begun(block)

    def tells_when(self, name: str) -> bool:
        """True for a name of which a part is a priority, or a time that is still to come."""
        parts = [part.strip() for part in _NAME_PARTS.split(name[:_OPENING]) if part.strip()]
        return any(self.c.reader.is_priority(part) or self.c.reader.dates.plausible(part) for part in parts)

    def is_begun(self, block: Block) -> bool:
        """True in a list of which boxes are ticked."""
        if block.parent not in self.begun:
            items = self.c.list_items(self.c.source.blocks[block.parent])
            self.begun[block.parent] = any(map(self.box, items)) and not self.is_choice(block)
        return self.begun[block.parent]

    def is_choice(self, block: Block) -> bool:
        """True in the boxes of a form, most of which are mere names: "Found by: [x] own tests [ ] review [ ] users"."""
        texts = self.beside(block)
        return sum(_CHOICE.fullmatch(text.strip()) is not None for text in texts) * 2 > len(texts)

    def box(self, block: Block) -> bool | None:
        """Whether a list item's box is ticked, be it one of Markdown's or a sign; None where it has none."""
        if block.detail is not None:
            return bool(block.detail)
        found = _BOX.match(self.c.source.text(block.start, min(block.end, block.start + _MARKER)))
        return self.c.words.status(found[1]) if found else None

    def is_advice(self, block: Block) -> bool:
        """True in a list of which half tells others what to do: its readers, its customers."""
        return self.half_say(block, self.advice, grammar.addresses_others)

    def half_say(self, block: Block, told: dict[int, bool], says: Callable[[str], bool]) -> bool:
        """True where half of a list's items, of two or more, say something; found out once a list, kept in `told`."""
        if block.parent not in told:
            texts = self.beside(block)
            told[block.parent] = sum(map(says, texts)) * 2 >= len(texts) > 1
        return told[block.parent]

    def beside(self, block: Block) -> list[str]:
        """The words of each item of a list item's list."""
        items = self.c.list_items(self.c.source.blocks[block.parent])
        return [text_of(self.c.source, words) for item in items if (words := self.c.own_words(item)) is not None]

    def learn_names(self, block: Block) -> None:
        """The names that open two items of a list or more, as those who do them: "Ops: ...", "[Ops]", "Ops to ..."."""
        if block.parent in self.learnt:
            return
        self.learnt.add(block.parent)
        counts: Counter[str] = Counter()
        for item in self.c.list_items(self.c.source.blocks[block.parent]):
            if (words := self.c.own_words(item)) is None:
                continue
            opening = self.c.source.text(words.start, min(words.end, words.start + _ASSIGNMENT))
            match = _OPENS.match(opening)
            if match and fold(match[3]) in self.c.words.verbs:
                counts.update(_PLUS.split(match[1] or match[2]))
            bold = _BOLD_OPENS.match(opening)
            if bold and fold(bold[2]) in self.c.words.verbs:
                counts[bold[1]] += 1
        for name, count in counts.items():
            folded = fold(name)
            if count >= _TWO and not (
                folded in self.c.words.verbs
                or folded in self.c.words.sections
                or folded in self.c.words.fields
                or folded in self.c.words.prefixes
                or folded in self.c.words.areas
                or self.c.words.status(name) is not None
                or self.c.reader.is_priority(name)
            ):
                self.c.reader.people.add(folded)

    def neighbours_end_in_names(self, block: Block) -> bool:
        """True where half of a list's items, and at least two, end in a bracketed name: these name owners."""
        if block.parent not in self.named_lists:
            items = self.c.list_items(self.c.source.blocks[block.parent])
            named = 0
            for item in items:
                if (words := self.c.own_words(item)) is not None:
                    match = _BRACKETED_END.search(self.c.source.text(max(words.start, words.end - 80), words.end))
                    named += bool(match and _NAME.fullmatch(match[1]) and self.c.reader.may_be_name(match[1]))
            self.named_lists[block.parent] = named >= 2 and named * 2 >= len(items)  # noqa: PLR2004
        return self.named_lists[block.parent]


def _only_code(rich: Rich) -> bool:
    """True for nothing but one piece of code, and a remark on it in brackets: "`privileged: true` (the cause)"."""
    if len(rich.code) != 1 or rich.text[: rich.code[0][0]].strip():
        return False
    rest = rich.text[rich.code[0][1] :].strip(" .;,")
    return not rest or (rest[0] in "(（" and rest[-1] in ")）")
