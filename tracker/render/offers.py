"""How it is told that an open issue's work is promised again, and what a person can say of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tracker.model import Item, KnownDocument, Link
from tracker.render.wire import Wire
from tracker.spelling import normalise

if TYPE_CHECKING:
    from tracker.actions import Offer


class OfferWire(Wire):
    """An item without an issue that promises what the item `of` does, whose issue is open.

    `issue` is null while that is about to be opened. `closeout review --same ITEM=OF` says that it is enough for both,
    `closeout review --new ITEM` that this is other work.
    """

    item: str
    text: str
    document: str
    path: str
    line: int
    of: str
    of_text: str
    of_path: str
    target: str | None
    issue: str | None
    issue_url: str | None
    open_since: datetime | None


def wire(offer: Offer, documents: Mapping[str, KnownDocument]) -> OfferWire:
    """The offer as it goes out."""
    item, of, ref = offer.item, offer.of, offer.link.ref if offer.link else None
    return OfferWire(
        item=item.id,
        text=item.text,
        document=item.document,
        path=documents[item.document].path,
        line=item.line,
        of=of.id,
        of_text=of.text,
        of_path=documents[of.document].path,
        target=ref.target if ref else None,
        issue=ref.key if ref else None,
        issue_url=(ref.url or None) if ref else None,
        open_since=offer.link.issue.created_at if offer.link else None,
    )


def already(item: Item, of: Item, link: Link | None, document: KnownDocument) -> str:
    """`promised already in #12 (open since 2026-03-01, from Outage of the login)`, and in which other words."""
    source = document.title or document.path
    other = "" if normalise(item.text) == normalise(of.text) else f": “{of.text}”"
    if link is None:
        return f"promised, too, by {of.id} (from {source}), whose issue comes first{other}"
    return f"promised already in {link.ref.key} (open since {link.issue.created_at:%Y-%m-%d}, from {source}){other}"


def answers(item: str, of: str) -> str:
    """What to type for either answer."""
    return f"The same work: `closeout review --same {item}={of}`; an issue of its own: `closeout review --new {item}`"
