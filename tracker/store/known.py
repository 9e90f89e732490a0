"""What the store knows of documents, items and links, or the part of it that a question needs."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tracker.likeness import Key
from tracker.model import Item, KnownDocument, Link


@dataclass(frozen=True, slots=True)
class Known:
    """Documents by key, items by id, links by item.

    Where that is a part, `crowded` are the subjects of which only all items could tell that they are: see
    `tracker.likeness.crowded`.
    """

    documents: Mapping[str, KnownDocument]
    items: Mapping[str, Item]
    links: Mapping[str, Link]
    crowded: AbstractSet[Key] = frozenset()
