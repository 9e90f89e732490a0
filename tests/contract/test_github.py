"""What only GitHub asks of its adapter: exact requests, its counterpart's faults, its own names and states."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from contract.conftest import PEOPLE, REPOSITORY
from openapi_core.exceptions import OpenAPIError
from pydantic import HttpUrl

from connectors.errors import IssueMoved, IssueNotFound, NotAllowed, OutcomeUnknown, RateLimited, TargetUnreachable
from connectors.github import GitHubTracker, values
from connectors.interface import IssueDraft, IssuePatch, IssueState
from connectors.marker import Marker
from connectors.pacing import Window
from connectors.settings import GitHubSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.conftest import GitHubBench
    from contract.wire_check import GitHubDescription

    Draft = Callable[..., IssueDraft]

TIE = Marker("item-1", "2026/outage.md", "Do it", {"title": "Do it"})
API = "https://api.github.com/repos/acme/ops"


def tracker_at(base_url: str, **settings: Any) -> GitHubTracker:
    return GitHubTracker("ops", GitHubSettings(repository=REPOSITORY, base_url=HttpUrl(base_url), **settings), "t0ken")


class TestRequests:
    def test_each_call_sends_exactly_what_it_must(self, github: GitHubBench, draft: Draft) -> None:
        sent, tracker = github.sent, github.tracker
        assert sent.verbs == []
        issue = tracker.create(draft())
        assert sent.verbs == ["POST"]
        tracker.update(issue, IssuePatch(title="x", managed="y", marker=TIE, state=IssueState.DONE))
        assert sent.verbs == ["POST", "PATCH"]
        tracker.comment(issue.ref, "hello")
        assert sent.verbs == ["POST", "PATCH", "POST"]
        sent.clear()
        tracker.get(issue.ref)
        tracker.comments(issue.ref)
        tracker.is_public()
        assert sent.verbs == ["GET"] * 3

    def test_a_listing_asks_for_no_issue_by_itself(self, github: GitHubBench) -> None:
        github.people_open(100)
        for issue in github.tracker.changed_since(None).issues:
            repr(issue)
        assert github.sent.verbs == ["GET"]

    def test_nothing_is_sent_for_what_needs_no_network(self, github: GitHubBench, draft: Draft) -> None:
        issue = github.tracker.create(draft(labels=frozenset({"a"})))
        github.sent.clear()
        assert github.tracker.capabilities.max_title == 256
        assert github.tracker.reference("#1") == issue.ref
        assert github.tracker.update(issue, IssuePatch()) is issue
        assert github.tracker.update(issue, IssuePatch(add_labels=frozenset({"A"}), priority="high")) is issue
        assert github.tracker.update(issue, IssuePatch(managed=issue.managed, marker=issue.marker)) is issue
        assert github.sent.verbs == []

    def test_a_patch_carries_only_what_it_names(self, github: GitHubBench, draft: Draft) -> None:
        issue = github.tracker.create(draft(labels=frozenset({"b", "a"}), assignees=frozenset(PEOPLE)))
        assert set(github.sent.bodies[-1]) == {"title", "body", "labels", "assignees"}
        github.again().changed_since(None)
        github.sent.clear()
        closed = github.tracker.update(issue, IssuePatch(state=IssueState.WONT_DO))
        github.tracker.update(closed, IssuePatch(state=IssueState.OPEN))
        github.tracker.update(issue, IssuePatch(state=IssueState.OPEN))
        github.tracker.update(issue, IssuePatch(add_labels=frozenset({"c"}), remove_labels=frozenset({"B"})))
        github.tracker.update(issue, IssuePatch(assignees=frozenset()))
        assert github.sent.bodies == [
            {"state": "closed", "state_reason": "not_planned"},
            {"state": "open", "state_reason": "reopened"},
            {"state": "open"},
            {"name": "c", "color": "ededed", "description": "An action item of a postmortem"},
            {"labels": ["a", "c"]},
            {"assignees": []},
        ]

    def test_say_who_asks(self, github: GitHubBench) -> None:
        github.tracker.is_public()
        headers = github.sent.requests[0].headers
        assert str(headers["User-Agent"]).startswith("closeout/")
        assert str(headers["Authorization"]).startswith("token gho_")
        assert headers["Accept"] == "application/vnd.github+json"


class TestDescription:
    """The check of every request can fail."""

    def request(self, verb: str, path: str = "/issues", **parts: Any) -> requests.PreparedRequest:
        return requests.Request(verb, f"{API}{path}", **parts).prepare()

    def test_allows_what_is_right(self, description: GitHubDescription) -> None:
        description.check(self.request("POST", json={"title": "x", "labels": ["a"]}))
        description.check(self.request("GET", params={"state": "all", "since": "2026-01-01T00:00:00Z"}))

    @pytest.mark.parametrize(
        ("verb", "path", "parts"),
        [
            ("POST", "/issues", {"json": {"body": "no title"}}),
            ("POST", "/issues", {"json": {"title": "x", "labels": [1]}}),
            ("POST", "/issues", {"json": {"title": "x", "assignees": "ana"}}),
            ("POST", "/issues", {"json": {"title": "x", "state": "closed"}}),
            ("POST", "/issues", {}),
            ("PATCH", "/issues/1", {"json": {"state": "done"}}),
            ("PATCH", "/issues/1", {"json": {"state": "closed", "state_reason": "wont_do"}}),
            ("PATCH", "/issues/one", {"json": {"state": "closed"}}),
            ("PUT", "/issues/1", {"json": {"state": "closed"}}),
            ("GET", "/issues", {"params": {"state": "any"}}),
            ("GET", "/issues", {"params": {"per_page": "many"}}),
            ("GET", "/tickets", {}),
            ("POST", "/issues/1/comments", {"json": {"text": "x"}}),
        ],
    )
    def test_refuses_what_is_wrong(
        self, description: GitHubDescription, verb: str, path: str, parts: dict[str, Any]
    ) -> None:
        with pytest.raises(OpenAPIError):
            description.check(self.request(verb, path, **parts))

    def test_refuses_parameters_that_github_would_ignore(self, description: GitHubDescription) -> None:
        with pytest.raises(Exception, match="updated_after"):
            description.check(self.request("GET", params={"updated_after": "2026-01-01"}))

    def test_sees_the_adapters_own_requests(
        self, github: GitHubBench, draft: Draft, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(values._REASONS, IssueState.DONE, "finished")
        issue = github.tracker.create(draft())
        with pytest.raises(OutcomeUnknown):
            github.tracker.update(issue, IssuePatch(state=IssueState.DONE))
        assert len(github.sent.violations) == 1
        assert "finished" in github.sent.violations[0]
        github.sent.violations.clear()

    def test_names_its_origin(self, description: GitHubDescription) -> None:
        assert description.raw["info"]["license"]["name"] == "MIT"
        assert "@octokit/openapi" in description.raw["info"]["description"]


class TestFaults:
    def test_committed_then_timed_out_is_unknown_and_found_by_marker(self, github: GitHubBench, draft: Draft) -> None:
        github.world.set_faults([{"tool": "github.issues.create", "kind": "timeout_after_commit"}])
        wanted = draft()
        with pytest.raises(OutcomeUnknown) as caught:
            github.tracker.create(wanted)
        assert caught.value.where == "ops (acme/ops)"
        assert github.sent.verbs == ["POST"]
        assert [issue.marker for issue in github.tracker.changed_since(None).issues] == [wanted.marker]

    @pytest.mark.parametrize("kind", ["timeout", "server_error", "unavailable", "bad_gateway", "transport_error"])
    def test_a_create_is_sent_once(self, github: GitHubBench, draft: Draft, kind: str) -> None:
        github.world.set_faults([{"tool": "github.issues.create", "kind": kind, "times": None}])
        with pytest.raises(OutcomeUnknown):
            github.tracker.create(draft())
        assert github.sent.verbs == ["POST"]
        assert len(github.world.calls) == 1

    def test_an_answer_cut_short_is_unknown(self, github: GitHubBench, draft: Draft) -> None:
        github.world.set_faults([{"tool": "github.issues.create", "kind": "truncated"}])
        with pytest.raises(OutcomeUnknown):
            github.tracker.create(draft())

    def test_a_limit(self, github: GitHubBench, draft: Draft) -> None:
        github.world.set_faults([{"tool": "github.issues.create", "kind": "rate_limit"}])
        before = datetime.now(UTC)
        with pytest.raises(RateLimited) as caught:
            github.tracker.create(draft())
        assert caught.value.retry_at >= before + timedelta(seconds=60)
        assert github.tracker.changed_since(None).issues == ()

    @pytest.mark.usefixtures("github")
    def test_a_wrong_token(self, host: Any) -> None:
        settings = GitHubSettings(repository=REPOSITORY, ca_bundle=str(host.gateway.ca.cert_path))
        tracker = GitHubTracker("ops", settings, "gho_wrong")
        with pytest.raises(NotAllowed, match="does not accept the token"):
            tracker.changed_since(None)
        tracker.close()

    def test_a_missing_repository(self, github: GitHubBench, draft: Draft) -> None:
        tracker = github.again("acme/nowhere")
        for ask in (lambda: tracker.changed_since(None), tracker.is_public, lambda: tracker.create(draft())):
            with pytest.raises(IssueNotFound) as caught:
                ask()
            assert caught.value.where == "ops (acme/nowhere)"

    @pytest.mark.usefixtures("github")
    def test_an_authority_that_nobody_vouches_for(self, draft: Draft) -> None:
        tracker = tracker_at("https://api.github.com")
        with pytest.raises(TargetUnreachable, match="certificate") as caught:
            tracker.create(draft())
        assert "ca_bundle" in caught.value.advice
        tracker.close()


class TestPeople:
    def test_pull_requests_are_no_issues(self, github: GitHubBench, draft: Draft) -> None:
        github.call("create_branch", branch="fix")
        github.call("push_files", branch="fix", files=[{"path": "a", "content": "b"}], message="m")
        pull = github.call("create_pull_request", title="Fix", head="fix", base="main")["number"]
        issue = github.tracker.create(draft())
        assert github.tracker.changed_since(None).issues == (issue,)
        reference = github.tracker.reference(f"#{pull}")
        assert reference is not None
        with pytest.raises(IssueNotFound, match="pull request"):
            github.tracker.get(reference)

    def test_strangers_are_dropped_and_it_shows(self, github: GitHubBench, draft: Draft) -> None:
        issue = github.tracker.create(draft())
        after = github.tracker.update(issue, IssuePatch(assignees=frozenset({PEOPLE[0], "nobody-we-know"})))
        assert after.assignees == {PEOPLE[0]}
        assert [each.what for each in after.left_out] == ["assignee nobody-we-know"]
        assert "access to the repository" in after.left_out[0].advice

    def test_strangers_in_a_create_do_not_cost_the_issue(self, github: GitHubBench, draft: Draft) -> None:
        issue = github.tracker.create(draft(assignees=frozenset({"nobody-we-know", PEOPLE[0]})))
        assert issue.assignees == {PEOPLE[0]}
        assert [each.what for each in issue.left_out] == ["assignee nobody-we-know"]
        assert github.sent.verbs == ["POST", "POST"]
        assert len(github.tracker.changed_since(None).issues) == 1

    def test_public_and_private(self, github: GitHubBench) -> None:
        assert github.again("acme/site").is_public() is True
        assert github.again("ACME/Ops").name == "ops"

    @pytest.mark.parametrize(
        ("state", "reason", "expected"),
        [
            ("open", None, IssueState.OPEN),
            ("open", "reopened", IssueState.OPEN),
            ("closed", None, IssueState.DONE),
            ("closed", "completed", IssueState.DONE),
            ("closed", "not_planned", IssueState.WONT_DO),
            ("closed", "duplicate", IssueState.DUPLICATE),
            ("closed", "a reason of the future", IssueState.WONT_DO),
        ],
    )
    def test_states_that_people_set(
        self, github: GitHubBench, draft: Draft, state: str, reason: str | None, expected: IssueState
    ) -> None:
        issue = github.tracker.create(draft())
        github.stored(issue.ref.number).update(state=state, state_reason=reason)
        assert github.tracker.get(issue.ref).state is expected

    def test_an_issue_without_a_body(self, github: GitHubBench) -> None:
        github.people_open(1)
        (issue,) = github.tracker.changed_since(None).issues
        assert (issue.body, issue.managed, issue.marker) == ("", None, None)
        after = github.tracker.update(issue, IssuePatch(managed="Mine now", marker=TIE))
        assert (after.managed, after.marker) == ("Mine now", TIE)


class TestNames:
    @pytest.mark.parametrize(
        "text",
        [
            "#12",
            "acme/ops#12",
            "Acme/OPS#12",
            " https://github.com/acme/ops/issues/12 ",
            "https://GitHub.com/ACME/ops/issues/12/",
            "https://github.com/acme/ops/issues/12#issuecomment-99",
            "https://github.com/acme/ops/issues/12?tab=x",
        ],
    )
    def test_of_an_issue_here(self, text: str) -> None:
        found = tracker_at("https://api.github.com").reference(text)
        assert found is not None
        assert (found.target, found.number, found.key) == ("ops", 12, "acme/ops#12")
        assert found.url == "https://github.com/acme/ops/issues/12"

    @pytest.mark.parametrize(
        "text",
        [
            "acme/web#12",
            "ops#12",
            "#0",
            "#012",
            "#١٢",
            "https://github.com/acme/ops/pull/12",
            "https://github.com/acme/ops/issues",
            "https://github.com/acme/ops/issues/12/edit",
            "https://github.com/acme/web/issues/12",
            "https://ghe.example.org/acme/ops/issues/12",
            "https://api.github.com/repos/acme/ops/issues/12",
            "ftp://github.com/acme/ops/issues/12",
            "https://[broken/acme/ops/issues/12",
        ],
    )
    def test_of_nothing_here(self, text: str) -> None:
        assert tracker_at("https://api.github.com").reference(text) is None

    @pytest.mark.parametrize(
        ("base_url", "page", "key"),
        [
            ("https://api.github.com", "https://github.com", "github:api.github.com"),
            ("https://ghe.example.org/api/v3", "https://ghe.example.org", "github:ghe.example.org"),
            ("https://ghe.example.org:8443/api/v3/", "https://ghe.example.org:8443", "github:ghe.example.org:8443"),
            ("https://api.octo.ghe.com", "https://octo.ghe.com", "github:api.octo.ghe.com"),
        ],
    )
    def test_of_the_host(self, base_url: str, page: str, key: str) -> None:
        tracker = tracker_at(base_url)
        found = tracker.reference(f"{page}/acme/ops/issues/7")
        assert found is not None
        assert found.url == f"{page}/acme/ops/issues/7"
        assert tracker.capabilities.budget_key == key

    def test_the_budget_is_that_of_the_settings(self) -> None:
        limits = tracker_at("https://api.github.com", creates_per_minute=7, creates_per_hour=70).capabilities
        assert limits.budget.windows == (Window(7, timedelta(minutes=1)), Window(70, timedelta(hours=1)))
        assert (limits.due, limits.priority, limits.max_title, limits.max_body) == (False, False, 256, 65_536)

    @pytest.mark.parametrize("token", ["", "  ", "two words", "li\nne", "tökën"])
    def test_a_token_that_cannot_be_one(self, token: str) -> None:
        with pytest.raises(NotAllowed) as caught:
            GitHubTracker("ops", GitHubSettings(repository=REPOSITORY), token)
        assert caught.value.advice
        assert token.strip() == "" or token not in str(caught.value)

    def test_a_token_from_a_file_may_end_in_a_newline(self) -> None:
        GitHubTracker("ops", GitHubSettings(repository=REPOSITORY), "t0ken\n").close()


def test_moved_is_told_by_what_came_back(github: GitHubBench, draft: Draft) -> None:
    """Should a server ever answer from another repository without a redirect."""
    issue = github.tracker.create(draft())
    repository = github.world.state["repos"][REPOSITORY]
    repository["full_name"] = "acme/elsewhere"
    asked: tuple[Callable[[], object], ...] = (
        lambda: github.tracker.get(issue.ref),
        lambda: github.tracker.update(issue, IssuePatch(title="x")),
    )
    for ask in asked:
        with pytest.raises(IssueMoved) as caught:
            ask()
        assert caught.value.location == "https://github.com/acme/elsewhere/issues/1"
    with pytest.raises(OutcomeUnknown, match="elsewhere"):
        github.tracker.create(draft())


class TestOtherRepositories:
    def test_an_issue_of_another_repository_is_never_touched(self, github: GitHubBench, draft: Draft) -> None:
        """The same number is somebody else's issue there."""
        elsewhere = github.again("acme/site")
        mine = github.tracker.create(draft())
        elsewhere.create(draft())
        github.sent.clear()
        for call in (
            lambda: elsewhere.update(mine, IssuePatch(state=IssueState.DONE)),
            lambda: elsewhere.comment(mine.ref, "hello"),
            lambda: elsewhere.comments(mine.ref),
            lambda: elsewhere.get(mine.ref),
        ):
            with pytest.raises(IssueMoved):
                call()
        assert github.sent.verbs == []

    def test_another_spelling_of_the_repository_means_the_same_issues(self, github: GitHubBench) -> None:
        shouted = github.again(REPOSITORY.upper())
        assert shouted.reference("#1") == replace(github.tracker.reference("#1"), url=shouted.reference("#1").url)
        assert shouted.capabilities.place == github.tracker.capabilities.place
