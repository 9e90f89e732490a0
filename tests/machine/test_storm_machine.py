"""Two machines, one tracker, all the weather there is; whenever it is quiet again, the rules hold.

`CLOSEOUT_EXAMPLES` and `CLOSEOUT_STEPS` make it longer; `pytest -s` shows what was met.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from machine.storm import DOUBTS, FAULTS, Died, Stormy, StormyAtOnce, Weather
from workplace import SETTINGS, Workplace, postmortem

from connectors import ConnectorError, IssuePatch, IssueState
from tracker.app import Consent, verdict_for
from tracker.model import ItemState

EXAMPLES = int(os.environ.get("CLOSEOUT_EXAMPLES", "12"))
STEPS = int(os.environ.get("CLOSEOUT_STEPS", "30"))
EVERYTHING = Consent(everything=True)
QUIET = timedelta(minutes=30)
"""Longer than the target's lag and the grace period."""

LAST = 5
"""How many postmortems there can be, where each new one has three items."""

WORK = (
    "Rotate the certificates of the edge proxies",
    "Teach the deploy script to stop on errors",
    "Alert when replication falls behind",
    "Write down how a failover works",
    "Cap the memory of batch jobs",
    "Practise restoring from backups twice a year",
    "Page a second person when nobody answers",
    "Move the status page to another provider",
    "Delete the feature flags that nobody uses",
    "Agree with the network team on a change calendar",
    "Measure how long a cold start takes",
    "Give support a template for announcements",
    "Renew the contract with the DNS supplier",
    "Throttle clients that retry without a pause",
)


class OnStormyTracker(Workplace):
    """One machine: a store of its own, and a tracker that both share."""

    def __init__(self, root: Path, shared: Path, weather: Weather, stormy: type[Stormy], opened: Counter[str]) -> None:
        root.mkdir()
        database = f'kind = "local"\ndatabase = "sqlite:///{shared / "issues.db"}"'
        super().__init__(root, SETTINGS.replace('kind = "local"', database, 1))
        self.weather, self.stormy, self.opened = weather, stormy, opened

    def calm(self):
        return super(Workplace, self).open_tracker("local")

    def open_tracker(self, name):  # noqa: ARG002 - there is one
        return self.stormy(self.calm(), self.weather, self.clock, self.opened)


