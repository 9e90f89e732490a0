"""The documentation says what the program does: generated parts don't drift, every command and exit code is told."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from tracker.cli.main import app

TOP = Path(__file__).resolve().parents[2]
README = (TOP / "README.md").read_text("utf-8")


def commands():
    group = typer.main.get_command(app)
    return sorted(group.commands)


def options():
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        for parameter in command.params:
            for option in getattr(parameter, "opts", ()):
                if option.startswith("--") and option != "--help":
                    yield name, option


def test_generated_documentation_is_what_the_program_makes():
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command):
    assert f"`closeout {command}" in README


@pytest.mark.parametrize(("command", "option"), sorted(options()))
def test_every_option_is_in_the_readme(command, option):
    assert option in README, f"closeout {command} {option}"


def test_every_command_of_the_readme_exists():
    told = set(re.findall(r"closeout ([a-z]+)\b", "\n".join(re.findall(r"`[^`\n]+`", README))))
    assert told <= {*commands(), "in"}


def test_files_that_the_readme_links_to_exist():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (TOP / target).exists(), target
