"""What is measured over time: the audit log of the store, played back for any span of days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from tracker.due import DuePolicy
from tracker.errors import UsageError
from tracker.metrics import Metrics, measure
from tracker.model import KnownDocument
from tracker.past import Past
from tracker.people import PeopleBook
from tracker.settings import Settings
from tracker.standing import today_of
from tracker.store import Store

USUAL = timedelta(weeks=13)
"""How far back is looked when nobody says from when."""


def for_report(store: Store, settings: Settings, name: str, now: datetime, day: date | None) -> Metrics | None:
    """What a report to management tells of the time up to `day`; None for reports of other kinds."""
    report = settings.reports.get(name)
    if report is None or report.kind != "management":
        return None
    today = today_of(settings, now)
    return measured(store, settings, now, last=min(day or today, today))


def measured(
    store: Store, settings: Settings, now: datetime, first: date | None = None, last: date | None = None
) -> Metrics:
    """What the log tells of the days from `first` (13 weeks before `last`) to `last` (today), both included.

    Raises:
        UsageError: the span ends before it begins, or is not over yet.
    """
    today = today_of(settings, now)
    last = last or today
    first = first or last - USUAL
    if last > today:
        raise UsageError(f"{last} is not over yet", where="--to", advice=f"Today is {today}; name no later day.")
    if first > last:
        raise UsageError(f"{first} is after {last}", where="--from", advice="Name the earlier day with --from.")
    book, documents = PeopleBook.from_settings(settings), store.documents()
    due_of = partial(_due, DuePolicy(settings.policy.due, settings.timezone), documents)
    return measure(store.lives(), documents, book, first, last, ZoneInfo(settings.timezone), due_of)


def _due(policy: DuePolicy, documents: Mapping[str, KnownDocument], past: Past) -> date | None:
    """The day that counted for an item. Which labels its issue had then nobody knows."""
    document = documents.get(past.document)
    due = policy.due(past, document, ()) if document else None
    return due.day if due else past.falls_due
