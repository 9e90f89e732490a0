"""What the flags of `tracker.flags` are in words, for whoever looks at an item. No rules, only words."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.due import Due, DueSource
from tracker.flags import Flag

WORDS = {
    Flag.OVERDUE: "overdue",
    Flag.DUE_SOON: "due soon",
    Flag.UNLINKED: "no issue yet",
    Flag.UNOWNED: "no owner",
    Flag.OWNER_UNKNOWN: "owner not in the people book",
    Flag.OWNER_GONE: "its owner has left",
    Flag.GHOST: "issue gone",
    Flag.DRIFT: "issue and document disagree",
    Flag.STALE: "nothing moved for long",
    Flag.IN_REVIEW: "in review",
    Flag.SNOOZED: "snoozed",
    Flag.REOPENED: "reopened",
    Flag.RECURRING: "promised before",
    Flag.VERIFIED: "verified",
    Flag.UNEXPLAINED: "nobody said why",
    Flag.REMOVED: "its issue is still open",
}


def sentence(flags: Iterable[Flag]) -> str:
    """All of them, the most pressing first: `overdue, owner not in the people book`."""
    there = frozenset(flags)
    return ", ".join(words for flag, words in WORDS.items() if flag in there)


def source(due: Due | None) -> str:
    """Where a day comes from that no document and no person gave: `by policy: sev1, 4 weeks from the incident`."""
    return f"by policy: {due.rule}" if due and due.rule else ""


def original(due: Due, words: str | None) -> str:
    """The day that an extension took the place of, or the document's `words` instead; empty where there was none."""
    if due.source is not DueSource.EXTENDED:
        return ""
    day = due.original.isoformat() if due.original else words or ""
    return f"{day} ({source(due)})" if due.rule else day
