"""Decisions of people, their story, and the review of doubts, as a shell and a terminal see them."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from terminal import on_a_terminal
from workplace import postmortem

from tracker.model import Event
from tracker.render.history import TOLD, sentence

TOP = Path(__file__).resolve().parents[2]
MONITOR = "Add monitoring for the connection pool (owner: Jo Smith, due: 2026-11-20)"
LOAD = "Run a load test before every release"
A, B, C = (f"Add an alert for the pool of service {name}" for name in "ABC")


@pytest.fixture
def folder(folder):
    write(folder, MONITOR, LOAD)
    return folder


def write(folder, *items):
    (folder / "postmortems/a.md").write_text(postmortem(*items), "utf-8")


WHY = ("--reason", "waiting for the vendor", "--by", "Jo Smith <jo@example.com>")


def test_an_extension_is_shown_beside_the_documents_date_with_who_and_why(closeout):
    closeout("sync")
    code, out, err = closeout("extend", "#1", "2026-12-24", *WHY)
    assert (code, err) == (0, "")
    assert "due 2026-11-20, extended to 2026-12-24: Add monitoring" in out
    assert "The next sync writes it to #1." in out
    _, out, _ = closeout("status", "#1")
    assert "2026-11-20, extended to 2026-12-24 by Jo Smith: waiting for the vendor" in " ".join(out.split())
    _, out, _ = closeout("status", "--format", "json")
    told = next(item for item in json.loads(out)["items"] if item["issue"] == "#1")
    assert (told["due"], told["document_due"], told["days_left"]) == ("2026-12-24", "2026-11-20", 31)
    assert "was 2026-11-20" in closeout("status")[1]
    for form in ("text", "markdown", "html", "csv"):
        assert "2026-11-20" in closeout("report", "--format", form)[1]
    assert "1 updated" in closeout("sync")[1]
    _, out, _ = closeout("extend", "#1", "2026-11-19", *WHY)
    assert "earlier than the document says" in out
    assert "it is overdue" in out
    _, out, _ = closeout("extend", "#1", "--undo", *WHY)
    assert "due 2026-11-20 again" in out


def test_a_snoozed_item_is_left_out_and_shown_with_its_day(closeout, monkeypatch):
    closeout("sync")
    assert closeout("status", "--fail-on", "overdue")[0] == 1
    assert closeout("snooze", "#1", "2026-11-25", *WHY)[1].startswith("snoozed until 2026-11-25: Add monitoring")
    code, out, _ = closeout("status", "--fail-on", "overdue")
    assert code == 0
    assert "snoozed (until 2026-11-25)" in out
    assert "Add monitoring" not in closeout("report", "--format", "markdown")[1]
    assert "until 2026-11-25 by Jo Smith: waiting" in " ".join(closeout("status", "#1")[1].split())
    assert len(json.loads(closeout("status", "--is", "snoozed", "--format", "json")[1])["items"]) == 1
    monkeypatch.setenv("CLOSEOUT_NOW", "2026-11-25T09:00:00+00:00")
    assert "Add monitoring" in closeout("report", "--format", "markdown")[1]
    assert "not snoozed any more" in closeout("snooze", "#1", "--undo", *WHY)[1]
    assert closeout("snooze", "#1", "2026-11-25", *WHY)[0] == 2


def test_an_ignored_item_is_left_out(closeout):
    closeout("sync")
    assert "Issue #2 is left alone" in closeout("ignore", "#2", *WHY)[1]
    assert LOAD not in closeout("status", "--format", "csv")[1] + closeout("report", "--format", "csv")[1]
    assert f'"{LOAD}"' in closeout("status", "--is", "ignored", "--format", "json")[1]
    assert "by Jo Smith: waiting" in closeout("status", "#2")[1]
    assert closeout("ignore", "#2", *WHY)[0] == 2
    assert "not ignored any more" in closeout("ignore", "#2", "--undo", *WHY)[1]


def test_unlink_and_link(closeout, folder, monkeypatch):
    closeout("sync")
    (folder / "deep/down").mkdir(parents=True)
    monkeypatch.chdir(folder / "deep/down")
    code, out, _ = closeout("unlink", "#2", *WHY)
    assert code == 0
    assert "The next sync opens an issue of the item's own" in out
    (found,) = re.findall(r"closeout ignore (\w+)", out)
    assert "1 opened" in closeout("sync")[1]
    code, out, _ = closeout("link", found, "#2", "--by", "Jo")
    assert code == 0
    assert "linked to #2" in out
    assert "#3, its issue until now, stays as it is." in out
    assert "nothing to do" in closeout("sync")[1]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["snooze", "#1", "2026-12-24"], "a decision needs a reason"),
        (["ignore", "#1", "--reason", " "], "a decision needs a reason"),
        (["snooze", "#1", *WHY], "give UNTIL or --undo"),
        (["extend", "#1", "2026-12-24", "--undo", *WHY], "exclude each other"),
        (["extend", "#1", "tomorrow", *WHY], "'tomorrow' is no day; write it as 2026-12-31"),
        (["ignore", "zzzz", *WHY], "no such item"),
        (["ignore", "", *WHY], "several items fit"),
        (["link", "#1", "#2"], "issue of another item"),
        (["link", "#1", "#99"], "no such issue"),
        (["review", "--same", "abc"], "is not REF=ITEM"),
        (["review", "--new", "abc"], "nothing is in doubt by this name"),
    ],
)
def test_what_cannot_be_decided_is_told(closeout, command, told):
    closeout("sync")
    before = closeout("history", "--format", "json")[1]
    code, out, err = closeout(*command)
    assert (code, out) == (2, "")
    assert told in err
    assert closeout("history", "--format", "json")[1] == before


@pytest.mark.parametrize(
    "command",
    [
        ["extend", "#1", "2026-12-24", *WHY],
        ["snooze", "#1", "2026-12-24", *WHY],
        ["ignore", "#1", *WHY],
        ["unlink", "#1", *WHY],
        ["history"],
        ["review"],
    ],
)
def test_json_fits_its_published_schema(closeout, folder, command):
    write(folder, A, B)
    closeout("sync")
    write(folder, MONITOR, A, B) if command[0] not in ("review", "history") else write(folder, C)
    closeout("sync")
    code, out, err = closeout(*command, "--format", "json")
    assert (code, err) == (0, "")
    output = json.loads(out)
    name = command[0] if command[0] in ("history", "review") else "decision"
    jsonschema.validate(output, json.loads((TOP / "docs/schemas" / f"{name}.json").read_text("utf-8")))
    if name == "decision":
        assert output["item"]["text"] == A


def test_who_decides_is_said_or_git_knows_or_the_login_name(closeout, folder, monkeypatch):
    closeout("sync")
    monkeypatch.setenv("LOGNAME", "nightly")
    said = ["--reason", "x"]
    closeout("snooze", "#1", "2026-12-24", *said)
    (folder / "gitconfig").write_text("[user]\n  name = Ana Lima\n  email = ana@example.com\n")
    closeout("snooze", "#1", "2026-12-24", *said)
    closeout("snooze", "#1", "2026-12-24", *said, "--by", "Bo")
    _, out, _ = closeout("history", "#1", "--format", "json")
    who = [event["who"] for event in json.loads(out)["events"] if event["what"] == "item snoozed"]
    assert who == ["nightly", "Ana Lima <ana@example.com>", "Bo"]
    _, out, _ = closeout("history", "#1")
    assert "Ana Lima snoozed it until 2026-12-24: x" in out


def test_history_reads_like_a_story(closeout):
    closeout("sync")
    closeout("extend", "#1", "2026-12-24", *WHY)
    _, out, _ = closeout("history", "#1")
    assert out.splitlines()[1:] == [
        "2026-11-23 09:00 UTC  Closeout found it in postmortems/a.md, line 11",
        "2026-11-23 09:00 UTC  Closeout opened issue #1",
        "2026-11-23 09:00 UTC  Jo Smith extended its due date from 2026-11-20 to 2026-12-24: waiting for the vendor",
    ]
    _, out, _ = closeout("history", "--limit", "2")
    assert len(out.splitlines()) == 2
    assert "Add monitoring for the connection pool)" in out


def test_every_kind_of_event_is_told():
    sources = [*(TOP / "tracker").glob("*.py"), *(TOP / "tracker/app").glob("*.py")]
    text = "\n".join(file.read_text("utf-8") for file in sources)
    kinds = set(re.findall(r'(?:event\(|_event\([\w.]+, |Event\(\w+, "closeout", )"([a-z ]+)"', text))
    kinds |= set(re.findall(r'"((?:item|issue|due date|extension|doubt|same work|own issue) [a-z]+(?: again)?)"', text))
    assert {"item found", "issue opened", "issue unlinked", "extension overtaken"} <= kinds
    assert kinds - set(TOLD) == set()
    for what in (*TOLD, "create failed", "close twin uncertain", "something of a later release"):
        from datetime import UTC, datetime  # noqa: PLC0415

        told = sentence(Event(datetime(2026, 11, 23, tzinfo=UTC), "closeout", what, "abc", "a.md", {"why": "it is so"}))
        assert told.startswith("Closeout ")
        assert told.endswith(": it is so")


# Review


@pytest.fixture
def doubtful(closeout, folder):
    write(folder, A, B)
    closeout("sync")
    write(folder, C)
    return folder


def test_review_lists_and_flags_decide(closeout, doubtful):
    _, out, _ = closeout("sync")
    assert "`closeout review` decides" in out
    assert "closeout review" in closeout("plan", "--format", "markdown")[1]
    code, out, _ = closeout("review")
    assert code == 0
    ref, first = re.search(r"--same (\w+)=(\w+)", out).groups()
    assert out.startswith(f"in doubt {ref}  postmortems/a.md:11")
    assert "#1" in out
    assert "#2" in out
    (doubt,) = json.loads(closeout("review", "--format", "json")[1])["doubts"]
    assert (doubt["ref"], doubt["candidates"][0]["item"]) == (ref, first)
    code, out, _ = closeout("review", "--same", f"{ref}={first}", "--by", "Jo")
    assert (code, out) == (0, "1 decided; the next sync acts on it\n")
    assert "nothing is in doubt" in closeout("review")[1]
    assert "1 updated" in closeout("sync")[1]
    assert f"Jo said that “{C}” is this item, reworded" in closeout("history", "#1")[1]


def test_review_needs_no_target(closeout, doubtful, monkeypatch):
    def fail(*_args):
        raise AssertionError

    monkeypatch.setattr("tracker.app.App.open_tracker", fail)
    _, out, _ = closeout("review")
    ref = re.search(r"--new (\w+)", out)[1]
    assert closeout("review", "--new", ref, "--by", "Jo")[0] == 0


@pytest.mark.parametrize(
    ("keys", "told"),
    [("x2", "1 decided"), ("n", "1 decided"), ("s", "1 in doubt"), ("q", "1 in doubt")],
)
def test_review_on_a_terminal_is_decided_by_a_key(doubtful, keys, told):
    shown = on_a_terminal(["review", "--by", "Jo"], keys, "quit: ")
    assert "1-2 the same as that one, n new item, s skip, q quit:" in shown
    assert "\x1b[1;31mA" in shown or "\x1b[1;31mB" in shown, "the words that differ stand out"
    assert told in shown


def test_a_reason_is_asked_for_on_a_terminal(closeout):
    closeout("sync")
    on_a_terminal(["ignore", "#1", "--by", "Jo"], "too dear\n", "Why: ")
    assert "Jo had it ignored: too dear" in closeout("history", "#1")[1]
