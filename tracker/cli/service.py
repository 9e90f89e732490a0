"""`closeout serve`: the scheduler in one process."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import signal
import threading

import typer

from tracker.cli.session import Session


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(context: typer.Context) -> None:
    """Run the schedules of closeout.toml until stopped (SIGTERM or Ctrl-C); the running job is finished first."""
    from tracker.schedule import serve as run
    from tracker.schedule import tell

    session: Session = context.obj
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(session.app, stop, tell)
