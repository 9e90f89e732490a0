"""Tab in bash, zsh and fish: the protocol as their scripts speak it; never a word on standard error."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import typer.completion
from workplace import SETTINGS, postmortem

TOP = Path(__file__).resolve().parents[2]
MORE = """
[reports.weekly]
[reports.for-managers]
title = "All of it"
[schedules.sync]
run = "sync"
cron = "0 * * * *"
"""


@pytest.fixture
def place(folder, closeout):
    (folder / "closeout.toml").write_text(SETTINGS + MORE, "utf-8")
    promised = ("Cap the connections of batch jobs (due: 2026-12-24)", "Alert on lag\x1b[31m now (due: 2026-11-20)")
    (folder / "postmortems/a.md").write_text(postmortem(*promised), "utf-8")
    assert closeout("sync")[0] == 0
    return folder


def tab(shell, line, folder):
    """What is offered at the end of `line`, each with what is told beside it."""
    environment = {**os.environ, "PYTHONPATH": str(TOP), "_CLOSEOUT_COMPLETE": f"complete_{shell}"}
    if shell == "bash":
        environment |= {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    else:
        environment |= {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(
        [sys.executable, "-m", "tracker"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def ids(folder):
    with closing(sqlite3.connect(folder / "closeout.db")) as database:
        return [key for (key,) in database.execute("SELECT id FROM item ORDER BY due_date")]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_items_are_offered_by_what_is_due_first(place, shell):
    first, second = ids(place)
    out = tab(shell, "closeout status ", place)
    assert out.index(first) < out.index(second)
    assert "\x1b" not in out
    assert ("Cap the connections of batch jobs" in out) == (shell != "bash")
    assert second not in tab(shell, f"closeout extend {first[:4]}", place)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("closeout report ", ["weekly", "for-managers"]),
        ("closeout report f", ["for-managers"]),
        ("closeout doctor ", ["local"]),
        ("closeout move x ", ["local"]),
        ("closeout issues list --target ", ["local"]),
        ("closeout status --owner ", ["me", "jo", "maria", "dba"]),
        ("closeout status --owner m", ["me", "maria"]),
        ("closeout status --is ov", ["overdue"]),
        ("closeout status --is overdue,unl", ["overdue,unlinked"]),
        ("closeout status --fail-on overdue,ov", []),
        ("closeout sch", ["schedule"]),
        ("closeout -c closeout.toml report f", ["for-managers"]),
        ("closeout -c nowhere.toml report f", []),
    ],
)
def test_names_are_offered(place, line, offered):
    assert tab("bash", line, place).split() == offered


def test_without_settings_the_defaults_are_offered(place):
    (place / "closeout.toml").unlink()
    assert tab("bash", "closeout report ", place).split() == ["weekly"]
    assert tab("bash", "closeout status --owner ", place).split() == ["me"]


@pytest.mark.parametrize("file", ["closeout.toml", "closeout.db"])
def test_what_cannot_be_read_offers_nothing_and_says_nothing(place, file):
    (place / file).write_bytes(b"\xff\x00[[[")
    assert tab("bash", "closeout status ", place).split() == []


def test_a_store_that_is_being_written_offers_its_items_at_once(place):
    with closing(sqlite3.connect(place / "closeout.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        assert len(tab("bash", "closeout status ", place).split()) == 2


def test_a_store_on_a_server_is_not_asked(place, monkeypatch):
    monkeypatch.setenv("CLOSEOUT_DATABASE", "postgresql+psycopg://nobody@127.0.0.1:1/closeout")
    assert tab("bash", "closeout status ", place).split() == []


def test_bash_itself_completes_with_the_script_that_is_installed(place):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    program = place / "closeout"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tracker "$@"\n', "utf-8")
    program.chmod(0o755)
    names = {"prog_name": "closeout", "complete_var": "_CLOSEOUT_COMPLETE", "shell": "bash"}
    script = typer.completion.get_completion_script(**names)
    ask = "COMP_WORDS=(./closeout report f); COMP_CWORD=2; _closeout_completion ./closeout; echo ${COMPREPLY[@]}"
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    done = subprocess.run(
        [bash, "-c", f"{script}\n{ask}"], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["for-managers"], "")


def test_completion_imports_nothing_that_it_does_not_need(place):
    code = (
        "import sys, tracker.cli; print([name for name in ('pydantic', 'sqlalchemy', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("[]", "set()")
