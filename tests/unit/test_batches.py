"""Several issues with one request: each item's outcome is its own, and no request is sent twice."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from at_once import AtOnce
from sqlalchemy import Engine, event
from workplace import Workplace, postmortem

from connectors import (
    Budget,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    TargetReadOnly,
    Window,
)
from connectors.local import LocalTracker
from tracker.app import Consent
from tracker.sending import CONTENT_ACTIONS
from tracker.store import Store

EVERYTHING = Consent(everything=True)
WORK = [
    f"{verb} {thing}"
    for thing in ("the edge proxies", "the deploy script", "the replication", "the failover", "the batch jobs")
    for verb in ("Rotate the certificates of", "Write a runbook for", "Alert on trouble with", "Load-test")
]
HOUR = timedelta(hours=1)


class Scripted(AtOnce):
    """What the place's script says becomes of a request for several; without a word, of each draft what `inner` does.

    An error refuses the request; a number is how many of its issues are stored before the line is cut. After
    "the last" one the target takes them one by one.
    """

    def __init__(self, inner, place):
        super().__init__(inner, place.most_at_once)
        self.place = place

    @property
    def capabilities(self):
        return replace(self.inner.capabilities, budget=self.place.budget, parts=self.place.parts)

    def create(self, draft):
        self.place.requests.append(draft.title)
        return self.inner.create(draft)

    def create_many(self, drafts):
        self.place.requests.append([draft.title for draft in drafts])
        self.place.look_at_the_journal([draft.marker.item for draft in drafts])
        fate = self.place.script.pop(0) if self.place.script else None
        if isinstance(fate, Exception):
            return [fate] * len(drafts)
        if fate in (None, "the last"):
            results = super().create_many(drafts)
            self.most_at_once = 1 if fate else self.most_at_once
            return results
        if fate:
            super().create_many(drafts[:fate])
        return [OutcomeUnknown("the line was cut", where=self.name)] * len(drafts)

    def add_part(self, whole, part):
        self.place.below.append((whole.key, part.ref.key))
        return part


class Batching(Workplace):
    """A workplace whose tracker opens up to three issues at once."""

    most_at_once = 3
    budget = Budget()
    parts = 0

    def __init__(self, root):
        self.script: list = []
        self.requests: list = []
        self.below: list = []
        self.journal: list = []
        super().__init__(root)

    def open_tracker(self, name):
        return Scripted(super().open_tracker(name), self)

    def look_at_the_journal(self, items):
        """What a process that dies now leaves behind."""
        with self.store() as store:
            doubtful = {entry.item for entry in store.in_doubt("local", "create")}
            self.journal.append((set(items) <= doubtful, bool(set(items) & set(store.known().links))))

    def sync_once(self):
        self.requests.clear()
        return self.run(consent=EVERYTHING).applied["local"]

    def promise(self, count):
        self.document("a.md", postmortem(*WORK[:count]))
        return WORK[:count]

    @property
    def titles(self):
        return [issue.title for issue in self.issues()]

    @property
    def in_doubt(self):
        with self.store() as store:
            return len(store.in_doubt("local", "create"))


@pytest.fixture
def place(tmp_path):
    return Batching(tmp_path)


@pytest.fixture
def lagging(monkeypatch):
    told = LocalTracker.capabilities.fget
    late = property(lambda tracker: replace(told(tracker), read_lag=timedelta(seconds=30)))
    monkeypatch.setattr(LocalTracker, "capabilities", late)


def limited(place, wait):
    return RateLimited("slow down", where="local", retry_at=place.now + timedelta(minutes=1) + wait)


def all_is_done(place, wanted):
    """Each has one issue, nothing is in doubt, and another run does nothing."""
    assert sorted(place.titles) == sorted(wanted)
    links = place.known().links
    assert sorted(link.issue.title for link in links.values()) == sorted(wanted)
    assert place.in_doubt == 0
    assert place.sync_once().done == []
    assert place.requests == []


# The request


def test_as_many_as_fit_go_with_one_request_in_the_order_of_the_documents(place):
    wanted = place.promise(7)
    applied = place.sync_once()
    assert place.requests == [wanted[:3], wanted[3:6], wanted[6]], "a last one alone is an ordinary create"
    assert [done.issue.title for done in applied.done] == wanted
    assert place.titles == wanted
    all_is_done(place, wanted)


def test_a_target_that_takes_them_one_by_one_from_now_on_gets_them_so(place):
    wanted = place.promise(5)
    place.script[:] = ["the last"]
    place.sync_once()
    assert place.requests == [wanted[:3], wanted[3], wanted[4]]
    all_is_done(place, wanted)


def test_each_has_its_own_link_and_event_and_journal_entry(place):
    wanted = place.promise(3)
    place.sync_once()
    known = place.known()
    with place.store() as store:
        told = [event.detail["issue"] for event in store.events() if event.what == "issue opened"]
    assert told == ["#1", "#2", "#3"]
    assert {known.items[item].text: link.ref.key for item, link in known.links.items()} == dict(
        zip(wanted, told, strict=True)
    )


def test_all_are_marked_as_sent_and_none_is_confirmed_when_the_request_leaves(place):
    place.promise(6)
    place.sync_once()
    assert place.journal == [(True, False)] * 2


def test_progress_advances_with_each_item(place, monkeypatch):
    steps = []
    place.promise(7)
    monkeypatch.setattr(place.progress, "advance", lambda: steps.append(1))
    monkeypatch.setattr(place.progress, "phase", lambda *_: steps.clear())
    place.sync_once()
    assert len(steps) == 7


def test_other_actions_stay_where_they_are(place):
    place.promise(2)
    place.sync_once()
    place.document("a.md", postmortem(WORK[4], WORK[5], f"{WORK[0]} today", WORK[1], WORK[6], WORK[7]))
    place.sync_once()
    assert place.requests == [WORK[4:6], WORK[6:8]]
    assert place.writes == ["create", "create", "update", "create", "create"]


# What becomes of it


def test_a_refused_one_fails_alone(place):
    wanted = place.promise(4)
    place.faults[:] = [None, RequestRejected("no such field", where="local")]
    applied = place.sync_once()
    assert [failure.action.item.text for failure in applied.failures] == [wanted[1]]
    assert place.in_doubt == 0
    assert place.titles == [wanted[0], wanted[2], wanted[3]]
    with place.store() as store:
        [told] = [event for event in store.events() if event.what == "create failed"]
    assert "no such field" in told.detail["error"]
    place.sync_once()
    assert place.requests == [wanted[1]]
    all_is_done(place, wanted)


@pytest.mark.parametrize("stored", [0, 1, 2, 3])
def test_a_request_without_an_answer_is_looked_up_item_by_item(place, stored):
    wanted = place.promise(3)
    place.script[:] = [stored]
    applied = place.sync_once()
    assert [failure.uncertain for failure in applied.failures] == [True] * 3
    assert place.in_doubt == 3
    place.sync_once()
    rest = wanted[stored:]
    assert place.requests == {0: [], 1: rest}.get(len(rest), [rest])
    all_is_done(place, wanted)


def test_only_one_of_a_request_may_be_in_doubt(place):
    wanted = place.promise(3)
    place.faults[:] = [None, "lost"]
    applied = place.sync_once()
    assert [failure.action.item.text for failure in applied.failures] == [wanted[1]]
    assert place.in_doubt == 1
    place.sync_once()
    assert place.requests == []
    all_is_done(place, wanted)


@pytest.mark.usefixtures("lagging")
def test_while_reads_lag_the_missing_ones_wait_for_the_grace_period(place):
    wanted = place.promise(3)
    place.script[:] = [1]
    place.sync_once()
    assert [held.item.text for held in place.look().plans[0].held] == wanted[1:]
    place.sync_once()
    assert (place.requests, place.in_doubt) == ([], 2)
    place.pass_time(600)
    place.sync_once()
    assert place.requests == [wanted[1:]]
    all_is_done(place, wanted)


def test_a_limit_refuses_the_whole_request_and_is_waited_out(place):
    wanted = place.promise(3)
    until = limited(place, timedelta(minutes=2))
    place.script[:] = [until]
    assert place.sync_once().clean
    assert place.requests == [wanted] * 2
    assert place.progress.waits == [(until.retry_at, "slow down")]
    all_is_done(place, wanted)


def test_a_limit_may_refuse_only_some(place):
    wanted = place.promise(3)
    first, later = limited(place, timedelta(minutes=2)), limited(place, timedelta(minutes=3))
    place.faults[:] = [first, None, later]
    assert place.sync_once().clean
    assert place.requests == [wanted, [wanted[0], wanted[2]]]
    assert place.progress.waits == [(later.retry_at, "slow down")]
    all_is_done(place, wanted)


def test_a_limit_that_wants_too_much_patience_fails_every_item(place):
    wanted = place.promise(3)
    place.script[:] = [limited(place, timedelta(days=1))]
    assert len(place.sync_once().failures) == 3
    assert (place.progress.waits, place.in_doubt) == ([], 0)
    place.sync_once()
    all_is_done(place, wanted)


def test_a_limit_that_never_ends_is_left_for_the_next_run(place):
    place.promise(3)
    place.script[:] = [limited(place, timedelta(minutes=minute)) for minute in range(9)]
    assert len(place.sync_once().failures) == 3
    assert len(place.requests) == 5


# Giving up


def refused(count):
    return [NotAllowed("no", where="local")] * count


def test_a_request_that_fails_as_a_whole_counts_once(place):
    place.promise(14)
    place.script[:] = refused(2)
    applied = place.sync_once()
    assert (len(applied.failures), len(applied.postponed)) == (6, 0)


def test_after_three_requests_that_failed_the_target_is_left_alone(place):
    place.promise(14)
    place.script[:] = refused(9)
    applied = place.sync_once()
    assert (len(applied.failures), len(applied.postponed)) == (9, 5)
    assert len(place.requests) == 3


def test_one_issue_is_enough_to_go_on(place):
    place.promise(14)
    place.script[:] = [*refused(2), None, *refused(2)]
    place.faults[:] = [None, *refused(2)]
    applied = place.sync_once()
    assert (len(applied.failures), len(applied.postponed)) == (14 - 1, 0)


def test_wrong_values_are_no_reason_to_give_up(place):
    place.promise(14)
    place.script[:] = [RequestRejected("no", where="local")] * 4
    applied = place.sync_once()
    assert (len(applied.failures), len(applied.postponed)) == (12, 0)


def test_a_target_that_takes_no_writes_is_left_at_once_and_notes_are_still_taken(place):
    place.promise(2)
    place.sync_once()
    place.by_hand(2, title="Mine")
    place.document("a.md", postmortem(*WORK[4:7], *WORK[:2], *WORK[7:9]))
    place.script[:] = [TargetReadOnly("archived", where="local")] * 2
    applied = place.sync_once()
    assert (len(applied.failures), len(applied.postponed)) == (3, 2)
    assert place.requests == [WORK[4:7]]
    assert "Mine" in [link.issue.title for link in place.known().links.values()]


# The budget


def test_a_budget_counts_requests(place):
    place.budget = Budget((Window(2, HOUR),))
    wanted = place.promise(8)
    assert "about 1 h 0 min" in place.look().notes[0]
    began = place.now
    place.sync_once()
    assert place.requests == [wanted[:3], wanted[3:6], wanted[6:]]
    assert len(place.progress.waits) == 1
    assert place.now - began >= HOUR
    with place.store() as store:
        assert len(store.sent_since("local:local", began, CONTENT_ACTIONS)) == 3


def test_what_fits_the_budget_takes_no_time(place):
    place.budget = Budget((Window(2, HOUR),))
    place.promise(6)
    assert place.look().notes == ()
    place.sync_once()
    assert place.progress.waits == []


def test_entries_that_leave_together_are_told_by_their_ids_in_order(place):
    with place.store() as store:
        entries = store.intend_together("local", "budget", "create", ["a", "b", "c"], place.now)
        assert store.in_doubt("local", "create") == ()
        store.sending(entries[0], place.now, *entries[1:])
        doubtful = store.in_doubt("local", "create")
        assert [(entry.id, entry.item) for entry in doubtful] == list(zip(entries, "abc", strict=True))
        assert store.sent_since("budget", place.now - HOUR, ("create",)) == [place.now]


# Parts


def test_what_was_opened_together_is_put_below_its_postmortem(place):
    place.parts = 100
    place.promise(4)
    place.faults[:] = [None, RequestRejected("no", where="local")]
    place.sync_once()
    assert place.requests == [WORK[:3], WORK[3], "Postmortem: Outage of the checkout"]
    assert place.below == [("#4", "#1"), ("#4", "#2"), ("#4", "#3")]
    place.sync_once()
    assert place.requests == [WORK[1]]
    assert place.below[3:] == [("#4", "#5")]


# Death


class Died(BaseException):
    """The process is gone: nothing catches this."""


@pytest.mark.parametrize("confirmed", [0, 1, 2])
def test_a_death_between_two_confirmations_loses_nothing(place, monkeypatch, confirmed):
    wanted = place.promise(3)
    confirm, left = Store.confirm, [confirmed]

    def die(store, *arguments):
        if not left[0]:
            raise Died
        left[0] -= 1
        confirm(store, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "confirm", die)
        with pytest.raises(Died):
            place.sync_once()
    assert place.in_doubt == 3 - confirmed
    place.sync_once()
    assert place.requests == []
    all_is_done(place, wanted)


def test_a_death_at_any_commit_ends_in_the_same_state(tmp_path):
    """A process that dies at its n-th transaction, in its store or in the tracker; then one undisturbed run."""
    kills = 0
    for moment in range(1, 99):
        root = tmp_path / str(moment)
        root.mkdir()
        place = Batching(root)
        wanted = place.promise(4)
        if not _dies_at(place, moment):
            break
        kills += 1
        place.sync_once()
        all_is_done(place, wanted)
    assert kills >= 15


def _dies_at(place, moment):
    """Run a sync in a child that exits without a word at its n-th commit; True when it got that far."""
    child = os.fork()
    if child == 0:
        seen = [0]

        def die(_connection):
            seen[0] += 1
            if seen[0] == moment:
                os._exit(9)

        event.listen(Engine, "commit", die)
        try:
            place.sync_once()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
