"""The words by which people mark parts of a postmortem, read from `vocabulary.toml`.

Everything is compared folded: without case, accents and punctuation. So one phrase stands for all the ways to write it.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Any
from unicodedata import combining

from tracker.parsing.phrases import Phrases

_ASCII = bytes(ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32 for code in range(256))  # noqa: PLR2004
_TYPOGRAPHY = re.compile("[\u2010-\u2027\u00ab\u00bb\u00a0]")  # dashes, quotes, bullets, dots
# Characters that only mark the one before them, such as accents after decomposition; nearly all that Unicode has
_MARKING = "".join(filter(combining, map(chr, (*range(0x300, 0x1000), 0x3099, 0x309A))))
_MARKS = re.compile(f"[{_MARKING}]+")
# Of the marks that are no letters, those that spell vowels belong to a word
_SIGNS = "".join(c for c in map(chr, range(0x900, 0x1000)) if unicodedata.category(c)[0] == "M" and not combining(c))
_GAPS = re.compile(rf"[^\w{_SIGNS}]+")
# Letters that no decomposition makes plain, as people type them without their keyboard; and the one sign among letters
_PLAIN = (("ı", "i"), ("ł", "l"), ("đ", "d"), ("ø", "o"), ("æ", "ae"), ("œ", "oe"), ("_", " "))
_BRACKETED = re.compile(r"[(（\[]([^()（）\[\]]{2,30})[)）\]]|[-–—:：]\s{0,2}(\w[\w ]{1,20})$")
_HALF = 0.5  # of a name
_LONGEST_STATUS = 40  # characters at the end of an item in which a status stands
_LONGEST_NAME = 200  # characters; nobody names a section or column in more


class SectionKind(StrEnum):
    """What a section holds. `PHASE` is a response section by itself, and a mere category inside an action section."""

    ACTION = "action"
    RESPONSE = "response"
    PHASE = "phase"
    LESSONS = "lessons"
    OTHER = "other"


ACTION, RESPONSE, PHASE, LESSONS, _ = SectionKind  # Python 3.11 looks a member up by a call


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The text in lower case, without accents and punctuation, words parted by one space."""
    if not text.isascii():
        text = _TYPOGRAPHY.sub(" ", text)
    if text.isascii():
        return b" ".join(text.encode().translate(_ASCII).split()).decode()  # bytes are translated faster than text
    bare = unicodedata.normalize("NFKD", text).casefold()
    for letter, plain in _PLAIN:  # faster than to translate every letter
        if letter in bare:
            bare = bare.replace(letter, plain)
    return _GAPS.sub(" ", _MARKS.sub("", bare)).strip()


