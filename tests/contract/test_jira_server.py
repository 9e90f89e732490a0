"""The Jira adapter on Data Center: what is asked there in another way than on Cloud."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from connectors.errors import IssueMoved, RequestRejected
from connectors.interface import Issue, IssueDraft, IssuePatch, IssueState
from connectors.jira.listing import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.on_jira import DataCenterBench

    Draft = Callable[..., IssueDraft]

EPIC_LINK = "customfield_10008"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Verb and path of each request."""
    found: list[str] = []
    send = requests.Session.send

    def watched(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        path = urlsplit(request.url or "").path
        found.append(f"{request.method} {str(path).removeprefix('/rest/api/2/')}")
        return send(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", watched)
    return found


def test_many_creates_are_two_requests(jira_dc: DataCenterBench, draft: Draft, sent: list[str]) -> None:
    tracker: Any = jira_dc.tracker
    first = tracker.create(draft())
    sent.clear()
    drafts = [draft(), draft(title="x" * 256), draft(assignees=frozenset({"ana"}), due=date(2026, 12, 1))]
    made = tracker.create_many(drafts)
    assert sent == ["GET user/assignable/search", "POST issue/bulk", "GET search"]
    assert [type(each) for each in made] == [Issue, RequestRejected, Issue]
    assert (made[0].marker, made[2].marker) == (drafts[0].marker, drafts[2].marker)
    assert (made[2].assignees, made[2].due) == ({"ana"}, date(2026, 12, 1))
    assert first.ref.key not in {made[0].ref.key, made[2].ref.key}


def test_an_update_is_three_and_nothing_new_is_two(jira_dc: DataCenterBench, draft: Draft, sent: list[str]) -> None:
    tracker = jira_dc.tracker
    issue = tracker.create(draft())
    sent.clear()
    tracker.update(issue, IssuePatch(title="New", managed="words", marker=issue.marker))
    assert sent == ["GET issue/OPS-1", "PUT issue/OPS-1", "GET issue/OPS-1"]
    cursor = tracker.changed_since(None).cursor
    sent.clear()
    jira_dc.again().changed_since(cursor)
    assert sent == ["GET myself", "GET search"]


def test_the_tie_stands_in_the_description(jira_dc: DataCenterBench, draft: Draft) -> None:
    issue = jira_dc.tracker.create(draft())
    stored = jira_dc.store.get_issue("OPS-1")
    assert stored["properties"] == {}
    assert stored["description"] == issue.body
    assert "{anchor:closeout-end-" in issue.body


class TestPeople:
    def test_an_address_comes_back_as_it_was_asked_for(self, jira_dc: DataCenterBench, draft: Draft) -> None:
        made = jira_dc.tracker.create(draft(assignees=frozenset({"ana@example.com"})))
        assert made.assignees == {"ana@example.com"}
        assert jira_dc.store.get_issue("OPS-1")["assignee"] == "ana"
        after = jira_dc.tracker.update(made, IssuePatch(assignees=frozenset({"bo@example.com"})))
        assert after.assignees == {"bo@example.com"}
        assert (after.managed, after.marker) == (made.managed, made.marker)
        assert jira_dc.again().get(made.ref) == after

    @pytest.mark.parametrize("name", ["cy", "cy@example.com"])
    def test_who_left_is_told(self, jira_dc: DataCenterBench, draft: Draft, name: str) -> None:
        made = jira_dc.tracker.create(draft(assignees=frozenset({name})))
        assert made.assignees == frozenset()
        assert "owner gone" in made.left_out[0].advice

    def test_the_beginning_of_a_name_is_no_name(self, jira_dc: DataCenterBench, draft: Draft) -> None:
        made = jira_dc.tracker.create(draft(assignees=frozenset({"an"})))
        assert made.assignees == frozenset()
        assert [each.what for each in made.left_out] == ["assignee an"]


class TestParents:
    def test_an_item_stands_below_its_epic(self, jira_dc: DataCenterBench, draft: Draft, sent: list[str]) -> None:
        tracker = jira_dc.again(parent_issues=True)
        whole, part = tracker.create(draft(whole=True)), tracker.create(draft())
        after = tracker.add_part(whole.ref, part)
        assert after.parent == whole.ref.key
        assert jira_dc.store.get_issue(part.ref.key)["epicKey"] == whole.ref.key
        sent.clear()
        listing = tracker.changed_since(None)
        assert [issue.parent for issue in listing.issues] == ["", whole.ref.key]
        assert Cursor.parse(listing.cursor).site == f"data-center {EPIC_LINK}"
        sent.clear()
        assert jira_dc.again(parent_issues=True).changed_since(listing.cursor).issues[-1].parent == whole.ref.key
        assert sent == ["GET myself", "GET search"]

    def test_what_stands_below_another_stays_there(self, jira_dc: DataCenterBench, draft: Draft) -> None:
        tracker = jira_dc.again(parent_issues=True)
        first, second = tracker.create(draft(whole=True)), tracker.create(draft(whole=True))
        part = tracker.create(draft())
        tracker.add_part(first.ref, part)
        with pytest.raises(RequestRejected, match="a part of OPS-1"):
            tracker.add_part(second.ref, part)


def test_a_listing_of_several_pages(jira_dc: DataCenterBench, sent: list[str]) -> None:
    jira_dc.store.clock = lambda: datetime(2026, 3, 1, 9, tzinfo=UTC)
    jira_dc.people_open(250)
    listed = jira_dc.tracker.changed_since(None).issues
    assert [issue.ref.number for issue in listed] == list(range(1, 251))
    assert sent.count("GET search") == 3


def test_comments_come_back_as_they_were_sent(jira_dc: DataCenterBench, draft: Draft) -> None:
    tracker = jira_dc.tracker
    issue = tracker.create(draft())
    ours = tracker.comment(issue.ref, "**gone** <!-- closeout: told -->")
    jira_dc.store.add_comment("OPS-1", "theirs, *strong*", author="ana")
    jira_dc.store.add_comment("OPS-1", "theirs {anchor:closeout-source-broken}", author="ana")
    assert [each.body for each in tracker.comments(issue.ref)] == [
        ours.body,
        "theirs, *strong*",
        "theirs {anchor:closeout-source-broken}",
    ]
    assert "<!--" not in jira_dc.store.get_issue("OPS-1")["comments"][0]["body"]


def test_a_duplicate_is_linked_once(jira_dc: DataCenterBench, draft: Draft) -> None:
    tracker = jira_dc.tracker
    first, second = tracker.create(draft()), tracker.create(draft())
    patch = IssuePatch(state=IssueState.DUPLICATE, duplicate_of=first.ref)
    after = tracker.update(second, patch)
    tracker.update(after, patch)
    [link] = jira_dc.store.get_issue("OPS-2")["links"]
    assert (link["type"], link["dir"], link["key"]) == ("Duplicate", "outward", "OPS-1")


def test_an_issue_of_another_project_is_not_ours(jira_dc: DataCenterBench, draft: Draft) -> None:
    issue = jira_dc.tracker.create(draft())
    other = jira_dc.again(project="DEV")
    with pytest.raises(IssueMoved):
        other.get(issue.ref)
