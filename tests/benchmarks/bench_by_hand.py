"""Closeout beside the loop that people write by hand, on the same counterpart in one run.

    python tests/benchmarks/bench_by_hand.py [ITEMS]

The loop: for each item, search by title, create what is missing; PyGithub with its defaults. The counterpart's search
lags nothing, which is kinder to the loop than GitHub is. Every fifth create goes through and its answer is lost, in a
round of its own. Wall times are this machine's: quote ratios.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

import github  # noqa: E402 - after the path is set
from contract.faults import Answer, Seen  # noqa: E402
from machine.little_github import LittleGitHub, Serving  # noqa: E402
from machine.places import OnLittleGitHub  # noqa: E402
from workplace import postmortem  # noqa: E402

from tracker.app import Consent  # noqa: E402

EVERYTHING = Consent(everything=True)


@dataclass
class Round:
    """What one run cost."""

    requests: int
    writes: int
    seconds: float


def texts(count: int) -> list[str]:
    """Promises that differ."""
    return [f"Write chapter {number:03} of the handbook on cell {number * 7919 % 1000:03}" for number in range(count)]


def measured(hub: LittleGitHub, run: Callable[[], object]) -> Round:
    """One call of `run`."""
    hub.verbs.clear()
    begin = time.perf_counter()
    run()
    took = time.perf_counter() - begin
    return Round(hub.verbs.total(), hub.verbs["POST"] + hub.verbs["PATCH"], took)


def lose_every_fifth(hub: LittleGitHub) -> None:
    """The create is committed, and the connection drops before the answer."""
    count = [0]

    def lose(seen: Seen) -> Answer | None:
        count[0] += seen.verb == "POST"
        return Answer(cut="read") if seen.verb == "POST" and count[0] % 5 == 0 else None

    hub.after = lose


def by_hand(url: str, promised: list[str]) -> None:
    """As in many a script."""
    api = github.Github(auth=github.Auth.Token("token"), base_url=url)
    repository = api.get_repo("acme/ops")
    for text in promised:
        if not any(issue.title == text for issue in api.search_issues(f'repo:acme/ops is:issue in:title "{text}"')):
            repository.create_issue(text, body="From the postmortem", labels=["postmortem"])


def duplicates(hub: LittleGitHub) -> int:
    """Open issues beyond one for each title."""
    return sum(count - 1 for count in Counter(issue["title"] for issue in hub.open_issues()).values())


def with_closeout(count: int, *, losing: bool) -> tuple[list[Round], int, int]:
    """First sync, and syncs until nothing is left to do; requests of each, duplicates, issues."""
    with tempfile.TemporaryDirectory() as folder:
        hub = LittleGitHub()
        with Serving(hub):
            place = OnLittleGitHub(Path(folder), hub.url)
            hub.clock = lambda: place.now
            place.document("a.md", postmortem(*texts(count)))
            if losing:
                lose_every_fifth(hub)
            rounds = [measured(hub, lambda: place.run(consent=EVERYTHING))]
            hub.after = lambda _: None
            place.pass_time(3600)
            rounds.append(measured(hub, lambda: place.run(consent=EVERYTHING)))
            return rounds, duplicates(hub), len(hub.issues)


def with_the_loop(count: int, *, losing: bool) -> tuple[list[Round], int, int]:
    """The same of the loop."""
    hub = LittleGitHub()
    with Serving(hub):
        if losing:
            lose_every_fifth(hub)
        rounds = [measured(hub, lambda: by_hand(hub.url, texts(count)))]
        hub.after = lambda _: None
        rounds.append(measured(hub, lambda: by_hand(hub.url, texts(count))))
        return rounds, duplicates(hub), len(hub.issues)


def main() -> None:
    """Both, in turns."""
    logging.disable(logging.WARNING)  # PyGithub tells of each of its retries
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    for losing in (False, True):
        print("Every fifth create is committed and its answer lost:" if losing else "All goes well:")
        ours, mine, made = with_closeout(count, losing=losing)
        loop, theirs, made_by_loop = with_the_loop(count, losing=losing)
        for label, us, them in zip(("first run", "second run"), ours, loop, strict=True):
            print(f"  {label:<11} {count} items   closeout {us.requests:>4} requests ({us.writes} writes)", end="")
            print(
                f"   loop {them.requests:>4} ({them.writes} writes)   requests 1 : {them.requests / us.requests:.1f}",
                end="",
            )
            print(f"   wall time 1 : {them.seconds / us.seconds:.0f}")
        print(f"  issues for {count} items: closeout {made}, loop {made_by_loop};", end=" ")
        print(f"open duplicates: closeout {mine}, loop {theirs}")


if __name__ == "__main__":
    main()
