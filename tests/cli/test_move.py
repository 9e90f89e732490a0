"""`closeout move` as a shell and a terminal see it."""

import io
import json
import re
from pathlib import Path

import jsonschema
import pytest
from workplace import SETTINGS, postmortem

TOP = Path(__file__).resolve().parents[2]
LOAD = "Run a load test before every release"
WHY = ("--reason", "their backlog", "--by", "Ana Lima <ana@example.com>")
TWO = SETTINGS + '[targets.other]\nkind = "local"\ndatabase = "sqlite:///other.db"\n'


@pytest.fixture
def closeout(folder, closeout):
    (folder / "closeout.toml").write_text(TWO, "utf-8")
    (folder / "postmortems/a.md").write_text(postmortem(LOAD), "utf-8")
    assert closeout("sync")[0] == 0
    return closeout


def test_a_move_is_told_and_kept_in_the_history(closeout):
    code, out, err = closeout("move", "#1", "other", "--yes", *WHY)
    assert (code, err) == (0, "")
    assert re.fullmatch(
        rf"moved to #1 \(other\): {LOAD}  [0-9a-z]+\n  #1 in local is closed, and says where the work goes on\.\n", out
    )
    _, out, _ = closeout("history", "#1")
    story = out.splitlines()[-4:]
    assert "Ana Lima had it moved from issue #1 of local to other: their backlog" in story[0]
    assert "Closeout closed issue #1 of local, which says now where the work goes on" in story[3]
    _, out, _ = closeout("issues", "show", "1", "--target", "local")
    assert "Moved to #1 in other." in out
    assert "duplicate" in out
    assert "Moved here from #1 in local." in closeout("issues", "show", "1", "--target", "other")[1]
    code, out, _ = closeout("sync")
    assert code == 0
    assert "nothing to do" in out


def test_json_is_the_item_then(closeout):
    _, out, _ = closeout("move", "#1", "other", "--yes", "--format", "json", *WHY)
    told = json.loads(out)
    jsonschema.validate(told, json.loads((TOP / "docs/schemas/decision.json").read_text("utf-8")))
    assert (told["item"]["target"], told["item"]["issue"], told["item"]["parted"]) == ("other", "#1", ["local #1"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["#1", "other", *WHY], "--yes: there is nobody to ask"),
        (["#1", "other", "--yes"], "a decision needs a reason"),
        (
            ["#1", "othr", "--yes", *WHY],
            "othr: there is no such target\n  Did you mean 'other'? The targets are: local, other.",
        ),
        (["#1", "local", "--yes", *WHY], "its issue is in local already"),
        (["#7", "other", "--yes", *WHY], "no such item"),
    ],
)
def test_what_can_not_be_done_is_told(closeout, arguments, told):
    code, out, err = closeout("move", *arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert "nothing to do" in closeout("plan")[1]


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_is_asked(closeout, monkeypatch, answer):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    code, out, err = closeout("move", "#1", "other", *WHY)
    assert code == 0
    assert f"Move “{LOAD}” from #1 (local) to other?" in err
    assert ("moved to" in out) is (answer == "y")
    assert ("nothing was moved" in err) is (answer == "n")


def test_help_says_what_stays(closeout):
    told = " ".join(closeout("move", "--help")[1].split())
    assert "comments, and what people wrote into the old one, stay there" in told
