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
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Self, cast

import requests
from github.Auth import Token
from github.Requester import Requester
from urllib3.util import Retry

from connectors.errors import ConnectorError, NotAllowed, TargetUnreachable
from connectors.github import failures
from connectors.github.failures import NotFollowed, Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

PER_PAGE = 100
_ACCEPTED = 202
"""PyGithub answers it by asking again without end."""


class _Once(Retry):
    """urllib3's retry policy that repeats nothing and lets no redirect pass to who might follow it."""

    def is_retry(
        self,
        method: str,
        status_code: int,
        has_retry_after: bool = False,  # noqa: ARG002, FBT001, FBT002  (urllib3's signature)
    ) -> bool:
        return status_code in failures.REDIRECTS or (status_code == _ACCEPTED and method.upper() == "GET")

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
    """A success: its JSON, and whether another page follows."""

    data: Any
    has_next: bool


class Wire:
    """Sends requests to one host with one token. Opens no connection before the first."""

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        timeout: float,
        ca_bundle: str | None,
        read_pauses: tuple[float, ...],
        where: str,
    ) -> None:
        self._token = token.strip()
        if not self._token or not self._token.isascii() or not self._token.isprintable() or " " in self._token:
            raise NotAllowed(
                "the token is empty or holds characters that no token has",
                where=where,
                advice="Check the variable or file that the settings name for it.",
            )
        self._read_pauses = read_pauses
        self._requester = Requester(
            auth=Token(self._token),
            base_url=base_url.rstrip("/"),
            timeout=cast("int", timeout),  # only handed on to requests, which takes fractions
            user_agent=f"closeout/{_version()}",
            per_page=PER_PAGE,
            verify=ca_bundle or True,
            retry=_Once(0, read=False),
            pool_size=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        )

    def read(
        self, path: str, where: str, parameters: Mapping[str, Any] | None = None, *, of_issue: bool = False
    ) -> Answer:
        """GET. Tried a few times more when nothing usable came; a time-out has waited long enough."""
        request = Request("GET", where, of_issue)
        for pause in self._read_pauses:
            try:
                return self._exchange(request, path, parameters, None)
            except TargetUnreachable as error:
                if isinstance(error.__cause__, requests.exceptions.Timeout):
                    raise
            time.sleep(pause)
        return self._exchange(request, path, parameters, None)

    def write(self, verb: str, path: str, where: str, body: Mapping[str, Any], *, of_issue: bool = False) -> Answer:
        """Send a write, once."""
        return self._exchange(Request(verb, where, of_issue), path, None, body)

    def close(self) -> None:
        self._requester.close()

    def _exchange(
        self, request: Request, path: str, parameters: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> Answer:
        try:
            status, headers, text = self._requester.requestJson(
                request.verb,
                path,
                parameters=dict(parameters or {}),
                headers={"Accept": "application/vnd.github+json"},
                input=None if body is None else dict(body),
            )
        except Exception as error:  # noqa: BLE001  (what nobody foresaw may have been sent, too)
            cause = None if self._token in f"{error!r} {error}" else error
            raise self._redacted(failures.of_exception(request, error)) from cause
        try:
            data = json.loads(text) if text else None
            readable = True
        except (ValueError, RecursionError):
            data, readable = None, False
        if failure := failures.of_status(request, status, headers, data):
            raise self._redacted(failure)
        if not readable:
            raise failures.no_answer(request, "the answer is not JSON")
        links = requests.utils.parse_header_links(headers.get("link", ""))
        return Answer(data, any(link.get("rel") == "next" for link in links))

    def _redacted(self, error: ConnectorError) -> ConnectorError:
        """`error`, should a server have quoted the token in its answer."""
        error.message = error.message.replace(self._token, "***")
        error.args = (error.message,)
        return error


def _version() -> str:
    try:
        return version("closeout")
    except PackageNotFoundError:
        return "0"
