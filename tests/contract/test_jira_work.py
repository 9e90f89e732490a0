"""What Jira tells of work: which issues are being reviewed, and who said why some will not be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from contract.faults import Answer
from contract.jira_hands import ANA, BO, Requests
from contract.jira_model import Way
from contract.on_jira import tracker_at

from connectors.errors import NotAllowed, RateLimited, TargetUnreachable
from connectors.interface import IssuePatch, IssueRef, IssueState, TellsOfWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contract.little_jira import LittleJira
    from contract.on_jira import DataCenterBench

    from connectors.interface import Issue, IssueDraft
    from connectors.jira import JiraTracker

    Draft = Callable[..., IssueDraft]

LOST = IssueRef("ops", 99, "OPS-99")
FOREIGN = IssueRef("ops", 1, "WEB-1")


@pytest.fixture
def clock() -> list[datetime]:
    """The present time on the small Cloud, in the test's hands."""
    return [datetime(2026, 11, 20, 9, tzinfo=UTC)]


@pytest.fixture
def jira(little_jira: LittleJira, clock: list[datetime]) -> LittleJira:
    little_jira.store.clock = lambda: clock[0]
    little_jira.store.statuses |= {"In review": "indeterminate"}
    little_jira.store.flow["In review"] = list(little_jira.store.flow["In Progress"])
    for ways in little_jira.store.flow.values():
        ways.append(Way("41", "Ask for a review", "In review"))
    return little_jira


@pytest.fixture
def tracker(jira: LittleJira) -> Iterator[JiraTracker]:
    with tracker_at(jira.url, deployment="cloud") as tracker:
        yield tracker


@pytest.fixture
def issues(tracker: JiraTracker, draft: Draft) -> list[Issue]:
    return [tracker.create(draft()) for _ in range(3)]


@pytest.fixture
def requests(jira: LittleJira, issues: list[Issue]) -> Requests:
    requests = Requests(jira)
    requests()
    return requests


def drag(jira: LittleJira, key: str, to: str, by: str = ANA, resolution: str = "") -> None:
    """A person takes an issue to another status."""
    issue = jira.store.find(key)
    number = next(way.id for way in jira.store.ways(issue) if way.to == to)
    jira.store.transition(issue, number, {"fields": {"resolution": {"name": resolution}}} if resolution else {}, by)


def pull(jira: LittleJira, key: str) -> None:
    """A pull request that names the issue is opened."""
    issue = jira.store.find(key)
    issue.pulls += 1
    jira.store.touch(issue)


def say(jira: LittleJira, key: str, words: str, by: str = ANA) -> None:
    content = [{"type": "paragraph", "content": [{"type": "text", "text": words}]}]
    jira.store.say(jira.store.find(key), {"type": "doc", "version": 1, "content": content}, {}, by)


