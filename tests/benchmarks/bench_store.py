"""Years of postmortems in the store and nothing changed: what one more sync costs, in time and memory.

    python tests/benchmarks/bench_store.py [DOCUMENTS]

At a quarter, a half and all of DOCUMENTS (10,000 unless named), five items each; every measured sync runs in a process
of its own. The store is filled by what a first sync would have recorded. Times are of this machine's
processor: quote the growth.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

from machine.little_github import LittleGitHub, Serving  # noqa: E402 - after the path is set
from machine.places import OnLittleGitHub  # noqa: E402
from workplace import postmortem  # noqa: E402

from connectors import Issue, IssueRef, IssueState  # noqa: E402
from connectors.marker import write  # noqa: E402
from tracker.actions import Create  # noqa: E402
from tracker.app import Consent  # noqa: E402
from tracker.merge import agreed, issue_fields  # noqa: E402
from tracker.model import Link  # noqa: E402

EACH = 5
WORDS = ("alerts", "backups", "caches", "certificates", "deploys", "failovers", "logs", "metrics", "proxies", "queues")


def write_documents(place: OnLittleGitHub, count: int) -> None:
    """Files in folders by the hundred."""
    for number in range(count):
        promised = (
            f"Improve the {WORDS[n % 10]} and {WORDS[(number + n) % 10]} of cell {number:05} in step {n}"
            for n in range(EACH)
        )
        place.document(f"{number // 100:03}/{number:05}.md", postmortem(*promised, title=f"Incident {number}"))


def linked(create: Create, number: int, place: OnLittleGitHub) -> Link:
    """The link that a create would have given."""
    draft = create.draft
    body = write("", draft.managed, draft.marker)
    ref = IssueRef("ops", number, f"acme/ops#{number}", f"{place.url}/acme/ops/issues/{number}")
    state, now = IssueState.OPEN, place.now
    issue = Issue(ref, draft.title, body, draft.managed, draft.marker, state, draft.labels, frozenset(), now, now)
    return Link(create.item.id, issue, {**agreed(create.fields, issue_fields(issue)), "left_out": []}, now)


def fill(place: OnLittleGitHub) -> int:
    """Record what a first sync would have; returns the number of issues."""
    prepared = place.look()
    creates = [action for action in prepared.plans[0].actions if isinstance(action, Create)]
    with closing(place.open_tracker("ops")) as tracker, place.store() as store:
        found = prepared.identified
        store.record_reading(prepared.reading.documents.values(), found.items, place.now, found.events)
        with store._transaction() as connection:
            for number, create in enumerate(creates, 1):
                store._link(connection, linked(create, number, place), create.item)
        read_at = (place.now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        store.finish_reading("ops", tracker.capabilities.place, read_at, {}, place.now)
    return len(creates)


def peak_memory() -> int:
    """The most memory that this process has had, in KB. (`getrusage` also counts its parent before the fork.)"""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("utf-8"))
    assert found is not None
    return int(found[1])


def child(root: Path, url: str) -> None:
    """One sync, and what it took."""
    place = OnLittleGitHub(root, url)
    place.pass_time(7200)
    before = peak_memory()
    times = []
    for _ in range(2):
        begin = time.process_time()
        synced = place.run(consent=Consent())
        times.append(time.process_time() - begin)
        assert synced.prepared.plans[0].actions == ()
        assert not synced.prepared.reading.parsed
        del synced
    peak = peak_memory()
    print(json.dumps({"seconds": min(times), "before": before, "peak": peak}))


def main() -> None:
    """Measure the three sizes."""
    if len(sys.argv) == 3:
        child(Path(sys.argv[1]), sys.argv[2])
        return
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    first: dict[str, float] = {}
    for factor in (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder:
            hub = LittleGitHub()
            with Serving(hub):
                place = OnLittleGitHub(Path(folder), hub.url)
                write_documents(place, most * factor // 4)
                begin = time.perf_counter()
                items = fill(place)
                filled = time.perf_counter() - begin
                hub.verbs.clear()
                done = subprocess.run(
                    [sys.executable, __file__, folder, hub.url], stdout=subprocess.PIPE, check=True, text=True
                )
                found = json.loads(done.stdout)
                size = sum(file.stat().st_size for file in Path(folder).glob("closeout.db*"))
        first = first or found
        print(f"  {most * factor // 4:>6} documents {items:>6} items   {found['seconds']:6.2f} s of one core", end="")
        print(f"   peak {found['peak'] / 1024:5.0f} MB ({found['before'] / 1024:.0f} MB before)", end="")
        print(f"   store {size / 1e6:4.0f} MB   {hub.verbs.total() / 2:g} request each", end="")
        grown = (found["peak"] - found["before"]) / (first["peak"] - first["before"])
        print(f"   growth {factor}x: time {found['seconds'] / first['seconds']:.2f}x, memory {grown:.2f}x", end="")
        print(f"   (first plan and filling {filled:.0f} s)")


if __name__ == "__main__":
    main()
