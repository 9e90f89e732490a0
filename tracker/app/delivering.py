"""Reports to their recipients: once a period, and what could not be delivered is told to somebody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from tracker import deliver
from tracker.app.desk import Desk
from tracker.app.reminding import remind
from tracker.app.rolling import keep
from tracker.audience import Audience, empty_part, recipients
from tracker.deliver import Delivery, DeliveryOutcome
from tracker.ladder import Ladder
from tracker.ledger import Entry
from tracker.people import Owner, PeopleBook
from tracker.render.deliveries import lost
from tracker.report import Report


def send_report(
    report: Report, desk: Desk, open_way: Callable[[str], deliver.Way], *, dry_run: bool = False
) -> tuple[Audience, tuple[Delivery, ...]]:
    """Send everybody their part of `report`, once a period; with `dry_run` only tell who would get it and why.

    What was still to be sent when its period ended is given up first, and stands before the other deliveries. The
    fallback recipient's part says what was given up since they last heard.

    Raises:
        CloseoutError: a mail server or channel was out of reach or set up wrongly, and nobody was served.
    """
    store, settings, clock, book = desk.store, desk.settings, desk.clock, desk.book
    chosen = settings.reports[report.name]
    past: Sequence[Entry] = ()
    if not dry_run:
        began = datetime.combine(report.today, time.min, ZoneInfo(settings.timezone))
        past = store.give_up_past(report.name, report.period_key, began, clock())
    given_up = store.given_up(report.name)
    audience = recipients(report, Ladder.of(settings), all_clear=chosen.all_clear)
    audience = _telling(audience, report, tuple(lost(entry, book) for entry in given_up))
    if dry_run:
        known = store.deliveries(report.name, report.period_key)
        would = deliver.would_send(report, audience.recipients, known=known, now=clock())
        reminders = remind(desk, report, dry_run=True) if chosen.comment else ()
        return audience, (*would, *reminders, *(keep(desk, report, dry_run=True) if chosen.rolling else ()))
    rolling = keep(desk, report) if chosen.rolling else ()  # a mail server that is down is none of its troubles
    deliveries = deliver.send_report(report, audience.recipients, open_way=open_way, ledger=store, clock=clock)
    if report.fallback and any(_reached(delivery, report.fallback) for delivery in deliveries):
        store.told(entry.key for entry in given_up)
    reminders = remind(desk, report) if chosen.comment else ()
    return audience, (*(_too_late(entry, book) for entry in past), *deliveries, *reminders, *rolling)


def _telling(audience: Audience, report: Report, undelivered: tuple[str, ...]) -> Audience:
    """`audience`, whose fallback recipient is also told what never reached others."""
    fallback = report.fallback
    if fallback is None or not undelivered:
        return audience
    told = tuple(
        replace(each, part=replace(each.part or _only_notes(report, fallback), undelivered=undelivered))
        if each.owner.key == fallback.key
        else each
        for each in audience.recipients
    )
    return replace(audience, recipients=told)


def _only_notes(report: Report, owner: Owner) -> Report:
    """The part of somebody who owns nothing that is open."""
    contact = f"{owner.name} is" if owner.is_team else "you are"
    why = f"You get this because {contact} told what could not be delivered to others."
    return replace(empty_part(report, owner), why=why)


def _reached(delivery: Delivery, owner: Owner) -> bool:
    return delivery.recipient.key == owner.key and delivery.outcome is DeliveryOutcome.SENT


def _too_late(entry: Entry, book: PeopleBook) -> Delivery:
    key = entry.key
    owner = book.get(key.recipient) or Owner(key.recipient, key.recipient)
    detail = f"its period is over: {entry.detail}" if entry.detail else "its period is over"
    return Delivery(key.report, key.period, owner, DeliveryOutcome.GIVEN_UP, key.channel, detail=detail)
