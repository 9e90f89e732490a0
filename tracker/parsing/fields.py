"""An item's owner, due date, priority, links and status, wherever in its words they stand; and the words without them.

Each step looks for one way of writing a field and blanks what it took, so that later steps and the final text do not see it.
Blanking keeps positions, so marks (links, bold) stay valid. Every step is linear in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from tracker.parsing import grammar, references
from tracker.parsing.dates import Due, DueReader, find
from tracker.parsing.inline import Rich, plain
from tracker.parsing.vocabulary import Vocabulary, fold

_BLANK = "\x00"  # stands where a field was taken; no document holds it after `_Reading` made it a space
_GROUP = re.compile(r"[(（\[【][^()（）\[\]【】]{0,200}[)）\]】]")
_PARTS = re.compile(r"[;；|·•\n]|\s[-–—]\s")
_COMMA = re.compile(r"[,，、]")
_BEFORE_LABEL = re.compile(r"[,，、]\s*(?=[^,，、:：]{1,25}[:：])")
_PRIORITY = re.compile(r"(?:P|Pri|Prio|S|SEV|Sev)[- ]?[0-5]", re.IGNORECASE)
_PRIORITY_WORDS = re.compile(r"(?:(\w+) (?:priority|prio)|(?:priority|prio) (\w+))", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@/.`])@([^\W_][\w.-]*(?:/[\w.-]+)?)")
_NAME = re.compile(r"[^\W\d_a-zß-ÿ][\w'’.-]*(?: [^\W\d_a-zß-ÿ][\w'’.-]*){0,2}")
_NAME_ACTS = re.compile(r"([^\W\d_a-zß-ÿ][\w'’-]+) (?:to|will|calls?|owns|leads|is|has)\b")
_OWNER_SEPARATOR = re.compile(r"\s*[,;、，]\s*|\s+(?:and|&|\+|/|y|e|et|und)\s+")
_PREFIX = re.compile(r"\s*([^\W\d_][\w '/-]{0,24}?)\s?(?:[#-]?\s?\d{1,3})?\s?[:：.)–—-]\s+(?=\S)")
_SIGN = re.compile(r"\s*[^\w\s\"'`(\[<@#/$%&+*=~.,:;?!-]\ufe0f?\s*")
_LABEL_EDGE = ".;,|()[]–—-•·。；，\x00\n"
_VALUE_END = re.compile(r";|；|\s\|\s?|\s[–—·•]\s|\s-\s|[.。](?=\s|$)|[)\]）】\n\x00]")
_TRAILING_STATUS = re.compile(r"[\s.\x00]*(?:[-–—:|]\s*|\s)\**([^\W\d_][\w ]{1,16})\**[\s.!]*$")
_COMPLETED_ON = re.compile(
    r"(?:done|completed|closed|fixed|finished|merged|deployed|shipped|since|from|on)[\s:]*(?:on)?[\s:]*$", re.IGNORECASE
)
_EMPTY_BRACKETS = re.compile(r"[(\[（【][\s,;.:\x00]*[)\]）】]")
_SPACE_BEFORE = re.compile(r"[ \x00]+([.,;:!?)])(?=[\s)]|$)")
_DOUBLE_STOP = re.compile(r"([.!?])[\s\x00]*\x00[\s\x00]*[.,;]")
_TAIL = re.compile(r"[\s\x00,;:：|·•–—-]+$")
_HEAD = re.compile(r"^[\s\x00,;:：|·•–—.-]+")


@dataclass(slots=True)
class Fields:
    """What an item's words said. `text` is what is left of them; `problems` is advice for the author."""

    text: str = ""
    owner: str | None = None
    due: str | None = None
    due_date: date | None = None
    priority: str | None = None
    links: list[str] = field(default_factory=list)
    done: bool | None = None
    problems: list[str] = field(default_factory=list)

    def add_link(self, link: str) -> None:
        """Keep a reference, once."""
        if link not in self.links:
            self.links.append(link)

    def set_due(self, due: Due) -> None:
        """Keep the first due date that was found."""
        if self.due is None and due.words:
            self.due, self.due_date = due.words, due.day
            if due.ambiguous:
                self.problems.append(f"the due date {due.words} can be read in two ways; write it as YYYY-MM-DD")

    def absorb(self, other: Fields) -> None:
        """Take what another reading (a continuation paragraph, a bullet below) found and this one lacks."""
        if self.owner is None:
            self.owner = other.owner
        if self.due is None:
            self.due, self.due_date = other.due, other.due_date
        if self.priority is None:
            self.priority = other.priority
        if self.done is None:
            self.done = other.done
        for link in other.links:
            self.add_link(link)
        self.problems += other.problems


