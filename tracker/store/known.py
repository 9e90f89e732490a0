"""What the store knows of documents, items and links, or the part of it that a question needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracker.model import Item, KnownDocument, Link


@dataclass(frozen=True, slots=True)
class Known:
    """Documents by key, items by id, links by item."""

    documents: Mapping[str, KnownDocument]
    items: Mapping[str, Item]
    links: Mapping[str, Link]
