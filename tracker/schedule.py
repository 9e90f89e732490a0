"""What runs when: APScheduler's triggers call the app. A firing belongs to its due time, whoever comes first runs it.

APScheduler keeps its jobs in memory; what was fired is in the store (`firing`, with a unique key). So any number of
schedulers can run side by side, and one that was down makes up for the latest missed firing, once. A firing that
failed, or whose process was killed, is tried again until it is done, too old, or followed by a later one. One that
held a recipient back until their working hours is `held`: it is run again, for its own period, once these begin.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connectors import ConnectorError
from tracker.app import App, Consent, Mode
from tracker.deliver import DeliveryOutcome
from tracker.errors import CloseoutError, UsageError
from tracker.settings import ScheduleSettings, Settings

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LATE = timedelta(hours=1)
"""A firing may start this late (the machine slept, another job ran) and still counts as on time."""
_CATCH_UP_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Job:
    """A schedule with its trigger."""

    name: str
    settings: ScheduleSettings
    trigger: CronTrigger


def jobs(settings: Settings) -> list[Job]:
    """The schedules of the settings.

    Raises:
        UsageError: a cron line can't be read; all of them are told.
    """
    found, problems = [], []
    for name, schedule in settings.schedules.items():
        try:
            found.append(Job(name, schedule, make_trigger(schedule.cron, schedule.timezone or settings.timezone)))
        except ValueError as error:
            problems.append(f"schedules.{name}.cron {schedule.cron!r}: {error}")
    if problems:
        raise UsageError(
            "\n".join(problems),
            where="closeout.toml",
            advice='Five fields as in crontab(5), for example "0 9 * * MON" for Mondays at nine.',
        )
    return found


def make_trigger(cron: str, timezone: str) -> CronTrigger:
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
    return CronTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=weekdays(weekday), timezone=ZoneInfo(timezone)
    )


def weekdays(field: str) -> str:
    """A crontab weekday field as names, which mean the same everywhere.

    Raises:
        ValueError: not such a field.
    """
    if field == "*":
        return field
    chosen: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-6" if span == "*" else span).partition("-")
        start = _weekday(first)
        end = _weekday(last) if last else (6 if step else start)
        if end < start:
            end += 7
        chosen |= {number % 7 for number in range(start, end + 1, int(step or "1"))}
    return ",".join(_DAYS[number] for number in sorted(chosen))


def latest_due(trigger: CronTrigger, since: datetime, now: datetime) -> datetime | None:
    """The last time after `since`, up to `now`, at which the trigger fired or should have."""
    latest = None
    due = trigger.get_next_fire_time(None, _just_after(since))
    while due is not None and due.astimezone(UTC) <= now:
        latest = due
        due = trigger.get_next_fire_time(None, _just_after(due))
    return latest


def missed(job: Job, last: datetime | None, now: datetime, unfinished: datetime | None = None) -> datetime | None:
    """The one firing to make up for, if it is not too old; else None.

    Args:
        job: the schedule; one that never fired has missed nothing: it is new.
        last: the latest due time that somebody took up.
        now: the present time.
        unfinished: the same, if that firing failed or was abandoned: without a later one it is tried again.
    """
    if last is None:
        return None
    oldest = now - timedelta(hours=job.settings.catch_up_hours)
    later = latest_due(job.trigger, max(last, oldest), now)
    if later is None and unfinished is not None and oldest < unfinished <= now:
        return unfinished
    return later


class Held(Exception):
    """A job has served whom it could; somebody waits for an hour that comes before the job's next firing."""

    def __init__(self, told: str, until: datetime) -> None:
        super().__init__(told)
        self.until = until


