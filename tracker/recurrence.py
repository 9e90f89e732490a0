"""The same work promised after several incidents: which items say the same in different postmortems. Pure.

Two items say the same where each telling word of the one has its like in the other, inflection aside: one other word
("the *search* cluster") makes it other work, however alike the sentences are as strings. So a theme is right nearly
always, and one that is told in other words is not found. Words that every such sentence has tell nothing, a text with
too few others proves nothing, and what is to be done about every incident (its own report) is no work that recurs.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from tracker.model import Item, ItemState, Kind, KnownDocument, Link
from tracker.policy import Entry, Flag
from tracker.spelling import normalise

if TYPE_CHECKING:
    from tracker.actions import Create, Relate

SAME_WORD = 80.0
"""Least similarity (0 to 100) at which two words that begin alike are one: `configuring`, `configuration`."""

TELLING = 3
"""A text with fewer telling words is said of too many things."""

RULES = "1"
"""Which rules `likeness` is made by."""

_BEGINNING = 4
"""Letters that two forms of a word share; shorter words have to be equal, and so have those with digits."""

_FEW = 12
"""Of more words than that, to look for each costs more than to compare all texts."""

_WORD = re.compile(r"\w+")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
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


@dataclass(frozen=True, slots=True)
class Theme:
    """Items of at least two documents, and of one kind, that promise the same; oldest incident first."""

    items: tuple[Item, ...]


@dataclass(slots=True)
class _Wording:
    """Items with the same telling words."""

    words: frozenset[str]
    items: list[Item]


def themes(items: Iterable[Item], documents: Mapping[str, KnownDocument]) -> tuple[Theme, ...]:
    """What was promised more than once, oldest first: open or not, but nothing that is removed or ignored.

    Args:
        items: in any order.
        documents: those that they are of, by key.
    """
    counting = [item for item in items if not item.ignored and item.state not in (ItemState.REMOVED, ItemState.IGNORED)]
    ordered = sorted(counting, key=lambda item: (_day(item, documents), item.document, item.line, item.id))
    place = {item.id: number for number, item in enumerate(ordered)}
    groups = (sorted(group, key=lambda item: place[item.id]) for group in _groups(ordered))
    found = (Theme(tuple(group)) for group in groups if len({item.document for item in group}) > 1)
    return tuple(sorted(found, key=lambda theme: place[theme.items[0].id]))


def likeness(text: str, kind: Kind) -> str:
    """Equal for items that may promise the same, so that these are found by it; empty for what never does.

    It is kept with each item: when what it is made of changes, so does `RULES`, and a migration makes it anew.
    """
    words = _telling(text)
    if len(words) < TELLING:
        return ""
    told = "\n".join([kind.value, *sorted(_beginnings(words))])
    return f"{RULES}:{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def may_be_like(wanted: Iterable[Item], items: Iterable[Item]) -> Iterable[Item]:
    """Those of `items` that may be in a theme with one of the `wanted`: few words are sought in texts fast."""
    beginnings = {
        max(map(_beginning, words), key=len) for each in wanted if len(words := _telling(each.text)) >= TELLING
    }
    if len(beginnings) > _FEW:
        return items
    return [item for item in items if any(each in _folded(item.text) for each in beginnings)] if beginnings else []


def _folded(text: str) -> str:
    """What `_telling` finds its words in, or has these in it."""
    return text.lower() if text.isascii() else normalise(text)


def recurring(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, in their order, each with the others of its theme.

    An open one recurs where an earlier incident's postmortem promised the same, and that is still open or done. Of what
    is snoozed nothing is said.
    """
    documents = {entry.document.key: entry.document for entry in entries}
    by_item = {entry.item.id: entry for entry in entries}
    marked = dict(by_item)
    for theme in themes([entry.item for entry in entries], documents):
        for item in theme.items:
            entry = by_item[item.id]
            others = tuple(by_item[other.id] for other in theme.items if other.document != item.document)
            again = item.state is ItemState.OPEN and Flag.SNOOZED not in entry.flags
            again = again and any(_before(other, item, documents) for other in theme.items)
            flags = entry.flags | {Flag.RECURRING} if again else entry.flags
            marked[item.id] = replace(entry, flags=flags, promised_too=others)
    return [marked[entry.item.id] for entry in entries]


