"""A hundred thousand items in the store: how long `closeout status` takes beside `python -c "import sqlmodel"`.

    python tests/benchmarks/bench_status.py [ITEMS] [ROUNDS]

500 owners; a third of the items is settled, a tenth overdue. Each round runs every command once, one after the other,
so that all of them meet the same machine. Told are the processor's seconds (user and system), least and median, the
median of the time on the clock, and the ratio to the import: of the least, and the median of the rounds' own ratios.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

from workplace import Workplace  # noqa: E402 - after the path is set

from connectors import Issue, IssueRef, IssueState, Marker  # noqa: E402
from connectors.marker import write  # noqa: E402
from tracker.model import Item, ItemState, Kind, KnownDocument, Link  # noqa: E402
from tracker.store import mapping  # noqa: E402

OWNERS = 500
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WORDS = ("alerts", "backups", "caches", "certificates", "deploys", "failovers", "logs", "metrics", "proxies", "queues")
COMMANDS = {
    "status --is overdue --owner o7": ["status", "--is", "overdue", "--owner", "o7"],
    "status --is overdue --owner o7 --format json": ["status", "--is", "overdue", "--owner", "o7", "--format", "json"],
    "status --owner o7": ["status", "--owner", "o7"],
    "status ITEM": ["status", "i0000007"],
    "status --fail-on overdue": ["status", "--fail-on", "overdue"],
    "status | head": ["status"],
}
SLOW = {"status --fail-on overdue", "status | head"}


def item(number: int) -> Item:
    """The item of that number."""
    text = f"Improve the {WORDS[number % 10]} and {WORDS[number // 10 % 10]} of cell {number // 7:06} for rack {number}"
    due = None if number % 5 == 0 else TODAY + timedelta(days=(number * 37) % 400 - 60)
    state = ItemState.DONE if number % 3 == 0 else ItemState.OPEN
    owner = f"Owner Number{number % OWNERS}"
    return Item(
        f"i{number:07}", f"d{number // 7}.md", text, 0, Kind.TASK, "Action items", number % 7 + 9,
        NOW - timedelta(days=90), owner, due.isoformat() if due else None, due, "P2", done=state is ItemState.DONE,
        state=state, settled_at=NOW if state is ItemState.DONE else None,
    )  # fmt: skip


def link(one: Item, number: int) -> Link:
    """As a create would have given it."""
    login = f"o{number % OWNERS}"
    ref = IssueRef("ops", number + 1, f"acme/ops#{number + 1}", f"https://github.com/acme/ops/issues/{number + 1}")
    marker = Marker(one.id, one.document, one.text)
    managed = f"{one.text}\n\nPromised in [an outage](https://example.com/{one.document}), line {one.line}."
    state = IssueState.DONE if one.state is ItemState.DONE else IssueState.OPEN
    labels = frozenset({"postmortem"})
    body = write("", managed, marker)
    issue = Issue(ref, one.text, body, managed, marker, state, labels, frozenset({login}), NOW, NOW)
    document = {"title": one.text, "content": "c" * 16, "assignees": [login], "labels": ["postmortem"], "state": "open"}
    return Link(one.id, issue, {"document": document, "issue": document, "left_out": []}, NOW)


def fill(root: Path, count: int) -> None:
    """A store with `count` items and their links, seven to a document."""
    people = "".join(f'[people.o{n}]\nname = "Owner Number{n}"\ngithub = "o{n}"\n' for n in range(OWNERS))
    settings = f'target = "ops"\n[targets.ops]\nkind = "github"\nrepository = "acme/ops"\n{people}'
    with Workplace(root, settings).store():
        pass
    with closing(sqlite3.connect(root / "closeout.db")) as database:
        documents = (
            KnownDocument(f"d{n}.md", f"d{n}.md", "x", f"Outage {n}", TODAY - timedelta(days=n % 900))
            for n in range(count // 7 + 1)
        )
        _insert(database, "document", map(mapping.document_values, documents))
        items = [item(number) for number in range(count)]
        _insert(database, "item", map(mapping.item_values, items))
        _insert(database, "link", (mapping.link_values(link(one, number)) for number, one in enumerate(items)))
        row = {"target": "ops", "place": "github.com/acme/ops", "value": "x", "read_at": NOW}
        _insert(database, "target_cursor", [row])
        database.commit()


def _insert(database: sqlite3.Connection, table: str, rows: object) -> None:
    for row in rows:  # type: ignore[attr-defined]
        names = list(row)
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        database.execute(statement, [_cell(value) for value in row.values()])


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, list | dict) else value


def measure(command: list[str], root: Path, *, head: bool) -> tuple[float, float]:
    """Processor's and clock's seconds of one run."""
    environment = {**os.environ, "PYTHONPATH": str(TOP), "CLOSEOUT_NOW": NOW.isoformat()}
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if head:
            for _ in range(10):
                process.stdout.readline()
            process.stdout.close()
        else:
            process.stdout.read()
    after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begin
    assert process.returncode in (0, 1), command
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, took


def main() -> None:
    """Fill, measure, tell."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        begin = time.perf_counter()
        fill(root, count)
        print(f"{count} items, {(root / 'closeout.db').stat().st_size / 1e6:.0f} MB", end="")
        print(f" (filled in {time.perf_counter() - begin:.0f} s)", flush=True)
        commands = {name: [sys.executable, "-m", "tracker", *words] for name, words in COMMANDS.items()}
        commands = {"import sqlmodel": [sys.executable, "-c", "import sqlmodel"], **commands}
        for turn in range(rounds + 1):
            for name, command in commands.items():
                if name in SLOW and turn > 2:
                    continue
                took = measure(command, root, head="head" in name)
                if turn:  # the first round warms the caches
                    found.setdefault(name, []).append(took)
    base = [cpu for cpu, _ in found["import sqlmodel"]]
    for name, took in found.items():
        cpu = [each for each, _ in took]
        ratio = statistics.median(mine / its for mine, its in zip(cpu, base, strict=False))
        print(f"  {name:<46} {min(cpu):6.2f} s least {statistics.median(cpu):6.2f} s median", end="")
        print(f"   clock {statistics.median(clock for _, clock in took):6.2f} s", end="")
        print(f"   ratio {min(cpu) / min(base):6.2f} (of least) {ratio:6.2f} (median)")


if __name__ == "__main__":
    main()
