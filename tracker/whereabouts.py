"""How a link's issue is gone, from what its target said: pure.

What a target says of a write is a hint; only what `IssueTracker.get` or a listing says becomes a state.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from connectors import (
    IssueConverted,
    IssueGone,
    IssueLocked,
    IssueMoved,
    IssueNotFound,
    TargetClosed,
    TargetMoved,
    TargetReadOnly,
)
from tracker.model import Event, Gone, GoneKind, Item, Link

if TYPE_CHECKING:
    from connectors import ConnectorError

DECIDE = "`closeout link ITEM ISSUE` ties the item to another issue; after `closeout unlink ITEM` it gets a new one."

# The first that fits: children stand before their parents.
_KINDS: tuple[tuple[type[ConnectorError], GoneKind], ...] = (
    (TargetMoved, GoneKind.TARGET_MOVED),
    (TargetClosed, GoneKind.TARGET_CLOSED),
    (TargetReadOnly, GoneKind.READ_ONLY),
    (IssueLocked, GoneKind.LOCKED),
    (IssueConverted, GoneKind.CONVERTED),
    (IssueMoved, GoneKind.MOVED),
    (IssueGone, GoneKind.DELETED),
    (IssueNotFound, GoneKind.NOT_FOUND),
)


def gone_of(error: ConnectorError, now: datetime) -> Gone | None:
    """The state that `error` tells of; None when the issue may be where it was."""
    kind = next((kind for child, kind in _KINDS if isinstance(error, child)), None)
    if kind is None:
        return None
    place = error.location if isinstance(error, IssueMoved) else ""
    return Gone(kind, now, error.message, place, _advice(kind, error))


def target_gone(error: ConnectorError, now: datetime) -> Gone | None:
    """The state of every link of a target whose listing failed like this."""
    gone = gone_of(error, now)
    if gone is None or gone.kind.of_target or not isinstance(error, IssueNotFound):
        return gone
    return Gone(GoneKind.TARGET_NOT_FOUND, now, error.message, "", error.advice)


def event_of(item: Item, link: Link, now: datetime) -> Event:
    """What the audit log says when the issue of `item` is gone or, without `link.gone`, back."""
    gone, detail = link.gone, {"issue": link.ref.key}
    if gone is None:
        return Event(now, "closeout", "issue back", item.id, item.document, detail)
    detail |= {"kind": gone.kind.value, "why": gone.message, "place": gone.place, "advice": gone.advice}
    return Event(now, "closeout", "issue gone", item.id, item.document, detail)


def same(gone: Gone, other: Gone | None) -> bool:
    """Whether both tell the same; the words and the time may differ."""
    return other is not None and (gone.kind, gone.place) == (other.kind, other.place)


def _advice(kind: GoneKind, error: ConnectorError) -> str:
    match kind:
        case GoneKind.NOT_FOUND:
            return f"Give the token access to it. Or: {DECIDE}"
        case GoneKind.MOVED:
            return f"{error.advice} Or: {DECIDE}".strip()
        case GoneKind.DELETED:
            return DECIDE
        case GoneKind.CONVERTED:
            return f"Its page leads to the discussion. {DECIDE}"
    return error.advice
