"""What closed an issue, in words and in JSON."""

from __future__ import annotations

from datetime import datetime

from connectors import Evidence
from tracker.render.wire import Wire
from tracker.render.wording import stamp


class EvidenceWire(Wire):
    """What closed an issue. `work` is the address of a pull request or commit; `verified`: merged, and not reverted.

    `reason` is why it will not be done, as a person said.
    """

    closed_at: datetime
    by: str | None
    work: str | None
    merged: bool
    reverted_by: str | None
    verified: bool
    reason: str | None


def wire(evidence: Evidence | None) -> EvidenceWire | None:
    """As it goes out."""
    if evidence is None:
        return None
    return EvidenceWire(
        closed_at=evidence.closed_at,
        by=evidence.by or None,
        work=evidence.work or None,
        merged=evidence.merged,
        reverted_by=evidence.reverted_by or None,
        verified=evidence.verified,
        reason=evidence.reason or None,
    )


def sentence(evidence: Evidence) -> str:
    """`2026-11-20 09:00 UTC by ana-lima, by https://… (merged)`."""
    who = f" by {evidence.by}" if evidence.by else ""
    if not evidence.work:
        why = f": “{evidence.reason}”" if evidence.reason else ""
        return f"{stamp(evidence.closed_at)}{who}, by hand{why}"
    how = (
        f"reverted by {evidence.reverted_by}" if evidence.reverted_by else "merged" if evidence.merged else "not merged"
    )
    return f"{stamp(evidence.closed_at)}{who}, with {evidence.work} ({how})"
