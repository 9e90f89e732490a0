"""How promises are kept over time: open and overdue by day, how long closing takes, burn-down per postmortem. Pure.

All of it is played back from the audit log (`tracker.past` tells what that can and can't know), so it can be asked of
any day. What counts:

    open        what is to be done, snoozed items among it
    overdue     open, not snoozed, and the day that counted (extensions included) is over
    closed      done, won't do, or duplicate: the latter two are told apart, as won't do is not done
    neither     what left its document or was set aside, from that day on

Times to close are of what was done, from first sight to the last closing; `statistics.median`, and the 90th percentile
by `statistics.quantiles` with the method `inclusive` (of two closings after 1 and 11 days it is 10). What nobody ever
saw open, such as a ticked box in a new document, took no time and is not counted. In time is what was done by the end
of the day that counted when it was.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from itertools import accumulate, groupby
from operator import attrgetter
from statistics import median, quantiles

from tracker.model import Event, ItemState, KnownDocument
from tracker.past import Life, Past, life
from tracker.people import PeopleBook

MOST_DAYS = 62
"""A span has at most this many steps; they are days, or weeks, or as many weeks as are needed."""

MOST_BURN_DOWNS = 12

_CLOSED = (ItemState.DONE, ItemState.WONT_DO, ItemState.DUPLICATE)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """How many items stood how at the end of `day`; of those `closed` how many are not done."""

    day: date
    open: int
    overdue: int
    closed: int
    wont_do: int = 0
    duplicate: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """How closing went for the items of one priority, team or service; `name` is "" for those of none, and for all.

    `closed` were closed in the span and still are at its end, `wont_do` and `duplicate` among them. `median` and `p90`
    are the days that it took to do the others, None where there are none. `with_due` of these had a day to be done by,
    and `in_time` were.
    """

    name: str
    closed: int
    median: float | None
    p90: float | None
    in_time: int
    with_due: int
    wont_do: int = 0
    duplicate: int = 0


@dataclass(frozen=True, slots=True)
class BurnDown:
    """How the open items of one document became fewer.

    `total` is what it promised, as it counts on the last day; `left` how many were open at the end of each step since
    the document was `opened`, which is the day on which its first item was seen.
    """

    document: str
    title: str
    opened: date
    total: int
    left: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is measured from the day `first` to the day `last`, both included.

    `days` ascend in even steps and end with `last`. Spreads are in the order of their names; an item of several teams
    or services counts in each. `burn_downs` are of the documents that were open in the span: most open ones first, and
    at most twelve. Of the `documents` that promise something on the last day all is closed in `fully_closed`.
    """

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


def measure(
    events: Iterable[Event],
    documents: Mapping[str, KnownDocument],
    book: PeopleBook,
    first: date,
    last: date,
    zone: tzinfo,
    due_of: Callable[[Past], date | None] = attrgetter("falls_due"),
) -> Metrics:
    """What the log tells of the days from `first` to `last`.

    Args:
        events: of all items, one item's after another's, each as they were written; taken once, one by one.
        documents: all that are known, for their titles and services.
        book: who owners are, for their teams.
        first: the first day.
        last: the last day, not before `first`.
        zone: where a day ends.
        due_of: the day that counts for an item as it was.
    """
    tally = _Tally(_Steps.between(first, last), first, zone, due_of, _Groups(documents, book))
    for _, told in groupby(events, key=attrgetter("item")):
        if lived := life(told):
            tally.add(lived)
    return tally.metrics()


