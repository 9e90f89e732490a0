"""Work that is promised again, as a shell and a terminal see it: offered, answered, followed."""

import json
import re
from pathlib import Path

import pytest
from terminal import on_a_terminal
from workplace import postmortem

DOCS = Path(__file__).resolve().parents[2] / "docs"
LIMIT = "Set a connection limit for each service in the pooler"
WHY = ("--reason", "one limit is enough", "--by", "Jo Smith <jo@example.com>")


@pytest.fixture
def offered(closeout, folder):
    """#1 is open for what a second postmortem promises, too; returns the ids of the new item and of the other."""
    write(folder, "2026-05-07-login.md", LIMIT, title="Login outage", date="2026-05-07")
    closeout("sync")
    write(folder, "2026-09-29-again.md", f"{LIMIT} by 2026-12-01", title="Pool exhaustion, again", date="2026-09-29")
    assert "1 to decide (promised already)" in closeout("sync")[1]
    [offer] = json.loads(closeout("review", "--format", "json")[1])["offers"]
    return offer["item"], offer["of"]


def write(folder, name, *items, **about):
    (folder / "postmortems" / name).write_text(postmortem(*items, **about), "utf-8")


def test_everything_that_plans_tells_the_offer_and_what_to_type(closeout, offered):
    item, of = offered
    for arguments in (["plan"], ["sync"], ["plan", "--format", "markdown"]):
        code, out, _ = closeout(*arguments)
        assert code == 0
        said = f"promised already in #1 (open since 2026-11-23, from Login outage): “{LIMIT}”"
        assert f"“{LIMIT} by 2026-12-01” is {said}" in out.replace("\\", "")
        assert f"closeout review --same {item}={of}" in out
        assert f"closeout review --new {item}" in out
    for command, at in (("plan", "plans"), ("sync", "targets")):
        [told] = json.loads(closeout(command, "--format", "json")[1])[at][0]["offers"]
        assert (told["item"], told["of"], told["issue"]) == (item, of, "#1")


def test_status_and_reports_keep_it_in_sight(closeout, offered):
    item, of = offered
    assert "or #1?" in closeout("status")[1]
    assert closeout("status", "--fail-on", "unlinked")[0] == 1
    shown = " ".join(closeout("status", item)[1].split())
    assert "no issue yet" in shown
    assert f"To decide promised already in #1 (open since 2026-11-23, from Login outage): “{LIMIT}”. The same" in shown
    told = json.loads(closeout("status", item, "--format", "json")[1])["items"][0]
    assert (told["offered"]["id"], told["issue"]) == (of, None)
    assert "No issue yet" in closeout("report", "--format", "markdown")[1]


@pytest.mark.parametrize("name", ["#1", "the other's id"])
def test_the_same_work_by_a_flag(closeout, offered, name):
    item, of = offered
    code, out, err = closeout("review", "--same", f"{item[:6]}={of if name != '#1' else name}", *WHY)
    assert (code, out, err) == (0, "1 decided; the next sync acts on it\n", "")
    assert "1 updated" in closeout("sync")[1]
    assert "nothing to do" in closeout("sync")[1]
    assert closeout("status", "--fail-on", "unlinked")[0] == 0
    assert "same work" in closeout("status")[1]
    assert f"Same work as open, #1, postmortems/2026-05-07-login.md:11: {LIMIT}" in flat(closeout("status", item)[1])
    assert "Stands for open, postmortems/2026-09-29-again.md:11" in flat(closeout("status", "#1")[1])
    assert "Jo Smith said that it is the same work as issue #1: one limit" in closeout("history", item)[1]
    [told] = json.loads(closeout("status", item, "--format", "json")[1])["items"]
    assert (told["issue"], told["same_as"]["id"], told["flags"]) == ("#1", of, ["recurring", "unowned"])
    closeout("issues", "close", "#1")
    assert closeout("sync")[0] == 0
    assert "done" in closeout("status", item)[1]


def flat(text):
    return " ".join(text.split())


