"""GitHub at its worst: what each failure becomes, and that no write is ever sent twice."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import github
import pytest
import requests
from contract.faults import Answer, FaultServer, Seen
from github.GithubException import RateLimitExceededExceedsMaxWait
from pydantic import HttpUrl

from connectors.errors import (
    ConnectorError,
    IssueGone,
    IssueMoved,
    IssueNotFound,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    TargetClosed,
    TargetMoved,
    TargetReadOnly,
    TargetUnreachable,
)
from connectors.github import GitHubTracker
from connectors.github.listing import Cursor
from connectors.interface import Issue, IssueDraft, IssuePatch, IssueRef, IssueState
from connectors.marker import Marker
from connectors.settings import GitHubSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "ghp_5ecret5ecret5ecret"
TIE = Marker("item-1", "2026/outage.md", "Do it", {"title": "Do it"})
DRAFT = IssueDraft(title="Do it", managed="Why", marker=TIE)
REF = IssueRef("ops", 12, "acme/ops#12")
ISSUE = Issue(
    ref=REF,
    title="Do it",
    body="",
    managed=None,
    marker=None,
    state=IssueState.OPEN,
    labels=frozenset(),
    assignees=frozenset(),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    updated_at=datetime(2026, 1, 1, tzinfo=UTC),
)
PATCH = IssuePatch(title="Do it well")

WRITES: dict[str, Callable[[GitHubTracker], object]] = {
    "create": lambda tracker: tracker.create(DRAFT),
    "update": lambda tracker: tracker.update(ISSUE, PATCH),
    "comment": lambda tracker: tracker.comment(REF, "hello"),
}
READS: dict[str, Callable[[GitHubTracker], object]] = {
    "get": lambda tracker: tracker.get(REF),
    "changed_since": lambda tracker: tracker.changed_since(None),
    "comments": lambda tracker: tracker.comments(REF),
    "is_public": lambda tracker: tracker.is_public(),
}
CALLS = WRITES | READS
OF_ONE_ISSUE = {"update", "comment", "get", "comments"}


@contextmanager
def tracker_at(url: str, *, timeout: float = 5, read_pauses: tuple[float, ...] = ()) -> Iterator[GitHubTracker]:
    settings = GitHubSettings(repository="acme/ops", base_url=HttpUrl(url), timeout=timeout)
    tracker = GitHubTracker("ops", settings, TOKEN, read_pauses=read_pauses)
    try:
        yield tracker
    finally:
        tracker.close()


def fails(server: FaultServer, call: str, **options: Any) -> ConnectorError:
    """The error of a call; whatever it is, it says what a person needs and nothing that they must not see."""
    with tracker_at(server.url, **options) as tracker, pytest.raises(ConnectorError) as caught:
        CALLS[call](tracker)
    error = caught.value
    assert error.message
    assert error.advice
    of_one = call in OF_ONE_ISSUE and not isinstance(error, TargetMoved)
    assert error.where == ("ops (acme/ops#12)" if of_one else "ops (acme/ops)")
    link: BaseException | None = error
    while link is not None:
        assert TOKEN not in f"{link} {link!r} {vars(link)}"
        link = link.__cause__
    return error


def raw_issue(number: int = 12, updated_at: str = "2026-01-01T00:00:00Z", **fields: Any) -> dict[str, Any]:
    return {
        "number": number,
        "html_url": f"https://127.0.0.1/acme/ops/issues/{number}",
        "title": "Do it",
        "body": None,
        "state": "open",
        "labels": [],
        "assignees": [],
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": updated_at,
        "closed_at": None,
    } | fields


def says(message: str, **more: Any) -> dict[str, Any]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest"} | more


LIMIT_PAGE = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
SECONDARY = says("You have exceeded a secondary rate limit. Please wait a few minutes.")

# name -> answer, error of a write, error of a read
ANSWERS: dict[str, tuple[Answer, type[ConnectorError], type[ConnectorError]]] = {
    "301": (Answer(301, says("Moved"), {"Location": "/repositories/1/issues"}), IssueMoved, IssueMoved),
    "301 to another host": (Answer(301, None, {"Location": "https://example.org/x"}), IssueMoved, IssueMoved),
    "302": (Answer(302, None, {"Location": "/repositories/1/issues"}), IssueMoved, IssueMoved),
    "307": (Answer(307, says("Moved"), {"Location": "/repositories/1/issues"}), IssueMoved, IssueMoved),
    "308 to nowhere": (Answer(308), IssueMoved, IssueMoved),
    "304": (Answer(304), OutcomeUnknown, TargetUnreachable),
    "400": (Answer(400, says("Problems parsing JSON")), RequestRejected, RequestRejected),
    "401": (Answer(401, says("Bad credentials")), NotAllowed, NotAllowed),
    "403": (Answer(403, says("Resource not accessible by personal access token")), NotAllowed, NotAllowed),
    "403 without JSON": (Answer(403, raw=b"<html>go away</html>"), NotAllowed, NotAllowed),
    "403 archived": (Answer(403, says("Repository was archived so is read-only.")), TargetReadOnly, TargetReadOnly),
    "403 used up": (Answer(403, says("x"), {"X-RateLimit-Remaining": "0"}), RateLimited, RateLimited),
    "403 API rate limit": (Answer(403, says("API rate limit exceeded for user ID 1.")), RateLimited, RateLimited),
    "403 secondary": (Answer(403, SECONDARY), RateLimited, RateLimited),
    "403 abuse": (Answer(403, says("You have triggered an abuse detection mechanism")), RateLimited, RateLimited),
    "403 by its page": (Answer(403, says("Slow down", documentation_url=LIMIT_PAGE)), RateLimited, RateLimited),
    "403 retry-after": (Answer(403, says("x"), {"Retry-After": "7"}), RateLimited, RateLimited),
    "404": (Answer(404, says("Not Found")), IssueNotFound, IssueNotFound),
    "404 as a list": (Answer(404, ["Not Found"]), IssueNotFound, IssueNotFound),
    "408": (Answer(408), OutcomeUnknown, TargetUnreachable),
    "410": (Answer(410, says("This issue was deleted")), IssueGone, IssueGone),
    "410 switched off": (Answer(410, says("Issues are disabled for this repo")), TargetClosed, TargetClosed),
    "413": (Answer(413, raw=b""), RequestRejected, RequestRejected),
    "422": (Answer(422, says("Validation Failed")), RequestRejected, RequestRejected),
    "422 too quick": (
        Answer(422, says("Validation Failed", errors=[{"code": "custom", "message": "was submitted too quickly"}])),
        RateLimited,
        RateLimited,
    ),
    "429": (Answer(429, says("Too many requests")), RateLimited, RateLimited),
    "429 retry-after": (Answer(429, SECONDARY, {"Retry-After": "7"}), RateLimited, RateLimited),
    "429 without a word": (Answer(429, raw=b""), RateLimited, RateLimited),
    "500": (Answer(500, says("Server Error")), OutcomeUnknown, TargetUnreachable),
    "502": (Answer(502, raw=b"<html>Bad Gateway</html>"), OutcomeUnknown, TargetUnreachable),
    "503 with a limit's header": (Answer(503, None, {"Retry-After": "1"}), OutcomeUnknown, TargetUnreachable),
    "504": (Answer(504, says("timed out")), OutcomeUnknown, TargetUnreachable),
    "599": (Answer(599), OutcomeUnknown, TargetUnreachable),
    "HTML with 200": (Answer(200, raw=b"<html>Log in</html>"), OutcomeUnknown, TargetUnreachable),
    "nothing with 200": (Answer(200, raw=b""), OutcomeUnknown, TargetUnreachable),
    "truncated JSON": (Answer(201, raw=b'{"number": 12, "title": "Do'), OutcomeUnknown, TargetUnreachable),
    "JSON of something else": (Answer(200, {"hello": "world"}), OutcomeUnknown, TargetUnreachable),
    "JSON null": (Answer(200, None), OutcomeUnknown, TargetUnreachable),
    "JSON too deep": (Answer(200, raw=b"[" * 200_000), OutcomeUnknown, TargetUnreachable),
    "an answer cut midway": (Answer(201, raw_issue(), cut="midway"), OutcomeUnknown, TargetUnreachable),
    "hung up after reading": (Answer(cut="read"), OutcomeUnknown, TargetUnreachable),
}


def of_whom(expected: type[ConnectorError], call: str) -> type[ConnectorError]:
    """A redirect of one issue's own path may mean that issue; of any other, and in the end of both, the repository."""
    return TargetMoved if expected is IssueMoved and call not in {"update", "comment", "comments"} else expected


