"""When two texts promise the same work, by their words alone; and by which keys one finds the other. Pure.

In the same words: each telling word of the one has its like in the other, inflection aside. One other word ("the
*search* cluster") makes it other work, however alike the sentences are as strings. Words that every such sentence has
tell nothing, a text with too few others proves nothing, and what is to be done about every incident (its own report)
is no work that recurs.

Of one subject: to watch, to write down and to teach something are asked for in ever new words ("set up alerts for the
utilization of X", "implement proactive monitoring of X metrics"). There only the subject counts, without the words that
say how well it is to be done: the one's has to hold the other's, and at least half of its words have to be in both. To
switch an alert off, to test it or to change it is other work.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from tracker.spelling import normalise

RULES = "2"
"""Which rules `kept_of` and `sought_of` are made by: with them the stored keys are made anew, by a migration."""

_SAME_WORD = 80.0
"""Least similarity (0 to 100) at which two words that begin alike are one: `configuring`, `configuration`."""

_TELLING = 3
"""A text with fewer telling words is said of too many things."""

_BEGINNING = 4
"""Letters that two forms of a word share; shorter words have to be equal, and so have those with digits."""

_SUBJECT = range(2, 7)
"""So many words a subject may have: one alone is too little, and in a long sentence something holds anything."""

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


def wording_of(text: str) -> Wording:
    """What `text` says."""
    said = _DATE.sub(" ", normalise(text))
    telling = _telling(said)
    if len(telling) < _TELLING:
        telling = frozenset()
    told = _telling(_REMARK.sub(" ", said))
    activities = frozenset(kind for word in told if (kind := _activity(word)))
    subject = frozenset(word for word in told - _HOW_WELL if not _activity(word))
    if not activities & _IN_EVER_NEW_WORDS or len(_beginnings(subject)) not in _SUBJECT:
        return Wording(telling, frozenset(), frozenset())
    return Wording(telling, activities, subject)


def same_work(one: Wording, other: Wording) -> bool:
    """Whether two texts promise the same."""
    if one.telling and _covers(one.telling, other.telling) and _covers(other.telling, one.telling):
        return True
    if not one.subject or one.activities != other.activities:
        return False
    return _holds(one.subject, other.subject) or _holds(other.subject, one.subject)


def kept_of(said: Wording) -> Iterator[str]:
    """The keys by which others find a text: each that promises the same seeks one of them."""
    yield from _exactly(said)
    if said.subject:
        subject = _beginnings(said.subject)
        yield _key("whole", said.activities, subject)
        yield from (_key("part", said.activities, part) for part in _parts(subject))


def sought_of(said: Wording) -> Iterator[str]:
    """The keys by which a text finds others, some of which are not the same at a closer look."""
    yield from _exactly(said)
    if said.subject:
        subject = _beginnings(said.subject)
        yield _key("part", said.activities, subject)
        yield from (_key("whole", said.activities, part) for part in _parts(subject))


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


def _activity(word: str) -> str | None:
    found = _ACTIVITY.match(word)
    return found.lastgroup if found else None


def _exactly(said: Wording) -> Iterator[str]:
    if said.telling:
        yield _key("telling", (), _beginnings(said.telling))


def _parts(subject: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """The subjects that this one holds, and are not less than half of it."""
    least = max(_SUBJECT.start, (len(subject) + 1) // 2)
    for size in range(least, len(subject) + 1):
        yield from combinations(sorted(subject), size)


def _key(kind: str, activities: Iterable[str], words: Iterable[str]) -> str:
    told = "\n".join([kind, *sorted(activities), "", *sorted(words)])
    return f"{RULES}:{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _beginnings(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_beginning, words))


def _beginning(word: str) -> str:
    return word[:_BEGINNING] if word.isalpha() else word


def _holds(large: frozenset[str], small: frozenset[str]) -> bool:
    """Whether the one subject holds the other, which is at least half of it."""
    return len(_beginnings(large)) <= 2 * len(_beginnings(small)) and _covers(small, large)


def _covers(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether each of the `words` has its like among the others."""
    return all(any(_same(word, other) for other in others) for word in words - others)


def _same(word: str, other: str) -> bool:
    from rapidfuzz import fuzz  # noqa: PLC0415 - `closeout status` answers before it has loaded what it seldom needs

    return _beginning(word) == _beginning(other) and fuzz.ratio(word, other) >= _SAME_WORD
