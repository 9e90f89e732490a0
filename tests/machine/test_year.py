"""A year of `closeout serve`, day by day: how many messages each person got, none missed, none twice.

The service is the real one, on the real store, mailing to a real SMTP server on loopback; only the clock is ours. Every
second of its lives ends by SIGKILL, and it is down for minutes or days, while postmortems are written, work gets done
or waits for a review, people go away or leave, and the mail server turns some down, or everybody. `CLOSEOUT_DAYS` sets
how long that goes on (366 take minutes), `CLOSEOUT_SEED` which life it is; `pytest -s` shows who got what.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from machine.orders import Orders
from machine.service import MOMENT
from machine.troubles import TroubledPost, Troubles
from machine.watch import Watch
from machine.year import HOME, WORK, Company
from mailroom import PASSWORD, Server
from workplace import Workplace

DAYS = int(os.environ.get("CLOSEOUT_DAYS", "45"))
SEED = os.environ.get("CLOSEOUT_SEED", "1")
BEGIN = date(2026, 2, 20)
"""So that even a short life sees the clocks change: on 8 March, 29 March and 5 April, by country."""
PAUSES = (*[5] * 8, 47, 47, 47, 300, 300, 1500, 4500)
"""Minutes between the end of one service and the beginning of the next."""


@pytest.fixture
def order() -> Iterator[Any]:
    with closing(Orders("service.py")) as started:
        yield started.order


@pytest.fixture
def start() -> Iterator[Any]:
    """Start a mail server."""
    running = []

    def run(post: TroubledPost) -> Server:
        server = Server(post, hostname="127.0.0.1", port=0, authenticator=post.check, auth_require_tls=False)
        server.start()
        running.append(server)
        return server

    yield run
    for server in running:
        server.stop()


def fate(chance: random.Random, number: int) -> dict[str, Any]:
    """Where a service is killed: some statements after a firing, or a mail, began, or after a mail was taken."""
    after, most = (("mail", 60), ("taken", 40), ("firing", 400), ("mail", 60), ("taken", 150))[number % 5]
    return {"after": after, "number": chance.randint(1, 5), "statement": chance.randint(1, most)}


def test_a_year_in_which_everybody_hears_what_they_must_and_no_more(tmp_path: Path, order: Any, start: Any) -> None:
    began = time.perf_counter()
    chance = random.Random(f"year {SEED}")  # noqa: S311 - no secret
    company = Company(chance)
    now = datetime(BEGIN.year, BEGIN.month, BEGIN.day, 3, 10, tzinfo=UTC)
    mailed = [person.key for person in company.people.values() if person.email]
    post = TroubledPost(Troubles(chance, mailed, now, DAYS), tmp_path / MOMENT)
    server, watch = start(post), Watch(company, post, tmp_path, BEGIN, DAYS)
    down = [[span.begin.isoformat(), span.end.isoformat()] for span in post.troubles.down]
    (tmp_path / "password").write_text(PASSWORD, "utf-8")
    (tmp_path / WORK).write_text("{}", "utf-8")
    end, without, lives, kills = now + timedelta(days=DAYS), timedelta(), 0, 0
    while now < end:
        (tmp_path / "closeout.toml").write_text(company.settings(server.port), "utf-8")
        place = Workplace(tmp_path)
        place.now = now
        company.happen(place, now.astimezone(HOME).date())
        (tmp_path / "closeout.toml").write_text(company.settings(server.port), "utf-8")
        begin = place.now + timedelta(minutes=1)
        # The first life is a quiet one: a schedule that never fired has missed nothing.
        until = begin + (timedelta(days=8) if lives == 0 else timedelta(hours=chance.randint(6, 110)))
        dies = fate(chance, lives // 2) if lives % 2 else {"after": ""}
        answer = order(root=str(tmp_path), begin=begin.isoformat(), end=until.isoformat(), down=down, **dies)
        assert answer["code"] == (-signal.SIGKILL if dies["after"] else 0), answer
        server.settled()
        ended = watch.judge(answer)
        if dies["after"]:
            watch.killed(ended)
            kills += 1
        pause = timedelta(minutes=chance.choice(PAUSES))
        now, lives, without = ended + pause, lives + 1, without + pause
    lost = watch.settle()
    sys.stdout.write(f"\n{summary(watch, lost, lives, kills, without)}; {time.perf_counter() - began:.0f} s\n")
    assert kills == lives // 2


def summary(watch: Watch, lost: Counter[Any], lives: int, kills: int, without: timedelta) -> str:
    promises = watch.company.promises
    digests = Counter(len(copies) for copies in watch.got.values())
    each = Counter(digest.person for digest in watch.got)
    counts = [each[key] for key, person in watch.company.people.items() if person.email]
    held = ", ".join(f"held for {why} {len(digests)}" for why, digests in sorted(watch.held.items()))
    fell = ", ".join(f"{where} {count}" for where, count in watch.fell.most_common())
    table = "\n".join(watch.table())
    refusals = sum(map(len, watch.refused.values()))
    closed, in_review = sum(each.closed for each in promises), sum(each.in_review for each in promises)
    cut_short = sum(map(len, watch.cut_short.values()))
    return f"""
{table}
{DAYS} days, seed {SEED}: {lives} services, {kills} of them killed, {cut_short} of these while they sent a mail;
{without.days} days without a service
{len(promises)} items, {closed} closed, {in_review} in review
{digests.total()} digests, for each person {min(counts)} to {max(counts)}, median {statistics.median(counts):g}
missed 0, twice {digests[2]} (with the same Message-ID); {held}
refused {refusals} times, given up {len(lost)}, {len(watch.told)} of them told to the contact
killed at: {fell}"""
