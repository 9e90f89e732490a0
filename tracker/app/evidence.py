"""What closed issues: asked once, when an issue is first seen closed, and again on request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connectors import ConnectorError, Evidence, IssueState, IssueTracker
from tracker.actions import Adopt, Follow, Record, Update
from tracker.app.desk import Desk
from tracker.applied import Applied
from tracker.model import Event, Item, Link


def gather(desk: Desk, tracker: IssueTracker, applied: Applied | None) -> list[str]:
    """Ask what closed the linked issues that are done, and record it.

    Args:
        desk: what to work with.
        tracker: the target.
        applied: what changed just now; the others were asked about before. None asks about all, as work may have been
            reverted since.

    Returns:
        what a person should know when it could not be asked; that an issue is done stays so without evidence.
    """
    seen = _linked(desk) if applied is None else _just_seen(applied)
    closed = {
        link.ref: (item, link)
        for item, link in seen
        if link.ref.target == tracker.name and link.issue.state is IssueState.DONE and link.gone is None
    }
    if not closed:
        return []
    try:
        found = tracker.evidence(tuple(closed))
    except ConnectorError as error:
        what = f"{error}: what closed {len(closed)} issues is not known"
        return [f"{what}. {error.advice} `closeout status --check-links` asks again."]
    news = [
        (item, replace(link, evidence=found[ref]))
        for ref, (item, link) in closed.items()
        if ref in found and link.evidence != found[ref]
    ]
    events = [
        Event(desk.clock(), "closeout", "closing explained", item.id, item.document, _detail(link))
        for item, link in news
    ]
    desk.store.record_evidence([link for _, link in news], events)
    return []


def _linked(desk: Desk) -> Iterator[tuple[Item, Link]]:
    known = desk.store.known()
    return ((known.items[link.item], link) for link in known.links.values())


def _just_seen(applied: Applied) -> Iterator[tuple[Item, Link]]:
    """The items whose issues were seen changed; what Closeout itself closed needs no explanation."""
    for done in applied.done:
        action = done.action
        if isinstance(action, Record | Adopt | Follow) or (isinstance(action, Update) and not action.closes):
            link = applied.links.get(action.item.id)
            if link is not None and _is_open_question(link):
                yield action.item, link


def _is_open_question(link: Link) -> bool:
    return link.evidence is None or link.evidence.closed_at != link.issue.closed_at


def _detail(link: Link) -> dict[str, object]:
    told = link.evidence or Evidence(link.issue.updated_at)
    detail = {"issue": link.ref.key, "by": told.by, "work": told.work, "merged": told.merged}
    return detail | ({"reverted_by": told.reverted_by} if told.reverted_by else {})
