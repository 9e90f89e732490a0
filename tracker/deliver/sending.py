"""Send each recipient their part of a report, once a period and channel. `tracker.audience` decided what and to whom.

In the ledger a sending is claimed, then sent or failed. A failed one is tried again by a later run, each time after
a longer wait, and given up in the end; one whose process died is tried again after an hour. So two processes never
both send, a second run of the same period is silent, and nothing is forgotten: what was given up stands in the ledger
until somebody was told. Where an answer is lost the sending is made again: better twice, and a mail with the same
Message-ID, than never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tracker.audience import Recipient
from tracker.deliver.ways import Refused, Way
from tracker.errors import CloseoutError
from tracker.ledger import Entry, Key, Standing, next_try
from tracker.people import Owner
from tracker.report import Report


class DeliveryOutcome(StrEnum):
    """What became of one recipient's part."""

    SENT = "sent"
    WOULD_SEND = "would-send"
    ALREADY_SENT = "already-sent"
    UNDER_WAY = "under-way"
    FAILED = "failed"
    WAITING = "waiting"
    GIVEN_UP = "given-up"
    HELD_BACK = "held-back"
    NO_ADDRESS = "no-address"
    NOTHING_TO_SAY = "nothing-to-say"
    UNCHANGED = "unchanged"
    LEFT_CLOSED = "left-closed"