def phrases(words: Iterable[str]) -> Phrases:
    """Phrases as people write them, ready for finding in folded text."""
    return Phrases(fold(word) for word in words)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The word lists, ready for matching. Sets hold folded words."""

    sections: Mapping[str, SectionKind]
    section_phrases: Phrases
    tasks: frozenset[str]
    improvements: frozenset[str]
    fields: Mapping[str, str]
    done: frozenset[str]
    open: frozenset[str]
    markers: frozenset[str]
    prefixes: frozenset[str]
    status_ends: frozenset[str]  # the last words of done and open
    done_signs: str
    open_signs: str
    nobody: frozenset[str]
    priorities: frozenset[str]
    team: frozenset[str]
    placeholders: frozenset[str]
    housekeeping: Phrases
    link_words: frozenset[str]
    pointing: frozenset[str]
    connectives: frozenset[str]
    remarks: frozenset[str]
    not_tickets: frozenset[str]
    not_issues: frozenset[str]
    wishes: frozenset[str]
    generic: frozenset[str]
    opening: frozenset[str]
    links: frozenset[str]
    joins: frozenset[str]
    holders: frozenset[str]
    compounds: tuple[str, ...]  # words that others end in
    areas: frozenset[str]
    nested: frozenset[str]
    languages: tuple[str, ...]
    spoken: Mapping[str, tuple[str, ...]]  # the commonest words, with the languages that have them
    common: frozenset[str]  # these words
    deeds: Mapping[str, frozenset[str]]
    verbs: frozenset[str]
    past: frozenset[str]
    adjectival: frozenset[str]
    first: Mapping[str, tuple[str, ...]]  # endings of the first word, by language; so are the next four
    nouns: Mapping[str, tuple[str, ...]]
    last: Mapping[str, tuple[str, ...]]
    opened: Mapping[str, re.Pattern[str]]
    closed: Mapping[str, re.Pattern[str]]
    openers: tuple[str, ...]
    undone: frozenset[str]
    future: Phrases
    commit: Phrases
    idle: frozenset[str]
    taken: frozenset[str]
    planned: tuple[str, ...]  # in lower case, not folded
    planned_names: frozenset[str]
    announces: Phrases
    horizon: Phrases
    perfect: Phrases
    talk: Phrases
    months: Mapping[str, int]
    facts: Mapping[str, str]
    no_names: frozenset[str]
    zones: Mapping[str, int]
    helping: frozenset[str]
    title_words: Phrases

    def section_kind(self, name: str) -> SectionKind | None:
        """What a section of this name holds; None when the name says nothing."""
        return _name(self, name[:_LONGEST_NAME])[0]

    def coverage(self, name: str) -> float:
        """Which part of a name the known phrases make up, 0 to 1: is it a name, or prose that mentions one?"""
        return _name(self, name[:_LONGEST_NAME])[1]

    def is_wish(self, name: str) -> bool:
        """True when nothing but improvement words makes this the name of an action section."""
        return _name(self, name[:_LONGEST_NAME])[2]

    def language(self, text: str) -> str:
        """The language of whose commonest words a text holds most; "en" where none stands out."""
        counts = dict.fromkeys(self.languages, 0)
        for word in self.common.intersection(text.lower().split()):
            for language in self.spoken[word]:
                counts[language] += 1
        return max(counts, key=counts.__getitem__)

    def says_done(self, name: str) -> bool:
        """True for a section's name that says its work is done: "Completed actions", "Fixes (done)", "Fixes ✅"."""
        return _says_done(self, name)

    def column(self, name: str) -> str | None:
        """Which field a table column of this name holds: item, owner, due, priority, ticket, status or ignored."""
        folded = fold(name[:_LONGEST_NAME])
        if not folded:
            return None
        words = folded.split()
        candidates = [folded, *(" ".join(words[:n]) for n in range(len(words) - 1, 0, -1)), words[-1]]
        return next((self.fields[c] for c in candidates if c in self.fields), None)

    def is_nobody(self, text: str) -> bool:
        """True for what people write where an owner is still missing."""
        folded = fold(text)
        return not folded or folded in self.nobody

    def is_placeholder(self, text: str) -> bool:
        """True for what a template left: empty words, brackets, dots."""
        folded = fold(text)
        return not folded or folded in self.placeholders

    def may_end_in_status(self, text: str) -> bool:
        """False for a text whose last word no status ends with; cheap to ask."""
        last = text[-_LONGEST_STATUS:].rstrip(" .!*\x00").rsplit(" ", 1)[-1]
        return not last.isascii() or fold(last).rsplit(" ", 1)[-1] in self.status_ends

    def status(self, text: str) -> bool | None:
        """True for done, False for open, None when the text is no status."""
        folded = fold(text)
        if folded in self.done:
            return True
        if folded in self.open:
            return False
        stripped = text.strip()
        if stripped and stripped[0] in self.done_signs:
            return True
        if stripped and stripped[0] in self.open_signs:
            return False
        return None


@lru_cache(maxsize=8192)
def _name(words: Vocabulary, name: str) -> tuple[SectionKind | None, float, bool]:
    """What a name names, which part of it known phrases make up, and whether only wishes make it name work."""
    folded = fold(name)
    if "&" in name and folded not in words.sections:
        folded = fold(name.replace("&", " and "))
    if any([word.endswith(words.compounds) for word in folded.split()]):  # noqa: C419 - a list is faster
        folded = _split_compounds(words, folded)
    found = words.section_phrases.find(folded)
    if not found:
        return words.sections.get(folded), 0.0, False
    coverage = sum(len(phrase) for _, phrase in found) / len(folded)
    named = {phrase: words.sections[phrase] for _, phrase in found}
    work = [phrase for phrase, kind in named.items() if kind is ACTION]
    wish = bool(work) and words.wishes.issuperset(work)
    if (exact := words.sections.get(folded)) is not None:
        return exact, coverage, wish
    kinds = set(named.values())
    if ACTION in kinds and not _names_work(words, folded, found):
        kinds.discard(ACTION)
    # Work named beside other things ("Lessons and next steps") makes an action section
    return next((kind for kind in SectionKind if kind in kinds), None), coverage, wish


