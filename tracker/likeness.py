"""When two texts promise the same work, by their words alone; and by which keys one finds the other. Pure.

In the same words: each telling word of the one has its like in the other, inflection aside. One other word ("the
*search* cluster") makes it other work, however alike the sentences are as strings. Words that every such sentence has
tell nothing, a text with too few others proves nothing, and what is to be done about every incident (its own report)
is no work that recurs.

Of one subject: to watch, to write down and to teach something are asked for in ever new words ("set up alerts for the
utilization of X", "implement proactive monitoring of X metrics"). There only the subject counts, without the words that
say how well it is to be done: the one's has to hold the other's, and at least half of its words have to be in both. To
switch an alert off, to test it or to change it is other work. And a subject that is crowded, because very many others
hold it ("error rates"), says too little: it is the same as itself only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from tracker.spelling import normalise

RULES = "2"
"""Which rules the keys are made by: when these change, so does this, and a migration makes the stored keys anew."""

Key = tuple[str, ...]

_SAME_WORD = 80.0
"""Least similarity (0 to 100) at which two words that begin alike are one: `configuring`, `configuration`."""

_TELLING = 3
"""A text with fewer telling words is said of too many things."""

_BEGINNING = 4
"""Letters that two forms of a word share; shorter words have to be equal, and so have those with digits."""

_SUBJECT = range(2, 6)
"""So many words a subject may have: one alone is too little, and in a long sentence something holds anything."""

_CROWD = 10
"""A subject that more items hold besides other words is none by itself."""

_FEW = 12
"""Of more texts than that, to look for each costs more than to compare all."""

_WORD = re.compile(r"\w+")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_REMARK = re.compile(r"\([^()]*\)")
_SMALL_WORDS = """
a all also an and any are as at be been being best both by can each every for from has have her his if in into is it its
more new of on or our per should so some that the their them then there these they this those to up was we were when
where which will with would
add adding build create creating ensure establish get implement implementing improve improving include including
introduce make proper properly provide set setup update updating use using write
al ante cada como con de del el en es la las lo los o para por que se si su sus un una uno y
au aux avec ce ces chaque dans des du est et le les ou par pour qui sa ses sur une
alle auf aus bei das dem den der die ein eine einen einer für im ist jede jeden mit oder und vom von wird zu zum zur
ao aos com da do dos e em na nas nos num numa os pela pelo um uma
"""
_SMALL = frozenset(_SMALL_WORDS.split())
_THE_INCIDENTS = """
incident incidents outage postmortem postmortems retro retrospective rca incidente incidentes vorfall nachbericht panne
"""
_OF_EACH_INCIDENT = frozenset(_THE_INCIDENTS.split())

_HOW_WELL_WORDS = """
additional adequate appropriate automated automatic automatically better clear comprehensive continuous continuously
current dedicated detailed early enhanced existing future granular possible potential proactive proactively quick
quicker real realtime regular regularly periodic similar specific thorough time
detecting detection health identifying issue issues level levels metric metrics notification notifications problem
problems state status threshold thresholds tracking usage utilisation utilization visibility
engineer engineers guideline guidelines material member members practice practices procedure procedures
system systems team teams technique techniques
aim aiming conduct configure deploy detect develop distribute draft enable enhance expand extend identify increase
notify perform schedule strengthen track
"""
_HOW_WELL = frozenset(_HOW_WELL_WORDS.split())

_ACTIVITY = re.compile(
    r"(?P<watch>alarm|alert|dashboard|monitor|observab|surveill|vigil|überwach)"
    r"|(?P<record>document|dokument|playbook|runbook|wiki)"
    r"|(?P<teach>capacit|forma[cçt]i|schul|train|trein|workshop)"
    r"|(?P<end>deactiv|decommission|delet|disabl|drop|mute|remov|retir|silenc|stop)"
    r"|(?P<change>adjust|fix|lower|migrat|mov[ei]|rais|reduc|renam|repair|replac|rework|tun(?:e|ing))"
    r"|(?P<try>rehears|simulat|test)"
    r"|(?P<judge>audit|evaluat|investigat|review)"
)
"""How the words begin that say what is to be done."""

_IN_EVER_NEW_WORDS = frozenset({"watch", "record", "teach"})


@dataclass(frozen=True, slots=True)
class Wording:
    """What a text says; empty sets where that is not enough to go by.

    Args:
        telling: the words that say what is to be done to what.
        activities: what is to be done, where that is asked for in ever new words;
        subject: and to what.
    """

    telling: frozenset[str]
    activities: frozenset[str]
    subject: frozenset[str]


@lru_cache(maxsize=4096)
def wording_of(text: str) -> Wording:
    """What `text` says."""
    said = _DATE.sub(" ", normalise(text))
    words = _telling(said)
    telling = words if len(words) >= _TELLING else frozenset[str]()
    told = {word: _activity(word) for word in (_telling(_REMARK.sub(" ", said)) if "(" in said else words)}
    activities = frozenset(filter(None, told.values()))
    if activities & _IN_EVER_NEW_WORDS:
        subject = frozenset(word for word, activity in told.items() if not activity and word not in _HOW_WELL)
        if len(_beginnings(subject)) in _SUBJECT:
            return Wording(telling, activities, subject)
    return Wording(telling, frozenset(), frozenset())


def same_work(one: Wording, other: Wording, alone: Container[Key] = ()) -> bool:
    """Whether two texts promise the same; the subjects that are `crowded` stand alone."""
    if one.telling and _covers(one.telling, other.telling) and _covers(other.telling, one.telling):
        return True
    if not one.subject or one.activities != other.activities:
        return False
    return _holds(one, other, alone) or _holds(other, one, alone)


def subjects_of(said: Iterable[Wording]) -> frozenset[tuple[Key, Key]]:
    """For each subject a key that only texts of just that subject keep, and one that all keep which hold it."""
    found = ((_about(each), tuple(sorted(_beginnings(each.subject)))) for each in said if each.subject)
    return frozenset((("whole", *about, *subject), ("part", *about, *subject)) for about, subject in found)


def crowded(subjects: Iterable[tuple[Key, Key]], count: Callable[[Key], int]) -> frozenset[Key]:
    """Which of the subjects are crowded, by their first keys.

    Args:
        subjects: as `subjects_of` gives them.
        count: of how many texts a key is kept.
    """
    return frozenset(whole for whole, part in subjects if count(part) - count(whole) > _CROWD)


def kept_of(said: Wording) -> Iterator[Key]:
    """The keys by which others find a text: each that promises the same seeks one of them."""
    yield from _keys(said, "whole", "part")


def sought_of(said: Wording) -> Iterator[Key]:
    """The keys by which a text finds others, some of which are not the same at a closer look."""
    yield from _keys(said, "part", "whole")


def stored(key: Key) -> str:
    """A key as stores keep it."""
    return f"{RULES}:{hashlib.sha256(chr(10).join(key).encode()).hexdigest()[:16]}"


def _keys(said: Wording, of_all: str, of_parts: str) -> Iterator[Key]:
    if said.telling:
        yield "telling", *sorted(_beginnings(said.telling))
    if said.subject:
        about, subject = _about(said), sorted(_beginnings(said.subject))
        yield of_all, *about, *subject
        for size in range(max(_SUBJECT.start, (len(subject) + 1) // 2), len(subject) + 1):
            for part in combinations(subject, size):
                yield of_parts, *about, *part


def _about(said: Wording) -> Key:
    return *sorted(said.activities), ""


def may_be_like(wanted: Iterable[str], texts: Iterable[str]) -> Iterator[bool]:
    """Of each text whether it may promise the same as one of the `wanted`: few words are sought in many texts fast."""
    said = [wording_of(text) for text in wanted]
    telling = {max(map(_beginning, each.telling), key=len) for each in said if each.telling}
    subjects = {_beginnings(each.subject) for each in said if each.subject}
    few = len(telling) + len(subjects) <= _FEW
    for text in texts:
        if not few:
            yield True
            continue
        folded = text.lower() if text.isascii() else normalise(text)
        yield any(each in folded for each in telling) or any(
            sum(word in folded for word in subject) >= _SUBJECT.start for subject in subjects
        )


def _telling(said: str) -> frozenset[str]:
    """The words that say what is to be done to what; none where it is about the incident's own record."""
    words = frozenset(_WORD.findall(said)) - _SMALL
    return frozenset() if words & _OF_EACH_INCIDENT else words


@lru_cache(maxsize=4096)
def _activity(word: str) -> str | None:
    found = _ACTIVITY.match(word)
    return found.lastgroup if found else None


def _beginnings(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_beginning, words))


def _beginning(word: str) -> str:
    return word[:_BEGINNING] if word.isalpha() else word


def _holds(large: Wording, small: Wording, alone: Container[Key]) -> bool:
    """Whether the one subject holds the other, which is at least half of it."""
    less, more = _beginnings(small.subject), _beginnings(large.subject)
    if len(more) > 2 * len(less) or not _covers(small.subject, large.subject):
        return False
    return less == more or ("whole", *_about(small), *sorted(less)) not in alone


def _covers(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether each of the `words` has its like among the others."""
    return all(any(_same(word, other) for other in others) for word in words - others)


def _same(word: str, other: str) -> bool:
    from rapidfuzz import fuzz  # noqa: PLC0415 - `closeout status` answers before it has loaded what it seldom needs

    return _beginning(word) == _beginning(other) and fuzz.ratio(word, other) >= _SAME_WORD