class TestUnderWay:
    def test_a_status_that_says_so(
        self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue], requests: Requests
    ) -> None:
        drag(jira, "OPS-2", "In review")
        refs = [*(issue.ref for issue in issues), LOST, FOREIGN]
        assert tracker.open_work(refs) == {issues[1].ref: f"{jira.url}/browse/OPS-2"}
        assert requests() == ["POST issue/bulkfetch", "POST search/jql"]
        drag(jira, "OPS-2", "Done", resolution="Done")
        assert tracker.open_work(refs) == {}

    def test_a_pull_request_in_the_development_panel(
        self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue]
    ) -> None:
        for number in (1, 3):
            pull(jira, f"OPS-{number}")
        drag(jira, "OPS-3", "Done", resolution="Done")
        assert tracker.open_work([issue.ref for issue in issues]) == {issues[0].ref: f"{jira.url}/browse/OPS-1"}

    def test_pages_of_those_with_pull_requests(
        self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue], requests: Requests
    ) -> None:
        jira.page = 2
        for issue in issues:
            pull(jira, issue.ref.key)
        assert set(tracker.open_work([issue.ref for issue in issues])) == {issue.ref for issue in issues}
        assert requests() == ["POST issue/bulkfetch", "POST search/jql", "POST search/jql"]

    def test_a_jira_without_a_development_tool_is_asked_once(
        self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue], requests: Requests
    ) -> None:
        jira.development = False
        drag(jira, "OPS-1", "In review")
        for _ in range(2):
            assert set(tracker.open_work([issue.ref for issue in issues])) == {issues[0].ref}
        assert requests() == ["POST issue/bulkfetch", "POST search/jql", "POST issue/bulkfetch"]

    def test_the_statuses_are_settings(self, jira: LittleJira, issues: list[Issue], requests: Requests) -> None:
        drag(jira, "OPS-1", "In review")
        drag(jira, "OPS-2", "In Progress")
        with tracker_at(jira.url, deployment="cloud", review_statuses=["in  PROGRESS"]) as tracker:
            assert set(tracker.open_work([issue.ref for issue in issues])) == {issues[1].ref}
        requests()
        with tracker_at(jira.url, deployment="cloud", review_statuses=[]) as tracker:
            assert tracker.open_work([issue.ref for issue in issues]) == {}
        assert requests() == ["POST search/jql"]

    def test_a_hundred_issues_a_request(self, tracker: JiraTracker, requests: Requests) -> None:
        refs = [IssueRef("ops", number, f"OPS-{number}") for number in range(1, 252)]
        assert tracker.open_work(refs) == {}
        assert requests().count("POST issue/bulkfetch") == 3

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (Answer(401, {}), NotAllowed),
            (Answer(429, {}, {"Retry-After": "60"}), RateLimited),
            (Answer(503, {}), TargetUnreachable),
            (Answer(200, {"issues": [{"key": "OPS-1", "fields": {}}]}), TargetUnreachable),
            (Answer(200, {"issues": "none"}), TargetUnreachable),
        ],
    )
    @pytest.mark.parametrize("path", ["issue/bulkfetch", "search/jql"])
    def test_what_is_no_answer(
        self,
        jira: LittleJira,
        tracker: JiraTracker,
        issues: list[Issue],
        answer: Answer,
        error: type[Exception],
        path: str,
    ) -> None:
        jira.before = lambda seen: answer if seen.path.endswith(path) else None
        with pytest.raises(error):
            tracker.open_work([issues[0].ref])


