"""What is measured over time: the audit log of the store, played back for any span of days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker.errors import UsageError
from tracker.metrics import Metrics, measure
from tracker.people import PeopleBook
from tracker.settings import Settings
from tracker.standing import today_of
from tracker.store import Store

USUAL = timedelta(weeks=13)
"""How far back is looked when nobody says from when."""


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
    book = PeopleBook.from_settings(settings)
    return measure(store.lives(), store.documents(), book, first, last, ZoneInfo(settings.timezone))
