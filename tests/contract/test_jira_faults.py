"""Jira at its worst: what each failure becomes on the wire, and that no write is ever sent twice."""

from __future__ import annotations

import socket
from base64 import b64encode
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from typing import TYPE_CHECKING, Any

import jira
import pytest
import requests
from contract.faults import Answer, FaultServer
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import HttpUrl
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ReadTimeoutError

from connectors import answers
from connectors.errors import (
    ConnectorError,
    IssueGone,
    IssueNotFound,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    TargetMoved,
    TargetUnreachable,
)
from connectors.jira.failures import Reply, Request, of_reply, said
from connectors.jira.wire import Wire
from connectors.settings import JiraSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

EMAIL = "bot@example.com"
TOKEN = "ATATT3x5ecret5ecret/+="
PAIR = b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
NOW = datetime(2026, 11, 2, 10, 30, 15, tzinfo=UTC)
WHERE = "ops (OPS-12)"
BODY = {"fields": {"summary": "Do it"}}

WRITES: dict[str, Callable[[Wire], object]] = {
    "create": lambda wire: wire.write("POST", "issue", WHERE, BODY),
    "create many": lambda wire: wire.write("POST", "issue/bulk", WHERE, {"issueUpdates": [BODY]}, parts=True),
    "update": lambda wire: wire.write("PUT", "issue/10012", WHERE, BODY, of_issue=True),
    "comment": lambda wire: wire.write("POST", "issue/10012/comment", WHERE, {"body": "hello"}, of_issue=True),
    "delete": lambda wire: wire.write("DELETE", "issueLink/7", WHERE),
}
READS: dict[str, Callable[[Wire], object]] = {
    "get": lambda wire: wire.read("issue/10012", WHERE, of_issue=True),
    "read": lambda wire: wire.read("project/OPS", WHERE, {"expand": "lead"}),
    "ask": lambda wire: wire.ask("search/jql", WHERE, {"jql": "project = OPS"}),
}
CALLS = WRITES | READS


@contextmanager
def wire_to(url: str, *, read_pauses: tuple[float, ...] = (), **settings: Any) -> Iterator[Wire]:
    given_settings = {"url": HttpUrl(url), "project": "OPS", "email": EMAIL, "timeout": 5} | settings
    wire = Wire(JiraSettings(**given_settings), f"{TOKEN}\n", "ops", read_pauses=read_pauses, now=lambda: NOW)
    try:
        yield wire
    finally:
        wire.close()


def fails(server: FaultServer, call: str, **options: Any) -> ConnectorError:
    """The error of a call; whatever it is, it says what a person needs and nothing that they must not see."""
    with wire_to(server.url, **options) as wire, pytest.raises(ConnectorError) as caught:
        CALLS[call](wire)
    assert caught.value.message
    assert caught.value.advice
    assert caught.value.where == WHERE
    assert_tells_no_secret(caught.value)
    return caught.value


def assert_tells_no_secret(error: BaseException | None) -> None:
    while error is not None:
        for secret in (TOKEN, PAIR):
            assert secret not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__


def says(*messages: str, **fields: str) -> dict[str, Any]:
    return {"errorMessages": list(messages), "errors": fields}