_LATER = frozenset({DeliveryOutcome.FAILED, DeliveryOutcome.WAITING, DeliveryOutcome.UNDER_WAY})
_LACKING = frozenset({DeliveryOutcome.FAILED, DeliveryOutcome.WAITING, DeliveryOutcome.GIVEN_UP})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's part in one period by one channel: what became of it, and why they get it.

    `items` is how many items the part holds, `again_at` when a later run can try again. `channel` is empty where it
    did not come to choosing one. `text` is what would be written of a rolling issue, in Markdown.
    """

    report: str
    period: str
    recipient: Owner
    outcome: DeliveryOutcome
    channel: str = ""
    items: int = 0
    detail: str = ""
    why: str = ""
    again_at: datetime | None = None
    text: str = ""

    @property
    def unfinished(self) -> bool:
        """True when a later run of the same period has to look after it."""
        return self.outcome in _LATER

    @property
    def lacking(self) -> bool:
        """True when somebody has not got what they should have by now."""
        return self.outcome in _LACKING


class Ledger(Protocol):
    """The durable record of sendings."""

    def claim(self, key: Key, now: datetime) -> int:
        """The number of the attempt, from 1, for exactly one caller; 0 when it is not theirs to send, or not yet."""
        ...

    def sent(self, key: Key, now: datetime) -> None:
        """The claimed sending was taken."""
        ...

    def failed(self, key: Key, now: datetime, detail: str, again_at: datetime) -> None:
        """The claimed sending was not taken, or nobody knows; it can be claimed again from `again_at` on."""
        ...

    def let_go(self, key: Key, now: datetime, detail: str) -> None:
        """The claimed sending certainly did not leave: it can be claimed at once, and that was no attempt."""
        ...

    def give_up(self, key: Key, now: datetime, detail: str) -> None:
        """The claimed sending failed for the last time."""
        ...

    def delivery(self, key: Key) -> Entry | None:
        """What is known of one sending; None when nobody claimed it yet."""
        ...


def send_report(
    report: Report,
    recipients: Iterable[Recipient],
    *,
    open_way: Callable[[str], Way],
    ledger: Ledger,
    clock: Callable[[], datetime],
    progress: Callable[[Delivery], None] | None = None,
) -> tuple[Delivery, ...]:
    """Send each of `recipients` their part by each of their channels, unless the ledger has them served.

    Args:
        report: the whole report.
        recipients: who gets which part.
        open_way: the way out that a channel's name stands for; raises `CloseoutError` when it can't be used.
        ledger: what was sent before.
        clock: the present time.
        progress: who is told of each.

    Raises:
        CloseoutError: a way out was down or set up wrongly, and nobody could be served.
    """
    deliveries = []
    with ExitStack() as stack:
        sending = _Sending(report, lambda name: stack.enter_context(open_way(name)), ledger, clock)
        for recipient in recipients:
            for delivery in sending.to(recipient):
                deliveries.append(delivery)
                if progress:
                    progress(delivery)
    if sending.down and not any(delivery.outcome is DeliveryOutcome.SENT for delivery in deliveries):
        raise next(iter(sending.down.values()))
    return tuple(deliveries)


def would_send(
    report: Report, recipients: Iterable[Recipient], *, known: Mapping[Key, Entry], now: datetime
) -> tuple[Delivery, ...]:
    """Who would get what and why, if `send_report` ran now; `known` is what the ledger holds of this period."""
    deliveries = []
    for recipient in recipients:
        unsendable = _unsendable(report, recipient)
        if unsendable:
            deliveries.append(unsendable)
            continue
        for way in recipient.owner.ways:
            key = _key(report, recipient, way)
            entry = known.get(key)
            if recipient.held_back:
                deliveries.append(_held_back(report, recipient, key, entry))
            elif entry is None or entry.is_free(now):
                again = f"attempt {entry.attempts + 1}, after: {entry.detail}" if entry and entry.detail else ""
                deliveries.append(_delivery(report, recipient, DeliveryOutcome.WOULD_SEND, way, again))
            else:
                deliveries.append(_standing(report, recipient, key, entry))
    return tuple(deliveries)


@dataclass(slots=True)
class _Sending:
    """One run of `send_report`. `down` are the ways that are of no use: nobody else then waits for them."""

    report: Report
    open_way: Callable[[str], Way]
    ledger: Ledger
    clock: Callable[[], datetime]
    ways: dict[str, Way] = field(default_factory=dict)
    down: dict[str, CloseoutError] = field(default_factory=dict)

    def to(self, recipient: Recipient) -> Iterator[Delivery]:
        unsendable = _unsendable(self.report, recipient)
        part = recipient.part
        if unsendable or part is None:
            if unsendable:
                yield unsendable
            return
        for way in recipient.owner.ways:
            yield self._by(way, part, recipient)

    def _by(self, name: str, part: Report, recipient: Recipient) -> Delivery:
        key = _key(self.report, recipient, name)
        if recipient.held_back:
            return _held_back(self.report, recipient, key, self.ledger.delivery(key))
        attempt = self.ledger.claim(key, self.clock())
        if not attempt:
            return _standing(self.report, recipient, key, self.ledger.delivery(key))
        try:
            place = self._way(name).send(part, recipient.owner, self.clock())
        except Refused as refused:
            if refused.down:
                self.down[name] = refused.down
            return self._failed(key, attempt, recipient, str(refused))
        except CloseoutError as down:
            self.down[name] = down
            self.ledger.let_go(key, self.clock(), str(down))
            return _delivery(self.report, recipient, DeliveryOutcome.FAILED, name, f"{down}. {down.advice}".rstrip())
        except BaseException:
            # A bug or Ctrl-C: let go of the claim, or this person would hear nothing for an hour.
            self._failed(key, attempt, recipient, "interrupted; it may have arrived")
            raise
        self.ledger.sent(key, self.clock())
        return _delivery(self.report, recipient, DeliveryOutcome.SENT, name, place)

    def _way(self, name: str) -> Way:
        if name in self.down:
            raise self.down[name]
        if name not in self.ways:
            self.ways[name] = self.open_way(name)
        return self.ways[name]

    def _failed(self, key: Key, attempt: int, recipient: Recipient, problem: str) -> Delivery:
        now = self.clock()
        again_at = next_try(attempt, now)
        if again_at is None:
            self.ledger.give_up(key, now, problem)
            return _delivery(self.report, recipient, DeliveryOutcome.GIVEN_UP, key.channel, problem)
        self.ledger.failed(key, now, problem, again_at)
        return _delivery(self.report, recipient, DeliveryOutcome.FAILED, key.channel, problem, again_at)


def _key(report: Report, recipient: Recipient, way: str) -> Key:
    return Key(report.name, recipient.owner.key, report.period_key, way)


def _unsendable(report: Report, recipient: Recipient) -> Delivery | None:
    """Why nothing is sent to this recipient at all, if so."""
    if recipient.part is None:
        return _delivery(report, recipient, DeliveryOutcome.NOTHING_TO_SAY)
    if not recipient.owner.ways:
        return _delivery(report, recipient, DeliveryOutcome.NO_ADDRESS)
    return None


def _held_back(report: Report, recipient: Recipient, key: Key, entry: Entry | None) -> Delivery:
    """What is told of a sending that has to wait for its recipient."""
    if entry is not None and entry.standing not in {Standing.CLAIMED, Standing.FAILED}:
        return _standing(report, recipient, key, entry)
    why, until = recipient.held_back or "", recipient.held_until
    return _delivery(report, recipient, DeliveryOutcome.HELD_BACK, key.channel, why, until)


_TOLD = {
    Standing.CLAIMED: DeliveryOutcome.UNDER_WAY,
    Standing.SENT: DeliveryOutcome.ALREADY_SENT,
    Standing.FAILED: DeliveryOutcome.WAITING,
    Standing.GIVEN_UP: DeliveryOutcome.GIVEN_UP,
    Standing.TOLD: DeliveryOutcome.GIVEN_UP,
}


def standing(entry: Entry) -> DeliveryOutcome:
    """What is told of a sending that can't be claimed now."""
    return _TOLD[entry.standing]


def _standing(report: Report, recipient: Recipient, key: Key, entry: Entry | None) -> Delivery:
    if entry is None:
        return _delivery(report, recipient, DeliveryOutcome.UNDER_WAY, key.channel)
    return _delivery(report, recipient, standing(entry), key.channel, entry.detail, entry.frees_at())


def _delivery(
    report: Report,
    recipient: Recipient,
    outcome: DeliveryOutcome,
    channel: str = "",
    detail: str = "",
    again_at: datetime | None = None,
) -> Delivery:
    part = recipient.part
    items = len({item.id for section in part.sections for item in section.items}) if part else 0
    why = part.why if part else ""
    return Delivery(report.name, report.period_key, recipient.owner, outcome, channel, items, detail, why, again_at)
