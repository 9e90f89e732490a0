"""What the adapter says of issues and repositories that are not where they were; nothing is written elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from contract.faults import Answer, FaultServer
from contract.moving_github import MovingGitHub
from contract.test_github_faults import CALLS, DRAFT, ISSUE, PATCH, REF, WRITES, fails, raw_issue, says, tracker_at

from connectors.errors import (
    ConnectorError,
    IssueConverted,
    IssueGone,
    IssueLocked,
    IssueMoved,
    IssueNotFound,
    NotAllowed,
    TargetClosed,
    TargetMoved,
    TargetReadOnly,
)
from connectors.interface import IssuePatch, IssueState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.github import GitHubTracker


@contextmanager
def opened() -> Iterator[tuple[MovingGitHub, FaultServer, GitHubTracker]]:
    """Two repositories; the first has an issue, number 1."""
    world = MovingGitHub("acme/ops", "acme/web")
    with FaultServer(world.answer) as server, tracker_at(server.url) as tracker:
        world.url = server.url
        tracker.create(DRAFT)
        world.writes.clear()
        server.seen.clear()
        yield world, server, tracker


def attempts(tracker: GitHubTracker) -> dict[str, ConnectorError | None]:
    """What each call about issue 1, and about the repository, raises."""
    ref = tracker.reference("#1")
    assert ref is not None
    issue = replace(ISSUE, ref=ref)
    calls = {
        "get": lambda: tracker.get(ref),
        "update": lambda: tracker.update(issue, PATCH),
        "comment": lambda: tracker.comment(ref, "hello"),
        "comments": lambda: tracker.comments(ref),
        "list": lambda: tracker.changed_since(None),
        "create": lambda: tracker.create(DRAFT),
    }
    raised: dict[str, ConnectorError | None] = {}
    for name, call in calls.items():
        try:
            call()
            raised[name] = None
        except ConnectorError as error:
            raised[name] = error
    assert all(error.advice for error in raised.values() if error)
    return raised


def kinds(tracker: GitHubTracker) -> dict[str, type[ConnectorError] | None]:
    return {name: None if error is None else type(error) for name, error in attempts(tracker).items()}


def test_a_deleted_issue() -> None:
    with opened() as (world, _, tracker):
        world.delete("acme/ops", 1)
        raised = kinds(tracker)
    of_issue = dict.fromkeys(("get", "update", "comment", "comments"), IssueGone)
    assert raised == {**of_issue, "list": None, "create": None}


def test_an_issue_that_is_hidden_or_never_was() -> None:
    with opened() as (world, _, tracker):
        world.hide("acme/ops", 1)
        raised = kinds(tracker)
    of_issue = dict.fromkeys(("get", "update", "comment", "comments"), IssueNotFound)
    assert raised == {**of_issue, "list": None, "create": None}


def test_a_transferred_issue_says_where_it_is_and_is_not_touched_there() -> None:
    with opened() as (world, server, tracker):
        new = world.transfer("acme/ops", 1, "acme/web")
        before = dict(world.repo("acme/web").issues[new])
        raised = attempts(tracker)
        assert world.repo("acme/web").issues[new] == before
        assert {path for _, path in world.writes} == {
            "/repos/acme/ops/issues",
            "/repos/acme/ops/issues/1",
            "/repos/acme/ops/issues/1/comments",
        }
        assert world.repo("acme/web").comments == {}
    found = raised["get"]
    assert type(found) is IssueMoved
    assert found.location == f"{server.url}/acme/web/issues/{new}"
    assert [seen.path for seen in server.seen[:3]] == [
        "/repos/acme/ops/issues/1",
        "/repos/acme/ops",
        f"/repositories/2/issues/{new}",
    ]
    assert type(raised["update"]) is IssueMoved
    # GitHub redirects the issue and nothing below it: only `get` has the last word.
    assert type(raised["comment"]) is type(raised["comments"]) is IssueNotFound
    assert raised["list"] is raised["create"] is None


def test_an_issue_that_was_transferred_twice_is_found_at_its_last_place() -> None:
    with opened() as (world, server, tracker):
        number = world.transfer("acme/ops", 1, "acme/web")
        world.repos.append(type(world.repos[0])(3, "acme/app"))
        last = world.transfer("acme/web", number, "acme/app")
        found = attempts(tracker)["get"]
    assert isinstance(found, IssueMoved)
    assert found.location == f"{server.url}/acme/app/issues/{last}"


def test_a_transferred_issue_that_the_token_may_not_see() -> None:
    with opened() as (world, server, tracker):
        new = world.transfer("acme/ops", 1, "acme/web")
        world.repo("acme/web").hidden = True
        found = attempts(tracker)["get"]
    assert type(found) is IssueMoved
    assert found.location == f"{server.url}/repositories/2/issues/{new}"
    assert "may not see" in found.message


def test_redirects_without_end_are_given_up() -> None:
    with opened() as (world, server, tracker):
        world.repo("acme/ops").instead[1] = Answer(301, None, {"Location": "/repositories/1/issues/1"})
        found = attempts(tracker)["get"]
        assert type(found) is IssueMoved
        assert [seen.path for seen in server.seen].count("/repositories/1/issues/1") == 3


@pytest.mark.parametrize(
    "place", ["https://evil.example/repositories/2/issues/41", "//evil.example/x", "", "http://[broken"]
)
def test_the_token_goes_to_no_other_host(place: str) -> None:
    with opened() as (world, server, tracker):
        world.repo("acme/ops").instead[1] = Answer(301, None, {"Location": place})
        found = attempts(tracker)["get"]
    assert type(found) is IssueMoved
    assert found.location == place
    assert [seen.path for seen in server.seen[:3]] == [
        "/repos/acme/ops/issues/1",
        "/repos/acme/ops",
        "/repos/acme/ops/issues/1",  # the next attempt: the PATCH
    ]


def test_a_renamed_repository_says_its_new_name_and_nothing_is_sent_there() -> None:
    with opened() as (world, server, tracker):
        world.rename("acme/ops", "acme/platform")
        raised = attempts(tracker)
        assert {path.split("/issues")[0] for _, path in world.writes} == {"/repos/acme/ops"}
        assert world.repo("acme/platform").comments == {}
        assert [issue["title"] for issue in world.repo("acme/platform").issues.values()] == [DRAFT.title]
    for name in ("get", "list"):
        error = raised[name]
        assert type(error) is TargetMoved
        assert error.location == f"{server.url}/acme/platform"
        assert 'repository = "acme/platform"' in error.advice
    # PyGithub takes these 307s for successes.
    assert type(raised["create"]) is TargetMoved
    assert type(raised["update"]) is type(raised["comment"]) is IssueMoved


def test_a_renamed_repository_that_the_token_may_not_see() -> None:
    with opened() as (world, _, tracker):
        world.rename("acme/ops", "acme/platform")
        world.repo("acme/platform").hidden = True
        error = attempts(tracker)["list"]
    assert type(error) is TargetMoved
    assert "/repositories/1/issues" in error.location


def test_a_locked_issue_takes_changes_and_no_comments() -> None:
    with opened() as (world, _, tracker):
        world.lock("acme/ops", 1)
        raised = kinds(tracker)
        assert raised == dict.fromkeys(raised) | {"comment": IssueLocked}
        assert world.repo("acme/ops").issues[1]["title"] == PATCH.title
        (listed, *_) = tracker.changed_since(None).issues
        assert listed.locked


def test_an_issue_that_became_a_discussion() -> None:
    with opened() as (world, server, tracker):
        world.convert("acme/ops", 1)
        ref = tracker.reference("#1")
        assert ref is not None
        with pytest.raises(IssueConverted) as caught:
            tracker.get(ref)
        assert caught.value.location == f"{server.url}/acme/ops/issues/1"
        assert server.verbs == ["GET", "GET"]


def test_a_locked_and_closed_issue_is_not_always_a_discussion() -> None:
    with opened() as (world, server, tracker):
        ref = tracker.reference("#1")
        assert ref is not None
        tracker.update(tracker.get(ref), IssuePatch(state=IssueState.DONE))
        world.lock("acme/ops", 1)
        server.seen.clear()
        assert tracker.get(ref).state is IssueState.DONE
        assert server.verbs == ["GET", "GET"]


@pytest.mark.parametrize("status", [403, 404])
def test_events_that_may_not_be_read_tell_nothing(status: int) -> None:
    closed = raw_issue(12, locked=True, state="closed", closed_at="2026-01-02T00:00:00Z")
    with FaultServer(Answer(200, closed), Answer(status, says("x"))) as server, tracker_at(server.url) as tracker:
        assert tracker.get(REF).state is IssueState.DONE


def test_a_repository_without_issues() -> None:
    with opened() as (world, _, tracker):
        world.repo("acme/ops").closed = True
        raised = kinds(tracker)
    assert raised == dict.fromkeys(raised, TargetClosed)


def test_an_archived_repository_is_read_and_not_written() -> None:
    with opened() as (world, _, tracker):
        world.repo("acme/ops").archived = True
        raised = kinds(tracker)
    assert raised == dict.fromkeys(("get", "comments", "list")) | dict.fromkeys(WRITES, TargetReadOnly)


@pytest.mark.parametrize("call", CALLS)
def test_other_words_of_a_403_are_about_the_token(call: str) -> None:
    with FaultServer(Answer(403, says("Resource not accessible by personal access token"))) as server:
        assert type(fails(server, call)) is NotAllowed


def test_a_name_with_locked_in_it_locks_nothing() -> None:
    with FaultServer(Answer(403, says("Your account is locked"))) as server:
        assert type(fails(server, "create")) is NotAllowed