class StormMachine(RuleBasedStateMachine):
    """What people do in documents and on issues, and syncs in all weathers on two machines with stores of their own."""

    stormy: type[Stormy] = Stormy
    at_first: Mapping[str, list[int]] = {"a.md": [0, 1], "b.md": [2]}
    met: ClassVar[Counter[str]] = Counter()

    def __init__(self):
        super().__init__()
        self.opened: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """How many issues each store had opened for each item."""

    @initialize()
    def start(self):
        self.folder = tempfile.TemporaryDirectory()
        shared = Path(self.folder.name)
        self.weather = Weather()
        self.places = [
            OnStormyTracker(shared / name, shared, self.weather, self.stormy, self.opened[name])
            for name in ("one", "two")
        ]
        self.documents = {name: list(numbers) for name, numbers in self.at_first.items()}
        self.ticked, self.longer = set(), set()
        self.words = {}
        self.closings = {}
        self.stirred = False
        self.write()

    def teardown(self):
        if hasattr(self, "folder"):
            self.quiet()
            self.met.update(self.weather.met)
            self.folder.cleanup()

    def write(self):
        for place in self.places:
            for name, numbers in self.documents.items():
                place.document(name, postmortem(*(self.line(n) for n in numbers), title=f"Incident {name}"))

    def line(self, number):
        return f"[{'x' if number in self.ticked else ' '}] {WORK[number]}{', at once' * (number in self.longer)}"

    def pass_time(self, span):
        now = max(place.now for place in self.places) + span
        for place in self.places:
            place.now = now

    # People in documents

    @rule(number=st.integers(0, 4), name=st.sampled_from(["a.md", "b.md"]))
    def add_or_move(self, number, name):
        for numbers in self.documents.values():
            if number in numbers:
                numbers.remove(number)
        self.documents[name].append(number)
        self.write()

    @rule(number=st.integers(0, 4))
    def remove(self, number):
        for numbers in self.documents.values():
            if number in numbers:
                numbers.remove(number)
        self.write()

    @rule(number=st.integers(0, 4))
    def reword(self, number):
        self.longer ^= {number}
        self.write()

    @rule(number=st.integers(0, 4))
    def tick(self, number):
        self.ticked ^= {number}
        if number not in self.ticked:  # who unticks a box says that it is not done, after all
            self.closings = {
                issue: state
                for issue, state in self.closings.items()
                if state is not IssueState.DONE or not self.titled(issue, number)
            }
        self.write()

    def titled(self, issue, number):
        return any(each.ref.number == issue and each.title.startswith(WORK[number]) for each in self.issues())

    # People on issues

    def issues(self):
        with contextlib.closing(self.places[0].calm()) as tracker:
            return sorted(tracker.changed_since(None).issues, key=lambda issue: issue.ref.number)

    def by_hand(self, number, patch):
        self.pass_time(timedelta(seconds=20))
        with contextlib.closing(self.places[0].calm()) as tracker:
            self.weather.remember(tracker.update(tracker.get(tracker.reference(f"#{number}")), patch))

    @rule(pick=st.integers(0, 20), state=st.sampled_from([IssueState.OPEN, IssueState.DONE, IssueState.WONT_DO]))
    def somebody_closes_or_reopens(self, pick, state):
        issues = [issue for issue in self.issues() if issue.state is not IssueState.DUPLICATE]
        if issues:
            number = issues[pick % len(issues)].ref.number
            self.by_hand(number, IssuePatch(state=state))
            self.closings[number] = state

    @rule(pick=st.integers(0, 20))
    def somebody_writes(self, pick):
        issues = self.issues()
        if issues:
            number = issues[pick % len(issues)].ref.number
            words = f"Words {len(self.words)} of a person."
            self.pass_time(timedelta(seconds=20))
            with contextlib.closing(sqlite3.connect(Path(self.folder.name) / "issues.db")) as database:
                database.execute("UPDATE local_issue SET body = ? || body WHERE number = ?", (words + "\n\n", number))
                database.commit()
            self.by_hand(number, IssuePatch(add_labels=frozenset({"mine"})))
            self.words.setdefault(number, []).append(words)

    # Syncs

    @rule(
        faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=5),
        after=st.integers(1, 4),
        behind=st.sampled_from([0, 60, 115]),
    )
    def both_sync(self, faults, after, behind):
        """One after the other, so close that the second may not see what the first did; the reads go well."""
        for machine in (0, 1):
            self.sync(machine, [*[None] * after, *faults], behind, 0)

    @rule(
        machine=st.integers(0, 1),
        faults=st.lists(st.sampled_from([None, None, *FAULTS]), max_size=8),
        behind=st.sampled_from([0, 0, 60, 115]),
        wait=st.sampled_from([0, 0, 30, 300]),
    )
    def sync(self, machine, faults, behind, wait):
        self.pass_time(timedelta(seconds=wait))
        self.stirred = True
        self.weather.faults[:], self.weather.behind = faults, timedelta(seconds=behind)
        self.met["syncs"] += 1
        try:
            self.places[machine].run(consent=EVERYTHING)
        except ConnectorError:
            self.met["refused to begin"] += 1
        except Died:
            self.met["died"] += 1
        self.weather.faults.clear()
        self.weather.behind = timedelta(0)
        self.pass_time(timedelta(0))

    @rule(machine=st.integers(0, 1))
    def a_machine_is_replaced(self, machine):
        """Its store is lost; the issues' markers are all there is, some of them perhaps not shown yet."""
        self.met["stores lost"] += 1
        self.stirred = True
        for file in self.places[machine].root.glob("closeout.db*"):
            file.unlink()
        self.opened[self.places[machine].root.name].clear()

    @precondition(lambda self: self.stirred)
    @rule()
    def quiet(self):
        """The storm is over: after it has passed and each machine has synced, all is well."""
        self.met["quiet"] += 1
        self.stirred = False
        self.pass_time(QUIET)
        self.settle()
        if self.somebody_reviews():
            self.settle()
        self.nothing_is_twice()
        self.nothing_is_lost()

    def settle(self):
        for place in (*self.places, *self.places):
            place.run(consent=EVERYTHING)
            self.pass_time(QUIET)
        writes = self.weather.writes
        for place in self.places:
            place.run(consent=EVERYTHING)
        assert self.weather.writes == writes, "a sync found something to do after all was done"

    def somebody_reviews(self):
        """What a machine could not decide by itself is decided by somebody who also sees what the other one holds."""
        decided = 0
        for place, other in zip(self.places, reversed(self.places), strict=True):
            sitting = place.review()
            there = {item.id for item in other.known().items.values() if item.state is not ItemState.REMOVED}
            for doubt in sitting.doubts():
                same = next((c for c in doubt.candidates if c.id in there), doubt.candidates[0])
                _, verdict = verdict_for(sitting.doubts(), doubt.ref, same.id, sitting.links)
                place.decide_doubt(doubt, verdict, "Jo")
                decided += 1
        self.met["doubts"] += decided
        return decided

    def nothing_is_twice(self):
        opened = [i.marker.item for i in self.issues() if i.marker and not i.state.closed]
        assert len(opened) == len(set(opened)), "two open issues for one item"
        most = max((count for opened in self.opened.values() for count in opened.values()), default=0)
        assert most <= 1, "a store that was not lost opened two issues for one item"

    def nothing_is_lost(self):
        said = {self.line(n)[4:]: n for numbers in self.documents.values() for n in numbers}
        for place in self.places:
            known = place.known()
            items = {item.text: item for item in known.items.values() if item.state.value != "removed"}
            assert sorted(items) == sorted(said)
            for text, item in items.items():
                link = known.links.get(item.id)
                if link is None:
                    assert said[text] in self.ticked, f"no issue for {text!r}"
                else:
                    assert item.state.value == link.issue.state.value
        one, two = ({i: link.ref.number for i, link in place.known().links.items()} for place in self.places)
        assert {key: one[key] for key in one.keys() & two.keys()} == {key: two[key] for key in one.keys() & two.keys()}

    @invariant()
    def people_are_heard(self):
        """Nobody's words are gone, and nobody's closing was undone."""
        if not hasattr(self, "places"):
            return
        self.met["steps"] += 1
        for issue in self.issues():
            number = issue.ref.number
            for words in self.words.get(number, ()):
                assert words in issue.body, f"somebody's words on #{number} are gone"
            assert "mine" in issue.labels or number not in self.words
            if self.closings.get(number, IssueState.OPEN).closed:
                assert issue.state in (self.closings[number], IssueState.DUPLICATE), f"#{number} was closed by a person"


