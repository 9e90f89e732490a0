"""Who is told besides the owner, when nobody is disturbed, and that no item is forgotten over it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from entries import NOW, TODAY, build, document, patient
from entries import entry as anybodys
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from tracker.audience import recipients
from tracker.ladder import Cause, Ladder, Rung
from tracker.model import ItemState
from tracker.people import Owner, Ownership, PeopleBook
from tracker.policy import Flag
from tracker.render import ReportFormat, render_letter, render_report
from tracker.report import ReportKind, SectionKind
from tracker.settings import EscalationSettings, WorkingHoursSettings

OFF = EscalationSettings()
STEPS = EscalationSettings(team_after=7, manager_after=21)
HOURS = WorkingHoursSettings()
BERLIN = ZoneInfo("Europe/Berlin")


def person(key, **fields):
    return Owner(key, key.capitalize(), fields.pop("email", f"{key}@example.org"), **fields)


JO = person("jo", team="dba", manager="mia")
ANN = person("ann", team="dba")
MIA = person("mia")
LEA = person("lea")
DBA = Owner("dba", "DBA team", "dba@example.org", is_team=True, manager="lea")


def ladder(*people, escalation=OFF, hours=None, zone="UTC"):
    book = {owner.key: owner for owner in (JO, ANN, MIA, LEA, DBA, *people)}
    return Ladder(PeopleBook(book, {}), escalation, hours, zone)


def entry(*owners, late=None, doc=None, line=1, flags=(), **fields):
    """An item of these owners that is `late` days overdue."""
    made = anybodys(f"{line}", doc=doc, line=line, days=None if late is None else -late, issue=line, **fields)
    return replace(made, ownership=Ownership(owners), flags=made.flags | set(flags))


def report(*entries, fallback=None, **fields):
    return replace(build(entries, fallback=None, **fields), fallback=fallback)


def shown(audience):
    """Whom each digest goes to, and in which sections it has which items."""
    return {
        each.owner.key: {
            (section.kind.value, section.owner.key if section.owner else ""): [item.text for item in section.items]
            for section in each.part.sections
        }
        for each in audience.recipients
        if each.part
    }


def why(audience, key):
    return next(each.part.why for each in audience.recipients if each.owner.key == key)


# Whom an item is told to


@pytest.mark.parametrize(
    ("late", "to"), [(0, None), (1, None), (6, None), (7, "dba"), (20, "dba"), (21, "mia"), (500, "mia")]
)
def test_each_step_begins_on_its_day_and_is_the_only_one(late, to):
    telling = ladder(escalation=STEPS).beyond([JO], late, NOW, None)
    assert (telling and telling.to.key) == to


@pytest.mark.parametrize("late", [0, 7, 21, 5000])
def test_nobody_above_the_owner_hears_of_anything_unless_it_is_set(late):
    assert ladder().beyond([JO], late, NOW, MIA) is None


def test_a_person_without_a_manager_has_the_teams():
    assert ladder(escalation=STEPS).beyond([ANN], 30, NOW, None).to == LEA


def test_a_teams_own_item_goes_to_its_manager_at_once_past_it():
    rules = ladder(escalation=STEPS)
    assert rules.beyond([DBA], 8, NOW, None) is None
    assert rules.beyond([DBA], 21, NOW, None).to == LEA


def test_without_a_manager_in_reach_it_stays_with_the_team():
    away = replace(MIA, away_until=TODAY + timedelta(days=3))
    assert ladder(away, escalation=STEPS).beyond([JO], 30, NOW, None).to == DBA
    assert ladder(replace(MIA, email=None), escalation=STEPS).beyond([JO], 30, NOW, None).to == DBA
    assert ladder(replace(MIA, left=True), escalation=STEPS).beyond([JO], 30, NOW, None).to == DBA


def test_an_owner_who_is_also_the_manager_is_not_told_twice():
    rules = ladder(escalation=EscalationSettings(manager_after=5))
    assert rules.beyond([JO, MIA], 9, NOW, None) is None


def test_what_is_overdue_of_somebody_away_goes_to_the_team_else_to_the_fallback():
    away = replace(JO, away_until=TODAY + timedelta(days=1))
    assert ladder(away).beyond([away], 0, NOW, LEA) is None, "it can wait"
    assert ladder(away).beyond([away], 1, NOW, LEA).to == DBA
    assert ladder(away, replace(DBA, email=None)).beyond([away], 1, NOW, LEA).to == LEA
    assert ladder(away).beyond([away, ANN], 1, NOW, LEA) is None, "Ann is here"
    back = replace(JO, away_until=TODAY)
    assert ladder(back).beyond([back], 1, NOW, LEA) is None


def test_what_somebody_gone_left_goes_to_manager_else_team_else_fallback():
    gone = replace(JO, left=True)
    assert ladder(gone).beyond([gone], 0, NOW, LEA).to == MIA
    assert ladder(gone, replace(MIA, left=True)).beyond([gone], 0, NOW, LEA).to == DBA
    alone = replace(gone, team=None, manager=None)
    telling = ladder(alone).beyond([alone], 0, NOW, LEA)
    assert (telling.to, telling.rung, telling.cause) == (LEA, Rung.FALLBACK, Cause.GONE)
    assert ladder(alone).beyond([alone], 0, NOW, None) is None


def test_the_manager_must_come_after_the_team():
    with pytest.raises(ValidationError, match="must be more than"):
        EscalationSettings(team_after=7, manager_after=7)


# When nobody is disturbed


def at(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("now", "reason", "then"),
    [
        ("2026-11-23 09:00", None, "2026-11-23 09:00"),
        ("2026-11-23 16:59", None, "2026-11-23 16:59"),
        ("2026-11-23 08:59", "outside working hours (09:00-17:00)", "2026-11-23 09:00"),
        ("2026-11-23 17:00", "outside working hours (09:00-17:00)", "2026-11-24 09:00"),
        ("2026-11-20 18:00", "outside working hours (09:00-17:00)", "2026-11-23 09:00"),
        ("2026-11-21 12:00", "Saturday is no working day", "2026-11-23 09:00"),
        ("2026-12-24 18:00", "outside working hours (09:00-17:00)", "2026-12-28 09:00"),
        ("2026-12-25 12:00", "public holiday (Christmas Day)", "2026-12-28 09:00"),
        ("2026-03-27 20:00", "outside working hours (09:00-17:00)", "2026-03-30 09:00"),  # clocks change in between
        ("2026-10-23 20:00", "outside working hours (09:00-17:00)", "2026-10-26 09:00"),
    ],
)
def test_working_hours_are_the_persons_own(now, reason, then):
    rules = ladder(hours=WorkingHoursSettings(holidays="DE"))
    jo = replace(JO, timezone="Europe/Berlin")
    moment = at(now).astimezone(UTC)
    assert rules.holding_back(jo, moment) == reason
    assert rules.next_time(jo, moment) == at(then)


def test_somebody_away_is_told_nothing_before_their_day_begins_where_they_are():
    rules = ladder(hours=HOURS)
    jo = replace(JO, timezone="Pacific/Auckland", away_until=date(2026, 11, 24))
    still, back = datetime(2026, 11, 23, 10, 59, tzinfo=UTC), datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    assert rules.holding_back(jo, still) == "away until 2026-11-24"
    assert rules.next_time(jo, still) == back
    assert rules.holding_back(jo, back) is None
    assert ladder().next_time(jo, still) == datetime(2026, 11, 23, 11, tzinfo=UTC), "without hours, at midnight there"


def test_away_for_ever_has_no_next_time():
    never = replace(JO, away_until=date.max)
    assert ladder(zone="America/New_York").next_time(never, NOW) is None
    (told,) = recipients(report(entry(never)), ladder(never)).recipients
    assert (told.held_back, told.held_until) == ("away until 9999-12-31", None)


@patient
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Africa/Cairo", "Australia/Lord_Howe"]),
    st.sampled_from(["09:00-17:00", "00:00-23:59", "02:15-02:45", "01:59-02:01"]),
    st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
)
@example(datetime(2026, 3, 29, 0, 0, tzinfo=UTC), "Europe/Berlin", "02:15-02:45", None)
@example(datetime(2026, 10, 25, 1, 20, tzinfo=UTC), "Europe/Berlin", "02:15-02:45", None)
def test_the_next_time_is_the_first_at_which_nothing_holds_back(now, zone, hours, away_until):
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    rules = ladder(hours=WorkingHoursSettings(hours=hours, days=week[:6]))
    owner = replace(JO, timezone=zone, away_until=away_until)
    then = rules.next_time(owner, now)
    assert then >= now
    assert (then == now) == (rules.holding_back(owner, now) is None)
    assert rules.holding_back(owner, then) is None
    for share in range(1, 20) if then > now else ():
        assert rules.holding_back(owner, now + (then - now) * share / 20)


@pytest.mark.parametrize("hours", ["17:00-09:00", "09:00-09:00", "9-17", "09:00-24:00", "09:00 - 17:00"])
def test_hours_that_are_none_are_refused(hours):
    with pytest.raises(ValidationError):
        WorkingHoursSettings(hours=hours)


@pytest.mark.parametrize("place", ["XX", "DE-ZZ", "de", "Germany", ""])
def test_holidays_of_nowhere_are_refused(place):
    with pytest.raises(ValidationError):
        WorkingHoursSettings(holidays=place)


# What stands in a digest


def test_escalated_items_have_a_section_of_their_own_beside_ones_own():
    found = recipients(
        report(entry(JO, late=23, line=1), entry(JO, late=2, line=2), entry(MIA, line=3)), ladder(escalation=STEPS)
    )
    assert shown(found) == {
        "jo": {("person", "jo"): ["1", "2"]},
        "mia": {("person", "mia"): ["3"], ("escalated", "jo"): ["1"]},
    }
    assert why(found, "mia") == (
        "You get this because you own 1 open action item and because you manage Jo, whose item is 23 days overdue. "
        "It comes at most once a week, and only with something to say."
    )
    mia = next(each.part for each in found.recipients if each.owner.key == "mia")
    assert (mia.totals.open, mia.totals.overdue) == (2, 1)


@pytest.mark.parametrize(
    ("entries", "rules", "to", "said"),
    [
        ([entry(JO, late=9)], STEPS, "dba", "DBA team is the team of Jo, whose item is 9 days overdue"),
        ([entry(ANN, late=30)], STEPS, "lea", "you manage the team of Ann, whose item is 30 days overdue"),
        ([entry(DBA, late=30)], STEPS, "lea", "you manage DBA team, whose item is 30 days overdue"),
        (
            [entry(JO, late=30, line=1), entry(JO, late=44, line=2)],
            STEPS,
            "mia",
            "you manage Jo, 2 of whose items are up to 44 days overdue",
        ),
        (
            [entry(replace(ANN, away_until=date(2026, 12, 1)), late=1)],
            OFF,
            "dba",
            "DBA team is the team of Ann, who is away until 2026-12-01, with an item 1 day overdue",
        ),
        ([entry(replace(ANN, left=True), line=1)], OFF, "lea", "you manage the team of Ann, who is gone and left 1"),
        (
            [entry(person("sue", left=True), line=1), entry(person("sue", left=True), line=2)],
            OFF,
            "mia",
            "you are the contact for Sue, who is gone and left 2 open items",
        ),
    ],
)
def test_why_says_exactly_why(entries, rules, to, said):
    owners = [owner for each in entries for owner in each.ownership.known]
    found = recipients(report(*entries, fallback=MIA), ladder(*owners, escalation=rules))
    assert f"because {said}" in why(found, to)


def test_many_reasons_are_not_all_told():
    people = [person(f"p{number}", manager="mia") for number in range(5)]
    found = recipients(
        report(*(entry(each, late=30, line=line) for line, each in enumerate(people, 1))),
        ladder(*people, escalation=STEPS),
    )
    assert why(found, "mia").count("whose item") == 3
    assert "and because it is the same with 2 more, told of above" in why(found, "mia")


def test_of_many_escalated_items_the_longest_overdue_are_listed():
    rules = ladder(escalation=EscalationSettings(team_after=1, at_most=2))
    found = recipients(report(*(entry(JO, late=late, line=late) for late in (3, 9, 5, 4))), rules)
    assert shown(found)["dba"] == {("escalated", "jo"): ["9", "5"]}
    assert "2 more escalated items are not listed." in why(found, "dba")
    assert found.untold == ()


def test_what_is_brought_for_want_of_an_owner_is_never_cut():
    gone = replace(JO, left=True)
    rules = ladder(gone, escalation=EscalationSettings(manager_after=1, at_most=1))
    found = recipients(report(*(entry(gone, late=late, line=late) for late in (3, 9, 5))), rules)
    assert shown(found) == {"mia": {("owner-gone", "jo"): ["9", "5", "3"]}}


def test_nobody_is_reminded_of_what_is_in_review_and_it_counts():
    work = entry(JO, late=40, line=1, flags=[Flag.IN_REVIEW])
    rules = ladder(escalation=STEPS)
    found = recipients(report(work), rules)
    assert shown(found) == {}
    assert found.untold == ()
    found = recipients(report(work, entry(JO, line=2)), rules)
    assert shown(found) == {"jo": {("person", "jo"): ["2"]}}
    assert found.recipients[0].part.totals.open == 2


def test_the_contact_is_not_told_that_who_has_only_work_in_review_is_out_of_reach():
    max_ = person("max", email=None)
    work, more = entry(max_, line=1, flags=[Flag.IN_REVIEW]), entry(max_, line=2)
    assert shown(recipients(report(work, fallback=MIA), ladder(max_))) == {}
    found = recipients(report(work, more, fallback=MIA), ladder(max_))
    [mia] = [each.part for each in found.recipients if each.owner.key == "mia"]
    assert [each.key for each in mia.unreachable] == ["max"]


def test_nobody_is_reminded_of_what_is_snoozed():
    snoozed = anybodys("later", days=-40, snoozed_until=TODAY + timedelta(days=1))
    found = recipients(report(snoozed), ladder(escalation=STEPS))
    assert shown(found) == {}


def test_who_is_away_is_held_back_until_they_are_back_and_the_team_hears_of_what_is_overdue():
    jo = replace(JO, away_until=date(2026, 11, 25))
    found = recipients(report(entry(jo, late=1, line=1), entry(jo, line=2)), ladder(jo, hours=HOURS))
    assert shown(found) == {
        "jo": {("person", "jo"): ["1", "2"]},
        "dba": {("owner-away", "jo"): ["1"]},
    }
    told = {each.owner.key: (each.held_back, each.held_until) for each in found.recipients}
    back = datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert told["jo"] == ("away until 2026-11-25", back)
    assert told["dba"] == ("Saturday is no working day", datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert found.untold == ()


def test_what_is_overdue_of_somebody_away_without_a_stand_in_is_untold():
    jo = replace(JO, team=None, away_until=TODAY + timedelta(days=9))
    found = recipients(report(entry(jo, late=1, line=1), entry(jo, line=2)), ladder(jo))
    assert [item.text for item in found.untold] == ["1"]


def test_who_left_is_no_recipient():
    gone = replace(JO, left=True)
    found = recipients(report(entry(gone), fallback=gone), ladder(gone))
    assert [each.owner.key for each in found.recipients] == ["mia"]
    assert found.unreachable == ()


def test_all_clear_is_said_only_if_wished_and_only_to_owners():
    entries = [
        entry(JO, state=ItemState.DONE, line=1),
        entry(MIA, line=2),
        entry(replace(ANN, left=True), state=ItemState.DONE, line=3),
        entry(person("max", email=None), state=ItemState.DONE, line=4),
    ]
    whole = report(*entries, fallback=LEA)
    assert shown(recipients(whole, ladder())) == {"mia": {("person", "mia"): ["2"]}}
    told = recipients(whole, ladder(), all_clear=True)
    assert {key for key, sections in shown(told).items() if not sections} == {"jo", "lea"}
    assert "you have nothing to be reminded of" in why(told, "jo")
    assert told.unreachable == ()
    letter = render_letter(told.recipients[0].part if not told.recipients[0].part.sections else told.recipients[1].part)
    assert letter.subject == "Open corrective actions: all clear (2026-W47)"


def test_a_team_hears_of_its_peoples_items_by_its_own_report_and_nobody_above_it():
    found = recipients(build([entry(JO, late=30)], kind=ReportKind.TEAMS, book=ladder().book), ladder(escalation=STEPS))
    assert shown(found) == {"dba": {("team", "dba"): ["1"]}}
    assert "because people of DBA team own 1 open action item." in why(found, "dba")


def test_whoever_gets_all_of_it_gets_it_once_and_hears_so():
    whole = replace(report(entry(JO, late=30)), to=(replace(MIA, name="Mia Elsewhere"), person("zoe", left=True)))
    found = recipients(whole, ladder(escalation=STEPS))
    assert shown(found) == {"mia": {("person", "jo"): ["1"]}, "jo": {("person", "jo"): ["1"]}}
    assert "it was set up to go to you (`to` of [reports.weekly])" in why(found, "mia")


def test_a_manager_in_reach_by_a_channel_alone_is_told():
    by_channel = replace(MIA, email=None, channels=("ops",))
    found = recipients(report(entry(JO, late=30)), ladder(by_channel, escalation=STEPS))
    assert shown(found)["mia"] == {("escalated", "jo"): ["1"]}
    assert found.unreachable == ()


def test_what_is_settled_and_unexplained_counts_as_such_where_it_is_brought():
    gone = replace(JO, left=True)
    made = entry(gone, state=ItemState.WONT_DO, flags=[Flag.UNEXPLAINED])
    (mia,) = [each for each in recipients(report(made), ladder(gone)).recipients if each.owner.key == "mia"]
    assert (mia.part.totals.open, mia.part.totals.wont_do, mia.part.totals.of(Flag.UNEXPLAINED)) == (0, 1, 1)
    assert "because you manage Jo, who is gone and left 1 item." in mia.part.why


@pytest.mark.parametrize("form", ReportFormat)
def test_every_format_tells_for_whom_an_item_was_brought(form):
    jo, ann, sue = JO, replace(ANN, away_until=date(2026, 12, 1)), person("sue", team="dba", left=True)
    entries = [entry(jo, late=9, line=1), entry(ann, late=3, line=2), entry(sue, line=3)]
    found = recipients(report(*entries), ladder(ann, sue, replace(DBA, manager=None), escalation=STEPS))
    part = next(each.part for each in found.recipients if each.owner.key == "dba")
    assert [section.kind for section in part.sections] == [
        SectionKind.ESCALATED,
        SectionKind.STANDING_IN,
        SectionKind.LEFT_BEHIND,
    ]
    out = " ".join(render_report(part, form).replace("&#39;", "'").split())
    if form in (ReportFormat.JSON, ReportFormat.CSV):
        wanted = ["escalated", "owner-away", "owner-gone"]
    elif form is ReportFormat.ICS:
        wanted = ["Owner: Jo", "Owner: Ann"]
    else:
        wanted = ["Escalated to you: Jo's", "Ann's, while away until 2026-12-01", "Sue's, owner gone"]
    assert all(words in out for words in wanted), out


# In any world


@st.composite
def worlds(draw):
    """People and teams of all sorts, and items of theirs."""
    keys = ["a", "b", "c", "d", "e"]
    teams = {
        key: Owner(
            key,
            key.upper(),
            draw(st.sampled_from([None, f"{key}@example.org"])),
            is_team=True,
            manager=draw(st.none() | st.sampled_from(keys)),
        )
        for key in ("x", "y")
    }
    people = {
        key: person(
            key,
            email=draw(st.sampled_from([None, f"{key}@example.org", f"{key}@example.org"])),
            team=draw(st.none() | st.sampled_from(list(teams))),
            manager=draw(st.none() | st.sampled_from(keys)),
            away_until=draw(st.none() | st.sampled_from([TODAY, TODAY + timedelta(days=2)])),
            left=draw(st.sampled_from([False, False, True])),
            timezone=draw(st.sampled_from([None, "Pacific/Auckland", "America/Los_Angeles"])),
        )
        for key in keys
    }
    everybody = people | teams
    combinations = [(), *((each,) for each in everybody.values()), *permutations(everybody.values(), 2)]
    entries = [
        entry(
            *draw(st.sampled_from(combinations)),
            late=draw(st.none() | st.integers(-30, 40)),
            doc=document(draw(st.sampled_from("abc"))),
            line=line,
            state=draw(st.sampled_from([ItemState.OPEN] * 4 + [ItemState.DONE])),
            flags=draw(st.sampled_from([(), (), (Flag.IN_REVIEW,)])),
        )
        for line in range(1, draw(st.integers(1, 10)))
    ]
    after = draw(st.none() | st.integers(1, 20))
    later = draw(st.none() | st.integers(21, 30))
    rules = EscalationSettings(team_after=after, manager_after=later, at_most=draw(st.integers(1, 3)))
    hours = draw(st.sampled_from([None, HOURS]))
    made = Ladder(PeopleBook(everybody, {}), rules, hours, "UTC")
    fallback = draw(st.none() | st.sampled_from(list(everybody.values())))
    return report(*entries, fallback=fallback), made, entries, draw(st.booleans())


def ladder_of(entry, rules, fallback):
    """Everybody who may ever hear of an item."""
    owners = entry.ownership.known
    above = [each for owner in owners for each in (rules.team(owner), rules.manager(owner)) if each]
    return {owner.key for owner in (*owners, *above, *([fallback] if fallback else []))}


@patient
@given(worlds())
def test_nobody_is_nagged_and_nothing_is_forgotten(world):
    found_report, rules, entries, all_clear = world
    found = recipients(found_report, rules, all_clear=all_clear)
    by_id = {each.item.id: each for each in entries}
    assert max(Counter(each.owner.key for each in found.recipients).values(), default=1) == 1
    told = set()
    for each in found.recipients:
        assert not each.owner.left
        if rules.away(each.owner, NOW) and each.part:
            assert each.held_back.startswith("away until")
        listed = [item for section in (each.part.sections if each.part else ()) for item in section.items]
        assert len({item.id for item in listed}) == len(listed), "an item twice in one digest"
        for item in listed:
            assert each.owner.key in ladder_of(by_id[item.id], rules, found_report.fallback)
            assert Flag.IN_REVIEW not in item.flags
        escalated = [
            item
            for section in (each.part.sections if each.part else ())
            if section.kind is SectionKind.ESCALATED
            for item in section.items
        ]
        assert len(escalated) <= rules.escalation.at_most
        assert all(Flag.OVERDUE in item.flags for item in escalated)
        if each.owner.email and not rules.away(each.owner, NOW):
            told |= {item.id for item in listed}
    open_ = {key for key, each in by_id.items() if each.item.state is ItemState.OPEN} - {
        key for key, each in by_id.items() if Flag.IN_REVIEW in each.flags
    }
    untold = {item.id for item in found.untold}
    overdue = {key for key in open_ if Flag.OVERDUE in by_id[key].flags}
    assert overdue <= told | untold
    assert not told & untold
    assert untold <= open_


@patient
@given(worlds())
def test_whoever_can_hear_of_an_overdue_item_makes_it_told(world):
    found_report, rules, entries, _ = world
    untold = {item.id for item in recipients(found_report, rules).untold}
    for each in entries:
        reached = [
            owner for owner in each.ownership.known if owner.email and not owner.left and not rules.away(owner, NOW)
        ]
        if reached:
            assert each.item.id not in untold
