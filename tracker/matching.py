"""Which item of a document is which known one. Pure.

The order of evidence: the issue that the text names; the exact normalised text; what a person said of it; similarity
within the document, one to one; the place, for short texts; what was removed from here before; and, for what is new in
its document, what left another one. Two candidates too close to call are never guessed at: they are in doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeAlias

from rapidfuzz import fuzz, process

from tracker.decisions import Verdict
from tracker.model import Item, ItemState, ParsedDocument, ParsedItem, tickets_of
from tracker.spelling import normalise

SIMILAR = 72.0
"""Least similarity (0 to 100) at which a reworded item is taken for the known one."""

TOO_CLOSE = 6.0
"""Two candidates whose similarities differ by less are left for a person to decide."""

SIMILAR_ELSEWHERE = 88.0
"""Least similarity at which an item is taken for one that left another document just now."""

HALF = 50.0
"""Least similarity at which an item in the very place of a known one may be that one."""

_TELLING_WORDS = 4
"""A shorter text that stands in another one proves nothing."""

InDoubt: TypeAlias = tuple[ParsedItem, tuple[Item, ...]]
"""A parsed item, and the known ones that it could be."""


@dataclass(slots=True)
class Match:
    """Parsed items are told by their `id()`: equal ones of one document are different objects.

    `new` are those that a person said to be no known item.
    """

    pairs: dict[int, Item]
    doubts: list[InDoubt]
    new: set[int]


def match(
    document: ParsedDocument,
    known: Sequence[Item],
    named: Mapping[str, str],
    linked: frozenset[str],
    verdicts: Sequence[Verdict],
) -> Match:
    """Match a document's items with those known of it.

    Args:
        document: as it was parsed now.
        known: the items of this document, those removed from it among them.
        named: the texts that name issues, to the ids of the items that these are linked to.
        linked: ids of items that have an issue; between candidates without one there is nothing to get wrong.
        verdicts: what people said of texts in doubt here, oldest first.
    """
    free = {item.id: item for item in known}
    pairs: dict[int, Item] = {}
    said = {normalise(parsed.text) for parsed in document.items}
    for parsed in document.items:
        named_id = next((named[link] for link in tickets_of(parsed) if named.get(link) in free), None)
        # An item that still stands here word for word is not taken over by another one that names its issue.
        if named_id is not None and normalise(free[named_id].text) not in said - {normalise(parsed.text)}:
            pairs[id(parsed)] = free.pop(named_id)
    _match_equal(document, _present(known), pairs, free)
    new = _match_decided(document, verdicts, pairs, free)
    rest = [parsed for parsed in document.items if id(parsed) not in pairs and id(parsed) not in new]
    doubts = _match_similar(rest, [item for item in _present(known) if item.id in free], pairs, linked)
    doubts += _match_in_place(document, known, pairs, linked, new | {id(parsed) for parsed, _ in doubts})
    _match_returned(document, free, pairs, new | {id(parsed) for parsed, _ in doubts})
    return Match(pairs, doubts, new)


def _match_equal(
    document: ParsedDocument, present: Sequence[Item], pairs: dict[int, Item], free: dict[str, Item]
) -> None:
    """Pair what says the very same, one to one. Equal texts are told apart by whose they are and where they stand."""
    by_text: defaultdict[str, list[Item]] = defaultdict(list)
    for item in present:
        if item.id in free:
            by_text[normalise(item.text)].append(item)
    texts = [normalise(parsed.text) for parsed in document.items]
    here = _neighbours(texts)
    there = dict(zip((i.id for i in present), _neighbours([normalise(i.text) for i in present]), strict=True))
    for same_owner, least in ((True, 2), (True, 1), (True, 0), (False, 1), (False, 0)):
        for parsed, text, around in zip(document.items, texts, here, strict=True):
            if id(parsed) in pairs:
                continue
            for item in by_text[text]:
                common = sum(map(str.__eq__, around, there[item.id]))
                if common >= least and (not same_owner or _same_owner_and_due(item, parsed)):
                    by_text[text].remove(item)
                    pairs[id(parsed)] = free.pop(item.id)
                    break


def _neighbours(texts: Sequence[str]) -> list[tuple[str, str]]:
    """The texts before and after each; at the ends the place itself says something."""
    padded = ["^", *texts, "$"]
    return list(zip(padded, padded[2:], strict=False))


def _same_owner_and_due(item: Item, parsed: ParsedItem) -> bool:
    """Equal texts differ by whose they are and by when."""
    return (item.owner, item.due, item.section) == (parsed.owner, parsed.due, parsed.section)


def _match_decided(
    document: ParsedDocument, verdicts: Sequence[Verdict], pairs: dict[int, Item], free: dict[str, Item]
) -> set[int]:
    """Pair what a person said to be the same, the latest word first; returns the parsed items that they called new."""
    said: defaultdict[str, list[str | None]] = defaultdict(list)
    for verdict in reversed(verdicts):
        said[verdict.text].append(verdict.item)
    new: set[int] = set()
    for parsed in document.items if verdicts else ():
        if id(parsed) in pairs:
            continue
        for item in said.get(normalise(parsed.text), ()):
            if item is None:
                new.add(id(parsed))
                break
            if item in free:
                pairs[id(parsed)] = free.pop(item)
                break
    return new


def _match_similar(
    rest: Sequence[ParsedItem],
    candidates: Sequence[Item],
    pairs: dict[int, Item],
    linked: frozenset[str],
) -> list[InDoubt]:
    """Pair what is left by similarity, best first, one to one; add to `pairs` and return what is too close to call."""
    if not rest or not candidates:
        return []
    least = SIMILAR - TOO_CLOSE
    known_texts = [normalise(item.text) for item in candidates]
    ranked = sorted(
        (-score, row, column)
        for row, parsed in enumerate(rest)
        for column, text in enumerate(known_texts)
        if (score := _likeness(normalise(parsed.text), text, least)) >= least
    )
    rows, columns = set(range(len(rest))), set(range(len(candidates)))
    doubted: set[int] = set()
    doubts: list[InDoubt] = []
    for negative, row, column in ranked:
        score = -negative
        if row not in rows or column not in columns or score < SIMILAR:
            continue
        rivals = {
            other
            for rival, r, c in ranked
            if (r == row) != (c == column) and r in rows and c in columns and score + rival < TOO_CLOSE
            for other in (c, column)
        }
        rows.discard(row)
        at_stake = any(candidates[c].id in linked for c in rivals)
        if (rivals and at_stake) or column in doubted:
            # Whoever comes after must not get what this doubt is about.
            rivals |= {column}
            doubted |= rivals
            doubts.append((rest[row], tuple(candidates[c] for c in sorted(rivals))))
            continue
        columns.discard(column)
        pairs[id(rest[row])] = candidates[column]
    return doubts


def _match_in_place(
    document: ParsedDocument,
    known: Sequence[Item],
    pairs: dict[int, Item],
    linked: frozenset[str],
    settled: AbstractSet[int],
) -> list[InDoubt]:
    """What stands where one known item stood, between the same two, and says half the same: a short one reworded?

    Returns the doubts about those that have an issue; the others are paired.
    """
    places = {item.id: place for place, item in enumerate(_present(known))}
    by_place = [None, *_present(known), None]
    held = {item.id for item in pairs.values()}
    around = [places.get(pairs[id(parsed)].id) if id(parsed) in pairs else None for parsed in document.items]
    around = [-1, *around, len(places)]
    doubts: list[InDoubt] = []
    for number, parsed in enumerate(document.items):
        before, after = around[number], around[number + 2]
        if id(parsed) in pairs or id(parsed) in settled or before is None or after != before + 2:
            continue
        item = by_place[before + 2]
        if item is None or item.id in held or _likeness(normalise(parsed.text), normalise(item.text), HALF) < HALF:
            continue
        if item.id in linked:
            doubts.append((parsed, (item,)))
        else:
            pairs[id(parsed)] = item
    return doubts


def _match_returned(
    document: ParsedDocument, free: Mapping[str, Item], pairs: dict[int, Item], settled: AbstractSet[int]
) -> None:
    """Pair what is new with what said the very same before it was removed from here."""
    by_text: defaultdict[str, list[Item]] = defaultdict(list)
    for item in sorted(free.values(), key=lambda item: (item.ordinal, item.line)):
        if item.state is ItemState.REMOVED:
            by_text[normalise(item.text)].append(item)
    for alike in (_same_owner_and_due, _any):
        for parsed in document.items if by_text else ():
            same = by_text[normalise(parsed.text)]
            twin = next((item for item in same if alike(item, parsed)), None)
            if twin is not None and id(parsed) not in pairs and id(parsed) not in settled:
                same.remove(twin)
                pairs[id(parsed)] = twin


def _any(_item: Item, _parsed: ParsedItem) -> bool:
    return True


def _present(known: Iterable[Item]) -> list[Item]:
    """Those that stood in the document, in its order."""
    return sorted((i for i in known if i.state is not ItemState.REMOVED), key=lambda item: (item.line, item.ordinal))


def _likeness(text: str, other: str, least: float) -> float:
    """How much two texts say the same, 0 to 100. One that is all in the other may be it, merged or split."""
    score = fuzz.token_sort_ratio(text, other, score_cutoff=least)
    shorter, longer = sorted((text, other), key=len)
    contained = shorter in longer and len(shorter.split()) >= _TELLING_WORDS
    return max(score, SIMILAR) if contained else score


def movable(
    by_document: Mapping[str, Sequence[Item]], looked_at: AbstractSet[str], taken: AbstractSet[str]
) -> list[Item]:
    """Items that left their document, now or before: they may stand in another one now, or be back."""
    return [
        item
        for key, group in by_document.items()
        for item in group
        if item.id not in taken and (key in looked_at or item.state is ItemState.REMOVED)
    ]


def match_moved(
    parsed: Mapping[str, ParsedDocument], matches: Mapping[str, Match], movable: Sequence[Item]
) -> dict[int, Item]:
    """Pair what is new in its document with the one item that left another; short or repeated texts prove nothing.

    The very same text is enough whenever it left; a similar one must have left just now.
    """
    if not movable:
        return {}
    rest = [
        item
        for key, document in parsed.items()
        for item in document.items
        if not (id(item) in matches[key].pairs or id(item) in matches[key].new) and _tells_much(item)
        if all(parsed is not item for parsed, _ in matches[key].doubts)
    ]
    pairs: dict[int, Item] = {}
    by_text: defaultdict[str, list[Item]] = defaultdict(list)
    for left in movable:
        by_text[normalise(left.text)].append(left)
    for item in rest:
        same = by_text[normalise(item.text)]
        if len(same) == 1:
            pairs[id(item)] = same.pop()
    taken = {left.id for left in pairs.values()}
    free = {left.id: left for left in movable if left.id not in taken and left.state is not ItemState.REMOVED}
    near = {left.id: normalise(left.text) for left in free.values()}
    for item in rest:
        if id(item) in pairs or not near:
            continue
        best = process.extract(
            normalise(item.text), near, scorer=fuzz.token_sort_ratio, score_cutoff=SIMILAR_ELSEWHERE, limit=2
        )
        if best and (len(best) == 1 or best[0][1] - best[1][1] >= TOO_CLOSE):
            pairs[id(item)] = free[best[0][2]]
            del near[best[0][2]]
    return pairs


def _tells_much(parsed: ParsedItem) -> bool:
    """Whether a text is long enough to be told from others' wherever it stands."""
    return len(parsed.text.split()) + len(parsed.text) // 12 >= _TELLING_WORDS
