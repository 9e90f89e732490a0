"""One request to GitHub, sent once.

PyGithub signs and sends; three of its habits are kept out:
    - It repeats failed requests, writes among them: here its requester gets a policy that repeats nothing.
    - It follows a 301 with any verb, so that a create can land in another repository, and takes a 307 for a success:
      the same policy sees each answer first and raises on all of them.
    - Its objects fetch what they lack by themselves: here only its requester is used, which sends what it is told to.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, cast

import requests
from github.Requester import Requester
from urllib3.util import Retry

from connectors import answers
from connectors.errors import ConnectorError, IssueNotFound, NotAllowed, RateLimited, TargetUnreachable
from connectors.github import failures
from connectors.github.credentials import AppCredentials, AppKey, Credentials, TokenCredentials
from connectors.github.failures import NotFollowed, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from github.Auth import Auth
    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

PER_PAGE = 100
_ACCEPTED = 202
"""PyGithub answers it by asking again without end."""
_NOT_MODIFIED = 304


class _Once(Retry):
    """urllib3's retry policy that repeats nothing and lets no redirect pass to who might follow it."""

    def is_retry(
        self,
        method: str,
        status_code: int,
        has_retry_after: bool = False,  # noqa: ARG002, FBT001, FBT002  (urllib3's signature)
    ) -> bool:
        return status_code in answers.REDIRECTS or (status_code == _ACCEPTED and method.upper() == "GET")

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if response is not None:
            response.drain_conn()
            raise NotFollowed(response.status, response.headers.get("Location", ""))
        return super().increment(method, url, response, error, _pool, _stacktrace)


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: its JSON, and whether another page follows.

    `etag` names this very answer, `date` is when the server gave it; empty and None where it does not say. `unchanged`:
    what was asked for is still the answer whose `etag` was named, and `data` is None.
    """

    data: Any
    has_next: bool
    etag: str = ""
    date: datetime | None = None
    unchanged: bool = False


class Wire:
    """Sends requests to one host as somebody. Opens no connection before the first.

    Args:
        base_url: the REST API's address.
        token: a token, or the app that gets its own.
        repository: `owner/name`, of which an app finds its installation.
        timeout: seconds to wait for an answer.
        ca_bundle: a file of trusted certificates.
        read_pauses: seconds before each further try of a read.
        where: how errors name what this is for.
        now: the clock.

    Raises:
        NotAllowed: the token or key cannot be one.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str | AppKey,
        timeout: float,
        ca_bundle: str | None,
        read_pauses: tuple[float, ...],
        where: str,
        repository: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._credentials: Credentials = (
            TokenCredentials(token, where) if isinstance(token, str) else AppCredentials(token, repository, where, now)
        )
        self._where = where
        self._read_pauses = read_pauses
        self._limits_in_a_row = 0

        def requester(auth: Auth) -> Requester:
            return Requester(
                auth=auth,
                base_url=base_url.rstrip("/"),
                timeout=cast("int", timeout),  # only handed on to requests, which takes fractions
                user_agent=answers.user_agent(),
                per_page=PER_PAGE,
                verify=ca_bundle or True,
                retry=_Once(0, read=False),
                pool_size=None,
                seconds_between_requests=None,
                seconds_between_writes=None,
                lazy=True,
            )

        self._requester = requester(self._credentials.auth)
        self._as_app = requester(self._credentials.app) if self._credentials.app is not None else None

    def read(
        self,
        path: str,
        where: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        of_issue: bool = False,
        etag: str = "",
    ) -> Answer:
        """GET. Tried a few times more when nothing usable came; a time-out has waited long enough.

        With the `etag` of an earlier answer, one that is still the same costs GitHub nothing to tell.
        """
        request = Request("GET", where, of_issue)
        for pause in self._read_pauses:
            try:
                return self._exchange(request, path, parameters, None, etag)
            except TargetUnreachable as error:
                if isinstance(error.__cause__, requests.exceptions.Timeout):
                    raise
            time.sleep(pause)
        return self._exchange(request, path, parameters, None, etag)

    def write(self, verb: str, path: str, where: str, body: Mapping[str, Any], *, of_issue: bool = False) -> Answer:
        """Send a write, once."""
        return self._exchange(Request(verb, where, of_issue), path, None, body)

    def close(self) -> None:
        """Let go of connections."""
        self._requester.close()
        if self._as_app is not None:
            self._as_app.close()

    def _exchange(
        self,
        request: Request,
        path: str,
        parameters: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        etag: str = "",
    ) -> Answer:
        request = replace(request, limited_before=self._limits_in_a_row)
        try:
            self._refresh()
            answer = self._send(self._requester, request.verb, request, path, parameters, body, etag)
        except RateLimited:
            self._limits_in_a_row += 1
            raise
        self._limits_in_a_row = 0
        return answer

    def _refresh(self) -> None:
        try:
            self._credentials.refresh(self._ask_as_app)
        except (KeyError, TypeError, ValueError):
            raise failures.no_answer(Request("GET", self._where), "the answer to an app is no token") from None

    def _ask_as_app(self, verb: str, path: str, purpose: str) -> Any:
        """What an app asks for itself. Nothing is in doubt when no answer comes: a second token harms nobody.

        Raises:
            NotAllowed: it is not this app's key, or the app is not installed there.
            TargetUnreachable, RateLimited, TargetMoved.
        """
        request = Request("GET", self._where, limited_before=self._limits_in_a_row)
        assert self._as_app is not None  # noqa: S101  (only apps refresh)
        try:
            return self._send(self._as_app, verb, request, path, None, None).data
        except IssueNotFound as error:
            raise NotAllowed(
                f"the app is not installed where this repository is ({error.message})",
                where=self._where,
                advice="Install the app for this repository with access to issues, or mend `installation_id`.",
            ) from None
        except NotAllowed as error:
            raise NotAllowed(
                f"GitHub does not give the app a token for its {purpose} ({error.message})",
                where=self._where,
                advice="Check `app_id`, that the private key is one of this app's, and this machine's clock.",
            ) from None

    def _send(
        self,
        requester: Requester,
        verb: str,
        request: Request,
        path: str,
        parameters: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        etag: str = "",
    ) -> Answer:
        headers = {"Accept": "application/vnd.github+json"} | ({"If-None-Match": etag} if etag else {})
        try:
            status, told, text = requester.requestJson(
                verb,
                path,
                parameters=dict(parameters or {}),
                headers=headers,
                input=None if body is None else dict(body),
            )
        except Exception as error:  # noqa: BLE001  (what nobody foresaw may have been sent, too)
            quoted = any(secret in f"{error!r} {error}" for secret in self._credentials.secrets)
            raise self._redacted(failures.of_exception(request, error)) from (None if quoted else error)
        if etag and status == _NOT_MODIFIED:
            return Answer(None, has_next=False, etag=etag, date=answers.http_date(told.get("date", "")), unchanged=True)
        try:
            data = json.loads(text) if text else None
            readable = True
        except (ValueError, RecursionError):
            data, readable = None, False
        if failure := failures.of_status(request, status, told, data):
            raise self._redacted(failure)
        if not readable:
            raise failures.no_answer(request, "the answer is not JSON")
        links = requests.utils.parse_header_links(told.get("link", ""))
        has_next = any(link.get("rel") == "next" for link in links)
        return Answer(data, has_next, told.get("etag", ""), answers.http_date(told.get("date", "")))

    def _redacted(self, error: ConnectorError) -> ConnectorError:
        """`error`, should a server have quoted a secret in its answer."""
        for secret in self._credentials.secrets:
            error.message = error.message.replace(secret, "***")
        error.args = (error.message,)
        return error
