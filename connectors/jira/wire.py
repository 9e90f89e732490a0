"""One request to Jira, sent once.

The `jira` package's session sends; three of its habits are kept out:
    - It repeats failed requests, writes among them, and trips over a Retry-After that is a date: with `max_retries=0`
      it does neither.
    - It turns a refusal into an error that quotes the request's headers, and trips over refusals that are no object:
      here every answer that is no success is handed over before it can.
    - It follows redirects, a write's as a read: here there is nothing for it to follow.
"""

from __future__ import annotations

import json
import time
from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jira.resilientsession import ResilientSession
from requests.auth import AuthBase

from connectors import answers
from connectors.errors import ConnectorError, IssueMoved, NotAllowed, RateLimited, RequestRejected, TargetUnreachable
from connectors.jira import failures
from connectors.jira.failures import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import PreparedRequest, Response

    from connectors.settings import JiraSettings

_GATEWAY = "https://api.atlassian.com/ex/jira/"
_NEAR_FOR = timedelta(minutes=1)
_FEW = 0.2
"""Less of a limit than this share is left where Cloud says that it is near; Data Center leaves the sum to us."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: its JSON, None for an empty body, and when the server gave it, None where it does not say."""

    data: Any
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Failure:
    """No success: what to raise from what. `again`: from when on it makes sense to repeat a read; None for never."""

    error: ConnectorError
    cause: Exception | None = None
    again: datetime | None = None


