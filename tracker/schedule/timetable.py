"""The timetable: what runs when, and how it went, as cron lines and the store's record of firings tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tracker.model import Firing
from tracker.render.schedule import Standing, Timetable
from tracker.schedule.crontab import Job, in_words, jobs, latest_due
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.ledgers import FIRING_HOLDS

_GRACE = timedelta(minutes=5)
"""A service takes up what is due at once, but for what another job holds up."""


def timetable(settings: Settings, store: Store, now: datetime) -> Timetable:
    """Every schedule of the settings, in their order.

    Raises:
        UsageError: a cron line can't be read.
    """
    return Timetable(now, tuple(_standing(job, store.firings(job.name, 2), now) for job in jobs(settings)))


def _standing(job: Job, firings: tuple[Firing, ...], now: datetime) -> Standing:
    """`firings` are the latest two, so that beside one that runs the one before it can be told."""
    latest = next(iter(firings), None)
    running = latest if latest and latest.finished_at is None else None
    due = latest_due(job.trigger, latest.due_at, now - job.jitter - _GRACE) if latest else None
    return Standing(
        name=job.name,
        run=job.settings.run,
        report=job.settings.report,
        cron=job.settings.cron,
        words=in_words(job.settings.cron),
        timezone=job.timezone.key,
        jitter_seconds=job.settings.jitter_seconds,
        next_at=_local(job.trigger.get_next_fire_time(None, now), job),
        running=running,
        abandoned=running is not None and running.started_at < now - FIRING_HOLDS,
        last=next((firing for firing in firings if firing.finished_at), None),
        overdue_since=_local(due, job),
    )


def _local(moment: datetime | None, job: Job) -> datetime | None:
    """In the job's time zone; by way of UTC, so that an hour that the clock leaves out is told as the one it shows."""
    return moment.astimezone(UTC).astimezone(job.timezone) if moment else None
