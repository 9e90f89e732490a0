"""Which parsed item is which known item. Pure: what was parsed and what is known in, the items' next versions out.

The order of evidence: the issue that the text names; the exact normalised text; what a person said of it; similarity
within the document, one to one; the exact text in another document. Two candidates too close to call are never guessed
at: they are a doubt, which `closeout review` puts to a person.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from rapidfuzz import fuzz

from tracker.decisions import Verdict, overtaken
from tracker.model import Event, Item, ItemState, ParsedDocument, ParsedItem, tickets_of

SIMILAR = 72.0
"""Least similarity (0 to 100) at which a reworded item is taken for the known one."""

TOO_CLOSE = 6.0
"""Two candidates whose similarities differ by less are left for a person to decide."""

_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 10
_REF_LENGTH = 6


def normalise(text: str) -> str:
    """`text` without what people change and mean nothing by: case, width, accents' encoding, spaces, final stop."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".;:,!。；：")


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


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """What tells a document from others: its place, its own `id` if it gives one, its digest and its items' texts."""

    path: str
    id: str | None
    digest: str
    texts: frozenset[str]


@dataclass(frozen=True, slots=True)
class FormerDocument:
    """The same of a known document. From markers alone only key and texts are known.

    `gone` means that no file stands at its path: only then can another one be its new place.
    """

    key: str
    path: str
    digest: str | None
    texts: frozenset[str]
    gone: bool = True


def match_documents(
    found: Sequence[FoundDocument], known: Iterable[FormerDocument], prefix: str = ""
) -> dict[str, str]:
    """Path to key for every document in `found`; a renamed document keeps the key it had.

    A document is known by its own `id`, by its path, by equal content, or (when that is gone too) by sharing most of
    its items with exactly one document that is nowhere else to be found. `prefix` goes before the paths of new ones.
    """
    former = {document.key: document for document in known}
    by_path = {document.path: document.key for document in former.values()}
    keys: dict[str, str] = {}
    moved: set[str] = set()
    for document in found:
        here = former.get(by_path.get(document.path, ""))
        if document.id is not None and document.id in former:
            keys[document.path] = document.id
        elif here is not None and _taken_over(document, here, found):
            moved.add(here.key)
        elif here is not None:
            # An `id` that is given to a known document later changes nothing: its issues know the key that it had.
            keys[document.path] = here.key
    free = set(former) - set(keys.values())
    missing = {key: former[key] for key in free if former[key].gone or key in moved}
    for document in found:
        if document.path not in keys:
            key = _former_key(document, missing)
            if key is not None:
                del missing[key]
            keys[document.path] = key or _new_key(document, former, prefix)
    return keys


def _new_key(document: FoundDocument, former: Mapping[str, FormerDocument], prefix: str) -> str:
    """Its own `id`, else its path, unless a document that moved away took that with it."""
    key = wanted = document.id or prefix + document.path
    number = 2
    while key in former:
        key, number = f"{wanted}~{number}", number + 1
    return key


def _taken_over(document: FoundDocument, former: FormerDocument, found: Sequence[FoundDocument]) -> bool:
    """Another document stands at this path now, and the one that stood here is found elsewhere by its items."""
    if not former.texts or former.texts & document.texts or former.digest == document.digest:
        return False
    return any(_mostly_same(former, other) for other in found if other.path != document.path)


def _mostly_same(former: FormerDocument, document: FoundDocument) -> bool:
    common = len(former.texts & document.texts)
    return 2 * common > max(len(former.texts), len(document.texts))


def _former_key(document: FoundDocument, missing: Mapping[str, FormerDocument]) -> str | None:
    same = [key for key, former in missing.items() if former.digest == document.digest]
    if not same:
        same = [key for key, former in missing.items() if former.texts and _mostly_same(former, document)]
    return same[0] if len(same) == 1 else None


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
    matches = {key: _match(key, doc, by_document[key], named, linked, said[key]) for key, doc in parsed.items()}
    taken = {item.id for match in matches.values() for item in match.pairs.values()}
    movable = _movable(by_document, {*parsed, *gone}, taken)

    items: list[Item] = []
    events: list[Event] = []
    doubts: list[Doubt] = []
    used: set[str] = set()
    known_ids = {item.id for group in by_document.values() for item in group}
    for key, document in parsed.items():
        match = matches[key]
        doubts += match.doubts
        doubted = {id(doubt.parsed) for doubt in match.doubts}
        ordinals: defaultdict[str, int] = defaultdict(int)
        for parsed_item in document.items:
            text = normalise(parsed_item.text)
            ordinal = ordinals[text]
            ordinals[text] += 1
            if id(parsed_item) in doubted:
                continue
            former = match.pairs.get(id(parsed_item)) or _moved(movable, text, parsed_item)
            item = _next(former or _new(key, parsed_item, ordinal, known_ids, now), key, parsed_item, ordinal, now)
            used.add(item.id)
            known_ids.add(item.id)
            items.append(item)
            events += _story(former, item, now)
    held = {candidate.id for doubt in doubts for candidate in doubt.candidates}
    for key in (*parsed, *sorted(gone - set(parsed))):
        for item in by_document[key]:
            if item.id in used:
                continue
            left = item if item.id in held or item.state is ItemState.REMOVED else _removed(item, now)
            items.append(left)
            events += _story(item, left, now)
    untouched = [item for key, group in by_document.items() if key not in parsed and key not in gone for item in group]
    items += [item for item in untouched if item.id not in used]
    return Identified(tuple(items), tuple(events), tuple(doubts))


