"""What can go wrong between Closeout and a target. Every library's error becomes one of these where it enters.

    ConnectorError
    ├── TargetUnreachable    nothing was sent, or only a read failed: trying again later is safe
    ├── OutcomeUnknown       a write was sent and no trustworthy answer came: it may have happened
    ├── RateLimited          refused by a limit before it happened; `retry_at` says when to come back
    ├── NotAllowed           credentials or permissions do not suffice; it did not happen
    │   ├── IssueLocked      this issue takes no comments from us; changing its fields may work
    │   ├── TargetReadOnly   the whole target takes no writes any more (archived); reading works
    │   └── TargetClosed     the whole target keeps no issues any more (switched off)
    ├── IssueNotFound        no such issue, or no access to it (a tracker rarely says which)
    │   └── IssueGone        deleted for good
    ├── IssueMoved           it lives elsewhere now; `location` says where, if known
    │   ├── IssueConverted   it is a discussion now, and no issue any more
    │   └── TargetMoved      the whole target does: its settings need mending
    └── RequestRejected      the target understood and refused: a value is wrong; it did not happen

Only `OutcomeUnknown` leaves a doubt about a write. Each error says what happened, where, and what to do next.
What an answer to a write says about the issue's whereabouts is a hint; `IssueTracker.get` has the last word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ConnectorError(Exception):
    """A target refused, failed or did not answer.

    Attributes:
        message: what happened, one sentence, no secrets.
        where: the target and, if known, the issue.
        advice: what a person can do next.
    """

    def __init__(self, message: str, *, where: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class TargetUnreachable(ConnectorError):
    """The target could not be reached, or a read got no usable answer. No write is in doubt."""


class OutcomeUnknown(ConnectorError):
    """A write was sent and its outcome is not known: it must be looked up before it is sent again."""


class RateLimited(ConnectorError):
    """A limit of the target refused the request, which did not happen."""

    def __init__(self, message: str, *, where: str, retry_at: datetime, advice: str = "") -> None:
        super().__init__(message, where=where, advice=advice)
        self.retry_at = retry_at


class NotAllowed(ConnectorError):
    """The credentials are missing, wrong or too weak."""


class IssueLocked(NotAllowed):
    """The issue takes no comments from these credentials."""


class TargetReadOnly(NotAllowed):
    """The whole target can be read and takes no writes any more."""


class TargetClosed(NotAllowed):
    """The whole target keeps no issues any more."""


class IssueNotFound(ConnectorError):
    """No such issue, or none that these credentials may see."""


class IssueGone(IssueNotFound):
    """The issue was deleted."""


class IssueMoved(ConnectorError):
    """The issue lives elsewhere now. `location` is the address of its page there, or what the target said of it."""

    def __init__(self, message: str, *, where: str, location: str = "", advice: str = "") -> None:
        super().__init__(message, where=where, advice=advice)
        self.location = location


class IssueConverted(IssueMoved):
    """The issue became something that is no issue."""


class TargetMoved(IssueMoved):
    """The whole target has another name or place now; `location` is the address of its page there, if known."""


class RequestRejected(ConnectorError):
    """The target refused a value; sending the same again is pointless.

    `refused` holds the fields that it named, each with the values that it named, if any.
    """

    def __init__(
        self,
        message: str,
        *,
        where: str,
        advice: str = "",
        refused: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        super().__init__(message, where=where, advice=advice)
        self.refused: Mapping[str, frozenset[str]] = refused or {}
