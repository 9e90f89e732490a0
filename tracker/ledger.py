"""What the delivery ledger holds: how far each sending got, and when a failed one is tried again. Pure.

claimed    a process is at it; one that died holds its claim for `CLAIM_HOLDS`
sent       the way out took it
failed     it did not; the next run after `again_at` tries again
given up   it failed once too often, or its period was over before it went out; somebody has to be told
told       given up, and a report to the fallback recipient said so
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAIL = "mail"
"""The channel that every owner with an e-mail address has."""

COMMENT = "comment"
"""The channel of what is said on an issue; the recipient is the item then."""

ROLLING = "rolling"
"""The channel of a report's rolling issue; the recipient is that issue then."""

CLAIM_HOLDS = timedelta(hours=1)
"""How long a sending may take before its claim counts as abandoned."""

BACK_OFF = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""How long to wait after the first failed attempt, the second, …; after the last of these it is given up."""


class Standing(StrEnum):
    """How far a sending got."""

    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given-up"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Key:
    """One sending: a report's part for an owner (by key) in a period, by one channel. It happens once."""

    report: str
    recipient: str
    period: str
    channel: str = MAIL


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of one sending. `attempts` counts those that left, or may have.

    `again_at` is when a failed one may be tried again; None where nothing is to be waited for.
    """

    key: Key
    standing: Standing
    attempts: int
    claimed_at: datetime
    again_at: datetime | None = None
    detail: str = ""

    def is_free(self, now: datetime) -> bool:
        """Whether the next run may claim it."""
        if self.standing is Standing.FAILED:
            return self.again_at is None or self.again_at <= now
        return self.standing is Standing.CLAIMED and self.claimed_at < now - CLAIM_HOLDS

    def frees_at(self) -> datetime | None:
        """From when on it may be claimed; None for at once, and for never."""
        return self.claimed_at + CLAIM_HOLDS if self.standing is Standing.CLAIMED else self.again_at


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try again after that many failed attempts; None when it is time to give up."""
    return now + BACK_OFF[attempts - 1] if attempts <= len(BACK_OFF) else None
