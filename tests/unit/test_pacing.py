"""A budget is kept in every span of time, and never wastes any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.pacing import Budget, Window, next_slot, time_needed

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
GITHUB = Budget((Window(80, MINUTE), Window(500, HOUR)))

windows = st.builds(Window, writes=st.integers(1, 6), span=st.integers(1, 120).map(lambda s: timedelta(seconds=s)))
budgets = st.lists(windows, max_size=3).map(lambda each: Budget(tuple(each)))
pauses = st.lists(st.integers(0, 90).map(lambda s: timedelta(seconds=s)), min_size=1, max_size=40)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def holds(sent: list[datetime], budget: Budget) -> bool:
    """At most `writes` in every half-open span: the write after them comes a whole span later or more."""
    return all(
        later - sent[index] >= window.span
        for window in budget.windows
        for index, later in enumerate(sent[window.writes :])
    )


def simulated(budget: Budget, waits: list[timedelta]) -> tuple[list[datetime], list[datetime]]:
    """Somebody wants to write, writes when allowed, and comes back after a while; wishes and writes."""
    now = NOW
    wishes: list[datetime] = []
    sent: list[datetime] = []
    for wait in waits:
        now += wait
        wishes.append(now)
        now = next_slot(sent, budget, now)
        sent.append(now)
    return wishes, sent


class TestNextSlot:
    def test_without_limits_it_is_now(self) -> None:
        assert next_slot([at(-1)] * 1_000, Budget(), NOW) == NOW

    def test_with_room_it_is_now(self) -> None:
        assert next_slot([at(-3), at(-2)], Budget((Window(3, MINUTE),)), NOW) == NOW

    def test_a_full_window_waits_for_its_oldest(self) -> None:
        assert next_slot([at(-50), at(-2), at(-1)], Budget((Window(3, MINUTE),)), NOW) == at(10)

    def test_a_write_a_whole_span_ago_is_out(self) -> None:
        assert next_slot([at(-60), at(-2), at(-1)], Budget((Window(3, MINUTE),)), NOW) == NOW

    def test_the_strictest_window_decides(self) -> None:
        budget = Budget((Window(2, MINUTE), Window(4, HOUR)))
        sent = [at(-3_000), at(-2_000), at(-30), at(-20)]
        assert next_slot(sent, budget, NOW) == at(600)
        assert next_slot(sent[2:], budget, NOW) == at(30)

    def test_githubs_numbers(self) -> None:
        budget = Budget((Window(80, MINUTE), Window(500, HOUR)))
        _, sent = simulated(budget, [timedelta(0)] * 501)
        assert sent[79] == NOW
        assert sent[80] == NOW + MINUTE
        assert sent[499] == NOW + 6 * MINUTE
        assert sent[500] == NOW + HOUR

    @given(budgets, pauses)
    def test_no_window_is_ever_overrun(self, budget: Budget, waits: list[timedelta]) -> None:
        _, sent = simulated(budget, waits)
        assert holds(sent, budget)
        assert all(earlier <= later for earlier, later in pairwise(sent))

    @given(budgets, pauses)
    def test_nobody_waits_longer_than_they_must(self, budget: Budget, waits: list[timedelta]) -> None:
        wishes, sent = simulated(budget, waits)
        for index, (wish, slot) in enumerate(zip(wishes, sent, strict=True)):
            assert slot >= wish
            if slot > wish:
                assert not holds([*sent[:index], slot - timedelta(microseconds=1)], budget)

    @given(budgets, pauses)
    def test_what_is_beyond_the_horizon_does_not_matter(self, budget: Budget, waits: list[timedelta]) -> None:
        _, sent = simulated(budget, waits)
        now = sent[-1] + timedelta(seconds=5)
        recent = [time for time in sent if time > now - budget.horizon]
        assert next_slot(recent, budget, now) == next_slot(sent, budget, now)

    @given(budgets, pauses)
    def test_asking_again_at_the_slot_gives_the_slot(self, budget: Budget, waits: list[timedelta]) -> None:
        _, sent = simulated(budget, waits)
        slot = next_slot(sent, budget, sent[-1])
        assert next_slot(sent, budget, slot) == slot


class TestTimeNeeded:
    def test_nothing_takes_no_time(self) -> None:
        assert time_needed(0, [at(-1)] * 9, Budget((Window(1, HOUR),)), NOW) == timedelta(0)

    def test_without_limits_only_the_answers_take_time(self) -> None:
        assert time_needed(1_000, [], Budget(), NOW) == timedelta(0)
        assert time_needed(1_000, [], Budget(), NOW, timedelta(seconds=2)) == timedelta(seconds=2_000)

    def test_githubs_numbers(self) -> None:
        assert time_needed(80, [], GITHUB, NOW) == timedelta(0)
        assert time_needed(500, [], GITHUB, NOW) == 6 * MINUTE
        assert time_needed(501, [], GITHUB, NOW) == HOUR
        assert time_needed(10_000, [], GITHUB, NOW) == 19 * HOUR + 6 * MINUTE

    def test_what_was_sent_already_counts(self) -> None:
        assert time_needed(1, [at(-1)] * 500, GITHUB, NOW) == HOUR - timedelta(seconds=1)

    def test_slow_answers_and_the_budget_overlap(self) -> None:
        assert time_needed(81, [], GITHUB, NOW, timedelta(seconds=1)) == timedelta(seconds=81)

    @given(budgets, pauses, st.integers(0, 30), st.integers(0, 20).map(lambda s: timedelta(seconds=s)))
    def test_it_agrees_with_asking_for_one_slot_after_the_other(
        self, budget: Budget, waits: list[timedelta], count: int, each: timedelta
    ) -> None:
        _, sent = simulated(budget, waits)
        start = now = sent[-1]
        before = list(sent)
        for _ in range(count):
            now = next_slot(sent, budget, now)
            sent.append(now)
            now += each
        assert time_needed(count, before, budget, start, each) == now - start

    @given(budgets, pauses, st.integers(0, 30))
    def test_more_writes_never_take_less(self, budget: Budget, waits: list[timedelta], count: int) -> None:
        _, sent = simulated(budget, waits)
        assert time_needed(count, sent, budget, sent[-1]) <= time_needed(count + 1, sent, budget, sent[-1])


class TestBudget:
    def test_horizon_is_the_longest_span(self) -> None:
        assert Budget((Window(1, MINUTE), Window(1, HOUR))).horizon == HOUR
        assert Budget().horizon == timedelta(0)

    @pytest.mark.parametrize(("writes", "span"), [(0, MINUTE), (-1, MINUTE), (1, timedelta(0)), (1, -MINUTE)])
    def test_a_window_that_lets_nothing_through_is_none(self, writes: int, span: timedelta) -> None:
        with pytest.raises(ValueError, match="window"):
            Window(writes, span)
