"""A target's write budget: when may the next write be sent?

Pure arithmetic over the times of earlier writes, which the journal keeps; so a budget holds across processes and
restarts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """At most `writes` within any span of `span`."""

    writes: int
    span: timedelta

    def __post_init__(self) -> None:
        if self.writes < 1 or self.span <= timedelta(0):
            raise ValueError("a window lets at least one write through in a span longer than nothing")


@dataclass(frozen=True, slots=True)
class Budget:
    """All windows must hold at once; no windows means no limit."""

    windows: tuple[Window, ...] = ()

    @property
    def horizon(self) -> timedelta:
        """How far back earlier writes matter."""
        return max((window.span for window in self.windows), default=timedelta(0))


def next_slot(sent: Sequence[datetime], budget: Budget, now: datetime) -> datetime:
    """The earliest time, not before `now`, at which one more write stays within `budget`.

    Args:
        sent: times of earlier writes in ascending order; those older than the budget's horizon may be left out.
        budget: the windows to keep.
        now: the present time.
    """
    slot = now
    for window in budget.windows:
        if len(sent) >= window.writes:
            slot = max(slot, sent[-window.writes] + window.span)
    return slot


def time_needed(
    count: int, sent: Sequence[datetime], budget: Budget, now: datetime, each: timedelta = timedelta(0)
) -> timedelta:
    """How long `count` more writes will take, one after the other, each in its `next_slot`.

    Args:
        count: how many writes are wanted; none take no time.
        sent: times of earlier writes in ascending order, as for `next_slot`.
        budget: the windows to keep.
        now: the present time.
        each: how long a target takes to answer one write; the next one waits for it.
    """
    times = list(sent)
    at = now
    for _ in range(count):
        times.append(next_slot(times, budget, at))
        at = times[-1] + each
    return at - now