class _NoSuccess(Exception):
    """An answer that is no success; raised before the package can make something of it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class _Session(ResilientSession):
    """The package's session; see the module's docstring."""

    def send(self, request: PreparedRequest, **how: Any) -> Response:
        response = super().send(request, **how)
        if not HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            raise _NoSuccess(response)
        return response

    def get_redirect_target(self, resp: Response) -> None:
        """Nowhere."""


class _Login(AuthBase):
    """Signs requests: as an account with an API token, or as the bearer of a token.

    Raises:
        NotAllowed: no token looks like this.
    """

    def __init__(self, email: str | None, token: str, where: str) -> None:
        token = token.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise NotAllowed(
                "the token is empty or holds characters that no token has",
                where=where,
                advice="Check the variable or file that `token_env` or `token_file` names for it.",
            )
        pair = b64encode(f"{email}:{token}".encode()).decode()
        self.secrets = (pair, token)
        self._header = f"Basic {pair}" if email else f"Bearer {token}"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        r.headers["Authorization"] = self._header
        return r


class Wire:
    """Sends requests to one Jira as somebody. Opens no connection before the first.

    Paths are relative to the REST API of `version`; those that begin with a slash to the site.

    Attributes:
        version: "2" or "3", of the REST API; 2 is on every Jira.
        near_limit_until: until when to go slowly, for Jira said that a limit is near; None when it never did.

    Args:
        settings: of the target.
        secret: the token.
        where: how errors name what this is for.
        read_pauses: seconds before each further try of a read.
        now: the clock.

    Raises:
        NotAllowed: no token looks like this.
    """

    def __init__(
        self,
        settings: JiraSettings,
        secret: str,
        where: str,
        *,
        read_pauses: tuple[float, ...] = (0.5, 2.0),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.version = "2"
        self.near_limit_until: datetime | None = None
        self._site = f"{_GATEWAY}{settings.cloud_id}" if settings.cloud_id else str(settings.url).rstrip("/")
        self._read_pauses = read_pauses
        self._now = now
        self._limits_in_a_row = 0
        self._login = _Login(settings.email, secret, where)
        self._session = _Session(timeout=settings.timeout, max_retries=0)
        self._session.auth = self._login
        self._session.verify = settings.ca_bundle or True
        self._session.headers.update(
            {
                "Accept": "application/json",
                "User-Agent": answers.user_agent(),
                "X-Atlassian-Token": "no-check",  # as scripts are told to, against XSRF checks that are for browsers
            }
        )

    def use(self, version: str) -> None:
        """Take the REST API of this version from now on: "2" takes wiki text, "3" Atlassian's document format."""
        self.version = version

    def read(
        self, path: str, where: str, parameters: Mapping[str, Any] | None = None, *, of_issue: bool = False
    ) -> Answer:
        """GET. Tried a few times more when nothing usable came; a time-out has waited long enough."""
        return self._repeated(Request("GET", where, of_issue), path, parameters, None)

    def ask(self, path: str, where: str, body: Mapping[str, Any], *, of_issue: bool = False) -> Answer:
        """A POST that only reads: repeated and told of like a GET."""
        return self._repeated(Request("POST", where, of_issue, asks=True), path, None, body)

    def write(
        self,
        verb: str,
        path: str,
        where: str,
        body: Mapping[str, Any] | None = None,
        *,
        of_issue: bool = False,
        parts: bool = False,
    ) -> Answer:
        """Send a write, once. With `parts` the refusal of all parts of a bulk request, told one by one, is an answer.

        That is `{"issues": [], "errors": [{"failedElementNumber": 0, "elementErrors": …}, …]}`, as when some went well.
        """
        outcome = self._exchange(Request(verb, where, of_issue), path, None, body, parts=parts)
        if isinstance(outcome, Answer):
            return outcome
        raise outcome.error from outcome.cause

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _repeated(
        self, request: Request, path: str, parameters: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> Answer:
        for pause in (*self._read_pauses, None):
            outcome = self._exchange(request, path, parameters, body)
            if isinstance(outcome, Answer):
                return outcome
            if pause is None or outcome.again is None or outcome.again > self._now() + timedelta(seconds=pause):
                raise outcome.error from outcome.cause
            time.sleep(pause)
        raise AssertionError("unreachable")  # pragma: no cover

    def _exchange(
        self,
        request: Request,
        path: str,
        parameters: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        *,
        parts: bool = False,
    ) -> Answer | _Failure:
        request = replace(request, limited_before=self._limits_in_a_row)
        url = f"{self._site}{path}" if path.startswith("/") else f"{self._site}/rest/api/{self.version}/{path}"
        try:
            response = self._session.request(request.verb, url, params=parameters, json=body)
        except _NoSuccess as answered:
            response = answered.response
        except Exception as error:  # noqa: BLE001  (what nobody foresaw may have been sent, too)
            return self._of_exception(request, error)
        reply = _reply(response)
        now = self._now()
        failure = failures.of_reply(request, reply, now)
        self._limits_in_a_row = self._limits_in_a_row + 1 if isinstance(failure, RateLimited) else 0
        self._note_limit(reply, now)
        if failure is None or (parts and isinstance(failure, RequestRejected) and failures.tells_parts(reply)):
            return Answer(reply.data, answers.http_date(reply.headers.get("date", "")))
        hopeful = isinstance(failure, TargetUnreachable)
        again = (answers.after(reply.headers.get("retry-after", ""), now) or now) if hopeful else None
        return _Failure(self._redacted(failure), again=again)

    def _of_exception(self, request: Request, error: Exception) -> _Failure:
        quoted = any(
            secret in f"{link!r} {link} {vars(link)}"
            for link in answers.causes(error)
            for secret in self._login.secrets
        )
        return _Failure(
            self._redacted(failures.of_exception(request, error)),
            None if quoted else error,
            None if answers.timed_out(error) else self._now(),
        )

    def _note_limit(self, reply: Reply, now: datetime) -> None:
        """Cloud says itself when less than a fifth of a limit is left; Data Center how much is left on each answer.

        https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
        https://confluence.atlassian.com/adminjiraserver/adjusting-your-code-for-rate-limiting-987143384.html
        """
        headers = reply.headers
        if headers.get("x-ratelimit-nearlimit", "").lower() == "true":
            until = answers.iso_date(headers.get("x-ratelimit-reset", "")) or now
            self.near_limit_until = max(until, now + _NEAR_FOR)
            return
        numbers = [headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "interval-seconds")]
        if all(each.isdecimal() for each in numbers):
            limit, remaining, seconds = (int(each) for each in numbers)
            if remaining < _FEW * limit:
                self.near_limit_until = now + timedelta(seconds=seconds)

    def _redacted(self, error: ConnectorError) -> ConnectorError:
        """`error`, should a server have quoted a secret in its answer."""

        def clean(text: str) -> str:
            for secret in self._login.secrets:
                text = text.replace(secret, "***")
            return text

        error.message = clean(error.message)
        error.args = (error.message,)
        if isinstance(error, RequestRejected):
            error.refused = {clean(field): values for field, values in error.refused.items()}
        if isinstance(error, IssueMoved):
            error.location = clean(error.location)
        return error


def _reply(response: Response) -> Reply:
    headers = answers.lower(response.headers)
    content = response.content
    try:
        return Reply(response.status_code, headers, json.loads(content) if content else None)
    except (ValueError, RecursionError):
        return Reply(response.status_code, headers, None, content.decode(errors="replace"))
