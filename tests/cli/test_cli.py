"""The command line by running it: what it prints where, and its exit codes, which scripts rely on."""

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
import yaml
from workplace import SETTINGS, postmortem

from tracker.settings_file import load

TOP = Path(__file__).resolve().parents[2]
MONITOR = "Add monitoring for the connection pool (owner: Jo Smith, due: 2026-11-20)"
LOAD = "Run a load test before every release"


@pytest.fixture
def folder(folder):
    (folder / "postmortems/a.md").write_text(postmortem(MONITOR, LOAD), "utf-8")
    return folder


def test_the_main_job(closeout):
    code, out, _ = closeout("plan")
    assert code == 0
    assert "2 to create" in out
    code, out, _ = closeout("sync")
    assert code == 0
    assert "2 opened" in out
    assert "#1" in out
    code, out, _ = closeout("sync")
    assert (code, "nothing to do" in out) == (0, True)
    code, out, _ = closeout("status")
    assert code == 0
    assert "3d late" in out
    assert "2 open, 1 overdue, 1 unowned" in out
    code, out, _ = closeout("report")
    assert code == 0
    assert "Jo Smith" in out


def test_parse_prints_the_contract(closeout, folder):
    (folder / "closeout.toml").unlink()
    code, out, _ = closeout("parse", "postmortems/a.md", "--format", "json")
    assert code == 0
    output = json.loads(out)
    assert output["version"] == 1
    (document,) = output["documents"]
    contract, added = list(document)[:6], list(document)[6:]
    assert contract == ["path", "title", "incident_date", "severity", "items", "diagnostics"]
    assert added == ["started", "ended", "services", "authors"]
    assert document["path"] == "postmortems/a.md"
    assert list(document["items"][0]) == [
        "text", "line", "section", "kind", "owner", "due", "priority", "links", "done", "parent_line",
    ]  # fmt: skip
    assert document["items"][0]["owner"] == "Jo Smith"
    assert sorted(path.name for path in folder.iterdir()) == ["postmortems"]


def test_explain_shows_the_document_and_why(closeout):
    code, out, _ = closeout("parse", "postmortems", "--explain")
    assert code == 0
    assert "↳ item 1 · " in out
    assert "gives work" in out


def test_parse_names_documents_relative_to_where_one_stands(closeout, folder, monkeypatch):
    monkeypatch.chdir(folder / "postmortems")
    _, out, _ = closeout("parse", ".", "--format", "json")
    assert json.loads(out)["documents"][0]["path"] == "a.md"


@pytest.mark.parametrize(
    "command",
    [
        ["plan"],
        ["sync"],
        ["status"],
        ["report", "weekly"],
        ["issues", "list"],
        ["issues", "show", "1"],
        ["parse", "postmortems"],
        ["parse", "postmortems", "--explain"],
        ["history", "#1"],
        ["lint", "postmortems"],
    ],
)
def test_json_fits_its_published_schema_and_stdout_holds_nothing_else(closeout, command):
    if command[0] not in ("plan", "sync"):
        closeout("sync")
    code, out, err = closeout(*command, "--format", "json")
    assert code == 0
    assert err == ""
    output = json.loads(out)
    assert output["version"] == 1
    name = "explain" if "--explain" in command else command[0]
    schema = json.loads((TOP / "docs/schemas" / f"{name}.json").read_text("utf-8"))
    jsonschema.validate(output, schema)
    assert schema["additionalProperties"] is False


def test_a_plan_is_kept_and_carried_out_or_refused(closeout, folder):
    closeout("plan", "--out", "plan.json")
    assert json.loads((folder / "plan.json").read_text())["plans"][0]["actions"][0]["action"] == "create"
    (folder / "postmortems/b.md").write_text(postmortem("Write a runbook for failover", title="B"))
    code, _, err = closeout("sync", "--plan", "plan.json")
    assert code == 4
    assert "changed since the plan was made" in err
    (folder / "postmortems/b.md").unlink()
    code, out, _ = closeout("sync", "--plan", "plan.json")
    assert (code, "2 opened" in out) == (0, True)


