"""Status, reports and history: answers from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from tracker.audience import for_recipient
from tracker.decisions import HEEDED, IGNORED
from tracker.errors import UsageError
from tracker.metrics import Metrics
from tracker.model import Event, ItemState
from tracker.people import PeopleBook
from tracker.policy import Entry, Flag, Yardstick, assess, is_quiet, quiet_since, unexplained, urgency
from tracker.recurrence import recurring
from tracker.report import Counts, Report, ReportKind, Wording, build, selected
from tracker.routing import route
from tracker.settings import ReportSettings, Settings
from tracker.store import Known, Store


@dataclass(frozen=True, slots=True)
class Status:
    """The entries asked for, most urgent first, and when the targets were last read (None: never)."""

    entries: tuple[Entry, ...]
    as_of: datetime | None
    today: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to show. Texts compare without case; empty means any.

    What is removed or ignored is shown where its state or one of its flags is asked for, in `flags` or `failing`.
    """

    item: str | None = None
    owner: str | None = None
    document: str | None = None
    flags: tuple[Flag, ...] = ()
    states: tuple[ItemState, ...] = ()
    failing: tuple[Flag, ...] = ()


def today_of(settings: Settings, now: datetime) -> date:
    """The day it is in the settings' time zone."""
    return now.astimezone(ZoneInfo(settings.timezone)).date()


def entries(store: Store, settings: Settings, now: datetime) -> list[Entry]:
    """Every item that is still in its document or has an issue, assessed at `now`, most urgent first."""
    known = store.known()
    by = _yardstick(store, settings, known, now)
    kinds = {name: target.kind for name, target in settings.targets.items()}
    asks_labels = any(rule.labels for rule in settings.policy.due.rules)
    found = []
    for item in known.items.values():
        link = known.links.get(item.id)
        kind = kinds.get(link.ref.target, "") if link else ""
        document = known.documents[item.document]
        target = route(item, document, by.book, settings) if asks_labels and link is None else ""
        labels = settings.targets[target].labels if target else ()
        found.append(assess(item, document, link, by, target_kind=kind, opened_with=labels))
    return recurring(sorted(found, key=urgency))


def _yardstick(store: Store, settings: Settings, known: Known, now: datetime) -> Yardstick:
    """What items are measured by; the log is only asked when its answer could matter."""
    policy, zone, items = settings.policy, settings.timezone, known.items.values()
    limit = quiet_since(policy, now)
    quiet = limit and any(is_quiet(item, known.links.get(item.id), policy, now, zone) for item in items)
    return Yardstick(
        policy,
        PeopleBook.from_settings(settings),
        now,
        zone,
        active=store.told_since(limit) if limit and quiet else frozenset(),
        unexplained=unexplained(store.events_called(IGNORED, HEEDED) if any(i.ignored for i in items) else ()),
    )


def status(store: Store, settings: Settings, wanted: Wanted, now: datetime) -> Status:
    """What the store knows about the wanted items.

    Raises:
        UsageError: no item has the id that was asked for, or several have.
    """
    all_entries = entries(store, settings, now)
    chosen = [one_item(all_entries, wanted.item)] if wanted.item else [e for e in all_entries if _fits(e, wanted)]
    times = store.read_times()
    return Status(tuple(chosen), min(times.values(), default=None), today_of(settings, now))


def _moment(day: date, settings: Settings, now: datetime) -> datetime:
    """`now`, or noon of another day than today: it is that day then in nearly every zone."""
    return now if day == today_of(settings, now) else datetime.combine(day, time(12), ZoneInfo(settings.timezone))


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
    root: Path,
    name: str,
    now: datetime,
    day: date | None = None,
    *,
    due_at: datetime | None = None,
    metrics: Metrics | None = None,
) -> Report:
    """The report called `name` for `day` (today when None); `due_at` is the time at which a schedule wanted it.

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
    nothing = replace(report, totals=Counts(), sections=(), documents=(), themes=(), worst=(), services=())
    return for_recipient(report, owner) or replace(nothing, recipient=owner, unknown_names=(), unreachable=())


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


def _fits(entry: Entry, wanted: Wanted) -> bool:
    if wanted.flags and not entry.flags & frozenset(wanted.flags):
        return False
    if wanted.states and entry.item.state not in wanted.states:
        return False
    asked_for = entry.flags & {*wanted.flags, *wanted.failing}
    if not wanted.states and not asked_for and entry.item.state in (ItemState.REMOVED, ItemState.IGNORED):
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
