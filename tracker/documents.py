"""Which document read now is which known one, though files were renamed, moved or replaced. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


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
    found: Sequence[FoundDocument],
    known: Iterable[FormerDocument],
    prefix: str = "",
    renamed: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Path to key for every document in `found`; a renamed document keeps the key it had.

    A document is known by its own `id`, by its path, by equal content, by a rename that its repository tells, or (when
    all that is gone) by sharing most of its items with exactly one document that is nowhere else to be found. `prefix`
    goes before the paths of new ones; `renamed` are paths with the former ones.
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
            key = _former_key(document, missing, (renamed or {}).get(document.path))
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


def _former_key(document: FoundDocument, missing: Mapping[str, FormerDocument], before: str | None) -> str | None:
    same = [key for key, former in missing.items() if former.digest == document.digest]
    if not same:
        same = [key for key, former in missing.items() if former.path == before]
    if not same:
        same = [key for key, former in missing.items() if former.texts and _mostly_same(former, document)]
    return same[0] if len(same) == 1 else None
