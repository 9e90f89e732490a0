"""The Jira adapter on the small Cloud: how many requests each promise takes; new issues, and who is assigned."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from contract.faults import Answer
from contract.jira_hands import ANA, BO, GONE, Requests, lost
from contract.little_jira import EMAIL, SECRET
from contract.on_jira import tracker_at

from connectors.errors import NotAllowed, OutcomeUnknown, RateLimited, RequestRejected, TargetUnreachable
from connectors.factory import open_tracker
from connectors.interface import CreatesMany, Issue, IssueDraft, IssuePatch, IssueState
from connectors.jira import JiraTracker
from connectors.marker import Marker
from connectors.settings import JiraSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contract.little_jira import LittleJira

    Draft = Callable[..., IssueDraft]


@pytest.fixture
def jira(little_jira: LittleJira) -> LittleJira:
    return little_jira


@pytest.fixture
def tracker(jira: LittleJira) -> Iterator[JiraTracker]:
    with tracker_at(jira.url, deployment="cloud") as tracker:
        yield tracker


@pytest.fixture
def requests(jira: LittleJira) -> Requests:
    return Requests(jira)


@pytest.fixture
def issue(tracker: JiraTracker, draft: Draft, requests: Requests) -> Issue:
    """An issue of a tracker that has created before, and so knows the screens."""
    made = tracker.create(draft())
    requests()
    return made


class TestRequests:
    def test_a_create_is_two(self, tracker: JiraTracker, draft: Draft, requests: Requests) -> None:
        tracker.create(draft())
        first = requests()
        assert first == [
            "GET issue/createmeta/OPS/issuetypes",
            "GET issue/createmeta/OPS/issuetypes/10002",
            "POST issue",
            "GET issue/OPS-1",
        ]
        tracker.create(draft())
        assert requests() == ["POST issue", "GET issue/OPS-2"]

    def test_which_jira_it_is_is_asked_once(self, jira: LittleJira, draft: Draft, requests: Requests) -> None:
        with tracker_at(jira.url) as tracker:
            tracker.create(draft())
            tracker.changed_since(None)
        assert requests().count("GET /rest/api/2/serverInfo") == 1

    def test_many_creates_are_two(self, tracker: JiraTracker, draft: Draft, issue: Issue, requests: Requests) -> None:
        assert isinstance(tracker, CreatesMany)
        made = tracker.create_many([draft() for _ in range(tracker.most_at_once)])
        assert requests() == ["POST issue/bulk", "POST issue/bulkfetch"]
        assert all(isinstance(each, Issue) for each in made)
        assert len(made) == 50
        assert issue not in made

    def test_an_update_is_three(self, tracker: JiraTracker, issue: Issue, requests: Requests) -> None:
        patch = IssuePatch(
            title="New",
            managed="words",
            marker=replace(issue.marker or Marker("", "", ""), text="Reworded"),
            add_labels=frozenset({"late"}),
            due=date(2026, 12, 1),
            priority="P0",
        )
        after = tracker.update(issue, patch)
        assert requests() == ["GET issue/OPS-1", "PUT issue/OPS-1", "GET issue/OPS-1"]
        assert (after.title, after.managed, after.due, after.priority) == ("New", "words", date(2026, 12, 1), "P0")
        assert tracker.update(after, patch) == after
        assert requests() == ["GET issue/OPS-1", "GET issue/OPS-1"]

    def test_a_state_is_two_more(self, tracker: JiraTracker, issue: Issue, requests: Requests) -> None:
        tracker.update(issue, IssuePatch(state=IssueState.DONE))
        assert requests() == [
            "GET issue/OPS-1",
            "GET issue/OPS-1/transitions",
            "POST issue/OPS-1/transitions",
            "GET issue/OPS-1",
        ]

    def test_nothing_is_nothing(self, tracker: JiraTracker, issue: Issue, requests: Requests) -> None:
        assert tracker.update(issue, IssuePatch()) is issue
        assert tracker.evidence([]) == tracker.open_work([]) == {}
        assert tracker.is_public() is False
        assert requests() == []

    def test_a_comment_is_two_and_comments_are_two(
        self, tracker: JiraTracker, issue: Issue, requests: Requests
    ) -> None:
        tracker.comment(issue.ref, "hello")
        assert requests() == ["GET issue/OPS-1", "POST issue/OPS-1/comment"]
        tracker.comments(issue.ref)
        assert requests() == ["GET issue/OPS-1/comment", "POST comment/list"]

    def test_what_changes_take_of_the_budget_is_left_out(self, tracker: JiraTracker, issue: Issue) -> None:
        [before] = tracker.capabilities.budget.windows
        tracker.update(issue, IssuePatch(title="x", state=IssueState.DONE))
        [after] = tracker.capabilities.budget.windows
        assert before.writes - after.writes == 2


class TestACreateIsCertainOrNot:
    def test_a_lost_answer_is_not(self, jira: LittleJira, tracker: JiraTracker, issue: Issue, draft: Draft) -> None:
        jira.after = lost("POST", "/issue")
        with pytest.raises(OutcomeUnknown):
            tracker.create(draft())
        assert len(jira.store.issues) == 2
        assert issue.ref.number == 1

    @pytest.mark.parametrize(
        "trouble",
        [
            Answer(cut="read"),
            Answer(503, {}),
            Answer(429, {}, {"Retry-After": "60"}),
            Answer(404, {"errorMessages": ["no"], "errors": {}}),
            Answer(200, {"id": "1"}),
        ],
    )
    def test_what_fails_after_it_makes_it_no_less_certain(
        self, jira: LittleJira, tracker: JiraTracker, issue: Issue, draft: Draft, trouble: Answer
    ) -> None:
        jira.before = lambda seen: trouble if seen.verb == "GET" and "/issue/OPS-" in seen.path else None
        wanted = draft(
            labels=frozenset({"a"}), assignees=frozenset({"ana@example.com"}), due=date(2026, 12, 1), priority="P1"
        )
        made = tracker.create(wanted)
        jira.before = lambda _: None
        stored = tracker.get(made.ref)
        assert stored.ref.number == issue.ref.number + 1
        for name in ("ref", "title", "managed", "marker", "state", "labels", "assignees", "due", "priority"):
            assert getattr(made, name) == getattr(stored, name)

    def test_a_lost_bulk_is_not(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        jira.after = lost("POST", "/issue/bulk")
        made = tracker.create_many([draft(), draft(title=" "), draft()])
        assert [type(each) for each in made] == [OutcomeUnknown, RequestRejected, OutcomeUnknown]
        assert len(jira.store.issues) == 2

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (Answer(429, {}, {"Retry-After": "60"}), RateLimited),
            (Answer(401, {}), NotAllowed),
            (Answer(503, {}), OutcomeUnknown),
            (Answer(201, {"issues": [], "errors": []}), OutcomeUnknown),
            (Answer(201, {"issues": [{"id": "1", "key": "OPS-1"}]}), OutcomeUnknown),
            (Answer(201, None), OutcomeUnknown),
        ],
    )
    def test_what_became_of_all_became_of_each(
        self, jira: LittleJira, tracker: JiraTracker, draft: Draft, answer: Answer, error: type[Exception]
    ) -> None:
        jira.before = lambda seen: answer if seen.path.endswith("/issue/bulk") else None
        assert [type(each) for each in tracker.create_many([draft(), draft()])] == [error, error]

    def test_nothing_is_asked_again_and_again_in_vain(
        self, jira: LittleJira, tracker: JiraTracker, draft: Draft, requests: Requests
    ) -> None:
        jira.before = lambda seen: Answer(503, {}) if "createmeta" in seen.path else None
        made = tracker.create_many([draft(), draft(), draft()])
        assert [type(each) for each in made] == [TargetUnreachable] * 3
        assert len(requests()) == 1


class TestABulkOfWhichSomeFail:
    def test_each_is_told_apart(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        jira.store.screens["Task"]["summary"]["required"] = True
        drafts = [draft(), draft(priority="P9"), draft(title="x" * 256), draft(managed="", labels=frozenset({"a b"}))]
        first, second, third, fourth = tracker.create_many([*drafts])
        assert isinstance(first, Issue)
        assert first.marker == drafts[0].marker
        assert isinstance(second, Issue)
        assert second.marker == drafts[1].marker
        assert [each.what for each in second.left_out] == ["priority P9"]
        assert isinstance(third, RequestRejected)
        assert isinstance(fourth, RequestRejected)
        assert len(jira.store.issues) == 2

    def test_what_jira_refuses_of_one_is_told_of_that_one(
        self, jira: LittleJira, tracker: JiraTracker, draft: Draft
    ) -> None:
        words = [draft(), draft(managed="x" * 33_000), draft()]
        first, second, third = tracker.create_many(words)
        assert isinstance(first, Issue)
        assert isinstance(third, Issue)
        assert (first.marker, third.marker) == (words[0].marker, words[2].marker)
        assert isinstance(second, RequestRejected)
        assert len(jira.store.issues) == 2

    def test_all_refused_is_told_as_well(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        made = tracker.create_many([draft(managed="x" * 33_000), draft(managed="y" * 33_000)])
        assert [type(each) for each in made] == [RequestRejected, RequestRejected]
        assert jira.store.issues == {}

    def test_what_cannot_be_read_back_is_told_as_sent(
        self, jira: LittleJira, tracker: JiraTracker, draft: Draft
    ) -> None:
        jira.before = lambda seen: Answer(503, {}) if seen.path.endswith("/bulkfetch") else None
        drafts = [draft(), draft()]
        made = tracker.create_many(drafts)
        assert [each.marker for each in made if isinstance(each, Issue)] == [each.marker for each in drafts]
        assert [each.ref.key for each in made if isinstance(each, Issue)] == ["OPS-1", "OPS-2"]

    @pytest.mark.parametrize("status", [404, 405, 413])
    def test_where_none_are_taken_together_each_goes_by_itself(
        self, jira: LittleJira, tracker: JiraTracker, draft: Draft, status: int
    ) -> None:
        jira.before = lambda seen: Answer(status, {}) if seen.path.endswith("/issue/bulk") else None
        made = tracker.create_many([draft(), draft()])
        assert [each.ref.key for each in made if isinstance(each, Issue)] == ["OPS-1", "OPS-2"]
        assert tracker.most_at_once == 1


class TestWhatIsNotTaken:
    def test_is_left_out_and_the_rest_sent(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        made = tracker.create(draft(priority="P9", due=date(2026, 12, 1)))
        assert [each.what for each in made.left_out] == ["priority P9"]
        assert made.due == date(2026, 12, 1)
        assert jira.verbs["POST"] == 2
        again = tracker.create(draft(priority="P9"))
        assert [each.what for each in again.left_out] == ["priority P9"]
        assert jira.verbs["POST"] == 3

    def test_a_screen_without_the_field(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        del jira.store.screens["Task"]["duedate"]
        made = tracker.create(draft(due=date(2026, 12, 1)))
        assert [each.what for each in made.left_out] == ["due date 2026-12-01"]
        after = tracker.update(made, IssuePatch(title="New", due=date(2026, 12, 2)))
        assert after.title == "New"
        assert [each.what for each in after.left_out] == ["due date 2026-12-02"]
        assert "screen" in after.left_out[0].advice

    def test_an_issue_that_would_not_be_found_again_is_not_opened(
        self, jira: LittleJira, tracker: JiraTracker, draft: Draft
    ) -> None:
        del jira.store.screens["Task"]["labels"]
        with pytest.raises(RequestRejected, match="Labels"):
            tracker.create(draft())
        assert jira.writes == []

    def test_labels_of_several_words(self, jira: LittleJira, tracker: JiraTracker, issue: Issue, draft: Draft) -> None:
        with pytest.raises(RequestRejected, match="one word"):
            tracker.create(draft(labels=frozenset({"needs owner"})))
        with pytest.raises(RequestRejected, match="one word"):
            tracker.update(issue, IssuePatch(add_labels=frozenset({"needs\towner"})))
        assert jira.verbs["POST"] == 1


class TestPeople:
    def test_an_address_comes_back_as_it_was_asked_for(
        self, jira: LittleJira, tracker: JiraTracker, draft: Draft
    ) -> None:
        made = tracker.create(draft(assignees=frozenset({"ANA@example.com"})))
        assert made.assignees == {"ANA@example.com"}
        assert jira.store.issues[10_001].fields["assignee"] == ANA
        with tracker_at(jira.url) as other:
            assert other.get(made.ref).assignees == {"ANA@example.com"}
        after = tracker.update(made, IssuePatch(assignees=frozenset({"bo@example.com"})))
        assert (after.assignees, after.left_out) == ({"bo@example.com"}, ())
        assert (after.managed, after.marker) == (made.managed, made.marker)
        jira.store.edit(jira.store.find(made.ref.key), {"fields": {"assignee": {"accountId": ANA}}})
        assert tracker.get(made.ref).assignees == {ANA}

    def test_an_issue_has_one_and_the_one_that_it_has_stays(self, tracker: JiraTracker, draft: Draft) -> None:
        both = frozenset({"ana@example.com", "bo@example.com"})
        made = tracker.create(draft(assignees=both))
        assert made.assignees == {"ana@example.com"}
        assert [each.what for each in made.left_out] == ["assignee bo@example.com"]
        bo = tracker.update(made, IssuePatch(assignees=frozenset({BO})))
        assert tracker.update(bo, IssuePatch(assignees=both)).assignees == {"bo@example.com"}

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("cy@example.com", "owner gone"),
            (GONE, "owner gone"),
            ("nobody@example.com", "No account"),
            ("an@example.com", "No account"),
            ("712020:unknown", "called so"),
        ],
    )
    def test_nobody_else_is_ever_taken(
        self, jira: LittleJira, tracker: JiraTracker, draft: Draft, name: str, why: str
    ) -> None:
        made = tracker.create(draft(assignees=frozenset({name})))
        assert made.assignees == frozenset()
        assert [each.what for each in made.left_out] == [f"assignee {name}"]
        assert why in made.left_out[0].advice
        assert jira.verbs["POST"] == 1

    def test_a_hidden_address_counts_for_nothing(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        jira.store.people.hidden.add(ANA)
        made = tracker.create(draft(assignees=frozenset({"ana@example.com"})))
        assert made.assignees == frozenset()
        assert "hides" in made.left_out[0].advice
        assert "[people]" in made.left_out[0].advice

    def test_two_with_one_address(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        jira.store.people.accounts["712020:ana2"] = ("Ana Two", "ana@example.com")
        made = tracker.create(draft(assignees=frozenset({"ana@example.com"})))
        assert "Several" in made.left_out[0].advice

    def test_who_cannot_be_assigned_here(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        jira.store.people.strangers.add(BO)
        made = tracker.create(draft(assignees=frozenset({BO})))
        assert "Assignable User" in made.left_out[0].advice

    def test_where_people_cannot_be_looked_up_jira_decides(
        self, jira: LittleJira, tracker: JiraTracker, draft: Draft
    ) -> None:
        jira.store.people.strangers.add(BO)
        jira.before = lambda seen: Answer(403, {"errorMessages": ["no"]}) if "/user/" in seen.path else None
        assert tracker.create(draft(assignees=frozenset({ANA}))).assignees == {ANA}
        made = tracker.create(draft(assignees=frozenset({BO})))
        assert (made.assignees, [each.what for each in made.left_out]) == (frozenset(), [f"assignee {BO}"])

    def test_each_is_asked_about_once(self, tracker: JiraTracker, draft: Draft, requests: Requests) -> None:
        tracker.create(draft(assignees=frozenset({"ana@example.com"})))
        asked = [each for each in requests() if "user" in each]
        assert asked == ["GET user/search", "GET user/assignable/search"]
        tracker.create(draft(assignees=frozenset({"ana@example.com"})))
        assert [each for each in requests() if "user" in each] == []

    def test_an_unknown_one_changes_nothing(self, tracker: JiraTracker, draft: Draft) -> None:
        made = tracker.create(draft(assignees=frozenset({BO})))
        after = tracker.update(made, IssuePatch(assignees=frozenset({"nobody@example.com"})))
        assert after.assignees == {BO}
        assert [each.what for each in after.left_out] == ["assignee nobody@example.com"]


def test_the_factory_opens_it_without_asking_anybody(jira: LittleJira, tmp_path: Path) -> None:
    settings = JiraSettings.model_validate({"url": jira.url, "project": "OPS", "email": EMAIL})
    opened = open_tracker("ops", settings, token=lambda: SECRET, root=tmp_path)
    assert isinstance(opened, JiraTracker)
    assert jira.requests == []
    assert opened.changed_since(None).issues == ()
    opened.close()
    with pytest.raises(NotAllowed):
        open_tracker("ops", settings, token=lambda: " ", root=tmp_path)
