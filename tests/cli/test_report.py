"""`closeout report` of each kind, for one owner, as a calendar, and in the words of a team's own templates."""

import json

import icalendar
import pytest
from workplace import SETTINGS, postmortem

REPORTS = """
[reports.weekly]
[reports.teams]
kind = "teams"
[reports.board]
kind = "management"
to = ["board@example.org"]
[reports.each]
kind = "postmortems"
period = "cron"
[reports.late]
only = { flag = ["overdue"] }
[reports.own]
templates = ["own.html.j2", "own.md.j2"]
"""


@pytest.fixture
def folder(folder):
    (folder / "closeout.toml").write_text(SETTINGS + REPORTS, "utf-8")
    items = (
        "Add monitoring for the connection pool (owner: Jo Smith, due: 2026-11-20)",
        "Run a load test before every release (owner: DBA team, due: 2026-12-20)",
    )
    (folder / "postmortems/a.md").write_text(postmortem(*items), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "sections"),
    [
        ("weekly", ["Jo Smith", "DBA team"]),
        ("teams", ["DBA team", None]),
        ("board", ["DBA team", None]),
        ("each", [None]),
        ("late", ["Jo Smith"]),
    ],
)
def test_each_kind_has_its_sections(closeout, name, sections):
    closeout("sync")
    code, out, _ = closeout("report", name, "--format", "json")
    assert code == 0
    found = [each["owner"] and each["owner"]["name"] for each in json.loads(out)["sections"]]
    assert sorted(found, key=str) == sorted(sections, key=str)
    code, out, _ = closeout("report", name)
    assert code == 0
    assert "connection pool" in out


def test_one_owner_sees_what_they_would_get(closeout):
    closeout("sync")
    for name in ("jo", "Jo Smith"):
        _, out, _ = closeout("report", "--owner", name)
        assert "connection pool" in out
        assert "load test" not in out
    code, out, _ = closeout("report", "--owner", "maria", "--format", "json")
    assert (code, json.loads(out)["totals"]["open"]) == (0, 0)
    assert closeout("report", "--owner", "nobody")[0] == 2
    code, _, err = closeout("report", "--owner", "jo", "--send")
    assert code == 2
    assert "--send and --owner" in err


def test_a_calendar_in_a_file(closeout, folder):
    closeout("sync")
    assert closeout("report", "--owner", "jo", "--format", "ics", "--out", "jo.ics")[0] == 0
    read = icalendar.Calendar.from_ical((folder / "jo.ics").read_bytes())
    assert [str(event["summary"]) for event in read.events] == ["Add monitoring for the connection pool"]
    assert (folder / "jo.ics").read_bytes().count(b"\n") == (folder / "jo.ics").read_bytes().count(b"\r\n")


def test_a_report_for_management_goes_to_whom_it_names(closeout):
    closeout("sync")
    _, out, _ = closeout("report", "board", "--send", "--dry-run")
    assert "board@example.org" in out
    assert "Jo Smith" not in out
    _, out, err = closeout("report", "each", "--send", "--dry-run")
    assert out == "nobody to tell\n"
    assert "nobody is to get this report" in err


def test_a_flag_that_is_none_is_told_with_those_there_are(closeout, folder):
    with (folder / "closeout.toml").open("a", encoding="utf-8") as file:
        file.write('[reports.odd]\nonly = { flag = ["overdu"] }\n')
    code, _, err = closeout("report")
    assert code == 2
    assert "reports.odd.only.flag" in err
    assert "'due-soon'" in err


def test_templates_of_the_teams_own(closeout, folder):
    closeout("sync")
    code, _, err = closeout("report", "own", "--format", "html")
    assert code == 2
    assert "own.html.j2" in err
    (folder / "own.html.j2").write_text('{% extends "report.html.j2" %}\n{% block title %}Acme{% endblock %}', "utf-8")
    (folder / "own.md.j2").write_text("# {{ report.title }}\n{{ report.titel }}", "utf-8")
    code, out, _ = closeout("report", "own", "--format", "html")
    assert code == 0
    assert "Acme" in out
    assert "connection pool" in out
    code, out, err = closeout("report", "own", "--format", "markdown")
    assert (code, out) == (2, "")
    assert "own.md.j2:2" in err
    assert "titel" in err
    assert "Traceback" not in err
    assert closeout("report", "own")[0] == 0
