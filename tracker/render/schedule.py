"""What `closeout schedule` prints: what runs when, and how it went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.model import Firing
from tracker.render import escape
from tracker.render.wire import Wire
from tracker.render.wording import stamp

State = Literal["waiting", "running", "overdue", "abandoned", "new"]

_OUTCOMES = {"done": "green", "failed": "bold red", "stopped": "yellow", "held": "yellow"}
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Standing:
    """A schedule: when it runs, and how it went.

    `next_at` and `overdue_since` are in its time zone; the latter is the latest time at which nobody took it up.
    `running` is a firing without an end, `abandoned` when its process is taken for dead; `last` the latest with one.
    """

    name: str
    run: str
    report: str | None
    cron: str
    words: str
    timezone: str
    jitter_seconds: float
    next_at: datetime | None
    running: Firing | None
    abandoned: bool
    last: Firing | None
    overdue_since: datetime | None

    @property
    def state(self) -> State:
        """What is to be said of it first."""
        if self.running is not None:
            return "abandoned" if self.abandoned else "running"
        if self.overdue_since is not None:
            return "overdue"
        return "waiting" if self.last else "new"


@dataclass(frozen=True, slots=True)
class Timetable:
    """All schedules, as of `now`."""

    now: datetime
    schedules: tuple[Standing, ...]

    @property
    def note(self) -> str:
        """What a person should know: that nothing seems to serve."""
        states = [each.state for each in self.schedules]
        if not states:
            return "there are no schedules; a [schedules.NAME] table in closeout.toml makes one"
        if "running" in states:
            return ""
        if "overdue" in states or "abandoned" in states:
            return "what was due has not been run: is `closeout serve` running?"
        return "" if "waiting" in states else "nothing has run yet; `closeout serve` runs it when it is due"


class FiringWire(Wire):
    """One run. `due_at` is when it was to run.

    `outcome`: done, failed, stopped, or held (somebody is served once their hours begin); as long as it runs started,
    or resumed after it was held.
    """

    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    seconds: float | None
    outcome: str
    detail: str


class ScheduleWire(Wire):
    """One schedule. `words` say the cron line; `overdue_since` is the latest time at which nobody took it up.

    `state`: `waiting` for its next time, `running` (by whatever process), `abandoned` (it never ended: its process is
    taken for dead), `overdue`, or `new` (it never ran).
    """

    name: str
    run: str
    report: str | None
    cron: str
    words: str
    timezone: str
    jitter_seconds: float
    state: State
    next_at: datetime | None
    overdue_since: datetime | None
    running: FiringWire | None
    last: FiringWire | None


class ScheduleOutput(Wire):
    """`closeout schedule --format json`. `note` says, where that seems so, that nothing runs them."""

    version: Literal[1] = 1
    now: datetime
    note: str
    schedules: tuple[ScheduleWire, ...]


def to_json(table: Timetable) -> str:
    """The timetable as JSON, ending in a line break."""
    output = ScheduleOutput(now=table.now, note=table.note, schedules=tuple(map(_wire, table.schedules)))
    return output.model_dump_json(indent=2) + "\n"


def print_table(table: Timetable, console: Console) -> None:
    """The timetable for people."""
    shown = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    shown.add_column("Schedule", no_wrap=True)
    shown.add_column("Runs")
    shown.add_column("When")
    shown.add_column("Next")
    shown.add_column("Last", ratio=1, overflow="fold")
    for each in table.schedules:
        shown.add_row(
            Text(escape.plain(each.name)), _what(each), _when(each), _next(each, table.now), _last(each, table)
        )
    if table.schedules:
        console.print(shown)
    if table.note:
        console.print(Text(table.note, style="yellow"), soft_wrap=True)


def _what(each: Standing) -> Text:
    return Text(f"report {escape.plain(each.report)}" if each.report else each.run)


def _when(each: Standing) -> Text:
    text = Text.assemble(each.words, (f"\n{each.timezone}", "dim"))
    if each.jitter_seconds:
        text.append(f", up to {_span(each.jitter_seconds)} later", style="dim")
    return text


def _next(each: Standing, now: datetime) -> Text:
    if each.next_at is None:
        return Text("never")
    ahead = _span((each.next_at - now).total_seconds())
    return Text.assemble(f"{each.next_at:%a} {stamp(each.next_at)}", (f"\nin {ahead}", "dim"))


def _last(each: Standing, table: Timetable) -> Text:
    lines = list(_told(each, table.now))
    return Text("\n").join(lines) if lines else Text("never ran", style="dim")


def _told(each: Standing, now: datetime) -> Iterator[Text]:
    """What runs, what should have, and what ran last."""
    zone = ZoneInfo(each.timezone)
    if each.running is not None:
        since = f"{stamp(each.running.started_at.astimezone(zone))}, {_ago(each.running.started_at, now)}"
        yield (
            Text(f"began {since}, and never ended", style="bold red")
            if each.abandoned
            else Text(f"running since {since}", style="cyan")
        )
    elif each.overdue_since is not None:
        since = f"{stamp(each.overdue_since)}, {_ago(each.overdue_since, now)}"
        yield Text(f"overdue: should have run {since}", style="bold red")
    if each.last is not None:
        took = (each.last.finished_at or each.last.started_at) - each.last.started_at
        when = f"{stamp(each.last.started_at.astimezone(zone))}, took {_span(took.total_seconds())}"
        line = Text.assemble((each.last.outcome, _OUTCOMES.get(each.last.outcome, "")), f" {when}")
        yield line.append(f": {escape.plain(each.last.detail)}") if each.last.detail else line


def _wire(each: Standing) -> ScheduleWire:
    return ScheduleWire(
        name=each.name,
        run=each.run,
        report=each.report,
        cron=each.cron,
        words=each.words,
        timezone=each.timezone,
        jitter_seconds=each.jitter_seconds,
        state=each.state,
        next_at=each.next_at,
        overdue_since=each.overdue_since,
        running=_firing(each.running) if each.running else None,
        last=_firing(each.last) if each.last else None,
    )


def _firing(firing: Firing) -> FiringWire:
    return FiringWire(
        due_at=firing.due_at,
        started_at=firing.started_at,
        finished_at=firing.finished_at,
        seconds=(firing.finished_at - firing.started_at).total_seconds() if firing.finished_at else None,
        outcome=firing.outcome,
        detail=firing.detail,
    )


def _ago(moment: datetime, now: datetime) -> str:
    return f"{_span((now - moment).total_seconds())} ago"


def _span(seconds: float) -> str:
    """`0.4 s`, `12 s`, `1 min 30 s`, `3 h 20 min`, `2 d 4 h`: as exact as matters."""
    for (unit, name), (small, small_name) in pairwise(_UNITS):
        if seconds >= unit:
            whole, rest = divmod(int(seconds), unit)
            return f"{whole} {name} {rest // small} {small_name}" if rest >= small else f"{whole} {name}"
    return f"{seconds:.0f} s" if seconds == int(seconds) else f"{seconds:.1f} s"
