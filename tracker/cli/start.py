"""`closeout init`: a commented `closeout.toml`, and a workflow if wished."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.session import Session


class TargetKind(StrEnum):
    """Kinds of targets that `init` can write."""

    LOCAL = "local"
    GITHUB = "github"
    JIRA = "jira"


class Ci(StrEnum):
    """Services that `init` can write a workflow for."""

    GITHUB = "github"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write it.")] = Path(),
    documents: Annotated[str | None, typer.Option(help="Folder of the postmortems [default: postmortems].")] = None,
    target: Annotated[TargetKind | None, typer.Option(help="Where issues go [default: local].")] = None,
    repository: Annotated[str | None, typer.Option(metavar="OWNER/NAME", help="The GitHub repository.")] = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="GitHub Enterprise: https://HOST/api/v3. Jira: the site, as https://acme.atlassian.net."),
    ] = None,
    project: Annotated[str | None, typer.Option(metavar="KEY", help="The Jira project.")] = None,
    email: Annotated[str | None, typer.Option(help="The account of a Jira Cloud API token.")] = None,
    ci: Annotated[Ci | None, typer.Option(help="Also write a workflow that syncs after a merge.")] = None,
) -> None:
    """Write a commented closeout.toml; asks on a terminal for what the options leave open."""
    from tracker.errors import UsageError
    from tracker.settings_file import FILE_NAME, load

    session: Session = context.obj
    asking = sys.stdin.isatty() and sys.stderr.isatty()
    file = folder / FILE_NAME
    if file.exists():
        raise UsageError("it exists already", where=str(file), advice="Edit it, or choose another folder.")
    if documents is None:
        documents = _ask("Folder of the postmortems", "postmortems") if asking else "postmortems"
    if target is None:
        chosen = "github" if repository else "jira" if project else "local"
        asked = asking and chosen == "local"
        target = _target(_ask("Issues go to (local, github, jira)", chosen) if asked else chosen)
    if target is TargetKind.GITHUB:
        repository = repository or _needed("Repository (owner/name)", "--repository OWNER/NAME", target, asking=asking)
        table = github_table(repository, base_url)
    elif target is TargetKind.JIRA:
        base_url = base_url or _needed("Jira's address", "--base-url https://SITE", target, asking=asking)
        project = project or _needed("Project (its key)", "--project KEY", target, asking=asking)
        if email is None and asking:
            email = _ask("Account of the API token (e-mail; empty for a bearer token)", "") or None
        table = jira_table(base_url, project, email)
    else:
        table = LOCAL
    text = SETTINGS.format(target=target.value, documents=_quoted(documents), table=table)
    session.write_file(file, text, parents=True)
    try:
        load(file)
    except UsageError:
        file.unlink()
        raise
    session.say(f"wrote {file}")
    if ci is not None:
        workflow = folder / ".github" / "workflows" / "closeout.yml"
        if workflow.exists():
            raise UsageError("it exists already", where=str(workflow), advice="Move it away and run `init --ci` again.")
        secret = "JIRA_TOKEN" if target is TargetKind.JIRA else ""
        session.write_file(workflow, workflow_text(documents, secret), parents=True)
        session.say(f"wrote {workflow}")
    token = "" if target is TargetKind.LOCAL else f"export {target.name}_TOKEN=…, `closeout doctor` checks all, then "
    session.say(f"next: {token}`closeout plan` shows what would happen, `closeout sync` does it")


def github_table(repository: str, base_url: str | None) -> str:
    """The settings of a GitHub target."""
    address = f"base_url = {_quoted(base_url)}" if base_url else '# base_url = "https://github.example.com/api/v3"'
    return GITHUB.format(repository=_quoted(repository), base_url=address)


def jira_table(site: str, project: str, email: str | None) -> str:
    """The settings of a Jira target."""
    account = f"email = {_quoted(email)}" if email else '# email = "bot@example.com"   # of an API token (Cloud)'
    return JIRA.format(url=_quoted(site), project=_quoted(project), email=account)


def workflow_text(documents: str, secret: str = "") -> str:
    """The workflow for documents in this folder. `secret`: a token that both jobs need besides GitHub's."""
    line = f"\n          {secret}: ${{{{ secrets.{secret} }}}}" if secret else ""
    given = "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}"
    return WORKFLOW.replace("@documents@", documents.rstrip("/")).replace(given, given + line)


def _quoted(text: str) -> str:
    """A TOML basic string; its escapes are JSON's."""
    import json

    return json.dumps(text, ensure_ascii=False)


