"""One issue for one thing: when a create without an answer may be sent again, and which issues are twins. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from connectors import Capabilities, Issue
from tracker.model import JournalEntry

_RACE = timedelta(days=1)
"""Issues with one marker that were made further apart than this did not come from two runs that raced."""


def raced(issue: Issue, other: Issue) -> bool:
    """Whether two issues with one marker were made by two runs that raced; else one is somebody's copy."""
    return abs(issue.created_at - other.created_at) <= _RACE and issue.author == other.author


def grace(minutes: float, capabilities: Capabilities) -> timedelta:
    """For how long an issue is looked for before its create is sent again."""
    return max(timedelta(minutes=minutes), capabilities.read_lag)


def looked_for_until(entries: Iterable[JournalEntry], minutes: float, capabilities: Capabilities) -> datetime:
    """Until when the issues of these creates, of which no answer came, may still show up."""
    return max(entry.sent_at or entry.intended_at for entry in entries) + grace(minutes, capabilities)


def is_over(entries: Iterable[JournalEntry], minutes: float, capabilities: Capabilities, now: datetime) -> bool:
    """Whether what was not found by now is not there. Without a lag, what was read just now is all there is."""
    waiting = list(entries)
    if not (waiting and capabilities.read_lag):
        return True
    return now >= looked_for_until(waiting, minutes, capabilities)
