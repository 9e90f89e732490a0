"""The same work promised in several postmortems, over a bad line: one issue, unless somebody says otherwise.

Three documents may each promise two things. People tick, drop and take up again what was promised, close and reopen
issues, say that it is the same work or other work, and take that back; writes fail, stores get lost.
"""

import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from workplace import Workplace, postmortem

from connectors import IssueState, RequestRejected
from tracker.app import Consent, Wanted
from tracker.errors import UsageError
from tracker.model import ItemState

DAYS = {"a": "2026-05-01", "b": "2026-03-01", "c": "2026-07-01"}
PROMISES = (
    ("Set a connection limit for each service in the pooler", "In the pooler, set connection limits for every service"),
    ("Rotate the certificates of the edge proxies", "Rotate the edge proxies' certificates"),
)
EVERYTHING = Consent(everything=True)
names, works = st.sampled_from("abc"), st.integers(0, 1)


class SameMachine(RuleBasedStateMachine):
    """Three postmortems, two things to do, one embedded tracker behind a bad line."""

    @initialize()
    def start(self):
        self.folder = tempfile.TemporaryDirectory()
        self.place = Workplace(Path(self.folder.name))
        self.held = {("b", 0), ("a", 0)}
        self.ticked = set()
        self.write()

    def teardown(self):
        if hasattr(self, "folder"):
            self.settle()
            self.folder.cleanup()

    def write(self):
        for name, day in DAYS.items():
            lines = [self.line(name, work) for work in (0, 1) if (name, work) in self.held]
            text = postmortem(f"Keep incident {name} in mind", *lines, title=f"Incident {name}", date=day)
            self.place.document(f"{name}.md", text)

    def line(self, name, work):
        return f"[{'x' if (name, work) in self.ticked else ' '}] {PROMISES[work][name == 'c']}"

    def item(self, name, work, items=None):
        document, texts = f"postmortems/{name}.md", PROMISES[work]
        items = self.place.known().items if items is None else items
        return next((each for each in items.values() if each.document == document and each.text in texts), None)

    @rule(name=names, work=works)
    def take_up_or_drop(self, name, work):
        self.held ^= {(name, work)}
        self.write()

    @rule(name=names, work=works)
    def tick(self, name, work):
        self.ticked ^= {(name, work)}
        self.write()

    @rule(number=st.integers(0, 8), state=st.sampled_from([IssueState.OPEN, IssueState.DONE, IssueState.WONT_DO]))
    def change_by_hand(self, number, state):
        if number < len(self.place.issues()):
            self.place.by_hand(number + 1, state=state)

    @rule(name=names, work=works, how=st.sampled_from(["same", "same", "own", "unlink", "ignore", "heed"]), other=names)
    def say(self, name, work, how, other):
        item, of = self.item(name, work), self.item(other, work)
        if item is None:
            return
        place, known = self.place, self.place.known()
        with suppress(UsageError):
            match how:
                case "same":
                    if of is not None and of.id in known.links:
                        place.link(item.id, known.links[of.id].ref.key, "Jo", same=True)
                case "own":
                    for offer in place.review().offers():
                        if offer.item.id == item.id:
                            place.decide_offer(offer, "Jo", same=False)
                case "unlink":
                    place.unlink(item.id, "Jo", "x")
                case _:
                    place.ignore(item.id, "Jo", "x", undo=how == "heed")

    @rule(faults=st.lists(st.sampled_from([None, None, "lost", "maybe", "before", "refused"]), max_size=5))
    def sync(self, faults):
        self.place.faults[:] = [RequestRejected("no", where="local") if f == "refused" else f for f in faults]
        self.run()
        self.place.faults.clear()

    def run(self):
        """One sync, which opens no second issue for what an open one promises, unless somebody said so."""
        before, known = self.place.issues(), self.place.known()
        is_open = {issue.ref.key for issue in before if not issue.state.closed}
        having = {
            (name, work)
            for name, work in self.held - self.ticked
            if (item := self.item(name, work, known.items)) is not None and item.state is ItemState.OPEN
            if (link := known.links.get(item.id)) is not None and link.ref.key in is_open
        }
        self.place.run(consent=EVERYTHING)
        items = self.place.known().items
        new = {issue.marker.item for issue in self.place.issues()[len(before) :]}
        for name, work in self.held:
            item = self.item(name, work, items)
            if item is not None and item.id in new and item.same_as is None and not item.parted:
                assert not [one for one in having if one[1] == work and one[0] != name], (name, work, having)

    @rule()
    def lose_the_store(self):
        """What only the store knew (an issue of its own wished, an item set aside) is asked again."""
        self.settle()
        for file in self.place.root.glob("closeout.db*"):
            file.unlink()
        self.place.run(consent=EVERYTHING)
        self.place.run(consent=EVERYTHING)

    @rule()
    def settle(self):
        for _ in range(3):
            self.run()
        assert self.place.writes == []
        status = self.place.status(Wanted(states=tuple(ItemState)))
        told = {entry.item.id: entry for entry in status.entries}
        items = {key: entry.item for key, entry in told.items()}
        for name, work in self.held:
            entry = told[self.item(name, work, items).id]
            shared = entry.link or (entry.goes_with.link if entry.goes_with else None)
            if entry.item.ignored:
                assert entry.item.state is ItemState.IGNORED
            elif shared is not None:
                assert entry.item.state.value == shared.issue.state.value, entry
            elif entry.item.state is ItemState.OPEN:
                assert entry.offered is not None, entry
            else:
                assert (entry.item.state, entry.item.done) == (ItemState.DONE, True) or entry.item.same_as, entry

    @invariant()
    def no_item_has_two_issues(self):
        if not hasattr(self, "place"):
            return
        markers = [i.marker.item for i in self.place.issues() if i.marker and i.state is not IssueState.DUPLICATE]
        parted = {item.id for item in self.place.known().items.values() if item.parted}
        markers = [item for item in markers if item not in parted]
        assert len(markers) == len(set(markers))


SameMachine.TestCase.settings = settings(
    max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSameMachine = SameMachine.TestCase
