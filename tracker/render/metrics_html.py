"""Metrics as a piece of an HTML page that is also a mail: tables and inline styles; no scripts, pictures or SVG.

The classes are those of the report's page, whose style sheet shows them dark or narrow where a client reads it.
"""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from tracker.metrics import BurnDown, Metrics
from tracker.render import metrics_words as words
from tracker.render import templating

_HIGH, _LOW = 96, 24
"""Heights of the charts in pixels."""

_FEWER = 31
"""A small chart has at most this many columns: each takes more bytes than a number, and mails are cut off at 100 kB."""


class Column(NamedTuple):
    """One column of a chart: the heights of its upper and its lower part in pixels."""

    upper: int
    lower: int


class Row(NamedTuple):
    """One postmortem's burn-down; `before` are the steps before it was opened."""

    burn_down: BurnDown
    columns: tuple[Column, ...]
    before: int
    left: str


def render(metrics: Metrics) -> Markup:
    """The piece: to stand in a page of its own colours, at any width."""
    most = max((day.open for day in metrics.days), default=0)
    tables = [group for group in words.groups(metrics).values() if group.tells]
    return templating.piece(
        "metrics.html.j2",
        metrics=metrics,
        columns=[_column(day.open, day.overdue, most, _HIGH) for day in metrics.days],
        most=most,
        burn_downs=_rows(metrics),
        tables=tables,
        words=words,
    )


def _column(whole: int, lower: int, most: int, height: int) -> Column:
    """What is there is seen: no part of a column is nothing that is not."""
    if not whole:
        return Column(0, 0)
    full = max(round(height * whole / most), 2 if 0 < lower < whole else 1)
    bottom = min(max(round(full * lower / whole), 1), full - (lower < whole)) if lower else 0
    return Column(full - bottom, bottom)


def _rows(metrics: Metrics) -> list[Row]:
    steps = len(metrics.days)
    every = -(-steps // _FEWER)  # as all have to line up, also for those that were opened later
    rows = []
    for each in metrics.burn_downs:
        numbers = [number for _, number in each.left][::-1][::every][::-1]
        most = max(each.total, *numbers)
        columns = tuple(_column(number, 0, most, _LOW) for number in numbers)
        before = -(-steps // every) - len(columns)
        rows.append(Row(each, columns, before, words.left(each.total, each.left[-1][1])))
    return rows
