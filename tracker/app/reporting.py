"""Status, reports and history: answers from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tracker import deliver
from tracker.audience import Audience, recipients
from tracker.errors import UsageError
from tracker.ladder import Ladder
from tracker.model import Event, ItemState
from tracker.people import PeopleBook
from tracker.policy import Entry, Flag, assess, urgency
from tracker.recurrence import recurring
from tracker.render import render_letter
from tracker.report import Report, build, period_key
from tracker.settings import ReportSettings, Settings
from tracker.store import Store


@dataclass(frozen=True, slots=True)
class Status:
    """The entries asked for, most urgent first, and when the targets were last read (None: never)."""

    entries: tuple[Entry, ...]
    as_of: datetime | None
    today: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to show. Texts compare without case; empty means any."""

    item: str | None = None
    owner: str | None = None
    document: str | None = None
    flags: tuple[Flag, ...] = ()
    states: tuple[ItemState, ...] = ()


def today_of(settings: Settings, now: datetime) -> date:
    """The day it is in the settings' time zone."""
    return now.astimezone(ZoneInfo(settings.timezone)).date()


def entries(store: Store, settings: Settings, today: date) -> list[Entry]:
    """Every item that is still in its document or has an issue, assessed for `today`, most urgent first."""
    known = store.known()
    book = PeopleBook.from_settings(settings)
    kinds = {name: target.kind for name, target in settings.targets.items()}
    found = []
    for item in known.items.values():
        link = known.links.get(item.id)
        kind = kinds.get(link.ref.target, "") if link else ""
        document = known.documents[item.document]
        found.append(assess(item, document, link, book, settings.policy, today, target_kind=kind))
    return recurring(sorted(found, key=urgency))


def status(store: Store, settings: Settings, wanted: Wanted, now: datetime) -> Status:
    """What the store knows about the wanted items.

    Raises:
        UsageError: no item has the id that was asked for, or several have.
    """
    today = today_of(settings, now)
    all_entries = entries(store, settings, today)
    chosen = [one_item(all_entries, wanted.item)] if wanted.item else [e for e in all_entries if _fits(e, wanted)]
    times = store.read_times()
    return Status(tuple(chosen), min(times.values(), default=None), today)


def one_item(all_entries: Sequence[Entry], text: str) -> Entry:
    """The entry whose item id starts with `text`, or whose issue is called so.

    Raises:
        UsageError: there is none, or more than one.
    """
    wanted = text.casefold()
    found = [
        entry
        for entry in all_entries
        if entry.item.id.startswith(wanted)
        or (entry.link and wanted in issue_names(entry.link.ref.key, entry.link.ref.url))
    ]
    exact = [entry for entry in found if entry.item.id == wanted or (entry.link and entry.link.ref.key == text)]
    if len(found) == 1 or len(exact) == 1:
        return (exact or found)[0]
    if not found:
        raise UsageError("no such item", where=text, advice="`closeout status` lists items with their ids and issues.")
    names = ", ".join(entry.item.id for entry in found[:5])
    raise UsageError(f"several items fit: {names}", where=text, advice="Give more characters of the id.")


def make_report(
    store: Store,
    settings: Settings,
    name: str,
    now: datetime,
    day: date | None = None,
    period_of: date | None = None,
) -> Report:
    """The report called `name` for `day` (today when None).

    `period_of` is a day of the period for which it counts: a report that could not go out in time is still that one.

    Raises:
        UsageError: the settings have no such report.
    """
    chosen = _report_settings(settings, name)
    today = day or today_of(settings, now)
    report = build(
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
    return replace(report, period_key=period_key(report.period, period_of)) if period_of else report


def send_report(
    report: Report,
    store: Store,
    settings: Settings,
    open_mailer: Callable[[], deliver.SmtpMailer],
    now: datetime,
    *,
    dry_run: bool = False,
) -> tuple[Audience, tuple[deliver.Delivery, ...]]:
    """Mail `report` to everybody whom it concerns, once per period; with `dry_run` only tell who would get it.

    Raises:
        Unavailable: the mail server could not be reached, so that nobody was served.
    """
    all_clear = _report_settings(settings, report.name).all_clear
    audience = recipients(report, Ladder.of(settings), all_clear=all_clear)
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


def _fits(entry: Entry, wanted: Wanted) -> bool:
    if wanted.flags and not entry.flags & frozenset(wanted.flags):
        return False
    if wanted.states and entry.item.state not in wanted.states:
        return False
    if not wanted.states and entry.item.state in (ItemState.REMOVED, ItemState.IGNORED):
        return False
    if (
        wanted.document
        and wanted.document.casefold() not in f"{entry.document.path}\n{entry.document.title}".casefold()
    ):
        return False
    if wanted.owner is None:
        return True
    names = [entry.item.owner or "", *(owner.key for owner in entry.ownership.known)]
    names += [owner.name for owner in entry.ownership.known]
    return any(wanted.owner.casefold() in name.casefold() for name in names)


def issue_names(key: str, url: str) -> set[str]:
    """What a person may call an issue: its key, its number, its address."""
    return {key.casefold(), "#" + key.rsplit("#", 1)[-1], url.casefold()} - {""}
