"""Trouble is told in words with an exit code that scripts can rely on; a traceback is for bugs alone."""

import pytest
from workplace import postmortem

from tracker.cli import run
from tracker.cli.session import Session


@pytest.fixture
def folder(folder):
    (folder / "postmortems/a.md").write_text(postmortem("Run a load test before every release"), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('[documents]\ninclude = ["/abs/**"]\n', "is absolute"),
        ('[documents]\ninclude = [""]\n', "names no files"),
        ('[documents]\nexclude = [""]\n', "names no files"),
        ('database = "nonsense"\n', "is no database URL"),
        ('database = "postgresql+psycopg://h:port/x"\n', "port that is no number"),
        ('[targets.local]\nkind = "local"\ndatabase = "nonsense"\n', "targets.local.database is no database URL"),
        ('[targets.local]\nkind = "local"\ndatabase = "mysterydb://x/y"\n', "address"),
    ],
)
def test_settings_that_cannot_work_are_told(folder, capfd, settings, told):
    (folder / "closeout.toml").write_text(settings)
    code = run(["sync"])
    said = capfd.readouterr().err
    assert code == (5 if told == "address" else 2)
    assert told in said
    assert "Traceback" not in said


def test_an_issue_number_that_no_column_takes_is_none(folder, capfd):
    assert run(["sync"]) == 0
    for command in (["show"], ["close"], ["comment", "--"]):
        number = "9" * 23
        assert run(["issues", *command, number, *(["Hello"] if command[0] == "comment" else [])]) == 5
        said = capfd.readouterr().err
        assert "there is no such issue" in said
        assert "Traceback" not in said


def test_a_bug_has_an_exit_code_of_its_own(folder, capfd, monkeypatch):
    monkeypatch.setattr(Session, "app", property(lambda _: {}["bug"]))
    assert run(["sync"]) == 70
    said = capfd.readouterr().err
    assert "Traceback" in said
    assert "KeyError: 'bug'" in said
    assert "report it" in said.splitlines()[-1]
