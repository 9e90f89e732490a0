"""Sync figures, measured: requests per created, unchanged and changed item, items a second, start-up.

    python tests/benchmarks/bench_sync.py [ITEMS]

All run at ITEMS times 1, 2 and 4: requests against a small GitHub and a small Jira Cloud on loopback, growth on the
embedded tracker.
Wall times are this machine's: quote ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

from contract.little_jira import LittleJira  # noqa: E402
from contract.little_jira import Serving as ServingJira  # noqa: E402
from machine.little_github import LittleGitHub, Serving  # noqa: E402 - after the path is set
from machine.places import OnLittleGitHub, OnLittleJira  # noqa: E402
from workplace import Workplace, postmortem  # noqa: E402

from tracker.app import Consent  # noqa: E402

SLOWLY = 0.75
"""Seconds that a write takes: as many a minute as GitHub allows."""
EVERYTHING = Consent(everything=True)
WORDS = ("alerts", "backups", "caches", "certificates", "deploys", "failovers", "logs", "metrics", "proxies", "queues")


def texts(count: int) -> list[str]:
    """Items that differ as those of people do."""
    return [
        f"Chapter {n}: improve the {WORDS[n % 10]} and the {WORDS[(n // 10) % 10]} of cell {n:05}" for n in range(count)
    ]


def show(label: str, items: int, place: OnLittleGitHub, hub: LittleGitHub) -> None:
    """One sync, its requests by verb."""
    hub.verbs.clear()
    begin = time.perf_counter()
    place.run(consent=EVERYTHING)
    seconds = time.perf_counter() - begin
    counts = ", ".join(f"{number} {verb}" for verb, number in sorted(hub.verbs.items()))
    print(f"  {items:>5} items   {label:<36} {counts:<22} {seconds:6.2f} s")


def on_github(items: int) -> None:
    """Requests against a small GitHub on loopback, whose clock is the workplace's: waits pass in a moment."""
    with tempfile.TemporaryDirectory() as folder:
        hub = LittleGitHub()
        with Serving(hub):
            place = OnLittleGitHub(Path(folder), hub.url)
            hub.clock = lambda: place.now
            hub.after = lambda seen: place.pass_time(SLOWLY) if seen.verb in ("POST", "PATCH") else None
            lines = texts(items)

            def write() -> None:
                for number in range(0, items, 20):
                    place.document(f"{number:05}.md", postmortem(*lines[number : number + 20], title=f"No. {number}"))

            write()
            show("first sync", items, place, hub)
            show("nothing changed, directly after", items, place, hub)
            show("nothing changed, once more", items, place, hub)
            place.pass_time(3600)
            show("nothing changed, an hour later", items, place, hub)
            for number in range(0, items, items // 10):
                lines[number] += " today"
            write()
            place.pass_time(3600)
            show("ten items reworded", items, place, hub)
            for issue in list(hub.issues)[:: items // 10]:
                hub.change(issue, state="closed", state_reason="completed")
            place.pass_time(3600)
            show("ten issues closed by people", items, place, hub)
            for store in place.root.glob("closeout.db*"):
                store.unlink()
            place.pass_time(3600)
            show("store lost", items, place, hub)
            show("nothing changed, directly after", items, place, hub)


def on_jira(items: int) -> None:
    """Requests against a small Jira Cloud, told apart in those that write and those that read."""
    with tempfile.TemporaryDirectory() as folder:
        jira = LittleJira()
        with ServingJira(jira):
            place = OnLittleJira(Path(folder), jira.url)
            jira.store.clock = place.clock
            lines = texts(items)

            def told(label: str) -> None:
                jira.requests.clear()
                begin = time.perf_counter()
                place.run(consent=EVERYTHING)
                seconds = time.perf_counter() - begin
                writes = len(jira.writes)
                counts = f"{writes} writes, {len(jira.requests) - writes} reads"
                print(f"  {items:>5} items   {label:<36} {counts:<22} {seconds:6.2f} s")

            def write() -> None:
                for number in range(0, items, 20):
                    place.document(f"{number:05}.md", postmortem(*lines[number : number + 20], title=f"No. {number}"))

            write()
            told("first sync")
            place.pass_time(3600)
            told("nothing changed, an hour later")
            place.pass_time(3600)
            told("nothing changed, once more")
            for number in range(0, items, items // 10):
                lines[number] += " today"
            write()
            place.pass_time(3600)
            told("ten items reworded")
            for store in place.root.glob("closeout.db*"):
                store.unlink()
            place.pass_time(3600)
            told("store lost")


def embedded(items: int) -> None:
    """Growth of the embedded tracker's sync."""
    for factor in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder:
            place = Workplace(Path(folder))
            count = items * factor
            for number in range(0, count, 10):
                promised = texts(count)[number : number + 10]
                place.document(f"{number:05}.md", postmortem(*promised, title=f"Incident {number}"))
            times = []
            for _ in range(2):
                begin = time.perf_counter()
                place.run(consent=EVERYTHING)
                times.append(time.perf_counter() - begin)
            first, again = times
            print(f"  {count:>6} items in {count // 10:>4} documents", end="")
            print(f"   first sync {first:6.2f} s ({count / first:.0f} items/s)   nothing changed {again:5.2f} s")


def help_speed(runs: int = 9) -> None:
    """`closeout --help` beside `import sqlmodel`, in turns."""
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    commands = {
        "closeout --help": [sys.executable, "-m", "tracker", "--help"],
        "import sqlmodel": [sys.executable, "-c", "import sqlmodel"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            begin = time.perf_counter()
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            times[name].append(time.perf_counter() - begin)
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = statistics.median(a / b for a, b in zip(*times.values(), strict=True))
    print("  " + ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in medians.items()) + f", ratio {ratio:.2f}")


def main() -> None:
    """Run all of it."""
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 250
    print("On GitHub's counterpart, requests by verb:")
    for factor in (1, 2, 4):
        on_github(items * factor)
    print("On Jira Cloud's counterpart:")
    for factor in (1, 2, 4):
        on_jira(items * factor)
    print("On the embedded tracker:")
    embedded(items)
    print("Start-up:")
    help_speed()


if __name__ == "__main__":
    main()
