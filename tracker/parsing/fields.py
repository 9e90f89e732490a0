"""The fields of an item: what they are, and how a value that stands apart (a cell, what follows a label) is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from tracker.explanation import FIELDS, Role
from tracker.parsing import grammar, references
from tracker.parsing.blocks import Source
from tracker.parsing.dates import Due, DueReader
from tracker.parsing.inline import Rich, plain
from tracker.parsing.vocabulary import Vocabulary, fold

TRACKED = frozenset({"owner", "due", "status", "ticket", "priority"})
"""The fields that columns and labels can name, as the vocabulary calls them."""

PRIORITY = re.compile(r"(?:P|Pri|Prio|S|SEV|Sev)[- ]?[0-5]", re.IGNORECASE)
AND = "and|&|/|y|e|et|und|и|та|i|en|och|og|ve|dan|và|및"  # between two names
OWNER_SEPARATOR = re.compile(rf"\s*[,;、，،]\s*|\s+(?:{AND})\s+")
_FULL_NAME = re.compile(r"[^\W\d_a-zß-ÿ][a-zß-ÿ'’]+(?: [^\W\d_a-zß-ÿ][a-zß-ÿ'’]+){1,2}")
_ASIDE = re.compile(r"[(（]([^()（）]{2,20})[)）]$")
_AT = re.compile(r"(?<![\w.])@(?=\w)")
_OPENING, _CLOSING = "([<{", ")]>}"
_MOST_REFERENCES = 1_000  # of one item; it is no item any more then
_MOST_LINKS = 50  # in one cell; beyond, nobody tells them apart
_COMPOUND_TEAMS = ("team", "teamet", "teams", fold("팀"), "团队", "チーム", "團隊")  # "Plattformsteamet", "플랫폼팀"
_HEADS = frozenset(("team", "squad", "equipo", "equipe", "time", "gruppe"))  # that open a team's name: "Team Platform"
_CAPITALS = 4  # letters by which a status is told from other words
_DUE_WORDS = 8  # that a time which no calendar knows takes at most
_TEAM_WORDS = 4  # words a team's name has at most


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
    reported: bool = False  # done by its grammar alone: "The check now omits the file"
    bare: bool = False  # the due date stands at the end, by itself: below a tick it is the day it was done
    problems: list[str] = field(default_factory=list)
    marks: list[tuple[Role, int, int]] = field(default_factory=list)  # which bytes told of it, where somebody asked

    def tick(self, box: bool) -> None:  # noqa: FBT001 - the box itself
        """A box says whether it is done; where that is open, a status may still say so, but not grammar alone."""
        self.done = box or (self.done is True and not self.reported)
        if self.done and self.bare:
            self.due = self.due_date = None

    def add_link(self, link: str) -> None:
        """Keep a reference, once."""
        link = references.ticket(link)
        if link not in self.links and len(self.links) < _MOST_REFERENCES:
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
            self.due, self.due_date, self.bare = other.due, other.due_date, other.bare
        if self.priority is None:
            self.priority = other.priority
        if self.done is None:
            self.done = other.done
        for link in other.links:
            self.add_link(link)
        self.problems += other.problems
        self.marks += other.marks

    def state(self) -> tuple[str | None, str | None, str | None, bool | None, int]:
        """What is known so far, in the order of `trace.FIELDS`."""
        return self.owner, self.due, self.priority, self.done, len(self.links)


class FieldReader:
    """Reads field values of one document. `people` grows with every owner that stood in a column or after a label."""

    def __init__(self, words: Vocabulary, dates: DueReader, language: str = "en", noting: Source | None = None) -> None:
        """`noting` is the document's source if the bytes that tell of each field are to be noted."""
        self.words, self.dates, self.language, self.source = words, dates, language, noting
        self.notes = noting is not None
        self.people: set[str] = set()

    def value(self, out: Fields, column: str, rich: Rich) -> None:
        """Set a field from a value that stands apart: a table cell, or what follows a label."""
        before = out.state()
        text = plain(rich.text)
        for _, _, url in rich.links:
            any_tracker = column == "ticket" and not references.is_source(url)
            if any_tracker or (column == "status" and references.is_ticket_url(url)):
                out.add_link(url)
        if column in ("ticket", "status"):
            self.bare_links(out, rich, every=column == "ticket")
        if column == "status" or (column == "ticket" and out.done is None and self.words.status(text) is not None):
            out.done = self.status(text) if out.done is None else out.done
        elif column == "owner":
            if out.owner is None:
                out.owner = self.owner(self.without_keys(out, text))
        elif column == "priority":
            if out.priority is None and not self.words.is_nobody(text):
                out.priority = text.strip(" *[]()") or None
        elif column == "due":
            self.due(out, text)
        self.mark(out, before, rich, 0, len(rich.text))

    def mark(self, out: Fields, before: tuple[object, ...], rich: Rich, start: int, end: int) -> None:
        """Note that some characters told of the fields that have changed."""
        if self.source is None or not rich.pieces:
            return
        start += len(rich.text[start:end]) - len(rich.text[start:end].lstrip())
        for role, was, now in zip(FIELDS, before, out.state(), strict=True):
            if was != now:
                out.marks.append((role, rich.byte(start, self.source), rich.byte(end, self.source, end=True)))

    def bare_links(self, out: Fields, rich: Rich, *, every: bool) -> None:
        """Keep a cell's references that are no Markdown links; with `every`, addresses of any kind."""
        linked = [(start, end) for start, end, _ in rich.links[:_MOST_LINKS]]
        for start, end, link in references.urls(rich.text) + references.short_references(rich.text, self.words):
            inside = any(s <= start and end <= e for s, e in linked)
            wanted = every and not references.is_source(link)
            if not inside and (wanted or not link.startswith("http") or references.is_ticket_url(link)):
                out.add_link(link)

    def due(self, out: Fields, text: str) -> None:
        """Set the due date from a column or label."""
        text = text.strip(" .,")
        aside = _ASIDE.search(text)
        if aside is not None and (said := self.words.status(aside[1])) is not None:  # "10 May (done)"
            out.done = said if out.done is None else out.done
            text = text[: aside.start()].rstrip()
        status = self.words.status(text)
        if status is None and text[:_CAPITALS].isupper() and not self.dates.plausible(text):
            status = self.status(text)  # "DONE in v2"
        if status is not None:
            out.done = status if out.done is None else out.done
        elif text and not self.words.is_nobody(text):
            due = self.dates.read(text)
            if due.day is not None or len(text.split()) <= _DUE_WORDS:  # "Target: a rule that keeps them apart" is none
                out.set_due(due)

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

    def without_keys(self, out: Fields, text: str) -> str:
        """The names of an owner's cell; the tickets beside them are links: "SRE, OPS-12"."""
        parts = OWNER_SEPARATOR.split(text)
        names = [part for part in parts if not references.is_key(part, self.words)]
        if not names or len(names) == len(parts):
            return text
        for part in parts:
            if part not in names:
                out.add_link(plain(part))
        return ", ".join(names)

    def owner(self, text: str) -> str | None:
        """An owner as written, without `@` and brackets, several joined by a comma; None for nobody yet."""
        names = [_unwrapped(name) for name in OWNER_SEPARATOR.split(text)]
        names = [name for name in names if name and not self.words.is_nobody(name)]
        self.people.update(fold(name) for name in names)
        return ", ".join(dict.fromkeys(names)) or None

    def may_be_name(self, text: str) -> bool:
        """False for a status, the name of a section, and a clause in a script without spaces."""
        known = self.words.status(text) is not None or fold(text) in self.words.sections
        return not known and grammar.may_be_name(text)

    def is_team(self, text: str) -> bool:
        """True for what is plainly a team's name: a few words, one of them team, squad, SRE and the like."""
        split = fold(text).split()
        if not 0 < len(split) <= _TEAM_WORDS or not text[:1].isalpha() or text[:1].islower():
            return False
        last = split[-1] if not split[-1].endswith(_COMPOUND_TEAMS) else "team"
        return last in self.words.team or (split[0] in self.words.team and split[0] in _HEADS)

    def says_team(self, text: str) -> bool:
        """True for a name that holds the word itself: "Platform team", "Equipo de datos"."""
        split = fold(text).split()
        return self.is_team(text) and (not _HEADS.isdisjoint(split) or split[-1].endswith(_COMPOUND_TEAMS))

    def is_person(self, text: str) -> bool:
        """True for somebody whom this document named as an owner before."""
        return fold(text) in self.people

    def is_full_name(self, text: str) -> bool:
        """True for two or three capitalised words of which none is a verb: "Jo Smith", not "Load Balancer"."""
        return _FULL_NAME.fullmatch(text) is not None and not self.words.verbs.intersection(fold(text).split())

    def is_priority(self, text: str) -> bool:
        """True for P0 to P5, SEV-1, and words such as High."""
        return PRIORITY.fullmatch(text) is not None or fold(text) in self.words.priorities


def _unwrapped(name: str) -> str:
    """A name without `@`, markup and the brackets around it; "Platform (SRE)" keeps its own."""
    name = _AT.sub("", name).strip(" \t*_`\"'.@:")
    while name and name[0] in _OPENING and name[-1] == _CLOSING[_OPENING.index(name[0])]:
        name = name[1:-1].strip(" \t*_`\"'.@:")
    return name if name.strip(_OPENING + _CLOSING) else ""
