"""What closed issues: asked once, when an issue is first seen closed, and again on request."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace

from connectors import ConnectorError, Evidence, IssueState, IssueTracker
from tracker.app.desk import Desk
from tracker.model import Event, Link


def gather(desk: Desk, tracker: IssueTracker, touched: AbstractSet[str] | None) -> list[str]:
    """Ask what closed the linked issues that are done, and record it.

    Args:
        desk: what to work with.
        tracker: the target.
        touched: the items whose links changed just now; the others were asked about before. None asks about all, as
            work may have been reverted since.

    Returns:
        what a person should know when it could not be asked; that an issue is done stays so without evidence.
    """
    if touched is not None and not touched:
        return []
    known = desk.store.known()
    closed = {
        link.ref: link
        for link in known.links.values()
        if link.ref.target == tracker.name and link.issue.state is IssueState.DONE and link.gone is None
        if touched is None or (link.item in touched and _is_open_question(link))
    }
    if not closed:
        return []
    try:
        found = tracker.evidence(tuple(closed))
    except ConnectorError as error:
        what = f"{error}: what closed {len(closed)} issues is not known"
        return [f"{what}. {error.advice} `closeout status --check-links` asks again."]
    news = [replace(closed[ref], evidence=told) for ref, told in found.items() if closed[ref].evidence != told]
    events = [
        Event(desk.clock(), "closeout", "closing explained", link.item, known.items[link.item].document, _detail(link))
        for link in news
    ]
    desk.store.record_evidence(news, events)
    return []


def _is_open_question(link: Link) -> bool:
    return link.evidence is None or link.evidence.closed_at != link.issue.closed_at


def _detail(link: Link) -> dict[str, object]:
    told = link.evidence or Evidence(link.issue.updated_at)
    detail = {"issue": link.ref.key, "by": told.by, "work": told.work, "merged": told.merged}
    return detail | ({"reverted_by": told.reverted_by} if told.reverted_by else {})
