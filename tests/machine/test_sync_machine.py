"""A life of edits, hand-made changes, lost answers and lost stores, after which the rules must still hold.

Items have texts that no similarity confuses: what is ambiguous goes to review, and is tested elsewhere.
"""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from workplace import Workplace, postmortem

from connectors import IssueState, RequestRejected
from tracker.app import Consent

WORK = (
    "Rotate the certificates of the edge proxies",
    "Teach the deploy script to stop on errors",
    "Alert when replication falls behind",
    "Write down how a failover works",
    "Cap the memory of batch jobs",
    "Practise restoring from backups twice a year",
)
EVERYTHING = Consent(everything=True)


class SyncMachine(RuleBasedStateMachine):
    """Two documents, six possible items, one embedded tracker behind a bad line."""

    @initialize()
    def start(self):
        self.folder = tempfile.TemporaryDirectory()
        self.place = Workplace(Path(self.folder.name))
        self.documents = {"a.md": [], "b.md": []}
        self.ticked = set()
        self.longer = set()
        self.write()

    def teardown(self):
        if hasattr(self, "folder"):
            self.settle()
            self.folder.cleanup()

    def write(self):
        for name, numbers in self.documents.items():
            self.place.document(name, postmortem(*(self.line(n) for n in numbers), title=f"Incident {name}"))

    def line(self, number):
        more = ", and tell the on-call engineers" if number in self.longer else ""
        return f"[{'x' if number in self.ticked else ' '}] {WORK[number]}{more}"

    def where(self, number):
        return next((name for name, numbers in self.documents.items() if number in numbers), None)

    @rule(number=st.integers(0, 5), name=st.sampled_from(["a.md", "b.md"]))
    def add_or_move(self, number, name):
        old = self.where(number)
        if old:
            self.documents[old].remove(number)
        self.documents[name].append(number)
        self.write()

    @rule(number=st.integers(0, 5))
    def remove(self, number):
        if old := self.where(number):
            self.documents[old].remove(number)
            self.write()

    @rule(number=st.integers(0, 5))
    def reword(self, number):
        self.longer ^= {number}
        self.write()

    @rule(number=st.integers(0, 5))
    def tick(self, number):
        self.ticked ^= {number}
        self.write()

    @rule(number=st.integers(0, 11), state=st.sampled_from([IssueState.OPEN, IssueState.DONE, IssueState.WONT_DO]))
    def change_by_hand(self, number, state):
        if number < len(self.place.issues()) and self.place.issue(number + 1).state is not IssueState.DUPLICATE:
            self.place.by_hand(number + 1, state=state)

    @rule(faults=st.lists(st.sampled_from([None, "lost", "maybe", "before", "refused"]), max_size=6))
    def sync(self, faults):
        self.place.faults[:] = [RequestRejected("no", where="local") if f == "refused" else f for f in faults]
        self.place.run(consent=EVERYTHING)
        self.place.faults.clear()

    @precondition(lambda self: self.documents["a.md"] or self.documents["b.md"])
    @rule()
    def lose_the_store(self):
        """Only between settled states: what was never synced anywhere cannot be rebuilt."""
        self.settle()
        for file in self.place.root.glob("closeout.db*"):
            file.unlink()
        self.place.run(consent=EVERYTHING)
        assert "create" not in self.place.writes

    @rule()
    def settle(self):
        self.place.run(consent=EVERYTHING)
        self.place.run(consent=EVERYTHING)
        assert self.place.writes == []
        known = self.place.known()
        items = {item.id: item for item in known.items.values() if item.state.value != "removed"}
        said = sorted(self.line(n)[4:] for numbers in self.documents.values() for n in numbers)
        assert sorted(item.text for item in items.values()) == said
        for item in items.values():
            link = known.links.get(item.id)
            if link is None:
                assert item.state.value == "done", item
            else:
                assert item.state.value == link.issue.state.value

    @invariant()
    def no_item_has_two_issues(self):
        if not hasattr(self, "place"):
            return
        markers = [i.marker.item for i in self.place.issues() if i.marker and i.state is not IssueState.DUPLICATE]
        assert len(markers) == len(set(markers))


SyncMachine.TestCase.settings = settings(
    max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSyncMachine = SyncMachine.TestCase
