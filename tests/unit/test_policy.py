"""What is to be said about an item: the boundaries of every flag."""

from dataclasses import replace
from random import Random

import pytest
from entries import BOOK, NOW, document, entry, patient, worlds
from hypothesis import given
from hypothesis import strategies as st

from tracker.model import Gone, GoneKind, ItemState, Kind
from tracker.policy import Flag, Yardstick, assess, flagged, present_owners, urgency
from tracker.settings import PolicySettings


@pytest.mark.parametrize(
    ("days", "flag"),
    [(-1, Flag.OVERDUE), (0, Flag.DUE_SOON), (7, Flag.DUE_SOON), (8, None), (None, None)],
)
def test_a_due_date_counts_until_the_end_of_its_day(days, flag):
    found = entry(days=days, issue=1)
    assert found.flags == (frozenset({flag}) if flag else frozenset())
    assert found.days_left == days


def test_nothing_is_due_soon_before_its_day_when_the_policy_says_so():
    policy = PolicySettings(due_soon_days=0)
    assert entry(days=1, issue=1, policy=policy).flags == frozenset()
    assert entry(days=0, issue=1, policy=policy).flags == {Flag.DUE_SOON}


def test_unlinked_is_only_what_should_have_an_issue():
    tasks = PolicySettings(kinds=(Kind.TASK,))
    assert Flag.UNLINKED in entry(policy=tasks).flags
    assert Flag.UNLINKED not in entry(policy=tasks, kind=Kind.IMPROVEMENT).flags
    assert Flag.UNLINKED not in entry(issue=3).flags


@pytest.mark.parametrize(
    ("owner", "flags"),
    [
        (None, {Flag.UNOWNED}),
        ("  ", {Flag.UNOWNED}),
        (",", {Flag.UNOWNED}),
        ("Customer care", {Flag.OWNER_UNKNOWN}),
        ("jo, Customer care", set()),
        ("jo", set()),
    ],
)
def test_nobody_and_nobody_known_are_different_things(owner, flags):
    assert entry(owner=owner, issue=1).flags == flags


@pytest.mark.parametrize("state", [state for state in ItemState if state.settled])
def test_settled_items_carry_no_flags_and_are_never_late(state):
    found = entry(owner=None, days=-30, state=state)
    assert found.flags == frozenset()
    assert found.days_left is None


def test_the_most_urgent_comes_first():
    late, soon, later, never = (entry(str(days), days=days) for days in (-3, 2, 30, None))
    assert sorted([never, later, soon, late], key=urgency) == [late, soon, later, never]


@patient
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_what_came_in_first(entries, random: Random):
    mixed = list(entries)
    random.shuffle(mixed)
    assert sorted(mixed, key=urgency) == sorted(entries, key=urgency)


def test_items_on_one_line_have_an_order_too():
    twins = [entry("b", line=4, id_="2"), entry("a", line=4, id_="1")]
    assert [each.item.id for each in sorted(twins, key=urgency)] == ["1", "2"]


def test_flagged_picks_what_carries_any_of_the_flags():
    late, unowned, fine = entry(days=-1, issue=1), entry(owner=None, issue=2), entry(issue=3)
    assert flagged([late, unowned, fine], [Flag.OVERDUE, Flag.UNOWNED]) == [late, unowned]
    assert flagged([late, fine], []) == []


@pytest.mark.parametrize("kind", GoneKind)
def test_an_open_item_whose_issue_is_gone_is_a_ghost_and_not_unlinked(kind):
    link = replace(entry(issue=1).link, gone=Gone(kind, NOW, "it is gone"))
    for state in (ItemState.OPEN, ItemState.DONE):
        item = entry(issue=1, state=state).item
        flags = assess(item, document(), link, Yardstick(PolicySettings(), BOOK, NOW)).flags
        # People read a locked issue as before: only our comments are refused.
        assert (Flag.GHOST in flags) is (state is ItemState.OPEN and kind is not GoneKind.LOCKED)
        assert Flag.UNLINKED not in flags


@pytest.mark.parametrize(
    ("assignees", "asked", "known", "unknown"),
    [
        (set(), ["jocodes"], [], ()),
        (set(), [], ["ann"], ()),
        ({"JoCodes"}, ["JoCodes"], ["ann"], ()),
        ({"JoCodes"}, [], ["jo"], ()),
        ({"JoCodes", "stranger"}, [], ["jo"], ("@stranger",)),
    ],
)
def test_who_was_assigned_on_the_issue_by_a_person_has_the_item_now(assignees, asked, known, unknown):
    link = entry(issue=1).link
    link = replace(
        link, issue=replace(link.issue, assignees=frozenset(assignees)), base={"document": {"assignees": asked}}
    )
    found = present_owners(entry(owner="ann").item, link, BOOK, "github")
    assert [owner.key for owner in found.known] == known
    assert found.unknown == unknown


def test_a_login_in_another_case_takes_the_item_from_nobody():
    link = entry(issue=1).link
    link = replace(
        link, issue=replace(link.issue, assignees=frozenset({"JOCODES"})), base={"document": {"assignees": ["JoCodes"]}}
    )
    found = present_owners(entry(owner="jo, DBA team").item, link, BOOK, "github")
    assert [owner.key for owner in found.known] == ["jo", "dba"]


def test_without_an_issue_the_document_says_whose_the_item_is():
    assert present_owners(entry(owner="ann").item, None, BOOK, "github").first == BOOK.get("ann")
