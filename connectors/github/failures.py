"""What GitHub or the way to it can answer instead of what was asked, and which error of the port that is.

The one question that matters: may a write have happened? Only then it is `OutcomeUnknown`.

    answer                         read                write
    no connection, no such host    TargetUnreachable   TargetUnreachable (nothing was sent)
    time-out, cut connection       TargetUnreachable   OutcomeUnknown
    5xx, 408, unreadable answer    TargetUnreachable   OutcomeUnknown
    301 302 303 307 308            IssueMoved for a request about one issue, else TargetMoved
    401                            NotAllowed          NotAllowed
    403, 429                       RateLimited, when a limit is the reason; IssueLocked, TargetReadOnly; else NotAllowed
    404                            IssueNotFound       IssueNotFound
    410                            IssueGone; TargetClosed when the repository's issues are switched off
    422 and other 4xx              RequestRejected     RequestRejected; RateLimited for a 422 that says "too quickly"
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from github.GithubException import GithubException, IncompletableObject, RateLimitExceededException

from connectors import answers
from connectors.errors import (
    ConnectorError,
    IssueGone,
    IssueLocked,
    IssueMoved,
    IssueNotFound,
    NotAllowed,
    RateLimited,
    RequestRejected,
    TargetClosed,
    TargetMoved,
    TargetReadOnly,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_WITHOUT_A_WORD = timedelta(seconds=60)
"""GitHub asks for at least a minute when a limit's answer names no time, and for more each time that happens again:
https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit"""
_REFUSALS: Mapping[int, tuple[type[NotAllowed | IssueNotFound | RequestRejected], str, str]] = {
    HTTPStatus.UNAUTHORIZED: (
        NotAllowed,
        "GitHub does not accept the token",
        "Make a new token, or check that the settings name the right variable or file.",
    ),
    HTTPStatus.FORBIDDEN: (
        NotAllowed,
        "the token does not allow this",
        "Give it read and write access to issues; where the organisation uses single sign-on, authorise it there.",
    ),
    HTTPStatus.NOT_FOUND: (
        IssueNotFound,
        "GitHub does not find it, or hides it from this token",
        "Check the repository's name, and that the token may see this repository and its issues.",
    ),
    HTTPStatus.GONE: (
        IssueGone,
        "it was deleted",
        "Link the item to another issue, or unlink it.",
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: (
        RequestRejected,
        "GitHub refused it",
        "Mend the value that GitHub names; sending the same again is pointless.",
    ),
}
_LIMIT_WORDS = ("rate limit", "abuse detection")
_TOO_QUICK = "submitted too quickly"
"""How a limit on content has been worded where it came as a refusal of a value (cli/cli#4801)."""
_LIMIT_PAGES = ("rate-limit", "abuse-rate", "secondary-rate")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: for the error's sentence, and for the question whether something may have happened.

    `limited_before`: how many requests in a row a limit has refused just before this one.
    """

    verb: str
    where: str
    of_issue: bool = False
    limited_before: int = 0

    @property
    def writes(self) -> bool:
        return self.verb != "GET"


class NotFollowed(Exception):
    """The server answered with something that a library would act on by itself; raised before it can."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(f"{status} to {location}")
        self.status = status
        self.location = location


def of_exception(request: Request, error: Exception) -> ConnectorError:
    """The port's error for an exception of PyGithub, requests, urllib3 or Python under them."""
    if isinstance(error, NotFollowed):
        return of_status(request, error.status, {"location": error.location}, None) or no_answer(
            request, f"status {error.status}"
        )
    if isinstance(error, GithubException):
        return _of_pygithub(request, error)
    unreached = answers.unreached(error, "GitHub", "base_url", request.where)
    return unreached or no_answer(request, answers.reason(error))


def _of_pygithub(request: Request, error: GithubException) -> ConnectorError:
    if isinstance(error, RateLimitExceededException):
        return _limited(request, error.status, answers.lower(error.headers or {}), error.data)
    failure = None
    if not isinstance(error, IncompletableObject):  # its status is PyGithub's own, not an answer's
        failure = of_status(request, error.status, error.headers or {}, error.data)
    return failure or no_answer(request, type(error).__name__)


def no_answer(request: Request, reason: str) -> ConnectorError:
    """Nothing came back that could be trusted."""
    check = "`base_url` and GitHub's status page"
    return answers.no_answer(request.verb, request.where, reason, check, writes=request.writes)


def of_status(request: Request, status: int, headers: Mapping[str, str], data: Any) -> ConnectorError | None:
    """The port's error for an answer; None when it is a success."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    headers = answers.lower(headers)
    if status in answers.REDIRECTS:
        return moved(request, headers.get("location", ""))
    if _is_limit(status, headers, data):
        return _limited(request, status, headers, data)
    if status == HTTPStatus.REQUEST_TIMEOUT or not _refuses(status):
        return no_answer(request, f"status {status}")
    told = _told(data)
    if closed := _closed(request, status, told):
        return closed
    kind, sentence, advice = _REFUSALS.get(status, _REFUSALS[HTTPStatus.UNPROCESSABLE_ENTITY])
    message = f"{sentence} ({told or f'status {status}'})"
    error = kind(message, where=request.where, advice=advice)
    if isinstance(error, RequestRejected):
        error.refused = _refused(data)
    return error


def moved(request: Request, location: str) -> IssueMoved:
    """The server points elsewhere, or answered with another issue than the one asked for."""
    kind = IssueMoved if request.of_issue else TargetMoved
    return kind(
        f"it lives elsewhere now: {location or 'GitHub does not say where'}",
        where=request.where,
        location=location,
        advice="If the repository was renamed or moved, change `repository`; if the issue was, link the item anew.",
    )


def _closed(request: Request, status: int, told: str) -> NotAllowed | None:
    """What is refused to everybody, whatever the token: GitHub tells it apart only by its words."""
    words = told.lower()
    if status == HTTPStatus.GONE and "disabled" in words:
        return TargetClosed(
            f"issues are switched off in this repository ({told})",
            where=request.where,
            advice="Switch them on in the repository's settings, under General > Features, or name another repository.",
        )
    if status == HTTPStatus.FORBIDDEN and "archived" in words:
        return TargetReadOnly(
            f"the repository is archived ({told})",
            where=request.where,
            advice="Unarchive it in the repository's settings, or link its items to issues elsewhere.",
        )
    if status == HTTPStatus.FORBIDDEN and request.of_issue and "locked" in words:
        return IssueLocked(
            f"the issue is locked ({told})",
            where=request.where,
            advice="Unlock its conversation, or give the token write access to the repository.",
        )
    return None


def _refuses(status: int) -> bool:
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def _limited(request: Request, status: int, headers: Mapping[str, str], data: Any) -> RateLimited:
    now = datetime.now(UTC)
    retry_at = answers.retry_at(_named(headers, now), now, _WITHOUT_A_WORD, request.limited_before)
    return RateLimited(
        f"a limit of GitHub was reached ({_told(data) or f'status {status}'})",
        where=request.where,
        retry_at=retry_at,
        advice=f"Go on after {retry_at:%Y-%m-%d %H:%M:%S} UTC; nothing is sent before.",
    )


def _told(data: Any) -> str:
    """GitHub's own words: its message and, for refused values, each field's."""
    if not isinstance(data, dict):
        return ""
    words = [str(data.get("message") or "").strip()]
    errors = data.get("errors")
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            field = ".".join(str(error[key]) for key in ("resource", "field") if error.get(key))
            what = str(error.get("message") or error.get("code") or "")
            words.append(f"{field}: {what}" if field and what else field or what)
        else:
            words.append(str(error))
    return "; ".join(" ".join(word.split()) for word in words if word)


def _refused(data: Any) -> dict[str, frozenset[str]]:
    """The fields that GitHub names in a refusal, each with the values that it names."""
    errors = data.get("errors") if isinstance(data, dict) else None
    found: dict[str, frozenset[str]] = {}
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict) and isinstance(name := error.get("field"), str):
            value = error.get("value")
            values = value if isinstance(value, list) else [value]
            found[name] = found.get(name, frozenset()) | {each for each in values if isinstance(each, str)}
    return found


def _is_limit(status: int, headers: Mapping[str, str], data: Any) -> bool:
    told = _told(data).lower()
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return _TOO_QUICK in told
    if status != HTTPStatus.FORBIDDEN or "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0":
        return status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
    page = str(data.get("documentation_url") or "").lower() if isinstance(data, dict) else ""
    return any(words in told for words in _LIMIT_WORDS) or any(words in page for words in _LIMIT_PAGES)


def _named(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Retry-After, in seconds or as a date; else the reset of a limit that is used up."""
    named = answers.after(headers.get("retry-after", ""), now)
    if named is None and headers.get("x-ratelimit-remaining", "0") == "0":
        named = _epoch(headers.get("x-ratelimit-reset", ""))
    return named


def _epoch(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
