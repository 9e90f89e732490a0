"""What `connectors.interface` promises of targets that can do more: several issues at once, due dates, priorities."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from contract.conftest import some_people

from connectors.errors import RequestRejected
from connectors.interface import CreatesMany, GetsMany, Issue, IssueDraft, IssuePatch, IssueTracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.conftest import Bench

    Draft = Callable[..., IssueDraft]


class TestSeveralAtOnce:
    @pytest.fixture(params=["jira_cloud", "jira_dc"])
    def bench(self, request: pytest.FixtureRequest) -> Bench:
        """Of the targets that can."""
        bench: Bench = request.getfixturevalue(request.param)
        return bench

    @pytest.fixture
    def many(self, tracker: IssueTracker) -> CreatesMany:
        assert isinstance(tracker, CreatesMany)
        return tracker

    def test_each_is_told_in_order(self, bench: Bench, many: CreatesMany, draft: Draft) -> None:
        wanted = [draft(labels=frozenset({"a"}), assignees=some_people(bench)) for _ in range(3)]
        made = many.create_many(wanted)
        issues = [each for each in made if isinstance(each, Issue)]
        assert [(issue.title, issue.managed, issue.marker) for issue in issues] == [
            (each.title, each.managed, each.marker) for each in wanted
        ]
        assert {(issue.labels, issue.assignees) for issue in issues} == {(bench.always | {"a"}, some_people(bench))}
        assert [bench.again().get(issue.ref) for issue in issues] == issues

    @pytest.mark.parametrize("wrong", [{"title": " "}, {"labels": frozenset({"two words"})}], ids=["title", "label"])
    def test_one_that_is_refused_is_no_harm_to_others(
        self, bench: Bench, many: CreatesMany, draft: Draft, wrong: dict[str, Any]
    ) -> None:
        first, refused, last = many.create_many([draft(), draft(**wrong), draft()])
        assert isinstance(refused, RequestRejected)
        assert bench.tracker.changed_since(None).issues == (first, last)

    def test_as_many_as_possible(self, bench: Bench, many: CreatesMany, draft: Draft) -> None:
        made = many.create_many([draft() for _ in range(many.most_at_once)])
        assert len({each.ref for each in made if isinstance(each, Issue)}) == many.most_at_once
        assert len(bench.tracker.changed_since(None).issues) == many.most_at_once

    def test_none_is_none(self, bench: Bench, many: CreatesMany) -> None:
        assert list(many.create_many([])) == []
        assert bench.tracker.changed_since(None).issues == ()


class TestManyTogether:
    @pytest.fixture(params=["jira_cloud", "jira_dc"])
    def bench(self, request: pytest.FixtureRequest) -> Bench:
        """Of the targets that can."""
        bench: Bench = request.getfixturevalue(request.param)
        return bench

    def test_are_told_as_each_by_itself(self, tracker: IssueTracker, draft: Draft) -> None:
        assert isinstance(tracker, GetsMany)
        issues = [tracker.create(draft()) for _ in range(3)]
        told = tracker.get_many([issue.ref for issue in issues])
        assert told == {issue.ref.key: tracker.get(issue.ref) for issue in issues}

    def test_one_that_is_missing_is_no_error(self, bench: Bench, tracker: IssueTracker, draft: Draft) -> None:
        assert isinstance(tracker, GetsMany)
        issue = tracker.create(draft())
        assert set(tracker.get_many([issue.ref, bench.missing])) <= {issue.ref.key}
        assert tracker.get_many([]) == {}


class TestDueAndPriority:
    def test_are_kept_where_the_target_can(self, bench: Bench, draft: Draft) -> None:
        can = bench.tracker.capabilities
        day, later = date(2026, 12, 1), date(2027, 2, 28)
        issue = bench.tracker.create(draft(due=day, priority="P1"))
        assert (issue.due, issue.priority) == (day if can.due else None, "P1" if can.priority else None)
        changed = bench.tracker.update(issue, IssuePatch(due=later, priority="P0"))
        assert (changed.due, changed.priority) == (later if can.due else None, "P0" if can.priority else None)
        assert bench.again().get(issue.ref) == changed
        assert bench.tracker.update(changed, IssuePatch(title="x")).due == changed.due
        cleared = bench.tracker.update(changed, IssuePatch(clear_due=True, clear_priority=True))
        assert (cleared.due, cleared.priority) == (None, None)
