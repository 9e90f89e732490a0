"""What is measured over time, from the audit log alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from entries import BOOK, document, patient
from hypothesis import given
from hypothesis import strategies as st

from tracker.metrics import MOST_BURN_DOWNS, MOST_DAYS, measure
from tracker.model import Event, Item, ItemState, Kind
from tracker.past import FACTS, replay, telling
from tracker.store import mapping

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
CLOSED = (ItemState.DONE, ItemState.WONT_DO, ItemState.DUPLICATE)
DOCUMENTS = {
    "a": document("a", services=("checkout", "search")),
    "b": document("b", title=None),
    "c": document("c"),
}


class Log:
    """A log as the store writes it."""

    def __init__(self):
        self.items = {}
        self.events = []

    def find(self, id_="x", at=NOON, doc="a", **fields):
        self.put(Item(id_, doc, id_, 0, Kind.TASK, "", 1, at, **fields), at)
        return self

    def change(self, id_="x", at=NOON, **fields):
        self.put(replace(self.items[id_], **fields), at)
        return self

    def settle(self, id_="x", at=NOON, state=ItemState.DONE, closed_at=None):
        return self.change(id_, at, state=state, settled_at=closed_at or at)

    def decide(self, what, id_="x", at=NOON, **detail):
        self.add(Event(at, "Jo", what, id_, "a", detail))
        return self

    def put(self, item, at):
        before = self.items.get(item.id)
        names = (*FACTS, *(() if before else ("first_seen",)))
        values = mapping.item_values(item)
        changed = {n: values[n] for n in names if before is None or values[n] != mapping.item_values(before)[n]}
        self.items[item.id] = item
        for event in telling([], [(item, changed)], at):
            self.add(event)

    def add(self, event):
        self.events.append(mapping.event_of(mapping.event_values(event)))

    def measure(self, first=FIRST, last=LAST, **more):
        told = sorted(self.events, key=lambda event: event.item)
        return measure(told, DOCUMENTS, BOOK, first, last, more.pop("zone", UTC), **more)


def days(number):
    return NOON + timedelta(days=number)


def on(metrics, day):
    (found,) = [each for each in metrics.days if each.day == day]
    return found.open, found.overdue, found.closed


def test_open_overdue_closed_by_day():
    log = Log().find(due_date=date(2026, 11, 10)).settle(at=days(12))
    found = log.measure()
    assert [each.day for each in found.days] == [FIRST + timedelta(days=n) for n in range(30)]
    assert on(found, date(2026, 11, 1)) == (0, 0, 0)
    assert on(found, date(2026, 11, 2)) == (1, 0, 0)
    assert on(found, date(2026, 11, 10)) == (1, 0, 0)  # until the end of its day
    assert on(found, date(2026, 11, 11)) == (1, 1, 0)
    assert on(found, date(2026, 11, 13)) == (1, 1, 0)
    assert on(found, date(2026, 11, 14)) == (0, 0, 1)
    assert (found.documents, found.fully_closed) == (1, 1)
    assert on(log.measure(last=date(2026, 11, 13)), date(2026, 11, 13)) == (1, 1, 0)


def test_a_day_ends_where_the_team_is():
    log = Log().find(at=datetime(2026, 11, 2, 23, 30, tzinfo=UTC))
    assert on(log.measure(), date(2026, 11, 2)) == (1, 0, 0)
    assert on(log.measure(zone=ZoneInfo("Europe/Berlin")), date(2026, 11, 2)) == (0, 0, 0)


def test_closed_counts_from_when_it_happened_not_from_when_it_was_learnt():
    log = Log().find(due_date=date(2026, 11, 4)).settle(at=days(20), closed_at=days(1))
    found = log.measure()
    assert on(found, date(2026, 11, 3)) == (0, 0, 1)
    assert (found.overall.median, found.overall.in_time) == (1, 1)


def test_reopened_is_open_again_and_its_last_closing_counts():
    log = Log().find().settle(at=days(1)).change(at=days(3), state=ItemState.OPEN, settled_at=None)
    log.settle(at=days(9), closed_at=days(2))  # a clock that goes wrong: never before it was reopened
    found = log.measure()
    assert [on(found, date(2026, 11, day))[0] for day in (2, 3, 4, 5, 6)] == [1, 0, 0, 0, 0]
    again = log.settle(at=days(9), closed_at=days(8)).measure()
    assert again.overall.closed == 1
    later = Log().find().settle(at=days(1)).change(at=days(3), state=ItemState.OPEN, settled_at=None)
    assert later.settle(at=days(9), closed_at=days(8)).measure().overall.median == 8


def test_the_due_day_that_counted_when_it_was_settled():
    log = Log().find(due_date=date(2026, 11, 4)).decide("due date extended", at=days(1), to="2026-11-20")
    found = log.settle(at=days(10)).measure()
    assert (found.overall.with_due, found.overall.in_time) == (1, 1)
    assert {each.overdue for each in found.days} == {0}
    late = Log().find(due_date=date(2026, 11, 4)).settle(at=days(3))
    late.decide("due date extended", at=days(4), to="2026-11-20")  # too late to help
    assert late.measure().overall.in_time == 0
    assert late.measure(due_of=lambda past: past.first_seen.date() + timedelta(days=7)).overall.in_time == 1


def test_snoozed_is_open_and_not_overdue():
    log = Log().find(due_date=date(2026, 11, 4)).decide("item snoozed", at=days(1), until="2026-11-15")
    found = log.measure()
    assert on(found, date(2026, 11, 14)) == (1, 0, 0)
    assert on(found, date(2026, 11, 15)) == (1, 1, 0)


def test_removed_and_ignored_leave_the_count():
    log = Log().find().find("y").find("z", doc="b")
    log.change("x", at=days(2), state=ItemState.REMOVED, settled_at=days(2))
    log.decide("item ignored", "y", at=days(3)).decide("item heeded", "y", at=days(5))
    found = log.measure()
    assert [on(found, date(2026, 11, day))[0] for day in (3, 4, 5, 7)] == [3, 2, 1, 2]
    assert (found.documents, found.fully_closed, found.overall.closed) == (2, 0, 0)


def test_wont_do_is_closed_and_told_apart():
    log = Log().find().find("y").find("z").settle("x", days(1))
    log.settle("y", days(2), ItemState.WONT_DO).settle("z", days(3), ItemState.DUPLICATE)
    found = log.measure()
    assert (found.days[-1].closed, found.days[-1].wont_do, found.days[-1].duplicate) == (3, 1, 1)
    assert (found.overall.closed, found.overall.wont_do, found.overall.duplicate) == (3, 1, 1)
    assert (found.overall.median, found.overall.p90) == (1, 1)  # of what was done


def test_what_nobody_saw_open_took_no_time():
    found = Log().find(state=ItemState.DONE, settled_at=NOON).measure()
    assert on(found, date(2026, 11, 2)) == (0, 0, 1)
    assert (found.overall.closed, found.overall.median) == (0, None)


def test_a_store_that_was_lost_knows_when_issues_were_opened_and_closed():
    item = Item("x", "a", "x", 0, Kind.TASK, "", 1, days(1), state=ItemState.DONE, settled_at=days(4))
    log = Log()
    log.put(item, days(20))
    found = log.measure()
    assert [on(found, date(2026, 11, day)) for day in (2, 3, 6)] == [(0, 0, 0), (1, 0, 0), (0, 0, 1)]
    assert found.overall.median == 3


def test_median_and_ninetieth_percentile():
    log = Log()
    for number in range(1, 12):
        log.find(f"{number}", priority="P1" if number % 2 else None).settle(f"{number}", days(number))
    found = log.measure()
    assert (found.overall.closed, found.overall.median, found.overall.p90) == (11, 6, 10)
    assert [(each.name, each.closed) for each in found.by_priority] == [("P1", 6), ("", 5)]


def test_an_item_of_two_teams_and_services_counts_in_each():
    log = Log().find(owner="Jo Smith, R&D").find("y", owner="Max Power", doc="b").find("z", doc="gone")
    for name in "xyz":
        log.settle(name, days(1))
    found = log.measure()
    assert [(each.name, each.closed) for each in found.by_team] == [("DBA team", 1), ("R&D", 1), ("", 2)]
    assert [(each.name, each.closed) for each in found.by_service] == [("checkout", 1), ("search", 1), ("", 2)]


def test_burn_down_of_each_open_document():
    log = Log().find().find("y").find("z", doc="b", at=days(5)).find("w", doc="c").settle("w", NOON)
    log.settle("x", days(3))
    a, b = log.measure().burn_downs
    assert (a.document, a.title, a.opened, a.total) == ("a", "Outage a", date(2026, 11, 2), 2)
    assert [left for _, left in a.left] == [2, 2, 2, *[1] * 26]
    assert (b.title, b.opened, b.left[0]) == ("postmortems/b.md", date(2026, 11, 7), (date(2026, 11, 7), 1))


def test_the_answer_is_bounded_however_long_the_span():
    log = Log()
    for number in range(MOST_BURN_DOWNS + 5):
        log.find(f"{number}", doc=f"{number:02}")
    for length in (0, 1, 61, 62, 63, 434, 435, 3650):
        found = log.measure(LAST - timedelta(days=length), LAST)
        steps = {(b.day - a.day).days for a, b in zip(found.days, found.days[1:], strict=False)}
        assert len(found.days) <= MOST_DAYS + 1
        assert steps <= {1} if length < MOST_DAYS else all(step % 7 == 0 for step in steps) and len(steps) == 1
        assert found.days[-1].day == LAST
        assert found.days[0].day >= LAST - timedelta(days=length)
        assert len(found.burn_downs) == MOST_BURN_DOWNS


def test_nothing_is_measured_of_nothing():
    found = Log().measure()
    assert (found.documents, found.burn_downs, found.by_team) == (0, (), ())
    assert found.overall.median is None
    assert {(each.open, each.closed) for each in found.days} == {(0, 0)}


_STEPS = st.lists(
    st.tuples(
        st.sampled_from("xyz"),
        st.sampled_from(["find", "settle", "open", "remove", "ignore", "heed", "snooze", "extend", "due", "move"]),
        st.integers(0, 72),
        st.sampled_from(CLOSED),
        st.integers(0, 20),
    ),
    max_size=25,
)


def told(steps):
    log, at = Log(), NOON - timedelta(days=5)
    for id_, what, hours, state, number in steps:
        at += timedelta(hours=hours)
        day = (at + timedelta(days=number - 8)).date()
        if id_ not in log.items:
            log.find(id_, at, due_date=day if number % 3 else None)
        match what:
            case "settle":
                log.settle(id_, at, state, at - timedelta(hours=10 * number))
            case "open":
                log.change(id_, at, state=ItemState.OPEN, settled_at=None)
            case "remove":
                log.change(id_, at, state=ItemState.REMOVED, settled_at=at)
            case "ignore" | "heed":
                log.decide("item ignored" if what == "ignore" else "item heeded", id_, at)
            case "snooze" | "extend":
                name = ("item snoozed", "until") if what == "snooze" else ("due date extended", "to")
                log.decide(name[0], id_, at, **{name[1]: day.isoformat()})
            case "due":
                log.change(id_, at, due_date=day)
            case "move":
                log.change(id_, at, document="abc"[number % 3])
    return log


@patient
@given(_STEPS, st.integers(0, 90), st.sampled_from(["UTC", "Pacific/Auckland", "America/New_York"]))
def test_each_day_is_what_a_replay_tells(steps, span, zone):
    log, where = told(steps), ZoneInfo(zone)
    found = log.measure(LAST - timedelta(days=span), LAST, zone=where)
    for day in found.days:
        end = datetime.combine(day.day + timedelta(days=1), datetime.min.time(), where) - timedelta(microseconds=1)
        there = replay(log.events, end).values()
        is_open = [past for past in there if past.state is ItemState.OPEN]
        late = [past for past in is_open if past.falls_due and past.falls_due < day.day]
        assert day.open == len(is_open)
        assert day.overdue == sum(not past.snoozed_until or day.day >= past.snoozed_until for past in late)
        assert day.closed == sum(past.state in CLOSED for past in there)
        for burn in found.burn_downs:
            left = dict(burn.left).get(day.day)
            assert left in (None, sum(past.document == burn.document for past in is_open))
    counting = [past for past in there if past.state in (ItemState.OPEN, *CLOSED)]
    assert found.documents == len({past.document for past in counting})
    still = {past.document for past in counting if past.state is ItemState.OPEN}
    assert found.fully_closed == found.documents - len(still)
    for spread in (found.overall, *found.by_team):
        assert spread.in_time <= spread.with_due <= spread.closed - spread.wont_do - spread.duplicate
        assert spread.median is None or 0 <= spread.median <= spread.p90


@patient
@given(_STEPS)
def test_a_replay_tells_what_stands_now(steps):
    log = told(steps)
    now = NOON + timedelta(days=365)
    for id_, past in replay(log.events, now).items():
        item = log.items[id_]
        assert (past.told, past.document, past.due_date) == (item.state, item.document, item.due_date)
    assert replay(log.events, NOON - timedelta(days=30)) == {}


def test_what_an_older_log_lacks_is_no_item():
    assert replay([Event(NOON, "closeout", "item found", "x", "a", {"line": 3})], NOON) == {}
    with pytest.raises(StopIteration):
        next(iter(replay([Event(NOON, "closeout", "parent opened")], NOON)))