def _ask(question: str, default: str | None = None) -> str:
    return str(typer.prompt(question, default=default, show_default=bool(default), err=True))


def _needed(question: str, option: str, target: TargetKind, *, asking: bool) -> str:
    """What a target can't do without.

    Raises:
        UsageError: nobody can be asked.
    """
    from tracker.errors import UsageError

    if asking:
        return _ask(question)
    raise UsageError(
        f"no {option.split(maxsplit=1)[0].removeprefix('--').replace('-', ' ')} given",
        where=f"--target {target.value}",
        advice=f"Add {option}.",
    )


def _target(text: str) -> TargetKind:
    try:
        return TargetKind(text.strip().casefold())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is none of: local, github, jira", param_hint="--target") from None


SETTINGS = """\
# Settings of Closeout. Everything that is left out has a default; docs/settings.md lists it all.
# Secrets never stand here: settings name the environment variable or the file that holds them.

target = "{target}"          # where new items go: one of the [targets.NAME] below
# timezone = "Europe/Berlin" # of due dates, reports and schedules

[documents]
paths = [{documents}]        # files or folders, relative to this file
# private = true             # keep items out of public targets

{table}
[policy]
due_soon_days = 7
# kinds = ["task"]           # leave general improvements without an issue
# removed = "comment"        # or "keep", "close": the open issue of an item that left its document

# Who owners are: names in documents resolve through this book, or they are reported as unknown.
# [people.jo]
# name = "Jo Smith"
# aliases = ["J. Smith"]
# email = "jo@example.com"
# github = "josmith"
# jira = "5b10ac8d82e05b22cc7d4ef5"  # account id (Cloud) or user name; else found by e-mail
# team = "sre"

# [teams.sre]
# name = "SRE"
# email = "sre@example.com"

[reports.weekly]
period = "weekly"
# fallback = "sre"           # who hears of items that belong to nobody

# [mail]
# host = "smtp.example.com"
# sender = "closeout@example.com"
# username = "closeout"      # the password: environment variable CLOSEOUT_SMTP_PASSWORD

# Jobs of `closeout serve`.
# [schedules.sync]
# run = "sync"
# cron = "*/15 * * * *"

# [schedules.monday]
# run = "report"
# report = "weekly"
# cron = "0 9 * * MON"
"""

LOCAL = """\
# The embedded tracker: no account, no server. `closeout issues` lists and changes its issues.
[targets.local]
kind = "local"
"""

GITHUB = """\
[targets.github]
kind = "github"
repository = {repository}
{base_url}
token_env = "GITHUB_TOKEN"   # needs read and write access to issues
"""

JIRA = """\
# Jira Cloud or Data Center; `closeout doctor` says which fields its issues need, with the lines to add here.
[targets.jira]
kind = "jira"
url = {url}
project = {project}
issue_type = "Task"
{email}
token_env = "JIRA_TOKEN"     # API token, OAuth 2.0 access token, or personal access token
"""

WORKFLOW = """\
# Opens and updates the issues of postmortems when one is merged.
name: closeout
on:
  push:
    branches: [main]
    paths: ["@documents@/**", closeout.toml]
  pull_request:
    paths: ["@documents@/**", closeout.toml]
  workflow_dispatch:
permissions:
  contents: read
# Two syncs at once would wait for each other only on one machine.
concurrency: closeout-${{ github.event.pull_request.number || 'sync' }}
jobs:
  plan:
    # The token of a pull request from a fork can't comment.
    if: github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository
    permissions:
      contents: read
      issues: read
      pull-requests: write
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v5
        with:
          persist-credentials: false
      - uses: actions/setup-python@v6
        with:
          python-version: "3.13"
      - run: pipx install "$PACKAGE"
        env:
          PACKAGE: ${{ vars.CLOSEOUT_PACKAGE }}
      - run: closeout plan --comment "$NUMBER"
        env:
          GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}
          NUMBER: ${{ github.event.pull_request.number }}
  sync:
    if: github.event_name != 'pull_request'
    permissions:
      contents: read
      issues: write
    runs-on: ubuntu-latest
    timeout-minutes: 90
    steps:
      - uses: actions/checkout@v5
        with:
          persist-credentials: false
      - uses: actions/setup-python@v6
        with:
          python-version: "3.13"
      # Not on a package index yet: name the wheel or the repository that you install Closeout from.
      - run: pipx install "$PACKAGE"
        env:
          PACKAGE: ${{ vars.CLOSEOUT_PACKAGE }}
      - run: closeout sync
        env:
          GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}
"""
