"""Brackets and tails that hold fields and nothing else: "(@jo, due Friday)", "[P1]", "— Jo Smith, 2026-03-01"."""

from __future__ import annotations

import re

from tracker.parsing import references
from tracker.parsing.dates import find
from tracker.parsing.fields import OWNER_SEPARATOR, PRIORITY, TRACKED, FieldReader, Fields
from tracker.parsing.inline import Rich
from tracker.parsing.vocabulary import fold

OPENING = frozenset("(（[【")
BLANK = "\x00"  # stands where a field was taken; a reading's text holds it nowhere else
HANDLE = re.compile(r"(?<![\w@/.`])@([^\W_][\w.-]*(?:/[\w.-]+)?)")
NAME = re.compile(r"[^\W\d_a-zß-ÿ][\w'’.-]*(?: [^\W\d_a-zß-ÿ][\w'’.-]*){0,2}")
NAME_ACTS = re.compile(r"([^\W\d_a-zß-ÿ][\w'’-]+) (?:to|will|calls?|owns|leads|is|has)\b")
_PARTS = re.compile(r"[;；|·•\n]|\s[-–—]\s")
_COMMA = re.compile(r"[,，、،]")
_BEFORE_LABEL = re.compile(r"[,，、،]\s*(?=[^,，、،:：]{1,25}[:：])")
_PRIORITY_WORDS = re.compile(r"(?:(\w+) (?:priority|prio)|(?:priority|prio) (\w+))", re.IGNORECASE)
_COMPLETED_ON = re.compile(
    r"(?:done|completed|closed|fixed|finished|merged|deployed|shipped)[\s:]{0,3}(?:on|as of|at)?[\s:]{0,3}$",
    re.IGNORECASE,
)
_DUE_ON = re.compile(
    r"(?:^|[,;\s])(?:due (?:by|on|date)|due|by|before|eta|deadline|target|on|avant le|avant|d.ici le|d.ici au"
    r"|d.ici|pour le|jusqu.au|antes del?|para el|hasta el|at[ée]|bis zum|bis|vor dem|f[äa]llig am"
    r"|期限|截止)?[\s:：]{0,3}$",
    re.IGNORECASE,
)
_BY = re.compile(r"^(?:by|before|until|due)\s+", re.IGNORECASE)
_NOTE_WORDS = 5  # "(Jo calls the next meeting)" is a note on who; more words say something else


