"""Reports by team, for management and by postmortem; what was promised before; what a report is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from entries import BOOK, TODAY, build, document, entry, patient, worlds
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tracker.audience import for_recipient, recipients
from tracker.model import ItemState, Kind
from tracker.people import Owner, PeopleBook
from tracker.policy import Flag
from tracker.recurrence import recurring
from tracker.report import GroupName, ReportKind, SectionKind, period_key, selected
from tracker.settings import ReportSettings, Settings
from tracker.settings.reports import OnlySettings

TEAMS, MANAGEMENT, POSTMORTEMS = ReportKind.TEAMS, ReportKind.MANAGEMENT, ReportKind.POSTMORTEMS


def headings(report):
    return [section.owner.name if section.owner else section.kind.value for section in report.sections]


def listed(report):
    return [item.text for section in report.sections for item in section.items]


def test_peoples_items_stand_under_their_team_once():
    found = build(
        [entry("both", owner="jo, DBA team"), entry("hers", owner="jo"), entry("its", owner="R&D")], kind=TEAMS
    )
    assert headings(found) == ["DBA team", "R&D"]
    assert sorted(listed(found)) == ["both", "hers", "its"]


def test_who_has_no_team_stands_apart_unless_somebody_else_has_one():
    found = build([entry("alone", owner="ann"), entry("shared", owner="ann, jo"), entry("x", owner="X")], kind=TEAMS)
    assert headings(found) == ["DBA team", "no-team", "unknown-owner"]
    assert listed(found) == ["shared", "alone", "x"]


def test_a_team_gets_its_section_and_the_fallback_what_no_team_has():
    found = build([entry("hers", owner="jo"), entry("alone", owner="ann"), entry("stray", owner=None)], kind=TEAMS)
    assert listed(for_recipient(found, BOOK.get("dba"))) == ["hers"]
    assert listed(for_recipient(found, BOOK.get("ann"))) == ["alone", "stray"]
    assert [each.owner.key for each in recipients(found).recipients] == ["dba", "ann"]
    assert "people of DBA team own 1 open action item." in for_recipient(found, BOOK.get("dba")).why


def test_management_gets_figures_and_the_worst_but_no_lists():
    late = [
        entry(f"late {days}", days=-days, doc=document("a", services=("search", "billing"))) for days in range(1, 15)
    ]
    found = build([*late, entry("fine", owner="ann", doc=document("b", services=("search",)))], kind=MANAGEMENT)
    assert headings(found) == ["DBA team", "no-team"]
    assert all(section.groups == () for section in found.sections)
    assert [item.text for item in found.worst] == [f"late {days}" for days in range(14, 4, -1)]
    assert [(each.name, each.counts.open, each.counts.overdue) for each in found.services] == [
        ("search", 15, 14),
        ("billing", 14, 14),
    ]


def test_a_report_for_management_goes_to_those_it_names_and_to_nobody_else():
    found = build([entry(days=-1)], kind=MANAGEMENT, to=("max", "board@example.org"))
    everybody = recipients(found).recipients
    assert [(each.owner.key, each.owner.email) for each in everybody] == [
        ("max", None),
        ("board@example.org", "board@example.org"),
    ]
    assert everybody[1].part.worst == found.worst
    assert "it was set up to go to you (`to` of [reports.weekly])" in everybody[1].part.why
    assert recipients(build([entry(days=-1)], kind=MANAGEMENT)).recipients == ()


def test_who_gets_all_of_it_gets_no_part_as_well():
    found = build([entry(owner="jo"), entry("hers", owner="ann")], to=("jo",))
    parts = {each.owner.key: each.part for each in recipients(found).recipients}
    assert list(parts) == ["jo", "ann"]
    assert len(listed(parts["jo"])) == 2
    assert listed(parts["ann"]) == ["hers"]


@pytest.mark.parametrize("kind", [ReportKind.OWNERS, MANAGEMENT, POSTMORTEMS])
def test_nobody_gets_a_report_that_has_nothing_to_say(kind):
    found = build([entry(state=ItemState.DONE)], kind=kind, to=("jo",))
    assert all(each.part is None for each in recipients(found).recipients)


def test_a_postmortem_shows_its_open_items_first_and_then_what_became_of_the_others():
    doc = document("a")
    found = build(
        [
            entry("not wanted", doc=doc, state=ItemState.WONT_DO),
            entry("late", doc=doc, days=-1),
            entry("dropped", doc=doc, state=ItemState.REMOVED),
            entry("done", doc=document("b"), state=ItemState.DONE),
        ],
        kind=POSTMORTEMS,
    )
    (section,) = found.sections
    assert (section.kind, section.document.title) == (SectionKind.POSTMORTEM, "Outage a")
    assert {group.name: [item.text for item in group.items] for group in section.groups} == {
        GroupName.OVERDUE: ["late"],
        GroupName.CLOSED: ["not wanted"],
    }
    assert (section.counts.closed, section.counts.total) == (1, 2)
    assert [each.title for each in found.documents] == ["Outage a", "Outage b"]
    assert [each.owner.key for each in recipients(found).recipients] == []


def test_what_was_promised_before_is_told_once_with_every_postmortem():
    days = [TODAY - timedelta(days=number) for number in (300, 200, 100)]
    docs = [document(key, incident_date=day) for key, day in zip("abc", days, strict=True)]
    text = "Alert on connection pool saturation"
    all_entries = recurring(
        [
            entry(text, doc=docs[0], state=ItemState.DONE),
            entry(text, doc=docs[1], owner="jo"),
            entry("Alert on connection pools' saturation", doc=docs[2], owner="ann", line=7),
            entry(text, doc=docs[2], owner="ann", line=9),
            entry("Rehearse the failover of the primary", owner="ann"),
        ]
    )
    found = build(all_entries)
    (theme,) = found.themes
    assert [(each.document_title, each.incident_date, each.state.value) for each in theme.promises] == [
        ("Outage a", days[0], "done"),
        ("Outage b", days[1], "open"),
        ("Outage c", days[2], "open"),
        ("Outage c", days[2], "open"),
    ]
    assert theme.postmortems == 3
    assert for_recipient(found, BOOK.get("jo")).themes == (theme,)
    assert for_recipient(build(all_entries[:1] + all_entries[-1:]), BOOK.get("ann")).themes == ()


def test_what_is_like_one_promise_of_a_theme_belongs_to_it():
    texts = {
        "a": ("Alert on full disks of orders", "Alert on the full disks of orders"),
        "b": ("Alert on full disks",),
        "c": ("Monitor full disks: search",),
        "d": ("Alert on full disks of search nodes and backups",),
    }
    days = {key: TODAY - timedelta(days=100 - number) for number, key in enumerate(texts)}
    docs = {key: document(key, incident_date=day) for key, day in days.items()}
    found = recurring(
        [entry(text, doc=docs[key], line=n) for key, said in texts.items() for n, text in enumerate(said)]
    )
    (theme,) = build(found).themes
    assert [each.document for each in theme.promises] == ["a", "a", "b", "c", "d"]


@patient
@given(worlds(size=20, text=st.sampled_from(["Alert on pool saturation", "Limit retries of the client"])))
def test_every_recurring_item_is_in_exactly_one_theme(entries):
    all_entries = recurring(entries)
    themes = build(all_entries).themes
    places = [each.id for theme in themes for each in theme.promises]
    assert len(set(places)) == len(places)
    assert {each.item.id for each in all_entries if Flag.RECURRING in each.flags} <= set(places)
    assert all(theme.postmortems > 1 for theme in themes)


@patient
@given(worlds(size=20), st.sampled_from(ReportKind))
def test_no_kind_of_report_depends_on_the_order_of_its_input_and_all_count_alike(entries, kind):
    found = build(entries, kind=kind)
    assert build(reversed(entries), kind=kind) == found
    assert found.totals == build(entries).totals
    if kind is not MANAGEMENT:
        states = {each.item.id for each in entries if each.item.state is ItemState.OPEN}
        assert {item.id for item in found.items if item.state is ItemState.OPEN} == states


def test_who_has_left_is_named_and_not_as_out_of_reach():
    gone = PeopleBook({"al": Owner("al", "Al Gone", left=True)}, {"al": {"al"}})
    found = build([replace(entry(), ownership=gone.resolve("al"))], book=gone)
    assert [owner.name for owner in found.departed] == ["Al Gone"]
    assert found.unreachable == ()


def test_a_report_can_be_about_some_items_only():
    sev1 = document("a", severity="SEV1", services=("Search UI",))
    entries = [
        entry("one", doc=sev1, priority="P1"),
        entry("two", doc=sev1, priority="P2", kind=Kind.IMPROVEMENT),
        entry("three", doc=document("b")),
    ]

    def texts(**only):
        return [each.item.text for each in selected(entries, OnlySettings(**only))]

    assert texts() == ["one", "two", "three"]
    assert texts(severity=("sev1",)) == ["one", "two"]
    assert texts(service=("search*",)) == ["one", "two"]
    assert texts(priority=("p1", "P3")) == ["one"]
    assert texts(severity=("SEV*",), kind=(Kind.IMPROVEMENT,)) == ["two"]


def test_what_is_told_by_flag_counts_for_its_postmortem_all_the_same():
    found = build([entry("late", days=-1), entry("fine"), entry(state=ItemState.DONE)], flags=frozenset({Flag.OVERDUE}))
    assert listed(found) == ["late"]
    assert found.totals.open == 1
    assert found.documents[0].counts.total == 3


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=9))])
def test_each_firing_of_a_cron_report_is_a_period(zone):
    due = datetime(2026, 11, 21, 9, 30, tzinfo=UTC).astimezone(zone)
    assert period_key("cron", TODAY, due) == "2026-11-21T09:30Z"
    assert period_key("weekly", TODAY, due) == "2026-W47"
    assert period_key("cron", TODAY) == "2026-11-21"


def test_templates_are_one_for_each_format():
    assert ReportSettings(templates=("a.html.j2", "sub/b.md.j2")).templates
    for wrong in (("a.html",), ("a.html.j2", "b.html.j2")):
        with pytest.raises(ValidationError, match=r"ends in none|two templates"):
            ReportSettings(templates=wrong)


def test_whom_a_report_goes_to_has_to_be_known_or_an_address():
    with pytest.raises(ValidationError, match=r"reports\.weekly\.to names 'jo'"):
        Settings(reports={"weekly": {"to": ["jo", "jo@example.org"]}})
