"""Reports and history: answers from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from tracker.audience import empty_part, for_recipient
from tracker.errors import UsageError
from tracker.metrics import Metrics
from tracker.model import Event
from tracker.people import PeopleBook
from tracker.policy import Entry
from tracker.report import Report, ReportKind, Wording, build, selected
from tracker.settings import ReportSettings, Settings
from tracker.standing import entries, one_item, today_of
from tracker.store import Store


def _moment(day: date, settings: Settings, now: datetime) -> datetime:
    """`now`, or noon of another day than today: it is that day then in nearly every zone."""
    return now if day == today_of(settings, now) else datetime.combine(day, time(12), ZoneInfo(settings.timezone))


def make_report(
    store: Store,
    settings: Settings,
    root: Path,
    name: str,
    now: datetime,
    day: date | None = None,
    *,
    due_at: datetime | None = None,
    metrics: Metrics | None = None,
) -> Report:
    """The report called `name` for `day` (today when None).

    `due_at` is the time at which a schedule wanted it, in the schedule's zone: what could not go out in time still
    counts for its own period, and tells of today.

    Raises:
        UsageError: the settings have no such report, or it names a template that is not there.
    """
    chosen = _report_settings(settings, name)
    today = day or today_of(settings, now)
    return build(
        name,
        chosen.title,
        selected(entries(store, settings, _moment(today, settings, now)), chosen.only),
        book=PeopleBook.from_settings(settings),
        today=today,
        now=now,
        as_of=min(store.read_times().values(), default=None),
        fallback=chosen.fallback,
        period=chosen.period,
        kind=ReportKind(chosen.kind),
        to=chosen.to,
        flags=frozenset(chosen.only.flag),
        due_at=due_at,
        metrics=metrics,
        wordings=tuple(_wording(root, name, file) for file in chosen.templates),
    )


def part_of(report: Report, settings: Settings, text: str) -> Report:
    """What of `report` concerns one owner; without items when nothing does.

    Raises:
        UsageError: the people book knows nobody called so.
    """
    book = PeopleBook.from_settings(settings)
    owner = book.get(text) or book.resolve(text).first
    if owner is None:
        raise UsageError(
            "the people book has no such owner", where=text, advice="Give a key or a name of [people] or [teams]."
        )
    return for_recipient(report, owner) or empty_part(report, owner)


def _wording(root: Path, name: str, file: str) -> Wording:
    try:
        return Wording(file, (root / file).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the template can't be read: {getattr(error, 'strerror', None) or error}",
            where=file,
            advice=f"Mend reports.{name}.templates; paths start at the folder of closeout.toml.",
        ) from error


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
    entry = one_item(entries(store, settings, now), text)
    return Story(store.events(entry.item.id, limit), entry, {entry.item.id: entry.item.text})


def _report_settings(settings: Settings, name: str) -> ReportSettings:
    if name not in settings.reports:
        raise UsageError(
            f"there is no report called {name!r}",
            where="closeout.toml",
            advice=f"Choose one of: {', '.join(sorted(settings.reports))}; or add [reports.{name}].",
        )
    return settings.reports[name]