class Brackets:
    """Takes the fields of one item's brackets. `names`: the item's neighbours end in bracketed names, so it may too."""

    def __init__(self, reader: FieldReader, *, names: bool) -> None:
        self.reader, self.words, self.names = reader, reader.words, names

    def take(self, out: Fields, content: str, *, bracket: bool, trailing: bool = False) -> bool:
        """Take what one bracket holds, if every part of it is a field."""
        trial = Fields()
        rest = self.dated(trial, content)
        labelled = [part for piece in _PARTS.split(rest) for part in _BEFORE_LABEL.split(piece)]
        parts = [part for piece in labelled for part in ([piece] if self.whole(piece) else _COMMA.split(piece))]
        names = []
        for part in (part.strip(" \x00,.:：*") for part in parts):
            if not self.part(trial, part, bracket=bracket, trailing=trailing):
                if not (trailing and NAME.fullmatch(part) and fold(part) not in self.words.verbs):
                    return False
                names.append(part)
        if names:  # a name is taken for an owner beside another field only: "(Jo Smith, 2026-03-01)"
            if trial == Fields() or trial.owner is not None:
                return False
            trial.owner = self.reader.owner(", ".join(names))
        if not content.strip(" \x00,.;:*"):
            return BLANK in content
        out.absorb(trial)
        return True

    def dated(self, trial: Fields, content: str) -> str:
        """Take the one full date of a bracket, with the word before it; what is left of the content."""
        dates = list(find(content, self.words, day_first=self.reader.dates.day_first))
        if len(dates) != 1:
            return content
        found = dates[0]
        before = content[: found.start]
        if _COMPLETED_ON.search(before):
            trial.done = True
            before = _COMPLETED_ON.sub("", before)
        else:
            trial.set_due(self.reader.dates.read(content[found.start : found.end]))
            label = before[max(map(before.rfind, ",;，、")) + 1 :]
            trial.bare = not label.strip()
            named = self.words.fields.get(fold(label)) == "due"
            before = before[: len(before) - len(label)] if named else _DUE_ON.sub("", before)
        return f"{before};{content[found.end :]}"

    def whole(self, piece: str) -> bool:
        """True for a labelled part, whose value may hold commas."""
        label, colon, _ = piece.replace("：", ":").partition(":")
        return bool(colon) and self.words.fields.get(fold(label)) == "owner"

    def part(self, out: Fields, text: str, *, bracket: bool, trailing: bool) -> bool:
        """Take one part of a bracket; False when it is no field."""
        words = self.words
        if not text or fold(text) in words.remarks or words.fields.get(fold(text)) in ("owner", "due"):
            return True
        if (taken := self.labelled(out, text)) is not None:
            return taken
        status = words.status(text)
        if status is not None and (trailing or bracket or fold(text) in words.done):
            out.done = status
            return True
        return (
            self.priority(out, text, alone=bracket or trailing)
            or self.reference(out, text)
            or self.due(out, text)
            or self.owner(out, text, bracket=bracket, trailing=trailing)
        )

    def priority(self, out: Fields, text: str, *, alone: bool) -> bool:
        """Take "P1", "high priority"; "High" where it stands `alone`, not as in "at 92 % (critical) of the quota"."""
        match = _PRIORITY_WORDS.fullmatch(text)
        if match is None and not (PRIORITY.fullmatch(text) or (alone and self.reader.is_priority(text))):
            return False
        out.priority = (match[1] or match[2]) if match else text
        return True

    def reference(self, out: Fields, text: str) -> bool:
        """Take "#12", "see OPS-3", an address; and words that only name a link which is gone already."""
        if not references.only_names(text, self.words):
            return False
        for _, _, link in references.urls(text) + references.short_references(text, self.words):
            out.add_link(link)
        return True

    def due(self, out: Fields, text: str) -> bool:
        """Take "by Friday", "Q3", "2 weeks"."""
        value = _BY.sub("", text)
        if not self.reader.dates.plausible(value):
            return False
        out.set_due(self.reader.dates.read(value))
        return True

    def owner(self, out: Fields, text: str, *, bracket: bool, trailing: bool) -> bool:
        """Take "@jo", a known person, a team, "Jo calls the meeting"."""
        handles = HANDLE.findall(text)
        acts = NAME_ACTS.match(text) if trailing and len(text.split()) <= _NOTE_WORDS else None
        if handles and not OWNER_SEPARATOR.sub("", HANDLE.sub("", text)).strip():
            found: str | None = ", ".join(handles)
        elif self.is_owner(text, bracket=bracket, trailing=trailing):
            found = self.reader.owner(text)
        elif acts is not None and fold(acts[1]) not in self.words.verbs:
            found = acts[1]
        else:
            return False
        out.owner = ", ".join(name for name in (out.owner, found) if name) or None
        return True

    def is_owner(self, text: str, *, bracket: bool, trailing: bool) -> bool:
        """True for a person known here, for what is plainly a team, and for names where the neighbours have them."""
        if self.reader.is_person(text) or (self.reader.is_team(text) and (bracket or trailing)):
            return True
        if not (self.names and trailing):
            return False
        return all(
            NAME.fullmatch(name) and fold(name) not in self.words.verbs and self.reader.may_be_name(name)
            for name in OWNER_SEPARATOR.split(text)
        )

    def labelled(self, out: Fields, text: str) -> bool | None:
        """Take "Owner: Jo" or "owner Jo". None when the text opens with no label."""
        label, colon, value = text.partition(":" if ":" in text else "：")
        if not colon:
            label, _, value = text.partition(" ")
        name, words_of_teams = self.words.fields.get(fold(label)), self.words.team  # "Team Platform" is a name
        if name not in TRACKED or (
            not colon
            and (name not in ("owner", "due", "priority") or len(label) < len("dri") or fold(label) in words_of_teams)
        ):
            return None
        if not value.strip():
            return True if colon else None
        self.reader.value(out, name, Rich(text=value.strip()))
        return True
