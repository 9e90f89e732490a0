"""`--write-back` as a shell sees it."""

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from tracker.cli.main import app

TOP = Path(__file__).resolve().parents[2]
TEXT = "# Outage\n\n## Action items\n\n- [ ] Run a load test\n- https://jira.example/browse/OPS-12\n"
SETTINGS = 'target = "local"\n[targets.local]\nkind = "local"\n'


@pytest.fixture
def file(folder):
    (folder / "closeout.toml").write_text(SETTINGS, "utf-8")
    file = folder / "postmortems" / "a.md"
    file.write_text(TEXT, "utf-8")
    return file


def closeout(*arguments, code=0):
    done = CliRunner().invoke(app, arguments, standalone_mode=False)
    assert (done.return_value or 0) == code, done.output
    return done


def held(output, name):
    jsonschema.validate(output, json.loads((TOP / "docs" / "schemas" / f"{name}.json").read_text("utf-8")))
    return output["write_back"]


def test_a_plan_shows_it_and_a_sync_does_it(file):
    shown = closeout("plan", "--write-back", "files").stdout
    assert "documents  1 link to write into 1 document" in shown
    assert "+ link      new   Run a load test  line 5" in shown
    assert file.read_text("utf-8") == TEXT
    assert "documents  1 link written into 1 document" in closeout("sync", "--write-back", "files").stdout
    assert file.read_text("utf-8") == TEXT.replace("load test", "load test (#1)")
    assert "documents  nothing to write" in closeout("sync", "--write-back", "files").stdout
    assert "documents" not in closeout("sync").stdout


def test_json_tells_it_by_its_schema(file):
    planned = held(
        json.loads(closeout("sync", "--dry-run", "--write-back", "files", "--format", "json").stdout), "plan"
    )
    assert planned["mode"] == "files"
    [told] = planned["documents"]
    assert [(placed["line"], placed["linked"], placed["link"], placed["done"]) for placed in told["placed"]] == [
        (5, True, None, None)
    ]
    done = held(json.loads(closeout("sync", "--write-back", "files", "--format", "json").stdout), "sync")
    assert [placed["link"] for placed in done["documents"][0]["placed"]] == ["#1"]
    assert held(json.loads(closeout("sync", "--format", "json").stdout), "sync") is None


def test_the_settings_can_ask_for_it(file):
    Path("closeout.toml").write_text(SETTINGS + '[write_back]\nmode = "files"\n', "utf-8")
    assert "1 link written" in closeout("sync").stdout
    file.write_text(TEXT, "utf-8")
    assert "documents" not in closeout("sync", "--write-back", "none").stdout
    assert file.read_text("utf-8") == TEXT


def test_what_has_no_place_is_told_and_fails_nothing(file):
    closeout("sync")
    closeout("unlink", "#1", "--reason", "it is the other's")
    item = next(
        row["id"]
        for row in json.loads(closeout("status", "--format", "json").stdout)["items"]
        if row["text"].startswith("https")
    )
    closeout("link", item, "#1")
    done = closeout("sync", "--write-back", "files")
    assert "closeout: postmortems/a.md:6: the link was left out: its text would be read as" in done.stderr
    assert "  Write it in by hand where it fits: #1" in done.stderr


def test_a_failure_is_told_with_the_exit_code(file, monkeypatch):
    done = closeout("sync", "--write-back", "pr", code=3)
    assert "nothing tells which repository holds the documents" in done.stderr
    assert 'Set `repository = "owner/name"`' in done.stderr