class AtOnceMachine(StormMachine):
    """The same, where one request opens up to three issues."""

    stormy = StormyAtOnce
    at_first: Mapping[str, list[int]] = {"a.md": [0, 1, 3], "b.md": [2, 4]}
    met: ClassVar[Counter[str]] = Counter()

    @precondition(lambda self: len(self.documents) < LAST)
    @rule(fault=st.sampled_from(DOUBTS))
    def another_postmortem(self, fault):
        """Both machines meet it, each with trouble at its first write, and looks again before that is shown."""
        number = len(self.documents)
        self.documents[f"{number}.md"] = [3 * number - 1, 3 * number, 3 * number + 1]
        self.write()
        for machine in (0, 1):
            self.sync(machine, [None, fault], 115, 0)
            self.sync(machine, [], 115, 0)


class _Storms:
    """What both are run with."""

    machine: type[StormMachine]

    def tearDown(self):
        super().tearDown()
        told = ", ".join(f"{what} {count}" for what, count in self.machine.met.most_common())
        sys.stdout.write(f"\n{told}\n")


StormMachine.TestCase.settings = AtOnceMachine.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    print_blob=True,
)


class TestStormMachine(_Storms, StormMachine.TestCase):
    machine = StormMachine


class TestAtOnceMachine(_Storms, AtOnceMachine.TestCase):
    machine = AtOnceMachine
