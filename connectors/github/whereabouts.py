"""Where an issue or its repository went. Asked only once GitHub has answered with a redirect, and by reading alone.

    GET issue -> 301, GET repository -> 301    the repository was renamed or transferred: `TargetMoved`
    GET issue -> 301, GET repository -> 200    the issue was transferred: `IssueMoved`

Either location is an address like `/repositories/7/issues/3`; what stands there tells its own name, if the token may
see it. The token is never sent to another host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from connectors.errors import IssueMoved, IssueNotFound, NotAllowed, TargetMoved

if TYPE_CHECKING:
    from connectors.github.values import Repository
    from connectors.github.wire import Wire

_HOPS = 3
"""An issue can have been transferred more than once."""


def of_issue(wire: Wire, repository: Repository, number: int, error: IssueMoved) -> IssueMoved:
    """What `error`, the answer to a read of one issue, means.

    Raises:
        TargetUnreachable, RateLimited: it could not be found out now.
    """
    try:
        wire.read(repository.path, repository.where())
    except IssueMoved as whole:
        return of_repository(wire, repository, whole)
    except (IssueNotFound, NotAllowed):
        pass
    there = _page(_look(wire, repository, error.location))
    if not there:
        return IssueMoved(
            f"it was transferred to where this token may not see it: {error.location or 'GitHub does not say where'}",
            where=repository.where(number),
            location=error.location,
            advice="Give the token access to its new repository.",
        )
    return IssueMoved(
        f"it was transferred: {there}",
        where=repository.where(number),
        location=there,
        advice="Give its new repository a target of its own: the next sync links the item there.",
    )


def of_repository(wire: Wire, repository: Repository, error: IssueMoved) -> TargetMoved:
    """What `error`, the answer to a read of the repository or its list of issues, means.

    Raises:
        TargetUnreachable, RateLimited: it could not be found out now.
    """
    found = _look(wire, repository, error.location.split("/issues")[0])
    name = str(found["full_name"]) if isinstance(found, dict) and found.get("full_name") else ""
    advice = f'Set `repository = "{name}"`' if name else "Find its new name and set `repository`"
    return TargetMoved(
        f"the repository was renamed or transferred: {name or error.location or 'GitHub does not say where'}",
        where=repository.where(),
        location=f"{repository.html}/{name}" if name else error.location,
        advice=f"{advice} for this target in closeout.toml. Nothing is sent elsewhere before that.",
    )


def _look(wire: Wire, repository: Repository, location: str) -> Any:
    """What stands at `location`; None where that is another host's, or hidden from this token."""
    for _ in range(_HOPS):
        path = _path(repository, location)
        if path is None:
            return None
        try:
            return wire.read(path, repository.where()).data
        except IssueMoved as error:
            location = error.location
        except (IssueNotFound, NotAllowed):
            return None
    return None


def _path(repository: Repository, location: str) -> str | None:
    """The path below the API's address; None for what is not there."""
    api = urlsplit(repository.api)
    try:
        there = urlsplit(urljoin(f"{repository.api}/", location))
    except ValueError:
        return None
    prefix = f"{api.path.rstrip('/')}/"
    if not location or (there.scheme, there.netloc.lower()) != (api.scheme, api.netloc.lower()):
        return None
    return f"/{there.path.removeprefix(prefix)}" if there.path.startswith(prefix) else None


def _page(raw: Any) -> str:
    return str(raw.get("html_url") or "") if isinstance(raw, dict) else ""
