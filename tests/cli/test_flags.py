"""`status` by flag: what is hidden otherwise, what the log answers, and where a due date comes from."""

from __future__ import annotations

import csv
import io
import json

import pytest
from workplace import SETTINGS, Workplace, postmortem

ALERT = "Add an alert on the pool"
LIMIT = "Set a limit on connections"


@pytest.fixture
def synced(closeout, folder):
    def call(*items, settings=""):
        (folder / "closeout.toml").write_text(SETTINGS + settings, "utf-8")
        (folder / "postmortems/a.md").write_text(postmortem(*items), "utf-8")
        assert closeout("sync")[0] == 0

    return call


def flags(closeout, *arguments):
    code, out, _ = closeout("status", "--format", "json", *arguments)
    return code, {item["text"]: item["flags"] for item in json.loads(out)["items"]}


def test_what_was_ignored_without_a_reason_is_only_shown_to_who_asks(closeout, synced, folder):
    synced(f"[ ] {ALERT}", f"[ ] {LIMIT}")
    Workplace(folder).ignore("#1", "Jo", "")  # the command line insists on a reason, other ways in need not
    assert closeout("ignore", "#2", "--by", "Jo", "--reason", "the service goes")[0] == 0
    assert flags(closeout) == (0, {})
    assert flags(closeout, "--is", "ignored") == (0, {ALERT: ["unexplained"], LIMIT: []})
    assert flags(closeout, "--is", "unexplained") == (0, {ALERT: ["unexplained"]})
    assert flags(closeout, "--fail-on", "unexplained") == (1, {ALERT: ["unexplained"]})
    assert flags(closeout, "--fail-on", "overdue") == (0, {})


def test_what_left_its_document_with_an_open_issue_can_fail_a_pipeline(closeout, synced):
    synced(f"[ ] {ALERT}", f"[ ] {LIMIT}")
    assert flags(closeout, "--fail-on", "removed")[0] == 0
    synced(f"[ ] {LIMIT}")
    assert flags(closeout) == (0, {LIMIT: ["unowned"]})
    assert flags(closeout, "--fail-on", "removed") == (1, {ALERT: ["removed"], LIMIT: ["unowned"]})
    closeout("issues", "close", "#1")
    closeout("status", "--refresh")
    assert flags(closeout, "--fail-on", "removed")[0] == 0
    assert flags(closeout, "--is", "removed") == (0, {ALERT: []})


def test_what_the_log_tells_of_is_not_stale(closeout, synced, monkeypatch):
    synced(f"[ ] {ALERT} (owner: Jo Smith)", f"[ ] {LIMIT} (owner: Jo Smith)")
    monkeypatch.setenv("CLOSEOUT_NOW", "2026-12-20T09:00:00+00:00")
    closeout("extend", "#1", "2027-06-01", "--by", "Jo", "--reason", "later")
    monkeypatch.setenv("CLOSEOUT_NOW", "2026-12-24T09:00:00+00:00")
    assert flags(closeout, "--fail-on", "stale") == (1, {ALERT: [], LIMIT: ["stale"]})
    assert closeout("report", "--at", "2027-03-01")[0] == 0


def test_status_tells_where_a_day_comes_from(closeout, synced):
    rule = '[[policy.due.rules]]\nwithin = "10 working days"\n'
    synced(f"[ ] {ALERT}", f"[ ] {LIMIT} (due: 2026-12-24)", settings=rule)
    assert "2026-11-16" in (table := closeout("status")[1])
    assert "by policy" in table
    rule_told = "2026-11-16, by policy: 10 working days from the incident"
    assert rule_told in closeout("status", "#1")[1]
    items = {item["text"]: item for item in json.loads(closeout("status", "--format", "json")[1])["items"]}
    assert [items[ALERT][name] for name in ("due", "due_source", "document_due", "policy_due", "due_rule")] == [
        "2026-11-16",
        "policy",
        None,
        "2026-11-16",
        "10 working days from the incident",
    ]
    assert [items[LIMIT][name] for name in ("due", "due_source", "due_rule")] == ["2026-12-24", "document", None]
    rows = {row["text"]: row for row in csv.DictReader(io.StringIO(closeout("status", "--format", "csv")[1]))}
    assert rows[ALERT]["due_source"] == "policy"
    assert "2026-11-16, by policy" in closeout("report", "--format", "markdown")[1]


def test_an_extension_is_shown_with_the_day_of_the_policy_who_let_it_and_why(closeout, synced):
    synced(f"[ ] {ALERT}", settings='[[policy.due.rules]]\nwithin = "4 weeks"\n')
    out = closeout("extend", "#1", "2026-11-25", "--by", "Ann", "--reason", "the audit is early")[1]
    assert "due 2026-11-30 (by policy: 4 weeks from the incident), extended to 2026-11-25" in out
    assert "That is earlier than the policy says." in out
    told = " ".join(closeout("status", "#1")[1].split())
    assert "extended to 2026-11-25 by Ann: the audit is early" in told
    assert "was 2026-11-30" in closeout("status")[1]
    report = closeout("report", "--format", "markdown")[1]
    assert "2026-11-25, extended from 2026-11-30 (by policy: 4 weeks from the incident)" in report
    undone = closeout("extend", "#1", "--undo", "--by", "Ann", "--reason", "it is not")[1]
    assert "due 2026-11-30 again, by policy: 4 weeks" in undone


def test_help_lists_each_word_once(closeout):
    words = "".join(closeout("status", "--help")[1].split())
    assert words.count("removed") == 2  # once of --is, once of --fail-on
    assert words.count("owner-gone") == 2
