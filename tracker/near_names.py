"""Whom a name that the people book lacks could mean: proposed to a person, never assumed. Pure.

What is looked at, the surest first: entries that share the spelling; the same words in another order ("smith, jo",
"team DBA"); a first or last name shortened ("Jo S.", "J. Smith"); initials ("JS"); a part of the name ("Jo"); the name
before the @ of the address ("jsmith"); and spellings that differ in few letters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from rapidfuzz import process
from rapidfuzz.distance import OSA

from tracker.people import Owner, PeopleBook
from tracker.spelling import fold, plain, without_role

ALIKE = 0.8
"""Least similarity of two spellings at which one is proposed for the other: one slip of the keys in five letters."""

_MOST = 3
"""More proposals for one name would be none."""

_WORD = re.compile(r"[\w&']+")
_TEAM_WORDS = frozenset(
    {"the", "team", "teams", "squad", "group", "crew", "guild", "equipo", "equipe", "gruppe", "mannschaft"}
)


class Why(Enum):
    """What a name and an entry have in common; the surest first."""

    SHARED = "shared"
    WORDS = "words"
    SHORTENED = "shortened"
    INITIALS = "initials"
    PART = "part"
    MAILBOX = "mailbox"
    ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody whom a name could mean. `spelling` is what it comes near to, `likeness` from `ALIKE` to 1."""

    owner: Owner
    why: Why
    spelling: str
    likeness: float = 1.0


def unknown_names(text: str, unknown: tuple[str, ...], book: PeopleBook) -> tuple[str, ...]:
    """The names in an owner `text` that `book` lacks, given those that it lacks one by one.

    "smith, jo" is one name where "jo smith" is somebody's.
    """
    family, comma, given = without_role(text).partition(",")
    if unknown and comma and "," not in given:
        turned = book.resolve(f"{given} {family}")
        if len(turned.known) == 1 and not turned.unknown:
            return (" ".join(text.split()),)
    return unknown


def is_team_name(name: str) -> bool:
    """Whether it reads like a team's: it says so, or it is `@org/team`."""
    return bool(_TEAM_WORDS & {*_words(name)}) or re.fullmatch(r"@[\w-]+/[\w./-]+", name) is not None


class NearNames:
    """Finds near misses in a book; made once for many names."""

    def __init__(self, book: PeopleBook) -> None:
        self._book = book
        self._by_words: defaultdict[tuple[str, ...], list[_Spelled]] = defaultdict(list)
        self._by_ends: defaultdict[str, list[_Spelled]] = defaultdict(list)
        self._by_initials: defaultdict[str, list[_Spelled]] = defaultdict(list)
        self._by_word: defaultdict[str, list[_Spelled]] = defaultdict(list)
        self._by_mailbox: defaultdict[str, list[_Spelled]] = defaultdict(list)
        self._by_plain: defaultdict[str, set[str]] = defaultdict(set)
        self._plain: list[str] = []
        self._spelled: list[_Spelled] = []
        for spelling, keys in sorted(book.spellings.items()):
            for key in sorted(keys):
                self._index(spelling, book.owners[key])

    def near(self, name: str) -> tuple[Near, ...]:
        """Whom `name` could mean, the likeliest first, each once."""
        best: dict[str, Near] = {}
        for found in self._all(without_role(name)):
            best.setdefault(found.owner.key, found)
        order = list(Why)
        ranked = sorted(best.values(), key=lambda each: (order.index(each.why), -each.likeness, each.owner.key))
        # Beside a sure likeness, letters that happen to agree only distract.
        sure = [each for each in ranked if each.why is not Why.ALIKE]
        return tuple((sure or ranked)[:_MOST])

    def _index(self, spelling: str, owner: Owner) -> None:
        words = _words(spelling)
        here = _Spelled(owner, spelling, words)
        if "@" in spelling:
            self._by_mailbox[_joined(spelling.partition("@")[0])].append(here)
            return
        bare = plain(spelling)
        self._by_plain[bare].add(owner.key)
        self._plain.append(bare)
        self._spelled.append(here)
        self._by_words[_content(words)].append(here)
        if len(words) > 1 and not owner.is_team:
            self._by_ends[words[0][0] + words[-1][0]].append(here)
            self._by_initials["".join(word[0] for word in words)].append(here)
            for word in words:
                self._by_word[word].append(here)

    def _all(self, name: str) -> Iterator[Near]:
        """Every likeness, the surest first."""
        words = _words(name)
        if not words:
            return
        folded = fold(name)
        bare = plain(name)
        shared = self._book.spellings.get(folded) or self._by_plain.get(bare, set())
        yield from (Near(self._book.owners[key], Why.SHARED, folded) for key in sorted(shared))
        if "@" in folded:
            yield from _each(self._by_mailbox[_joined(folded.partition("@")[0])], Why.MAILBOX)
            return
        yield from _each(self._by_words[_content(words)], Why.WORDS)
        if len(words) > 1:
            ends = self._by_ends[words[0][0] + words[-1][0]]
            yield from _each((each for each in ends if _shortened(words, each.words)), Why.SHORTENED)
        if all(len(word) == 1 for word in words) or (len(words) == 1 and 2 <= len(words[0]) <= 3):  # noqa: PLR2004 - JS, JAS
            yield from _each(self._by_initials["".join(words)], Why.INITIALS)
        if len(words) == 1:
            yield from _each(self._by_word[words[0]], Why.PART)
        yield from _each(self._by_mailbox[_joined(name)], Why.MAILBOX)
        scored = process.extract(
            bare, self._plain, scorer=OSA.normalized_similarity, score_cutoff=ALIKE, limit=_MOST * 3
        )
        for _, score, place in scored:
            yield Near(self._spelled[place].owner, Why.ALIKE, self._spelled[place].spelling, score)


@dataclass(frozen=True, slots=True)
class _Spelled:
    owner: Owner
    spelling: str
    words: tuple[str, ...]


def _each(found: Iterable[_Spelled], why: Why) -> Iterator[Near]:
    return (Near(each.owner, why, each.spelling) for each in found)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for each in _WORD.findall(plain(text)) for word in each.split("_") if word)


def _content(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words in any order, without those that only say that it is a team."""
    return tuple(sorted(set(words) - _TEAM_WORDS or set(words)))


def _joined(text: str) -> str:
    return "".join(_words(text))


def _shortened(these: tuple[str, ...], those: tuple[str, ...]) -> bool:
    """Whether first and last names agree, one of them as a letter alone; what stands between is left aside."""
    pairs = ((these[0], those[0]), (these[-1], those[-1]))
    if not all(one == other or 1 in {len(one), len(other)} for one, other in pairs):
        return False
    return any(one == other and len(one) > 1 for one, other in pairs)
