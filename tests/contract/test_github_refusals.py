"""What is refused, dropped, reopened or a duplicate: what comes of it, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.faults import Answer, Seen
from contract.on_little_github import LABELS, answering, draft, left_out, opened, tracker_at
from machine.places import OnLittleGitHub
from workplace import postmortem

from connectors.errors import OutcomeUnknown, RequestRejected
from connectors.interface import IssuePatch, IssueRef, IssueState
from tracker.app import Consent
from tracker.render.plan_text import failures

if TYPE_CHECKING:
    from pathlib import Path

    from machine.little_github import LittleGitHub


class TestRefused:
    """A refusal is certain: nothing happened, and what an issue can do without must not cost it."""

    def test_a_type_that_there_is(self, hub: LittleGitHub) -> None:
        hub.types = {"Task"}
        assert opened(hub, issue_type="Task").left_out == ()
        assert hub.issues[1]["type"]["name"] == "Task"

    def test_all_of_it_at_once(self, hub: LittleGitHub) -> None:
        hub.types, hub.people = {"Task"}, {"ana"}
        hub.milestones = [{"number": 4, "title": "Q3", "state": "open"}]

        def deleted(seen: Seen) -> None:
            if seen.path.endswith("/milestones"):
                hub.milestones = []

        hub.after = deleted  # type: ignore[assignment]  (gives no other answer)
        issue = opened(
            hub, draft(assignees=frozenset({"ana", "ghost"}), labels=LABELS), milestone="Q3", issue_type="Chore"
        )
        assert left_out(issue) == ["assignee ghost", "type Chore", "milestone Q3"]
        assert (issue.assignees, issue.labels) == ({"ana"}, LABELS)
        assert len(hub.issues) == 1

    def test_what_was_refused_once_is_not_sent_again(self, hub: LittleGitHub) -> None:
        """A backfill must not take twice as many requests because somebody left."""
        hub.people, hub.types = {"ana"}, {"Task"}
        with tracker_at(hub, issue_type="Chore") as tracker:
            for _ in range(3):
                issue = tracker.create(draft(assignees=frozenset({"ana", "Ghost"})))
                assert (issue.assignees, sorted(left_out(issue))) == ({"ana"}, ["assignee Ghost", "type Chore"])
            assert tracker.capabilities.budget.windows[0].writes == 78
        assert hub.requests == ["POST /issues"] * 5

    @pytest.mark.parametrize("value", [None, "nobody asked for", ["nobody", "asked for"], 7])
    def test_a_refusal_without_names_costs_all_of_a_field_once(self, hub: LittleGitHub, value: object) -> None:
        refusal = {"message": "x", "errors": [{"field": "assignees", "code": "invalid", "value": value}]}
        many = Answer(422, refusal)
        hub.before = lambda seen: many if len(seen.body.get("assignees", ())) > 1 else None
        with tracker_at(hub) as tracker:
            issue = tracker.create(draft(assignees=frozenset({"ana", "bo"})))
            assert left_out(issue) == ["assignee ana", "assignee bo"]
            assert tracker.create(draft(assignees=frozenset({"ana"}))).assignees == {"ana"}
        assert hub.requests == ["POST /issues"] * 3

    def test_nobody_is_assigned_in_anothers_place(self, hub: LittleGitHub) -> None:
        hub.people = {"ana"}
        issue = opened(hub, draft(assignees=frozenset({"ghost"})))
        assert (issue.assignees, left_out(issue)) == (frozenset(), ["assignee ghost"])

    def test_an_update_keeps_those_who_are_there(self, hub: LittleGitHub) -> None:
        hub.people = {"ana"}
        with tracker_at(hub) as tracker:
            issue = tracker.create(draft(assignees=frozenset({"ana"})))
            after = tracker.update(issue, IssuePatch(assignees=frozenset({"ghost"}), title="Better"))
            assert (after.title, after.assignees, left_out(after)) == ("Better", {"ana"}, ["assignee ghost"])
            again = tracker.update(after, IssuePatch(assignees=frozenset({"ghost"})))
            assert (again, left_out(again)) == (after, ["assignee ghost"])

    def test_a_title_is_needed(self, hub: LittleGitHub) -> None:
        refusal = {"message": "x", "errors": [{"resource": "Issue", "field": "title", "code": "missing"}]}
        hub.before = answering("/issues", Answer(422, refusal))
        with tracker_at(hub) as tracker, pytest.raises(RequestRejected) as caught:
            tracker.create(draft(assignees=frozenset({"ana"})))
        assert caught.value.refused == {"title": frozenset()}
        assert hub.requests == ["POST /issues"]

    def test_a_doubt_after_a_refusal_is_a_doubt(self, hub: LittleGitHub) -> None:
        hub.people = set()
        hub.after = lambda seen: Answer(502) if seen.verb == "POST" and not seen.body.get("assignees") else None
        with tracker_at(hub) as tracker, pytest.raises(OutcomeUnknown):
            tracker.create(draft(assignees=frozenset({"ghost"})))
        assert hub.requests == ["POST /issues", "POST /issues"]

    def test_a_server_that_refuses_without_end_is_given_up(self, hub: LittleGitHub) -> None:
        refusal = {"message": "x", "errors": [{"field": "assignee", "code": "invalid"}, {"field": "labels"}]}
        hub.before = answering("/issues", Answer(422, refusal))
        with tracker_at(hub) as tracker, pytest.raises(RequestRejected):
            tracker.create(draft(assignees=frozenset({"ana", "bo"}), labels=LABELS))
        assert hub.requests.count("POST /issues") == 2

    def test_a_refusal_of_what_was_not_sent_is_a_refusal(self, hub: LittleGitHub) -> None:
        refusal = {"message": "x", "errors": [{"field": "labels"}, {"field": "milestone"}, {"field": "type"}]}
        hub.before = answering("/issues", Answer(422, refusal))
        with tracker_at(hub) as tracker, pytest.raises(RequestRejected):
            tracker.create(draft())
        assert hub.requests == ["POST /issues"]


class TestReasons:
    def test_a_duplicate_points_to_the_other(self, hub: LittleGitHub) -> None:
        with tracker_at(hub) as tracker:
            first, second = tracker.create(draft()), tracker.create(draft())
            after = tracker.update(second, IssuePatch(state=IssueState.DUPLICATE, duplicate_of=first.ref))
        assert after.state is IssueState.DUPLICATE
        assert hub.issues[2]["duplicate_issue_id"] == hub.issues[1]["id"]
        assert hub.requests == ["POST /issues", "POST /issues", "PATCH /issues/2"]

    def test_one_that_was_not_seen_is_read_first(self, hub: LittleGitHub) -> None:
        hub.add("First")
        hub.add("Second")
        with tracker_at(hub) as tracker:
            second = tracker.get(IssueRef("ops", 2, "acme/ops#2"))
            first = IssueRef("ops", 1, "acme/ops#1")
            tracker.update(second, IssuePatch(state=IssueState.DUPLICATE, duplicate_of=first))
        assert hub.requests == ["GET /issues/2", "GET /issues/1", "PATCH /issues/2"]
        assert hub.issues[2]["duplicate_issue_id"] == hub.issues[1]["id"]

    @pytest.mark.parametrize("key", ["acme/ops#99", "acme/web#1"])
    def test_one_that_can_t_be_named_does_not_keep_it_open(self, hub: LittleGitHub, key: str) -> None:
        number = int(key.partition("#")[2])
        with tracker_at(hub) as tracker:
            issue = tracker.create(draft())
            patch = IssuePatch(state=IssueState.DUPLICATE, duplicate_of=IssueRef("ops", number, key))
            assert tracker.update(issue, patch).state is IssueState.DUPLICATE
        assert "duplicate_issue_id" not in hub.issues[1]

    def test_reopened_is_told(self, hub: LittleGitHub) -> None:
        with tracker_at(hub) as tracker:
            issue = tracker.create(draft())
            assert not issue.reopened
            closed = tracker.update(issue, IssuePatch(state=IssueState.WONT_DO))
            assert (closed.state, closed.reopened) == (IssueState.WONT_DO, False)
            again = tracker.update(closed, IssuePatch(state=IssueState.OPEN))
            assert (again.state, again.reopened) == (IssueState.OPEN, True)
            assert tracker.get(issue.ref).reopened


class TestSync:
    """The whole way: what was left out is told, once, and with advice."""

    @pytest.fixture
    def place(self, tmp_path: Path, hub: LittleGitHub) -> OnLittleGitHub:
        place = OnLittleGitHub(tmp_path, hub.url)
        hub.clock = lambda: place.now
        return place

    def told(self, place: OnLittleGitHub) -> tuple[list[str], list[str]]:
        """What a sync says went wrong, and the writes that it sent."""
        hub_writes = len(place.hub_requests())
        synced = place.run(consent=Consent(everything=True))
        lines = failures(synced.applied["ops"], place.known().documents)
        return lines, [one for one in place.hub_requests()[hub_writes:] if not one.startswith("GET")]

    def test_without_push_access(self, place: OnLittleGitHub, hub: LittleGitHub) -> None:
        hub.push = False
        place.hub_requests = lambda: hub.requests  # type: ignore[attr-defined]
        place.document("a.md", postmortem("Run a load test before every release (priority: high)"))
        lines, writes = self.told(place)
        assert lines[0] == "closeout: acme/ops#1: left out: label postmortem, label priority: high"
        assert "push access" in lines[1]
        assert writes == ["POST /labels", "POST /issues"]
        assert self.told(place) == ([], [])

    def test_nothing_new_is_one_304_and_k_changes_k_writes_and_two_reads(
        self, place: OnLittleGitHub, hub: LittleGitHub
    ) -> None:
        texts = [f"Write chapter {number} of the handbook on {'abcdefgh'[number] * 9}" for number in range(8)]
        place.document("a.md", postmortem(*texts))
        for _ in range(3):
            place.run(consent=Consent(everything=True))
            place.pass_time(3_600)
        hub.requests.clear()
        place.run()
        assert (hub.requests, hub.unchanged > 0) == (["GET /issues"], True)
        texts[2] += " (owner: Ana Lima)"
        texts[5] = f"[x] {texts[5]}"
        place.document("a.md", postmortem(*texts, "Buy a second pump for the cellar (priority: low)"))
        hub.requests.clear()
        place.run()
        assert sorted(hub.requests) == sorted(
            ["GET /issues", "GET /labels", "PATCH /issues/3", "PATCH /issues/6", "POST /labels", "POST /issues"]
        )

    def test_twins_are_closed_with_a_pointer(self, place: OnLittleGitHub, hub: LittleGitHub) -> None:
        place.document("a.md", postmortem("Run a load test before every release"))
        place.run()
        twin = hub.add(hub.issues[1]["title"], hub.issues[1]["body"])
        place.run()
        assert (twin["state"], twin["state_reason"]) == ("closed", "duplicate")
        assert twin["duplicate_issue_id"] == hub.issues[1]["id"]