@dataclass(slots=True)
class _Match:
    """Pairs by `id()` of the parsed item: equal items of one document are different objects."""

    pairs: dict[int, Item]
    doubts: list[Doubt]


def _match(
    key: str,
    document: ParsedDocument,
    known: Sequence[Item],
    named: Mapping[str, str],
    linked: frozenset[str],
    verdicts: Sequence[Verdict],
) -> _Match:
    free = {item.id: item for item in known}
    pairs: dict[int, Item] = {}
    said = {normalise(parsed.text) for parsed in document.items}
    for parsed in document.items:
        named_id = next((named[link] for link in tickets_of(parsed) if named.get(link) in free), None)
        # An item that still stands here word for word is not taken over by another one that names its issue.
        if named_id is not None and normalise(free[named_id].text) not in said - {normalise(parsed.text)}:
            pairs[id(parsed)] = free.pop(named_id)
    by_text: defaultdict[str, list[Item]] = defaultdict(list)
    for item in sorted(free.values(), key=lambda item: (item.state is ItemState.REMOVED, item.ordinal, item.line)):
        by_text[normalise(item.text)].append(item)
    for alike in (_same_owner_and_due, _any):
        for parsed in document.items:
            same = by_text[normalise(parsed.text)]
            twin = next((item for item in same if alike(item, parsed)), None)
            if id(parsed) not in pairs and twin is not None:
                same.remove(twin)
                pairs[id(parsed)] = free.pop(twin.id)
    new = _match_decided(document, verdicts, pairs, free)
    rest = [parsed for parsed in document.items if id(parsed) not in pairs and id(parsed) not in new]
    candidates = [item for item in free.values() if item.state is not ItemState.REMOVED]
    doubts = _match_similar(key, rest, candidates, pairs, linked)
    return _Match(pairs, doubts)


def _same_owner_and_due(item: Item, parsed: ParsedItem) -> bool:
    """Equal texts differ by whose they are and by when."""
    return (item.owner, item.due, item.section) == (parsed.owner, parsed.due, parsed.section)


def _any(_item: Item, _parsed: ParsedItem) -> bool:
    return True


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
    key: str,
    rest: Sequence[ParsedItem],
    candidates: Sequence[Item],
    pairs: dict[int, Item],
    linked: frozenset[str],
) -> list[Doubt]:
    """Pair what is left by similarity, best first, one to one; add to `pairs` and return what is too close to call."""
    if not rest or not candidates:
        return []
    least = SIMILAR - TOO_CLOSE
    known_texts = [normalise(item.text) for item in candidates]
    ranked = sorted(
        (-score, row, column)
        for row, parsed in enumerate(rest)
        for column, text in enumerate(known_texts)
        if (score := fuzz.token_sort_ratio(normalise(parsed.text), text, score_cutoff=least)) >= least
    )
    rows, columns = set(range(len(rest))), set(range(len(candidates)))
    doubted: set[int] = set()
    doubts: list[Doubt] = []
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
            doubts.append(Doubt(key, rest[row], tuple(candidates[c] for c in sorted(rivals))))
            continue
        columns.discard(column)
        pairs[id(rest[row])] = candidates[column]
    return doubts


def _movable(
    by_document: Mapping[str, Sequence[Item]], looked_at: Iterable[str], taken: set[str]
) -> dict[str, list[Item]]:
    """Items that left their document, now or before, by normalised text: they may stand in another one now."""
    by_text: defaultdict[str, list[Item]] = defaultdict(list)
    here = set(looked_at)
    for key, group in by_document.items():
        for item in group:
            if item.id not in taken and (key in here or item.state is ItemState.REMOVED):
                by_text[normalise(item.text)].append(item)
    return by_text


def _moved(movable: Mapping[str, list[Item]], text: str, parsed: ParsedItem) -> Item | None:
    """The one item with this very text that left another document; short or repeated texts prove nothing."""
    candidates = movable.get(text, [])
    if len(candidates) == 1 and len(text.split()) + len(parsed.text) // 12 >= 4:  # noqa: PLR2004 - a short text proves nothing
        return candidates.pop()
    return None


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
