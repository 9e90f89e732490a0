"""What `closeout metrics` prints."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from rich import box
from rich.console import Console, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tracker.metrics import BurnDown, Metrics, Spread
from tracker.render import escape
from tracker.render import metrics_words as words
from tracker.render.wire import Wire

_WIDE = 24


class DayWire(Wire):
    """How many items stood how at the end of a day; `closed` are done, or one of the two beside it."""

    day: date
    open: int
    overdue: int
    closed: int
    wont_do: int
    duplicate: int


class SpreadWire(Wire):
    """What was closed in the span, of one priority, team or service; `name` is empty for items of none, and for all.

    `median` and `p90` are days from first sight to closing, of what was done; `in_time` of the `with_due` that had a
    day to be done by.
    """

    name: str
    closed: int
    wont_do: int
    duplicate: int
    median: float | None
    p90: float | None
    in_time: int
    with_due: int


class LeftWire(Wire):
    """How many items of a postmortem were open at the end of a day."""

    day: date
    open: int


class BurnDownWire(Wire):
    """How the open items of a postmortem became fewer, of the `total` that it promised as it counts on the last day."""

    document: str
    title: str
    opened: date
    total: int
    left: tuple[LeftWire, ...]


class MetricsOutput(Wire):
    """`closeout metrics --format json`. The steps between `days` are of one length; `burn_downs` are at most twelve."""

    version: Literal[1] = 1
    first: date
    last: date
    days: tuple[DayWire, ...]
    overall: SpreadWire
    by_priority: tuple[SpreadWire, ...]
    by_team: tuple[SpreadWire, ...]
    by_service: tuple[SpreadWire, ...]
    burn_downs: tuple[BurnDownWire, ...]
    documents: int
    fully_closed: int


def to_json(metrics: Metrics) -> str:
    """The figures as JSON, ending in a line break."""
    return wire(metrics).model_dump_json(indent=2) + "\n"


def wire(metrics: Metrics) -> MetricsOutput:
    """The figures as they go out."""
    return MetricsOutput(
        first=metrics.first,
        last=metrics.last,
        days=tuple(map(DayWire.model_validate, metrics.days)),
        overall=SpreadWire.model_validate(metrics.overall),
        by_priority=tuple(map(SpreadWire.model_validate, metrics.by_priority)),
        by_team=tuple(map(SpreadWire.model_validate, metrics.by_team)),
        by_service=tuple(map(SpreadWire.model_validate, metrics.by_service)),
        burn_downs=tuple(map(_burn_down, metrics.burn_downs)),
        documents=metrics.documents,
        fully_closed=metrics.fully_closed,
    )


def _burn_down(each: BurnDown) -> BurnDownWire:
    left = tuple(LeftWire(day=day, open=number) for day, number in each.left)
    return BurnDownWire(document=each.document, title=each.title, opened=each.opened, total=each.total, left=left)


def to_csv(metrics: Metrics, by: str | None) -> str:
    """One row for each day, or for each priority, team or service; with a header."""
    page = io.StringIO()
    rows: Sequence[Wire] = wire(metrics).days if by is None else getattr(wire(metrics), f"by_{by}")
    writer = csv.writer(page, lineterminator="\n")
    names = list((DayWire if by is None else SpreadWire).model_fields)
    writer.writerow(names)
    for row in rows:
        values = (getattr(row, name) for name in names)
        writer.writerow([escape.cell("" if value is None else str(value)) for value in values])
    return page.getvalue()


def print_metrics(metrics: Metrics, by: str | None, console: Console) -> None:
    """The figures for people; with `by` the one table that was asked for, else every one that tells something."""
    for part in _parts(metrics, by):
        console.print(part)


def _parts(metrics: Metrics, by: str | None) -> Iterator[RenderableType]:
    yield Text(words.span(metrics), style="bold")
    yield _over_time(metrics)
    yield Text(words.closed(metrics.overall), style="bold")
    if pace := words.pace(metrics.overall):
        yield Text(pace, style="dim")
    for key, group in words.groups(metrics).items():
        if key == by or (by is None and group.tells):
            yield _spreads(group)
    yield Text.assemble("\n" if metrics.overall.closed == 0 else "", (words.share(metrics), "bold"))
    if metrics.burn_downs:
        yield _burn_downs(metrics.burn_downs)


def _over_time(metrics: Metrics) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for style in ("dim", "", "", "dim"):
        table.add_column(style=style, no_wrap=True)
    rows = (
        ("open", [each.open for each in metrics.days], "cyan"),
        ("overdue", [each.overdue for each in metrics.days], "red"),
        ("closed", [each.closed for each in metrics.days], "green"),
    )
    highest = max(number for name, numbers, _ in rows if name != "closed" for number in numbers)
    for name, numbers, style in rows:
        line = words.sparkline(numbers, None if name == "closed" else highest)
        table.add_row(name, Text(line, style=style), words.trend(numbers), words.most(numbers))
    return table


def _spreads(group: words.Group) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column(group.title, max_width=40, overflow="fold")
    table.add_column("Closed", justify="right")
    for header in ("Median", "90 % within"):
        table.add_column(header, justify="right")
    table.add_column("In time", justify="right")
    table.add_column("", width=_WIDE)
    for spread in group.spreads[: words.MOST_ROWS]:
        bar = ProgressBar(total=spread.with_due, completed=spread.in_time, width=_WIDE) if spread.with_due else ""
        table.add_row(Text(words.name(spread, group)), *_figures(spread), bar)
    if told := words.more(group.spreads):
        table.add_row(Text(told, style="dim"))
    return table


def _figures(spread: Spread) -> tuple[str, ...]:
    return str(spread.closed), words.days(spread.median), words.days(spread.p90), words.in_time(spread)


def _burn_downs(burn_downs: Sequence[BurnDown]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column("Postmortem", max_width=48, overflow="fold")
    table.add_column("Since")
    table.add_column("Open items over time", overflow="crop", no_wrap=True)
    table.add_column("Left", no_wrap=True)
    for each in burn_downs:
        numbers = [number for _, number in each.left]
        line = Text(words.sparkline(numbers, each.total), style="cyan" if numbers[-1] else "green")
        line.align("right", max(len(other.left) for other in burn_downs))
        table.add_row(Text(escape.plain(each.title)), str(each.opened), line, words.left(each.total, numbers[-1]))
    return table
