"""Years of promises in the audit log: what it costs to measure them, in time and memory.

    python tests/benchmarks/bench_metrics.py [ITEMS]

At a quarter, a half and all of ITEMS (100,000 unless named), four events each, five items to a postmortem; every
measurement runs in a process of its own. Times are of this machine's processor: quote the growth.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, run

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests"), str(TOP / "tests/benchmarks")]

from bench_store import peak_memory  # noqa: E402 - after the path is set
from sqlalchemy import insert  # noqa: E402
from workplace import Workplace  # noqa: E402

from tracker.model import Event, KnownDocument  # noqa: E402
from tracker.store import mapping  # noqa: E402
from tracker.store.tables import METADATA  # noqa: E402

START = datetime(2023, 1, 2, 9, tzinfo=UTC)
SPAN = 1400
EACH = 5
SETTINGS = 'target = "local"\n[targets.local]\nkind = "local"\n' + "".join(
    f'[teams.t{n}]\nname = "Team {n}"\n' for n in range(40)
)


def life(number: int, dice: random.Random) -> Iterator[Event]:
    """What the log tells of one item: found, its issue opened, extended or given to others, mostly closed."""
    item, document = f"{dice.getrandbits(48):012x}", f"{number // EACH:06}"
    at = START + timedelta(days=dice.random() * SPAN)
    due = (at + timedelta(days=dice.choice((14, 30, 60)))).date()
    facts = {
        "document": document,
        "kind": "task",
        "owner": f"Team {dice.randrange(40)}",
        "due_date": due.isoformat(),
        "priority": dice.choice(("P1", "P2", "P3", None)),
        "done": None,
        "state": "open",
        "settled_at": None,
        "first_seen": at.isoformat(),
    }
    yield Event(at, "closeout", "item found", item, document, {"text": "Do it", "line": 3, "stands": facts})
    opened = {"issue": f"#{number}", "url": "", "changes": {}, "lacking": []}
    yield Event(at, "closeout", "issue opened", item, document, opened)
    later = at + timedelta(days=dice.random() * 20)
    if number % 3:
        told = {"field": "owner", "before": facts["owner"], "after": "Team 1", "stands": {"owner": "Team 1"}}
        yield Event(later, "closeout", "item changed", item, document, told)
    else:
        yield Event(later, "Jo", "due date extended", item, document, {"to": (due + timedelta(days=30)).isoformat()})
    closed = later + timedelta(days=dice.random() * 40)
    if number % 10:
        settled = {"state": "done", "settled_at": closed.isoformat()}
        changes = {"issue": f"#{number}", "changes": {"state": ["open", "done"]}, "stands": settled}
        yield Event(closed + timedelta(hours=5), "local", "issue changed", item, document, changes)
    else:
        yield Event(closed, "closeout", "issue updated", item, document, {"issue": f"#{number}", "changes": {}})


def fill(place: Workplace, items: int) -> int:
    """Write the log in the order of time; returns the number of events."""
    dice = random.Random(7)  # noqa: S311 - figures, no secrets
    events = [event for number in range(items) for event in life(number, dice)]
    events.sort(key=lambda event: event.at)
    documents = [
        KnownDocument(f"{n:06}", f"{n:06}.md", "0", f"Incident {n}", services=(f"service {n % 60}",))
        for n in range(items // EACH)
    ]
    with place.store() as store:
        store.record_reading(documents, [], place.now, [])
        # Without what would follow for the items, which are not stored here.
        with store._transaction() as connection:
            for begin in range(0, len(events), 10_000):
                rows = [mapping.event_values(event) for event in events[begin : begin + 10_000]]
                connection.execute(insert(METADATA.tables["event"]), rows)
    return len(events)


def child(root: Path) -> None:
    """One measurement, and what it took."""
    place = Workplace(root)
    before = peak_memory()
    begin = time.process_time()
    found = place.metrics(date(2023, 1, 1), date(2026, 11, 1))
    seconds = time.process_time() - begin
    assert found.overall.closed > 0
    print(json.dumps({"seconds": seconds, "before": before, "peak": peak_memory(), "days": len(found.days)}))


def main() -> None:
    """Measure the three sizes."""
    if len(sys.argv) == 3:
        child(Path(sys.argv[2]))
        return
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    first: dict[str, float] = {}
    for factor in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder:
            events = fill(Workplace(Path(folder), SETTINGS), most * factor // 4)
            done = run([sys.executable, __file__, "child", folder], stdout=PIPE, check=True, text=True)
            found = json.loads(done.stdout)
        first = first or found
        print(f"  {most * factor // 4:>7} items {events:>7} events   {found['seconds']:6.2f} s of one core", end="")
        print(f"   peak {found['peak'] / 1024:5.0f} MB ({found['before'] / 1024:.0f} MB before)", end="")
        print(f"   growth {factor}x: time {found['seconds'] / first['seconds']:.2f}x")


if __name__ == "__main__":
    main()
