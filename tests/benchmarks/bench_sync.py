"""Sync figures, measured: requests per created, unchanged and changed item, items a second, start-up.

    python tests/benchmarks/bench_sync.py [ITEMS]

The GitHub half runs against a counterpart on loopback (`myworld`); its listings stop at 100 issues, so ITEMS is at most
100 there. The embedded half runs at ITEMS times 1, 2 and 4, to show growth. Wall times are this machine's: quote
ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests")]

import requests  # noqa: E402 - after the path is set
from myworld.api.http import mint  # noqa: E402
from myworld.host import Host, HostConfig  # noqa: E402
from workplace import Workplace, postmortem  # noqa: E402

from connectors.github import GitHubTracker  # noqa: E402
from connectors.settings import GitHubSettings  # noqa: E402
from tracker.app import Consent  # noqa: E402

EVERYTHING = Consent(everything=True)
GITHUB = '\ntarget = "ops"\n[targets.ops]\nkind = "github"\nrepository = "acme/ops"\n'
WORDS = ("alerts", "backups", "caches", "certificates", "deploys", "failovers", "logs", "metrics", "proxies", "queues")


def texts(count: int) -> list[str]:
    """Items that differ as those of people do."""
    return [
        f"Chapter {n}: improve the {WORDS[n % 10]} and the {WORDS[(n // 10) % 10]} of cell {n:05}" for n in range(count)
    ]


class OnGitHub(Workplace):
    """Issues in the counterpart's repository; waits move the clock instead of passing."""

    def __init__(self, root: Path, host: Host) -> None:
        super().__init__(root, GITHUB)
        world = host.create(
            "github",
            {
                "viewer": "bot",
                "users": [{"login": "bot", "name": "bot"}],
                "repos": [{"name": "acme/ops", "private": True}],
            },
        )
        self.token = mint(host.gateway_secret, instance=world.id, kind="github")
        self.authority = str(host.gateway.ca.cert_path)

    def open_tracker(self, name):
        settings = GitHubSettings(repository="acme/ops", ca_bundle=self.authority)
        return GitHubTracker(name, settings, self.token)


def on_github(items: int) -> None:
    """Requests against the counterpart."""
    with tempfile.TemporaryDirectory() as folder:
        host = Host(HostConfig(gateway_port=0, gateway_passthrough=False, ca_dir=Path(folder)))
        os.environ["HTTPS_PROXY"] = host.gateway.url
        sent: Counter[str] = Counter()
        send = requests.Session.send

        def counted(self, request, **options):
            sent[request.method or ""] += 1
            return send(self, request, **options)

        requests.Session.send = counted
        try:
            root = Path(folder) / "place"
            root.mkdir()
            place = OnGitHub(root, host)
            for label, lines in (
                ("first sync", texts(items)),
                ("nothing changed", texts(items)),
                ("one item reworded", [texts(items)[0] + " today", *texts(items)[1:]]),
            ):
                place.document("a.md", postmortem(*lines))
                sent.clear()
                begin = time.perf_counter()
                place.run(consent=EVERYTHING)
                seconds = time.perf_counter() - begin
                counts = ", ".join(f"{number} {verb}" for verb, number in sorted(sent.items()))
                print(f"  {label:<20} {items} items   {counts:<20} {seconds:6.2f} s")
            for store in root.glob("closeout.db*"):
                store.unlink()
            sent.clear()
            place.run(consent=EVERYTHING)
            print(f"  {'store lost':<20} {items} items   {', '.join(f'{n} {v}' for v, n in sorted(sent.items()))}")
        finally:
            requests.Session.send = send
            host.gateway.stop()


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
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print("On GitHub's counterpart, requests by verb:")
    on_github(min(items, 100))
    print("On the embedded tracker:")
    embedded(max(items, 250))
    print("Start-up:")
    help_speed()


if __name__ == "__main__":
    main()
