"""What Jira or the way to it can answer instead of what was asked, and which error of the port that is.

The one question that matters: may a write have happened? Only then it is `OutcomeUnknown`.

    answer                         read                write
    no connection, no such host    TargetUnreachable   TargetUnreachable (nothing was sent)
    time-out, cut connection       TargetUnreachable   OutcomeUnknown
    5xx, 408, unreadable answer    TargetUnreachable   OutcomeUnknown, with Retry-After, too
    301 302 303 307 308            TargetMoved: a moved issue has a new key and no redirect; NotAllowed for a log-in
    2xx as to a stranger           NotAllowed          a success: it happened
    4xx as to a stranger, 401, 403 NotAllowed          NotAllowed
    404                            IssueNotFound; as no answer when it is about an issue and not in Jira's words
    410                            IssueGone; RequestRejected when Jira no longer has that request
    429                            RateLimited         RateLimited
    other 4xx                      RequestRejected     RequestRejected

Limits: only a 429 says that one was the reason; a 5xx may carry a Retry-After, too, and is none, "while these are not
rate limit responses": https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ . Nothing there says that a
write answered so did not happen. Data Center puts its Retry-After (0 while requests are left) on every answer:
https://confluence.atlassian.com/adminjiraserver/adjusting-your-code-for-rate-limiting-987143384.html

Strangers: Jira serves whom it does not recognise as it serves anybody, so that wrong credentials look like a success
with nothing in it, or like a 404. The headers X-Seraph-LoginReason and X-AUSERNAME tell them apart:
https://docs.atlassian.com/atlassian-seraph/2.6.1-m1/apidocs/com/atlassian/seraph/auth/LoginReason.html
https://developer.atlassian.com/server/jira/platform/jira-rest-api-example-basic-authentication-6291732
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from connectors import answers
from connectors.errors import (
    ConnectorError,
    IssueGone,
    IssueNotFound,
    NotAllowed,
    RateLimited,
    RequestRejected,
    TargetMoved,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WITHOUT_A_WORD = timedelta(seconds=10)
"""What Atlassian's example waits first, doubling it, when a 429 names no time:
https://developer.atlassian.com/cloud/jira/platform/rate-limiting/#response-handling-pseudo-code"""
_STRANGERS = frozenset({"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED"})
_LOGIN_PAGES = ("login", "log-in", "signin", "sign-in", "sso", "saml", "oauth")
_LONGEST_WORDS = 200
_CREDENTIALS = (
    "Check the token that `token_env` or `token_file` names: it may be mistyped, expired or revoked. On Cloud an API "
    "token needs `email`, one with scopes `cloud_id` besides, an OAuth 2.0 token `cloud_id` alone; on Data Center a "
    "personal access token goes without `email`."
)
"""https://support.atlassian.com/atlassian-cloud/kb/401-unauthorized-error-when-service-account-accesses-jira-or-confluence-api
"""
_SCOPES = "a token with scopes needs read:jira-work, write:jira-work and read:jira-user."
_REFUSALS: Mapping[int, tuple[type[NotAllowed | IssueNotFound | RequestRejected], str, str]] = {
    HTTPStatus.UNAUTHORIZED: (NotAllowed, "Jira does not accept the credentials", _CREDENTIALS),
    HTTPStatus.FORBIDDEN: (
        NotAllowed,
        "this account may not do this",
        f"Give it the permission in the project's settings; {_SCOPES}",
    ),
    HTTPStatus.NOT_FOUND: (
        IssueNotFound,
        "Jira does not find it, or hides it from this account",
        "Check `url`, `project` and, where it is set, `cloud_id`, and that the account may browse the project.",
    ),
    HTTPStatus.CONFLICT: (
        RequestRejected,
        "Jira refused it, for it was being changed at the same time",
        "Run again.",
    ),
    HTTPStatus.GONE: (
        RequestRejected,
        "this Jira no longer has what was asked for",
        "Check `deployment`, and whether there is a newer Closeout.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        RequestRejected,
        "it is more than Jira takes",
        "Shorten the text, or tidy up the issue: Jira limits the comments and links of each.",
    ),
    HTTPStatus.BAD_REQUEST: (
        RequestRejected,
        "Jira refused it",
        "Mend the value that Jira names or its setting; `closeout doctor` helps. Sending the same again is pointless.",
    ),
}
_OF_AN_ISSUE: Mapping[int, tuple[type[IssueNotFound], str, str]] = {
    HTTPStatus.NOT_FOUND: (
        IssueNotFound,
        "no such issue, or none that this account may see",
        "If it was deleted or archived, link the item to another issue or unlink it; else let the account browse it.",
    ),
    HTTPStatus.GONE: (IssueGone, "it was deleted", "Link the item to another issue, or unlink it."),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: for the error's sentence, and for the question whether something may have happened.

    `asks`: a POST that only reads. `limited_before`: how many requests in a row a limit has refused just before.
    """

    verb: str
    where: str
    of_issue: bool = False
    asks: bool = False
    limited_before: int = 0

    @property
    def writes(self) -> bool:
        return self.verb != "GET" and not self.asks


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `headers` by names in lower case; `data` is its JSON, `text` what it says when it is no JSON."""

    status: int
    headers: Mapping[str, str]
    data: Any
    text: str | None = None

    @property
    def ok(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def refused(self) -> bool:
        """True when what was asked certainly did not happen."""
        known = HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR
        return known and self.status != HTTPStatus.REQUEST_TIMEOUT

    @property
    def page(self) -> bool:
        """True for a web page: not Jira's REST API speaks, but a log-in, an error page or something in between."""
        return self.text is not None and self.text.lstrip()[:1] == "<"

    @property
    def of_jira(self) -> bool:
        """True when a refusal is in the words of Jira's REST API, and of nobody on the way to it."""
        return isinstance(self.data, dict) and bool({"errorMessages", "errors"} & self.data.keys())


def of_exception(request: Request, error: Exception) -> ConnectorError:
    """The port's error for an exception of `jira`, requests, urllib3 or Python under them."""
    unreached = answers.unreached(error, "Jira", "url", request.where)
    return unreached or no_answer(request, answers.reason(error))


def no_answer(request: Request, reason: str) -> ConnectorError:
    """Nothing came back that could be trusted."""
    check = "`url` and whether Jira works in a browser"
    return answers.no_answer(request.verb, request.where, reason, check, writes=request.writes)


def of_reply(request: Request, reply: Reply, now: datetime) -> ConnectorError | None:
    """The port's error for an answer; None when it is a success."""
    if reply.status in answers.REDIRECTS:
        return _sent_elsewhere(request, reply)
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _limited(request, reply, now)
    if (reply.refused or (reply.ok and not request.writes)) and (unknown := _as_to_a_stranger(request, reply)):
        return unknown
    if reply.ok:
        return None if reply.text is None else no_answer(request, _useless(reply, now))
    if not reply.refused or (request.of_issue and reply.status == HTTPStatus.NOT_FOUND and not reply.of_jira):
        return no_answer(request, _useless(reply, now))
    return _guarded(request, reply) or _refused(request, reply)


def said(reply: Reply) -> str:
    """Jira's own words: its messages and, for refused values, each field's."""
    if reply.text is not None:
        return "" if reply.page or len(reply.text) > _LONGEST_WORDS else " ".join(reply.text.split())
    return "; ".join(" ".join(words.split()) for words in _words(reply.data) if words.strip())


def tells_parts(reply: Reply) -> bool:
    """True when a bulk request was refused for the values of its parts, each of which is told of."""
    told = reply.data.get("errors") if isinstance(reply.data, dict) else None
    return (
        reply.status == HTTPStatus.BAD_REQUEST
        and isinstance(told, list)
        and bool(told)
        and all(isinstance(each, dict) and "failedElementNumber" in each for each in told)
    )


def _useless(reply: Reply, now: datetime) -> str:
    if reply.ok:
        return "a web page, perhaps one to log in" if reply.page else "the answer is not JSON"
    until = answers.after(reply.headers.get("retry-after", ""), now)
    asked = f", asked to wait until {until:%Y-%m-%d %H:%M:%S} UTC" if until and until > now else ""
    return f"status {reply.status}{' with a web page' if reply.page else ''}{asked}"


def _sent_elsewhere(request: Request, reply: Reply) -> ConnectorError:
    location = reply.headers.get("location", "")
    path = location.partition("?")[0].lower()
    if "/rest/" not in path and any(word in path for word in _LOGIN_PAGES):
        return NotAllowed(
            f"Jira, or what guards it, sends us to log in: {location}",
            where=request.where,
            advice=f"{_CREDENTIALS} Where a single sign-on guards the site, let requests to /rest/ pass it.",
        )
    return TargetMoved(
        f"it lives elsewhere now: {location or 'Jira does not say where'}",
        where=request.where,
        location=location,
        advice="Change `url` to the address that the site has now, with https and its context path, if it has one.",
    )


def _as_to_a_stranger(request: Request, reply: Reply) -> NotAllowed | None:
    """The error when Jira did not recognise us, whatever it answered."""
    reason = reply.headers.get("x-seraph-loginreason", "")
    if "AUTHENTICATION_DENIED" in reason or "CAPTCHA" in reply.headers.get("x-authentication-denied-reason", ""):
        return NotAllowed(
            "Jira lets this account log in only with a CAPTCHA, after too many wrong attempts",
            where=request.where,
            advice="Log in to Jira in a browser as this account and solve it, or let an administrator reset it. "
            + _CREDENTIALS,
        )
    anonymous = reply.headers.get("x-ausername", "").lower() == "anonymous"
    if not anonymous and not any(each in reason for each in _STRANGERS):
        return None
    told = said(reply) or reason or "it answered as to somebody unknown"
    return NotAllowed(f"Jira does not accept the credentials ({told})", where=request.where, advice=_CREDENTIALS)


def _guarded(request: Request, reply: Reply) -> NotAllowed | None:
    """What is refused to these credentials for a reason that only Jira's words tell."""
    words = said(reply).lower()
    if reply.status == HTTPStatus.FORBIDDEN and "xsrf check failed" in words:
        return NotAllowed(
            "Jira takes the request for a forged one (XSRF check failed)",
            where=request.where,
            advice="Let a proxy on the way keep the headers User-Agent and X-Atlassian-Token, and add no Origin: "
            "https://support.atlassian.com/atlassian-cloud/kb/xsrf-check-failed-when-calling-cloud-apis",
        )
    if reply.status == HTTPStatus.UNAUTHORIZED and "scope" in words:
        return NotAllowed(
            f"the token's scopes do not allow this ({said(reply)})",
            where=request.where,
            advice=f"Make a new one: {_SCOPES}",
        )
    return None


def _refused(request: Request, reply: Reply) -> ConnectorError:
    status, told = reply.status, said(reply)
    of_issue = request.of_issue and reply.of_jira and "has been removed" not in told
    kind, sentence, advice = _REFUSALS.get(status, _REFUSALS[HTTPStatus.BAD_REQUEST])
    if of_issue and status in _OF_AN_ISSUE:
        kind, sentence, advice = _OF_AN_ISSUE[status]
    error = kind(f"{sentence} ({told or f'status {status}'})", where=request.where, advice=advice)
    if isinstance(error, RequestRejected):
        named = reply.data.get("errors") if isinstance(reply.data, dict) else None
        error.refused = {field: frozenset[str]() for field in named} if isinstance(named, dict) else {}
    return error


def _words(data: Any) -> Iterator[str]:
    """All that an answer's JSON says, in the shapes that Jira and the gateways before it are known for."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for each in data:
            yield from _words(each)
    elif isinstance(data, dict):
        for name in ("errorMessages", "errorMessage", "message", "elementErrors"):
            yield from _words(data.get(name))
        errors = data.get("errors")
        if isinstance(errors, dict):
            for name, what in errors.items():
                yield f"{name}: {'; '.join(_words(what))}"
        else:
            yield from _words(errors)


def _limited(request: Request, reply: Reply, now: datetime) -> RateLimited:
    """The error of a 429: it did not happen, and `retry_at` says when to come back."""
    retry_at = answers.retry_at(_named(reply, now), now, _WITHOUT_A_WORD, request.limited_before)
    reason = reply.headers.get("ratelimit-reason", "")
    told = "; ".join(each for each in (said(reply), reason) if each)
    return RateLimited(
        f"a limit of Jira was reached ({told or f'status {reply.status}'})",
        where=request.where,
        retry_at=retry_at,
        advice=f"Go on after {retry_at:%Y-%m-%d %H:%M:%S} UTC; nothing is sent before.",
    )


def _named(reply: Reply, now: datetime) -> datetime | None:
    """When a 429 says to come back: Retry-After, else Cloud's reset, else Data Center's interval between new tokens.

    A time that has passed says nothing: Cloud's reset is cut to the minute, and Data Center is known to send 0.
    """
    headers = reply.headers
    interval = headers.get("x-ratelimit-interval-seconds", "")
    named = (
        answers.after(headers.get("retry-after", ""), now),
        answers.iso_date(headers.get("x-ratelimit-reset", "")),
        answers.after(interval, now) if interval.isdecimal() else None,
    )
    return next((each for each in named if each and each > now), None)