@pytest.mark.parametrize("command", [["plan"], ["report", "weekly"]])
def test_a_place_that_cannot_be_written_to_is_told(closeout, command):
    code, _, err = closeout(*command, "--out", "nowhere/file")
    assert code == 2
    assert "nowhere/file: can't be written" in err


@pytest.mark.parametrize("group", [[], ["issues"]])
def test_a_group_without_a_command_shows_its_help(closeout, group):
    code, _, err = closeout(*group)
    assert code == 2
    assert err.startswith("Usage: closeout")
    assert "list" in err or "sync" in err


def test_a_file_that_is_no_plan_is_refused(closeout, folder):
    (folder / "plan.json").write_text("{}")
    code, _, err = closeout("sync", "--plan", "plan.json")
    assert code == 2
    assert "no plan" in err


def test_dry_run_is_plan(closeout, folder):
    assert closeout("sync", "--dry-run")[1] == closeout("plan")[1]
    assert not (folder / "closeout.db").exists()


def test_the_brake_refuses_with_counts_and_flag(closeout):
    code, out, err = closeout("sync", "--max-creates", "1")
    assert code == 4
    assert out == ""
    assert "2 issues" in err
    assert "--max-creates 2" in err


def test_lint_tells_authors_what_to_mend(closeout, folder):
    (folder / "postmortems/a.md").write_text(
        postmortem(MONITOR, LOAD, "Rotate the keys (owner: Tobias, due: next spring)", "[x] Wait"), "utf-8"
    )
    (folder / "postmortems/b.md").write_text("# Nothing\n\nIt was down.\n", "utf-8")
    code, out, _ = closeout("lint", "postmortems", "--format", "json")
    assert code == 0
    assert [(finding["rule"], finding["path"], finding["line"]) for finding in json.loads(out)["findings"]] == [
        ("no-due", "postmortems/a.md", 12),
        ("no-owner", "postmortems/a.md", 12),
        ("unclear-due", "postmortems/a.md", 13),
        ("unknown-owner", "postmortems/a.md", 13),
        ("no-items", "postmortems/b.md", 1),
    ]
    code, out, _ = closeout("lint", "postmortems", "--fail-on", "no-owner")
    assert code == 1
    assert "5 to mend in 2 documents" in out
    assert closeout("lint", "postmortems/b.md", "--fail-on", "no-owner")[0] == 0
    assert closeout("lint", "postmortems/b.md", "--fail-on", "any")[0] == 1
    assert closeout("lint", "postmortems", "--fail-on", "nonsense")[0] == 2


def test_lint_tells_what_holds_no_verb_in_every_format(closeout, folder):
    (folder / "postmortems/a.md").write_text(postmortem("Database backups", "Test the backups"), "utf-8")
    _, out, _ = closeout("lint", "postmortems/a.md", "--format", "json")
    findings = [finding for finding in json.loads(out)["findings"] if finding["rule"] == "no-verb"]
    assert [(finding["line"], finding["message"]) for finding in findings] == [(11, "no verb: Database backups")]
    assert "no-verb" in closeout("lint", "postmortems/a.md", "--format", "github")[1]
    assert "no-verb no verb: Database backups" in closeout("lint", "postmortems/a.md")[1]
    run_ = json.loads(closeout("lint", "postmortems/a.md", "--format", "sarif")[1])["runs"][0]
    assert "no-verb" in {rule["id"] for rule in run_["tool"]["driver"]["rules"]}
    assert "no-verb" in {result["ruleId"] for result in run_["results"]}
    assert closeout("lint", "postmortems/a.md", "--fail-on", "no-verb")[0] == 1


PARSER = """
[parser]
day_first = true
[parser.sections]
action = ["Wat nu"]
[parser.columns]
owner = ["Kapitein"]
"""


