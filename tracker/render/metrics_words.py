"""How metrics are put: one wording for the terminal, mails, Markdown and HTML. No rules, only words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tracker.metrics import Metrics, Spread
from tracker.render import escape

_BARS = "▁▂▃▄▅▆▇█"
MOST_ROWS = 10
"""Rows of a table that people read to its end; more are said to be more."""


class Group(NamedTuple):
    """A table of spreads: what its rows are called, what a row without a name is called, and the rows."""

    title: str
    nobody: str
    spreads: tuple[Spread, ...]

    @property
    def tells(self) -> bool:
        """Whether it tells more than all items taken together."""
        return any(spread.name for spread in self.spreads)


def groups(metrics: Metrics) -> dict[str, Group]:
    """The tables by what they are asked for as."""
    return {
        "priority": Group("Priority", "no priority", metrics.by_priority),
        "team": Group("Team", "no team", metrics.by_team),
        "service": Group("Service", "no service", metrics.by_service),
    }


def name(spread: Spread, group: Group) -> str:
    """What a row is called."""
    return escape.plain(spread.name) or group.nobody


def span(metrics: Metrics) -> str:
    """`2026-08-22 to 2026-11-21, by week`."""
    if metrics.first == metrics.last:
        return f"{metrics.last}"
    step = (metrics.days[1].day - metrics.days[0].day).days if len(metrics.days) > 1 else 1
    words = {1: "by day", 7: "by week"}.get(step, f"every {step // 7} weeks")
    return f"{metrics.first} to {metrics.last}, {words}"


def trend(numbers: Sequence[int]) -> str:
    """`12, up from 5`."""
    before, now = numbers[0], numbers[-1]
    if before == now:
        return f"{now}, as at the beginning" if len(numbers) > 1 else f"{now}"
    return f"{now}, {'up' if now > before else 'down'} from {before}"


def most(numbers: Sequence[int]) -> str:
    """`at most 14`, where neither the beginning nor the end is that high; else empty."""
    highest = max(numbers)
    return f"at most {highest}" if highest > max(numbers[0], numbers[-1]) else ""


def days(number: float | None) -> str:
    """`8 days`, `0.5 days`, `1 day`; a dash where there is nothing to tell."""
    shown = short(number)
    return shown if number is None else f"{shown} day{'' if shown == '1' else 's'}"


def short(number: float | None) -> str:
    """Days without the word: `8`, `0.5`; a dash where there is nothing to tell."""
    if number is None:
        return "–"
    return f"{number:.1f}".removesuffix(".0") if number < 10 else f"{number:.0f}"  # noqa: PLR2004 - two figures do


HEADS = ("Closed", "Median days", "90 % days", "In time")


def figures(spread: Spread) -> tuple[str, ...]:
    """A row for narrow tables, below `HEADS`."""
    in_time = f"{spread.in_time} of {spread.with_due}" if spread.with_due else "–"
    return str(spread.closed), short(spread.median), short(spread.p90), in_time


def in_time(spread: Spread) -> str:
    """`9 of 11 (82 %)`; a dash where nothing had a due date."""
    return (
        f"{spread.in_time} of {spread.with_due} ({percent(spread.in_time, spread.with_due)})"
        if spread.with_due
        else "–"
    )


def percent(part: int, whole: int) -> str:
    """`82 %`. Neither all nor nothing is said of what is only near it."""
    if not whole:
        return "–"
    exact = 100 * part / whole
    return f"{min(max(round(exact), 1), 99) if 0 < part < whole else round(exact)} %"


def closed(spread: Spread) -> str:
    """`14 closed: 12 done, 1 won't do, 1 duplicate`; won't do is never called done."""
    done = spread.closed - spread.wont_do - spread.duplicate
    parts = ((done, "done"), (spread.wont_do, "won't do"), (spread.duplicate, "duplicate"))
    told = ", ".join(f"{number} {what}" for number, what in parts if number)
    if not spread.wont_do and not spread.duplicate:
        return told or "nothing closed"
    return f"{spread.closed} closed: {told}"


def pace(spread: Spread) -> str:
    """`half of what was done took up to 8 days, nine in ten up to 21 days; 9 of 11 (82 %) in time`; else empty."""
    if spread.median is None:
        return ""
    told = f"half of what was done took up to {days(spread.median)}, nine in ten up to {days(spread.p90)}"
    return f"{told}; {in_time(spread)} in time" if spread.with_due else told


def share(metrics: Metrics) -> str:
    """`3 of 9 postmortems fully closed (33 %)`."""
    if not metrics.documents:
        return "no postmortem promises anything"
    told = (
        f"{metrics.fully_closed} of {metrics.documents} postmortem{'s' if metrics.documents > 1 else ''} fully closed"
    )
    return f"{told} ({percent(metrics.fully_closed, metrics.documents)})"


def left(total: int, still: int) -> str:
    """`3 of 7 open`, `all 7 closed`; items that were dropped since do not count any more."""
    if not total:
        return "nothing left"
    return f"{still} of {total} open" if still else f"all {total} closed"


def sparkline(numbers: Sequence[int], highest: int | None = None) -> str:
    """One block for each number; nothing is a space, and whatever is there is seen."""
    top = max(highest or 0, *numbers, 1)
    return "".join(_BARS[max(-(-number * len(_BARS) // top) - 1, 0)] if number else " " for number in numbers)


def fewer(numbers: Sequence[int], most: int) -> list[int]:
    """Every so many of the numbers, from the last one backward, so that there are at most `most`."""
    return list(numbers[::-1][:: -(-len(numbers) // most) or 1][::-1])


def more(rows: Sequence[object]) -> str:
    """`and 4 more`; empty when all rows are shown."""
    return f"and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
