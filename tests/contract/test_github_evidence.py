"""What closed issues on GitHub: asked by the hundred, against GitHub's own GraphQL schema."""

from __future__ import annotations

import json
from contextlib import closing as closed_after
from datetime import UTC, datetime

import pytest
from contract.graph_github import Graph, closing, commit, pull_request, serving

from connectors import Evidence, IssueRef, NotAllowed, RateLimited, TargetUnreachable
from connectors.github import GitHubTracker
from connectors.settings import GitHubSettings

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
PULL = "https://github.com/acme/ops/pull"


@pytest.fixture
def graph():
    with serving(Graph()) as graph:
        yield graph


@pytest.fixture
def tracker(graph):
    settings = GitHubSettings(repository="acme/ops", base_url=graph.url)
    with closed_after(GitHubTracker("ops", settings, "t" * 20, read_pauses=())) as tracker:
        yield tracker


def ref(number):
    return IssueRef("ops", number, f"acme/ops#{number}")


def told(tracker, number=12):
    return tracker.evidence([ref(number)]).get(ref(number))


def test_a_merged_pull_request(graph, tracker):
    graph.close(12, closing(pull_request(34)))
    assert told(tracker) == Evidence(AT, "ana-lima", f"{PULL}/34", merged=True)
    assert told(tracker).verified


def test_a_commit_on_the_default_branch(graph, tracker):
    graph.close(12, closing(commit("abc")))
    assert told(tracker) == Evidence(AT, "ana-lima", "https://github.com/acme/ops/commit/abc", merged=True)


@pytest.mark.parametrize("by", ["ana-lima", None])
def test_a_person_by_hand(graph, tracker, by):
    graph.close(12, closing(by=by))
    assert told(tracker) == Evidence(AT, by or "")
    assert not told(tracker).verified


def test_the_last_closing_counts(graph, tracker):
    graph.close(12, closing(pull_request(34)), closing())
    assert told(tracker).work == ""


@pytest.mark.parametrize(
    ("other", "reverted"),
    [
        (pull_request(35, body="Reverts acme/ops#34"), True),
        (pull_request(35, body="Reverts #34\n\nIt broke the build."), True),
        (pull_request(35, body="reverts Acme/Ops#34"), True),
        (pull_request(35, body="Reverts acme/ops#34", merged=False), False),
        (pull_request(35, body="Goes on from acme/ops#34"), False),
        (pull_request(35, body="Reverts acme/ops#341"), False),
        (pull_request(35, body="Reverts #34", of="acme/other"), False),
        (pull_request(35, body="Reverts acme/ops#34", of="acme/other"), True),
    ],
)
def test_what_was_reverted_is_not_verified(graph, tracker, other, reverted):
    graph.close(12, closing(pull_request(34, named_by=(other,))))
    assert told(tracker).reverted_by == (other["url"] if reverted else "")
    assert told(tracker).verified is not reverted


def test_what_is_open_or_not_there_is_left_out(graph, tracker):
    graph.close(12, closing(pull_request(34)))
    graph.close(13, closing(), at=None)
    assert set(tracker.evidence([ref(12), ref(13), ref(14)])) == {ref(12)}


def test_a_hundred_issues_a_query(graph, tracker):
    numbers = range(1, 251)
    for number in numbers:
        graph.close(number, closing(pull_request(1_000 + number)))
    found = tracker.evidence([ref(number) for number in numbers])
    assert [found[ref(number)].work for number in numbers] == [f"{PULL}/{1_000 + number}" for number in numbers]
    assert len(graph.queries) == 3


def test_nothing_asked_costs_nothing(graph, tracker):
    assert tracker.evidence([]) == {}
    assert graph.queries == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"message": "Bad credentials"}, NotAllowed),
        (200, {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}, RateLimited),
        (200, {"errors": [{"type": "INSUFFICIENT_SCOPES", "message": "needs read:x"}]}, NotAllowed),
        (
            200,
            {"errors": [{"type": "FORBIDDEN", "message": "single sign-on"}], "data": {"repository": None}},
            NotAllowed,
        ),
        (200, {"errors": [{"message": "Something went wrong"}], "data": None}, TargetUnreachable),
        (200, {"data": {"repository": {"i12": {"number": 12}}}}, TargetUnreachable),
        (200, {}, TargetUnreachable),
        (200, [], TargetUnreachable),
        (502, {"message": "Server Error"}, TargetUnreachable),
    ],
)
def test_what_is_no_answer(graph, tracker, status, body, error):
    graph.answer = (status, json.dumps(body))
    with pytest.raises(error):
        tracker.evidence([ref(12)])


def test_a_page_instead_of_an_answer(graph, tracker):
    graph.answer = (200, "<html>Unicorn!</html>")
    with pytest.raises(TargetUnreachable):
        tracker.evidence([ref(12)])
