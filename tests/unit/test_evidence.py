"""Done and verified are told apart: by what closed an issue, and by what people say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from workplace import Workplace, postmortem

from connectors import Evidence, IssueState, TargetUnreachable
from tracker.app import Wanted
from tracker.errors import UsageError
from tracker.model import ItemState
from tracker.policy import Flag
from tracker.render import history, markdown
from tracker.render.evidence import sentence

POOL = "Add monitoring for the connection pool"
LOAD = "Run a load test before every release"
WORK = "https://git.example/acme/ops/pull/34"


class Explained(Workplace):
    """A workplace whose tracker tells what closed issues, by number."""

    def __init__(self, root):
        super().__init__(root)
        self.works: dict[int, dict] = {}
        self.asked: list[tuple[int, ...]] = []
        self.silent = False

    def open_tracker(self, name):
        tracker = super().open_tracker(name)

        def evidence(refs):
            self.asked.append(tuple(ref.number for ref in refs))
            if self.silent:
                raise TargetUnreachable("no route", where=name)
            issues = {ref: tracker.inner.get(ref) for ref in refs}
            return {
                ref: Evidence(issue.closed_at, "ana", **self.works.get(ref.number, {})) for ref, issue in issues.items()
            }

        tracker.evidence = evidence
        return tracker

    def entry(self, text=POOL):
        [entry] = [entry for entry in self.status(Wanted()).entries if entry.item.text == text]
        return entry

    def told(self):
        """The first item's story."""
        return [history.sentence(event) for event in self.history(self.entry().item.id).events]

    def verified(self):
        return Flag.VERIFIED in self.entry().flags


@pytest.fixture
def place(tmp_path):
    place = Explained(tmp_path)
    place.document("a.md", postmortem(POOL, LOAD))
    place.run()
    return place


def test_what_is_open_is_not_asked_about(place):
    place.run()
    assert place.asked == []


@pytest.mark.parametrize(
    ("work", "verified"),
    [
        ({"work": WORK, "merged": True}, True),
        ({"work": WORK, "merged": False}, False),
        ({"work": WORK, "merged": True, "reverted_by": f"{WORK}5"}, False),
        ({}, False),
    ],
)
def test_merged_work_verifies(place, work, verified):
    place.works[1] = work
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    assert place.entry().item.state is ItemState.DONE
    assert place.verified() is verified
    assert place.entry().link.evidence.work == work.get("work", "")


def test_it_is_asked_once(place):
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    place.run()
    assert place.asked == [(1,)]


def test_a_duplicate_is_not_asked_about(place):
    place.by_hand(1, state=IssueState.DUPLICATE)
    place.run()
    assert place.asked == []


def test_why_it_will_not_be_done_is_asked_until_somebody_says(place):
    place.by_hand(1, state=IssueState.WONT_DO)
    place.run()
    place.run()
    assert place.asked == [(1,)]
    assert (place.entry().item.state, place.entry().link.evidence.reason) == (ItemState.WONT_DO, "")
    place.works[1] = {"reason": "The pool is gone."}
    place.by_hand(1, add_labels=frozenset({"explained"}))
    place.run()
    assert place.entry().link.evidence.reason == "The pool is gone."
    place.by_hand(1, add_labels=frozenset({"again"}))
    place.run()
    place.status(Wanted(), check_links=True)
    assert place.asked == [(1,), (1,)]
    assert "Closeout found that issue #1 will not be done: “The pool is gone.”" in place.told()
    assert "by hand: “The pool is gone.”" in sentence(place.entry().link.evidence)


def test_that_nobody_said_why_is_told(place):
    place.by_hand(1, state=IssueState.WONT_DO)
    place.run()
    assert place.told()[-1].endswith("found that issue #1 will not be done, and that nobody said why")


def test_a_revert_is_found_when_the_links_are_checked(place):
    place.works[1] = {"work": WORK, "merged": True}
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    place.works[1]["reverted_by"] = f"{WORK}5"
    place.run()
    assert place.verified()
    place.status(Wanted(), check_links=True)
    assert not place.verified()


def test_an_issue_is_done_though_nobody_can_say_what_closed_it(place):
    place.silent = True
    place.by_hand(1, state=IssueState.DONE)
    synced = place.run()
    [note] = synced.prepared.notes
    assert "no route" in note
    assert "--check-links" in note
    assert synced.clean
    assert place.entry().item.state is ItemState.DONE
    place.silent = False
    place.works[1] = {"work": WORK, "merged": True}
    place.status(Wanted(), check_links=True)
    assert place.verified()


def test_what_is_reopened_and_closed_again_is_asked_about_anew(place):
    place.works[1] = {"work": WORK, "merged": True}
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    place.by_hand(1, state=IssueState.OPEN)
    place.run()
    assert not place.verified()
    del place.works[1]
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    assert place.asked == [(1,), (1,)]
    assert not place.verified()


def test_a_person_verifies_until_it_is_reopened(place):
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    item = place.entry().item
    place.now += timedelta(hours=1)
    decided = place.verify(item.id, "ana", "saw the alert fire")
    assert Flag.VERIFIED in decided.entry.flags
    with pytest.raises(UsageError, match="already"):
        place.verify(item.id, "bo", "me too")
    place.by_hand(1, state=IssueState.OPEN)
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    assert not place.verified()


def test_a_person_verifies_though_the_targets_clock_is_ahead(place):
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    place.now -= timedelta(minutes=5)
    place.verify(place.entry().item.id, "ana", "saw it")
    assert place.verified()


def test_what_a_person_said_can_be_taken_back(place):
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    item = place.entry().item.id
    place.verify(item, "ana", "saw it")
    assert place.verified()
    place.verify(item, "ana", "it was another one", undo=True)
    assert not place.verified()
    with pytest.raises(UsageError, match="nobody"):
        place.verify(item, "ana", "again", undo=True)


def test_nothing_open_can_be_verified(place):
    with pytest.raises(UsageError, match="nothing to verify"):
        place.verify(place.entry().item.id, "ana", "saw it")


def test_a_ticked_box_can_be_verified_by_a_person(place):
    place.document("a.md", postmortem(f"[x] {POOL}", LOAD))
    place.run()
    place.verify(place.entry().item.id, "ana", "saw it")
    assert place.verified()


def test_reopened_is_said_of_what_is_open_again(place):
    link = place.entry().link
    with place.store() as store:
        item = place.known().items[link.item]
        store.record_link(replace(link, issue=replace(link.issue, reopened=True)), item, place.now, [])
    assert Flag.REOPENED in place.entry().flags
    assert "reopened" in [flag.value for flag in place.status(Wanted(flags=(Flag.REOPENED,))).entries[0].flags]
    assert "no due date, reopened" in markdown.render(place.report("weekly"))


@pytest.mark.parametrize(
    ("work", "words"),
    [
        ({}, "by ana, by hand"),
        ({"work": WORK, "merged": True}, f"by ana, with {WORK} (merged)"),
        ({"work": WORK, "merged": False}, f"by ana, with {WORK} (not merged)"),
        ({"work": WORK, "merged": True, "reverted_by": "X"}, f"by ana, with {WORK} (reverted by X)"),
    ],
)
def test_evidence_in_words(place, work, words):
    assert sentence(Evidence(place.now, "ana", **work)).endswith(words)
