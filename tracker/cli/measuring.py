"""`closeout metrics`: how promises are kept over time."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from tracker.cli.days import a_day
from tracker.cli.session import Session


class MetricsFormat(StrEnum):
    """Formats of `metrics`."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class By(StrEnum):
    """What items are told apart by."""

    PRIORITY = "priority"
    TEAM = "team"
    SERVICE = "service"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(metrics)


def metrics(
    context: typer.Context,
    first: Annotated[
        date | None,
        typer.Option("--from", parser=a_day, metavar="DATE", help="The first day [default: 13 weeks before the last]."),
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=a_day, metavar="DATE", help="The last day [default: today].")
    ] = None,
    by: Annotated[By | None, typer.Option("--by", help="Only this table; with csv, its rows.")] = None,
    form: Annotated[MetricsFormat, typer.Option("--format", help="How to print.")] = MetricsFormat.TABLE,
) -> None:
    """Tell how promises are kept: open and overdue over time, times to close, burn-down of each postmortem."""
    from tracker.render import metrics as render

    session: Session = context.obj
    found = session.app.metrics(first, last)
    if form is MetricsFormat.JSON:
        session.write(render.to_json(found))
    elif form is MetricsFormat.CSV:
        session.write(render.to_csv(found, by))
    else:
        render.print_metrics(found, by, session.out)