class TestWhyNot:
    def test_a_comment_of_who_closed_it(
        self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue], requests: Requests, clock: list[datetime]
    ) -> None:
        say(jira, "OPS-1", "It is too much work.", BO)
        drag(jira, "OPS-1", "Done", ANA, "Won't Do")
        say(jira, "OPS-1", "Really?", BO)
        say(jira, "OPS-1", "The pool is gone.", ANA)
        drag(jira, "OPS-2", "Done", ANA, "Done")
        say(jira, "OPS-2", "Shipped.", ANA)
        found = tracker.evidence([*(issue.ref for issue in issues), LOST, FOREIGN])
        assert set(found) == {issues[0].ref}
        told = found[issues[0].ref]
        assert (told.by, told.reason, told.work, told.verified) == (ANA, "The pool is gone.", "", False)
        assert told.closed_at == tracker.get(issues[0].ref).closed_at
        assert abs(told.closed_at - clock[0]) < timedelta(seconds=1)
        assert requests()[:3] == ["POST issue/bulkfetch", "GET issue/OPS-1/comment", "POST comment/list"]

    def test_nobody_said_why(
        self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue], clock: list[datetime]
    ) -> None:
        say(jira, "OPS-1", "I will look at it.")
        clock[0] += timedelta(days=3)
        drag(jira, "OPS-1", "Done", ANA, "Won't Do")
        told = tracker.evidence([issues[0].ref])[issues[0].ref]
        assert (told.by, told.reason) == (ANA, "")
        clock[0] += timedelta(days=3)
        say(jira, "OPS-1", "Sorry: the pool is gone.")
        assert tracker.evidence([issues[0].ref])[issues[0].ref].reason == "Sorry: the pool is gone."

    def test_what_closeout_says_is_no_reason(self, tracker: JiraTracker, issues: list[Issue]) -> None:
        tracker.update(issues[0], IssuePatch(state=IssueState.WONT_DO))
        tracker.comment(issues[0].ref, "Its document dropped it.\n\n<!-- closeout:said removed abc -->")
        assert tracker.evidence([issues[0].ref])[issues[0].ref].reason == ""
        tracker.comment(issues[0].ref, "The pool is gone.")
        assert tracker.evidence([issues[0].ref])[issues[0].ref].reason == "The pool is gone."

    def test_an_automation_has_no_reason(
        self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drag(jira, "OPS-1", "Done", BO, "Won't Do")
        say(jira, "OPS-1", "No activity for 60 days.", BO)
        told = jira.store.people.json
        monkeypatch.setattr(type(jira.store.people), "json", lambda _, who: told(who) | {"accountType": "app"})
        assert tracker.evidence([issues[0].ref])[issues[0].ref].reason == ""

    def test_the_closing_is_found_among_other_changes(
        self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue], clock: list[datetime]
    ) -> None:
        for who, to, resolution in ((BO, "In Progress", ""), (ANA, "Done", "Won't Do")):
            drag(jira, "OPS-1", to, who, resolution)
            clock[0] += timedelta(hours=1)
        jira.store.find("OPS-1").history.append(
            {"author": BO, "created": clock[0], "items": [{"field": "labels", "toString": "late"}]}
        )
        assert tracker.evidence([issues[0].ref])[issues[0].ref].by == ANA

    def test_a_history_that_is_not_told(self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue]) -> None:
        drag(jira, "OPS-1", "Done", ANA, "Won't Do")
        jira.store.find("OPS-1").history.clear()
        say(jira, "OPS-1", "The pool is gone.", BO)
        told = tracker.evidence([issues[0].ref])[issues[0].ref]
        assert (told.by, told.reason) == ("", "The pool is gone.")

    def test_an_issue_that_goes_meanwhile(self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue]) -> None:
        drag(jira, "OPS-1", "Done", ANA, "Won't Do")
        gone = Answer(404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."]})
        jira.before = lambda seen: gone if seen.path.endswith("/comment") else None
        assert tracker.evidence([issues[0].ref])[issues[0].ref].reason == ""

    @pytest.mark.parametrize(
        "broken", ["histories", [{"created": "?", "items": [{"field": "status"}]}], [{"items": [{}]}]]
    )
    def test_a_history_that_is_none(
        self, jira: LittleJira, tracker: JiraTracker, issues: list[Issue], broken: Any
    ) -> None:
        drag(jira, "OPS-1", "Done", ANA, "Won't Do")
        jira.store.changelog = lambda _: {"histories": broken}  # type: ignore[method-assign]
        with pytest.raises(TargetUnreachable):
            tracker.evidence([issues[0].ref])


class TestOnDataCenter:
    def test_what_is_in_review(self, jira_dc: DataCenterBench, draft: Draft) -> None:
        tracker, store = jira_dc.tracker, jira_dc.store
        assert isinstance(tracker, TellsOfWork)
        first, second = tracker.create(draft()), tracker.create(draft())
        for status in ("In Progress", "In Review"):
            store.transition_issue(second.ref.key, _way(store, second, status))
        assert tracker.open_work([first.ref, second.ref, LOST]) == {second.ref: second.ref.url}

    def test_why_it_will_not_be_done(self, jira_dc: DataCenterBench, draft: Draft) -> None:
        tracker, store = jira_dc.tracker, jira_dc.store
        first, second = tracker.create(draft()), tracker.create(draft())
        store.who = "ana"
        for issue in (first, second):
            store.transition_issue(issue.ref.key, _way(store, issue, "Done"), {"resolution": {"name": "Won't Do"}})
        store.add_comment(first.ref.key, "The *pool* is gone.")
        store.add_comment(second.ref.key, "Why?", "bo")
        found = tracker.evidence([first.ref, second.ref, LOST])
        assert {ref: (told.by, told.reason) for ref, told in found.items()} == {
            first.ref: ("ana", "The *pool* is gone."),
            second.ref: ("ana", ""),
        }
        assert found[first.ref].closed_at == tracker.get(first.ref).closed_at


def _way(store: Any, issue: Issue, status: str) -> str:
    """The transition that leads there."""
    ways = store.workflow.available_transitions(store.serializer, store.get_issue(issue.ref.key)["statusName"])
    return str(next(way["id"] for way in ways if way["to"]["name"] == status))
