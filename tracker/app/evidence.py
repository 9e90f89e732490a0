"""What closed linked issues, and what is about to.

The first is asked once, when an issue is first seen closed, and again on request; the second before anybody is reminded
of an open one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from connectors import ConnectorError, Evidence, IssueState, IssueTracker, TellsOfWork
from tracker.actions import Adopt, Follow, Record, Update
from tracker.app.desk import Desk, refuse_another_place
from tracker.applied import Applied
from tracker.errors import CloseoutError
from tracker.model import Event, Item, ItemState, Link
from tracker.store import Known

_EXPLAINED = frozenset({IssueState.DONE, IssueState.WONT_DO})


def gather(desk: Desk, tracker: IssueTracker, applied: Applied | None) -> list[str]:
    """Ask what closed the linked issues that are done, and why others will not be done, and record it.

    Args:
        desk: what to work with.
        tracker: the target.
        applied: what changed just now; the others were asked about before. None asks about all, as work may have been
            reverted since.

    Returns:
        what a person should know when it could not be asked; an issue is as closed without evidence.
    """
    seen = list(_linked(desk) if applied is None else _just_seen(applied))
    _end_work(desk, seen if applied is None else _changed(applied))
    closed = {
        link.ref: (item, link)
        for item, link in seen
        if link.ref.target == tracker.name
        and link.issue.state in _EXPLAINED
        and link.gone is None
        and _is_open_question(link, again=applied is None)
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


def refresh_work(desk: Desk, items: Collection[str]) -> list[str]:
    """Learn which of these items are in review: their issues are open, and work that would close them is, too.

    Each of their targets is opened and asked, with few requests; items without such an issue cost nothing.

    Args:
        desk: what to work with.
        items: the ids of those that somebody would be reminded of.

    Returns:
        what a person should know: of a target that could not be asked, what was known before stays. Nothing is raised
        for what a target, or its settings, lacks.
    """
    wanted = frozenset(items)
    asked = [(item, link) for item, link in _linked(desk) if item.id in wanted and _can_be_in_review(item, link)]
    notes: list[str] = []
    for name in sorted({link.ref.target for _, link in asked} & set(desk.settings.targets)):
        try:
            with closing(desk.open_tracker(name)) as tracker:
                refuse_another_place(desk, tracker)
                notes += look_for_work(desk, tracker, asked)
        except (ConnectorError, CloseoutError) as error:
            notes.append(_not_asked(name, error))
    return notes


def look_for_work(desk: Desk, tracker: IssueTracker, linked: Iterable[tuple[Item, Link]]) -> list[str]:
    """Ask which of these open issues work is about to close, and record what changed since.

    Args:
        desk: what to work with.
        tracker: the target; those that can't tell are not asked.
        linked: items with their links as the store has them, of any target.

    Returns:
        what a person should know when it could not be asked: what was known before stays.
    """
    asked = {
        link.ref: (item, link)
        for item, link in linked
        if link.ref.target == tracker.name and _can_be_in_review(item, link)
    }
    if not asked or not isinstance(tracker, TellsOfWork):
        return []
    try:
        found = tracker.open_work(tuple(asked))
    except ConnectorError as error:
        return [_not_asked(tracker.name, error)]
    _record_work(desk, ((item, link, found.get(ref, "")) for ref, (item, link) in asked.items()))
    return []


def doubtful(known: Known, applied: Applied) -> list[tuple[Item, Link]]:
    """The items whose issues just told something new, and those that were in review when that was last asked.

    `known` is what the store said before.
    """
    told = {done.action.item.id for done in applied.done if isinstance(done.action, Record)}
    links = {**known.links, **applied.links}
    return [
        (known.items[id_], link) for id_, link in links.items() if id_ in known.items and (id_ in told or link.work)
    ]


def _not_asked(name: str, error: ConnectorError | CloseoutError) -> str:
    return f"{error}: which issues of {name} are in review could not be asked. {error.advice}".strip()


def _linked(desk: Desk) -> Iterator[tuple[Item, Link]]:
    known = desk.store.known()
    return ((known.items[link.item], link) for link in known.links.values())


def _changed(applied: Applied) -> Iterator[tuple[Item, Link]]:
    """The items whose links were made or changed, once each."""
    items = {done.action.item.id: done.action.item for done in applied.done}
    return ((items[id_], link) for id_, link in applied.links.items() if id_ in items)


def _just_seen(applied: Applied) -> Iterator[tuple[Item, Link]]:
    """The items whose issues were seen changed; what Closeout itself closed needs no explanation."""
    for done in applied.done:
        action = done.action
        if isinstance(action, Record | Adopt | Follow) or (isinstance(action, Update) and not action.closes):
            link = applied.links.get(action.item.id)
            if link is not None:
                yield action.item, link


def _is_open_question(link: Link, *, again: bool) -> bool:
    """Whether to ask what closed an issue: anew when it was closed anew, or `again`; why not, until somebody says."""
    told = link.evidence
    if told is None or told.closed_at != link.issue.closed_at:
        return True
    return not told.reason if link.issue.state is IssueState.WONT_DO else again


def _can_be_in_review(item: Item, link: Link) -> bool:
    return item.state is ItemState.OPEN and link.issue.state is IssueState.OPEN and link.gone is None


def _end_work(desk: Desk, linked: Iterable[tuple[Item, Link]]) -> None:
    """What is closed is not in review any more, and not when it is opened again, either."""
    _record_work(desk, ((item, link, "") for item, link in linked if link.issue.state.closed))


def _record_work(desk: Desk, told: Iterable[tuple[Item, Link, str]]) -> None:
    """Record the work that is under way now, where that is news."""
    news = [(item, link, work) for item, link, work in told if link.work != work]
    events = [
        Event(desk.clock(), "closeout", what, item.id, item.document, {"issue": link.ref.key, "work": address})
        for item, link, work in news
        for what, address in (("work ended", link.work), ("work opened", work))
        if address
    ]
    if news:
        desk.store.record_work([replace(link, work=work) for _, link, work in news], events)


def _detail(link: Link) -> dict[str, object]:
    told = link.evidence or Evidence(link.issue.updated_at)
    detail = {"issue": link.ref.key, "by": told.by, "work": told.work, "merged": told.merged}
    more = {"reverted_by": told.reverted_by, "reason": told.reason, "state": link.issue.state.value}
    return detail | {name: value for name, value in more.items() if value}
