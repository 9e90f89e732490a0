"""Cron lines as APScheduler's triggers: their weekdays, the hour that DST repeats, jitter, and what they say in words.

A firing belongs to the time at which the line says it is due. Jitter only delays when it is taken up, so that several
schedulers, each with a delay of its own, still mean the same firing.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from tracker.errors import UsageError
from tracker.settings import ScheduleSettings, Settings

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES = tuple(calendar.day_name[number - 1] for number in range(7))


class Crontab(CronTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A cron line in its time zone.

    In the night in which the clock shows an hour twice, a line that names its hours is due in the first of them only,
    as cron(8) has it; one for every hour is due in both. An hour that is left out is made up for right after.
    """

    def __init__(self, *, hour: str, timezone: ZoneInfo, **fields: str) -> None:
        super().__init__(hour=hour, timezone=timezone, **fields)
        self.names_hours = not hour.startswith("*")

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """See `BaseTrigger`."""
        found: datetime | None = super().get_next_fire_time(previous_fire_time, now)
        while found is not None and found.fold and self.names_hours:
            found = super().get_next_fire_time(None, just_after(found))
        return found


class Delayed(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires up to `seconds` after a cron line's times. In UTC: a local time that is moved loses the repeated hour."""

    def __init__(self, crontab: Crontab, seconds: float) -> None:
        self.crontab, self.seconds = crontab, seconds

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """See `BaseTrigger`."""
        due = self.crontab.get_next_fire_time(None, just_after(previous_fire_time) if previous_fire_time else now)
        delayed: datetime | None = self._apply_jitter(due and due.astimezone(UTC), self.seconds, now)
        return delayed


@dataclass(frozen=True, slots=True)
class Job:
    """A schedule with its trigger, which knows no jitter."""

    name: str
    settings: ScheduleSettings
    trigger: Crontab
    timezone: ZoneInfo

    @property
    def jitter(self) -> timedelta:
        """How much later than due it may be taken up."""
        return timedelta(seconds=self.settings.jitter_seconds)


def jobs(settings: Settings) -> list[Job]:
    """The schedules of the settings.

    Raises:
        UsageError: a cron line can't be read; all of them are told.
    """
    found, problems = [], []
    for name, schedule in settings.schedules.items():
        zone = schedule.timezone or settings.timezone
        try:
            found.append(Job(name, schedule, make_trigger(schedule.cron, zone), ZoneInfo(zone)))
        except ValueError as error:
            problems.append(f"schedules.{name}.cron {schedule.cron!r}: {error}")
    if problems:
        raise UsageError(
            "\n".join(problems),
            where="closeout.toml",
            advice='Five fields as in crontab(5), for example "0 9 * * MON" for Mondays at nine.',
        )
    return found


def make_trigger(cron: str, timezone: str) -> Crontab:
    """The trigger of a crontab(5) line: 0 and 7 are Sunday there, while APScheduler counts from Monday.

    Raises:
        ValueError: not such a line.
    """
    fields = cron.split()
    if len(fields) != 5:  # noqa: PLR2004 - crontab(5)
        raise ValueError(f"needs five fields, has {len(fields)}")
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        raise ValueError("restrict the day or the weekday, not both: cron would take either, which surprises people")
    return Crontab(
        minute=minute, hour=hour, day=day, month=month, day_of_week=weekdays(weekday), timezone=ZoneInfo(timezone)
    )


def weekdays(field: str) -> str:
    """A crontab weekday field as names, which mean the same everywhere.

    Raises:
        ValueError: not such a field.
    """
    return field if field == "*" else ",".join(_DAYS[number] for number in sorted(_weekdays(field)))


def in_words(cron: str) -> str:
    """What a readable line says, `Mondays at 09:00`; the line itself where that would take a sentence."""
    minute, hour, day, month, weekday = cron.split()
    if month != "*":
        return cron
    if hour == day == weekday == "*":
        return _within_hours(minute) or cron
    if not (minute.isdigit() and all(each.isdigit() for each in hour.split(","))):
        return cron
    times = _listed([f"{int(each):02}:{int(minute):02}" for each in hour.split(",")])
    if weekday != "*":
        return f"{_on_weekdays(_weekdays(weekday))} at {times}"
    if day == "*":
        return f"daily at {times}"
    return f"on day {day} of the month at {times}" if day.isdigit() else cron


def latest_due(trigger: BaseTrigger, since: datetime, now: datetime) -> datetime | None:
    """The last time after `since`, up to `now`, at which the trigger fired or should have."""
    span = timedelta(hours=1)
    while True:
        # Backwards in growing steps: what was down for months is not counted through quarter of an hour by quarter.
        start = max(since, now - span)
        latest = _last_between(trigger, start, now)
        if latest is not None or start == since:
            return latest
        span *= 8


def just_after(moment: datetime) -> datetime:
    """The next instant. Reckoned in UTC: on a local clock the hour that DST repeats would never end."""
    return moment.astimezone(UTC) + timedelta(microseconds=1)


def _last_between(trigger: BaseTrigger, since: datetime, now: datetime) -> datetime | None:
    latest = None
    due = trigger.get_next_fire_time(None, just_after(since))
    while due is not None and due.astimezone(UTC) <= now:
        latest = due
        due = trigger.get_next_fire_time(None, just_after(due))
    return latest


def _weekdays(field: str) -> set[int]:
    chosen: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-6" if span == "*" else span).partition("-")
        start = _weekday(first)
        end = _weekday(last) if last else (6 if step else start)
        if end < start:
            end += 7
        chosen |= {number % 7 for number in range(start, end + 1, int(step or "1"))}
    return chosen


def _weekday(text: str) -> int:
    if text.isdigit() and int(text) <= 7:  # noqa: PLR2004 - crontab's second Sunday
        return int(text) % 7 if text != "7" else 7
    name = text.casefold()[:3]
    if name not in _DAYS:
        raise ValueError(f"{text!r} is no weekday")
    return _DAYS.index(name)


def _within_hours(minute: str) -> str | None:
    """What a line for every hour says, by its minutes."""
    if minute == "*":
        return "every minute"
    if minute.startswith("*/") and minute[2:].isdigit() and 60 % int(minute[2:]) == 0:
        return f"every {minute[2:]} minutes"
    return f"every hour at :{int(minute):02}" if minute.isdigit() else None


def _on_weekdays(days: set[int]) -> str:
    if days == {1, 2, 3, 4, 5}:
        return "Monday to Friday"
    return _listed([f"{_NAMES[number]}s" for number in sorted(days, key=lambda number: (number - 1) % 7)])


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