class FieldReader:
    """Reads the fields of one document's items. `people` grows with every owner that stood in a column or after a label."""

    def __init__(self, words: Vocabulary, dates: DueReader) -> None:
        self.words, self.dates = words, dates
        self.people: set[str] = set()

    def read(self, rich: Rich, *, names_in_brackets: bool = False) -> Fields:
        """The fields of a sentence or list item. `names_in_brackets`: its neighbours end in bracketed names, so it may too."""
        return _Reading(self, rich, names_in_brackets=names_in_brackets).run()

    def value(self, out: Fields, column: str, rich: Rich) -> None:
        """Set a field from a value that stands apart: a table cell, or what follows a label."""
        text = plain(rich.text)
        if column == "ticket" or not text:
            for _, _, url in rich.links:
                if column == "ticket" or references.is_ticket_url(url):
                    out.add_link(url)
        for start, end, link in references.urls(rich.text) + references.short_references(rich.text, self.words):
            inside = any(s <= start and end <= e for s, e, _ in rich.links)
            if (
                not inside
                and (column == "ticket" or column == "status")
                and (not link.startswith("http") or references.is_ticket_url(link) or column == "ticket")
            ):
                out.add_link(link)
        if column == "status":
            for _, _, url in rich.links:
                if references.is_ticket_url(url):
                    out.add_link(url)
            out.done = self.status(text) if out.done is None else out.done
        elif column == "owner":
            if out.owner is None:
                out.owner = self.owner(text)
        elif column == "priority":
            if out.priority is None and not self.words.is_nobody(text):
                out.priority = text.strip(" *[]()") or None
        elif column == "due":
            self.due(out, text)

    def due(self, out: Fields, text: str) -> None:
        """Set the due date from a column or label."""
        text = text.strip(" .,")
        status = self.words.status(text)
        if status is not None:
            out.done = status if out.done is None else out.done
        elif text and not self.words.is_nobody(text):
            out.set_due(self.dates.read(text))

    def status(self, text: str) -> bool | None:
        """Done or open, from a status column: the whole cell, else its first words."""
        text = text.strip()
        box = text[:3].lower()
        if box in ("[x]", "[ ]"):
            return box == "[x]"
        whole = self.words.status(text)
        if whole is not None or not text:
            return whole
        split = fold(text).split()
        return next((s for n in (3, 2, 1) if (s := self.words.status(" ".join(split[:n]))) is not None), None)

    def owner(self, text: str) -> str | None:
        """An owner as written, without `@` and brackets, several joined by a comma; None for nobody yet."""
        names = [name.strip(" \t*_`\"'()[]<>.@:") for name in _OWNER_SEPARATOR.split(text)]
        names = [name for name in names if name and not self.words.is_nobody(name)]
        self.people.update(fold(name) for name in names)
        return ", ".join(dict.fromkeys(names)) or None

    def is_team(self, text: str) -> bool:
        """True for what is plainly a team's name: a few words, one of them team, squad, SRE and the like."""
        split = fold(text).split()
        return (
            0 < len(split) <= 4 and (split[-1] in self.words.team or split[0] in self.words.team) and text[:1].isupper()
        )  # noqa: PLR2004 - words a team's name has

    def is_person(self, text: str) -> bool:
        """True for somebody whom this document named as an owner before."""
        return fold(text) in self.people

    def is_priority(self, text: str) -> bool:
        """True for P0 to P5, SEV-1, and words such as High."""
        return _PRIORITY.fullmatch(text) is not None or fold(text) in self.words.priorities


