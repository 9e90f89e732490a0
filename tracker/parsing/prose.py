"""Action items in prose: sentences of an action section that state work, and what is marked as work anywhere."""

from __future__ import annotations

import re

from tracker.model import Diagnostic
from tracker.parsing import grammar
from tracker.parsing.blocks import CODE, LIST, PARAGRAPH, Block
from tracker.parsing.candidates import Candidate, Collector, without_label
from tracker.parsing.headings import HeadingReader
from tracker.parsing.inline import Rich, render, text_of
from tracker.parsing.reading import read
from tracker.parsing.sections import Lead, Section, read_lead
from tracker.parsing.vocabulary import LESSONS, RESPONSE, fold

_POINTS_BACK = re.compile(
    r"(?:this|these|that|those|it|they|such|doing so|with this|by|as a result|therefore|however"
    r"|esto|estas?|isso|cela|ces|dies|diese)\b",
    re.IGNORECASE,
)
_PROMISE = re.compile(r"\b(?:will|we are going to|is going to|vamos a|iremos|allons|werden)\b")
_PROMISING = frozenset({RESPONSE, LESSONS})
_CONCLUDING = ("conclusion", "conclusions")
_TYPED = re.compile(
    r"(?:^|(?<=\s))([•●▪◦‣■►・①-⑳]|\(?[a-h1-9]\)|（\d{1,2}）|\d{1,2}、|[–—](?= )|\[[ xX✓✔✅☑✗]\](?= )"
    r"|(?<![\s\S])\[\d{1,2}\](?= ))(?=\s?\S)"
)
_DASHES = "–—"  # a sign where the first one is; elsewhere they part a sentence
_BOX = re.compile(r"\[(\D)\]")
_OPEN_BOX = " ✗"
_REMARK = re.compile(r"[(（].{3,}[)）][.。]?", re.DOTALL)
_SPOKEN_OF = re.compile(r"TODO (?:comments?|items?|lists?|notes?|[^\x00-\x7f])", re.IGNORECASE)  # "TODO lists grow"
_FOLLOWING = re.compile(
    r"\b(?:the following|these (?:measures|steps|actions|changes|items)|as follows|listed below|siguientes|seguintes"
    r"|suivante?s|folgenden?|seguenti|volgende|följande|следующие|наступні|następujące)\b"
    r"|以下の|次の(?:項目|対策|対応|施策|措置|改善|取り組み|方針|とお|通り|よう|点)|下記|如下|以下|다음과 같|아래",
    re.IGNORECASE,
)
_LONGEST_ANNOUNCEMENT = 160  # characters
_SIGN = 16  # bytes in which a typed bullet or number stands
_LONGEST_PROMISE = 4000  # bytes of a paragraph; nobody promises at more length


