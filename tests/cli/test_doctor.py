"""`closeout doctor`: what it finds, how it says so, and its exit codes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
from contract.faults import Answer, FaultServer
from contract.jira_fields import meta
from contract.little_jira import LittleJira, Serving
from workplace import SETTINGS, postmortem

TOP = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((TOP / "docs/schemas/doctor.json").read_text("utf-8"))

GITHUB = """
[targets.hub]
kind = "github"
repository = "acme/ops"
base_url = "{url}"
token_env = "HUB_TOKEN"
"""
JIRA = """
[targets.ops]
kind = "jira"
url = "{url}"
project = "OPS"
email = "bot@example.com"
"""


@pytest.fixture
def folder(folder):
    (folder / "postmortems/a.md").write_text(postmortem("Write a runbook"), "utf-8")
    return folder


@pytest.fixture
def doctor(closeout):
    """Runs it; gives the exit code and the findings of each part, by level."""

    def call(*arguments):
        code, out, err = closeout("doctor", "--format", "json", *arguments)
        assert err == ""
        told = json.loads(out)
        jsonschema.validate(told, SCHEMA)
        parts = {part["part"]: part for part in told["parts"]}
        found = {
            level: {
                name: [each["what"] for each in part["findings"] if each["level"] == level]
                for name, part in parts.items()
            }
            for level in ("ok", "note", "trouble")
        }
        assert told["troubles"] == sum(map(len, found["trouble"].values()))
        for part in parts.values():
            wrong = [each for each in part["findings"] if each["level"] == "trouble"]
            assert not wrong or wrong[-1]["advice"]
        return code, found

    return call


def settle(folder, *more):
    (folder / "closeout.toml").write_text(SETTINGS + "\n".join(more), "utf-8")


def test_all_is_well_and_nothing_is_written(closeout, folder):
    before = sorted(folder.rglob("*"))
    code, out, err = closeout("doctor")
    assert (code, err) == (0, "")
    assert out.endswith("all is well\n")
    assert f"ok   {folder / 'closeout.toml'} is valid" in out
    assert "ok   1 postmortem in postmortems" in out
    assert "\x1b" not in out
    assert sorted(folder.rglob("*")) == before


def test_after_a_sync_the_store_is_there(closeout, doctor, folder):
    closeout("sync")
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    code, found = doctor()
    assert (code, found["ok"]["store"]) == (0, [f"the store {folder / 'closeout.db'}"])
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before


def test_settings_that_cannot_be_read_are_told_one_by_one(doctor, closeout, folder):
    settle(folder, 'tagret = "local"', 'timezone = "Mars"')
    code, found = doctor()
    (told,) = found["trouble"].values()
    assert code == 2
    assert len(told) == 2
    assert any("unknown setting" in what for what in told)
    code, out, _ = closeout("doctor")
    assert (code, "to mend: 2 in settings" in out) == (2, True)


def test_without_settings_it_says_how_to_begin(closeout, folder):
    (folder / "closeout.toml").unlink()
    code, out, _ = closeout("doctor")
    assert code == 2
    assert "`closeout init` writes one" in out


def test_documents_that_are_not_there_are_told(doctor, folder):
    (folder / "postmortems/a.md").unlink()
    code, found = doctor()
    assert (code, found["trouble"]["documents"]) == (2, ["there are no postmortems in postmortems"])
    (folder / "postmortems").rmdir()
    code, found = doctor()
    assert (code, "no such file or folder" in found["trouble"]["documents"][0]) == (2, True)


def test_documents_that_cannot_be_read_are_told(doctor, folder):
    (folder / "postmortems/b.md").write_bytes(b"\0\0\0")
    code, found = doctor()
    assert (code, "postmortems/b.md can't be read" in found["trouble"]["documents"][0]) == (2, True)


def test_what_git_knows_is_told(doctor, folder):
    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)

    assert "no git work tree" in doctor()[1]["note"]["documents"][0]
    git("init", "-q")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x")
    assert "names no web page" in doctor()[1]["note"]["documents"][0]
    git("remote", "add", "origin", "git@example.com:acme/ops.git")
    assert "issues link to https://example.com/acme/ops" in doctor()[1]["ok"]["documents"][1]


def test_a_store_that_cannot_be_used_is_told(doctor, folder):
    (folder / "closeout.db").write_bytes(b"no database at all, and rather long for one " * 99)
    code, found = doctor()
    assert (code, "can't be opened" in found["trouble"]["store"][0]) == (5, True)


def test_spellings_and_logins_that_two_claim_are_told(doctor, folder):
    settle(
        folder,
        '[people.joe]\nname = "Joe Smith"\naliases = ["jo  SMITH"]\nlocal = "jo"',
        '[teams.db]\nname = "Databases"\naliases = ["DBA team"]',
    )
    code, found = doctor()
    assert code == 2
    assert found["trouble"]["people"] == [
        "'jo smith' could be jo or joe, and so means nobody",
        "'dba team' could be dba or db, and so means nobody",
        "several people have the local login jo",
    ]


def test_people_without_a_login_are_named(doctor, folder):
    settle(folder, GITHUB.format(url="http://127.0.0.1:9"))
    _, found = doctor()
    assert found["note"]["people"] == ["no github login: jo, maria"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('username = "bot"', "CLOSEOUT_SMTP_PASSWORD: there is no mail password"),
        ('username = "bot"\npassword_file = "closeout.toml"\nsecurity = "none"', "in the clear"),
    ],
)
def test_mail_settings_that_cannot_work_are_told(doctor, folder, lines, told):
    settle(folder, f'[mail]\nhost = "mail.example.com"\nsender = "a@example.com"\n{lines}')
    code, found = doctor()
    assert code == 2
    assert told in found["trouble"]["mail"][0]


def test_reports_that_nobody_sends_are_told(doctor, folder):
    settle(folder, '[schedules.monday]\nrun = "report"\nreport = "weekly"\ncron = "0 9 * * MON"')
    code, found = doctor()
    assert (code, found["trouble"]["mail"]) == (
        2,
        ["schedule monday sends reports, and there is no mail server"],
    )


def test_who_tells_everybody_by_channels_needs_no_mail_server(doctor, folder, monkeypatch):
    monkeypatch.setenv("OPS_HOOK", "json://127.0.0.1:9/x")
    schedule = '[schedules.monday]\nrun = "report"\nreport = "weekly"\ncron = "0 9 * * MON"\n'
    settle(folder, f'{schedule}[channels.ops]\nurl_env = "OPS_HOOK"\n[teams.ops]\nname = "Ops"\nchannels = ["ops"]')
    assert doctor()[1]["trouble"]["mail"] == ["schedule monday sends reports, and there is no mail server"]
    text = (folder / "closeout.toml").read_text("utf-8").replace('email = "dba@example.com"', 'channels = ["ops"]')
    (folder / "closeout.toml").write_text(text.replace('email = "jo@example.com"', 'channels = ["ops"]'), "utf-8")
    code, found = doctor()
    assert (code, found["trouble"]["mail"]) == (0, [])
    assert found["ok"]["mail"] == ["no mail server, and nobody who would be mailed to: all are told by channels"]


def test_a_missing_secret_is_to_be_mended(doctor, folder):
    settle(folder, GITHUB.format(url="http://127.0.0.1:9"))
    code, found = doctor()
    assert (code, found["trouble"]["target hub (github)"]) == (2, ["there is no token for target hub"])


def test_a_target_that_cannot_be_reached_is_another_matter(doctor, folder, monkeypatch):
    monkeypatch.setenv("HUB_TOKEN", "t0ken")
    monkeypatch.setattr("time.sleep", lambda _: None)  # before it is read again
    settle(folder, GITHUB.format(url="http://127.0.0.1:9"))
    code, found = doctor("hub")
    assert code == 5
    assert list(found["trouble"]) == ["settings", "target hub (github)"]
    assert doctor("local")[0] == 0


def test_credentials_that_are_refused_are_to_be_mended(doctor, folder, monkeypatch):
    monkeypatch.setenv("HUB_TOKEN", "t0ken")
    with FaultServer(Answer(401, {"message": "Bad credentials"})) as server:
        settle(folder, GITHUB.format(url=server.url))
        code, found = doctor("hub")
    assert (code, "does not accept the token" in found["trouble"]["target hub (github)"][0]) == (2, True)
    assert "t0ken" not in str(found)


def test_an_unknown_target_is_told_with_the_nearest(closeout, folder):
    code, out, err = closeout("doctor", "locl")
    assert (code, out) == (2, "")
    assert "Did you mean local?" in err


def test_what_jira_demands_is_printed_as_the_lines_to_add(closeout, folder, monkeypatch):
    monkeypatch.setenv("JIRA_TOKEN", "t0ken")
    monkeypatch.delenv("CLOSEOUT_NOW")
    jira = LittleJira()
    levels = [{"id": "1", "value": "SEV1"}, {"id": "2", "value": "SEV2"}]
    jira.store.screens["Task"]["customfield_1"] = meta("Severity", "option", required=True, allowedValues=levels)
    with Serving(jira):
        settle(folder, JIRA.format(url=jira.url))
        code, out, _ = closeout("doctor", "ops")
        assert code == 2
        assert '[targets.ops.fields]\n           "Severity" = "{severity}"  # one of: "SEV1", "SEV2"\n' in out
        added = [line.strip() for line in out.splitlines() if line.startswith(" " * 11)]
        settle(folder, JIRA.format(url=jira.url), *added)
        code, out, _ = closeout("doctor", "ops")
    assert (code, out.splitlines()[-1]) == (0, "all is well"), out


def test_on_a_terminal_symbols_stand_before_findings(folder, capfd, monkeypatch):
    from rich.console import Console  # noqa: PLC0415

    from connectors import Finding  # noqa: PLC0415
    from tracker.render.doctor import Examined, print_end, print_part  # noqa: PLC0415

    console = Console(force_terminal=True, width=60, highlight=False, emoji=False, markup=False)
    fine, note, bad = (
        Finding("fine"),
        Finding("look", advice="why"),
        Finding("\x1b[31mbad", trouble=True, advice="do", lines=("a = 1",)),
    )
    part = Examined("target", (fine, note, bad))
    print_part(part, console)
    print_end([part], console)
    out, _ = capfd.readouterr()
    for mark in ("✓", "!", "✗"):
        assert mark in out
    assert "\x1b[31mbad" not in out
    assert "        a = 1" in out


def test_channels_are_told_with_whom_they_are_for_and_what_they_lack(doctor, folder, monkeypatch):
    channels = '[channels.ops]\nurl_env = "OPS"\n[channels.spare]\nurl_env = "SPARE"\n'
    settle(folder, f'[people.ann]\nname = "Ann"\nchannels = ["ops"]\n{channels}')
    monkeypatch.setenv("SPARE", "json://127.0.0.1/secret")
    code, found = doctor()
    assert code != 0
    assert found["trouble"]["channels"] == ["environment variable OPS: there is no address of channel ops"]
    assert found["ok"]["channels"] == ["channel ops is for ann"]
    assert found["note"]["channels"] == ["channel spare is for nobody"]
    assert "secret" not in str(found)