def test_the_settings_teach_every_command_that_reads_documents(closeout, folder):
    text = (
        "# Storing\n\n## Wat nu\n\n| Action | Kapitein | Due |\n|--|--|--|\n| Add a probe | Jo Smith | 04/05/2027 |\n"
    )
    (folder / "postmortems/a.md").write_text(text, "utf-8")
    (folder / "closeout.toml").write_text(SETTINGS + PARSER, "utf-8")
    _, out, _ = closeout("parse", "postmortems", "--format", "json")
    (document,) = json.loads(out)["documents"]
    assert [(item["owner"], item["due"]) for item in document["items"]] == [("Jo Smith", "2027-05-04")]
    assert document["diagnostics"] == []
    assert "0 to mend" in closeout("lint", "postmortems")[1]
    assert "1 to create" in closeout("plan")[1]
    assert "1 opened" in closeout("sync")[1]


def test_parse_shows_what_the_document_says_of_itself(closeout, folder):
    facts = "Severity: SEV1\nAuthors: Jo, Kim, Lee, Max\nStart: 2026-11-02 10:03 UTC\nEnd: 11:20 UTC\nServices: api\n"
    (folder / "postmortems/a.md").write_text(f"# Down\n\n{facts}", "utf-8")
    _, out, _ = closeout("parse", "postmortems/a.md", "--format", "json")
    (document,) = json.loads(out)["documents"]
    assert (document["started"], document["ended"]) == ("2026-11-02T10:03:00Z", "2026-11-02T11:20:00Z")
    assert (document["services"], document["authors"]) == (["api"], ["Jo", "Kim", "Lee", "Max"])
    _, out, _ = closeout("parse", "postmortems/a.md")
    told = "postmortems/a.md, 2026-11-02 10:03Z – 11:20Z, SEV1, api, by Jo, Kim, Lee and 1 more"
    assert told in " ".join(out.split())