NO_ISSUE = says("Issue does not exist or you do not have permission to see it.")
REMOVED = says("The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.")
PAGE = b'\n<!DOCTYPE html><html><form action="/login.jsp"></form></html>'
LOGIN = {"Location": "https://jira.example.com/login.jsp?permissionViolation=true"}
FAILED = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
DENIED = {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}
CAPTCHA = {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/login.jsp"}
ANONYMOUS = {"X-AUSERNAME": "anonymous"}
ELSEWHERE = {"Location": "https://jira.example.com/rest/api/2/issue/SSO-1"}
PARTS = {"issues": [], "errors": [{"status": 400, "elementErrors": says(summary="too long"), "failedElementNumber": 0}]}

Kind = type[ConnectorError]
DOUBT: tuple[Kind, Kind] = (OutcomeUnknown, TargetUnreachable)
REFUSED: tuple[Kind, Kind] = (NotAllowed, NotAllowed)
REJECTED: tuple[Kind, Kind] = (RequestRejected, RequestRejected)
MOVED: tuple[Kind, Kind] = (TargetMoved, TargetMoved)
LIMITED: tuple[Kind, Kind] = (RateLimited, RateLimited)
ABSENT: tuple[Kind, Kind] = (IssueNotFound, IssueNotFound)

# name -> answer, errors of a write and of a read
ANSWERS: dict[str, tuple[Answer, tuple[Kind, Kind]]] = {
    "301": (Answer(301, None, ELSEWHERE), MOVED),
    "301 to nowhere": (Answer(301), MOVED),
    "302": (Answer(302, None, ELSEWHERE), MOVED),
    "302 to log in": (Answer(302, None, LOGIN), REFUSED),
    "302 to nonsense": (Answer(302, None, {"Location": "http://["}), MOVED),
    "303": (Answer(303, None, ELSEWHERE), MOVED),
    "304": (Answer(304), DOUBT),
    "307": (Answer(307, None, ELSEWHERE), MOVED),
    "308": (Answer(308, None, ELSEWHERE), MOVED),
    "400": (Answer(400, says("The value 'x' does not exist", summary="You must specify a summary.")), REJECTED),
    "400 of parts": (Answer(400, PARTS), REJECTED),
    "400 as text": (Answer(400, raw=b"Unexpected character at line 1"), REJECTED),
    "400 as a page": (Answer(400, raw=PAGE), REJECTED),
    "400 of nothing": (Answer(400, raw=b""), REJECTED),
    "400 null": (Answer(400, None), REJECTED),
    "400 a list": (Answer(400, ["no", 7]), REJECTED),
    "400 a number": (Answer(400, 7), REJECTED),
    "400 odd": (Answer(400, {"errorMessages": None, "errors": {"x": {"y": 1}, "z": ["a"]}}), REJECTED),
    "400 to a stranger": (Answer(400, says("project is required"), FAILED), REFUSED),
    "401": (Answer(401, raw=b"Client must be authenticated to access this resource."), REFUSED),
    "401 as a page": (Answer(401, raw=PAGE, headers=FAILED), REFUSED),
    "401 refused unread": (Answer(401, raw=PAGE, headers=DENIED), REFUSED),
    "401 scope": (Answer(401, {"code": 401, "message": "Unauthorized; scope does not match"}), REFUSED),
    "403": (Answer(403, says("You do not have permission to create issues in this project.")), REFUSED),
    "403 CAPTCHA": (Answer(403, raw=PAGE, headers=FAILED | CAPTCHA), REFUSED),
    "403 XSRF": (Answer(403, raw=b"XSRF check failed"), REFUSED),
    "403 with Retry-After": (Answer(403, says("no"), {"Retry-After": "0"}), REFUSED),
    "404": (Answer(404, NO_ISSUE), ABSENT),
    "404 to a stranger": (Answer(404, NO_ISSUE, FAILED), REFUSED),
    "404 to somebody anonymous": (Answer(404, NO_ISSUE, ANONYMOUS), REFUSED),
    "405": (Answer(405, raw=b""), REJECTED),
    "408": (Answer(408), DOUBT),
    "409": (Answer(409, says("conflict")), REJECTED),
    "410 removed": (Answer(410, REMOVED), REJECTED),
    "413": (Answer(413, says("The number of comments exceeds the limit")), REJECTED),
    "422": (Answer(422, says("configuration problem")), REJECTED),
    "429": (Answer(429, says("Rate limit exceeded"), {"Retry-After": "7"}), LIMITED),
    "429 with a date": (Answer(429, None, {"Retry-After": format_datetime(NOW, usegmt=True)}), LIMITED),
    "429 without a word": (Answer(429, raw=b""), LIMITED),
    "500": (Answer(500, says("Internal server error")), DOUBT),
    "500 to a stranger": (Answer(500, None, FAILED), DOUBT),
    "502": (Answer(502, raw=b"<html>Bad Gateway</html>"), DOUBT),
    "503": (Answer(503, raw=PAGE), DOUBT),
    "503 with Retry-After": (Answer(503, None, {"Retry-After": "9"}), DOUBT),
    "503 with a date": (Answer(503, None, {"Retry-After": format_datetime(NOW, usegmt=True)}), DOUBT),
    "504": (Answer(504, {"message": "timed out"}), DOUBT),
    "599": (Answer(599), DOUBT),
    "a page with 200": (Answer(200, raw=PAGE, headers={"Content-Type": "text/html"}), DOUBT),
    "truncated JSON": (Answer(201, raw=b'{"id": "10012", "key": "OPS'), DOUBT),
    "JSON too deep": (Answer(200, raw=b"[" * 200_000), DOUBT),
    "no text at all": (Answer(200, raw=b"\xff\xfe\x00\xd8"), DOUBT),
    "bad compression": (Answer(200, raw=b"{}", headers={"Content-Encoding": "gzip"}), DOUBT),
    "an answer cut midway": (Answer(201, {"id": "10012"}, cut="midway"), DOUBT),
    "hung up after reading": (Answer(cut="read"), DOUBT),
}
TROUBLES = [name for name, (_, kinds) in ANSWERS.items() if kinds == DOUBT]
CLEAR = [name for name, (_, kinds) in ANSWERS.items() if kinds != DOUBT]


class TestEveryAnswer:
    @pytest.mark.parametrize(
        ("call", "answer"), [pair for pair in product(WRITES, ANSWERS) if pair != ("create many", "400 of parts")]
    )
    def test_to_a_write(self, call: str, answer: str) -> None:
        scripted, (expected, _) = ANSWERS[answer]
        with FaultServer(scripted) as server:
            error = fails(server, call, read_pauses=(0, 0))
        assert type(error) is expected
        assert len(server.seen) == 1

    @pytest.mark.parametrize("answer", ANSWERS)
    @pytest.mark.parametrize("call", READS)
    def test_to_a_read(self, call: str, answer: str) -> None:
        scripted, (_, expected) = ANSWERS[answer]
        with FaultServer(scripted) as server:
            error = fails(server, call)
        assert type(error) is expected
        assert len(server.seen) == 1

    @pytest.mark.parametrize("call", CALLS)
    def test_hung_up_before_reading(self, call: str) -> None:
        with FaultServer(Answer(cut="unread")) as server:
            error = fails(server, call)
        assert type(error) is (OutcomeUnknown if call in WRITES else TargetUnreachable)
        assert (server.connections, server.seen) == (1, [])

    @pytest.mark.parametrize("call", CALLS)
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
            with wire_to(url) as wire, pytest.raises(TargetUnreachable, match=r"connection refused.*nothing was sent"):
                CALLS[call](wire)

    @pytest.mark.parametrize("call", CALLS)
    def test_no_such_host(self, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        url = "http://jira.invalid"
        with wire_to(url) as wire, pytest.raises(TargetUnreachable, match=r"no such host.*nothing was sent"):
            CALLS[call](wire)

    @pytest.mark.parametrize("call", CALLS)
    def test_nothing_that_a_library_raises_gets_through(self, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
        kinds = {
            requests.exceptions.InvalidHeader(f"Invalid header value: 'Basic {PAIR}'"): TargetUnreachable,
            requests.exceptions.ChunkedEncodingError("x"): OutcomeUnknown,
            jira.JIRAError("x", request={"headers": {"Authorization": f"Bearer {TOKEN}"}}): OutcomeUnknown,
            RuntimeError(TOKEN): OutcomeUnknown,
            OSError("x"): OutcomeUnknown,
        }
        for error, of_a_write in kinds.items():
            with wire_to("http://127.0.0.1:9") as wire:
                monkeypatch.setattr(wire._session, "request", raising(error))
                with pytest.raises(ConnectorError) as caught:
                    CALLS[call](wire)
            assert type(caught.value) is (of_a_write if call in WRITES else TargetUnreachable)
            assert_tells_no_secret(caught.value)

    def test_being_interrupted_is_no_failure_of_the_target(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with wire_to("http://127.0.0.1:9") as wire:
            monkeypatch.setattr(wire._session, "request", raising(KeyboardInterrupt()))
            with pytest.raises(KeyboardInterrupt):
                WRITES["create"](wire)

    def test_another_failure_being_handled_does_not_confuse(self) -> None:
        """A refused connection elsewhere, still being handled, must not make a time-out look like nothing sent."""
        with FaultServer(Answer(silent=True)) as server:
            try:
                requests.get("http://127.0.0.1:0", timeout=1)
            except requests.exceptions.ConnectionError:
                assert type(fails(server, "create", timeout=0.05)) is OutcomeUnknown


def raising(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


class TestSent:
    def sent(self, call: str = "get", **settings: Any) -> Mapping[str, str]:
        with FaultServer(Answer(200, {})) as server, wire_to(server.url, **settings) as wire:
            CALLS[call](wire)
        assert len(server.seen) == 1
        return server.seen[0].headers

    def test_by_an_account_or_a_bearer(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("default login somebody password else\n")
        monkeypatch.setenv("NETRC", str(netrc))  # which requests prefers to a header
        assert self.sent()["authorization"] == f"Basic {PAIR}"
        assert self.sent(email=None)["authorization"] == f"Bearer {TOKEN}"

    @pytest.mark.parametrize("call", CALLS)
    def test_as_what_browsers_guards_let_pass(self, call: str) -> None:
        headers = self.sent(call)
        assert headers["user-agent"].startswith("closeout/")
        assert headers["x-atlassian-token"] == "no-check"
        assert headers["accept"] == "application/json"

    def test_to_the_version_in_use(self) -> None:
        with FaultServer(Answer(200, {})) as server, wire_to(f"{server.url}/jira/") as wire:
            wire.read("serverInfo", WHERE)
            wire.use("3")
            wire.ask("search/jql", WHERE, {"jql": "x"})
            wire.read("/rest/agile/1.0/board", WHERE, {"maxResults": 1})
        assert [seen.path for seen in server.seen] == [
            "/jira/rest/api/2/serverInfo",
            "/jira/rest/api/3/search/jql",
            "/jira/rest/agile/1.0/board",
        ]
        assert server.seen[1].body == {"jql": "x"}
        assert server.seen[2].query == {"maxResults": "1"}

    def test_through_the_gateway(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with FaultServer(Answer(200, {})) as server:
            monkeypatch.setattr("connectors.jira.wire._GATEWAY", f"{server.url}/ex/jira/")
            with wire_to("https://acme.atlassian.net", cloud_id="1-2-3") as wire:
                wire.read("myself", WHERE)
        assert server.seen[0].path == "/ex/jira/1-2-3/rest/api/2/myself"

    @pytest.mark.parametrize("token", ["", " \n", "two words", "tökén", "a\x00b"])
    def test_never_with_what_is_no_token(self, token: str) -> None:
        with pytest.raises(NotAllowed, match="the token is empty or holds") as caught:
            Wire(JiraSettings(url=HttpUrl("https://acme.atlassian.net"), project="OPS"), token, "ops")
        assert "token_env" in caught.value.advice


class TestAnswers:
    @pytest.mark.parametrize("call", CALLS)
    def test_without_a_body(self, call: str) -> None:
        with FaultServer(Answer(204)) as server, wire_to(server.url) as wire:
            answer: Any = CALLS[call](wire)
        assert answer.data is None
        assert answer.date.tzinfo is UTC

    @pytest.mark.parametrize("headers", [FAILED, ANONYMOUS, {"X-Seraph-LoginReason": "AUTHORISATION_FAILED"}])
    def test_to_a_stranger_look_like_successes(self, headers: dict[str, str]) -> None:
        """A search that finds nothing because nobody was recognised must not look as if all were deleted."""
        with FaultServer(Answer(200, {"issues": []}, headers)) as server:
            for call in READS:
                error = fails(server, call, read_pauses=(0,))
                assert type(error) is NotAllowed
                assert "`email`" in error.advice
            with wire_to(server.url) as wire:
                assert wire.write("POST", "issue", WHERE, BODY).data == {"issues": []}
        assert len(server.seen) == len(READS) + 1

    def test_to_an_account_that_is_known(self) -> None:
        known = {"X-Seraph-LoginReason": "OK", "X-AUSERNAME": "bot", "Retry-After": "0"}
        with FaultServer(Answer(200, {}, known)) as server, wire_to(server.url) as wire:
            assert wire.read("myself", WHERE).data == {}

    def test_tell_of_each_part_when_all_were_refused(self) -> None:
        with FaultServer(Answer(400, PARTS)) as server, wire_to(server.url) as wire:
            answer: Any = WRITES["create many"](wire)
        assert answer.data == PARTS
        with FaultServer(Answer(400, PARTS, FAILED)) as server:
            assert type(fails(server, "create many")) is NotAllowed


class TestReads:
    """A read may be tried again; a write never is."""

    @pytest.mark.parametrize("trouble", [name for name in TROUBLES if name != "503 with Retry-After"])
    @pytest.mark.parametrize("call", READS)
    def test_are_tried_again(self, call: str, trouble: str) -> None:
        scripted, _ = ANSWERS[trouble]
        answers = (scripted, scripted, Answer(200, {"id": "10012"}))
        with FaultServer(*answers) as server, wire_to(server.url, read_pauses=(0, 0)) as wire:
            answer: Any = CALLS[call](wire)
        assert answer.data == {"id": "10012"}
        assert len(server.seen) == 3

    def test_are_given_up(self) -> None:
        with FaultServer(Answer(502)) as server:
            fails(server, "ask", read_pauses=(0, 0))
        assert server.verbs == ["POST"] * 3

    def test_wait_no_longer_than_they_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        slept: list[float] = []
        monkeypatch.setattr("time.sleep", slept.append)
        with FaultServer(Answer(503, None, {"Retry-After": "2"})) as server:
            error = fails(server, "get", read_pauses=(2, 1))
        assert slept == [2]
        assert "asked to wait until 2026-11-02 10:30:17 UTC" in error.message
        assert server.verbs == ["GET"] * 2

    @pytest.mark.parametrize("answer", CLEAR)
    @pytest.mark.parametrize("call", READS)
    def test_are_not_tried_again_when_the_answer_was_clear(self, call: str, answer: str) -> None:
        with FaultServer(ANSWERS[answer][0]) as server:
            fails(server, call, read_pauses=(0, 0))
        assert len(server.seen) == 1

    def test_that_end_in_a_time_out_midway_are_not_tried_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """requests tells of it as of a broken connection."""
        late = ReadTimeoutError(HTTPConnectionPool("127.0.0.1"), "/", "Read timed out.")
        sent: list[str] = []

        def request(verb: str, *_: object, **__: object) -> None:
            sent.append(verb)
            raise requests.exceptions.ConnectionError(late)

        with wire_to("http://127.0.0.1:9", read_pauses=(0, 0)) as wire:
            monkeypatch.setattr(wire._session, "request", request)
            with pytest.raises(TargetUnreachable, match="time-out"):
                READS["get"](wire)
        assert sent == ["GET"]


class TestWhatIsNotThere:
    def test_is_an_issue_only_in_jiras_own_words(self) -> None:
        """What answers in the place of a Jira that is away must not make its issues look deleted."""
        for answer in (Answer(404, raw=PAGE), Answer(404, raw=b""), Answer(404, {"code": 404, "message": "Not Found"})):
            with FaultServer(answer) as server:
                assert type(fails(server, "get")) is TargetUnreachable
                assert type(fails(server, "update")) is OutcomeUnknown
                assert type(fails(server, "read")) is IssueNotFound

    def test_may_be_a_deleted_issue_or_a_request_of_yesterday(self) -> None:
        with FaultServer(Answer(410, says("The issue was deleted"))) as server:
            assert type(fails(server, "get")) is IssueGone
            assert type(fails(server, "read")) is RequestRejected
        with FaultServer(Answer(410, REMOVED)) as server:
            assert type(fails(server, "get")) is RequestRejected


class TestWords:
    def error(self, call: str, answer: Answer, **settings: Any) -> ConnectorError:
        with FaultServer(answer) as server:
            return fails(server, call, **settings)

    def test_a_move_says_where(self) -> None:
        error = self.error("update", ANSWERS["307"][0])
        assert isinstance(error, TargetMoved)
        assert error.location == ELSEWHERE["Location"]
        assert error.location in error.message
        assert "`url`" in error.advice

    def test_refused_fields_are_named(self) -> None:
        error = self.error(
            "create", Answer(400, says("Sorry.", summary="is too long", customfield_1="Team  is\nneeded"))
        )
        assert isinstance(error, RequestRejected)
        assert error.refused == {"summary": frozenset(), "customfield_1": frozenset()}
        assert "(Sorry.; summary: is too long; customfield_1: Team is needed)" in error.message

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (says("One.", "Two.", key="k"), "One.; Two.; key: k"),
            ({"errorMessages": "One."}, "One."),
            ({"errorMessage": "Service Unavailable"}, "Service Unavailable"),
            ({"code": 401, "message": "Unauthorized"}, "Unauthorized"),
            ({"errorMessages": [], "errors": {"x": ["a", {"message": "b"}]}}, "x: a; b"),
            ({"errors": ["a", {"errorMessages": ["b"]}]}, "a; b"),
            (PARTS, "summary: too long"),
            ("Just words", "Just words"),
            ({"errorMessages": None, "errors": None, "message": 7}, ""),
            (None, ""),
            (7, ""),
        ],
    )
    def test_of_jira_in_every_shape(self, data: Any, words: str) -> None:
        assert said(Reply(400, {}, data)) == words

    def test_of_no_use_are_left_out(self) -> None:
        assert said(Reply(400, {}, None, " Unexpected\ncharacter ")) == "Unexpected character"
        assert said(Reply(400, {}, None, PAGE.decode())) == ""
        assert said(Reply(400, {}, None, "stack trace " * 100)) == ""

    @pytest.mark.parametrize(
        ("answer", "message", "advice"),
        [
            ("401", "Client must be authenticated", "`cloud_id`"),
            ("401 scope", "scopes do not allow this", "write:jira-work"),
            ("403", "permission to create issues", "write:jira-work"),
            ("403 CAPTCHA", "CAPTCHA", "in a browser"),
            ("401 refused unread", "CAPTCHA", "in a browser"),
            ("403 XSRF", "XSRF check failed", "User-Agent"),
            ("404 to a stranger", "does not accept the credentials", "`token_env`"),
            ("404 to somebody anonymous", "does not accept the credentials", "`email`"),
            ("302 to log in", "sends us to log in", "/rest/"),
            ("a page with 200", "a web page, perhaps one to log in", "`url`"),
            ("502", "status 502 with a web page", "`url`"),
        ],
    )
    def test_tell_troubles_apart(self, answer: str, message: str, advice: str) -> None:
        error = self.error("read", ANSWERS[answer][0])
        assert message in error.message
        assert advice in error.advice

    @pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 410, 413, 422, 429, 500])
    @pytest.mark.parametrize("secret", [TOKEN, PAIR])
    def test_never_quote_a_secret(self, status: int, secret: str) -> None:
        told = says(f"{secret} is bad", **{f"field {secret}": f"not {secret}"}) | {"message": secret}
        answers = [
            Answer(status, told, {"Location": f"https://example.com/?token={secret}", "RateLimit-Reason": secret}),
            Answer(status, raw=f"bad {secret}".encode()),
            Answer(status, told, {"X-Seraph-LoginReason": f"AUTHENTICATED_FAILED {secret}"}),
        ]
        for answer in answers:
            for call in ("create", "update", "ask"):
                self.error(call, answer)

    def test_of_jira_stay_when_they_are_no_secret(self) -> None:
        assert "Bearer" in self.error("get", Answer(400, says("Bearer ***"))).message


class TestRetryAt:
    def waited(self, data: Any = None, **headers: str) -> float:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with FaultServer(Answer(429, data, named)) as server:
            error = fails(server, "create")
        assert isinstance(error, RateLimited)
        assert error.retry_at.tzinfo is UTC
        assert f"{error.retry_at:%H:%M:%S}" in error.advice
        return (error.retry_at - NOW).total_seconds()

    def test_in_seconds(self) -> None:
        assert self.waited(Retry_After="90") == 90

    def test_as_a_date(self) -> None:
        date = format_datetime(NOW + timedelta(minutes=10), usegmt=True)
        assert self.waited(Retry_After=date) == 600

    @pytest.mark.parametrize("reset", ["2026-11-02T11:00Z", "2026-11-02T11:00:00+00:00", "2026-11-02T12:00:00+01:00"])
    def test_at_clouds_reset(self, reset: str) -> None:
        assert self.waited(X_RateLimit_Reset=reset) == 29 * 60 + 45
        assert self.waited(X_RateLimit_Reset=reset, Retry_After="5") == 5

    def test_a_reset_that_was_cut_to_a_minute_ago_says_nothing(self) -> None:
        assert self.waited(X_RateLimit_Reset="2026-11-02T10:30Z") == 10

    def test_at_data_centers_next_tokens(self) -> None:
        bucket = {"X_RateLimit_Limit": "10", "X_RateLimit_Remaining": "0", "X_RateLimit_FillRate": "2"}
        assert self.waited(**bucket, X_RateLimit_Interval_Seconds="20", Retry_After="0") == 20
        assert self.waited(**bucket, X_RateLimit_Interval_Seconds="20", Retry_After="3") == 3
        assert self.waited(**bucket, X_RateLimit_Interval_Seconds="soon") == 10

    @pytest.mark.parametrize("text", ["soon", "", "1e400", "nan", "-", "0", "-5", "Mon, 99 Foo 2026 00:00:00 GMT"])
    def test_in_a_while_when_it_makes_no_sense(self, text: str) -> None:
        assert self.waited(Retry_After=text, X_RateLimit_Reset=text) == 10

    def test_never_at_once(self) -> None:
        assert self.waited(Retry_After="0.01") == 1

    def test_longer_each_time_that_no_time_is_named(self) -> None:
        """A request that went through begins anew, and a time that is named counts as it is."""
        limits = [Answer(429)] * 3
        answers = (*limits, Answer(200, {}), *limits[:1], Answer(429, None, {"Retry-After": "7"}), Answer(429))
        waited = []
        with FaultServer(*answers) as server, wire_to(server.url) as wire:
            for _ in answers:
                try:
                    READS["get"](wire)
                except RateLimited as error:
                    waited.append((error.retry_at - NOW).total_seconds())
        assert waited == [10, 20, 40, 10, 7, 40]

    def test_says_which_limit(self) -> None:
        with FaultServer(Answer(429, says("Slow down."), {"RateLimit-Reason": "jira-per-issue-on-write"})) as server:
            assert "(Slow down.; jira-per-issue-on-write)" in fails(server, "comment").message


class TestNearLimit:
    def until(self, *headers: dict[str, str]) -> float | None:
        answers = [Answer(200, {}, each) for each in headers]
        with FaultServer(*answers) as server, wire_to(server.url) as wire:
            for _ in answers:
                wire.read("myself", WHERE)
            until = wire.near_limit_until
        return (until - NOW).total_seconds() if until else None

    def test_as_cloud_says(self) -> None:
        near = {"X-RateLimit-NearLimit": "true"}
        assert self.until({}, {"X-RateLimit-NearLimit": "false"}) is None
        assert self.until(near) == 60
        assert self.until(near, {}) == 60
        assert self.until(near | {"X-RateLimit-Reset": "2026-11-02T11:00Z"}) == 29 * 60 + 45
        assert self.until(near | {"X-RateLimit-Reset": "soon"}) == 60

    def test_as_data_center_lets_reckon(self) -> None:
        def bucket(remaining: str) -> dict[str, str]:
            return {
                "X-RateLimit-Limit": "100",
                "X-RateLimit-Remaining": remaining,
                "X-RateLimit-Interval-Seconds": "30",
                "Retry-After": "0",
            }

        assert self.until(bucket("20")) is None
        assert self.until(bucket("19")) == 30
        assert self.until(bucket("-1")) is None
        assert self.until({"X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "1"}) is None  # Cloud's, of a second

    def test_also_with_a_refusal(self) -> None:
        near = Answer(404, NO_ISSUE, {"X-RateLimit-NearLimit": "true"})
        with FaultServer(near) as server, wire_to(server.url) as wire:
            with pytest.raises(IssueNotFound):
                READS["get"](wire)
            assert wire.near_limit_until == NOW + timedelta(minutes=1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("errorMessages", "errors", "message", "elementErrors", "failedElementNumber", "x")), inner
        )
    ),
    max_leaves=8,
)
header_values = st.dictionaries(
    st.sampled_from(
        ("retry-after", "x-ratelimit-reset", "x-ratelimit-interval-seconds", "x-seraph-loginreason", "location")
    ),
    st.text(max_size=40) | st.sampled_from(("9" * 400, "Fri, 31 Dec 9999 23:59:59 -0100", "0001-01-01T00:00+09:00")),
)


class TestAnyAnswer:
    @given(
        status=st.integers(200, 599),
        data=json_values,
        headers=header_values,
        text=st.none() | st.text(),
        verb=st.sampled_from(("GET", "POST", "PUT")),
        of_issue=st.booleans(),
        asks=st.booleans(),
    )
    def test_is_one_of_the_errors_or_a_success(
        self,
        status: int,
        data: Any,
        headers: dict[str, str],
        text: str | None,
        verb: str,
        of_issue: bool,  # noqa: FBT001  (a column)
        asks: bool,  # noqa: FBT001
    ) -> None:
        """Whatever comes: a write is in doubt exactly when its answer neither succeeds, nor refuses, nor limits."""
        request = Request(verb, WHERE, of_issue, asks)
        reply = Reply(status, headers, None if text is not None else data, text)
        error = of_reply(request, reply, NOW)
        assert (error is None) <= (reply.ok and text is None)
        if isinstance(error, RateLimited):
            assert error.retry_at > NOW
        if request.writes:
            assert not isinstance(error, TargetUnreachable)
            assert not (isinstance(error, NotAllowed) and reply.ok)
            assert isinstance(error, OutcomeUnknown) or not (status >= 500 or status == 408)
        else:
            assert not isinstance(error, OutcomeUnknown)

    @given(st.text(max_size=60))
    @example("Fri, 31 Dec 9999 23:59:59 -0100")
    @example("0001-01-01T00:00+09:00")
    @example("9" * 400)
    def test_names_times_or_none(self, text: str) -> None:
        for time in (answers.after(text, NOW), answers.http_date(text), answers.iso_date(text)):
            assert time is None or time.tzinfo is UTC
