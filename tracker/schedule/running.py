"""The service: APScheduler's triggers call the app. A firing belongs to its due time, whoever comes first runs it.

APScheduler keeps its jobs in memory; what was fired is in the store (`firing`, with a unique key). So any number of
schedulers can run side by side, and one that was down makes up for the latest missed firing, once. A firing that
failed, was stopped, or whose process was killed, is tried again until it is done, too old, or followed by a later one.
One that held a recipient back until their working hours is `held`: it is run again, for its own period, once these
begin.

Told to stop, the action that runs is finished and recorded, and no other begins; the next service goes on from there.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from connectors import ConnectorError
from tracker.app import App, Consent, Mode
from tracker.deliver import DeliveryOutcome
from tracker.errors import CloseoutError, Stopped, UsageError
from tracker.schedule.crontab import Delayed, Job, jobs, just_after, latest_due

_LATE = timedelta(hours=1)
"""A firing may start this late (the machine slept, another job ran) and still counts as on time."""
_CATCH_UP_EVERY = timedelta(minutes=15)


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
    # What is still being put off by its jitter is not missed.
    later = latest_due(job.trigger, max(last, oldest), now - job.jitter)
    if later is None and unfinished is not None and oldest < unfinished <= now:
        return unfinished
    return later


class Held(Exception):
    """A job has served whom it could; somebody waits for an hour that comes before the job's next firing."""

    def __init__(self, told: str, until: datetime) -> None:
        super().__init__(told)
        self.until = until


class Unserved(CloseoutError):
    """A job has not served everybody; before `until` there is no use in trying again."""

    def __init__(self, told: str, where: str, until: datetime) -> None:
        super().__init__(told, where=where)
        self.until = until


class Runner:
    """Runs jobs of the app, each due time once among all schedulers of the store."""

    def __init__(self, app: App, say: Callable[[str], None]) -> None:
        self.app = app
        self.say = say
        # Only saves looking in vain every quarter of an hour: after a restart one look too many does no harm.
        self._again_at: dict[str, tuple[datetime, datetime]] = {}

    def fire(self, job: Job, due_at: datetime, *, held: bool = False) -> bool:
        """Run `job` for `due_at` unless somebody has or is at it; a job's error is recorded and told, never raised.

        A firing that was `held` stays so while it fails: it may be older than what is made up for after downtime.
        """
        if self.app.stop():
            return False
        started_at = self.app.clock()
        with self.app.store() as store:
            if not store.start_firing(job.name, due_at, started_at):
                return False
        again_at = started_at
        try:
            outcome, detail = "done", self._run(job, due_at)
        except Stopped as error:
            outcome, detail = "stopped", error.message
        except Held as waits:
            outcome, detail, again_at = "held", str(waits), waits.until
        except Unserved as some:
            outcome, detail, again_at = "held" if held else "failed", str(some), some.until
        except (CloseoutError, ConnectorError) as error:
            outcome, detail = "held" if held else "failed", f"{error} {error.advice}".strip()
        except Exception as error:  # noqa: BLE001 - one job's bug must not end the service; it is told with its type
            outcome, detail = "held" if held else "failed", f"{type(error).__name__}: {error}"
        self._again_at[job.name] = due_at, again_at
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
            due_at = missed(job, last, now, unfinished) or waiting
            looked_at, again_at = self._again_at.get(job.name, (None, now))
            if due_at is not None and (due_at != looked_at or now >= again_at):
                self.fire(job, due_at, held=due_at == waiting)

    def keep_up(self, all_jobs: Iterable[Job], stop: threading.Event) -> None:
        """Called by the trigger every quarter of an hour: like `catch_up`, but an error is told, never raised."""
        with self._told("catching up"):
            self.catch_up(all_jobs, stop)

    def on_time(self, job: Job) -> None:
        """Called by the trigger: the firing belongs to the time at which it was due."""
        with self._told(job.name):
            now = self.app.clock()
            due_at = latest_due(job.trigger, now - _LATE - job.jitter - timedelta(seconds=1), now)
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
            if synced.stopped:
                left = sum(len(applied.postponed) for applied in synced.applied.values())
                raise Stopped(f"{done} of {done + failures + left} actions; the rest is left for the next run")
            written, settled = self.app.write_back(synced, (), Mode(self.app.settings.write_back.mode), Consent())
            if not synced.clean:
                raise CloseoutError(f"{failures} of {done + failures} actions failed", where="sync")
            if not (written.clean and (settled is None or settled.clean)):
                why = written.problem or next((each.problem for each in written.documents if each.problem), "")
                raise CloseoutError(f"not all could be written back: {why}".rstrip(": "), where="sync")
            return f"{done} actions"
        zone = ZoneInfo(job.settings.timezone or self.app.settings.timezone)
        report = self.app.report(job.settings.report or "", due_at=due_at.astimezone(zone), to_send=True)
        _, deliveries = self.app.send(report)
        counts = [f"{sum(d.outcome is each for d in deliveries)} {each.value}" for each in DeliveryOutcome]
        told = ", ".join(count for count in counts if not count.startswith("0 ")) or "nobody to tell"
        now = self.app.clock()
        again = [each.again_at or now for each in deliveries if each.unfinished]
        waits = [each.again_at for each in deliveries if each.outcome is DeliveryOutcome.HELD_BACK and each.again_at]
        following = job.trigger.get_next_fire_time(None, just_after(now))
        if waits and (following is None or min(waits) < following):
            raise Held(told, min([*waits, *again]))
        if again:
            raise Unserved(told, f"report {report.name}", min(again))
        return told


def serve(app: App, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Run the schedules until `stop` is set; what `app` is doing then is finished first, and begins nothing else.

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
        trigger = Delayed(job.trigger, job.settings.jitter_seconds) if job.jitter else job.trigger
        scheduler.add_job(runner.on_time, trigger, args=[job], id=job.name, name=job.name)
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
        say("stopping; what is being done is finished first")
        scheduler.shutdown(wait=True)


def tell(line: str) -> None:
    """One line on standard error, at once: service managers read it."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
