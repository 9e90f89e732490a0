"""The words by which people mark parts of a postmortem, read from `vocabulary.toml`.

Everything is compared folded: without case, accents and punctuation. So one phrase stands for all the ways to write it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain
from typing import Any

from tracker.parsing.folding import fold
from tracker.parsing.naming import (
    ACTION,
    LESSONS,
    LONGEST_NAME,
    OTHER,
    PHASE,
    RESPONSE,
    SectionKind,
    named,
    says_done,
    says_open,
    tells_both,
)
from tracker.parsing.phrases import SPACELESS, Phrases

__all__ = [
    "ACTION",
    "LESSONS",
    "OTHER",
    "PHASE",
    "RESPONSE",
    "SectionKind",
    "Vocabulary",
    "build",
    "data",
    "fold",
    "load",
    "phrases",
]

_LONGEST_STATUS = 40  # characters at the end of an item in which a status stands


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
    blanks: tuple[str, ...]  # that open what is left to be filled in, with the space after them
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
    remaining: frozenset[str]
    proposed: Phrases
    implemented: Phrases
    not_yet: Phrases
    mended: frozenset[str]
    rejected: Phrases
    weighing: frozenset[str]
    either: frozenset[str]
    aspects: frozenset[str]
    samples: tuple[str, ...]
    digests: Phrases
    asking: tuple[str, ...]  # each with the space after it, where words are parted
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
    now: Mapping[str, frozenset[str]]
    now_signs: re.Pattern[str]
    purpose: frozenset[str]
    tests: frozenset[str]
    cases: Phrases
    outcomes: frozenset[str]
    problems: frozenset[str]
    describing: frozenset[str]
    sorts: frozenset[str]
    months: Mapping[str, int]
    facts: Mapping[str, str]
    no_names: frozenset[str]
    zones: Mapping[str, int]
    helping: frozenset[str]
    title_words: Phrases

    def section_kind(self, name: str) -> SectionKind | None:
        """What a section of this name holds; None when the name says nothing."""
        return named(self, name[:LONGEST_NAME])[0]

    def coverage(self, name: str) -> float:
        """Which part of a name the known phrases make up, 0 to 1: is it a name, or prose that mentions one?"""
        return named(self, name[:LONGEST_NAME])[1]

    def is_wish(self, name: str) -> bool:
        """True when nothing but improvement words makes this the name of an action section."""
        return named(self, name[:LONGEST_NAME])[2]

    def language(self, text: str) -> str:
        """The language of whose commonest words a text holds most; "en" where none stands out."""
        counts = dict.fromkeys(self.languages, 0)
        for word in self.common.intersection(text.lower().split()):
            for language in self.spoken[word]:
                counts[language] += 1
        return max(counts, key=counts.__getitem__)

    def tells_both(self, name: str) -> bool:
        """True for "Verification and pending": a phase's name beside one for what is left."""
        return tells_both(self, name)

    def says_done(self, name: str) -> bool:
        """True for a section's name that says its work is done: "Completed actions", "Fixes (done)", "Fixes ✅"."""
        return says_done(self, name)

    def says_open(self, name: str) -> bool:
        """True for a section's name that says its work is still to be done: "Recommendations (pending)"."""
        return says_open(self, name)

    def column(self, name: str) -> str | None:
        """Which field a table column of this name holds: item, owner, due, priority, ticket, status or ignored."""
        folded = fold(name[:LONGEST_NAME])
        if not folded:
            return None
        words = folded.split()
        starts = (" ".join(words[:n]) for n in range(len(words), 0, -1))
        ends = (" ".join(words[n:]) for n in range(1, len(words)))  # "Proposed owner", "Đề xuất phụ trách"
        candidates = chain(starts, ends)
        return next((self.fields[c] for c in candidates if c in self.fields), None)

    def is_nobody(self, text: str) -> bool:
        """True for what people write where an owner is still missing."""
        folded = fold(text)
        return not folded or folded in self.nobody

    def is_placeholder(self, text: str) -> bool:
        """True for what a template left: empty words, brackets, dots."""
        folded = fold(text)
        return not folded or folded in self.placeholders or f"{folded} ".startswith(self.blanks)

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
        blanks=tuple(f"{blank} " for blank in _folded(values["blank"])),
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
        remaining=_folded(data["names"]["remaining"]),
        proposed=phrases(data["names"]["proposed"]),
        implemented=phrases(data["names"]["implemented"]),
        not_yet=phrases(data["names"]["not_yet"]),
        samples=tuple(_folded(data["names"]["samples"])),
        digests=phrases(data["names"]["digests"]),
        aspects=_folded(data["names"]["aspects"]),
        either=_folded(data["names"]["either"]),
        weighing=_folded(data["names"]["weighing"]),
        rejected=phrases(data["names"]["rejected"]),
        mended=_folded(data["names"]["mended"]),
        asking=tuple(w if SPACELESS.search(w) else f"{w} " for w in _folded(data["names"]["asking"])),
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
        openers=tuple(fold(verb) for verbs in grammar["openers"].values() for verb in verbs),
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
        now={language: _folded(adverbs) for language, adverbs in grammar["now"].items()},
        now_signs=re.compile(grammar["now_signs"]),
        purpose=_folded(grammar["purpose"]),
        tests=_folded(grammar["tests"]),
        cases=phrases(grammar["cases"]),
        outcomes=_folded(grammar["outcomes"]),
        problems=_folded(grammar["problems"]),
        sorts=_folded(grammar["sorts"]),
        describing=_folded([*grammar["describing"], *grammar["problems"], *grammar["outcomes"]]),
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
