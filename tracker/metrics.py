"""How promises are kept over time: open and overdue by day, how long closing takes, burn-down per postmortem. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Day:
    """How many items stood how at the end of `day`. `overdue` are open ones; `closed` are done, won't do, duplicate."""

    day: date
    open: int
    overdue: int
    closed: int


@dataclass(frozen=True, slots=True)
class Spread:
    """How closing went for the items of one name: a priority, team or service, or "" for all.

    `closed` were settled in the span as done, won't do or duplicate; `median` and `p90` are days from first sight to
    that, None when nothing closed. Of the `with_due` that had a day to be done by, `in_time` were closed by it.
    """

    name: str
    closed: int
    median: float | None
    p90: float | None
    in_time: int
    with_due: int


@dataclass(frozen=True, slots=True)
class BurnDown:
    """How one document's open items became fewer: `left` after each of some days, `total` as promised by the last."""

    document: str
    title: str
    opened: date
    total: int
    left: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is measured from the day `first` to the day `last`, both included."""

    first: date
    last: date
    days: tuple[Day, ...]
    overall: Spread
    by_priority: tuple[Spread, ...]
    by_team: tuple[Spread, ...]
    by_service: tuple[Spread, ...]
    burn_downs: tuple[BurnDown, ...]
    documents: int
    fully_closed: int