@lru_cache(maxsize=1024)
def _says_done(words: Vocabulary, name: str) -> bool:
    if any(sign in name for sign in words.done_signs):
        return True
    parts = [name, *(part for match in _BRACKETED.findall(name[:_LONGEST_NAME]) for part in match if part)]
    split = fold(name[:_LONGEST_NAME]).split()
    return any(fold(part) in words.done for part in parts) or (
        len(split) > 1 and (split[0] in words.done or split[-1] in words.done)
    )


def _split_compounds(words: Vocabulary, folded: str) -> str:
    """A name with the head of an unknown compound by itself: "praventionsmassnahmen" is about "massnahmen"."""
    known = words.section_phrases
    return " ".join(
        word if known.among(word) else next((end for end in words.compounds if word.endswith(end)), word)
        for word in folded.split()
    )


def _names_work(words: Vocabulary, folded: str, found: list[tuple[int, str]]) -> bool:
    """True where a name's words for work are what it names, and do not only qualify that.

    "Recommendations", "Lessons and next steps" and "List of actions" do; "Timeline of the remediation", "Indicateurs de
    suivi" and "Why did it not prevent this" do not, nor do "Mitigation actions", which name what was done in a phase.
    """
    work, other = [], False
    for start, phrase in found:
        if words.sections[phrase] is not ACTION:
            other = True
        elif _heads(words, folded, start, phrase):
            work.append(phrase)
    if not work:
        return False
    if any(phrase not in words.generic for phrase in work):
        return True
    return (not other or not words.joins.isdisjoint(folded.split())) and _weigh(
        words, folded, sum(len(phrase) for _, phrase in found)
    )


def _heads(words: Vocabulary, folded: str, start: int, phrase: str) -> bool:
    """True where a phrase for work is what a name is about: it opens it, follows "and", or is most of it."""
    before = folded[:start].split()
    if not before or (not words.holders.isdisjoint(before) and (words.holders | words.links).issuperset(before)):
        return True  # "List of actions", "Checklist for prevention"
    if phrase in words.opening or _qualifies(words, before):
        return False
    return before[-1] in words.joins or _weigh(words, folded, len(phrase))


def _weigh(words: Vocabulary, folded: str, length: int) -> bool:
    """True where that many characters are half of a name's words that say something."""
    telling = sum(len(word) + 1 for word in folded.split() if word not in words.links and word not in words.holders)
    return length >= (telling - 1) * _HALF


def _qualifies(words: Vocabulary, before: list[str]) -> bool:
    """True where the words before a phrase end in a preposition, and name more than a list or more work."""
    if not before or before[-1] not in words.links:
        return False
    rest = " ".join(word for word in before if word not in words.links and word not in words.holders)
    return bool(rest) and all(words.sections[phrase] is not ACTION for _, phrase in words.section_phrases.find(rest))


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def _sections(data: Mapping[str, Mapping[str, list[str]]]) -> dict[str, SectionKind]:
    out: dict[str, SectionKind] = {}
    for kind in reversed(SectionKind):  # where languages disagree, work wins
        for language in data.values():
            out.update(dict.fromkeys(_folded(language.get(kind.value, ())), kind))
    return out


def _together(data: Mapping[str, Mapping[str, list[str]]], key: str) -> frozenset[str]:
    return _folded(word for language in data.values() for word in language.get(key, ()))