def test_lint_annotates_on_github_and_in_code_scanning(closeout, folder):
    (folder / "postmortems/a,b.md").write_text(postmortem("Cut 50% of the pages"), "utf-8")
    _, out, _ = closeout("lint", "postmortems/a,b.md", "--format", "github")
    assert out.splitlines()[0].startswith(
        "::warning file=postmortems/a%2Cb.md,line=11,title=no-due::no due date: Cut 50%25"
    )
    _, out, _ = closeout("lint", "postmortems/a,b.md", "--format", "sarif")
    run_ = json.loads(out)["runs"][0]
    assert {result["ruleId"] for result in run_["results"]} <= {rule["id"] for rule in run_["tool"]["driver"]["rules"]}
    assert run_["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 11}


def test_status_filters_and_fails_on_demand(closeout):
    closeout("sync")
    code, out, err = closeout("status", "--is", "overdue", "--format", "json", "--fail-on", "overdue")
    assert code == 1
    assert [item["issue"] for item in json.loads(out)["items"]] == ["#1"]
    assert "1 items are overdue" in err
    assert closeout("status", "--owner", "maria", "--fail-on", "overdue")[0] == 0
    code, _, err = closeout("status", "--is", "late")
    assert code == 2
    assert "overdue" in err


def test_one_item_by_the_start_of_its_id_or_its_issue(closeout):
    closeout("sync")
    _, out, _ = closeout("status", "#1")
    assert "Add monitoring for the connection pool" in out
    assert "postmortems/a.md:11" in out
    code, _, err = closeout("status", "zzzz")
    assert code == 2
    assert "no such item" in err


def test_status_csv_is_safe_for_spreadsheets(closeout, folder):
    (folder / "postmortems/a.md").write_text(postmortem("=SUM(A1) must not be run by anybody's spreadsheet"))
    closeout("sync")
    _, out, _ = closeout("status", "--format", "csv")
    (row,) = csv.DictReader(out.splitlines())
    assert row["text"].startswith("'=SUM")


def test_an_issue_closed_by_hand_and_its_story(closeout):
    closeout("sync")
    assert closeout("issues", "close", "1", "--as", "wont-do")[0] == 0
    assert closeout("issues", "comment", "1", "Too **dear**.")[0] == 0
    assert closeout("issues", "assign", "2", "maria")[0] == 0
    _, out, _ = closeout("sync")
    assert "2 noted" in out
    _, out, _ = closeout("history", "#1")
    assert "Closeout found it in postmortems/a.md" in out
    assert "Closeout opened issue #1" in out
    assert "Somebody on local changed issue #1: state changed from “open” to “wont do”" in out
    _, out, _ = closeout("issues", "show", "#1")
    assert "won't do" in out
    assert "Too dear." in out
    assert closeout("issues", "reopen", "#1")[0] == 0
    assert closeout("issues", "show", "99")[0] == 5
    assert closeout("issues", "show", "first")[0] == 2


def test_a_check_of_links_shows_issues_that_are_gone_and_fails_on_them(closeout, folder):
    closeout("sync")
    closeout("sync")  # from here on listings start at a cursor
    code, _, _ = closeout("status", "--check-links", "--fail-on", "ghost")
    assert code == 0
    with closing(sqlite3.connect(folder / "closeout-issues.db")) as database, database:
        database.execute("DELETE FROM local_issue WHERE number = 2")
    code, _, _ = closeout("status", "--refresh", "--fail-on", "ghost")
    assert code == 0
    code, out, err = closeout("status", "--check-links", "--fail-on", "ghost", "--is", "ghost", "--format", "json")
    assert code == 1
    assert "1 items are ghost" in err
    (item,) = json.loads(out)["items"]
    assert (item["text"], item["gone"]["kind"]) == (LOAD, "not-found")
    code, out, _ = closeout("plan")
    assert code == 0
    assert "1 to decide (issue gone)" in out
    assert "closeout unlink ITEM" in out


def test_refresh_learns_from_issues_and_writes_none(closeout):
    closeout("sync")
    closeout("issues", "close", "1")
    _, out, _ = closeout("status", "--refresh", "--format", "json")
    assert sorted(item["state"] for item in json.loads(out)["items"]) == ["done", "open"]
    _, out, _ = closeout("sync")
    assert "nothing to do" in out


def test_report_formats_and_files(closeout, folder):
    closeout("sync")
    for form, sign in (("markdown", "Jo Smith"), ("html", "<!doctype html>"), ("json", '"version"'), ("csv", "owner")):
        code, out, _ = closeout("report", "weekly", "--format", form)
        assert code == 0
        assert sign.casefold() in out.casefold()
    code, out, _ = closeout("report", "weekly", "--format", "html", "--out", "report.html")
    assert (code, out) == (0, "")
    assert (folder / "report.html").stat().st_size > 1000
    code, _, err = closeout("report", "monthly")
    assert code == 2
    assert "weekly" in err


def test_report_at_another_day(closeout):
    closeout("sync")
    _, out, _ = closeout("report", "--at", "2026-11-19", "--format", "json")
    assert json.loads(out)["totals"]["overdue"] == 0
    assert closeout("report", "--at", "yesterday")[0] == 2


def test_sending_needs_a_mail_server_and_a_dry_run_does_not(closeout):
    closeout("sync")
    code, _, err = closeout("report", "--send")
    assert code == 2
    assert "[mail]" in err
    code, out, err = closeout("report", "--send", "--dry-run")
    assert code == 0
    assert "1 open items are told to nobody" in err
    assert re.search(r"would-send +Jo Smith +jo@example.com +\d+ +You get this because you own", out)
    code, out, _ = closeout("report", "--send", "--dry-run", "--format", "json")
    told = json.loads(out)
    assert (code, told["dry_run"], told["untold"]) == (0, True, 1)
    assert {"recipient": "jo", "channel": "mail", "outcome": "would-send"}.items() <= told["deliveries"][0].items()
    code, _, err = closeout("report", "--send", "--format", "html")
    assert (code, "--format html" in err) == (2, True)


JIRA = ("--base-url", "https://acme.atlassian.net", "--project", "OPS")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ((), "local"),
        (("--target", "github", "--repository", "acme/ops"), "github"),
        (("--target", "jira", *JIRA), "jira"),
        ((*JIRA, "--email", "bot@example.com"), "jira"),
    ],
)
def test_init_writes_settings_that_load(closeout, folder, arguments, kind):
    (folder / "closeout.toml").unlink()
    code, _, err = closeout("init", *arguments)
    assert code == 0
    assert "closeout plan" in err
    settings = load(folder / "closeout.toml").settings
    assert settings.targets[settings.target].kind == kind
    assert closeout("init")[0] == 2, "it never overwrites"


