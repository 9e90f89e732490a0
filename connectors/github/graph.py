"""Questions to GitHub's GraphQL API. It answers most errors with status 200, and what it can despite them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.errors import NotAllowed, OutcomeUnknown, RateLimited, TargetUnreachable
from connectors.github import failures
from connectors.github.failures import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.github.values import Repository
    from connectors.github.wire import Wire

_A_MINUTE = timedelta(minutes=1)
"""GitHub asks for at least that when a limit's answer names no time."""
_SCOPES = (
    "Give these credentials read access to issues, pull requests and contents; with single sign-on, authorise them."
)


def ask(wire: Wire, repository: Repository, query: str, now: datetime) -> Mapping[str, Any]:
    """The answer's `data` to a query of this repository, by its owner and name; what it could not tell is None there.

    Raises:
        TargetUnreachable, RateLimited, NotAllowed.
    """
    owner, _, name = repository.full_name.partition("/")
    body = {"query": query, "variables": {"owner": owner, "name": name}}
    try:
        answer = wire.write("POST", f"{repository.api.removesuffix('/v3')}/graphql", repository.where(), body)
    except OutcomeUnknown as error:  # a question changes nothing, whether it arrived or not
        raise TargetUnreachable(error.message, where=error.where, advice="Try again later.") from error
    return _data(Request("GET", repository.where()), answer.data, now)


def not_told(repository: Repository, said: str) -> NotAllowed:
    """What is raised for an answer that lacks what these credentials may not see."""
    return NotAllowed(said, where=repository.where(), advice=_SCOPES)


def _data(request: Request, answer: Any, now: datetime) -> Mapping[str, Any]:
    told = answer if isinstance(answer, dict) else {}
    data, errors = told.get("data"), told.get("errors") or ()
    if isinstance(data, dict) and data.get("repository"):
        return data
    kinds = {error.get("type") for error in errors if isinstance(error, dict)}
    said = "; ".join(str(error.get("message")) for error in errors if isinstance(error, dict))
    if "RATE_LIMITED" in kinds:
        raise RateLimited(said, where=request.where, retry_at=now + _A_MINUTE)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND"}:
        raise NotAllowed(said, where=request.where, advice=_SCOPES)
    raise failures.no_answer(request, said or "the answer is not what was asked for")
