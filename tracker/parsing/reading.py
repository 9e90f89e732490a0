"""One reading of an item's words: its fields, wherever in them they stand, and the words without them.

Each step looks for one way of writing a field and blanks what it took, so that later steps and the text do not see it.
Blanking keeps positions, so marks (links, bold) stay valid. Every step is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracker.parsing import grammar, tickets
from tracker.parsing.brackets import BLANK, HANDLE, NAME, Brackets
from tracker.parsing.fields import AND, FieldReader, Fields
from tracker.parsing.inline import Rich, plain
from tracker.parsing.labels import positions, value_end
from tracker.parsing.remainder import remainder
from tracker.parsing.vocabulary import fold

_GROUP = re.compile(r"[(（\[【][^()（）\[\]【】]{0,200}+[)）\]】]")
_PREFIX = re.compile(r"\s{0,3}([^\W\d_][\w '/-]{0,24}?)\s?(?:[#-]?\s?\d{1,3})?\s?[:：.)–—-]\s+(?=\S)")
# No field can stand in these but a time; two capitals may open a status
_WORDS_ONLY = re.compile(r"(?![A-Z]{2})[A-Za-z][A-Za-z,'.]*+(?:(?: (?![-.])|(?<=[a-z])-(?=[a-z]))[A-Za-z,'.]*+)*+")
_MAY_LEAD = re.compile(r"[:.)–—：-](?:(?<=：)|\s)")  # what ends a label
_CAPITALS = re.compile(r"[^\W\d_a-z]{2}")
_SIGN = re.compile(r"\s{0,3}[^\w\s\"'`(\[<@#/$%&+*=~.,:;?!-]\ufe0f?\s{0,3}")
_INITIALS = re.compile(r"[A-Z]{2,3}(?:[,/+& ]{1,3}[A-Z]{2,3})*")
_OWNER_PREFIX = re.compile(r"\s{0,3}\[?([^\W\d_][\w .&+/-]{0,40}?)\]?\s?[:：]\s+(?=\S)")
_BETWEEN = re.compile(rf"\s?[+&/,]\s?|\s(?:{AND})\s")
_AFTER_HANDLE = re.compile(r"\s?[:–—-]\s*")
_USED = re.compile(
    r"\b(?:with|using|uses?|via|the|an?|add|remove|for|to|of|in|on|by|from|every|each|all)\W{1,3}$", re.IGNORECASE
)
_VOICED = re.compile(
    r"\b(?:from|per|cc|thanks to|thanks|credit to|(?:suggested|proposed|raised|reported|found|written) by|idea of|like"
    r"|ask|with)\W{1,3}$",
    re.IGNORECASE,
)
_SAYS = re.compile(r"\s+(?:mentioned|said|says|suggested|suggests|noted|proposed|pointed out|asked|reported)\b")
_FINAL_NUMBER = re.compile(r" ?\d+$")
_LABEL_ENDS = " :：.)–—-"
# "Stay fail-closed" says no status
_TRAILING_STATUS = re.compile(r"[\s.\x00]*(?:(?<![^\W_])[-–—]\s*|[–—:|]\s*|\s)\**([^\W\d_][\w ]{1,16})\**[\s.!]*$")
_DONE_CODES = frozenset({"white_check_mark", "heavy_check_mark", "ballot_box_with_check", "check", "checkered_flag"})
_OPEN_CODES = frozenset({"x", "construction", "hourglass", "hourglass_flowing_sand", "red_circle", "warning"})
_SHORTCODE = re.compile(rf"\s{{0,3}}:({'|'.join(sorted(_DONE_CODES | _OPEN_CODES))}):\s*", re.IGNORECASE)
_LAST_BOX = re.compile(r"(?<=\s)\[([xX ])\]\s*$")
_DASHES = (" — ", " – ", " - ", " | ", " -- ")
_LEAD_IN = 64  # characters in which an item's first label ends
_LEAD = 40  # characters before a reference in which the words that lead to it stand
_OPENING_WORDS = 3  # that report: "Added the alert", "We have added"
_MOST_MARKS = 100  # links or bold words of one item that are compared one by one
_NOTHING = Fields().state()
_LABEL_WORDS = 3  # at most, of what a report is about
_COLONS = (":", "：")
_LONGEST_DATE = 24  # characters
_LONGEST_LABEL, _LONGEST_VALUE, _LONGEST_TAIL = 40, 400, 90  # characters


def read(reader: FieldReader, rich: Rich, *, names_in_brackets: bool = False) -> Fields:
    """The fields of a sentence or list item. `names_in_brackets`: its neighbours end in bracketed names."""
    return _Reading(reader, rich, names_in_brackets=names_in_brackets).run()


class _Reading:
    """State of one reading."""

    def __init__(self, reader: FieldReader, rich: Rich, *, names_in_brackets: bool) -> None:
        self.reader, self.words, self.rich = reader, reader.words, rich
        self.names_in_brackets = names_in_brackets
        self.text = _with_breaks(rich) if rich.breaks or BLANK in rich.text else rich.text
        self.out = Fields()
        self.noted = _NOTHING  # the state up to which was noted what told of it

    def run(self) -> Fields:
        out, rich = self.out, self.rich
        if rich.links or rich.strong or rich.struck or not _WORDS_ONLY.fullmatch(self.text):
            self.fields()
        elif self.words.may_end_in_status(self.text):
            self.tail()
        out.text = remainder(self.text, self.words) or plain(rich.text)
        if out.due is None and (due := self.reader.dates.search(out.text)) is not None:
            out.set_due(due)
            self.mark_words(out.text[due.start : due.end])
        if out.owner is None:
            self.subject()
        if out.done is None and self.reports(out.text):
            out.done = out.reported = True
            self.mark_words(" ".join(out.text.split()[:_OPENING_WORDS]))
        return out

    def reports(self, text: str) -> bool:
        label, colon, said = text[:_LONGEST_LABEL].partition(": ")
        labelled = colon and said and label.count(" ") < _LABEL_WORDS  # "Design: the theme was applied"
        return bool(
            grammar.says_done(text, self.words, self.reader.language)
            or (labelled and grammar.says_done(text[len(label) + 2 :], self.words, self.reader.language))
            or grammar.was_done(text, self.words)
            or grammar.holds_now(text, self.words, self.reader.language)
        )

    def fields(self) -> None:
        """The fields of words that hold more than letters, commas and full stops."""
        if self.rich.all_struck:
            self.out.done = True
            self.noted = self.out.state()
        elif self.rich.struck:
            self.blank(list(self.rich.struck))  # what was crossed out in favour of the rest
        self.leading()
        self.links()
        self.tail()
        before = self.text
        self.groups()
        self.labels()
        if self.text is not before:
            self.tail()
        self.handles()
        self.short_references()
        self.sort_links()

    def take(self, content: str, *, bracket: bool, trailing: bool = False) -> bool:
        """Take what a bracket or tail holds, if it holds fields and nothing else."""
        brackets = Brackets(self.reader, names=self.names_in_brackets)
        return brackets.take(self.out, content, bracket=bracket, trailing=trailing)

    def sort_links(self) -> None:
        """Put the links in the order in which they stand."""
        if len(self.out.links) > 1:
            places = {url: start for start, _, url in reversed(self.rich.links)}
            whole = self.rich.text if len(self.out.links) < _MOST_MARKS else ""
            self.out.links.sort(key=lambda link: places.get(link, whole.find(link)))

    def blank(self, cuts: list[tuple[int, int]]) -> None:
        """Blank character ranges, in one go."""
        if not cuts:
            return
        parts, position = [], 0
        for start, end in sorted(cuts):
            if end > position:
                begin = max(start, position)
                parts += [self.text[position:begin], BLANK * (end - begin)]
                position = end
        self.text = "".join([*parts, self.text[position:]])

    def mark(self, start: int, end: int) -> None:
        """Note which characters told of the fields that have changed since the last note."""
        if self.reader.notes:
            self.reader.mark(self.out, self.noted, self.rich, start, end)
            self.noted = self.out.state()

    def mark_words(self, words: str) -> None:
        """Note that words of the text told of the fields that have changed."""
        if self.reader.notes:
            start = self.rich.text.find(words)
            if start >= 0:
                self.mark(start, start + len(words))
            self.noted = self.out.state()

    def leading(self) -> None:
        """Signs, status words, priorities, owners and labels such as "Task 1:" at the beginning; up to five."""
        position = 0
        if self.text[:1].isalpha() and not (
            self.rich.strong or _MAY_LEAD.search(self.text, 0, _LEAD_IN) or _CAPITALS.match(self.text)
        ):
            return
        for _ in range(5):
            taken = self.leading_one(position)
            if taken <= position:
                break
            self.mark(position, taken)
            position = taken
        self.blank([(0, position)])

    def leading_one(self, at: int) -> int:
        """The end of one such thing at a position; the position itself when there is none."""
        text = self.text
        if not text[at : at + 4].lstrip()[:1].isalnum() and (end := self.leading_sign(at)) > at:
            return end
        if (end := self.bold_label(at)) > at:
            return end
        if (match := _PREFIX.match(text, at)) and self.label_word(match.group().strip(_LABEL_ENDS), match.group(1)):
            return match.end()
        if (match := _OWNER_PREFIX.match(text, at)) and (
            self.known(match.group(1)) or self.reader.says_team(match.group(1))
        ):
            self.set_owner(match.group(1))
            return match.end()
        word = text[at : at + 12].lstrip().split(" ")[0]
        if word.isupper() and (status := self.leading_status(word)) is not None:
            self.set_done(status)
            return at + text[at : at + 12].index(word) + len(word)
        return at

    def leading_sign(self, at: int) -> int:
        """The end of a sign or bracket at a position; the position itself when there is none."""
        text = self.text
        if (match := _SHORTCODE.match(text, at)) is not None:
            self.set_done(match[1].lower() in _DONE_CODES)
            return match.end()
        if (match := _SIGN.match(text, at)) is not None:
            if (status := self.words.status(match.group())) is not None:
                self.set_done(status)
                return match.end()
            if (end := self.bold_label(match.end())) > match.end():  # "⚠️ **Pending:** ..."
                return end
        opening = at + len(text[at : at + 3]) - len(text[at : at + 3].lstrip())
        if (match := _GROUP.match(text, opening)) and self.take(match.group()[1:-1], bracket=True):
            return match.end()
        if (match := HANDLE.match(text, at)) and (tail := _AFTER_HANDLE.match(text, match.end())):
            self.set_owner(match.group(1))
            return tail.end()
        return at

    def bold_label(self, at: int) -> int:
        """The end of a bold label at a position; the position itself when there is none."""
        near = (end for start, end in self.rich.strong[:6] if at <= start < at + 4 and not self.text[at:start].strip())
        end = next(near, 0)
        if not at < end < at + _LONGEST_LABEL:
            return at
        label = self.text[at:end].strip(_LABEL_ENDS)
        if self.are_initials(label, self.text[end:]) or self.known(label):
            self.set_owner(label)
        elif not self.label_word(label):
            return at
        after = self.text[end : end + 3]
        return end + len(after) - len(after.lstrip(_LABEL_ENDS))

    def are_initials(self, label: str, rest: str) -> bool:
        """True for "**JP** Move the alert"; false for "**NO** deploy on Fridays" and "**ADD** retry logic"."""
        if _INITIALS.fullmatch(label) is None or grammar.negates(label) or fold(label) in self.words.verbs:
            return False
        return grammar.opens_with_verb(rest, self.words)

    def label_word(self, label: str, bare: str = "") -> bool:
        """Take a leading label: a status, a priority, or one that says "item". `bare` is without its number."""
        if self.reader.is_priority(label):
            self.out.priority = self.out.priority or label
            return True
        if (status := self.leading_status(label, bare)) is not None:
            self.set_done(status)
            return True
        return fold(bare) in self.words.prefixes or _FINAL_NUMBER.sub("", fold(label)) in self.words.prefixes

    def leading_status(self, label: str, bare: str = "") -> bool | None:
        """The status that opens an item; None for a word that makes the next its opposite: "NO usar la caché"."""
        return None if grammar.negates(label) else self.words.status(bare or label)

    def links(self) -> None:
        """Linked and bare addresses of tickets. Their words go where they only name the link."""
        if self.rich.links or "://" in self.text:
            self.keep(*tickets.addresses(self.text, self.rich, self.words))

    def short_references(self) -> None:
        """`#12` and `KEY-123`: all are links; those at the beginning or end go from the text."""
        self.keep(*tickets.short(self.text, self.rich, self.words))

    def keep(self, found: list[tickets.Found], cuts: list[tuple[int, int]]) -> None:
        """Keep links where they stand, and blank the words that only name them."""
        for start, end, link in found:
            self.out.add_link(link)
            self.mark(start, end)
        self.blank(cuts)

    def groups(self) -> None:
        """Brackets that hold fields and nothing else."""
        cuts, code = [], self.rich.code[:_MOST_MARKS]
        for match in _GROUP.finditer(self.text):
            trailing = not self.text[match.end() : match.end() + 40].strip(" .\x00")
            if not trailing and any(start <= match.start() < end for start, end in code):
                continue  # "Use `[REQUIRED]` or `[OPTIONAL]` tags"
            named = self.text[match.end() : match.end() + 1] in _COLONS and self.reader.is_priority(match.group()[1:-1])
            bracket = match.group()[0] in "[【" or named  # "The old pool (urgent): turn it off"
            if self.take(match.group()[1:-1], bracket=bracket, trailing=trailing):
                cuts.append(match.span())
                self.mark(*match.span())
        self.blank(cuts)

    def labels(self) -> None:
        """`Owner: Jo`, `Due: Friday` among or after the item's words."""
        if ":" not in self.text and "：" not in self.text:
            return
        found = positions(self.text, self.rich, self.words)
        cuts = []
        for number, (start, colon, name) in enumerate(found):
            limit = found[number + 1][0] if number + 1 < len(found) else len(self.text)
            end = value_end(self.text, colon + 1, min(limit, colon + _LONGEST_VALUE), name, self.words)
            value = self.rich.cut(colon + 1, end)  # its bytes are noted with the label's
            value.pieces = ()
            value.text = self.text[colon + 1 : end].strip(" \x00,*")
            self.reader.value(self.out, name, value)
            self.mark(start, end)
            cuts.append((start, end))
        self.blank(cuts)

    def tail(self) -> None:
        """Fields at the end: "✅", "— Jo, 2026-09-01", "- done"."""
        if self.text.rstrip()[-1:] == "]" and (box := _LAST_BOX.search(self.text)) is not None:
            self.set_done(box[1] != " ")
            self.mark(*box.span())
            self.blank([box.span()])
        text = self.text
        stripped = text.rstrip(" .\x00\ufe0f")
        if stripped and not stripped[-1].isalnum() and (status := self.words.status(stripped[-1])) is not None:
            self.set_done(status)
            self.mark(len(stripped) - 1, len(stripped))
            self.blank([(len(stripped) - 1, len(text))])
            text = self.text
        start = max([text.rfind(dash) for dash in _DASHES])
        if start > 0:
            after = text[start + 3 : start + 3 + _LONGEST_TAIL + 1].strip(" .-")
            inside = after.count(")") > after.count("(")  # "(High priority — tracked apart)" is one bracket
            taken = not inside and len(after) < _LONGEST_TAIL and self.take(after, bracket=True, trailing=True)
            if taken:
                self.mark(start, len(text))
                self.blank([(start, len(text))])
            if self.dated_before(start):
                return
            if taken:
                self.named_before()
                return
        if not self.words.may_end_in_status(text):
            return
        match = _TRAILING_STATUS.search(text, max(0, len(text) - 40))
        if match is None or match.start() == 0 or (said := self.words.status(match[1])) is None:
            return
        bold = any(s <= match.start(1) and match.end(1) <= e for s, e in self.rich.strong[-6:])
        dashed = match.group()[: match.start(1) - match.start()].strip(" *") != ""
        if dashed or bold or match[1].isupper():
            self.set_done(said)
            self.mark(*match.span(1))
            self.blank([match.span(1)])

    def dated_before(self, last: int) -> bool:
        """Take the date that stands before the last part: "Add an alert — 2026-Q3 — #12"."""
        start = max(self.text.rfind(dash, 0, last) for dash in _DASHES[:3])
        middle = self.text[start + 3 : last].strip(" *")
        if (
            start <= 0
            or self.out.due is not None
            or len(middle) > _LONGEST_DATE
            or not self.reader.dates.plausible(middle)
        ):
            return False
        self.out.set_due(self.reader.dates.read(middle))
        self.out.bare = True
        self.mark(start, last)
        self.blank([(start, last)])
        return True

    def named_before(self) -> None:
        """The name before a field at the end: "Write a checklist — Jo — by 30 April"."""
        text = self.text.rstrip(" \x00")
        start = max(text.rfind(dash) for dash in _DASHES[:4])
        name = text[start + 3 :].strip()
        if start > 0 and self.out.owner is None and NAME.fullmatch(name) and fold(name) not in self.words.verbs:
            self.set_owner(name)
            self.mark(start, len(text))
            self.blank([(start, len(text))])

    def handles(self) -> None:
        """`@jo` anywhere: the owner, if none was named; taken out where it only tags the item's end."""
        if "@" not in self.text:
            return
        code = self.rich.code[:_MOST_MARKS]
        found = [m for m in HANDLE.finditer(self.text) if not self.only_mentioned(m, code)]
        if not found or self.out.owner is not None:
            return
        self.set_owner(", ".join(match.group(1).rstrip(".") for match in found))
        self.mark(found[0].start(), found[-1].end())
        cuts, end = [], len(self.text)
        for match in reversed(found):
            if self.text[match.end() : end].strip(" .,;:\x00)"):
                break
            cuts.append(match.span())
            end = match.start()
        self.blank(cuts)

    def only_mentioned(self, handle: re.Match[str], code: Sequence[tuple[int, int]]) -> bool:
        """True for a handle inside code, and for one who voiced the idea: "(proposal from @jo)"."""
        inside = next(((start, end) for start, end in code if start <= handle.start() and handle.end() <= end), None)
        if inside is not None:  # "echo @jo" is a command, and neither "with @lru_cache" nor "@Test fails" is a person
            rest = self.text[handle.end() :].strip(" .,;:)]\x00")
            if rest or inside != handle.span() or _USED.search(self.text, 0, inside[0]):
                return True
        if _SAYS.match(self.text, handle.end()) is not None:
            return True
        return _VOICED.search(self.text, max(0, handle.start() - _LEAD), handle.start()) is not None

    def known(self, names: str) -> bool:
        """True for people of this document: "Hypha", "Hypha + ICL"."""
        return bool(self.reader.people) and all(self.reader.is_person(name) for name in _BETWEEN.split(names))

    def set_owner(self, text: str) -> None:
        if self.out.owner is None:
            self.out.owner = self.reader.owner(text)

    def set_done(self, done: bool) -> None:  # noqa: FBT001 - the value itself
        if self.out.done is None:
            self.out.done = done

    def subject(self) -> None:
        """The team or person that opens the sentence as the one to do it."""
        subject = grammar.subject(self.out.text)
        if subject is None:
            return
        name, rest = subject
        known = self.reader.is_team(name) or self.reader.is_person(name)
        verb = fold(rest.split(" ", 1)[0]) if rest else ""
        if known or (self.out.done and verb in self.words.past and " " not in name):
            self.out.owner = self.reader.owner(name.removeprefix("The ").removeprefix("the "))
            self.mark_words(self.out.owner or "")
            if verb in self.words.past and self.out.done:
                self.out.text = rest
        elif (
            rest.startswith("will ")
            and self.reader.is_full_name(name)
            and fold(rest[5:]).split(" ")[0] in self.words.verbs
        ) or (
            rest.startswith("to ")
            and fold(rest.split(" ")[1] if " " in rest else "") in self.words.verbs
            and NAME.fullmatch(name)
            and not self.opens_clause(name)
        ):
            self.out.owner = self.reader.owner(name)
            self.mark_words(self.out.owner or "")

    def opens_clause(self, name: str) -> bool:
        """True for "Patch Kafka" and "Updated CoreDNS", which go on "to prevent it"."""
        first = fold(name).split(" ", 1)[0]
        return first in self.words.verbs or first in self.words.past or first in self.words.adjectival


def _with_breaks(rich: Rich) -> str:
    """A block's text with a line feed where the author broke the line, and no blank."""
    if not rich.breaks:
        return rich.text.replace(BLANK, " ")
    parts, position = [], 0
    for place in rich.breaks:
        parts += [rich.text[position:place], "\n"]
        position = place + 1
    return "".join([*parts, rich.text[position:]]).replace(BLANK, " ")
