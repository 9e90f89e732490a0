"""Holds what a mail server saw in a simulated year against what had to be sent: nobody missed, nobody told twice.

It knows what the company knows, what the post office was asked and answered, and when the service was killed. Of the
program's own records it reads only which sendings were claimed by a service that was killed, and what was given up.
"""

from __future__ import annotations

import json
import re
import sqlite3
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple

from machine.troubles import Tried, TroubledPost
from machine.year import CONTACT, HOME, JOBS, Company, dues, period

ABANDONED, CLAIM_HOLDS = timedelta(hours=6), timedelta(hours=1)
"""After how long a firing, and a sending, of a service that was killed are taken up again."""
BACK_OFF = (0, 5, 30, 120, 360, 1440)
"""So many minutes lie between one attempt and the next; after the last of them a sending is given up."""
_LOST = re.compile(r"(\w+)(?: \w+)? by mail, (\S+), after \d+ attempts?:")
_FAILURE = re.compile(r" failed: (report \w+: |mail server )")


class Digest(NamedTuple):
    """What one person is told at most once."""

    report: str
    period: str
    person: str


class Watch:
    """The judge of a year.

    `lacking` are the digests that could not be delivered so far, with when that was last tried, and `cut_short` those
    at which the service was killed, with when. `told` is when the contact last heard of one that was given up.
    `waiting` are those whom a firing held back, and could not serve; `held` are all that had to wait, or were spared,
    by reason.
    """

    def __init__(self, company: Company, post: TroubledPost, root: Path, begin: date, days: int) -> None:
        self.company, self.post, self.root, self.begin = company, post, root, begin
        self.dues = {report: dues(report, begin - timedelta(days=7), days + 60) for report in JOBS}
        self.got: dict[Digest, list[Tried]] = {}
        self.refused: defaultdict[Digest, list[datetime]] = defaultdict(list)
        self.lacking: dict[Digest, datetime] = {}
        self.cut_short: defaultdict[Digest, list[datetime]] = defaultdict(list)
        self.may_be_lost: set[Digest] = set()
        self.may_come_again: Counter[Digest] = Counter()
        self.given_up: set[Digest] = set()
        self.told: dict[Digest, datetime] = {}
        self.told_in_vain: set[Digest] = set()
        self.waiting: dict[tuple[str, datetime], tuple[set[str], set[str]]] = {}
        self.held: defaultdict[str, set[Digest]] = defaultdict(set)
        self.died = datetime.min.replace(tzinfo=UTC)
        self.fell: Counter[str] = Counter()
        self.read = 0

    def due(self, report: str, now: datetime) -> datetime:
        return self.dues[report][bisect_right(self.dues[report], now) - 1]

    def digest(self, report: str, due: datetime, person: str) -> Digest:
        return Digest(report, period(report, due), person)

    def judge(self, answer: dict[str, Any]) -> datetime:
        """All that happened in one life of the service; when it ended."""
        now = self.died
        for said in answer["said"]:
            assert "error" not in said, said
            assert " failed: " not in said.get("says", "") or _FAILURE.search(said["says"]), said
            if "begins" in said:
                now = datetime.fromisoformat(said["begins"])
            elif said.get("ran") in JOBS:
                self.ran(said["ran"], datetime.fromisoformat(said["due"]), now)
            elif "looked" in said:
                self.looked(now)
            elif "fell" in said:
                self.fell[said["fell"]] += 1
        self.arrived(now)
        return now

    def killed(self, now: datetime) -> None:
        """What the service had sent and not recorded may come again; what it had finished it could not tell."""
        self.died = now
        with closing(sqlite3.connect(self.root / "closeout.db")) as database:
            claimed = "SELECT claimed_at, report, period, recipient FROM delivery WHERE outcome = 'claimed'"
            for at, *key in database.execute(claimed):
                if _utc(at) == now:
                    self._cut_short(Digest(*key), now)
            finished = "SELECT finished_at, due_at, schedule FROM firing WHERE finished_at IS NOT NULL"
            for at, due_at, report in database.execute(finished):
                if report in JOBS and _utc(at) == now:
                    self.ran(report, _utc(due_at), now)
        # That the contact was told could perhaps not be recorded any more.
        self.told_in_vain |= {each for each, at in self.told.items() if at == now}
        if self.post.troubles.closed(now):
            for report in JOBS:
                told = self.company.told_something(report, now)
                self.may_be_lost |= {self.digest(report, self.due(report, now), person) for person in told}

    def _cut_short(self, digest: Digest, now: datetime) -> None:
        self.cut_short[digest].append(now)
        copies = self.got.get(digest, [])
        self.may_come_again[digest] += any(copy.at == now for copy in copies)
        if not copies:
            self.lacking[digest] = now

    # What arrived

    def arrived(self, until: datetime) -> None:
        """Nobody was sent what was not for them, or at a bad time, or anew too soon."""
        while self.read < len(self.post.tried) and self.post.tried[self.read].at <= until:
            tried = self.post.tried[self.read]
            self.read += 1
            digest, now = self.digest(tried.report, tried.due, tried.person), tried.at
            assert tried.due == self.due(tried.report, now), tried
            assert not self.company.people[tried.person].disturbed(now), tried
            self._is_time_for(digest, now)
            lost = self._told_of(digest, tried.mail) if tried.mail else set()
            told = self.company.told_something(tried.report, now)
            assert tried.person in told or lost or not tried.mail, f"nothing to say: {digest} at {now}"
            if tried.refused:
                self.refused[digest].append(now)
                self.lacking[digest] = now
            elif tried.mail:
                self._taken(digest, tried, tried.mail, lost)

    def _is_time_for(self, digest: Digest, now: datetime) -> None:
        """Who was refused is tried again later and later; whose sending was cut short, after an hour."""
        before = self.refused[digest]
        if before and not any(died >= before[-1] for died in self.cut_short[digest]):
            assert len(before) < len(BACK_OFF), f"{digest} is tried for ever"
            assert now >= before[-1] + timedelta(minutes=BACK_OFF[len(before)]), f"{digest} too soon again at {now}"

    def _taken(self, digest: Digest, tried: Tried, mail: EmailMessage, lost: set[Digest]) -> None:
        assert str(mail["Subject"]).startswith(f"{digest.report}: ")
        assert str(mail["Subject"]).endswith(f" ({digest.period})")
        assert parsedate_to_datetime(mail["Date"]) == tried.at
        copies = self.got.setdefault(digest, [])
        copies.append(tried)
        assert len(copies) <= 1 + self.may_come_again[digest], f"{digest} {len(copies)} times"
        assert len({each.mail["Message-ID"] for each in copies if each.mail}) == 1, "a copy can be told by its id"
        if len(copies) == 1:
            self.lacking.pop(digest, None)
            self._heard(digest, tried.at, lost)

    def _told_of(self, digest: Digest, mail: EmailMessage) -> set[Digest]:
        """Of what it says that it was given up."""
        body = mail.get_body(("plain",))
        names = {person.name.split()[0]: person.key for person in self.company.people.values()}
        found = _LOST.findall(" ".join(body.get_content().split()) if body else "")
        assert not found or (digest.report, digest.person) == ("daily", CONTACT), digest
        return {Digest("daily", key, names[name]) for name, key in found}

    def _heard(self, digest: Digest, now: datetime, lost: set[Digest]) -> None:
        """The contact is told of all that was given up, of nothing else, and once."""
        if digest[::2] != ("daily", CONTACT):
            return
        missing = self._lost(digest, now) - lost - self.told.keys()
        assert not missing, f"{digest} at {now} is silent about {missing}"
        for each in lost:
            assert self._may_be_lost(each), f"{digest} tells of {each}, which was not lost"
            assert each not in self.told or each in self.told_in_vain, f"{each} is told of again at {now}"
            self.told[each] = now

    # What should have

    def ran(self, report: str, due: datetime, now: datetime) -> None:
        """A firing was run to its end: who has not heard could not, or it was a bad time."""
        self.arrived(now)
        contact = self.digest(report, due, CONTACT)
        self.given_up |= self._lost(contact, now)
        told = self.company.told_something(report, now)
        spared = self.company.told_something(report, now, in_review=True) - told
        if report == "daily" and self._lost(contact, now) - self.told.keys():
            told.add(CONTACT)
        disturbed = {person for person in told if self.company.people[person].disturbed(now)}
        here = {person: self.digest(report, due, person) for person in told - disturbed}
        for digest in here.values():
            self._served(digest, now)
        self.waiting[report, due] = disturbed, {person for person, digest in here.items() if digest not in self.got}
        self.held["review"] |= {self.digest(report, due, person) for person in spared}
        for person in disturbed:
            why = "away" if self.company.people[person].away(now) else "hours"
            self.held[why].add(self.digest(report, due, person))

    def looked(self, now: datetime) -> None:
        """The service looked for what is to be made up for: every firing was run, and who waited for now has heard."""
        self.arrived(now)
        if now - self.died <= ABANDONED:
            return
        for report, (_, _, made_up_for) in JOBS.items():
            due = self.due(report, now)
            if (report, due) not in self.waiting:
                assert now - due >= made_up_for or due.date() < self.begin, f"{report} of {due} was not run by {now}"
                continue
            waiting, failed = self.waiting[report, due]
            for person in (waiting | (failed if now - due < made_up_for else set())) & self.company.told_something(
                report, now
            ):
                if not self.company.people[person].disturbed(now):
                    self._served(self.digest(report, due, person), now)

    def _served(self, digest: Digest, now: datetime) -> None:
        """They have it, or it is known why not."""
        if digest in self.got:
            return
        attempts = sorted({*self.refused[digest], *self.cut_short[digest]})
        if self.post.troubles.closed(now) or (attempts and attempts[-1] == now):
            self.lacking[digest] = now
            return
        assert attempts, f"{digest} was not sent at {now}"
        if len(attempts) < len(BACK_OFF):
            was_cut_short = attempts[-1] in self.cut_short[digest]
            waits = CLAIM_HOLDS if was_cut_short else timedelta(minutes=BACK_OFF[len(attempts)])
            assert now <= attempts[-1] + waits, f"{digest} was not tried again at {now} after {attempts}"

    def _lost(self, by: Digest, now: datetime) -> set[Digest]:
        """What was given up of a report by then: its period is over, or it was refused too often."""
        midnight = datetime.combine(now.astimezone(HOME).date(), time(), HOME)
        return {
            each
            for each, tried in self.lacking.items()
            if each.report == by.report
            and ((each.period < by.period and tried < midnight) or self._refused_too_often(each, now))
        }

    def _may_be_lost(self, digest: Digest) -> bool:
        return digest in self.lacking or bool(self.cut_short[digest]) or digest in self.may_be_lost

    def _refused_too_often(self, digest: Digest, now: datetime) -> bool:
        times = self.refused[digest]
        return len(times) >= len(BACK_OFF) and times[-1] < now

    # What became of it

    def settle(self) -> Counter[Digest]:
        """Nothing was lost without a word: what was given up, as the audit log tells it, once each."""
        with closing(sqlite3.connect(self.root / "closeout.db")) as database:
            rows = database.execute("SELECT detail FROM event WHERE what = 'delivery given up'")
            details = [json.loads(row) for (row,) in rows]
        told = Counter(Digest(each["report"], each["period"], each["recipient"]) for each in details)
        assert self.given_up <= told.keys()
        assert all(count == 1 for count in told.values())
        assert all(map(self._may_be_lost, told))
        return told

    def table(self) -> Iterator[str]:
        yield f"{'':<6}{'daily':>7}{'friday':>8}{'twice':>7}{'refused':>9}{'never':>7}"
        for person in sorted(self.company.people):
            mine = [digest for digest in self.got if digest.person == person]
            counts = Counter(digest.report for digest in mine)
            twice = sum(len(self.got[digest]) - 1 for digest in mine)
            refused = sum(len(times) for digest, times in self.refused.items() if digest.person == person)
            never = sum(digest.person == person for digest in self.lacking)
            yield f"{person:<6}{counts['daily']:>7}{counts['friday']:>8}{twice:>7}{refused:>9}{never:>7}"


def _utc(told: str) -> datetime:
    return datetime.fromisoformat(told).replace(tzinfo=UTC)