class _Reading:
    """One reading of one item's words."""

    def __init__(self, reader: FieldReader, rich: Rich, *, names_in_brackets: bool) -> None:
        self.reader, self.words, self.rich = reader, reader.words, rich
        self.names_in_brackets = names_in_brackets
        self.text = rich.text.replace(_BLANK, " ")
        for position in rich.breaks:
            self.text = self.text[:position] + "\n" + self.text[position + 1 :] if len(rich.breaks) < 50 else self.text  # noqa: PLR2004 - else it is prose, not lines of fields
        self.out = Fields()

    def run(self) -> Fields:
        out = self.out
        if self.rich.all_struck:
            out.done = True
        self.leading()
        self.links()
        self.groups()
        self.labels()
        self.tail()
        self.handles()
        self.short_references()
        out.text = self.left()
        if not out.text:
            out.text = plain(self.rich.text)
        if out.due is None and (due := self.reader.dates.search(out.text)) is not None:
            out.set_due(due)
        self.subject()
        if out.done is None and grammar.says_done(out.text, self.words):
            out.done = True
        return out

    def blank(self, cuts: list[tuple[int, int]]) -> None:
        """Blank character ranges, in one go."""
        if not cuts:
            return
        parts, position = [], 0
        for start, end in sorted(cuts):
            if start < position:
                start = position
            if end <= start:
                continue
            parts += [self.text[position:start], _BLANK * (end - start)]
            position = end
        self.text = "".join([*parts, self.text[position:]])

    # --- what stands at the beginning -------------------------------------------------------------------------------

    def leading(self) -> None:
        """Signs, status words, priorities, owners and labels such as "Task 1:" at the very beginning; up to five of them."""
        position = 0
        for _ in range(5):
            taken = self.leading_one(position)
            if taken <= position:
                break
            position = taken
        self.blank([(0, position)])

    def leading_one(self, at: int) -> int:
        """The end of one such thing at a position; the position itself when there is none."""
        text, words = self.text, self.words
        if (
            (match := _SIGN.match(text, at))
            and match.end() > at
            and (status := words.status(match.group())) is not None
        ):
            self.out.done = status if self.out.done is None else self.out.done
            return match.end()
        if (match := _GROUP.match(text, at + len(text[at : at + 3]) - len(text[at : at + 3].lstrip()))) and self.group(
            match.group()[1:-1], bracket=True
        ):
            return match.end()
        bold = next((e for s, e in self.rich.strong if s == at or (s > at and not text[at:s].strip())), 0)
        if bold and bold > at and bold - at < 40:  # noqa: PLR2004 - a label
            label = text[at:bold].strip(" :：")
            if self.label_word(label):
                return bold + len(text[bold : bold + 3]) - len(text[bold : bold + 3].lstrip(" :：-–—"))
        if (match := _PREFIX.match(text, at)) and self.label_word(
            match.group(1)
            if not _PRIORITY.fullmatch(match.group().strip(" :：-–—"))
            else match.group().strip(" :：-–—")
        ):
            return match.end()
        if (match := _HANDLE.match(text, at)) and (tail := re.compile(r"\s*[:–—-]\s*").match(text, match.end())):
            self.set_owner(match.group(1))
            return tail.end()
        word = text[at : at + 12].lstrip().split(" ")[0]
        if word.isupper() and words.status(word) is not None:
            self.out.done = words.status(word) if self.out.done is None else self.out.done
            return at + text[at : at + 12].index(word) + len(word)
        return at

    def label_word(self, label: str) -> bool:
        """Take a leading label: a status, a priority, or one that only says that this is an item."""
        folded = fold(label)
        if self.reader.is_priority(label) and (_PRIORITY.fullmatch(label) or folded in self.words.priorities):
            self.out.priority = self.out.priority or label
            return True
        status = self.words.status(label)
        if status is not None:
            self.out.done = status if self.out.done is None else self.out.done
            return True
        return folded in self.words.prefixes or re.sub(r" ?\d+$", "", folded) in self.words.prefixes

    # --- links ------------------------------------------------------------------------------------------------------

    def links(self) -> None:
        """Linked and bare addresses of tickets. Their words go where they only name the link."""
        cuts, found = [], []
        for start, end, url in self.rich.links:
            label = self.text[start:end]
            if references.is_ticket_url(url):
                found.append((start, url))
                if self.only_names_link(label):
                    cuts.append((start, end))
        for start, end, url in references.urls(self.text):
            if any(s <= start < e for s, e, _ in self.rich.links[:50]):
                continue
            if references.is_ticket_url(url):
                found.append((start, url))
                cuts.append((start, end))
        for _, url in sorted(found):
            self.out.add_link(url)
        self.blank(cuts)

    def only_names_link(self, label: str) -> bool:
        """True for "Issue", "see PR #12", "ABC-123" or an address; false for words that say what the work is."""
        for start, end, _ in references.urls(label) + references.short_references(label, self.words):
            label = label[:start] + " " * (end - start) + label[end:]
        folded = fold(label)
        return folded in self.words.link_words or all(
            word.isdigit() or word in self.words.link_words for word in folded.split()
        )

    def short_references(self) -> None:
        """`#12` and `KEY-123`: all are links; those at the beginning or end go from the text."""
        cuts, found = [], references.short_references(self.text, self.words)
        end = len(self.text)
        for start, stop, _ in reversed(found):
            gap = self.text[stop:end]
            if gap.strip(" .,;:&\x00()[]") and fold(gap) not in self.words.link_words and fold(gap) != "and":
                break
            cuts.append((start, stop))
            end = start
        if (
            found
            and not self.text[: found[0][0]].strip(" \x00")
            and re.match(r"\s*[:–—-]\s|\s*\x00", self.text[found[0][1] : found[0][1] + 3])
        ):
            cuts.append(found[0][:2])
        in_links = [(s, e) for s, e, url in self.rich.links if references.is_ticket_url(url)]
        for start, stop, reference in found:
            if not any(s <= start and stop <= e for s, e in in_links[:50]):
                self.out.add_link(reference)
        self.blank(cuts)

    # --- brackets ---------------------------------------------------------------------------------------------------

    def groups(self) -> None:
        """Brackets that hold fields and nothing else."""
        cuts = []
        for match in _GROUP.finditer(self.text):
            trailing = not self.text[match.end() :][:40].strip(" .\x00")
            if self.group(match.group()[1:-1], bracket=match.group()[0] in "[【", trailing=trailing):
                cuts.append(match.span())
        self.blank(cuts)

    def group(self, content: str, *, bracket: bool, trailing: bool = False) -> bool:
        """Take what one bracket holds, if every part of it is a field."""
        trial = Fields()
        rest = content
        dates = list(find(content, self.words, day_first=self.reader.dates.day_first))
        if len(dates) == 1:
            before = rest[: dates[0].start]
            if _COMPLETED_ON.search(before):
                trial.done = True
                before = _COMPLETED_ON.sub("", before)
            else:
                trial.set_due(self.reader.dates.read(content[dates[0].start : dates[0].end]))
                before = re.sub(
                    r"(?:^|[,;\s])(?:due|by|before|eta|deadline|target|on|due by|due on|due date)?[\s:]*$",
                    "",
                    before,
                    flags=re.IGNORECASE,
                )
            rest = f"{before};{rest[dates[0].end :]}"
        labelled = [part for piece in _PARTS.split(rest) for part in _BEFORE_LABEL.split(piece)]
        parts = [part for piece in labelled for part in ([piece] if self.whole(piece) else _COMMA.split(piece))]
        names = []
        for part in (part.strip(" \x00,.:：*") for part in parts):
            if not self.part(trial, part, bracket=bracket, trailing=trailing):
                if not (trailing and _NAME.fullmatch(part) and fold(part) not in self.words.verbs):
                    return False
                names.append(part)
        if names:  # a name is taken for an owner beside another field only: "(Jo Smith, 2026-03-01)"
            if trial == Fields() or trial.owner is not None:
                return False
            trial.owner = self.reader.owner(", ".join(names))
        if not content.strip(" \x00,.;:*"):
            return _BLANK in content
        self.out.absorb(trial)
        return True

    def whole(self, piece: str) -> bool:
        """True for a labelled part, whose value may hold commas."""
        label, colon, _ = piece.replace("：", ":").partition(":")
        return bool(colon) and self.words.fields.get(fold(label)) == "owner"

    def part(self, out: Fields, text: str, *, bracket: bool, trailing: bool) -> bool:  # noqa: PLR0911 - one line for each thing a bracket can hold
        """Take one part of a bracket; False when it is no field."""
        words, reader = self.words, self.reader
        if not text or fold(text) in words.remarks or words.fields.get(fold(text)) in ("owner", "due"):
            return True
        if (taken := self.labelled(out, text)) is not None:
            return taken
        if (status := words.status(text)) is not None and (trailing or bracket or fold(text) in words.done):
            out.done = status
            return True
        if reader.is_priority(text):
            out.priority = text
            return True
        if match := _PRIORITY_WORDS.fullmatch(text):
            out.priority = match[1] or match[2]
            return True
        if found := references.urls(text) + references.short_references(text, words):
            if self.only_names_link(text):
                for _, _, link in found:
                    out.add_link(link)
                return True
            return False
        if fold(text) in words.link_words:
            return True
        handles = _HANDLE.findall(text)
        if handles and not _OWNER_SEPARATOR.sub("", _HANDLE.sub("", text)).strip():
            out.owner = ", ".join(filter(None, [out.owner, *handles]))
            return True
        if reader.dates.plausible(re.sub(r"^(?:by|before|until|due)\s+", "", text, flags=re.IGNORECASE)):
            out.set_due(reader.dates.read(re.sub(r"^(?:by|before|until|due)\s+", "", text, flags=re.IGNORECASE)))
            return True
        if self.is_owner(text, bracket=bracket, trailing=trailing):
            out.owner = ", ".join(filter(None, [out.owner, reader.owner(text)]))
            return True
        if (
            trailing
            and (match := _NAME_ACTS.match(text))
            and fold(match[1]) not in words.verbs
            and len(text.split()) < 6
        ):  # noqa: PLR2004 - "(Jo calls the meeting)"
            out.owner = match[1]
            return True
        return False

    def is_owner(self, text: str, *, bracket: bool, trailing: bool) -> bool:
        """True for words in a bracket that name a person or team: known ones, plain teams, and names where the neighbours have them."""
        if self.reader.is_person(text) or (self.reader.is_team(text) and (bracket or trailing)):
            return True
        if not (self.names_in_brackets and trailing):
            return False
        return all(
            _NAME.fullmatch(name) and fold(name) not in self.words.verbs for name in _OWNER_SEPARATOR.split(text)
        )

    def labelled(self, out: Fields, text: str) -> bool | None:
        """Take "Owner: Jo" or "owner Jo". None when the text opens with no label."""
        label, colon, value = text.partition(":" if ":" in text else "：")
        if colon:
            name = self.words.fields.get(fold(label))
        else:
            label, _, value = text.partition(" ")
            name = (
                self.words.fields.get(fold(label))
                if fold(label)
                in ("owner", "dri", "assignee", "priority", "due", "deadline", "eta", "responsable", "status")
                else None
            )
        if name in (None, "item", "ignored"):
            return None
        if not value.strip():
            return colon != "" or None
        self.reader.value(out, str(name), Rich(text=value.strip()))
        return True

    # --- labels in the sentence --------------------------------------------------------------------------------------

    def labels(self) -> None:
        """`Owner: Jo`, `Due: Friday` among or after the item's words. A value ends at the next label or separator."""
        found = self.label_positions()
        cuts = []
        for number, (start, colon, name) in enumerate(found):
            limit = found[number + 1][0] if number + 1 < len(found) else len(self.text)
            limit = min(limit, colon + 400)
            end_match = _VALUE_END.search(self.text, colon + 1, limit)
            end = end_match.start() if end_match and self.text[colon + 1 : end_match.start()].strip() else limit
            if name == "due" and (full := next(iter(find(self.text[colon + 1 : limit], self.words)), None)):
                end = (
                    max(end, colon + 1 + full.end) if not self.text[colon + 1 : colon + 1 + full.start].strip() else end
                )
                end = min(end, limit)
            elif name in ("priority", "status", "due") and "," in self.text[colon + 1 : end]:
                end = colon + 1 + self.text[colon + 1 : end].index(",")
            value = Rich(text=self.text[colon + 1 : end].strip(" \x00,*"))
            value.links = [(0, 1, url) for s, e, url in self.rich.links if colon < s and e <= end]
            self.reader.value(self.out, name, value)
            cuts.append((start, end))
        self.blank(cuts)

    def label_positions(self) -> list[tuple[int, int, str]]:
        """Where labels stand: (start, colon, field)."""
        out: list[tuple[int, int, str]] = []
        for match in re.finditer(r"[:：](?=[\s*@\[\x00]|$)|：", self.text):
            colon = match.start()
            start = max(self.text.rfind(edge, max(0, colon - 40), colon) for edge in _LABEL_EDGE) + 1
            start = max(start, colon - 40, 0)
            bold = next(
                (s for s, e in self.rich.strong[:100] if s <= colon and colon - 1 <= e <= colon + 1 and s >= start),
                None,
            )
            label = self.text[bold if bold is not None else start : colon]
            name = self.words.fields.get(fold(label))
            if name is None:
                tail = label.split(" ")[-1]
                name = self.words.fields.get(fold(tail)) if tail[:1].isupper() and len(tail) > 2 else None  # noqa: PLR2004
                if name not in ("owner", "due", "priority"):
                    continue
                bold = colon - len(tail)
            if name in ("owner", "due", "priority", "ticket", "status"):
                out.append((bold if bold is not None else start, colon, name))
        return out

    # --- what stands at the end --------------------------------------------------------------------------------------

    def tail(self) -> None:
        """ " — Jo, 2026-09-01", "- done", "✅" at the end."""
        text = self.text
        stripped = text.rstrip(" .\x00\ufe0f")
        if stripped and (status := self.words.status(stripped[-1])) is not None and not stripped[-1].isalnum():
            self.out.done = status if self.out.done is None else self.out.done
            self.blank([(len(stripped) - 1, len(text))])
            text = self.text
        start = max(text.rfind(dash) for dash in (" — ", " – ", " - ", " | ", " -- "))
        if (
            0 < start
            and len(text) - start < 90
            and self.group(text[start + 3 :].strip(" .-"), bracket=True, trailing=True)
        ):  # noqa: PLR2004 - a tail of fields is short
            self.blank([(start, len(text))])
            return
        if (match := _TRAILING_STATUS.search(text, max(0, len(text) - 40))) is not None:
            word = match.group(1)
            said = self.words.status(word)
            dashed = match.group()[: match.group().index(word)].strip(" *") != ""
            bold = any(s <= match.start(1) and match.end(1) <= e for s, e in self.rich.strong)
            if said is not None and (dashed or bold or word.isupper()) and match.start() > 0:
                self.out.done = said if self.out.done is None else self.out.done
                self.blank([(match.start(1), match.end(1))])

    def handles(self) -> None:
        """`@jo` anywhere: the owner, if none was named; taken out where it only tags the item."""
        code = self.rich.code
        found = [m for m in _HANDLE.finditer(self.text) if not any(s <= m.start() < e for s, e in code[:50])]
        if not found or self.out.owner is not None:
            return
        self.set_owner(", ".join(match.group(1).rstrip(".") for match in found))
        self.blank(
            [
                match.span()
                for match in found
                if not self.text[match.end() :].strip(" .,;:\x00@)")
                or all(self.text[match.end() :].strip(" .,;:\x00)").startswith("@") for _ in (0,))
            ]
        )

    def set_owner(self, text: str) -> None:
        if self.out.owner is None:
            self.out.owner = self.reader.owner(text)

    def subject(self) -> None:
        """The team or person that opens the sentence as the one to do it."""
        if self.out.owner is not None:
            return
        subject = grammar.subject(self.out.text)
        if subject is None:
            return
        name, rest = subject
        known = self.reader.is_team(name) or self.reader.is_person(name)
        verb = fold(rest.split(" ", 1)[0]) if rest else ""
        if known or (self.out.done and verb in self.words.past and " " not in name):
            self.out.owner = self.reader.owner(re.sub(r"^[Tt]he ", "", name))
            if verb in self.words.past and self.out.done:
                self.out.text = rest
        elif (
            rest.startswith("to ")
            and fold(rest.split(" ")[1] if " " in rest else "") in self.words.verbs
            and _NAME.fullmatch(name)
            and fold(name) not in self.words.verbs
        ):
            self.out.owner = self.reader.owner(name)

    def without_connectives(self, text: str) -> str:
        """The words without what only led to a reference at their end: "tracked in", "see", "and"."""
        for _ in range(4):
            split = text.replace(_BLANK, " ").rstrip(" ,;:").rsplit(None, 3)
            tail = next(
                (n for n in (3, 2, 1) if len(split) > n and fold(" ".join(split[-n:])) in self.words.connectives), 0
            )
            if not tail:
                break
            text = (
                text[: text.rindex(split[-tail])]
                if tail == 1
                else text[: text.rfind(split[-tail], 0, text.rindex(split[-1]))]
            )
            text = text.rstrip(" ,;:\x00")
        return text

    # --- what is left ------------------------------------------------------------------------------------------------

    def left(self) -> str:
        """The words without the fields, tidied."""
        text = _EMPTY_BRACKETS.sub(_BLANK, self.text)
        text = _DOUBLE_STOP.sub(r"\1", text)
        if text.rstrip(" .\x00") != text.rstrip(" .") and text.rstrip(" .").endswith(_BLANK):
            text = self.without_connectives(text.rstrip(" .\x00"))
        text = _SPACE_BEFORE.sub(r"\1", text)
        text = plain(text.replace(_BLANK, " "))
        text = re.sub(r"\s+([.,;:!?])(?=\s|$)", r"\1", text)
        return _HEAD.sub("", _TAIL.sub("", text)).strip()
