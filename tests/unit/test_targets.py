"""Reading several targets, of which some can't be read, and catching up after many writes."""

from __future__ import annotations

from contextlib import closing

import pytest
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssuePatch, IssueState, Listing, TargetUnreachable
from tracker.app import Consent
from tracker.app.targets import REPEATED_CHEAPLY
from tracker.model import ItemState

TWO = (
    SETTINGS
    + """
[targets.other]
kind = "local"
database = "sqlite:///other.db"
"""
)
POOL = "Add monitoring for the connection pool"
LOAD = "Run a load test before every release"


class TwoTargets(Workplace):
    """A workplace with two trackers; those in `down` can't be read."""

    def __init__(self, root):
        super().__init__(root, TWO)
        self.down: set[str] = set()

    def open_tracker(self, name):
        tracker = super().open_tracker(name)
        read = tracker.changed_since

        def changed_since(cursor, on_page=None) -> Listing:
            if name in self.down:
                raise TargetUnreachable("no route", where=name, advice="Check the network.")
            return read(cursor, on_page)

        tracker.changed_since = changed_since
        return tracker

    def close_in_other(self):
        with closing(super().open_tracker("other")) as tracker:
            [issue] = tracker.changed_since(None).issues
            tracker.update(issue, IssuePatch(state=IssueState.DONE))


@pytest.fixture
def place(tmp_path):
    """Of two items one has its issue in the target for new items, one in the other."""
    place = TwoTargets(tmp_path)
    here = place.settings
    place.settings = here.model_copy(update={"target": "other"})
    place.document("a.md", postmortem(LOAD))
    place.run()
    place.settings = here
    place.document("a.md", postmortem(POOL, LOAD))
    place.run()
    return place


def test_a_target_that_cannot_be_read_now_does_not_stop_the_others(place):
    place.down.add("other")
    place.close_in_other()
    place.document("b.md", postmortem("Rotate the keys of the gateway", title="Keys"))
    synced = place.run()
    assert synced.unreached
    assert not synced.clean
    assert "no route" in synced.prepared.notes[0]
    assert place.writes == ["create"]
    assert place.states()[LOAD] == ItemState.OPEN
    place.down.clear()
    assert place.run().clean
    assert place.states()[LOAD] == ItemState.DONE
    assert place.writes == []


def test_while_the_target_of_new_items_cannot_be_read_none_is_opened_anywhere(place):
    place.down.add("local")
    place.document("b.md", postmortem("Rotate the keys of the gateway", title="Keys"))
    assert place.run().unreached
    assert place.writes == []
    place.down.clear()
    assert place.run().clean
    assert place.writes == ["create"]


def test_nothing_goes_on_without_a_target_that_was_never_read(tmp_path):
    place = TwoTargets(tmp_path)
    place.document("a.md", postmortem(POOL))
    place.down.add("other")
    with pytest.raises(TargetUnreachable):
        place.run()
    assert place.known().items == {}


def many(count=REPEATED_CHEAPLY + 10):
    return [f"Write chapter {number} of the handbook on {chr(97 + number % 26) * 9}" for number in range(count)]


class Busy(Workplace):
    """While this workplace writes its fiftieth issue, somebody closes the first."""

    def open_tracker(self, name):
        tracker = super().open_tracker(name)
        create = tracker.create

        def interrupted(draft):
            self.pass_time(1)
            if len(self.writes) == 50:
                self.by_hand(1, state=IssueState.WONT_DO)
            return create(draft)

        tracker.create = interrupted
        return tracker


def test_what_others_changed_during_many_writes_is_not_lost_by_reading_ahead(tmp_path):
    place = Busy(tmp_path)
    place.document("a.md", postmortem(*many()))
    place.run(consent=Consent(everything=True))
    assert len(place.writes) == len(many())
    place.run()
    assert place.states()[many()[0]] == ItemState.WONT_DO
    assert place.writes == []


def test_a_twin_that_another_store_opened_during_many_writes_is_closed_at_the_next_sync(tmp_path):
    class Racing(Workplace):
        def open_tracker(self, name):
            tracker = super().open_tracker(name)
            create = tracker.create

            def twice(draft):
                self.pass_time(1)
                if len(self.writes) == 50:
                    tracker.inner.create(draft)
                return create(draft)

            tracker.create = twice
            return tracker

    place = Racing(tmp_path)
    place.document("a.md", postmortem(*many()))
    place.run(consent=Consent(everything=True))
    place.run()
    [twin] = [issue for issue in place.issues() if issue.state.closed]
    assert twin.state is IssueState.DUPLICATE
