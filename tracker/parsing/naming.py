"""What the name of a section says: what it holds, how much of it is known, whether its work is done."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from tracker.parsing.folding import fold
from tracker.parsing.phrases import SPACELESS

if TYPE_CHECKING:
    from tracker.parsing.vocabulary import Vocabulary

_BRACKETED = re.compile(r"[(（\[]([^()（）\[\]]{2,30})[)）\]]|[-–—:：]\s{0,2}(\w[\w ]{1,20})$")
_OF = ("的", "の")  # after what qualifies the next word
_DIGRAPHS = re.compile(r"(?<![aeq])([aou])e(?=\w)")  # ä, ö, ü as people type them without dots
_LONG_NAME = 6  # words; in a longer name one word more or less is too much to guess
_HALF = 0.5  # of a name
_STATUS_WORDS = 3  # of a status at an end of a name: "Hành động khắc phục đã thực hiện"
LONGEST_NAME = 200  # characters; nobody names a section or column in more


class SectionKind(StrEnum):
    """What a section holds. `PHASE` is a response section by itself, and a mere category inside an action section."""

    ACTION = "action"
    RESPONSE = "response"
    PHASE = "phase"
    LESSONS = "lessons"
    OTHER = "other"


ACTION, RESPONSE, PHASE, LESSONS, OTHER = SectionKind  # Python 3.11 looks a member up by a call


@lru_cache(maxsize=8192)
def named(words: Vocabulary, name: str) -> tuple[SectionKind | None, float, bool]:
    """What a name names, which part of it known phrases make up, and whether only wishes make it name work."""
    folded = fold(name)
    if "&" in name and folded not in words.sections:
        folded = fold(name.replace("&", " and "))
    if any([word.endswith(words.compounds) for word in folded.split()]):  # noqa: C419 - a list is faster
        folded = _split_compounds(words, folded)
    if words.rejected.among(folded):
        return OTHER, 1.0, False
    found = words.section_phrases.find(folded)
    if not found:
        return (ACTION, 1.0, False) if _is_proposed(words, folded, known=False) else _reworded(words, folded)
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
    kind = next((kind for kind in SectionKind if kind in kinds), None)
    if kind in (PHASE, RESPONSE, None) and _is_proposed(words, folded, known=kind is not None):
        return ACTION, coverage, wish
    return kind, coverage, wish


def _reworded(words: Vocabulary, folded: str) -> tuple[SectionKind | None, float, bool]:
    """What a name says that is known but for one word inside it, or for letters typed without their dots.

    "Next technical steps" says what "Next steps" does, and "Naechste Schritte" what it would with its umlaut.
    """
    parts = folded.split()
    usual = 2 < len(parts) <= _LONG_NAME and words.section_phrases.opens(parts[0])  # noqa: PLR2004
    for place in range(1, len(parts) - 1) if usual else ():
        if (kind := words.sections.get(" ".join(parts[:place] + parts[place + 1 :]))) is not None:
            return kind, 1.0, False
    if folded.startswith(words.asking):
        return OTHER, _HALF, False  # "Why this matters"
    # One look at the letters is faster than the pattern
    plain = _DIGRAPHS.sub(r"\1", folded) if "ae" in folded or "oe" in folded or "ue" in folded else folded
    return named(words, plain) if plain != folded else (words.sections.get(folded), 0.0, False)


def _is_proposed(words: Vocabulary, folded: str, *, known: bool) -> bool:
    """True for what is recommended or planned: "Recommended immediate measures", "Recommended fixes".

    Where the name is not `known` to be a phase or the response, nothing but what was mended may stand beside that word.
    """
    proposed = words.proposed.find(folded)
    if known or not proposed:
        return bool(proposed)
    for start, phrase in reversed(proposed):
        folded = folded[:start] + folded[start + len(phrase) :]
    return " ".join(folded.split()) in words.mended


@lru_cache(maxsize=1024)
def tells_both(words: Vocabulary, name: str) -> bool:
    found = [phrase for _, phrase in words.section_phrases.find(fold(name[:LONGEST_NAME]))]
    left = words.remaining.intersection(found)
    return bool(left) and any(words.sections[phrase] in (PHASE, RESPONSE) for phrase in found if phrase not in left)


@lru_cache(maxsize=1024)
def says_done(words: Vocabulary, name: str) -> bool:
    if any(sign in name for sign in words.done_signs):
        return True
    parts = [name, *_asides(name)]
    folded = fold(name[:LONGEST_NAME])
    split = folded.split()
    ends = (end for n in range(1, min(len(split), _STATUS_WORDS + 1)) for end in (split[:n], split[-n:]))
    if any(fold(part) in words.done for part in parts):
        return True
    if words.not_yet.among(folded) or words.proposed.among(folded):
        return False
    told = len(split) <= _LONG_NAME and words.implemented.among(folded)
    return told or any(" ".join(end) in words.done for end in ends)


@lru_cache(maxsize=1024)
def says_open(words: Vocabulary, name: str) -> bool:
    """True for "Offen" and "Recommendations (pending)"."""
    return any(words.status(part) is False for part in (name, *_asides(name)))


def _asides(name: str) -> list[str]:
    """What stands in brackets in a name, or after a dash or colon at its end."""
    return [part for match in _BRACKETED.findall(name[:LONGEST_NAME]) for part in match if part]


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
    if before[-1].endswith(_OF) and start + len(phrase) == len(folded):
        return True  # "需要写进规范的建议"
    return _joins(words, before[-1]) or _weigh(words, folded, len(phrase))


def _joins(words: Vocabulary, before: str) -> bool:
    """True where a name's next word is joined to this one; a script without spaces writes "and" behind it."""
    return before in words.joins or (SPACELESS.search(before[-1:]) is not None and before[-1] in words.joins)


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
