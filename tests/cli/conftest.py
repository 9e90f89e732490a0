"""A folder of a team that runs the command line: no terminal, nobody's environment, the time in the tests' hands."""

from __future__ import annotations

import io
import os

import pytest
from workplace import SETTINGS

from tracker.cli import run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with settings and no postmortems yet."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("CLOSEOUT_", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("CLOSEOUT_NOW", "2026-11-23T09:00:00+00:00")
    (tmp_path / "postmortems").mkdir()
    (tmp_path / "closeout.toml").write_text(SETTINGS, "utf-8")
    return tmp_path


@pytest.fixture
def closeout(folder, capfd):
    """Runs a command; gives its exit code and what it wrote to standard output and error."""

    def call(*arguments):
        code = run(list(arguments))
        out, err = capfd.readouterr()
        return code, out, err

    return call
