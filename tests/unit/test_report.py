"""What a report says and to whom."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from entries import BOOK, TODAY, build, document, entry, patient, worlds
from hypothesis import given
from hypothesis import strategies as st

from tracker.audience import for_recipient, recipients
from tracker.model import ItemState
from tracker.people import Owner
from tracker.policy import Flag
from tracker.report import (
    Counts,
    GroupName,
    SectionKind,
    period_key,
)


def headings(report):
    return [section.owner.name if section.owner else section.kind.value for section in report.sections]


def texts(section):
    return {group.name: [item.text for item in group.items] for group in section.groups}


def asks(entry):
    """Whether somebody still has to do or say something of it."""
    return entry.item.state is ItemState.OPEN or bool(entry.flags & {Flag.REMOVED, Flag.UNEXPLAINED})


def test_people_come_first_then_teams_then_unknown_owners_then_nobody():
    found = build([entry(owner=owner) for owner in (None, "Customer care", "R&D", "DBA team", "max", "Ann Müller")])
    assert headings(found) == ["Ann Müller", "Max Power", "DBA team", "R&D", "unknown-owner", "no-owner"]


def test_an_item_stands_in_the_first_group_that_fits():
    section = build(
        [
            entry("late and no issue", days=-1),
            entry("soon", days=2, issue=1),
            entry("no issue", days=60),
            entry("fine", issue=2),
        ]
    ).sections[0]
    assert texts(section) == {
        GroupName.OVERDUE: ["late and no issue"],
        GroupName.DUE_SOON: ["soon"],
        GroupName.UNLINKED: ["no issue"],
        GroupName.OPEN: ["fine"],
    }
    assert (section.counts.open, section.counts.overdue, section.counts.unlinked) == (4, 1, 2)


def test_within_a_group_the_most_urgent_comes_first():
    found = build([entry(str(days), days=days) for days in (-1, -30, -2)])
    assert texts(found.sections[0]) == {GroupName.OVERDUE: ["-30", "-2", "-1"]}


def test_an_item_of_two_owners_stands_under_each_and_counts_once():
    found = build([entry(owner="@jo, DBA team, Nobody")])
    assert headings(found) == ["Jo Smith", "DBA team"]
    assert found.totals.open == 1
    assert found.unknown_names == ("Nobody",)


def test_settled_items_only_count():
    found = build(
        [
            entry(state=ItemState.DONE),
            entry(state=ItemState.WONT_DO),
            entry(state=ItemState.DUPLICATE),
            entry(state=ItemState.REMOVED),
            entry(state=ItemState.IGNORED),
            entry("left"),
        ]
    )
    assert [item.text for item in found.sections[0].items] == ["left"]
    counts = found.totals
    assert (counts.open, counts.done, counts.wont_do, counts.duplicate) == (1, 1, 1, 1)
    assert (counts.closed, counts.total) == (3, 4)


def test_an_owner_with_nothing_open_has_no_section():
    assert build([entry(state=ItemState.DONE)]).sections == ()


def test_documents_tell_how_far_they_are_most_overdue_first():
    first, second, third = document("a"), document("b"), document("c")
    found = build(
        [
            entry(doc=first, state=ItemState.DONE),
            entry(doc=second, days=-1),
            entry(doc=second, state=ItemState.WONT_DO),
            entry(doc=third),
            entry(doc=document("d"), state=ItemState.REMOVED),
        ]
    )
    assert [(each.title, each.counts.closed, each.counts.total) for each in found.documents] == [
        ("Outage b", 1, 2),
        ("Outage c", 0, 1),
        ("Outage a", 1, 1),
    ]


def test_a_document_without_a_title_is_called_by_its_path():
    found = build([entry(doc=document("a", title=None))])
    assert found.documents[0].title == found.sections[0].items[0].document_title == "postmortems/a.md"


def test_a_part_is_what_concerns_its_recipient():
    whole = build([entry("mine"), entry("theirs", owner="DBA team", doc=document("b")), entry("nobody's", owner=None)])
    part = for_recipient(whole, BOOK.get("jo"))
    assert [item.text for section in part.sections for item in section.items] == ["mine"]
    assert part.totals.open == 1
    assert [each.document for each in part.documents] == ["a"]
    assert part.recipient == BOOK.get("jo")
    assert "you own 1 open action item." in part.why
    assert "once a week" in part.why


def test_the_fallback_also_gets_what_belongs_to_nobody_known_and_who_is_out_of_reach():
    entries = [entry("own", owner="ann"), entry("stray", owner=None), entry("odd", owner="X"), entry(owner="max")]
    part = for_recipient(build(entries), BOOK.get("ann"))
    assert headings(part) == ["Ann Müller", "unknown-owner", "no-owner"]
    assert part.totals.open == 3
    assert [owner.name for owner in part.unreachable] == ["Max Power"]
    assert part.unknown_names == ("X",)
    assert "the contact for items without" in part.why


def test_only_the_fallback_hears_of_other_peoples_troubles():
    part = for_recipient(build([entry(owner="jo, X"), entry(owner="max")]), BOOK.get("jo"))
    assert part.unreachable == ()
    assert part.unknown_names == ()


def test_a_team_is_spoken_of_by_its_name():
    part = for_recipient(build([entry(owner="DBA team"), entry(owner="Database")]), BOOK.get("dba"))
    assert "because DBA team owns 2 open action items." in part.why


@pytest.mark.parametrize("key", ["jo", "ann"])
def test_there_is_no_part_when_there_is_nothing_to_say(key):
    assert for_recipient(build([entry(owner="DBA team")]), BOOK.get(key)) is None


def test_recipients_are_everybody_concerned_and_who_is_out_of_reach_is_named():
    found = recipients(build([entry(owner="jo"), entry("max's", owner="max"), entry("stray", owner=None)]))
    assert [each.owner.key for each in found.recipients] == ["jo", "max", "ann"]
    assert [owner.key for owner in found.unreachable] == ["max"]
    assert [item.text for item in found.untold] == ["max's"]


def test_without_a_fallback_what_belongs_to_nobody_is_untold():
    found = recipients(build([entry("stray", owner=None)], fallback=None))
    assert found.recipients == ()
    assert [item.text for item in found.untold] == ["stray"]


def test_an_item_that_one_of_its_owners_is_told_of_is_not_untold():
    assert recipients(build([entry(owner="jo, max")])).untold == ()


def test_a_fallback_with_nothing_to_hear_is_a_recipient_without_a_part():
    found = recipients(build([entry(owner="jo")]))
    assert [(each.owner.key, each.part is None) for each in found.recipients] == [("jo", False), ("ann", True)]


@patient
@given(worlds())
def test_every_open_item_stands_exactly_where_it_belongs(entries):
    found = build(entries)
    for each in entries:
        places = [
            (section.kind, section.owner.key if section.owner else None)
            for section in found.sections
            for group in section.groups
            for item in group.items
            if item.id == each.item.id
        ]
        expected = {(SectionKind.TEAM if o.is_team else SectionKind.PERSON, o.key) for o in each.ownership.known}
        if not expected:
            kind = SectionKind.UNKNOWN if each.ownership.unknown else SectionKind.NOBODY
            expected = {(kind, None)}
        if not asks(each):
            expected = set()
        assert len(places) == len(set(places))
        assert set(places) == expected


@patient
@given(worlds())
def test_the_counts_add_up(entries):
    found = build(entries)
    for section in found.sections:
        assert section.items
        flags = [flag for item in section.items for flag in item.flags]
        assert section.counts.open == sum(item.state is ItemState.OPEN for item in section.items)
        assert section.counts.overdue == flags.count(Flag.OVERDUE)
        assert section.counts.unlinked == flags.count(Flag.UNLINKED)
    # A document of which nothing stands any more promises nothing, though an issue of it may still be open.
    of_documents = sum((each.counts for each in found.documents), Counts())
    assert replace(of_documents, flags={}) == replace(found.totals, flags={})
    assert found.totals.open == sum(item.state is ItemState.OPEN for item in found.items)
    states = [each.item.state for each in entries]
    assert found.totals.total == len(states) - states.count(ItemState.REMOVED) - states.count(ItemState.IGNORED)


@patient
@given(worlds(size=20))
def test_a_report_does_not_depend_on_the_order_of_its_input(entries):
    assert build(reversed(entries)) == build(entries)


@patient
@given(worlds(), st.sampled_from(["ann", "jo", "max", "dba", None]))
def test_every_open_item_is_told_or_counted_as_untold(entries, fallback):
    found = build(entries, fallback=fallback)
    audience = recipients(found)
    told = {
        item.id
        for each in audience.recipients
        if each.part and each.owner.email
        for section in each.part.sections
        for item in section.items
    }
    untold = {item.id for item in audience.untold}
    assert told | untold == {each.item.id for each in entries if asks(each)}
    assert not told & untold
    for each in audience.recipients:
        if each.part:
            shown = [item.id for section in each.part.sections for item in section.items]
            assert len(set(shown)) == len(shown) >= each.part.totals.open


@pytest.mark.parametrize(
    ("period", "day", "key"),
    [
        ("daily", date(2026, 11, 21), "2026-11-21"),
        ("weekly", date(2026, 11, 21), "2026-W47"),
        ("weekly", date(2027, 1, 3), "2026-W53"),
        ("weekly", date(2027, 1, 4), "2027-W01"),
        ("weekly", date(2024, 12, 30), "2025-W01"),
        ("monthly", date(2026, 11, 30), "2026-11"),
        ("monthly", date(2026, 12, 1), "2026-12"),
    ],
)
def test_the_name_of_a_period(period, day, key):
    assert period_key(period, day) == key


@patient
@given(st.dates(date(1, 1, 1), date(9999, 12, 30)), st.sampled_from(["daily", "weekly", "monthly"]))
def test_periods_follow_one_another_without_gap_or_return(day, period):
    today, tomorrow = period_key(period, day), period_key(period, day + timedelta(days=1))
    assert today <= tomorrow
    begins = {
        "daily": True,
        "weekly": (day + timedelta(days=1)).weekday() == 0,
        "monthly": (day + timedelta(days=1)).day == 1,
    }
    assert (today != tomorrow) == begins[period]


def test_counts_add_field_by_field():
    one = Counts(open=1, done=2, wont_do=3, duplicate=4, flags={Flag.OVERDUE: 5, Flag.GHOST: 6})
    other = Counts(open=10, flags={Flag.OVERDUE: 10})
    both = one + other
    assert (both.open, both.done, both.wont_do, both.duplicate) == (11, 2, 3, 4)
    assert (both.overdue, both.ghost, both.unlinked) == (15, 6, 0)
    assert both.closed == 9


def test_a_report_knows_its_day_and_period():
    found = build([], period="monthly")
    assert (found.today, found.period_key, found.fallback) == (TODAY, "2026-11", BOOK.get("ann"))
    assert for_recipient(found, Owner("stranger", "Stranger")) is None