class ProseReader:
    """Reads the paragraphs of one document."""

    def __init__(self, collector: Collector, headings: HeadingReader) -> None:
        self.c, self.headings = collector, headings
        self.unclear: dict[Section, int] = {}  # where an action section's first prose without clear work stands

    def paragraph(self, block: Block, section: Section) -> int:
        """A paragraph outside lists. Returns the index up to which it took the blocks."""
        if self.c.has_marks and self.c.marked(block) and not (section.is_action and self.is_typed(block)):
            return self.settled(block, section)
        if not section.is_action:
            if self.c.may_be_marked(block.index):
                self.labelled(block, block.start, section)
            if section.kind in _PROMISING or fold(section.name) in _CONCLUDING:
                self.promised(block, section)
            return block.index + 1
        rich = render(self.c.source, block)
        if section.opener == block.index:
            if not section.known:
                return self.headings.heading(block, section)
            rich = without_label(rich, line=True)
        if rich.text.strip():
            self.work(block, rich, section)
        return block.index + 1

    def is_typed(self, block: Block) -> bool:
        """True for a paragraph that opens with a bullet typed as a sign."""
        return _TYPED.match(self.c.source.text(block.start, block.start + _SIGN)) is not None

    def shows_code(self, block: Block) -> bool:
        """True for a paragraph that code follows: that only shows how what it says is to be done."""
        following = self.c.source.blocks[block.after : block.after + 1]
        return bool(following) and following[0].kind is CODE

    def work(self, block: Block, rich: Rich, section: Section) -> None:
        """A paragraph of an action section."""
        if self.c.is_silenced(block.start, rich.comments):
            self.c.skip(block.start, block.end, "a comment says to ignore it")
        elif self.is_instruction(block):
            self.c.skip(block.start, block.end, "an instruction in italics")
        elif _TYPED.match(rich.text):
            self.bullets(rich, section, block.end)
        elif self.announces(block, rich):
            self.c.skip(block.start, block.end, "introduces what follows")
        elif self.c.tells_why(block):
            self.c.skip(block.start, block.end, "tells what came of the work, or why it is needed")
        elif self.is_report(section) or self.is_one(block, rich):
            self.whole(block, rich, section)
        elif rich.text.rstrip(" *_")[-1:] not in (":", "：") or self.shows_code(block):
            self.prose(block, rich, section)
        else:
            self.c.skip(block.start, block.end, "introduces what follows")

    def announces(self, block: Block, rich: Rich) -> bool:
        """True for one sentence that only says that a list follows: "We are looking at the following measures."."""
        following = self.c.source.blocks[block.after : block.after + 1]
        if not following or following[0].kind is not LIST or len(rich.text) > _LONGEST_ANNOUNCEMENT:
            return False
        return _FOLLOWING.search(rich.text) is not None and len(grammar.sentences(rich.text)) == 1

    def is_one(self, block: Block, rich: Rich) -> bool:
        """True for a paragraph that is one item, as its label says or the owner it opens with."""
        lead = read_lead(self.c.source, block)
        return lead is not None and (self.is_marked(lead) or (lead.bold and bool(read(self.c.reader, rich).owner)))

    def is_instruction(self, block: Block) -> bool:
        """True for a paragraph all in italics, as templates print what to write there."""
        first, last = self.c.source.events[block.first][0], self.c.source.events[block.last - 1][0]
        return bool(first == {"Start": "Emphasis"} and last == {"End": "Emphasis"})

    def settled(self, block: Block, section: Section) -> int:
        """A paragraph that a comment marks as an item: its last sentence, or all of it where it has one only."""
        rich = render(self.c.source, block)
        start, end = grammar.sentences(rich.text)[-1:][0] if rich.text.strip() else (0, 0)
        fields = read(self.c.reader, rich.cut(start, end))
        self.c.settle(fields, rich.comments)
        if not self.c.is_empty(fields):
            first, last = rich.byte(start, self.c.source), rich.byte(end, self.c.source, end=True)
            self.c.add(first, last, fields, section, "sentence that a comment marks")
        return block.index + 1

    def bullets(self, rich: Rich, section: Section, stop: int) -> None:
        """A paragraph of bullets that were typed as signs: each is an item."""
        signs = [match.span(1) for match in _TYPED.finditer(rich.text)]
        if rich.text[signs[0][0]] not in _DASHES:
            signs = [sign for sign in signs if rich.text[sign[0]] not in _DASHES]
        for (start, begin), end in zip(signs, [*(sign[0] for sign in signs[1:]), len(rich.text)], strict=True):
            part = rich.cut(begin, end)
            fields = read(self.c.reader, part)
            if (box := _BOX.fullmatch(rich.text, start, begin)) is not None:
                fields.tick(box[1] not in _OPEN_BOX)
            first = rich.byte(start, self.c.source)
            last = rich.byte(start + len(rich.text[start:end].rstrip()), self.c.source, end=True)
            if not self.c.is_empty(fields):
                self.c.settle(
                    fields, self.c.comments(first, rich.byte(end, self.c.source) if end < len(rich.text) else stop)
                )
                self.c.add(first, last, fields, section, "bullet typed as a sign")

    def is_report(self, section: Section) -> bool:
        """True below "Action taken" and "Action planned", where a paragraph tells of one."""
        name = fold(section.name)
        return name in self.c.words.taken or name in self.c.words.planned_names

    def is_marked(self, lead: Lead) -> bool:
        """True for "Action item:", "TODO:" and the like."""
        label = fold(lead.label)
        return label in self.c.words.markers or label in self.c.words.prefixes

    def whole(self, block: Block, rich: Rich, section: Section) -> None:
        """A paragraph that is one item."""
        fields = read(self.c.reader, rich)
        if not self.c.is_empty(fields):
            self.c.add(block.start, block.end, fields, section, "paragraph marked as work")

    def prose(self, block: Block, rich: Rich, section: Section) -> None:
        """The sentences of a paragraph that state work."""
        accepted: list[tuple[int, int]] = []
        linked = self.has_ticket(rich)
        remarks: list[str] = []  # sentences in brackets, which tell what became of the work: "(fixed by adding it)"
        sentences = grammar.sentences(rich.text)
        own = linked and any(grammar.has_own_reference(rich.text[start:end]) for start, end in sentences)
        for start, end in sentences:
            text = rich.text[start:end]
            has_link = grammar.has_own_reference(text) if own else linked and not accepted
            if _REMARK.fullmatch(text):
                remarks.append(text[1:])
            elif self.states_work(text, section, linked=has_link):
                accepted.append((start, end))
        for start, end in accepted:
            fields = read(self.c.reader, rich.cut(start, end))
            if self.c.is_empty(fields):
                continue
            if len(accepted) == 1:
                reports = any(grammar.says_done(remark, self.c.words) for remark in remarks)
                fields.done = True if fields.done is None and reports else fields.done
                for link in read(self.c.reader, rich).links:
                    fields.add_link(link)
            first, last = rich.byte(start, self.c.source), rich.byte(end, self.c.source, end=True)
            self.c.add(first, last, fields, section, "sentence that states work")
        if not accepted:
            self.c.skip(block.start, block.end, "no sentence states work")
        if not accepted and section not in self.c.listed:
            self.unclear.setdefault(section, block.start)

    def has_ticket(self, rich: Rich) -> bool:
        return bool(rich.links or "http" in rich.text or "#" in rich.text) and bool(read(self.c.reader, rich).links)

    def states_work(self, text: str, section: Section, *, linked: bool) -> bool:
        """True when a sentence of an action section states work of its own."""
        if self.c.words.talk.among(fold(text)) or _POINTS_BACK.match(text) or grammar.is_too_short(text):
            return False
        verb = self.c.verb_first(text)
        if verb or (linked and grammar.promises(text, self.c.words)):
            return True
        if section in self.c.listed:
            return self.c.words.commit.among(fold(text)) or self.acts(text)
        return (
            grammar.promises(text, self.c.words)
            or grammar.says_done(text, self.c.words, self.c.language)
            or grammar.holds_now(text, self.c.words, self.c.language)
            or self.acts(text)
            or linked
        )

    def acts(self, text: str) -> bool:
        """True when a team or a person will do something: "Priya will write it up"."""
        subject = grammar.subject(text)
        if subject is None or not subject[1].startswith("will "):
            return False
        name, reader = subject[0].removeprefix("The "), self.c.reader
        return reader.is_team(name) or reader.is_person(name) or reader.is_full_name(name)

    def promised(self, block: Block, section: Section) -> None:
        """In a report or in lessons: a sentence that promises work ("More training will be given in the future")."""
        if block.end - block.start > _LONGEST_PROMISE:
            return
        if not _may_promise(self.c.source.data[block.start : block.end].lower()):
            return
        folded = fold(self.c.source.text(block.start, block.end))
        if not (self.c.words.horizon.among(folded) and self.c.words.future.among(folded)):
            return
        rich = render(self.c.source, block)
        for start, end in grammar.sentences(rich.text):
            text = rich.text[start:end]
            folded = fold(text)
            if _PROMISE.search(folded) and self.c.words.horizon.among(folded) and not self.c.words.talk.among(folded):
                first, last = rich.byte(start, self.c.source), rich.byte(end, self.c.source, end=True)
                self.c.add(first, last, read(self.c.reader, rich.cut(start, end)), section, "promise")

    def pledges(self) -> None:
        """In a document that gives its work in no section: the sentences by which its authors bind themselves."""
        for block in self.c.source.blocks:
            section = self.c.sections[block.index]
            if block.kind is not PARAGRAPH or section.kind is LESSONS:
                continue
            if block.end - block.start > _LONGEST_PROMISE:
                continue
            if not self.c.words.commit.among(fold(text_of(self.c.source, block))):
                continue
            rich = render(self.c.source, block)
            for start, end in grammar.sentences(rich.text):
                if grammar.pledges(rich.text[start:end], self.c.words):
                    fields = read(self.c.reader, rich.cut(start, end))
                    first, last = rich.byte(start, self.c.source), rich.byte(end, self.c.source, end=True)
                    self.c.add(
                        first, last, fields, section, "promise, in a document without a section of its own for work"
                    )

    def labelled(self, paragraph: Block, start: int, section: Section) -> Candidate | None:
        """Outside action sections: what is marked as work all the same, by "**TODO**:" or "Action item:"."""
        lead = read_lead(self.c.source, paragraph)
        label = fold(lead.label) if lead is not None and (lead.bold or lead.colon) and not lead.alone else ""
        is_open = label not in self.c.words.markers and self.c.is_open_label(lead)
        if label not in self.c.words.markers and not is_open:
            opening = self.c.source.text(paragraph.start, min(paragraph.start + _SIGN, paragraph.end)).lstrip("*_ ")
            if not opening.startswith("TODO") or _SPOKEN_OF.match(opening):
                return None
        if section.kind is RESPONSE and self.c.words.status(label) is True:
            return None  # "Done: 14:05" of a timeline
        rich = render(self.c.source, paragraph)
        if self.c.is_silenced(start, rich.comments):
            return None
        fields = read(self.c.reader, rich)
        sentences = grammar.sentences(rich.text)
        if len(sentences) > 1 and paragraph.parent < 0:  # the rest of a paragraph explains
            whole, fields = fields, read(self.c.reader, rich.cut(0, sentences[0][1]))
            fields.absorb(whole)
        if self.c.is_empty(fields) or " " not in fields.text:
            return None
        fields.done = False if is_open and fields.done is None else fields.done
        return self.c.add(start, paragraph.end, fields, section, f"paragraph labelled “{label or 'todo'}”")

    def report_unclear(self) -> None:
        worked = {c.section for c in self.c.found}
        for section, start in self.unclear.items():
            if section not in worked:
                self.c.diagnostics.append(
                    Diagnostic(
                        self.c.source.line(start),
                        f"section “{section.shown}” states no clear task; "
                        "write each piece of work as a list item that opens with a verb",
                    )
                )


def _may_promise(raw: bytes) -> bool:
    """False for words in lower case among which none of `_PROMISE` stands; cheap to ask."""
    return not raw.isascii() or (
        b"will" in raw or b"going" in raw or b"vamos" in raw or b"iremos" in raw or b"allons" in raw or b"werden" in raw
    )
