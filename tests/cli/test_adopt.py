"""`--adopt similar` on the command line: shown by `plan`, asked about by `sync`, never taken silently."""

import json
import sqlite3
from contextlib import closing

import pytest
from workplace import postmortem

ALERT = "Alert on full connection pools"


@pytest.fixture
def closeout(folder, closeout):
    """The issue is one that somebody opened by hand; the item reads much like it."""
    document = folder / "postmortems/a.md"
    document.write_text(postmortem(ALERT), "utf-8")
    assert closeout("sync")[0] == 0
    with closing(sqlite3.connect(folder / "closeout-issues.db")) as database, database:
        database.execute("update local_issue set body = 'Jo asked for it'")
    for file in folder.glob("closeout.db*"):
        file.unlink()
    document.write_text(postmortem(ALERT + " of the shop"), "utf-8")
    return closeout


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
