"""Connectors: one port to every issue tracker. This face imports no adapter; `connectors.factory` does, lazily."""

from connectors.errors import (
    ConnectorError,
    IssueGone,
    IssueMoved,
    IssueNotFound,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    TargetUnreachable,
)
from connectors.interface import (
    Capabilities,
    Comment,
    Issue,
    IssueDraft,
    IssuePatch,
    IssueRef,
    IssueState,
    IssueTracker,
    Listing,
    PageSeen,
)
from connectors.marker import Marker
from connectors.pacing import Budget, Window, next_slot
from connectors.settings import GitHubSettings, LocalSettings, TargetSettings

__all__ = [
    "Budget",
    "Capabilities",
    "Comment",
    "ConnectorError",
    "GitHubSettings",
    "Issue",
    "IssueDraft",
    "IssueGone",
    "IssueMoved",
    "IssueNotFound",
    "IssuePatch",
    "IssueRef",
    "IssueState",
    "IssueTracker",
    "Listing",
    "LocalSettings",
    "Marker",
    "NotAllowed",
    "OutcomeUnknown",
    "PageSeen",
    "RateLimited",
    "RequestRejected",
    "TargetSettings",
    "TargetUnreachable",
    "Window",
    "next_slot",
]