@dataclass(frozen=True, slots=True)
class _Steps:
    """The days that are shown, `length` days apart, the last one `last`."""

    begin: date
    last: date
    length: int

    @classmethod
    def between(cls, first: date, last: date) -> _Steps:
        span = (last - first).days
        weeks = -(-span // (7 * MOST_DAYS))
        length = 1 if span < MOST_DAYS else 7 * weeks
        return cls(last - timedelta(days=span - span % length), last, length)

    @property
    def days(self) -> list[date]:
        return [self.begin + timedelta(days=self.length * place) for place in range(self.count)]

    @property
    def count(self) -> int:
        return (self.last - self.begin).days // self.length + 1

    def place(self, day: date) -> int:
        """The first step that is not before `day`; `count` for a day after the last one."""
        return min(max(-((self.begin - day).days // self.length), 0), self.count)


class _Line:
    """How many of something there are at the end of each step."""

    __slots__ = ("_changes",)

    def __init__(self, steps: int) -> None:
        self._changes = array("l", bytes(array("l").itemsize * (steps + 1)))

    def add(self, begin: int, end: int) -> None:
        """One more from the step `begin` until before `end`."""
        if begin < end:
            self._changes[begin] += 1
            self._changes[end] -= 1

    @property
    def values(self) -> list[int]:
        return list(accumulate(self._changes[:-1]))


@dataclass(slots=True)
class _Closings:
    """What was closed in the span."""

    as_: dict[ItemState, int] = field(default_factory=lambda: dict.fromkeys(_CLOSED, 0))
    days: array[float] = field(default_factory=lambda: array("d"))
    in_time: int = 0
    with_due: int = 0

    def spread(self, name: str) -> Spread:
        done = sorted(self.days)
        return Spread(
            name,
            sum(self.as_.values()),
            round(median(done), 2) if done else None,
            _ninetieth(done),
            self.in_time,
            self.with_due,
            self.as_[ItemState.WONT_DO],
            self.as_[ItemState.DUPLICATE],
        )


def _ninetieth(numbers: Sequence[float]) -> float | None:
    if len(numbers) < 2:  # noqa: PLR2004 - quantiles are between numbers
        return round(numbers[0], 2) if numbers else None
    return round(quantiles(numbers, n=10, method="inclusive")[-1], 2)


class _Groups:
    """Which priority, teams and services an item is counted with; "" where there is none."""

    def __init__(self, documents: Mapping[str, KnownDocument], book: PeopleBook) -> None:
        self.documents, self._book = documents, book
        self.teams = cache(self._teams)

    def of(self, past: Past) -> Iterable[tuple[str, str]]:
        """(kind of group, name) of each."""
        yield "priority", past.priority or ""
        yield from (("team", name) for name in self.teams(past.owner))
        document = self.documents.get(past.document)
        yield from (("service", name) for name in dict.fromkeys(document.services if document else ()) or ("",))

    def _teams(self, owner: str | None) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for each in self._book.resolve(owner).known:
            team = each if each.is_team else self._book.get(each.team or "")
            if team is not None:
                found[team.name] = None
        return tuple(found) or ("",)


@dataclass(slots=True)
class _Document:
    """What is counted of one document."""

    left: _Line
    opened: date
    total: int = 0
    open: int = 0


class _Tally:
    """Counts one item after the other."""

    def __init__(
        self, steps: _Steps, first: date, zone: tzinfo, due_of: Callable[[Past], date | None], groups: _Groups
    ) -> None:
        self._steps, self._first, self._zone, self._due_of, self._groups = steps, first, zone, due_of, groups
        self._open, self._overdue, *closed = (_Line(steps.count) for _ in range(2 + len(_CLOSED)))
        self._closed = dict(zip(_CLOSED, closed, strict=True))
        self._documents: dict[str, _Document] = {}
        self._closings: defaultdict[Hashable, _Closings] = defaultdict(_Closings)

    def add(self, lived: Life) -> None:
        """Count one item."""
        begins = [moment.astimezone(self._zone).date() for moment, _ in lived]
        after = self._steps.last + _DAY
        for (_, past), begin, end in zip(lived, begins, [*begins[1:], after], strict=True):
            # Only what lasts to the end of a day is seen.
            if begin < min(end, after):
                self._add_version(past, begin, min(end, after))
        last = next((place for place in reversed(range(len(lived))) if begins[place] < after), None)
        if last is not None:
            self._add_end(lived[: last + 1], begins)

    def _add_version(self, past: Past, begin: date, end: date) -> None:
        place = self._steps.place
        if past.state is ItemState.OPEN:
            self._open.add(place(begin), place(end))
            self._document(past, begin).left.add(place(begin), place(end))
            due = self._due_of(past)
            if due is not None:
                late = max(begin, due + _DAY, past.snoozed_until or begin)
                self._overdue.add(place(late), place(end))
        elif past.state in _CLOSED:
            self._closed[past.state].add(place(begin), place(end))
            self._document(past, begin)

    def _document(self, past: Past, day: date) -> _Document:
        found = self._documents.get(past.document)
        if found is None:
            found = self._documents[past.document] = _Document(_Line(self._steps.count), day)
        found.opened = min(found.opened, day)
        return found

    def _add_end(self, lived: Life, begins: Sequence[date]) -> None:
        """Count how the item stands on the last day and, if it was closed in the span, how that went."""
        past = lived[-1][1]
        if past.state in (ItemState.REMOVED, ItemState.IGNORED):
            return
        document = self._document(past, begins[len(lived) - 1])
        document.total += 1
        if past.state is ItemState.OPEN:
            document.open += 1
            return
        closing = len(lived) - 1
        while closing and lived[closing - 1][1].state in _CLOSED:
            closing -= 1
        if begins[closing] >= self._first and any(each.state is ItemState.OPEN for _, each in lived[:closing]):
            self._add_closing(past.state, lived[closing][1], lived[0][0], lived[closing][0], begins[closing])

    def _add_closing(self, state: ItemState, past: Past, seen: datetime, at: datetime, day: date) -> None:
        due = self._due_of(past)
        for group in ("", *self._groups.of(past)):
            closings = self._closings[group]
            closings.as_[state] += 1
            if state is ItemState.DONE:
                closings.days.append((at - seen) / _DAY)
                closings.with_due += due is not None
                closings.in_time += due is not None and day <= due

    def metrics(self) -> Metrics:
        """What was counted."""
        steps, done, wont_do, duplicate = self._steps.days, *(self._closed[state].values for state in _CLOSED)
        rows = zip(steps, self._open.values, self._overdue.values, done, wont_do, duplicate, strict=True)
        promising = [each for each in self._documents.values() if each.total]
        return Metrics(
            first=self._first,
            last=self._steps.last,
            days=tuple(Day(day, is_open, late, a + b + c, b, c) for day, is_open, late, a, b, c in rows),
            overall=self._closings[""].spread(""),
            by_priority=self._spreads("priority"),
            by_team=self._spreads("team"),
            by_service=self._spreads("service"),
            burn_downs=self._burn_downs(steps),
            documents=len(promising),
            fully_closed=sum(not each.open for each in promising),
        )

    def _spreads(self, kind: str) -> tuple[Spread, ...]:
        named = {
            group[1]: each for group, each in self._closings.items() if isinstance(group, tuple) and group[0] == kind
        }
        return tuple(
            named[name].spread(name) for name in sorted(named, key=lambda name: (not name, name.casefold(), name))
        )

    def _burn_downs(self, steps: Sequence[date]) -> tuple[BurnDown, ...]:
        found = [(key, each, each.left.values) for key, each in self._documents.items()]
        found = [(key, each, left) for key, each, left in found if any(left)]
        found.sort(key=lambda each: (-each[2][-1], -max(each[2]), each[0]))
        return tuple(
            BurnDown(
                key,
                self._title(key),
                each.opened,
                each.total,
                tuple((day, number) for day, number in zip(steps, left, strict=True) if day >= each.opened),
            )
            for key, each, left in found[:MOST_BURN_DOWNS]
        )

    def _title(self, key: str) -> str:
        document = self._groups.documents.get(key)
        return (document.title or document.path) if document else key
