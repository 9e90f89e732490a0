"""By when items are due: the document's day, the policy's, a person's; and what issues are told of it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from entries import patient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssueState
from tracker.app import Wanted
from tracker.due import Due, DuePolicy, DueSource
from tracker.errors import UsageError
from tracker.model import Item, Kind, KnownDocument
from tracker.policy import Flag
from tracker.settings.due import DueSettings, within
from tracker.settings_file import load

SEEN = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
INCIDENT = date(2026, 11, 2)
ITEM = Item("i", "a", "Add an alert", 0, Kind.TASK, "Actions", 3, SEEN)
DOCUMENT = KnownDocument("a", "a.md", "", incident_date=INCIDENT, severity="SEV-1")


def policy(*rules, zone="UTC", **settings):
    return DuePolicy(DueSettings.model_validate({"rules": list(rules), **settings}), zone)


def due(*rules, item=ITEM, document=DOCUMENT, labels=(), **settings):
    return policy(*rules, **settings).due(item, document, labels)


@pytest.mark.parametrize(
    ("span", "start", "day"),
    [
        ("1 day", "2026-11-02", "2026-11-03"),
        ("30 days", "2026-11-02", "2026-12-02"),
        ("4 weeks", "2026-11-02", "2026-11-30"),
        ("1 month", "2026-01-31", "2026-02-28"),
        ("1 month", "2028-01-31", "2028-02-29"),
        ("13 months", "2026-01-31", "2027-02-28"),
        ("1 year", "2028-02-29", "2029-02-28"),
        ("1 working day", "2026-11-02", "2026-11-03"),
        ("1 working day", "2026-11-06", "2026-11-09"),  # Friday
        ("1 working day", "2026-11-07", "2026-11-09"),  # Saturday
        ("10 Business  Days", "2026-11-02", "2026-11-16"),
        ("100 years", "9999-12-01", "9999-12-31"),
        ("1 working day", "9999-12-31", "9999-12-31"),
    ],
)
def test_a_span_after_a_day(span, start, day):
    found = due({"within": span}, document=replace(DOCUMENT, incident_date=date.fromisoformat(start)))
    assert found == Due(date.fromisoformat(day), DueSource.POLICY, found.rule, None, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("settings", "start", "day"),
    [
        ({}, "2026-12-23", "2026-12-25"),
        ({"country": "DE"}, "2026-12-23", "2026-12-28"),  # 25 and 26 December
        ({"country": "US"}, "2026-12-23", "2026-12-28"),  # the 25th, a Friday
        ({"country": "GB", "subdivision": "ENG"}, "2026-12-23", "2026-12-29"),  # Boxing Day is made up for on Monday
        ({"country": "DE"}, "2026-10-30", "2026-11-03"),
        ({"country": "DE", "subdivision": "BY"}, "2026-01-05", "2026-01-08"),  # Epiphany, in Bavaria alone
        ({"country": "DE"}, "2026-01-05", "2026-01-07"),
        ({"weekend": ["friday", "saturday"]}, "2026-11-05", "2026-11-09"),  # Thursday: Sunday, Monday
        ({"weekend": []}, "2026-11-06", "2026-11-08"),
    ],
)
def test_working_days_know_weekends_and_holidays(settings, start, day):
    document = replace(DOCUMENT, incident_date=date.fromisoformat(start))
    assert due({"within": "2 working days"}, document=document, **settings).day == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("condition", "item", "document", "labels", "fits"),
    [
        ({"severity": ["sev-1"]}, {}, {}, (), "SEV-1"),
        ({"severity": ["sev*"]}, {}, {}, (), "SEV-1"),
        ({"severity": ["sev-?"]}, {}, {}, (), None),
        ({"severity": ["sev-1"]}, {}, {"severity": None}, (), None),
        ({"priority": ["P0", "high"]}, {"priority": "High"}, {}, (), "High"),
        ({"priority": ["P0"]}, {}, {}, (), None),
        ({"kind": ["improvement"]}, {"kind": Kind.IMPROVEMENT}, {}, (), "improvement"),
        ({"kind": ["improvement"]}, {}, {}, (), None),
        ({"labels": ["security*"]}, {}, {}, ("ops", "security: high"), "security: high"),
        ({"labels": ["security"]}, {}, {}, ("ops",), None),
        ({"severity": ["sev-1"], "labels": ["x"]}, {}, {}, (), None),
        ({"severity": ["sev-1"], "priority": ["p0"]}, {"priority": "P0"}, {}, (), "SEV-1, P0"),
    ],
)
def test_a_rule_fits_when_all_it_asks_for_is_so_and_says_what_it_saw(condition, item, document, labels, fits):
    found = due(
        {"within": "4 weeks", **condition},
        item=replace(ITEM, **item),
        document=replace(DOCUMENT, **document),
        labels=labels,
    )
    assert (found and found.rule) == (f"{fits}, 4 weeks from the incident" if fits else None)


def test_the_first_rule_that_fits_decides():
    rules = [{"within": "1 week", "severity": ["sev-1"]}, {"within": "2 weeks", "kind": ["task"]}, {"within": "1 year"}]
    assert due(*rules).rule == "SEV-1, 1 week from the incident"
    assert due(*rules, document=replace(DOCUMENT, severity="minor")).rule == "task, 2 weeks from the incident"
    other = replace(ITEM, kind=Kind.IMPROVEMENT)
    assert due(*rules, item=other, document=replace(DOCUMENT, severity=None)).rule == "1 year from the incident"


@pytest.mark.parametrize(
    ("rule", "incident", "zone", "day"),
    [
        ({}, INCIDENT, "UTC", "2026-11-03"),
        ({"from": "document"}, INCIDENT, "UTC", "2026-11-23"),
        ({}, None, "UTC", "2026-11-23"),
        ({}, None, "Pacific/Kiritimati", "2026-11-24"),  # seen on the 23rd there
        ({"from": "document"}, INCIDENT, "Etc/GMT+12", "2026-11-23"),
    ],
)
def test_counted_from_the_incident_or_from_the_day_it_was_first_seen_where_we_are(rule, incident, zone, day):
    found = due({"within": "1 day", **rule}, document=replace(DOCUMENT, incident_date=incident), zone=zone)
    assert found.day == date.fromisoformat(day)
    assert ("the incident" in found.rule) is (incident is not None and not rule)


DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
UNITS = st.sampled_from(["working day", "day", "week", "month", "year"])


@patient
@given(DAYS, UNITS, st.integers(1, 40), st.integers(1, 40))
def test_who_gets_more_time_is_never_due_earlier(start, unit, one, more):
    document = replace(DOCUMENT, incident_date=start)
    first, second = (
        due({"within": f"{number} {unit}s"}, document=document, country="DE").day for number in sorted((one, more))
    )
    assert start < first <= second


COUNTRIES = st.sampled_from([("DE", "BY"), ("US", None), ("IR", None), ("JP", None), ("GB", "SCT")])


@patient
@given(DAYS.filter(lambda day: day.year > 2005), COUNTRIES, st.integers(1, 60))
def test_a_working_day_is_no_holiday_and_no_weekend_and_as_many_lie_before_it(start, place, number):
    country, subdivision = place
    document = replace(DOCUMENT, incident_date=start)
    day = due({"within": f"{number} working days"}, document=document, country=country, subdivision=subdivision).day
    calendar = holidays.country_holidays(country, subdiv=subdivision)
    worked = [each for each in _between(start, day) if calendar.is_working_day(each)]
    assert day == worked[-1]
    assert len(worked) == number
    assert day not in calendar


def _between(start, end):
    return [start + timedelta(days=number) for number in range(1, (end - start).days + 1)]


@patient
@given(st.none() | DAYS, st.none() | DAYS, st.none() | DAYS, st.booleans())
def test_the_document_wins_over_the_policy_and_a_person_over_both(written, extended, incident, has_rule):
    item = replace(ITEM, due_date=written, extended_to=extended)
    rules = [{"within": "3 weeks"}] if has_rule else []
    found = due(*rules, item=item, document=replace(DOCUMENT, incident_date=incident))
    by_policy = (incident or SEEN.date()) + timedelta(weeks=3) if has_rule and not written else None
    assert (found and found.day) == (extended or written or by_policy)
    if found is not None:
        assert found.source == ("extended" if extended else "document" if written else "policy")
        assert found.original == (written or by_policy)
        assert bool(found.rule) is (by_policy is not None)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"rules": [{"within": "soon"}]}, "no span of time"),
        ({"rules": [{"within": "0 days"}]}, "no span of time"),
        ({"rules": [{"within": "4weeks"}]}, "no span of time"),
        ({"rules": [{"within": "101 years"}]}, "a hundred years"),
        ({"rules": [{"within": "1 day", "severity": []}]}, "due rule 1: severity is empty"),
        ({"rules": [{"within": "1 day", "labels": ["x", ""]}]}, "due rule 1: labels is empty"),
        ({"rules": [{"within": "1 day"}, {"within": "2 days", "kind": ["task"]}]}, "due rule 1 has no condition"),
        ({"country": "Atlantis"}, "the holidays of country 'Atlantis' are not known"),
        ({"country": "DE", "subdivision": "TX"}, "DE has no subdivision 'TX' (known: BB, BE, BW, BY"),
        ({"subdivision": "BY"}, "subdivision needs a country"),
        ({"weekend": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]}, "no working day"),
    ],
)
def test_settings_that_can_mean_nothing_are_refused(settings, said):
    with pytest.raises(ValidationError) as error:
        DueSettings.model_validate(settings)
    assert said in str(error.value)


def test_the_settings_file_names_the_rule_and_the_nearest_key(tmp_path):
    file = tmp_path / "closeout.toml"
    file.write_text('[policy.due]\n[[policy.due.rules]]\nwithin = "4 weeks"\nfrm = "incident"\n', "utf-8")
    with pytest.raises(UsageError) as error:
        load(file)
    assert "did you mean `from`?" in str(error.value)


@pytest.mark.parametrize("text", ["1 day", "2 weeks", "10 working days", "1 month", "3 years"])
def test_a_span_reads_as_it_is_written(text):
    assert str(within(text)) == text


def test_holidays_are_only_imported_for_working_days():
    code = (
        "import sys; from tracker.settings import Settings; from tracker.due import DuePolicy;"
        "import tracker.app.reporting;"
        "Settings.model_validate({'policy': {'due': {'rules': [{'within': '4 weeks'}]}}});"
        "print('holidays' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# Over the whole sync

RULE = '[[policy.due.rules]]\nwithin = "4 weeks"\n'
ALERT = "Add an alert on the pool"
BY_POLICY = date(2026, 11, 30)
"""Four weeks after the incident."""


def workplace(root, settings=RULE, item=ALERT, before=None):
    """The same folder under other settings, as of when `before` was left."""
    (root / "closeout.toml").write_text(SETTINGS + settings, "utf-8")
    made = Workplace(root)
    made.document("a.md", postmortem(f"[ ] {item}"))
    made.now = before.now if before else made.now
    return made


def only(app):
    [entry] = app.status(Wanted()).entries
    return entry


def test_an_issue_is_opened_with_the_policys_day_and_says_whence_it_comes(tmp_path):
    app = workplace(tmp_path)
    app.run()
    assert app.issue(1).due == BY_POLICY
    assert "| 2026-11-30 (by policy: 4 weeks from the incident) |" in app.issue(1).body
    assert only(app).due == Due(BY_POLICY, DueSource.POLICY, "4 weeks from the incident", None, BY_POLICY)
    assert only(app).flags >= {Flag.DUE_SOON}
    app.run()
    assert app.writes == []


def test_a_policy_that_comes_later_reaches_open_issues_and_goes_again(tmp_path):
    first = workplace(tmp_path, "")
    first.run()
    assert first.issue(1).due is None
    second = workplace(tmp_path, before=first)
    second.run()
    assert second.issue(1).due == BY_POLICY
    assert "by policy" in second.issue(1).body
    third = workplace(tmp_path, RULE.replace("4", "6"), before=second)
    third.run()
    assert third.issue(1).due == date(2026, 12, 14)
    assert "6 weeks from the incident" in third.issue(1).body
    last = workplace(tmp_path, "", before=third)
    last.run()
    assert last.issue(1).due is None
    assert "by policy" not in last.issue(1).body
    last.run()
    assert last.writes == []


def test_a_policy_can_be_kept_to_ourselves(tmp_path):
    app = workplace(tmp_path, f"[policy.due]\nwrite = false\n{RULE}")
    app.run()
    assert app.issue(1).due is None
    assert "by policy" not in app.issue(1).body
    assert only(app).due.day == BY_POLICY


@pytest.mark.parametrize("theirs", [date(2027, 1, 15), None])
def test_what_a_person_did_to_an_issues_date_is_never_overwritten_by_a_policy(tmp_path, theirs):
    app = workplace(tmp_path)
    app.run()
    app.by_hand(1, due=theirs, clear_due=theirs is None)
    app.run()
    later = workplace(tmp_path, RULE.replace("4", "6"), before=app)
    for _ in range(2):
        later.run()
        assert later.issue(1).due == theirs
    assert Flag.DRIFT in only(later).flags
    assert only(later).due.day == date(2026, 12, 14)


def test_a_date_that_stood_there_before_the_policy_came_stays_too(tmp_path):
    app = workplace(tmp_path, "")
    app.run()
    app.by_hand(1, due=date(2027, 1, 15))
    app.run()
    later = workplace(tmp_path, before=app)
    later.run()
    later.run()
    assert later.issue(1).due == date(2027, 1, 15)
    later.document("a.md", postmortem(f"[ ] {ALERT} (due: 2026-12-24)"))
    assert [conflict.winner for _, conflict in later.look().plans[0].conflicts] == ["document"]


def test_a_lost_store_takes_a_persons_date_for_theirs(tmp_path):
    app = workplace(tmp_path)
    app.run()
    app.by_hand(1, due=date(2027, 1, 15))
    app.run()
    for file in tmp_path.glob("closeout.db*"):
        file.unlink()
    again = workplace(tmp_path, RULE.replace("4", "6"), before=app)
    again.run()
    again.run()
    assert again.issue(1).due == date(2027, 1, 15)
    assert Flag.DRIFT in only(again).flags


def test_the_documents_own_date_takes_the_place_of_the_policys(tmp_path):
    app = workplace(tmp_path)
    app.run()
    app.document("a.md", postmortem(f"[ ] {ALERT} (due: 2026-12-24)"))
    app.run()
    assert app.issue(1).due == date(2026, 12, 24)
    assert "by policy" not in app.issue(1).body
    app.document("a.md", postmortem(f"[ ] {ALERT}"))
    app.run()
    assert app.issue(1).due == BY_POLICY


@pytest.mark.parametrize(("before", "after"), [("", RULE), (RULE, ""), (RULE, RULE.replace("4", "6")), (RULE, RULE)])
def test_what_is_settled_is_told_nothing_more(tmp_path, before, after):
    app = workplace(tmp_path, before)
    app.run()
    app.by_hand(1, state=IssueState.DONE)
    app.run()
    told = app.issue(1)
    later = workplace(tmp_path, after, before=app)
    later.run()
    later.run()
    assert later.writes == []
    assert later.issue(1) == told
    assert only(later).days_left is None
    later.by_hand(1, state=IssueState.OPEN)
    later.run()
    expected = {"": None, RULE: BY_POLICY}.get(after, date(2026, 12, 14))
    assert later.issue(1).due == expected


def test_a_label_that_somebody_gives_the_issue_brings_its_rule(tmp_path):
    urgent = '[[policy.due.rules]]\nwithin = "2 weeks"\nlabels = ["security"]\n'
    app = workplace(tmp_path, urgent + RULE)
    app.run()
    assert app.issue(1).due == BY_POLICY
    app.by_hand(1, add_labels=frozenset({"Security"}))
    app.run()
    assert app.issue(1).due == date(2026, 11, 16)
    assert only(app).due.rule == "Security, 2 weeks from the incident"


def test_the_labels_that_a_target_gives_count_before_there_is_an_issue(tmp_path):
    labelled = SETTINGS.replace('kind = "local"', 'kind = "local"\nlabels = ["action"]')
    rule = RULE + 'labels = ["action"]\n'
    (tmp_path / "closeout.toml").write_text(labelled + rule + "[policy]\nkinds = []\n", "utf-8")
    app = Workplace(tmp_path)
    app.document("a.md", postmortem(f"[ ] {ALERT}"))
    app.run()
    assert only(app).link is None
    assert only(app).due.rule == "action, 4 weeks from the incident"


def test_an_extension_keeps_the_policys_day_the_reason_and_who_let_it(tmp_path):
    app = workplace(tmp_path)
    app.run()
    decided = app.extend(only(app).item.id, date(2027, 1, 10), "Ann", "waiting for the vendor")
    assert decided.event.who == "Ann"
    assert decided.event.detail["policy"] == "2026-11-30"
    assert decided.event.detail["why"] == "waiting for the vendor"
    found = decided.entry.due
    assert (found.day, found.original, found.source) == (date(2027, 1, 10), BY_POLICY, DueSource.EXTENDED)
    app.run()
    assert app.issue(1).due == date(2027, 1, 10)
    app.extend(only(app).item.id, None, "Ann", "")
    app.run()
    assert app.issue(1).due == BY_POLICY
