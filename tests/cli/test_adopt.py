"""`--adopt similar` on the command line: shown by `plan`, asked about by `sync`, never taken silently."""

import io
import json
import sqlite3

import pytest
from workplace import SETTINGS, postmortem

from tracker.cli import run

ALERT = "Alert on full connection pools"


@pytest.fixture
def closeout(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLOSEOUT_NOW", "2026-11-23T09:00:00+00:00")
    monkeypatch.setattr("sys.stdin", io.StringIO())  # no terminal
    (tmp_path / "postmortems").mkdir()
    (tmp_path / "closeout.toml").write_text(SETTINGS, "utf-8")
    document = tmp_path / "postmortems/a.md"

    def call(*arguments):
        code = run(list(arguments))
        out, err = capfd.readouterr()
        return code, out, err

    document.write_text(postmortem(ALERT), "utf-8")
    call("sync")  # its issue becomes one that somebody opened by hand
    with sqlite3.connect(tmp_path / "closeout-issues.db") as database:
        database.execute("update local_issue set body = 'Jo asked for it'")
    database.close()
    for file in tmp_path.glob("closeout.db*"):
        file.unlink()
    document.write_text(postmortem(ALERT + " of the shop"), "utf-8")
    return call


def test_plan_shows_what_sync_would_ask(closeout):
    code, out, _ = closeout("plan", "--adopt", "similar")
    assert code == 0
    assert "#1 reads like" in out
    assert "1 to create" in out
    _, out, _ = closeout("plan", "--adopt", "similar", "--format", "json")
    [proposal] = json.loads(out)["proposals"]
    assert (proposal["issue"], proposal["title"]) == ("#1", ALERT)


def test_without_somebody_to_ask_nothing_happens(closeout):
    code, _, err = closeout("sync", "--adopt", "similar")
    assert code == 2
    assert "nobody to ask" in err
    _, out, _ = closeout("issues", "list", "--format", "json")
    assert len(json.loads(out)["issues"]) == 1


def test_yes_links_what_was_shown(closeout):
    code, out, _ = closeout("sync", "--adopt", "similar", "--yes")
    assert code == 0
    assert "1 linked" in out
    _, out, _ = closeout("issues", "list", "--format", "json")
    [issue] = json.loads(out)["issues"]
    assert issue["title"] == ALERT
