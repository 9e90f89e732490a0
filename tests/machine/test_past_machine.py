"""Whatever happens to items, the audit log alone tells what they are now, and what they were."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from machine.test_sync_machine import EVERYTHING, WORK
from workplace import Workplace, postmortem

from connectors import IssueState, RequestRejected
from tracker.errors import UsageError
from tracker.past import replay

NUMBERS = st.integers(0, len(WORK) - 1)
FIELDS = ("document", "kind", "first_seen", "owner", "due_date", "priority", "state", "ignored")
FIELDS += ("snoozed_until", "extended_to", "falls_due")


def of(item):
    settled = item.settled_at if item.state.settled else None
    return {name: getattr(item, name) for name in FIELDS} | {"settled_at": settled}


class PastMachine(RuleBasedStateMachine):
    """Two documents, six items with owners and due dates, an embedded tracker behind a bad line, people who decide."""

    @initialize()
    def start(self):
        self.folder = tempfile.TemporaryDirectory()
        self.place = Workplace(Path(self.folder.name))
        self.where = dict.fromkeys(range(3), "a.md")
        self.said = {}
        self.seen = {}
        self.write()
        self.place.run(consent=EVERYTHING)

    def teardown(self):
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def write(self):
        for name in ("a.md", "b.md"):
            lines = [self.line(number) for number, place in self.where.items() if place == name]
            self.place.document(name, postmortem(*lines, title=f"Incident {name}"))

    def line(self, number):
        done, owner, due, priority = self.said.get(number, (False, "", "", ""))
        more = "".join(f" {what}" for what in (owner and f"(Owner: {owner})", due and f"(due {due})", priority))
        return f"[{'x' if done else ' '}] {WORK[number]}{more}"

    @rule(
        number=NUMBERS,
        place=st.sampled_from(["a.md", "b.md", None]),
        said=st.tuples(
            st.booleans(),
            st.sampled_from(["", "Jo Smith", "DBA team"]),
            st.sampled_from(["", "2026-11-20", "2027-01-15"]),
            st.sampled_from(["", "P1"]),
        ),
    )
    def edit(self, number, place, said):
        self.where[number], self.said[number] = place, said
        self.write()

    @rule(number=st.integers(0, 8), state=st.sampled_from([IssueState.OPEN, IssueState.DONE, IssueState.WONT_DO]))
    def change_by_hand(self, number, state):
        if number < len(self.place.issues()) and self.place.issue(number + 1).state is not IssueState.DUPLICATE:
            self.place.by_hand(number + 1, state=state)

    @rule(number=NUMBERS, what=st.sampled_from(["ignore", "heed", "snooze", "wake", "extend", "undo", "unlink"]))
    def decide(self, number, what):
        found = [item.id for item in self.place.known().items.values() if item.text.startswith(WORK[number])]
        later = self.place.now.date() + timedelta(days=10)
        for item in found[:1]:
            try:
                match what:
                    case "ignore" | "heed":
                        self.place.ignore(item, "Jo", "", undo=what == "heed")
                    case "snooze" | "wake":
                        self.place.snooze(item, later if what == "snooze" else None, "Jo", "")
                    case "extend" | "undo":
                        self.place.extend(item, later if what == "extend" else None, "Jo", "")
                    case "unlink":
                        self.place.unlink(item, "Jo", "")
            except UsageError:
                pass  # there was nothing to decide

    @rule(
        faults=st.lists(st.sampled_from([None, None, "lost", "maybe", "before", "refused"]), max_size=4),
        days=st.integers(0, 20),
    )
    def sync(self, faults, days):
        self.seen[self.place.now] = {item.id: of(item) for item in self.place.known().items.values()}
        self.place.now += timedelta(days=days)
        self.place.faults[:] = [RequestRejected("no", where="local") if f == "refused" else f for f in faults]
        self.place.run(consent=EVERYTHING)
        self.place.faults.clear()

    @rule()
    def lose_the_store(self):
        self.place.run(consent=EVERYTHING)
        self.place.run(consent=EVERYTHING)
        for file in self.place.root.glob("closeout.db*"):
            file.unlink()
        self.seen.clear()
        self.place.run(consent=EVERYTHING)

    @invariant()
    def the_log_tells_what_the_store_does(self):
        if not hasattr(self, "place"):
            return
        with self.place.store() as store:
            known, events, one_by_one = store.known(), store.events(), list(store.lives())
        now = self.place.now + timedelta(minutes=5)
        told = replay(events, now)
        assert {key: of(past) for key, past in told.items()} == {key: of(item) for key, item in known.items.items()}
        assert replay(one_by_one, now) == told

    @invariant()
    def nothing_that_was_is_forgotten(self):
        """Closed earlier than it was learnt is what may differ, and the item's fields while it was closed."""
        for then, items in getattr(self, "seen", {}).items():
            with self.place.store() as store:
                told = replay(store.events(), then)
            assert told.keys() == items.keys()
            for key, past in told.items():
                if not past.state.settled or items[key]["settled_at"]:
                    assert of(past) == items[key]


PastMachine.TestCase.settings = settings(
    max_examples=15, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck)
)
TestPastMachine = PastMachine.TestCase
