"""A company in a simulated year: people who go away and leave, postmortems, items that get done, and what follows.

Says on its own, without the program's code, who is to be told something at any moment: the truth that the program's
mails are held against.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workplace import Workplace, postmortem

from connectors import IssueState
from tracker.app import Consent

HOME = ZoneInfo("Europe/Berlin")
TEAM_AFTER, MANAGER_AFTER = 7, 21
OPENS, CLOSES = time(9), time(17)
HOLIDAYS = {
    *(date(2026, month, day) for month, day in ((1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3))),
    *(date(2026, 12, day) for day in (25, 26)),
    *(date(2027, month, day) for month, day in ((1, 1), (3, 26), (3, 29))),
}
"""Germany's: https://www.gesetze-im-internet.de/ and the calendar of Easter."""
VERBS = (
    "Rotate",
    "Document",
    "Alert on",
    "Automate",
    "Load-test",
    "Put a cap on",
    "Retire",
    "Audit",
    "Mirror",
    "Trace",
    "Rehearse",
    "Simplify",
    "Rate-limit",
    "Shard",
    "Page on",
    "Patch",
    "Inventory",
    "Write a runbook for",
)
THINGS = (
    "certificates of the edge proxies",
    "replication lag towards Dublin",
    "nightly batch memory",
    "failover of the ledger",
    "restores from cold backups",
    "pager escalation after midnight",
    "status page provider",
    "deploy script exit codes",
    "connection pool of checkout",
    "quota requests of tenants",
    "DNS records for mail",
    "kernel parameters of brokers",
    "retries inside the gateway",
    "feature flags without owners",
    "queue depth of invoices",
    "vendor contacts for storage",
    "time drift between racks",
    "log volume per service",
    "schema changes under load",
    "keys in the build system",
    "throttling of partners",
    "sandbox accounts of trainees",
    "cache warmers on startup",
    "search index rebuilds",
    "disk alarms on replicas",
    "cron jobs of finance",
    "token lifetimes for robots",
    "image registry clean-up",
    "circuit breakers in billing",
    "runbooks for the weekend crew",
)
CONTACT = "mia"
"""Who is told, by the daily report, of what is nobody's and of what reached nobody."""
WORK = "work.json"
"""The file with the pull requests that are open, by the number of the issue that each would close."""
JOBS = {"daily": (time(8), None, timedelta(hours=24)), "friday": (time(16), 4, timedelta(hours=72))}
"""Each report's hour at home, its weekday (None: every day), and for how long a missed firing is made up for."""
SETTINGS = """
target = "local"
timezone = "Europe/Berlin"
[targets.local]
kind = "local"
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "closeout@example.com"
username = "closeout"
password_file = "password"
timeout = 200
[escalation]
team_after = 7
manager_after = 21
[working_hours]
holidays = "DE"
[reports.daily]
period = "daily"
title = "daily"
fallback = "mia"
[reports.friday]
period = "weekly"
title = "friday"
[schedules.daily]
run = "report"
report = "daily"
cron = "0 8 * * *"
[schedules.friday]
run = "report"
report = "friday"
cron = "0 16 * * FRI"
catch_up_hours = 72
[schedules.sync]
run = "sync"
cron = "30 5 * * TUE"
[teams.ops]
name = "Operations"
email = "ops@example.com"
manager = "mia"
[teams.web]
name = "Web team"
"""


@dataclass
class Person:
    key: str
    zone: str | None = None
    team: str | None = None
    manager: str | None = None
    email: bool = True
    away_until: date | None = None
    left: bool = False

    @property
    def name(self) -> str:
        return {"ops": "Operations", "web": "Web team"}.get(self.key, f"{self.key.capitalize()} Example")

    def local(self, now: datetime) -> datetime:
        return now.astimezone(ZoneInfo(self.zone) if self.zone else HOME)

    def away(self, now: datetime) -> bool:
        return self.away_until is not None and self.local(now).date() < self.away_until

    def disturbed(self, now: datetime) -> bool:
        """Whether a message would come at a bad time."""
        local = self.local(now)
        working = local.weekday() < 5 and local.date() not in HOLIDAYS
        return self.away(now) or not (working and OPENS <= local.time() < CLOSES)


