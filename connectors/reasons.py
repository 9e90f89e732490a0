"""Why an issue will not be done: what the person who closed it said about that. Pure.

Nothing but words tells: `not planned` and the names of resolutions say that, not why. The first of these that finds any
of the closer's comments:

    from ten minutes before the closing to ten minutes after it    all of them; trackers close "with a comment"
    later                                                          the first: people explain it when they are asked
    within a day before                                            the last

Where a target does not tell who closed an issue, everybody's comments count, but not those of the day before. What
Closeout says itself is never a reason.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from connectors.interface import Comment

OURS = "<!-- closeout"
"""What each comment that Closeout sends holds, out of sight."""

_AROUND = timedelta(minutes=10)
_BEFORE = timedelta(days=1)
_LONGEST = 1_000


def reason_in(comments: Iterable[Comment], closed_at: datetime, by: str) -> str:
    """What these comments say about the closing; empty when they say nothing.

    Args:
        comments: those of people on the issue; they may be incomplete, and in any order.
        closed_at: when it was closed.
        by: who closed it, as comments name their authors; empty when that is not known.

    Returns:
        One line of at most 1,000 characters; what was longer ends in an ellipsis.
    """
    said = sorted((one for one in comments if _counts(one, by)), key=lambda one: one.created_at)
    around = [one for one in said if abs(one.created_at - closed_at) <= _AROUND]
    later = [one for one in said if one.created_at > closed_at][:1]
    before = [one for one in said if by and timedelta(0) <= closed_at - one.created_at <= _BEFORE][-1:]
    words = " ".join(" ".join(one.body.split()) for one in around or later or before)
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"


def _counts(comment: Comment, by: str) -> bool:
    """Whether these are words of the closer."""
    theirs = not by or comment.author.casefold() == by.casefold()
    return theirs and OURS not in comment.body and bool(comment.body.strip())
