"""What `closeout report --send` prints: who gets what by which channel, why, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.deliver import Delivery, DeliveryOutcome
from tracker.ledger import MAIL, ROLLING, Entry
from tracker.people import PeopleBook
from tracker.render import escape
from tracker.render.wire import Wire
from tracker.render.wording import stamp

_STYLES = {
    DeliveryOutcome.SENT: "green",
    DeliveryOutcome.WOULD_SEND: "green",
    DeliveryOutcome.FAILED: "bold red",
    DeliveryOutcome.GIVEN_UP: "bold red",
    DeliveryOutcome.WAITING: "yellow",
    DeliveryOutcome.HELD_BACK: "yellow",
    DeliveryOutcome.LEFT_CLOSED: "yellow",
    DeliveryOutcome.NO_ADDRESS: "magenta",
}
_REASONS = {
    DeliveryOutcome.NO_ADDRESS: "neither an e-mail address nor a channel in the people book",
    DeliveryOutcome.NOTHING_TO_SAY: "nothing of theirs is open",
    DeliveryOutcome.ALREADY_SENT: "served in this period",
    DeliveryOutcome.UNDER_WAY: "another process is at it, or died",
}


class DeliveryWire(Wire):
    """One recipient's part by one channel; `period` is an earlier one for what was given up when that ended."""

    recipient: str = Field(description="The key of the person or team; for what is said on issues, whose issue.")
    name: str
    channel: str | None = Field(
        description="`mail`, a channel's name, `comment` (on an overdue item's issue) or `rolling` (the report's own "
        "issue); null where it did not come to choosing one."
    )
    period: str
    outcome: DeliveryOutcome
    items: int = Field(description="How many action items the part holds.")
    why: str = Field(description="Why they get it; empty when there is nothing for them.")
    detail: str = Field(description="What was wrong, or why nothing is sent; where it went once it was sent.")
    again_at: datetime | None = Field(description="From when on a later run tries again; null when none does.")
    text: str | None = Field(description="With --dry-run: what a rolling issue would say, in Markdown; else null.")


class DeliveriesOutput(Wire):
    """`closeout report --send --format json`, with `--dry-run` or without."""

    version: Literal[1] = 1
    report: str
    period: str
    dry_run: bool
    deliveries: tuple[DeliveryWire, ...]
    untold: int = Field(description="Open items that nobody is told of: no owner who can be reached.")


def to_json(report: str, period: str, deliveries: Sequence[Delivery], untold: int, *, dry_run: bool) -> str:
    """One JSON document, ending in a line break."""
    wires = tuple(
        DeliveryWire(
            recipient=each.recipient.key,
            name=each.recipient.name,
            channel=each.channel or None,
            period=each.period,
            outcome=each.outcome,
            items=each.items,
            why=each.why,
            detail=each.detail or _REASONS.get(each.outcome, ""),
            again_at=each.again_at,
            text=each.text or None,
        )
        for each in deliveries
    )
    output = DeliveriesOutput(report=report, period=period, dry_run=dry_run, deliveries=wires, untold=untold)
    return output.model_dump_json(indent=2) + "\n"


def print_deliveries(deliveries: Sequence[Delivery], console: Console) -> None:
    """A row for each recipient and channel."""
    if not deliveries:
        console.print("nobody to tell")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("Outcome", no_wrap=True)
    table.add_column("Who", max_width=24, overflow="fold")
    table.add_column("By", max_width=32, overflow="fold")
    table.add_column("Items", justify="right")
    table.add_column("Why", ratio=1, overflow="fold")
    for each in deliveries:
        table.add_row(
            Text(each.outcome.value, style=_STYLES.get(each.outcome, "")),
            Text(escape.plain(each.recipient.name)),
            Text(escape.plain(_by(each))),
            Text(str(each.items or "")),
            Text(escape.plain(_why(each))),
        )
    console.print(table)


def lost(entry: Entry, book: PeopleBook) -> str:
    """What was given up, for who looks after it: `Jo Smith by mail, 2026-W47, after 6 attempts: no such mailbox`."""
    owner = book.get(entry.key.recipient)
    name = owner.name if owner else entry.key.recipient
    attempts = f"{entry.attempts} attempt{'' if entry.attempts == 1 else 's'}"
    return f"{name} by {entry.key.channel}, {entry.key.period}, after {attempts}: {entry.detail}"


def _by(delivery: Delivery) -> str:
    return (delivery.recipient.email or MAIL) if delivery.channel == MAIL else delivery.channel


def _why(delivery: Delivery) -> str:
    match delivery.outcome:
        case DeliveryOutcome.SENT:
            return f"{delivery.why}: {delivery.detail}" if delivery.channel == ROLLING else ""
        case DeliveryOutcome.LEFT_CLOSED:
            return f"somebody closed it; open it again to have it kept: {delivery.detail}"
        case DeliveryOutcome.WOULD_SEND:
            return f"{delivery.why} ({delivery.detail})" if delivery.detail else delivery.why
        case DeliveryOutcome.HELD_BACK if delivery.again_at:
            return f"{delivery.detail}; not before {delivery.again_at:%a} {stamp(delivery.again_at)}"
        case _:
            said = delivery.detail or _REASONS.get(delivery.outcome, "")
            again = f"tried again from {stamp(delivery.again_at)}" if delivery.again_at else ""
            return "; ".join(filter(None, (said, again)))