def test_init_refuses_what_would_not_load(closeout, folder):
    (folder / "closeout.toml").unlink()
    code, _, err = closeout("init", "--target", "github", "--repository", "no-slash")
    assert code == 2
    assert "repository" in err
    assert not (folder / "closeout.toml").exists()
    assert closeout("init", "--target", "github")[0] == 2
    code, _, err = closeout("init", "--target", "jira", "--base-url", "https://acme.atlassian.net")
    assert (code, "Add --project KEY" in err) == (2, True)


def test_init_writes_a_workflow(closeout, folder):
    (folder / "closeout.toml").unlink()
    assert closeout("init", "--ci", "github")[0] == 0
    text = (folder / ".github/workflows/closeout.yml").read_text()
    assert "closeout sync" in text
    assert "JIRA" not in text


def test_a_workflow_for_jira_hands_over_its_token(closeout, folder):
    (folder / "closeout.toml").unlink()
    assert closeout("init", "--ci", "github", *JIRA)[0] == 0
    jobs = yaml.safe_load((folder / ".github/workflows/closeout.yml").read_text())["jobs"]
    for job in jobs.values():
        assert job["steps"][-1]["env"]["JIRA_TOKEN"] == "${{ secrets.JIRA_TOKEN }}"


def test_a_github_target_without_a_token_says_which_variable(closeout, folder, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    (folder / "closeout.toml").write_text('target = "gh"\n[targets.gh]\nkind = "github"\nrepository = "acme/ops"\n')
    code, _, err = closeout("plan")
    assert code == 2
    assert "GITHUB_TOKEN" in err


def test_without_settings_every_command_that_needs_them_says_so(closeout, folder):
    (folder / "closeout.toml").unlink()
    for command in (["sync"], ["plan"], ["status"], ["report"], ["history", "x"], ["issues", "list"], ["serve"]):
        code, out, err = closeout(*command)
        assert (code, out) == (2, "")
        assert "closeout init" in err


def test_all_problems_of_the_settings_are_told_at_once(closeout, folder):
    (folder / "closeout.toml").write_text("tarket = 1\n[policy]\ndue_soon_dayz = 3\n")
    code, _, err = closeout("status")
    assert code == 2
    assert "line 1: unknown setting `tarket`; did you mean `target`?" in err
    assert "line 3: unknown setting `policy.due_soon_dayz`; did you mean `due_soon_days`?" in err


@pytest.mark.parametrize(
    "arguments", [["sinc"], ["sync", "--dryrun"], ["parse"], ["parse", "nowhere.md"], ["--config", "x.toml", "status"]]
)
def test_usage_errors_are_2_and_have_no_traceback(closeout, arguments):
    code, out, err = closeout(*arguments)
    assert (code, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_an_unreadable_file_is_reported_and_the_rest_is_parsed(closeout, folder):
    (folder / "postmortems/big.md").write_bytes(b"x" * 20_000_001)
    code, out, err = closeout("parse", "postmortems", "--format", "json")
    assert code == 3
    assert [document["path"] for document in json.loads(out)["documents"]] == ["postmortems/a.md"]
    assert "big.md" in err


def test_a_broken_store_is_told_in_words(closeout, folder):
    (folder / "closeout.db").write_bytes(b"this is no database, and long enough to tell" * 100)
    code, _, err = closeout("status")
    assert code == 5
    assert "closeout.db" in err
    assert "Traceback" not in err


def test_the_installed_command(folder):
    """As a program of its own: no colour in a pipe, the exit code of the process."""
    command = [sys.executable, "-W", "error", "-m", "tracker"]
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    done = subprocess.run([*command, "sync"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    done = subprocess.run(
        [*command, "status", "--fail-on", "overdue"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 1
