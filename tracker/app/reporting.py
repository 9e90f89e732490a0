"""Reports and history: answers from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from tracker import deliver
from tracker.audience import Audience, recipients
from tracker.errors import UsageError
from tracker.model import Event
from tracker.people import PeopleBook
from tracker.policy import Entry
from tracker.render import render_letter
from tracker.report import Report, build
from tracker.settings import ReportSettings, Settings
from tracker.standing import entries, one_item, today_of
from tracker.store import Store


def make_report(store: Store, settings: Settings, name: str, now: datetime, day: date | None = None) -> Report:
    """The report called `name` for `day` (today when None).

    Raises:
        UsageError: the settings have no such report.
    """
    chosen = _report_settings(settings, name)
    today = day or today_of(settings, now)
    return build(
        name,
        chosen.title,
        entries(store, settings, today),
        book=PeopleBook.from_settings(settings),
        today=today,
        now=now,
        as_of=min(store.read_times().values(), default=None),
        fallback=chosen.fallback,
        period=chosen.period,
    )


def send_report(
    report: Report,
    store: Store,
    open_mailer: Callable[[], deliver.SmtpMailer],
    now: datetime,
    *,
    dry_run: bool = False,
) -> tuple[Audience, tuple[deliver.Delivery, ...]]:
    """Mail `report` to each owner, once per period; with `dry_run` only tell who would get it.

    Raises:
        Unavailable: the mail server could not be reached, so that nobody was served.
    """
    audience = recipients(report)
    if dry_run:
        return audience, deliver.would_send(report, audience.recipients, was_sent=store.was_sent)
    with open_mailer() as mailer:
        sent = deliver.send_report(
            report,
            audience.recipients,
            mailer=mailer,
            ledger=store,
            render=render_letter,
            now=now,
        )
    return audience, sent


@dataclass(frozen=True, slots=True)
class Story:
    """Events in the order in which they happened, of one item or of all; `texts` are the words of the items told of."""

    events: tuple[Event, ...]
    item: Entry | None
    texts: Mapping[str, str]


def history(store: Store, settings: Settings, text: str | None, now: datetime, limit: int | None = None) -> Story:
    """What the audit log says about one item, or about all of them; with `limit` the latest of it.

    Raises:
        UsageError: no item is called so.
    """
    if text is None:
        events = store.events(limit=limit)
        told = {event.item for event in events}
        items = store.known().items.values()
        return Story(events, None, {item.id: item.text for item in items if item.id in told})
    entry = one_item(entries(store, settings, today_of(settings, now)), text)
    return Story(store.events(entry.item.id, limit), entry, {entry.item.id: entry.item.text})


def _report_settings(settings: Settings, name: str) -> ReportSettings:
    if name not in settings.reports:
        raise UsageError(
            f"there is no report called {name!r}",
            where="closeout.toml",
            advice=f"Choose one of: {', '.join(sorted(settings.reports))}; or add [reports.{name}].",
        )
    return settings.reports[name]
