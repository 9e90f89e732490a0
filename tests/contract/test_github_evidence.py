"""What closed issues on GitHub: asked by the hundred, against GitHub's own GraphQL schema."""

from __future__ import annotations

import json
from contextlib import closing as closed_after
from datetime import UTC, datetime

import pytest
from contract.graph_github import Graph, closing, commit, pull_request, remark, serving

from connectors import Evidence, IssueRef, NotAllowed, RateLimited, TargetUnreachable, TellsOfWork
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


AFTER, LATER = "2026-11-20T09:00:05Z", "2026-11-23T08:00:00Z"
BEFORE, LONG_BEFORE = "2026-11-20T08:59:58Z", "2026-11-01T09:00:00Z"


@pytest.mark.parametrize(
    ("comments", "reason"),
    [
        ([remark("The pool is gone.", BEFORE)], "The pool is gone."),
        ([remark("The pool\r\n\r\n* is gone.", AFTER)], "The pool * is gone."),
        ([remark("It moved", BEFORE), remark("to the cloud", AFTER)], "It moved to the cloud"),
        ([remark("Why?", LATER, "bo-chen"), remark("The pool is gone.", LATER)], "The pool is gone."),
        ([remark("The pool is gone.", "2026-11-20T08:00:00Z")], "The pool is gone."),
        ([remark("I'll look at it.", LONG_BEFORE)], ""),
        ([remark("Why not?", AFTER, "bo-chen")], ""),
        ([remark("No activity for 60 days.", AFTER, bot=True)], ""),
        ([remark("Somebody who left", AFTER, None)], ""),
        ([remark("The document dropped it.\n\n<!-- closeout:said removed abc -->", AFTER)], ""),
        ([remark("  ", AFTER)], ""),
        ([], ""),
    ],
)
def test_why_it_is_not_planned(graph, tracker, comments, reason):
    graph.close(12, closing(by="Ana-Lima"), reason="NOT_PLANNED", comments=tuple(comments))
    assert told(tracker) == Evidence(AT, "Ana-Lima", reason=reason)
    assert len(graph.queries) == 1


def test_a_long_reason_is_cut(graph, tracker):
    graph.close(12, closing(), reason="NOT_PLANNED", comments=(remark("x" * 5_000, AFTER),))
    assert told(tracker).reason == "x" * 999 + "…"


def test_what_was_said_of_something_done_is_no_reason(graph, tracker):
    graph.close(12, closing(pull_request(34)), comments=(remark("Shipped.", AFTER),))
    assert told(tracker).reason == ""


def test_an_open_pull_request_that_would_close_it(graph, tracker):
    graph.work(12, pull_request(34, merged=False))
    graph.work(13)
    graph.work(14, None)
    graph.work(15, pull_request(35, merged=False), at="2026-11-20T09:00:00Z")
    graph.work(16, pull_request(36))
    refs = [ref(number) for number in range(12, 19)]
    assert tracker.open_work(refs) == {ref(12): f"{PULL}/34"}
    assert len(graph.queries) == 1


def test_a_draft_is_work_and_one_that_is_ready_comes_first(graph, tracker):
    graph.work(12, pull_request(34, merged=False, draft=True))
    graph.work(13, pull_request(35, merged=False, draft=True), None, pull_request(36, merged=False))
    assert tracker.open_work([ref(12), ref(13)]) == {ref(12): f"{PULL}/34", ref(13): f"{PULL}/36"}


def test_a_hundred_issues_a_query_for_work(graph, tracker):
    for number in range(1, 252):
        graph.work(number, pull_request(1_000 + number, merged=False))
    found = tracker.open_work([ref(number) for number in range(1, 252)])
    assert [found[ref(number)] for number in (1, 100, 101, 251)] == [f"{PULL}/{n}" for n in (1001, 1100, 1101, 1251)]
    assert len(graph.queries) == 3
    assert tracker.open_work([]) == {}
    assert len(graph.queries) == 3


def test_that_pull_requests_may_not_be_seen_is_not_that_there_are_none(graph, tracker):
    graph.work(12)
    graph.issues[12]["closedByPullRequestsReferences"] = None
    with pytest.raises(NotAllowed, match="pull requests") as caught:
        tracker.open_work([ref(12)])
    assert "read access" in caught.value.advice


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"message": "Bad credentials"}, NotAllowed),
        (200, {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}, RateLimited),
        (200, {"data": {"repository": {"i12": {"number": 12}}}}, TargetUnreachable),
        (502, {"message": "Server Error"}, TargetUnreachable),
    ],
)
def test_what_is_no_answer_about_work(graph, tracker, status, body, error):
    graph.answer = (status, json.dumps(body))
    with pytest.raises(error):
        tracker.open_work([ref(12)])


def test_it_tells_of_work(tracker):
    assert isinstance(tracker, TellsOfWork)
