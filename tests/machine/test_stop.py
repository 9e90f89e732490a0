"""SIGTERM in the middle of 1,000 creates: the service finishes what runs, records it, and is gone in seconds."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from machine.little_github import LittleGitHub, Serving
from workplace import SETTINGS, Workplace, postmortem

from tracker.app import Consent

TOP = Path(__file__).resolve().parents[2]
MANY = 1000
BOUND = 15.0
"""Seconds within which it has to be gone, on a busy machine."""

SERVED = f"""
[brake]
max_creates = {MANY}
[schedules.sync]
run = "sync"
cron = "0 * * * *"
"""
GITHUB = """
target = "ops"
[targets.ops]
kind = "github"
repository = "acme/ops"
base_url = "{url}"
token_env = "OPS_TOKEN"
creates_per_minute = 10
"""


def prepare(root: Path, settings: str) -> Workplace:
    """A thousand items to open issues for, and a sync that was due and failed, so that a service begins with it."""
    place = Workplace(root, settings + SERVED)
    for number in range(MANY // 50):
        promised = (f"Alert on queue {50 * number + each} when it grows" for each in range(50))
        place.document(f"{number}.md", postmortem(*promised, title=f"Outage {number}"))
    due = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with place.store() as store:
        assert store.start_firing("sync", due, due)
        store.finish_firing("sync", due, due, due + timedelta(seconds=1), "failed", "")
    return place


@contextmanager
def serving(place: Workplace) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    environment |= {"PYTHONPATH": str(TOP), "OPS_TOKEN": "token"}
    service = subprocess.Popen(
        [sys.executable, "-m", "tracker", "serve"],
        cwd=place.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield service
    finally:
        service.kill()
        service.communicate()


def wait_until(reached: Callable[[], bool], service: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 120
    while not reached():
        assert service.poll() is None, service.communicate()
        assert time.monotonic() < until, "it never came so far"
        time.sleep(0.01)


def stop(service: subprocess.Popen[str]) -> str:
    """SIGTERM; what it said until it was gone."""
    begin = time.monotonic()
    service.send_signal(signal.SIGTERM)
    _, said = service.communicate(timeout=BOUND)
    assert service.returncode == 0, said
    sys.stdout.write(f"\ngone after {time.monotonic() - begin:.2f} s\n")
    return said


def rows(place: Workplace, query: str) -> list[Any]:
    with closing(sqlite3.connect(place.root / "closeout.db", timeout=30)) as database:
        return database.execute(query).fetchall()


def check(place: Workplace, said: str, opened: int) -> None:
    """Nothing is in doubt, and the record says how far it came."""
    assert 0 < opened < MANY
    assert rows(place, "SELECT count(*) FROM link") == [(opened,)]
    assert rows(place, "SELECT DISTINCT outcome FROM journal") == [("confirmed",)]
    [(outcome, detail)] = rows(place, "SELECT outcome, detail FROM firing")
    assert outcome == "stopped"
    assert detail == f"{opened} of {MANY} actions; the rest is left for the next run"
    assert f"sync stopped: {opened} of {MANY} actions" in said


def test_a_service_with_the_embedded_tracker(tmp_path: Path) -> None:
    place = prepare(tmp_path, SETTINGS)
    with serving(place) as service:
        wait_until(lambda: rows(place, "SELECT count(*) FROM link")[0][0] >= 50, service)
        said = stop(service)
    opened = len(place.issues())
    check(place, said, opened)
    place.now = datetime.now(UTC)
    place.run(consent=Consent(everything=True))
    assert len(place.issues()) == MANY
    assert len({issue.marker.item for issue in place.issues() if issue.marker}) == MANY


@pytest.mark.parametrize("moment", [5, 10])
def test_a_service_with_a_slow_github(tmp_path: Path, moment: int) -> None:
    """At ten creates it waits for the minute's budget: that wait ends, too."""
    hub = LittleGitHub()

    def slow(seen: Any) -> None:
        if seen.verb == "POST":
            time.sleep(0.05)

    hub.before = slow
    with Serving(hub):
        place = prepare(tmp_path, GITHUB.format(url=hub.url))
        with serving(place) as service:
            wait_until(lambda: rows(place, "SELECT count(*) FROM link")[0][0] >= moment, service)
            said = stop(service)
        opened = len(hub.issues)
    assert opened < 40
    check(place, said, opened)
