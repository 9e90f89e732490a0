"""How output tells that an item's issue is gone: one form in JSON, one sentence for people."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tracker.model import Gone, GoneKind
from tracker.render.wire import Wire


class GoneWire(Wire):
    """That an item's issue can't be worked with."""

    kind: GoneKind
    since: datetime
    message: str = Field(description="What its target said.")
    place: str | None = Field(description="The address where it is now, if it is anywhere and known.")
    advice: str


def wire(gone: Gone | None) -> GoneWire | None:
    """`gone` in the form that goes out."""
    if gone is None:
        return None
    return GoneWire(
        kind=gone.kind, since=gone.since, message=gone.message, place=gone.place or None, advice=gone.advice
    )


def sentence(gone: Gone) -> str:
    """What happened, and what to do."""
    return f"{gone.message}. {gone.advice}".strip()
