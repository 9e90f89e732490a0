"""Open issues that read like items: proposed for adoption, taken only with consent, and left as they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workplace import Workplace, postmortem

from connectors import Issue, IssueDraft, IssueRef, IssueState, Marker
from tracker.actions import Create
from tracker.app import App, Consent
from tracker.identity import item_id
from tracker.model import Item, Kind
from tracker.similar import ALIKE, propose

AT = datetime(2026, 11, 20, tzinfo=UTC)


def create(text: str) -> Create:
    item = Item(item_id("a.md", text, 0), "a.md", text, 0, Kind.TASK, "Action items", 3, AT)
    return Create(item, IssueDraft(text, "", Marker("x", "a.md", text, {})), {})


def issue(number: int, title: str, state: IssueState = IssueState.OPEN) -> Issue:
    ref = IssueRef("local", number, str(number), "")
    return Issue(ref, title, "", None, None, state, frozenset(), frozenset(), AT, AT)


def pairs(creates, issues):
    return [(each.item.text, each.issue.ref.number) for each in propose(creates, issues)]


@pytest.mark.parametrize(
    ("title", "proposed"),
    [
        ("Alert on full pools", True),
        ("alert on full pools.", True),
        ("Alert on full connection pools", True),
        ("Full pools: alert", True),
        ("Write a runbook", False),
        ("", False),
    ],
)
def test_what_reads_alike(title, proposed):
    assert bool(propose([create("Alert on full pools")], [issue(1, title)])) is proposed


def test_a_closed_issue_is_none_and_neither_is_one_with_a_marker():
    closed = issue(1, "Alert on full pools", IssueState.DONE)
    assert not propose([create("Alert on full pools")], [closed])


def test_two_that_read_alike_are_for_nobody():
    twins = [issue(1, "Alert on full pools"), issue(2, "Alert on full pools")]
    assert not propose([create("Alert on full pools")], twins)
    assert not propose([create("Alert on full pools"), create("Alert on full pool")], twins[:1])


def test_each_gets_its_own():
    creates = [create("Alert on full pools"), create("Write a runbook for the failover")]
    issues = [issue(1, "Write a runbook for failover"), issue(2, "Alert on full pools")]
    assert pairs(creates, issues) == [("Alert on full pools", 2), ("Write a runbook for the failover", 1)]


WORDS = st.lists(st.sampled_from(["add", "alert", "on", "full", "pool", "write", "runbook", "test"]), max_size=6)
TITLES = st.lists(WORDS.map(" ".join), max_size=6)


@given(TITLES, TITLES)
def test_proposals_are_one_to_one_and_alike(items, titles):
    creates = [create(text) for text in dict.fromkeys(items)]
    found = propose(creates, [issue(number, title) for number, title in enumerate(titles, 1)])
    assert all(ALIKE <= each.likeness <= 100 for each in found)
    assert len({each.item.id for each in found}) == len({each.issue.ref.key for each in found}) == len(found)


@pytest.fixture
def place(tmp_path) -> Workplace:
    place = Workplace(tmp_path)
    place.document("a.md", postmortem("Alert on full pools", "Write a runbook for the failover"))
    with closing(App.open_tracker(place, "local")) as tracker:
        made = tracker.create(IssueDraft("Alert on full pools!", "", Marker("x", "a.md", "x", {})))
    with closing(sqlite3.connect(place.root / "closeout-issues.db")) as database:  # as somebody would open it by hand
        database.execute("update local_issue set body = 'Jo asked for it' where number = ?", (made.ref.number,))
        database.commit()
    return place


def test_a_sync_that_is_told_yes_links_the_issue_and_writes_nothing_to_it(place):
    before = place.issue(1)
    synced = place.sync((), Consent(), agree=lambda proposals: proposals)
    assert synced.clean
    assert [issue.title for issue in place.issues()] == ["Alert on full pools!", "Write a runbook for the failover"]
    assert place.issue(1) == before
    assert {link.ref.number for link in place.known().links.values()} == {1, 2}


def test_a_sync_that_is_told_no_opens_another(place):
    place.sync((), Consent(), agree=lambda _: ())
    assert [issue.title for issue in place.issues()][0:2] == ["Alert on full pools!", "Alert on full pools"]


def test_nobody_is_asked_and_nothing_looked_for_without_the_option(place):
    assert place.look().proposals == ()
    assert len(place.plan((), lambda _: ()).proposals) == 1


def test_an_adopted_issue_is_followed_but_not_reworded(place):
    place.sync((), Consent(), agree=lambda proposals: proposals)
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    assert place.states()["Alert on full pools"] == "done"
    assert place.issue(1).title == "Alert on full pools!"


def test_a_second_sync_asks_nothing(place):
    place.sync((), Consent(), agree=lambda proposals: proposals)
    asked = []
    place.sync((), Consent(), agree=lambda proposals: asked.append(proposals) or ())
    assert asked == []
    assert len(place.issues()) == 2


def test_a_marked_issue_is_never_proposed(place):
    place.run()
    [marked] = [issue for issue in place.issues() if issue.title == "Alert on full pools"]
    assert marked.marker is not None
    assert not propose([create("Alert on full pools")], [marked, replace(marked)])
