"""How moments, people and states are put, wherever they stand. No rules, only words."""

from __future__ import annotations

import re
from datetime import datetime

from tracker.model import ItemState

STATES = {
    ItemState.OPEN: "open",
    ItemState.DONE: "done",
    ItemState.WONT_DO: "won't do",
    ItemState.DUPLICATE: "duplicate",
    ItemState.REMOVED: "removed",
    ItemState.IGNORED: "ignored",
}


def stamp(moment: datetime) -> str:
    """A time with its zone."""
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".rstrip()


def person(who: str) -> str:
    """Who did something, without the address."""
    return re.sub(r"\s*<[^<>]*>$", "", who) or who