def _spoken(common: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for language, words in common.items():
        for word in words:
            out[word] = (*out.get(word, ()), language)
    return out


def _endings(data: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {language: tuple(map(fold, endings)) for language, endings in data.items()}


def build(data: Mapping[str, Any]) -> Vocabulary:
    """A vocabulary from data shaped as `vocabulary.toml`."""
    sections = _sections(data["sections"])
    tasks, improvements = _together(data["sections"], "tasks"), _together(data["sections"], "improvement")
    for word in tasks | improvements:
        sections.setdefault(word, ACTION)
    grammar, values, status = data["grammar"], data["values"], data["status"]
    fields: dict[str, str] = {}
    for field, entry in data["fields"].items():
        if field not in ("prefix", "other"):
            for name in _folded(entry["names"]):
                fields.setdefault(name, field)
    return Vocabulary(
        sections=sections,
        section_phrases=phrases(word for word in sections if word not in (tasks | improvements) or len(word) > 4),  # noqa: PLR2004 - "fix" is everywhere
        tasks=tasks,
        improvements=improvements,
        fields=fields,
        done=_folded(status["done"]),
        open=_folded(status["open"]),
        markers=_folded(status["labels"]),
        prefixes=_folded(data["fields"]["prefix"]["names"]),
        status_ends=frozenset(word.rsplit(" ", 1)[-1] for word in _folded([*status["done"], *status["open"]])),
        done_signs="".join(status["done_signs"]),
        open_signs="".join(status["open_signs"]),
        nobody=_folded(values["nobody"]),
        priorities=_folded(values["priority"]),
        team=_folded(values["team"]),
        placeholders=_folded(values["placeholder"]),
        housekeeping=phrases(values["housekeeping"]),
        link_words=_folded(values["link_words"]),
        pointing=_folded(values["pointing"]),
        connectives=_folded(values["connectives"]),
        remarks=_folded(values["remarks"]),
        not_tickets=frozenset(values["not_tickets"]),
        not_issues=_folded(values["not_issues"]),
        wishes=_folded(values["wishes"]),
        generic=_folded(data["names"]["generic"]),
        opening=_folded(data["names"]["opening"]),
        links=_folded(data["names"]["links"]),
        joins=_folded(data["names"]["joins"]),
        holders=_folded(data["names"]["holders"]),
        compounds=tuple(sorted(_folded(data["names"]["compounds"]), key=len, reverse=True)),
        areas=_folded(data["names"]["areas"]),
        nested=_folded(data["names"]["nested"]),
        languages=tuple(grammar["languages"]),
        spoken=_spoken(grammar["languages"]),
        common=frozenset().union(*grammar["languages"].values()),
        deeds={language: _folded(nouns) for language, nouns in grammar["deeds"].items()},
        verbs=frozenset(grammar["verbs"].split()),
        past=frozenset(grammar["past"].split()),
        adjectival=frozenset(grammar["adjectival"].split()),
        first=_endings(grammar["first"]),
        nouns=_endings(grammar["nouns"]),
        last=_endings(grammar["last"]),
        opened={language: re.compile(pattern) for language, pattern in grammar["opened"].items()},
        closed={language: re.compile(rf"(?:{pattern})[.!।)\s]*$") for language, pattern in grammar["closed"].items()},
        openers=tuple(verb for verbs in grammar["openers"].values() for verb in verbs),
        undone=_folded(grammar["undone"]),
        future=phrases(grammar["future"]),
        commit=phrases(grammar["commit"]),
        idle=_folded(grammar["idle"]),
        taken=_folded(data["names"]["taken"]),
        planned=tuple(data["names"]["planned"]),
        planned_names=_folded(data["names"]["planned"]),
        announces=phrases(grammar["announces"]),
        horizon=phrases(grammar["horizon"]),
        perfect=phrases(grammar["perfect"]),
        talk=phrases(grammar["talk"]),
        months={fold(name): number for number, names in enumerate(data["months"]["names"], 1) for name in names},
        facts={fold(label): fact for fact, labels in data["facts"]["labels"].items() for label in labels},
        no_names=_folded(data["facts"]["no_names"]),
        helping=_folded(data["verbs"]["helping"]),
        zones={name.upper(): minutes for name, minutes in data["facts"]["zones"].items()},
        title_words=phrases(data["facts"]["title_words"]),
    )


@cache
def data() -> Mapping[str, Any]:
    """The data file that comes with Closeout, read once."""
    return tomllib.loads(resources.files(__package__).joinpath("vocabulary.toml").read_text("utf-8"))


@cache
def load() -> Vocabulary:
    """The vocabulary that comes with Closeout."""
    return build(data())
