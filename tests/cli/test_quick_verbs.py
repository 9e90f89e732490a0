"""`status --owner me`, everything about one item, and the timetable, by running them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
from workplace import SETTINGS, postmortem

TOP = Path(__file__).resolve().parents[2]
MONITOR = "Add monitoring for the connection pool (owner: Jo Smith, due: 2026-11-20)"
LOAD = "Run a load test before every release (owner: Joanna)"
SCHEDULES = """
[people.joanna]
name = "Joanna Smithers"
aliases = ["Joanna"]
[schedules.sync]
run = "sync"
cron = "0 * * * *"
timezone = "Europe/Madrid"
jitter_seconds = 90
"""


@pytest.fixture
def folder(folder):
    (folder / "closeout.toml").write_text(SETTINGS + SCHEDULES, "utf-8")
    (folder / "postmortems/a.md").write_text(postmortem(MONITOR, LOAD), "utf-8")
    return folder


def schema_of(name):
    return json.loads((TOP / "docs/schemas" / f"{name}.json").read_text("utf-8"))


def git_says(folder, name, email):
    (folder / "gitconfig").write_text(f"[user]\nname = {name}\nemail = {email}\n", "utf-8")


@pytest.mark.parametrize(("name", "email"), [("J. S.", "jo@example.com"), ("Jo Smith", "elsewhere@example.com")])
def test_me_is_who_git_says_and_nobody_of_a_like_name(closeout, folder, name, email):
    closeout("sync")
    git_says(folder, name, email)
    code, out, _ = closeout("status", "--owner", "me", "--format", "json")
    assert code == 0
    assert [item["owner"] for item in json.loads(out)["items"]] == ["Jo Smith"]


def test_whoever_the_people_book_does_not_know_is_told_how_to_mend_it(closeout, folder):
    closeout("sync")
    git_says(folder, "DBA team", "stranger@example.com")
    code, out, err = closeout("status", "--owner", "me")
    assert (code, out) == (2, "")
    assert "does not know you as DBA team <stranger@example.com>" in err
    assert "[people]" in err


def test_everything_about_an_item(closeout, folder):
    closeout("sync")
    closeout("extend", "#1", "2026-12-18", "--by", "Maria", "--reason", "waits for the vendor")
    closeout("issues", "assign", "1", "maria")
    closeout("sync")
    with closing(sqlite3.connect(folder / "closeout.db")) as database:
        database.execute("UPDATE document SET web_url = 'https://example.com/ops/blob/abc/a.md'")
        database.execute("UPDATE link SET issue = json_set(issue, '$.title', 'Watch the pool') WHERE issue_key = '#1'")
        database.execute(
            "INSERT INTO journal (target, budget_key, action, item, outcome, intended_at, detail) SELECT 'local', '', "
            "'comment', item, 'uncertain', '2026-11-23 08:00:00.000000', 'the line broke' "
            "FROM link WHERE issue_key = '#1'"
        )
        database.commit()
    code, out, err = closeout("status", "#1")
    assert (code, err) == (0, "")
    for told in (
        "2026-11-20, extended to 2026-12-18 by Maria: waits for the vendor",
        "Days left",
        "https://example.com/ops/blob/abc/a.md#L",
        "postmortems/a.md:",
        "Assigned to  maria",
        "Disagrees    title: Watch the pool on the issue, Add monitoring for the connection pool was agreed",
        "comment in local, 2026-11-23 08:00 UTC: the line broke",
        "Closeout opened issue #1",
    ):
        assert told in out, told
    code, out, err = closeout("status", "#1", "--format", "json")
    output = json.loads(out)
    jsonschema.validate(output, schema_of("status-item"))
    assert (code, err, len(output["items"])) == (0, "", 1)
    assert output["items"][0]["due_source"] == "extended"
    assert output["linked"]["assignees"] == ["maria"]
    agreed = "Add monitoring for the connection pool"
    assert output["drift"] == [{"field": "title", "agreed": agreed, "issue": "Watch the pool"}]
    assert [doubt["outcome"] for doubt in output["in_doubt"]] == ["uncertain"]
    assert "due date extended" in [event["what"] for event in output["events"]]


def test_one_item_can_fail_a_pipeline_too(closeout):
    closeout("sync")
    assert closeout("status", "#1", "--fail-on", "overdue")[0] == 1
    assert closeout("status", "#2", "--fail-on", "overdue")[0] == 0


def test_the_timetable(closeout, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    code, out, err = closeout("schedule")
    assert (code, err) == (0, "")
    for told in ("every hour at :00", "Europe/Madrid, up to 1 min 30 s later", "2026-11-23 11:00 CET", "never ran"):
        assert told in out, told
    assert "`closeout serve` runs it when it is due" in out
    assert not (folder / "closeout.db").exists()
    code, out, err = closeout("schedule", "--format", "json")
    output = json.loads(out)
    jsonschema.validate(output, schema_of("schedule"))
    assert (code, err) == (0, "")
    assert output["schedules"][0]["next_at"] == "2026-11-23T11:00:00+01:00"


def test_the_timetable_tells_how_it_went(closeout, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    closeout("sync")
    with closing(sqlite3.connect(folder / "closeout.db")) as database:
        database.execute(
            "INSERT INTO firing (schedule, due_at, started_at, finished_at, outcome, detail) VALUES ('sync', "
            "'2026-11-23 06:00:00.000000', '2026-11-23 06:00:10.000000', '2026-11-23 06:01:33.000000', 'failed', 'why')"
        )
        database.commit()
    _, out, _ = closeout("schedule")
    told = " ".join(out.split())
    assert "overdue: should have run 2026-11-23 09:00 CET, 1 h ago" in told
    assert "failed 2026-11-23 07:00 CET, took 1 min 23 s: why" in told
    assert "is `closeout serve` running?" in told


def test_without_schedules_it_is_told_how_to_make_one(closeout, folder):
    (folder / "closeout.toml").write_text(SETTINGS, "utf-8")
    assert "a [schedules.NAME] table in closeout.toml makes one" in closeout("schedule")[1]
