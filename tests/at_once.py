"""A tracker that opens several issues with one request, over one that opens them singly; and a place that has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workplace import Workplace

from connectors import ConnectorError, Issue, IssueDraft, IssueTracker


class AtOnce:
    """`inner`, which takes `most_at_once` drafts in one request; each has the outcome that a create of its own has."""

    def __init__(self, inner: Any, most_at_once: int) -> None:
        self.inner, self.most_at_once = inner, most_at_once

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def create_many(self, drafts: Sequence[IssueDraft]) -> list[Issue | ConnectorError]:
        assert 0 < len(drafts) <= self.most_at_once
        return [self._one(draft) for draft in drafts]

    def _one(self, draft: IssueDraft) -> Issue | ConnectorError:
        try:
            created: Issue = self.inner.create(draft)
        except ConnectorError as error:
            return error
        return created


class OpeningSeveral(Workplace):
    """Up to three issues at once, which the embedded tracker stores one after the other."""

    def open_tracker(self, name: str) -> IssueTracker:
        return AtOnce(super().open_tracker(name), 3)