class Runner:
    """Runs jobs of the app, each due time once among all schedulers of the store."""

    def __init__(self, app: App, say: Callable[[str], None]) -> None:
        self.app = app
        self.say = say
        # Only saves looking in vain every quarter of an hour: after a restart one look too many does no harm.
        self._again_at: dict[str, datetime] = {}

    def fire(self, job: Job, due_at: datetime, *, held: bool = False) -> bool:
        """Run `job` for `due_at` unless somebody has or is at it; a job's error is recorded and told, never raised.

        A firing that was `held` stays so while it fails: it may be older than what is made up for after downtime.
        """
        started_at = self.app.clock()
        with self.app.store() as store:
            if not store.start_firing(job.name, due_at, started_at):
                return False
        try:
            outcome, detail = "done", self._run(job, due_at)
        except Held as waits:
            outcome, detail = "held", str(waits)
            self._again_at[job.name] = waits.until
        except (CloseoutError, ConnectorError) as error:
            outcome, detail = "held" if held else "failed", f"{error} {error.advice}".strip()
        except Exception as error:  # noqa: BLE001 - one job's bug must not end the service; it is told with its type
            outcome, detail = "held" if held else "failed", f"{type(error).__name__}: {error}"
        with self.app.store() as store:
            store.finish_firing(job.name, due_at, started_at, self.app.clock(), outcome, detail)
        self.say(f"{self.app.clock():%Y-%m-%d %H:%M:%S} {job.name} {outcome}: {detail}")
        return True

    def catch_up(self, all_jobs: Iterable[Job], stop: threading.Event | None = None) -> None:
        """Make up for what was missed while no scheduler ran, what failed, what a killed one left, and what waited."""
        for job in all_jobs:
            if stop is not None and stop.is_set():
                return
            now = self.app.clock()
            with self.app.store() as store:
                last, unfinished = store.last_firing(job.name), store.unfinished_firing(job.name, now)
                waiting = store.held_firing(job.name, now)
            due_at = missed(job, last, now, unfinished)
            if due_at is None and now >= self._again_at.get(job.name, now):
                due_at = waiting
            if due_at is not None:
                self.fire(job, due_at, held=due_at == waiting)

    def keep_up(self, all_jobs: Iterable[Job], stop: threading.Event) -> None:
        """Called by the trigger every quarter of an hour: like `catch_up`, but an error is told, never raised."""
        with self._told("catching up"):
            self.catch_up(all_jobs, stop)

    def on_time(self, job: Job) -> None:
        """Called by the trigger: the firing belongs to the time at which it was due."""
        with self._told(job.name):
            now = self.app.clock()
            due_at = latest_due(job.trigger, now - _LATE - timedelta(seconds=1), now)
            if due_at is not None:
                self.fire(job, due_at)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Nobody above APScheduler's threads listens; a store that is away for a while is caught up with later."""
        try:
            yield
        except (CloseoutError, ConnectorError) as error:
            self.say(f"{self.app.clock():%Y-%m-%d %H:%M:%S} {what} failed: {error} {error.advice}".rstrip())

    def _run(self, job: Job, due_at: datetime) -> str:
        if job.settings.run == "sync":
            synced = self.app.sync((), Consent())
            failures = sum(len(applied.failures) for applied in synced.applied.values())
            done = sum(len(applied.done) for applied in synced.applied.values())
            written, settled = self.app.write_back(synced, (), Mode(self.app.settings.write_back.mode), Consent())
            if not synced.clean:
                raise CloseoutError(f"{failures} of {done + failures} actions failed", where="sync")
            if not (written.clean and (settled is None or settled.clean)):
                why = written.problem or next((each.problem for each in written.documents if each.problem), "")
                raise CloseoutError(f"not all could be written back: {why}".rstrip(": "), where="sync")
            return f"{done} actions"
        zone = ZoneInfo(job.settings.timezone or self.app.settings.timezone)
        report = self.app.report(job.settings.report or "", period_of=due_at.astimezone(zone).date())
        _, deliveries = self.app.send(report)
        counts = [f"{sum(d.outcome is each for d in deliveries)} {each.value}" for each in DeliveryOutcome]
        told = ", ".join(count for count in counts if not count.startswith("0 ")) or "nobody to tell"
        failed = any(delivery.outcome is DeliveryOutcome.FAILED for delivery in deliveries)
        again_at = min((each.again_at for each in deliveries if each.again_at), default=None)
        following = job.trigger.get_next_fire_time(None, _just_after(self.app.clock()))
        if again_at is not None and (following is None or again_at < following):
            raise Held(told, self.app.clock() if failed else again_at)
        if failed:
            raise CloseoutError(told, where=f"report {report.name}")
        return told


def serve(app: App, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Run the schedules until `stop` is set; the job that runs then is finished first.

    Raises:
        UsageError: there is nothing to run, or a cron line can't be read.
    """
    all_jobs = jobs(app.settings)
    if not all_jobs:
        raise UsageError(
            "there are no schedules to run",
            where="closeout.toml",
            advice="Add a [schedules.NAME] table with run and cron.",
        )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    runner = Runner(app, say)
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "misfire_grace_time": int(_LATE.total_seconds()), "max_instances": 1},
        timezone=ZoneInfo(app.settings.timezone),
    )
    for job in all_jobs:
        scheduler.add_job(runner.on_time, job.trigger, args=[job], id=job.name, name=job.name)
        due = job.trigger.get_next_fire_time(None, app.clock())
        say(f"{job.name}: {job.settings.run} at {due:%Y-%m-%d %H:%M %Z}" if due else f"{job.name}: never")
    # An interval always has a next time, so APScheduler never has to remove this job while it shuts down. Its id is
    # made up: any other could be a schedule's name.
    every = IntervalTrigger(seconds=_CATCH_UP_EVERY.total_seconds(), timezone=UTC)
    scheduler.add_job(runner.keep_up, every, args=[all_jobs, stop])
    scheduler.start()
    try:
        runner.catch_up(all_jobs, stop)
        stop.wait()
    finally:
        say("stopping; the running job is finished first")
        scheduler.shutdown(wait=True)


def _just_after(moment: datetime) -> datetime:
    """The next instant. Reckoned in UTC: on a local clock the hour that DST repeats would never end."""
    return moment.astimezone(UTC) + timedelta(microseconds=1)


def _weekday(text: str) -> int:
    if text.isdigit() and int(text) <= 7:  # noqa: PLR2004 - crontab's second Sunday
        return int(text) % 7 if text != "7" else 7
    name = text.casefold()[:3]
    if name not in _DAYS:
        raise ValueError(f"{text!r} is no weekday")
    return _DAYS.index(name)


def tell(line: str) -> None:
    """One line on standard error, at once: service managers read it."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