def test_other_work_by_a_flag(closeout, offered):
    item, _ = offered
    assert closeout("review", "--new", item, "--by", "Jo")[0] == 0
    assert "1 opened" in closeout("sync")[1]
    assert "Jo had it get an issue of its own" in closeout("history", "#2")[1]
    assert "nothing is in doubt" in closeout("review")[1]


def test_link_and_unlink_say_what_they_mean(closeout, offered):
    item, _ = offered
    _, out, _ = closeout("link", item, "#1", *WHY)
    assert out.startswith("the same work as #1: Set a connection limit")
    assert "#1 stands for both: no issue is opened for this item, and it is done when #1 is." in out
    code, _, err = closeout("link", item, "#1", *WHY)
    assert (code, "the same work as #1 already" in err) == (2, True)
    _, out, _ = closeout("unlink", item, *WHY)
    assert out.startswith("not the same work as #1: ")
    assert "The next sync opens an issue of the item's own" in out


def test_other_words_need_that_one_insists(closeout, offered, folder):
    write(folder, "other.md", "Rotate the certificates of the edge proxies", title="TLS", date="2026-10-01")
    closeout("sync")
    code, _, err = closeout("link", "#2", "#1", *WHY)
    assert code == 2
    assert "#1 is the issue of another item" in err
    assert "add --same-work" in err
    code, out, _ = closeout("link", "#2", "#1", "--same-work", *WHY)
    assert code == 0
    assert "#2, its issue until now, stays as it is." in out
    (other,) = re.findall(r"certificates of the edge proxies  (\w+)", out)
    assert f"Same work as open, #1, postmortems/2026-05-07-login.md:11: {LIMIT}" in flat(closeout("status", other)[1])
    assert "Stands for open, postmortems/other.md:11: Rotate" in flat(closeout("status", "#1")[1])
    closeout("issues", "close", "#1")
    closeout("ignore", other, *WHY)
    closeout("sync")
    closeout("ignore", other, "--undo", *WHY)
    assert "State done" in flat(closeout("status", other)[1])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--same", "{item}="], "is not what it promises again"),
        (["--same", "{item}=zzzz"], "--same-work` takes any"),
        (["--same", "zzzz={of}"], "nothing is in doubt by this name"),
        (["--new", "zzzz"], "nothing is in doubt by this name"),
    ],
)
def test_a_slip_decides_nothing(closeout, offered, arguments, told):
    item, of = offered
    code, out, err = closeout("review", *(each.format(item=item, of=of) for each in arguments), "--by", "Jo")
    assert (code, out) == (2, "")
    assert told in err
    assert "1 promised again" in closeout("review")[1]


@pytest.mark.parametrize(
    ("keys", "told"), [("y", "1 decided"), ("n", "1 decided"), ("s", "1 promised again"), ("q", "1 promised again")]
)
def test_on_a_terminal_a_key_decides(closeout, offered, keys, told):
    shown = on_a_terminal(["review", "--by", "Jo"], keys, "quit: ")
    assert "y the same work, n other work (it gets an issue of its own), s skip, q quit:" in shown
    assert "Login outage" in shown
    assert told in shown


@pytest.mark.parametrize("typed", [slice(2), slice(2, 3)])
def test_the_page_on_syncing_shows_what_is_really_told(closeout, offered, typed):
    """The example stands there with ids of its own."""
    item, of = offered
    page = (DOCS / "sync.md").read_text("utf-8")
    [shown] = re.findall(r"^    (not opened .*)$", page, re.MULTILINE)
    told = next(line.strip() for line in closeout("sync")[1].splitlines() if "not opened" in line)
    assert told.replace(item, "g3gqs23mr1").replace(of, "c3wmk2trjc") == shown
    for command in re.findall(r"^    closeout (.*?)(?:  #.*)?$", page[page.index(shown) :], re.MULTILINE)[typed]:
        words = [each.replace("g3gqs23mr1", item).replace("c3wmk2trjc", of) for each in command.split()]
        code, _, err = closeout(*words, *WHY)
        assert (code, err) == (0, ""), command
