"""`closeout metrics` by running it."""

import csv
import json
from pathlib import Path

import jsonschema
import pytest
from workplace import Workplace, postmortem

from connectors import IssueState

SCHEMA = Path(__file__).resolve().parents[2] / "docs/schemas/metrics.json"


@pytest.fixture
def folder(folder):
    """Two items found on November 23, one closed on December 1, the other overdue since December 5."""
    place = Workplace(folder)
    pool = "Alert on the connection pool (owner: DBA team, due: 2026-12-04, P1)"
    place.document("a.md", postmortem(pool, "Run a load test before every release (due: 2026-12-20)"))
    place.run()
    place.now = place.now.replace(month=12, day=1)
    place.by_hand(2, state=IssueState.DONE)
    place.now = place.now.replace(day=9)
    place.run()
    return folder


@pytest.fixture
def at(monkeypatch):
    monkeypatch.setenv("CLOSEOUT_NOW", "2026-12-09T12:00:00+00:00")


def test_what_people_see(closeout, at):
    code, out, err = closeout("metrics")
    assert (code, err) == (0, "")
    assert "2026-09-09 to 2026-12-09, by week" in out
    assert "1, up from 0" in out
    assert "half of what was done took up to 8 days" in out
    assert "1 of 1 (100 %)" in out
    assert "1 of 2 open" in out
    assert "0 of 1 postmortem fully closed (0 %)" in out


def test_json_is_as_its_schema_says(closeout, at):
    code, out, _ = closeout("metrics", "--from", "2026-11-20", "--format", "json")
    told = json.loads(out)
    jsonschema.validate(told, json.loads(SCHEMA.read_text("utf-8")))
    assert (code, told["version"], told["first"], told["last"]) == (0, 1, "2026-11-20", "2026-12-09")
    assert [day["open"] for day in told["days"]] == [0] * 3 + [2] * 8 + [1] * 9
    assert [day["overdue"] for day in told["days"]] == [0] * 15 + [1] * 5
    assert told["overall"] == {
        "name": "",
        "closed": 1,
        "wont_do": 0,
        "duplicate": 0,
        "median": 8.0,
        "p90": 8.0,
        "in_time": 1,
        "with_due": 1,
    }


def test_any_day_can_be_computed_again(closeout, at, monkeypatch):
    _, before, _ = closeout("metrics", "--to", "2026-12-02", "--format", "json")
    monkeypatch.setenv("CLOSEOUT_NOW", "2027-08-01T12:00:00+00:00")
    _, later, _ = closeout("metrics", "--to", "2026-12-02", "--format", "json")
    assert before == later
    told = json.loads(later)
    assert (told["days"][-1]["open"], told["days"][-1]["overdue"], told["days"][-1]["closed"]) == (1, 0, 1)


def test_csv_of_days_or_of_a_table(closeout, at):
    _, out, _ = closeout("metrics", "--from", "2026-12-08", "--format", "csv")
    assert list(csv.reader(out.splitlines()))[1:] == [["2026-12-08", "1", "1", "1", "0", "0"], ["2026-12-09", *"11100"]]
    _, out, _ = closeout("metrics", "--by", "team", "--format", "csv")
    assert [row["name"] for row in csv.DictReader(out.splitlines())] == [""]


def test_it_agrees_with_the_report(closeout, at):
    _, out, _ = closeout("metrics", "--format", "json")
    _, report, _ = closeout("report", "--format", "json")
    day, totals = json.loads(out)["days"][-1], json.loads(report)["totals"]
    assert (day["open"], day["overdue"]) == (totals["open"] + totals["snoozed"], totals["overdue"])
    assert day["closed"] == totals["done"] + totals["wont_do"] + totals["duplicate"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--to", "2026-12-10"), "2026-12-10 is not over yet"),
        (("--from", "2026-12-02", "--to", "2026-12-01"), "2026-12-02 is after 2026-12-01"),
        (("--from", "soon"), "is no day"),
        (("--by", "moon"), "moon"),
    ],
)
def test_a_span_that_is_none(closeout, at, options, said):
    code, out, err = closeout("metrics", *options)
    assert (code, out) == (2, "")
    assert said in err


def test_without_a_store_nothing_is_known_and_none_is_made(closeout, folder):
    for file in folder.glob("closeout.db*"):
        file.unlink()
    code, out, _ = closeout("metrics")
    assert code == 0
    assert "no postmortem promises anything" in out
    assert not list(folder.glob("closeout.db*"))