def plan_relations(
    found: Iterable[Theme], links: Mapping[str, Link], opened: Sequence[Create], own: Iterable[tuple[Item, Link]]
) -> list[Relate]:
    """Link the open issues of open items to the oldest issue of their themes, once each: people may take them apart.

    Args:
        found: the themes of one target's items.
        links: those of this target whose issues are there, by item.
        opened: the issues that this plan opens.
        own: items whose issues Closeout opened, with these as they are now.
    """
    from tracker.actions import Relate  # noqa: PLC0415 - `closeout status` asks for themes only, and soon

    new = {create.item.id for create in opened}
    mine = {item.id: link for item, link in own if not link.issue.state.closed}
    actions = []
    for theme in found:
        with_issue = [item for item in theme.items if item.id in new or item.id in links]
        for item in with_issue[1:]:
            first, link = with_issue[0], mine.get(item.id)
            to = links[first.id].ref if first.id in links else None
            linked = to is not None and link is not None and to.key in link.base.get("related", ())
            ours = item.state is ItemState.OPEN and (link is not None or item.id in new)
            if ours and item.document != first.document and not linked:
                actions.append(Relate(item, first, link, to))
    return actions


def _before(other: Item, item: Item, documents: Mapping[str, KnownDocument]) -> bool:
    """Whether an earlier incident brought the other one, which is open or done."""
    earlier = other.document != item.document and _day(other, documents) < _day(item, documents)
    return earlier and other.state in (ItemState.OPEN, ItemState.DONE)


def _day(item: Item, documents: Mapping[str, KnownDocument]) -> date:
    """The incident's day, else the one on which the item was first seen."""
    return documents[item.document].incident_date or item.first_seen.date()


def _groups(ordered: Sequence[Item]) -> list[list[Item]]:
    """The items whose wordings are alike, each to each."""
    # Alike words begin alike, so that texts of different beginnings need not be compared; most are like no other, and
    # of these not more than a number is kept.
    marks = [hash((item.kind, _beginnings(_telling(item.text)))) for item in ordered]
    there = Counter(marks)
    blocks: defaultdict[tuple[Kind, frozenset[str]], dict[frozenset[str], _Wording]] = defaultdict(dict)
    for item in (item for item, mark in zip(ordered, marks, strict=True) if there[mark] > 1):
        words = _telling(item.text)
        if len(words) >= TELLING:
            block = blocks[item.kind, _beginnings(words)]
            block.setdefault(words, _Wording(words, [])).items.append(item)
    groups = []
    for block in blocks.values():
        joined: list[list[_Wording]] = []
        for wording in block.values():
            near = (group for group in joined if all(_alike(wording.words, other.words) for other in group))
            if (group := next(near, None)) is not None:
                group.append(wording)
            else:
                joined.append([wording])
        groups += [[item for wording in group for item in wording.items] for group in joined]
    return groups


def _telling(text: str) -> frozenset[str]:
    """The words that say what is to be done to what; none where it is about the incident's own record."""
    words = frozenset(_WORD.findall(_DATE.sub(" ", normalise(text)))) - _SMALL
    return frozenset() if words & _OF_EACH_INCIDENT else words


def _beginnings(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_beginning, words))


def _beginning(word: str) -> str:
    return word[:_BEGINNING] if word.isalpha() else word


def _alike(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether each word of either has its like in the other."""
    return _covers(words, others) and _covers(others, words)


def _covers(words: frozenset[str], others: frozenset[str]) -> bool:
    return all(any(_same(word, other) for other in others) for word in words - others)


def _same(word: str, other: str) -> bool:
    from rapidfuzz import fuzz  # noqa: PLC0415 - `closeout status` answers before it has loaded what it seldom needs

    return _beginning(word) == _beginning(other) and fuzz.ratio(word, other) >= SAME_WORD
