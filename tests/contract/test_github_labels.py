"""Labels and milestones: what is there, what is made, and what the issue does without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.faults import Answer, Seen
from contract.on_little_github import FORBIDDEN, HIDDEN, LABELS, TWICE, answering, draft, left_out, opened, tracker_at

from connectors.errors import NotAllowed, RateLimited, TargetUnreachable
from connectors.github.labels import look_of
from connectors.interface import IssuePatch
from connectors.settings import GitHubSettings

if TYPE_CHECKING:
    from machine.little_github import LittleGitHub


class TestLabels:
    def test_missing_ones_are_made_first_and_in_colour(self, hub: LittleGitHub) -> None:
        with tracker_at(hub) as tracker:
            first = tracker.create(draft(labels=LABELS))
            tracker.create(draft(labels=LABELS))
        assert hub.requests == ["GET /labels", "POST /labels", "POST /labels", "POST /issues", "POST /issues"]
        assert first.labels == LABELS
        assert first.left_out == ()
        assert hub.labels["postmortem"]["color"] == "5319e7"
        assert hub.labels["priority: p0"] == {
            "name": "priority: P0",
            "color": "b60205",
            "description": "How urgent an action item of a postmortem is",
        }

    def test_those_that_are_there_stay_as_they_are(self, hub: LittleGitHub) -> None:
        hub.labels = {"postmortem": {"name": "PostMortem", "color": "123456", "description": "Ours"}}
        opened(hub, draft(labels=frozenset({"postmortem"})))
        assert hub.requests == ["GET /labels", "POST /issues"]
        assert hub.labels["postmortem"]["color"] == "123456"

    def test_what_was_seen_on_an_issue_needs_no_look(self, hub: LittleGitHub) -> None:
        hub.add("Theirs", labels=LABELS)
        with tracker_at(hub) as tracker:
            (issue,) = tracker.changed_since(None).issues
            tracker.create(draft(labels=LABELS))
            tracker.update(issue, IssuePatch(title="Without labels"))
            tracker.update(issue, IssuePatch(remove_labels=LABELS))
        assert hub.requests == ["GET /issues", "POST /issues", "PATCH /issues/1", "PATCH /issues/1"]

    def test_new_ones_of_an_update_are_made_too(self, hub: LittleGitHub) -> None:
        with tracker_at(hub) as tracker:
            issue = tracker.create(draft())
            after = tracker.update(issue, IssuePatch(add_labels=frozenset({"improvement"})))
        assert hub.requests[1:] == ["GET /labels", "POST /labels", "PATCH /issues/1"]
        assert after.labels == {"improvement"}
        assert hub.labels["improvement"]["color"] == "a2eeef"

    @pytest.mark.parametrize("answer", [TWICE, Answer(502), Answer(200, raw=b"<html>"), Answer(cut="read")])
    def test_a_doubt_about_one_is_no_doubt_about_the_issue(self, hub: LittleGitHub, answer: Answer) -> None:
        """Somebody was faster, or nobody knows: the name is unique, and it is not sent again."""
        hub.before = answering("/labels", answer)
        with tracker_at(hub) as tracker:
            for _ in range(2):
                assert tracker.create(draft(labels=frozenset({"postmortem"}))).labels == {"postmortem"}
        assert hub.requests == ["GET /labels", "POST /labels", "POST /issues", "POST /issues"]

    @pytest.mark.parametrize("verb", ["GET", "POST"])
    @pytest.mark.parametrize("answer", [FORBIDDEN, HIDDEN])
    def test_without_permission_the_issue_comes_all_the_same(
        self, hub: LittleGitHub, answer: Answer, verb: str
    ) -> None:
        hub.push = False
        hub.before = answering("/labels", answer, verb)
        with tracker_at(hub) as tracker:
            for _ in range(2):
                issue = tracker.create(draft(labels=LABELS, assignees=frozenset({"ana"})))
                assert left_out(issue) == ["assignee ana", "label postmortem", "label priority: P0"]
                assert "push access" in issue.left_out[-1].advice
        assert hub.requests[-2:] == ["POST /issues", "POST /issues"]
        assert len(hub.requests) <= 4

    @pytest.mark.parametrize(
        ("answer", "error"),
        [(Answer(429), RateLimited), (Answer(403, {"message": "secondary rate limit"}), RateLimited)],
    )
    def test_a_limit_stops_before_the_issue(self, hub: LittleGitHub, answer: Answer, error: type[Exception]) -> None:
        hub.before = answering("/labels", answer)
        with tracker_at(hub) as tracker:
            with pytest.raises(error):
                tracker.create(draft(labels=LABELS))
            assert hub.issues == {}
            hub.before = lambda _: None
            assert tracker.create(draft(labels=LABELS)).labels == LABELS
        assert hub.requests.count("GET /labels") == 1

    def test_a_list_that_can_t_be_had_sends_nothing(self, hub: LittleGitHub) -> None:
        hub.before = answering("/labels", Answer(502), "GET")
        with tracker_at(hub) as tracker, pytest.raises(TargetUnreachable):
            tracker.create(draft(labels=LABELS))
        assert hub.issues == {}

    def test_they_count_for_the_budget(self, hub: LittleGitHub) -> None:
        with tracker_at(hub) as tracker:
            before = tracker.capabilities.budget
            tracker.create(draft(labels=LABELS))
            after = tracker.capabilities.budget
        assert [window.writes for window in before.windows] == [80, 500]
        assert [window.writes for window in after.windows] == [78, 498]

    @pytest.mark.parametrize(
        ("name", "color"),
        [
            ("postmortem", "5319e7"),
            ("priority: P0", "b60205"),
            ("priority: High", "d93f0b"),
            ("priority: medium", "fbca04"),
            ("priority: low", "c5def5"),
            ("priority: someday", "d4d4d4"),
            ("theirs", "ededed"),
            ("Team/DB", "00ff00"),
            ("team/web", "0000ff"),
        ],
    )
    def test_have_a_colour(self, name: str, color: str) -> None:
        found, description = look_of(name, {"team/db": "00FF00", "team/*": "0000ff"})
        assert found == color
        assert 0 < len(description) <= 100

    @pytest.mark.parametrize("color", ["red", "#ff0000", "ff00", "gg0000"])
    def test_a_colour_that_is_none_is_refused_in_the_settings(self, color: str) -> None:
        with pytest.raises(ValueError, match="label_colors"):
            GitHubSettings.model_validate({"repository": "acme/ops", "label_colors": {"a": color}})


class TestMilestone:
    def test_is_found_by_its_title(self, hub: LittleGitHub) -> None:
        hub.milestones = [
            {"number": 4, "title": "Q2", "state": "open"},
            {"number": 7, "title": "Q3", "state": "closed"},
        ]
        with tracker_at(hub, milestone="q3") as tracker:
            first = tracker.create(draft())
            tracker.create(draft())
        assert hub.requests == ["GET /milestones", "POST /issues", "POST /issues"]
        assert hub.issues[2]["milestone"]["number"] == 7
        assert first.left_out == ()

    def test_is_made_where_that_is_wanted(self, hub: LittleGitHub) -> None:
        opened(hub, milestone="Q3", create_milestone=True)
        assert hub.requests == ["GET /milestones", "POST /milestones", "POST /issues"]
        assert hub.issues[1]["milestone"]["title"] == "Q3"

    def test_is_told_where_it_is_not(self, hub: LittleGitHub) -> None:
        with tracker_at(hub, milestone="Q3") as tracker:
            for _ in range(2):
                issue = tracker.create(draft())
                assert left_out(issue) == ["milestone Q3"]
                assert "create_milestone" in issue.left_out[0].advice
        assert hub.requests == ["GET /milestones", "POST /issues", "POST /issues"]

    def test_seen_on_an_issue_needs_no_look(self, hub: LittleGitHub) -> None:
        hub.milestones = [{"number": 4, "title": "Q3", "state": "open"}]
        hub.add("Theirs", milestone=4)
        with tracker_at(hub, milestone="Q3") as tracker:
            tracker.changed_since(None)
            assert tracker.create(draft()).left_out == ()
        assert hub.requests == ["GET /issues", "POST /issues"]

    def test_a_race_to_make_it_is_fine(self, hub: LittleGitHub) -> None:
        def meanwhile(seen: Seen) -> None:
            if seen.verb == "POST" and seen.path.endswith("/milestones"):
                hub.milestones.append({"number": 9, "title": "Q3", "state": "open"})

        hub.before = meanwhile  # type: ignore[assignment]  (gives no other answer)
        assert opened(hub, milestone="Q3", create_milestone=True).left_out == ()
        assert hub.issues[1]["milestone"]["number"] == 9

    def test_a_lost_answer_is_no_doubt_about_the_issue(self, hub: LittleGitHub) -> None:
        hub.after = answering("/milestones", Answer(502))
        assert opened(hub, milestone="Q3", create_milestone=True).left_out == ()
        assert len(hub.milestones) == 1

    @pytest.mark.parametrize("verb", ["GET", "POST"])
    def test_without_permission_the_issue_comes_all_the_same(self, hub: LittleGitHub, verb: str) -> None:
        hub.before = answering("/milestones", FORBIDDEN, verb)
        issue = opened(hub, milestone="Q3", create_milestone=True)
        assert left_out(issue) == ["milestone Q3"]
        assert "not accessible" in issue.left_out[0].advice
        assert len(hub.issues) == 1

    def test_dropped_in_silence_is_told(self, hub: LittleGitHub) -> None:
        hub.push = False
        hub.milestones = [{"number": 4, "title": "Q3", "state": "open"}]
        issue = opened(hub, milestone="Q3", issue_type="Task")
        assert left_out(issue) == ["milestone Q3", "type Task"]
        assert all("push access" in each.advice for each in issue.left_out)


def test_an_unusable_list_of_milestones_sends_nothing(hub: LittleGitHub) -> None:
    hub.before = answering("/milestones", Answer(data={"not": "a list"}), "GET")
    with tracker_at(hub, milestone="Q3") as tracker, pytest.raises(TargetUnreachable):
        tracker.create(draft())
    assert hub.issues == {}


def test_an_archived_repository_says_so_itself(hub: LittleGitHub) -> None:
    archived = Answer(403, {"message": "Repository was archived so is read-only."})
    hub.before = lambda seen: archived if seen.verb == "POST" else None
    with tracker_at(hub) as tracker, pytest.raises(NotAllowed, match="archived"):
        tracker.create(draft(labels=LABELS))