class TestEveryAnswer:
    @pytest.mark.parametrize("answer", ANSWERS)
    @pytest.mark.parametrize("call", WRITES)
    def test_to_a_write(self, call: str, answer: str) -> None:
        scripted, expected, _ = ANSWERS[answer]
        with FaultServer(scripted) as server:
            error = fails(server, call)
        assert type(error) is of_whom(expected, call)
        assert len(server.seen) == 1

    @pytest.mark.parametrize("answer", ANSWERS)
    @pytest.mark.parametrize("call", READS)
    def test_to_a_read(self, call: str, answer: str) -> None:
        scripted, _, expected = ANSWERS[answer]
        with FaultServer(scripted) as server:
            error = fails(server, call)
        assert type(error) is of_whom(expected, call)
        assert set(server.verbs) == {"GET"}
        assert len(server.seen) == 1 or expected is IssueMoved

    @pytest.mark.parametrize("call", CALLS)
    def test_hung_up_before_reading(self, call: str) -> None:
        with FaultServer(Answer(cut="unread")) as server:
            error = fails(server, call)
        assert type(error) is (OutcomeUnknown if call in WRITES else TargetUnreachable)
        assert server.connections == 1
        assert server.seen == []

    @pytest.mark.parametrize("call", ["create", "update", "get"])
    def test_silence(self, call: str) -> None:
        with FaultServer(Answer(silent=True)) as server:
            error = fails(server, call, timeout=0.05, read_pauses=(0, 0))
            assert len(server.seen) == 1
        assert type(error) is (OutcomeUnknown if call in WRITES else TargetUnreachable)
        assert "time-out" in error.message

    @pytest.mark.parametrize("call", CALLS)
    def test_nobody_listens(self, call: str) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            with tracker_at(url) as tracker, pytest.raises(TargetUnreachable, match=r"connection refused.*nothing was"):
                CALLS[call](tracker)

    @pytest.mark.parametrize("call", CALLS)
    def test_no_such_host(self, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        url = "http://github.invalid"
        with tracker_at(url) as tracker, pytest.raises(TargetUnreachable, match=r"no such host.*nothing was sent"):
            CALLS[call](tracker)

    @pytest.mark.parametrize("call", WRITES)
    def test_a_proxy_that_is_down_sends_nothing(self, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)
            for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{taken.getsockname()[1]}")
            for url in ("http://github.invalid", "https://github.invalid"):
                with tracker_at(url) as tracker, pytest.raises(TargetUnreachable, match="nothing was sent"):
                    CALLS[call](tracker)

    def test_another_failure_being_handled_does_not_confuse(self) -> None:
        """A refused connection elsewhere, still being handled, must not make a time-out look like nothing sent."""
        with FaultServer(Answer(silent=True)) as server:
            try:
                requests.get("http://127.0.0.1:0", timeout=1)
            except requests.exceptions.ConnectionError:
                assert type(fails(server, "create", timeout=0.05)) is OutcomeUnknown


class TestWords:
    def test_a_move_says_where(self) -> None:
        location = "https://api.github.com/repositories/7/issues/3"
        with FaultServer(Answer(307, None, {"Location": location})) as server:
            error = fails(server, "update")
        assert isinstance(error, IssueMoved)
        assert error.location == location
        assert location in error.message

    def test_refused_values_are_named(self) -> None:
        errors = [
            {"resource": "Issue", "field": "assignees", "code": "invalid", "value": "nobody"},
            {"resource": "Issue", "field": "title", "code": "custom", "message": "title is too long"},
            {"resource": "Issue", "code": "custom"},
            {"code": "lonely"},
            "plain words",
        ]
        with FaultServer(Answer(422, says("Validation Failed", errors=errors))) as server:
            error = fails(server, "create")
        for words in ("Validation Failed", "Issue.assignees: invalid", "Issue.title: title is too long", "plain words"):
            assert words in error.message

    def test_switched_off_issues_are_not_deleted_ones(self) -> None:
        with FaultServer(Answer(410, says("Issues has been disabled in this repository."))) as server:
            error = fails(server, "get")
        assert not isinstance(error, IssueNotFound)
        assert "Features" in error.advice

    @pytest.mark.parametrize("status", [401, 403, 404, 410, 422, 429, 500])
    def test_a_token_that_the_server_quotes_is_hidden(self, status: int) -> None:
        with FaultServer(Answer(status, says(f"token {TOKEN} is bad", errors=[{"message": TOKEN}]))) as server:
            fails(server, "create")
            fails(server, "get")

    def test_a_token_that_a_library_quotes_is_hidden(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with tracker_at("http://127.0.0.1:9") as tracker:
            raising(monkeypatch, tracker, requests.exceptions.InvalidHeader(f"Invalid header value: 'token {TOKEN}'"))
            with pytest.raises(TargetUnreachable) as caught:
                tracker.create(DRAFT)
        assert TOKEN not in str(caught.value)
        assert caught.value.__cause__ is None


class TestRetryAt:
    def retry_at(self, status: int = 429, **headers: str) -> timedelta:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        before = datetime.now(UTC)
        with FaultServer(Answer(status, SECONDARY, named)) as server:
            error = fails(server, "create")
        assert isinstance(error, RateLimited)
        assert error.retry_at.tzinfo is UTC
        return error.retry_at - before

    def about(self, seconds: float) -> Any:
        return pytest.approx(seconds, abs=5)

    @pytest.mark.parametrize("status", [403, 429])
    def test_in_seconds(self, status: int) -> None:
        assert self.retry_at(status, Retry_After="90").total_seconds() == self.about(90)

    def test_as_a_date(self) -> None:
        date = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
        assert self.retry_at(Retry_After=date).total_seconds() == self.about(600)

    def test_at_the_reset(self) -> None:
        reset = str(int((datetime.now(UTC) + timedelta(minutes=30)).timestamp()))
        headers = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": reset}
        assert self.retry_at(403, **headers).total_seconds() == self.about(1_800)
        assert self.retry_at(403, X_RateLimit_Reset=reset).total_seconds() == self.about(1_800)
        assert self.retry_at(403, **headers, Retry_After="5").total_seconds() == self.about(5)

    def test_a_reset_of_a_limit_that_is_not_used_up_says_nothing(self) -> None:
        reset = str(int((datetime.now(UTC) + timedelta(minutes=30)).timestamp()))
        waited = self.retry_at(403, X_RateLimit_Remaining="4000", X_RateLimit_Reset=reset)
        assert waited.total_seconds() == self.about(60)

    def test_longer_each_time_that_no_time_is_named(self) -> None:
        """As GitHub asks for; a request that went through begins anew, and a time that is named counts as it is."""
        answers = (Answer(403, SECONDARY), Answer(429, SECONDARY), Answer(403, SECONDARY), Answer(200, raw_issue()))
        more = (Answer(429, None), Answer(429, None, {"Retry-After": "7"}))
        waited = []
        with FaultServer(*answers, *more) as server, tracker_at(server.url) as tracker:
            for _ in range(6):
                before = datetime.now(UTC)
                try:
                    tracker.get(REF)
                except RateLimited as error:
                    waited.append((error.retry_at - before).total_seconds())
        assert waited == [self.about(seconds) for seconds in (60, 120, 240, 60, 7)]

    @pytest.mark.parametrize("text", ["soon", "", "1e400", "nan", "-", "Mon, 99 Foo 2026 00:00:00 GMT"])
    def test_a_minute_when_it_makes_no_sense(self, text: str) -> None:
        assert self.retry_at(Retry_After=text).total_seconds() == self.about(60)

    def test_a_reset_that_makes_no_sense_trips_pygithub_and_stays_safe(self) -> None:
        with FaultServer(Answer(429, SECONDARY, {"X-RateLimit-Reset": "soon"})) as server:
            assert type(fails(server, "create")) is OutcomeUnknown
        assert server.verbs == ["POST"]

    def test_never_in_the_past(self) -> None:
        assert self.retry_at(Retry_After="-100") > timedelta(0)
        assert self.retry_at(Retry_After="Thu, 01 Jan 1970 00:00:00 GMT") > timedelta(0)


class TestReads:
    """A read may be tried again; a write never is."""

    @pytest.mark.parametrize("trouble", ["502", "hung up after reading", "an answer cut midway", "HTML with 200"])
    def test_are_tried_again(self, trouble: str) -> None:
        scripted, _, _ = ANSWERS[trouble]
        answers = (scripted, scripted, Answer(200, raw_issue()))
        with FaultServer(*answers) as server, tracker_at(server.url, read_pauses=(0, 0)) as tracker:
            assert tracker.get(REF).ref.number == 12
        assert server.verbs == ["GET"] * 3

    def test_are_given_up(self) -> None:
        with FaultServer(Answer(502)) as server:
            fails(server, "changed_since", read_pauses=(0, 0))
        assert server.verbs == ["GET"] * 3

    @pytest.mark.parametrize("answer", ["401", "403", "404", "410", "422", "429"])
    def test_are_not_tried_again_when_the_answer_was_clear(self, answer: str) -> None:
        with FaultServer(ANSWERS[answer][0]) as server:
            fails(server, "get", read_pauses=(0, 0))
        assert server.verbs == ["GET"]

    @pytest.mark.parametrize("call", WRITES)
    @pytest.mark.parametrize("trouble", ["502", "hung up after reading", "HTML with 200", "429", "403 secondary"])
    def test_writes_are_not(self, call: str, trouble: str) -> None:
        with FaultServer(ANSWERS[trouble][0]) as server:
            fails(server, call, read_pauses=(0, 0))
        assert len(server.seen) == 1

    def test_do_not_wait_for_an_answer_that_is_to_come(self) -> None:
        """PyGithub sleeps and asks again, without end, for as long as a GET is answered with 202."""
        with FaultServer(Answer(202, {})) as server:
            assert type(fails(server, "get")) is TargetUnreachable
        assert server.verbs == ["GET"]


# every exception class of the libraries -> error of a write, error of a read
UNKNOWN = (OutcomeUnknown, TargetUnreachable)
UNSENT = (TargetUnreachable, TargetUnreachable)
RAISED: dict[type[Exception], tuple[type[ConnectorError], type[ConnectorError]]] = {
    requests.exceptions.RequestException: UNKNOWN,
    requests.exceptions.InvalidJSONError: UNKNOWN,
    requests.exceptions.JSONDecodeError: UNKNOWN,
    requests.exceptions.HTTPError: UNKNOWN,
    requests.exceptions.ConnectionError: UNKNOWN,
    requests.exceptions.ProxyError: UNSENT,
    requests.exceptions.SSLError: UNKNOWN,
    requests.exceptions.Timeout: UNKNOWN,
    requests.exceptions.ConnectTimeout: UNSENT,
    requests.exceptions.ReadTimeout: UNKNOWN,
    requests.exceptions.URLRequired: UNSENT,
    requests.exceptions.TooManyRedirects: UNKNOWN,
    requests.exceptions.MissingSchema: UNSENT,
    requests.exceptions.InvalidSchema: UNSENT,
    requests.exceptions.InvalidURL: UNSENT,
    requests.exceptions.InvalidHeader: UNSENT,
    requests.exceptions.InvalidProxyURL: UNSENT,
    requests.exceptions.ChunkedEncodingError: UNKNOWN,
    requests.exceptions.ContentDecodingError: UNKNOWN,
    requests.exceptions.StreamConsumedError: UNKNOWN,
    requests.exceptions.RetryError: UNKNOWN,
    requests.exceptions.UnrewindableBodyError: UNKNOWN,
    github.GithubException: UNKNOWN,
    github.BadCredentialsException: (NotAllowed, NotAllowed),
    github.UnknownObjectException: (IssueNotFound, IssueNotFound),
    github.BadUserAgentException: (NotAllowed, NotAllowed),
    github.RateLimitExceededException: (RateLimited, RateLimited),
    RateLimitExceededExceedsMaxWait: (RateLimited, RateLimited),
    github.BadAttributeException: UNKNOWN,
    github.TwoFactorException: (NotAllowed, NotAllowed),
    github.IncompletableObject: UNKNOWN,
}
STATUS = {
    "BadCredentialsException": 401,
    "UnknownObjectException": 404,
    "BadUserAgentException": 403,
    "RateLimitExceededException": 403,
    "RateLimitExceededExceedsMaxWait": 403,
    "TwoFactorException": 401,
    "IncompletableObject": 400,
}


def family(root: type[Exception]) -> set[type[Exception]]:
    return {root}.union(*(family(child) for child in root.__subclasses__()))


def made(kind: type[Exception]) -> Exception:
    if issubclass(kind, github.GithubException):
        return kind(STATUS.get(kind.__name__, 500), {"message": "x"}, {})
    if issubclass(kind, github.BadAttributeException):
        return kind("x", (str, str), None)
    return kind("x", "y", 0) if kind is requests.exceptions.JSONDecodeError else kind("x")


def raising(monkeypatch: pytest.MonkeyPatch, tracker: GitHubTracker, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(tracker._wire._requester, "requestJson", fail)


class TestEveryException:
    def test_none_is_forgotten(self) -> None:
        roots = (requests.exceptions.RequestException, github.GithubException, github.BadAttributeException)
        known = {kind for root in roots for kind in family(root) if kind.__module__.startswith(("requests", "github"))}
        assert known == set(RAISED)

    @pytest.mark.parametrize("kind", RAISED, ids=lambda kind: kind.__name__)
    @pytest.mark.parametrize("call", CALLS)
    def test_becomes_one_of_ours(self, call: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
        with tracker_at("http://127.0.0.1:9") as tracker:
            raising(monkeypatch, tracker, made(kind))
            with pytest.raises(ConnectorError) as caught:
                CALLS[call](tracker)
        assert type(caught.value) is RAISED[kind][0 if call in WRITES else 1]

    @pytest.mark.parametrize("error", [OSError("x"), RuntimeError("x"), ValueError("x"), AssertionError("x")])
    def test_what_nobody_foresaw_leaves_a_doubt_about_a_write(
        self, error: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with tracker_at("http://127.0.0.1:9") as tracker:
            raising(monkeypatch, tracker, error)
            for call in CALLS:
                with pytest.raises(OutcomeUnknown if call in WRITES else TargetUnreachable):
                    CALLS[call](tracker)

    def test_being_interrupted_is_no_failure_of_the_target(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with tracker_at("http://127.0.0.1:9") as tracker:
            raising(monkeypatch, tracker, KeyboardInterrupt())
            with pytest.raises(KeyboardInterrupt):
                tracker.create(DRAFT)


class Repository:
    """A list of issues as GitHub serves it: filtered, sorted and cut into pages at the moment of each request."""

    def __init__(self, count: int, *, a_second_apart: bool = True) -> None:
        self.issues = {
            number: raw_issue(number, self.second(number if a_second_apart else 0)) for number in range(1, count + 1)
        }
        self.between: Callable[[int], object] = lambda _: None
        self.served = 0

    @staticmethod
    def time(number: int) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)

    @classmethod
    def second(cls, number: int) -> str:
        return f"{cls.time(number):%Y-%m-%dT%H:%M:%SZ}"

    def touch(self, number: int, second: int) -> None:
        self.issues[number] = self.issues[number] | {"updated_at": self.second(second)}

    def __call__(self, seen: Seen) -> Answer:
        query = seen.query
        assert (query["state"], query["sort"], query["direction"]) == ("all", "updated", "asc")
        found = [issue for issue in self.issues.values() if issue["updated_at"] >= query.get("since", "")]
        found.sort(key=lambda issue: (issue["updated_at"], issue["number"]))
        size, page = int(query["per_page"]), int(query["page"])
        more = len(found) > page * size
        answer = Answer(
            200,
            found[(page - 1) * size : page * size],
            {"Link": f'<http://x/?page={page + 1}>; rel="next", <http://x/?page=99>; rel="last"'} if more else {},
        )
        self.served += 1
        self.between(self.served)
        return answer


class TestPages:
    def listed(self, repository: Repository, cursor: str | None = None) -> tuple[list[int], int, list[int], str]:
        progress: list[int] = []
        with FaultServer(repository) as server, tracker_at(server.url) as tracker:
            listing = tracker.changed_since(cursor, progress.append)
        assert server.verbs == ["GET"] * len(server.verbs)
        return [issue.ref.number for issue in listing.issues], len(server.seen), progress, listing.cursor

    @pytest.mark.parametrize(("count", "requests_wanted"), [(0, 1), (1, 1), (99, 1), (100, 1), (101, 2), (250, 3)])
    def test_a_request_for_each(self, count: int, requests_wanted: int) -> None:
        numbers, sent, progress, _ = self.listed(Repository(count))
        assert numbers == list(range(1, count + 1))
        assert sent == requests_wanted
        assert progress == sorted(progress)
        assert progress[-1:] == [count][: len(progress)]

    def test_more_changes_of_one_second_than_a_page_holds(self) -> None:
        numbers, sent, _, _ = self.listed(Repository(350, a_second_apart=False))
        assert numbers == list(range(1, 351))
        assert sent == 5

    def test_a_change_meanwhile_hides_nothing(self) -> None:
        """A touched issue moves to the end; then the first of the next page would slip into its place, unseen."""
        repository = Repository(250)
        repository.between = lambda served: repository.touch(5 * served, 1_000 + served)
        numbers, _, _, _ = self.listed(repository)
        assert sorted(numbers) == list(range(1, 251))

    def test_a_deletion_meanwhile_hides_nothing(self) -> None:
        repository = Repository(250)
        repository.between = lambda served: repository.issues.pop(served, None)
        numbers, _, _, _ = self.listed(repository)
        assert set(range(4, 251)) <= set(numbers)

    def test_the_last_word_on_an_issue_counts(self) -> None:
        repository = Repository(150)
        repository.between = lambda served: repository.touch(1, 500) if served == 1 else None
        numbers, _, _, cursor = self.listed(repository)
        assert numbers == [*range(2, 151), 1]
        assert Cursor.parse(cursor).newest == repository.time(500)

    def test_the_cursor_overlaps_and_never_goes_back(self) -> None:
        repository = Repository(300)
        _, _, _, cursor = self.listed(repository)
        assert Cursor.parse(cursor).newest == repository.time(300)
        again, sent, _, same = self.listed(repository, cursor)
        assert again == list(range(180, 301))
        assert sent == 2
        repository.issues.clear()
        numbers, sent, progress, after = self.listed(repository, same)
        assert (numbers, sent, progress) == ([], 1, [])
        assert Cursor.parse(after).newest == repository.time(300)
        assert Cursor.parse(after).since >= Cursor.parse(cursor).since

    def test_a_cursor_of_something_else_means_everything(self) -> None:
        assert self.listed(Repository(3), "page 7 of the old tracker")[0] == [1, 2, 3]

    def test_pull_requests_count_for_the_cursor_only(self) -> None:
        repository = Repository(3)
        repository.issues[3]["pull_request"] = {"url": "x"}
        numbers, sent, progress, cursor = self.listed(repository)
        assert (numbers, sent, progress) == ([1, 2], 1, [2])
        assert Cursor.parse(cursor).newest == repository.time(3)

    def test_a_page_that_fails_fails_the_listing(self) -> None:
        good = Repository(150)
        with FaultServer(good, Answer(502)) as server:
            assert type(fails(server, "changed_since")) is TargetUnreachable

    def test_one_that_is_no_issue_fails_the_listing(self) -> None:
        """What could not be read must not look deleted."""
        with FaultServer(Answer(200, [raw_issue(1), {"number": 2}])) as server:
            assert type(fails(server, "changed_since")) is TargetUnreachable

    def test_comments_have_pages_too(self) -> None:
        def comment(number: int) -> dict[str, Any]:
            return {"id": number, "body": f"{number}", "user": None, "created_at": "2026-01-01T00:00:00Z"}

        more = {"Link": '<http://x/?page=2>; rel="next"'}
        with (
            FaultServer(
                Answer(200, [comment(number) for number in range(1, 101)], more), Answer(200, [comment(101)])
            ) as server,
            tracker_at(server.url) as tracker,
        ):
            comments = tracker.comments(REF)
        assert [comment.id for comment in comments] == [str(number) for number in range(1, 102)]
        assert {comment.author for comment in comments} == {"ghost"}
        assert [seen.query["page"] for seen in server.seen] == ["1", "2"]


class TestVisibility:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ({"private": False}, True),
            ({"private": False, "visibility": "public"}, True),
            ({"private": True, "visibility": "private"}, False),
            ({"private": True, "visibility": "internal"}, False),
            ({"private": False, "visibility": "internal"}, False),
        ],
    )
    def test_of_a_repository(self, raw: dict[str, Any], expected: bool) -> None:  # noqa: FBT001  (a column of the table)
        with FaultServer(Answer(200, raw)) as server, tracker_at(server.url) as tracker:
            assert tracker.is_public() is expected
        assert len(server.seen) == 1


class TestAnswers:
    def test_of_another_issue_are_a_move(self) -> None:
        for other in (raw_issue(13), raw_issue(12, html_url="https://github.com/acme/web/issues/12")):
            with FaultServer(Answer(200, other)) as server:
                assert type(fails(server, "update")) is IssueMoved
                assert type(fails(server, "get")) is IssueMoved

    def test_of_a_create_elsewhere_leave_a_doubt(self) -> None:
        with FaultServer(Answer(201, raw_issue(1, html_url="https://github.com/acme/web/issues/1"))) as server:
            assert type(fails(server, "create")) is OutcomeUnknown

    def test_show_what_was_dropped(self) -> None:
        with FaultServer(Answer(201, raw_issue(1))) as server, tracker_at(server.url) as tracker:
            issue = tracker.create(replace(DRAFT, assignees=frozenset({"ana"})))
        assert (issue.labels, issue.assignees) == (frozenset(), frozenset())
        assert server.seen[0].body["assignees"] == ["ana"]

    def test_tell_times_in_utc(self) -> None:
        raw = raw_issue(12, "2026-03-01T12:00:00+02:00", closed_at="2026-03-01T10:00:00", state="closed")
        with FaultServer(Answer(200, raw)) as server, tracker_at(server.url) as tracker:
            issue = tracker.get(REF)
        assert issue.updated_at == issue.closed_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
        assert issue.closed_at is not None
        assert issue.closed_at.tzinfo is issue.updated_at.tzinfo is UTC

    def test_with_labels_as_bare_words(self) -> None:
        raw = raw_issue(12, labels=["a", {"name": "b"}])
        with FaultServer(Answer(200, raw)) as server, tracker_at(server.url) as tracker:
            assert tracker.get(REF).labels == {"a", "b"}
