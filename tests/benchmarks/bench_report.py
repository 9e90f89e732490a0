"""A report over very many items and owners: how long it takes, and how much memory.

    python tests/benchmarks/bench_report.py [ITEMS] [OWNERS] [--pages FOLDER]

Items are invented, but as real ones are: of many postmortems, most of them settled, every twentieth promised before.
Times are the processor's; the memory is the most that the process has held up to then, entries and all reports
together. `--pages` writes small reports of each kind as HTML, and the mail of an owner with two hundred items, to look
at.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP)]

from connectors import Issue, IssueRef, IssueState  # noqa: E402 - after the path is set
from tracker.audience import for_recipient, recipients  # noqa: E402
from tracker.model import Item, ItemState, Kind, KnownDocument, Link  # noqa: E402
from tracker.people import PeopleBook  # noqa: E402
from tracker.policy import Entry, Yardstick, assess  # noqa: E402
from tracker.recurrence import recurring  # noqa: E402
from tracker.render import ReportFormat, render_letter, render_report  # noqa: E402
from tracker.report import Report, ReportKind, build  # noqa: E402
from tracker.settings import PersonSettings, PolicySettings, Settings, TeamSettings  # noqa: E402

T = TypeVar("T")
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
STATES = (ItemState.OPEN, ItemState.OPEN, ItemState.DONE, ItemState.DONE, ItemState.DONE, ItemState.WONT_DO)
DO = (
    "Alert on",
    "Rehearse",
    "Write a runbook for",
    "Limit",
    "Document",
    "Load-test",
    "Add a dashboard for",
    "Automate",
)
WHAT = ("pool saturation", "the failover", "certificate renewal", "retries", "schema changes", "the cache", "backups")
WHERE = ("checkout", "search", "the API gateway", "billing", "the warehouse", "single sign-on", "the data platform")
SERVICES = ("checkout", "search", "api-gateway", "billing", "warehouse", "sso", "data-platform", "mobile-app")


def a_book(owners: int) -> PeopleBook:
    """Owners with addresses, in teams of ten."""
    teams = {f"team{n}": TeamSettings(name=f"Team {n}", email=f"team{n}@example.org") for n in range(owners // 10 + 1)}
    people = {
        f"p{n}": PersonSettings(name=f"Person {n}", email=f"p{n}@example.org", team=f"team{n // 10}")
        for n in range(owners)
    }
    return PeopleBook.from_settings(Settings(people=people, teams=teams))


def some_entries(items: int, owners: int, book: PeopleBook, seed: int = 1) -> list[Entry]:
    """That many items, ten in a postmortem."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    by, found = Yardstick(PolicySettings(), book, NOW), []
    for number in range(items):
        key = number // 10
        day = TODAY - timedelta(days=chance.randrange(5, 900))
        services = tuple(chance.sample(SERVICES, 2))
        title = f"{services[0]} was down for {key} minutes"
        url = f"https://git.example.org/acme/postmortems/blob/3f2a91c/{day}-{key}.md"
        document = KnownDocument(
            f"d{key}", f"postmortems/{day}-{key}.md", "0", title, day, "SEV1", web_url=url, services=services
        )
        again = "" if number % 20 == 0 else f" {number}"
        item = Item(
            id=f"{number:012x}",
            document=document.key,
            text=f"{chance.choice(DO)} {chance.choice(WHAT)} of {chance.choice(WHERE)} before the next peak{again}",
            ordinal=0,
            kind=Kind.TASK,
            section="Action items",
            line=number % 10 + 20,
            first_seen=NOW - timedelta(days=200),
            owner=chance.choice((f"Person {chance.randrange(owners)}",) * 18 + (None, "Somebody else")),
            due_date=chance.choice((None, TODAY + timedelta(days=chance.randrange(-90, 120)))),
            priority=chance.choice((None, "P1", "P2")),
            state=chance.choice(STATES),
        )
        address = f"https://github.com/acme/ops/issues/{number}"
        ref = IssueRef("github", number, f"acme/ops#{number}", address)
        issue = Issue(ref, item.text, "", None, None, IssueState.OPEN, frozenset(), frozenset(), NOW, NOW)
        link = Link(item.id, issue, {}, NOW) if number % 4 else None
        found.append(assess(item, document, link, by))
    return found


def report(entries: list[Entry], book: PeopleBook, kind: ReportKind = ReportKind.OWNERS) -> Report:
    """A report of this kind."""
    return build(
        "weekly",
        "Open corrective actions",
        entries,
        book=book,
        today=TODAY,
        now=NOW,
        as_of=NOW,
        fallback="p1",
        period="weekly",
        kind=kind,
        to=("p1",),
    )


def measured(name: str, work: Callable[[], T]) -> T:
    """Run `work`, and tell how long it took and how much memory the process has held by then."""
    begin = time.process_time()
    made = work()
    took = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"  {name:<38}{took:>8.2f} s{peak / 1e6:>10.0f} MB", flush=True)
    return made


def pages(folder: Path) -> None:
    """Small reports to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    book = a_book(12)
    entries = recurring(some_entries(160, 12, book))
    for kind in ReportKind:
        page = render_report(report(entries, book, kind), ReportFormat.HTML)
        (folder / f"{kind.value}.html").write_text(page, "utf-8")
    book = a_book(1)
    long = [entry for entry in some_entries(900, 1, book) if entry.item.state is ItemState.OPEN][:200]
    part = for_recipient(report(long, book), next(each for each in [book.get("p0")] if each))
    if part:
        (folder / "mail.html").write_text(render_letter(part).html, "utf-8")


def main() -> None:
    """Measure each step."""
    if "--pages" in sys.argv:
        pages(Path(sys.argv[-1]))
        return
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    items, owners = [*numbers, *(100_000, 500)[len(numbers) :]]
    book = a_book(owners)
    print(f"{items} items, {owners} owners")
    plain = measured("items assessed (with inventing them)", lambda: some_entries(items, owners, book))
    entries = measured("promised before", lambda: recurring(plain))
    for kind in ReportKind:
        measured(f"report: {kind.value}", lambda kind=kind: report(entries, book, kind))
    whole = report(entries, book)
    audience = measured("everybody's part", lambda: recipients(whole))
    parts = [each.part for each in audience.recipients if each.part and each.owner.key != "p1"]
    measured(f"{len(parts)} letters", lambda: [render_letter(part) for part in parts])
    for fmt in ReportFormat:
        text = measured(f"whole report: {fmt.value}", lambda fmt=fmt: render_report(whole, fmt))
        print(f"  {'':<34}{len(text) / 1e6:>8.1f} MB of text")


if __name__ == "__main__":
    main()
