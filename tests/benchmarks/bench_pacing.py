"""A backfill on a GitHub that enforces its published limits: how near to them, and is anything ever refused?

    python tests/benchmarks/bench_pacing.py [HOURS]

Hours pass in a moment: the clock is the test's. The counterpart counts what arrives in sliding windows (80 creates a
minute, 500 an hour, 900 points a minute) and refuses what is past them; answers take their time both ways.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

from contract.faults import Seen  # noqa: E402 - after the path is set
from machine.little_github import PER_HOUR, LittleGitHub, Serving  # noqa: E402
from machine.places import OnLittleGitHub  # noqa: E402
from workplace import postmortem  # noqa: E402

from connectors.pacing import Budget, Window, time_needed  # noqa: E402
from tracker.app import Consent  # noqa: E402

PUBLISHED = Budget((Window(80, timedelta(minutes=1)), Window(500, timedelta(hours=1))))


def backfill(hours: int, least: float, most: float) -> None:
    """Create issues for `hours` and an hour more; each way takes between `least` and `most` seconds."""
    chance = random.Random(1)  # noqa: S311 - no secret
    count = PER_HOUR * (hours + 1)
    with tempfile.TemporaryDirectory() as folder:
        hub = LittleGitHub(limits=True)
        with Serving(hub):
            place = OnLittleGitHub(Path(folder), hub.url)
            arrived: list[datetime] = []
            hub.clock = lambda: place.now

            def travels(seen: Seen) -> None:
                place.pass_time(chance.uniform(least, most))
                if seen.verb == "POST":
                    arrived.append(place.now)

            hub.before = travels
            hub.after = lambda _: place.pass_time(chance.uniform(least, most))
            for number in range(0, count, 50):
                promised = (
                    f"Chapter {n:05} of the handbook, about cell {n * 7919 % 10_007}"
                    for n in range(number, number + 50)
                )
                place.document(f"{number:05}.md", postmortem(*promised, title=f"Incident {number}"))
            begin, wall = place.now + timedelta(minutes=1), time.perf_counter()
            told = time_needed(count, [], PUBLISHED, begin, timedelta(seconds=least + most))
            applied = place.run(consent=Consent(everything=True)).applied["ops"]
            took = place.now - begin
            within = sum(at < begin + timedelta(hours=hours) for at in arrived) - hub.refusals
            print(f"  {least:.2f} to {most:.2f} s each way: {within} creates in {hours} h,", end=" ")
            print(f"{within / (PER_HOUR * hours):.3f} of the allowed; refused {hub.refusals};", end=" ")
            print(f"failed {len(applied.failures)}, postponed {len(applied.postponed)}")
            print(f"    {len(hub.issues)} issues took {took} of its time (told beforehand: {told}),", end=" ")
            print(f"{time.perf_counter() - wall:.0f} s of ours")


def main() -> None:
    """A near, a far and an unsteady GitHub."""
    hours = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    for least, most in ((0.02, 0.02), (0.5, 0.5), (0.05, 2.0)):
        backfill(hours, least, most)


if __name__ == "__main__":
    main()
