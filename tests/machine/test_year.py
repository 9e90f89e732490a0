"""A year of `closeout serve`, day by day: how many messages each person got, none missed, none twice.

The service is the real one, on the real store, mailing to a real SMTP server on loopback; only the clock is ours. It is
killed at random transactions and is down for minutes or days, while postmortems are written, work gets done, and people
go away or leave. `CLOSEOUT_DAYS` sets how long it lives, `CLOSEOUT_SEED` which life; `pytest -s` shows who got what.
"""

from __future__ import annotations

import json
import os
import random
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from machine.year import HOME, JOBS, Company, dues, period
from mailroom import Post, Server
from workplace import Workplace

DAYS = int(os.environ.get("CLOSEOUT_DAYS", "45"))
SEED = os.environ.get("CLOSEOUT_SEED", "1")
BEGIN = date(2026, 2, 20)
"""So that even a short life sees the clocks change: on 8 March, 29 March and 5 April, by country."""
SERVICE = Path(__file__).with_name("service.py")
ABANDONED = timedelta(hours=6)


class Digest(NamedTuple):
    """What one person is told at most once."""

    report: str
    period: str
    person: str


@pytest.fixture
def order() -> Iterator[Any]:
    environment = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    process = subprocess.Popen(
        [sys.executable, str(SERVICE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )

    def give(**values: Any) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(values) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer

    yield give
    process.communicate()


@pytest.fixture
def post() -> Iterator[Post]:
    post = Post()
    server = Server(post, hostname="127.0.0.1", port=0)
    server.start()
    post.port = server.port
    yield post
    server.stop()


class Watch:
    """Holds what arrived against what had to."""

    def __init__(self, company: Company, post: Post, root: Path) -> None:
        self.company, self.post, self.root = company, post, root
        self.dues = {report: dues(report, BEGIN - timedelta(days=7), DAYS + 60) for report in JOBS}
        self.got: dict[Digest, list[str]] = {}
        self.in_doubt: Counter[Digest] = Counter()
        self.waiting: dict[tuple[str, datetime], set[str]] = {}
        self.died: datetime | None = None
        self.kills, self.read = 0, 0

    def due(self, report: str, now: datetime) -> datetime:
        return max(due for due in self.dues[report] if due <= now)

    def digest(self, report: str, due: datetime, person: str) -> Digest:
        return Digest(report, period(report, due), person)

    def judge(self, answer: dict[str, Any]) -> datetime | None:
        """All that happened in one life of the service; when it was killed, if it was."""
        self.arrived()
        now = None
        for said in answer["said"]:
            assert "error" not in said, said
            for what, text in said.items():
                assert not (what == "says" and " failed: " in text), text
                if what == "begins":
                    now = datetime.fromisoformat(text)
                elif what == "looked":
                    self.looked(datetime.fromisoformat(text))
            if said.get("ran") in JOBS:
                self.ran(said["ran"], datetime.fromisoformat(said["due"]), datetime.fromisoformat(said["at"]))
        if answer["code"]:
            assert answer["code"] == 9, answer
            self.kills, self.died = self.kills + 1, now
            self.doubt()
        for digest, ids in self.got.items():
            assert len(ids) <= 1 + self.in_doubt[digest], f"{digest} {len(ids)} times"
            assert len(set(ids)) == 1, "a repeated message can be told by its id"
        return now if answer["code"] else None

    def arrived(self) -> None:
        """Nobody got what was not for them, or at a bad time."""
        for _, (address,), content in self.post.mails[self.read :]:
            mail = message_from_bytes(content, policy=policy.default)
            report, key = re.fullmatch(r"(\w+): .* \((\S+)\)", mail["Subject"]).groups()
            now, person = parsedate_to_datetime(mail["Date"]), address.partition("@")[0]
            digest = self.digest(report, self.due(report, now), person)
            assert digest.period == key, f"{digest} came at {now}"
            assert person in self.company.told_something(report, now), f"nothing to say: {digest} at {now}"
            assert not self.company.people[person].disturbed(now), f"{digest} at {now}"
            self.got.setdefault(digest, []).append(mail["Message-ID"])
        self.read = len(self.post.mails)

    def ran(self, report: str, due: datetime, now: datetime) -> None:
        """A firing was run to its end: everybody has heard but those for whom it is a bad time."""
        told = self.company.told_something(report, now)
        disturbed = {person for person in told if self.company.people[person].disturbed(now)}
        for person in told - disturbed:
            assert self.digest(report, due, person) in self.got, f"{report} of {due} missed {person} at {now}"
        self.waiting[report, due] = disturbed

    def looked(self, now: datetime) -> None:
        """The service looked for what is to be made up for: every firing was run, and who waited for now has heard."""
        if self.died and now - self.died <= ABANDONED:
            return
        for report, (_, _, made_up_for) in JOBS.items():
            due = self.due(report, now)
            waiting = self.waiting.get((report, due))
            if waiting is None:
                assert now - due >= made_up_for or due.date() < BEGIN, f"{report} of {due} was not run by {now}"
                continue
            for person in waiting & self.company.told_something(report, now):
                if not self.company.people[person].disturbed(now):
                    assert self.digest(report, due, person) in self.got, (
                        f"{person} waits for {report} of {due} at {now}"
                    )

    def doubt(self) -> None:
        """What a killed process had sent and not recorded may come again; what it had finished it could not tell."""
        with closing(sqlite3.connect(self.root / "closeout.db")) as database:
            rows = database.execute("SELECT report, period, recipient FROM delivery WHERE outcome = 'claimed'")
            for digest in map(Digest._make, rows):
                self.in_doubt[digest] += digest in self.got
            finished = "SELECT schedule, due_at, finished_at FROM firing WHERE outcome IN ('done', 'held')"
            for report, *times in database.execute(finished):
                due, at = (datetime.fromisoformat(time).replace(tzinfo=UTC) for time in times)
                if report in JOBS and at == self.died:
                    self.ran(report, due, at)

    def table(self) -> str:
        lines = [f"{'':<6}{'daily':>7}{'friday':>8}{'twice':>7}"]
        for person in sorted(self.company.people.values(), key=lambda each: each.key):
            mine = [(digest, ids) for digest, ids in self.got.items() if digest.person == person.key]
            counts = Counter(digest.report for digest, _ in mine)
            twice = sum(len(ids) - 1 for _, ids in mine)
            lines.append(f"{person.key:<6}{counts['daily']:>7}{counts['friday']:>8}{twice:>7}")
        return "\n".join(lines)


def test_a_year_in_which_everybody_hears_what_they_must_and_no_more(tmp_path: Path, order: Any, post: Any) -> None:
    chance = random.Random(f"year {SEED}")  # noqa: S311 - no secret
    company = Company(chance)
    watch = Watch(company, post, tmp_path)
    now = datetime(BEGIN.year, BEGIN.month, BEGIN.day, 3, 10, tzinfo=UTC)
    end, down, lives = now + timedelta(days=DAYS), timedelta(), 0
    while now < end:
        (tmp_path / "closeout.toml").write_text(company.settings(post.port), "utf-8")
        place = Workplace(tmp_path)
        place.now = now
        company.happen(place, now.astimezone(HOME).date())
        (tmp_path / "closeout.toml").write_text(company.settings(post.port), "utf-8")
        begin = place.now + timedelta(minutes=1)
        # The first life is a quiet one: a schedule that never fired has missed nothing.
        until = begin + (timedelta(days=8) if lives == 0 else timedelta(hours=chance.randint(3, 90)))
        anywhere = {"moment": chance.randint(5, 120), "mails": 0}
        after_a_mail = {"moment": chance.randint(1, 2), "mails": chance.randint(1, 8)}
        fate = chance.choice((anywhere, after_a_mail, {"moment": 0})) if lives else {"moment": 0}
        died = watch.judge(
            order(root=str(tmp_path), begin=begin.isoformat(), end=until.isoformat(), **fate),
        )
        pause = timedelta(minutes=chance.choice((5, 5, 5, 5, 5, 47, 47, 300, 300, 1500, 4500)))
        now, lives, down = (died or until) + pause, lives + 1, down + pause
    told = Counter(len(ids) for ids in watch.got.values())
    sys.stdout.write(
        f"\n{DAYS} days, {lives} services, {watch.kills} of them killed, {down.days} days without one; "
        f"{len(company.promises)} items, {sum(each.closed for each in company.promises)} closed; "
        f"{told.total()} digests, {told[2]} of them twice (killed between the mail and its record)\n{watch.table()}\n"
    )
    assert watch.kills >= lives // 6
    assert told.total() > DAYS
