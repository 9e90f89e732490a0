"""`closeout serve`: the scheduler in one process; `closeout schedule`: what it runs when, and how it went."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import signal
import threading
from enum import StrEnum
from typing import Annotated

import typer

from tracker.cli.session import Session


class ScheduleFormat(StrEnum):
    """Formats of `schedule`."""

    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(schedule)


def serve(context: typer.Context) -> None:
    """Run the schedules of closeout.toml until stopped (SIGTERM or Ctrl-C); what is being done is finished first."""
    from tracker.schedule import serve as run
    from tracker.schedule import tell

    session: Session = context.obj
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    session.app.stop_with(stop)
    run(session.app, stop, tell)


def schedule(
    context: typer.Context,
    form: Annotated[ScheduleFormat, typer.Option("--format", help="How to print.")] = ScheduleFormat.TABLE,
) -> None:
    """Say what runs when: the next time, and how the last one went. Needs no running service."""
    from tracker.render import schedule as render
    from tracker.schedule import timetable

    session: Session = context.obj
    app = session.app
    with app.store(create=False) as store:
        found = timetable(app.settings, store, app.clock())
    if form is ScheduleFormat.JSON:
        session.write(render.to_json(found))
    else:
        render.print_table(found, session.out)
