"""The Jira adapter on the small Cloud: issues that change, move, close and are talked about, by several hands."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from contract.faults import Answer
from contract.jira_fields import meta, named
from contract.jira_hands import ANA, Requests, lost
from contract.jira_model import Way
from contract.on_jira import tracker_at

from connectors.errors import IssueMoved, IssueNotFound, OutcomeUnknown, RequestRejected, TargetMoved
from connectors.interface import Issue, IssueDraft, IssuePatch, IssueState, Relates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contract.faults import Seen
    from contract.little_jira import LittleJira

    from connectors.jira import JiraTracker

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


class TestOthersAtTheSameTime:
    def test_labels_of_others_stay(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        def meddle(seen: Seen) -> None:
            if seen.verb == "PUT":
                jira.store.edit(jira.store.find("OPS-1"), {"update": {"labels": [{"add": "theirs"}]}})

        jira.before = meddle
        after = tracker.update(issue, IssuePatch(add_labels=frozenset({"ours"}), remove_labels=frozenset({"never"})))
        assert after.labels == {"postmortem", "ours", "theirs"}

    def test_words_written_since_the_listing_stay(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        stored = jira.store.find("OPS-1")
        theirs = {"type": "paragraph", "content": [{"type": "text", "text": "people's words"}]}
        document = stored.fields["description"]
        jira.store.edit(stored, {"fields": {"description": {**document, "content": [*document["content"], theirs]}}})
        after = tracker.update(issue, IssuePatch(managed="new", marker=issue.marker))
        assert after.managed == "new"
        assert jira.store.find("OPS-1").fields["description"]["content"][-1] == theirs


class TestGone:
    def test_a_moved_issue_is_told_and_never_written(
        self, jira: LittleJira, tracker: JiraTracker, issue: Issue
    ) -> None:
        key = jira.store.move(jira.store.find("OPS-1"), "NEW")
        for call in (
            lambda: tracker.get(issue.ref),
            lambda: tracker.update(issue, IssuePatch(title="x")),
            lambda: tracker.comment(issue.ref, "x"),
            lambda: tracker.add_part(replace(issue.ref, number=9, key="OPS-9"), issue),
        ):
            with pytest.raises(IssueMoved) as caught:
                call()
            assert not isinstance(caught.value, TargetMoved)
            assert caught.value.location == f"{jira.url}/browse/{key}"
        assert jira.writes == []

    def test_a_project_with_another_key_is_told(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        jira.store.move(jira.store.find("OPS-1"), "NEW")
        project = {"id": "10000", "key": "NEW", "name": "Operations"}
        jira.before = lambda seen: Answer(200, project) if seen.path.endswith("/project/OPS") else None
        with pytest.raises(TargetMoved) as caught:
            tracker.get(issue.ref)
        assert 'project = "NEW"' in caught.value.advice

    def test_an_issue_of_another_project_is_not_ours(self, jira: LittleJira, tracker: JiraTracker) -> None:
        with pytest.raises(IssueMoved):
            tracker.get(tracker._project.ref("DEV-1"))
        assert jira.requests == []

    def test_an_archived_one_is_told(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        jira.store.find("OPS-1").fields["archiveddate"] = "2026-11-20T10:00:00.000+0200"
        with pytest.raises(IssueNotFound, match="archived"):
            tracker.get(issue.ref)


class TestDuplicates:
    def test_are_linked_once(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        first, second = tracker.create(draft()), tracker.create(draft())
        patch = IssuePatch(state=IssueState.DUPLICATE, duplicate_of=first.ref)
        after = tracker.update(second, patch)
        assert (after.state, after.left_out) == (IssueState.DUPLICATE, ())
        [link] = jira.store.find("OPS-2").links
        assert (link["type"]["name"], link["outward"]) == ("Duplicate", jira.store.find("OPS-1").id)
        tracker.update(after, patch)
        assert jira.requests.count("POST issueLink") == 1

    def test_a_missing_link_type_costs_only_the_link(self, jira: LittleJira, draft: Draft) -> None:
        with tracker_at(jira.url, duplicate_link="Cloners") as tracker:
            first, second = tracker.create(draft()), tracker.create(draft())
            after = tracker.update(second, IssuePatch(state=IssueState.DUPLICATE, duplicate_of=first.ref))
        assert after.state is IssueState.DUPLICATE
        assert "duplicate_link" in after.left_out[0].advice


class TestRelated:
    def test_are_linked_once_whichever_way(self, jira: LittleJira, draft: Draft, requests: Requests) -> None:
        with tracker_at(jira.url, link_recurrences=True) as tracker:
            assert isinstance(tracker, Relates)
            assert tracker.capabilities.relations
            first, second = tracker.create(draft()), tracker.create(draft())
            requests()
            tracker.relate(second.ref, first.ref)
            assert requests() == ["GET issue/OPS-2", "GET issue/OPS-1", "POST issueLink"]
            tracker.relate(second.ref, first.ref)
            tracker.relate(first.ref, second.ref)
            assert requests() == ["GET issue/OPS-2", "GET issue/OPS-1"]
        [link] = jira.store.find("OPS-2").links
        assert (link["type"]["name"], link["outward"]) == ("Relates", jira.store.find("OPS-1").id)

    def test_a_duplicates_link_is_another_one(self, jira: LittleJira, tracker: JiraTracker, draft: Draft) -> None:
        first, second = tracker.create(draft()), tracker.create(draft())
        tracker.update(second, IssuePatch(state=IssueState.DUPLICATE, duplicate_of=first.ref))
        tracker.relate(second.ref, first.ref)
        assert jira.requests.count("POST issueLink") == 2
        assert not tracker.capabilities.relations

    def test_what_is_gone_is_told_and_a_missing_type_is_no_missing_issue(self, jira: LittleJira, draft: Draft) -> None:
        with tracker_at(jira.url, related_link="Twins") as tracker:
            first, second = tracker.create(draft()), tracker.create(draft())
            with pytest.raises(RequestRejected, match="Twins") as caught:
                tracker.relate(second.ref, first.ref)
            assert "related_link" in caught.value.advice
            jira.store.delete(jira.store.find("OPS-1"))
            with pytest.raises(IssueNotFound):
                tracker.relate(second.ref, first.ref)
            with pytest.raises(IssueMoved):
                tracker.relate(second.ref, tracker._project.ref("DEV-1"))


class TestParents:
    def test_an_item_stands_below_its_epic(self, jira: LittleJira, draft: Draft, requests: Requests) -> None:
        with tracker_at(jira.url, parent_issues=True, deployment="cloud") as tracker:
            assert tracker.capabilities.parts >= 1_000
            whole = tracker.create(draft(whole=True))
            part = tracker.create(draft())
            assert jira.store.find(whole.ref.key).kind == "Epic"
            requests()
            after = tracker.add_part(whole.ref, part)
            assert requests() == ["GET issue/OPS-2", "PUT issue/OPS-2", "GET issue/OPS-2"]
            assert after.parent == whole.ref.key
            assert tracker.add_part(whole.ref, part).parent == whole.ref.key
            assert requests() == ["GET issue/OPS-2"]
            other = tracker.create(draft(whole=True))
            with pytest.raises(RequestRejected, match=f"a part of {whole.ref.key}"):
                tracker.add_part(other.ref, part)


def test_a_link_back_to_the_postmortem(jira: LittleJira, draft: Draft) -> None:
    facts = {"url": "https://git.acme.com/docs/outage.md#L12", "document": "Outage of the shop"}
    with tracker_at(jira.url, remote_links=True) as tracker:
        made = tracker.create(draft(facts=facts))
        plain = tracker.create(draft())
        [many] = tracker.create_many([draft(facts=facts)])
    [link] = jira.store.find(made.ref.key).remote
    assert link["object"]["url"] == facts["url"]
    assert link["object"]["title"] == "Outage of the shop"
    assert link["object"]["icon"]["url16x16"] == "https://git.acme.com/favicon.ico"
    assert jira.store.find(plain.ref.key).remote == []
    assert isinstance(many, Issue)
    assert len(jira.store.find(many.ref.key).remote) == 1


def test_a_link_that_fails_costs_only_the_link(jira: LittleJira, draft: Draft) -> None:
    jira.before = lambda seen: Answer(503, {}) if seen.path.endswith("/remotelink") else None
    with tracker_at(jira.url, remote_links=True) as tracker:
        made = tracker.create(draft(facts={"url": "https://git.acme.com/a.md"}))
    assert [each.what for each in made.left_out] == ["the link to the postmortem"]


class TestComments:
    def test_those_of_people_are_plain_text(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        ours = tracker.comment(issue.ref, "**ours** <!-- mark -->")
        document = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": []}]}
        document["content"][0]["content"] = [{"type": "text", "text": "theirs"}]  # type: ignore[index]
        jira.store.say(jira.store.find("OPS-1"), document, {}, ANA)
        first, second = tracker.comments(issue.ref)
        assert (first, second.body, second.author) == (ours, "theirs", ANA)

    def test_of_more_than_a_page(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        document: dict[str, Any] = {"type": "doc", "version": 1, "content": []}
        for _ in range(230):
            jira.store.say(jira.store.find("OPS-1"), document, {})
        found = tracker.comments(issue.ref)
        assert len(found) == 230
        assert [int(each.id) for each in found] == sorted(int(each.id) for each in found)


class TestWorkflows:
    """The way to a state, where it is not straight."""

    def flow(self, jira: LittleJira, **ways: list[Way]) -> None:
        jira.store.flow = {name.replace("_", " "): there for name, there in ways.items()}

    def test_several_hops(self, jira: LittleJira, tracker: JiraTracker, issue: Issue, requests: Requests) -> None:
        self.flow(
            jira,
            To_Do=[Way("1", "Done!", "In Progress")],
            In_Progress=[Way("2", "Back", "To Do"), Way("3", "x", "Done")],
        )
        after = tracker.update(issue, IssuePatch(title="New", state=IssueState.DONE))
        assert (after.state, after.title) == (IssueState.DONE, "New")
        assert requests()[1:-1] == [
            "GET issue/OPS-1/transitions",
            "PUT issue/OPS-1",
            "POST issue/OPS-1/transitions",
            "GET issue/OPS-1/transitions",
            "POST issue/OPS-1/transitions",
        ]

    def test_no_way_sends_nothing(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        cause = meta("Root cause", "string", required=True, custom="x:textfield")
        self.flow(jira, To_Do=[Way("1", "Finish", "Done", {"customfield_1": cause})])
        jira.requests.clear()
        with pytest.raises(RequestRejected, match="demands Root cause") as caught:
            tracker.update(issue, IssuePatch(title="New", state=IssueState.DONE))
        assert caught.value.advice
        assert jira.writes == []

    def test_a_way_without_end_says_where_it_ended(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        names = ["To Do", *"ABCDEF"]
        jira.store.statuses |= dict.fromkeys("ABCDEF", "indeterminate")
        jira.store.flow = {name: [Way(after, "on", after)] for name, after in pairwise(names)}
        with pytest.raises(RequestRejected, match="To Do → A → B → C → D"):
            tracker.update(issue, IssuePatch(state=IssueState.DONE))
        assert tracker.get(issue.ref).state is IssueState.OPEN

    def test_wont_do_is_never_told_as_done(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        screen = {
            "resolution": {**meta("Resolution", "resolution", system="resolution"), "allowedValues": named("Done")}
        }
        self.flow(jira, To_Do=[Way("1", "Finish", "Done", screen)])
        jira.requests.clear()
        with pytest.raises(RequestRejected) as caught:
            tracker.update(issue, IssuePatch(state=IssueState.WONT_DO))
        assert "wont_do" in caught.value.advice
        assert jira.writes == []

    def test_what_nobody_can_edit_is_reopened_first(self, jira: LittleJira, tracker: JiraTracker, issue: Issue) -> None:
        closed = tracker.update(issue, IssuePatch(state=IssueState.DONE))

        def uneditable(seen: Seen) -> Answer | None:
            shut = jira.store.find("OPS-1").status == "Done" and seen.verb == "PUT"
            errors = {"summary": "Field 'summary' cannot be set. It is not on the appropriate screen, or unknown."}
            return Answer(400, {"errorMessages": [], "errors": errors}) if shut else None

        jira.before = uneditable
        after = tracker.update(closed, IssuePatch(title="Once more", state=IssueState.OPEN))
        assert (after.title, after.state) == ("Once more", IssueState.OPEN)

    def test_a_failure_in_between_is_harmless_to_repeat(
        self, jira: LittleJira, tracker: JiraTracker, issue: Issue
    ) -> None:
        patch = IssuePatch(title="New", add_labels=frozenset({"late"}), state=IssueState.DONE)
        jira.before = lost("POST", "/transitions")
        with pytest.raises(OutcomeUnknown):
            tracker.update(issue, patch)
        jira.before = lambda _: None
        after = tracker.update(issue, patch)
        assert (after.title, after.labels, after.state) == ("New", {"postmortem", "late"}, IssueState.DONE)

    def test_a_change_that_cannot_be_read_back_is_not_told_as_undone(
        self, jira: LittleJira, tracker: JiraTracker, issue: Issue
    ) -> None:
        changed: list[bool] = []

        def after_the_change(seen: Seen) -> Answer | None:
            changed.extend([True] if seen.verb == "PUT" else [])
            return Answer(503, {}) if changed and seen.verb == "GET" else None

        jira.before = after_the_change
        with pytest.raises(OutcomeUnknown, match="was changed"):
            tracker.update(issue, IssuePatch(title="New"))
        jira.before = lambda _: None
        assert tracker.get(issue.ref).title == "New"
