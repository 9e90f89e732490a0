"""Which parsed item is which known item. Pure: what was parsed and what is known in, the items' next versions out.

How they are matched is `tracker.matching`'s. What could not be decided is a doubt, which `closeout review` puts to a
person.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from tracker.decisions import Verdict, overtaken
from tracker.matching import match, match_moved, movable
from tracker.model import Event, Item, ItemState, ParsedDocument, ParsedItem
from tracker.spelling import normalise

_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 10
_REF_LENGTH = 6


def item_id(document: str, text: str, ordinal: int) -> str:
    """The id of an item that nobody has met yet: ten characters of Crockford's base 32, the same on every machine."""
    seed = "\0".join((document, normalise(text), str(ordinal))).encode()
    number = int.from_bytes(hashlib.sha256(seed).digest()[:7])
    return "".join(_ID_ALPHABET[number >> (5 * place) & 31] for place in range(_ID_LENGTH))


@dataclass(frozen=True, slots=True)
class Doubt:
    """A parsed item that could be more than one known item: left for a person."""

    document: str
    parsed: ParsedItem
    candidates: tuple[Item, ...]

    @property
    def ref(self) -> str:
        """A short name that stays as long as the document's key and the text do."""
        return item_id(self.document, self.parsed.text, 0)[:_REF_LENGTH]


@dataclass(frozen=True, slots=True)
class Identified:
    """The items as they are now, what happened to them, and what could not be decided."""

    items: tuple[Item, ...]
    events: tuple[Event, ...]
    doubts: tuple[Doubt, ...]

    @property
    def undecided(self) -> frozenset[str]:
        """The ids of the items that a text in doubt could be; these are as they were last known."""
        return frozenset(candidate.id for doubt in self.doubts for candidate in doubt.candidates)


def identify(
    parsed: Mapping[str, ParsedDocument],
    known: Iterable[Item],
    named: Mapping[str, str],
    gone: frozenset[str],
    now: datetime,
    linked: frozenset[str] = frozenset(),
    verdicts: Iterable[Verdict] = (),
) -> Identified:
    """Match the items of `parsed` (document key to document) with `known` ones.

    Args:
        parsed: the documents that were read and parsed now; items of other documents stay as they are.
        known: every known item.
        named: issue references as documents may write them (`#12`, a URL), to the id of the item linked to that issue.
        gone: keys of documents that are known to have left; their items may have moved, else they are removed.
        now: time of first sight and of removal.
        linked: ids of items that have an issue; between candidates without one there is nothing to get wrong.
        verdicts: what people said of texts in doubt, oldest first.
    """
    said: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        said[verdict.document].append(verdict)
    by_document: defaultdict[str, list[Item]] = defaultdict(list)
    for item in known:
        by_document[item.document].append(item)
    matches = {key: match(doc, by_document[key], named, linked, said[key]) for key, doc in parsed.items()}
    taken = {item.id for found in matches.values() for item in found.pairs.values()}
    doubts = [Doubt(key, *doubt) for key, found in matches.items() for doubt in found.doubts]
    held = {candidate.id for doubt in doubts for candidate in doubt.candidates}
    # Which of them is meant is for a person to say: none of them moved elsewhere meanwhile.
    moved = match_moved(parsed, matches, movable(by_document, {*parsed, *gone}, taken | held))
    known_ids = {item.id for group in by_document.values() for item in group}
    pairs = {place: item for found in matches.values() for place, item in found.pairs.items()} | moved
    doubted = {id(doubt.parsed) for doubt in doubts}
    items: list[Item] = []
    events: list[Event] = []
    for key, document in parsed.items():
        for parsed_item, ordinal in _counted(document):
            if id(parsed_item) not in doubted:
                former = pairs.get(id(parsed_item))
                item = _next(former or _new(key, parsed_item, ordinal, known_ids, now), key, parsed_item, ordinal, now)
                known_ids.add(item.id)
                items.append(item)
                events += _story(former, item, now)
    used = {item.id for item in items}
    for key, group in by_document.items():
        for item in group:
            if item.id not in used:
                stays = key not in parsed and key not in gone
                left = item if stays or item.id in held or item.state is ItemState.REMOVED else _removed(item, now)
                items.append(left)
                events += _story(item, left, now)
    return Identified(tuple(items), tuple(events), tuple(doubts))


def _counted(document: ParsedDocument) -> Iterator[tuple[ParsedItem, int]]:
    """The items with their place among equal texts."""
    ordinals: defaultdict[str, int] = defaultdict(int)
    for item in document.items:
        text = normalise(item.text)
        yield item, ordinals[text]
        ordinals[text] += 1


def _new(key: str, parsed: ParsedItem, ordinal: int, used: AbstractSet[str], now: datetime) -> Item:
    new_id = item_id(key, parsed.text, ordinal)
    while new_id in used:  # an item that moved away took this id with it
        ordinal += 1
        new_id = item_id(key, parsed.text, ordinal)
    state = ItemState.DONE if parsed.done else ItemState.OPEN
    settled_at = now if state.settled else None
    return Item(
        new_id,
        key,
        parsed.text,
        ordinal,
        parsed.kind,
        parsed.section,
        parsed.line,
        now,
        state=state,
        settled_at=settled_at,
    )


def _next(former: Item, key: str, parsed: ParsedItem, ordinal: int, now: datetime) -> Item:
    state, settled_at = former.state, former.settled_at
    if state is ItemState.REMOVED:
        state, settled_at = (ItemState.DONE, now) if parsed.done else (ItemState.OPEN, None)
        state, settled_at = (ItemState.IGNORED, now) if former.ignored else (state, settled_at)
    item = replace(
        former,
        document=key,
        text=parsed.text,
        ordinal=ordinal,
        kind=parsed.kind,
        section=parsed.section,
        line=parsed.line,
        owner=parsed.owner,
        due=parsed.due,
        due_date=parsed.due_date,
        priority=parsed.priority,
        links=parsed.links,
        done=parsed.done,
        state=state,
        settled_at=settled_at,
    )
    return replace(item, extended_to=None) if overtaken(former, item, now) else item


def _removed(item: Item, now: datetime) -> Item:
    return replace(item, state=ItemState.REMOVED, settled_at=now)


def _story(former: Item | None, item: Item, now: datetime) -> list[Event]:
    """What the audit log says about this step, from one version of an item to the next."""

    def event(what: str, **detail: object) -> Event:
        return Event(now, "closeout", what, item.id, item.document, detail)

    if former is None:
        return [event("item found", text=item.text, line=item.line)]
    events: list[Event] = []
    if item.state is not former.state:
        if item.state is ItemState.REMOVED:
            return [event("item removed", text=item.text)]
        events.append(event("item returned", text=item.text))
    if item.document != former.document:
        events.append(event("item moved", before=former.document, after=item.document))
    if normalise(item.text) != normalise(former.text):
        events.append(event("item reworded", before=former.text, after=item.text))
    for name in ("owner", "due", "priority", "kind", "done"):
        before, after = getattr(former, name), getattr(item, name)
        if before != after:
            events.append(event("item changed", field=name, before=before, after=after))
    late = overtaken(former, item, now)
    return [*events, late] if late else events
