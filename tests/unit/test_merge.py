"""The decision table of `tracker/merge.py`, row by row, and what must hold for any values."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import Issue, IssueRef, IssueState, Marker
from tracker.draft import Draft
from tracker.merge import agreed, issue_fields, merge
from tracker.model import Item, ItemState, Kind
from tracker.settings import PolicySettings

NOW = datetime(2026, 11, 23, tzinfo=UTC)
POLICY = PolicySettings()
ITEM = Item("abc", "a.md", "Do it", 0, Kind.TASK, "Actions", 3, NOW)
DRAFT = Draft("Do it", "> Do it", "e1", frozenset({"postmortem"}), frozenset({"jo"}), date(2026, 12, 1), "P1")
ISSUE = Issue(
    IssueRef("local", 1, "#1"),
    "Do it",
    "",
    "> Do it",
    Marker("abc", "a.md", "Do it"),
    IssueState.OPEN,
    frozenset({"postmortem"}),
    frozenset({"jo"}),
    NOW,
    NOW,
    due=date(2026, 12, 1),
    priority="P1",
)
BASE = agreed(DRAFT.fields(ITEM), issue_fields(ISSUE))

DOCUMENT_SIDE = {
    "title": lambda value: (ITEM, replace(DRAFT, title=value)),
    "assignees": lambda value: (ITEM, replace(DRAFT, assignees=frozenset(value))),
    "due": lambda value: (ITEM, replace(DRAFT, due=value)),
    "priority": lambda value: (ITEM, replace(DRAFT, priority=value)),
    "state": lambda value: (replace(ITEM, done=value == "done"), DRAFT),
}
ISSUE_SIDE = {
    "title": lambda value: replace(ISSUE, title=value),
    "assignees": lambda value: replace(ISSUE, assignees=frozenset(value)),
    "due": lambda value: replace(ISSUE, due=value),
    "priority": lambda value: replace(ISSUE, priority=value),
    "state": lambda value: replace(ISSUE, state=IssueState(value)),
}
VALUES = {
    "title": ("Do it now", "Do it later"),
    "assignees": (("maria",), ("lukas",)),
    "due": (date(2026, 12, 24), None),
    "priority": ("P0", None),
    "state": ("done", "wont_do"),
}
FIELDS = sorted(VALUES)


def run(item=ITEM, draft=DRAFT, issue=ISSUE, policy=POLICY):
    return merge(item, draft, issue, BASE, policy)


def changed(merged):
    return {change.field for change in merged.changes}


def test_same_and_same_is_nothing():
    merged = run()
    assert merged.patch.empty
    assert merged.base == BASE
    assert merged.state is ItemState.OPEN


@pytest.mark.parametrize("field", FIELDS)
def test_the_document_changed_and_wins(field):
    item, draft = DOCUMENT_SIDE[field](VALUES[field][0])
    merged = run(item, draft)
    assert changed(merged) == {field}
    assert not merged.conflicts
    assert merged.patch.managed == draft.managed


@pytest.mark.parametrize("field", FIELDS)
def test_the_issue_changed(field):
    merged = run(issue=ISSUE_SIDE[field](VALUES[field][1]))
    assert merged.patch.empty
    assert not merged.conflicts
    accepted = field in ("state", "assignees")
    assert [change.field for change in merged.drift] == ([] if accepted else [field])
    assert (merged.base != BASE) is accepted


@pytest.mark.parametrize("field", FIELDS)
def test_both_changed_alike_is_agreed(field):
    value = VALUES[field][0]
    item, draft = DOCUMENT_SIDE[field](value)
    merged = run(item, draft, ISSUE_SIDE[field](value))
    assert merged.patch.empty
    assert not merged.conflicts
    assert merge(item, draft, ISSUE_SIDE[field](value), merged.base, POLICY).base == merged.base


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("authority", ["document", "target"])
def test_both_changed_apart_the_authority_wins_and_it_is_told(field, authority):
    policy = PolicySettings(**{f"{field.removesuffix('s')}_authority": authority})
    item, draft = DOCUMENT_SIDE[field](VALUES[field][0])
    merged = run(item, draft, ISSUE_SIDE[field](VALUES[field][1]), policy)
    assert [(c.field, c.winner) for c in merged.conflicts] == [
        (field, "document" if authority == "document" else "issue")
    ]
    assert changed(merged) == ({field} if authority == "document" else set())


def test_wont_do_under_an_unticked_box_is_settled_and_stays_so():
    issue = replace(ISSUE, state=IssueState.WONT_DO)
    merged = run(issue=issue)
    assert merged.state is ItemState.WONT_DO
    again = merge(ITEM, DRAFT, issue, merged.base, POLICY)
    assert again.patch.empty
    assert again.base == merged.base


@pytest.mark.parametrize("state", [IssueState.WONT_DO, IssueState.DUPLICATE])
@pytest.mark.parametrize("ticked", [True, False])
def test_a_box_that_changes_later_does_not_turn_wont_do_into_something_else(state, ticked):
    issue = replace(ISSUE, state=state)
    before = replace(ITEM, done=not ticked)
    base = agreed(DRAFT.fields(before), issue_fields(issue))
    merged = merge(replace(ITEM, done=ticked), DRAFT, issue, base, POLICY)
    assert merged.patch.state is None
    assert merged.state is ItemState(state.value)
    assert [(c.field, c.document, c.issue, c.winner) for c in merged.conflicts] == [
        ("state", "done" if ticked else "open", state.value, "issue")
    ]
    again = merge(replace(ITEM, done=ticked), DRAFT, issue, merged.base, POLICY)
    assert (again.patch.empty, again.conflicts) == (True, ())
    policy = PolicySettings(state_authority="document")
    outvoted = merge(replace(ITEM, done=ticked), DRAFT, issue, base, policy)
    assert outvoted.patch.state is (IssueState.DONE if ticked else IssueState.OPEN)


def test_a_vanished_block_is_put_back():
    merged = run(issue=replace(ISSUE, managed=None, marker=None))
    assert merged.patch.managed == DRAFT.managed
    assert merged.patch.marker.item == "abc"


labels = st.frozensets(st.sampled_from("abcde"))


@given(base=labels, ours=labels, theirs=labels)
def test_labels_merge_as_sets(base, ours, theirs):
    before = agreed(replace(DRAFT, labels=base).fields(ITEM), issue_fields(ISSUE))
    merged = merge(ITEM, replace(DRAFT, labels=ours), replace(ISSUE, labels=theirs), before, POLICY)
    after = (theirs | merged.patch.add_labels) - merged.patch.remove_labels
    assert ours - base <= after
    assert not (base - ours) & after
    assert theirs - base <= after, "people's labels stay"
    assert after <= theirs | ours


@given(
    before=st.fixed_dictionaries({f: st.sampled_from(VALUES[f]) for f in FIELDS}),
    ours=st.fixed_dictionaries({f: st.sampled_from(VALUES[f]) for f in FIELDS}),
    theirs=st.fixed_dictionaries({f: st.sampled_from(VALUES[f]) for f in FIELDS}),
)
def test_a_merge_settles(before, ours, theirs):
    """After its patch is carried out, merging again asks for nothing."""

    def sides(values):
        draft = replace(
            DRAFT,
            title=values["title"],
            assignees=frozenset(values["assignees"]),
            due=values["due"],
            priority=values["priority"],
        )
        issue = replace(
            ISSUE,
            title=values["title"],
            assignees=frozenset(values["assignees"]),
            due=values["due"],
            priority=values["priority"],
            state=IssueState(values["state"]),
        )
        return replace(ITEM, done=values["state"] == "done"), draft, issue

    base_item, base_draft, base_issue = sides(before)
    item, draft, _ = sides(ours)
    issue = sides(theirs)[2]
    first = merge(item, draft, issue, agreed(base_draft.fields(base_item), issue_fields(base_issue)), POLICY)
    patch = first.patch
    written = replace(
        issue,
        title=patch.title or issue.title,
        assignees=issue.assignees if patch.assignees is None else patch.assignees,
        due=None if patch.clear_due else patch.due or issue.due,
        priority=None if patch.clear_priority else patch.priority or issue.priority,
        state=patch.state or issue.state,
    )
    second = merge(item, draft, written, first.base, POLICY)
    assert second.patch.empty
    assert not second.conflicts


@pytest.mark.parametrize(
    ("agreed_on", "there", "written"),
    [
        ((None, None), None, True),
        (("2026-12-01", "2026-12-01"), date(2026, 12, 1), True),
        ((None, "2027-01-15"), date(2027, 1, 15), False),  # agreed to differ, as after `closeout link`
        (("2026-12-01", "2026-12-01"), None, False),
        ((None, None), date(2027, 1, 15), False),
    ],
)
def test_a_day_of_the_policy_takes_the_place_of_nothing_that_a_person_said(agreed_on, there, written):
    draft = replace(DRAFT, due=date(2026, 12, 24), policy="2026-12-24 (by policy: 4 weeks from the incident)")
    ours, theirs = agreed_on
    base = {"document": {**BASE["document"], "due": ours}, "issue": {"due": theirs}}
    merged = merge(ITEM, draft, replace(ISSUE, due=there), base, POLICY)
    assert (merged.patch.due == draft.due) is written
    assert not merged.patch.clear_due
    assert not merged.conflicts