@dataclass
class Promise:
    text: str
    owners: tuple[str, ...]
    due: date | None
    closed: bool = False
    snoozed_until: date | None = None
    in_review: bool = False


@dataclass
class Company:
    """Who is there and what was promised."""

    random: random.Random
    people: dict[str, Person] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    documents: int = 0

    def __post_init__(self) -> None:
        everybody = (
            Person("ann", team="ops"),
            Person("bob", team="ops", zone="America/New_York", manager="mia"),
            Person("cem", team="web", zone="Pacific/Auckland", manager="ann"),
            Person("dee", team="web", zone="America/Los_Angeles"),
            Person("eli", team="ops", email=False, manager="mia"),
            Person("fay", zone="Asia/Kathmandu"),
            Person("gus", team="web", manager="mia"),
            Person("mia"),
            Person("ops", manager="mia"),
            Person("web", email=False),
        )
        self.people = {person.key: person for person in everybody}

    # What a day brings

    def settings(self, port: int) -> str:
        lines = [SETTINGS.format(port=port)]
        for each in self.people.values():
            if each.key in ("ops", "web"):
                continue
            lines.append(f'[people.{each.key}]\nname = "{each.name}"')
            values = {"timezone": each.zone, "team": each.team, "manager": each.manager}
            values["email"] = f"{each.key}@example.com" if each.email else None
            lines += [f'{name} = "{value}"' for name, value in values.items() if value]
            lines += [f"away_until = {each.away_until}"] if each.away_until else []
            lines += ["left = true"] if each.left else []
        return "\n".join(lines) + "\n"

    def happen(self, place: Workplace, today: date) -> None:
        """Something, in the documents, at the tracker, and with the people."""
        if self.promises:
            self._work(place, today)
        if self.random.random() < 0.5 or not self.promises:
            self._incident(place, today)
        place.run(consent=Consent(everything=True))
        if self.random.random() < 0.25:
            here = [each for each in self.people.values() if not (each.away_until and each.away_until >= today)]
            person = self.random.choice([each for each in here if each.key not in ("ops", "web")])
            person.away_until = today + timedelta(days=self.random.randint(1, 18))
        if self.random.random() < 0.04 and sum(each.left for each in self.people.values()) < 2:
            self.people[self.random.choice(("bob", "cem", "dee", "gus"))].left = True

    def _incident(self, place: Workplace, today: date) -> None:
        self.documents += 1
        lines = []
        used = {promise.text for promise in self.promises}
        for _ in range(self.random.randint(1, 5)):
            free = [text for verb in VERBS for thing in THINGS if (text := f"{verb} {thing}") not in used]
            text = self.random.choice(free)
            used.add(text)
            count = self.random.choice((0, 1, 1, 1, 1, 1, 1, 2))
            owners = tuple(self.random.sample(sorted(self.people), count))
            due = self.random.choice((None, today + timedelta(days=self.random.randint(-3, 40))))
            self.promises.append(Promise(text, owners, due))
            facts = [f"owner: {' & '.join(self.people[key].name for key in owners)}"] if owners else []
            facts += [f"due: {due}"] if due else []
            lines.append(f"{text} ({', '.join(facts)})" if facts else text)
        title = f"Outage number {self.documents}"
        place.document(f"{self.documents:03}.md", postmortem(*lines, title=title, date=today.isoformat()))

    def _work(self, place: Workplace, today: date) -> None:
        """Some items get done, put off, or more time."""
        known = place.known()
        ids = {item.text: item.id for item in known.items.values()}
        numbers = {item: link.ref.number for item, link in known.links.items()}
        open_ = [each for each in self.promises if not each.closed]
        for promise in [each for each in open_ if self.random.random() < 0.2]:
            match self.random.choice(("done", "done", "done", "pull", "pull", "snooze", "extend")):
                case "pull" if not promise.in_review:
                    promise.in_review = True
                case "pull":
                    promise.in_review = False  # not taken: it is to do again
                case "done":
                    place.by_hand(numbers[ids[promise.text]], state=IssueState.DONE)
                    promise.closed, promise.in_review = True, False
                case "snooze":
                    promise.snoozed_until = today + timedelta(days=self.random.randint(1, 9))
                    place.snooze(ids[promise.text], promise.snoozed_until, "Mia <mia@example.com>", "waiting for parts")
                case _:
                    promise.due = today + timedelta(days=self.random.randint(1, 20))
                    place.extend(ids[promise.text], promise.due, "Mia <mia@example.com>", "more to do than we thought")
        pulls = {numbers[ids[each.text]]: f"https://git.example/{ids[each.text]}" for each in open_ if each.in_review}
        (place.root / WORK).write_text(json.dumps(pulls), "utf-8")

    # The truth

    def told_something(self, report: str, now: datetime, *, in_review: bool = False) -> set[str]:
        """Everybody with an address for whom there is something to say, whether or not this is the time for it.

        With `in_review` as if nobody were spared what is in review.
        """
        fallback = self.people[CONTACT] if report == "daily" else None
        found: set[str] = set()
        for promise in self.promises:
            if self._pending(promise, now) and (in_review or not promise.in_review):
                found |= {person.key for person in self._concerned(promise, now, fallback)}
        return {key for key in found if self.people[key].email}

    def day(self, promise: Promise, now: datetime) -> date:
        """The day it is for whoever of its owners has the latest end of day."""
        return min((self.people[key].local(now).date() for key in promise.owners), default=now.astimezone(HOME).date())

    def _pending(self, promise: Promise, now: datetime) -> bool:
        snoozed = promise.snoozed_until is not None and self.day(promise, now) < promise.snoozed_until
        return not promise.closed and not snoozed

    def _concerned(self, promise: Promise, now: datetime, fallback: Person | None) -> Iterator[Person]:
        owners = [self.people[key] for key in promise.owners]
        yield from (owner for owner in owners if not owner.left)
        if fallback and (not owners or any(not owner.email and not owner.left for owner in owners)):
            yield fallback  # who also hears of owners without an address
        late = (self.day(promise, now) - promise.due).days if promise.due else 0
        for candidate in self._above(owners, late, now, fallback):
            if candidate and candidate not in owners and self._here(candidate, now):
                yield candidate
                return

    def _above(
        self, owners: list[Person], late: int, now: datetime, fallback: Person | None
    ) -> Iterator[Person | None]:
        nobody = not any(self._here(owner, now) for owner in owners)
        for owner in owners:
            if nobody and owner.left:
                yield from (self._manager(owner), self._team(owner), fallback)
        for owner in owners:
            if late >= MANAGER_AFTER:
                yield self._manager(owner)
            if late >= TEAM_AFTER:
                yield self._team(owner)
        for owner in owners:
            if nobody and owner.away(now) and late > 0:
                yield from (self._team(owner), fallback)

    def _here(self, person: Person, now: datetime) -> bool:
        return person.email and not person.left and not person.away(now)

    def _team(self, person: Person) -> Person | None:
        return self.people[person.team] if person.team else None

    def _manager(self, person: Person) -> Person | None:
        team = self._team(person)
        key = person.manager or (team.manager if team else None)
        return self.people[key] if key else None


def dues(report: str, begin: date, days: int) -> list[datetime]:
    """When a report is due, in UTC."""
    hour, weekday, _ = JOBS[report]
    found = (begin + timedelta(days=number) for number in range(days))
    return [
        datetime.combine(day, hour, HOME).astimezone(UTC)
        for day in found
        if weekday is None or day.weekday() == weekday
    ]


def period(report: str, due: datetime) -> str:
    day = due.astimezone(HOME).date()
    year, week, _ = day.isocalendar()
    return day.isoformat() if report == "daily" else f"{year}-W{week:02}"
