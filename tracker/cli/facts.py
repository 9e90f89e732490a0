"""`closeout status`, `history`: answers from the store."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.session import Session
from tracker.flags import Flag

if TYPE_CHECKING:
    from tracker.model import ItemState

_FLAGS = tuple(flag.value for flag in Flag)
# Copied: `tracker.model` takes three times as long to import as all that `--help` needs.
_STATES = ("open", "done", "wont-do", "duplicate", "removed", "ignored")

_LATEST = 30


class StatusFormat(StrEnum):
    """Formats of `status`."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class HistoryFormat(StrEnum):
    """Formats of `history`."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(history)


def status(
    context: typer.Context,
    item: Annotated[
        str | None, typer.Argument(metavar="[ITEM]", help="An item's id (or its start), or an issue.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Only items of this person or team.")] = None,
    document: Annotated[
        str | None, typer.Option(help="Only items of documents whose path or title holds this.")
    ] = None,
    kinds: Annotated[
        str,
        typer.Option(
            "--is", help=f"Only items that are one of these: {', '.join(dict.fromkeys((*_FLAGS, *_STATES)))}."
        ),
    ] = "",
    form: Annotated[StatusFormat, typer.Option("--format", help="How to print.")] = StatusFormat.TABLE,
    fail_on: Annotated[str, typer.Option(help=f"Exit 1 if an item shown is one of: {', '.join(_FLAGS)}.")] = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="Read the issues again first.")] = False,
    check_links: Annotated[
        bool, typer.Option("--check-links", help="Read all issues again first, and look for linked ones that are gone.")
    ] = False,
) -> int:
    """Say where things stand, from the store, with an "as of" time."""
    from tracker.app import Wanted
    from tracker.policy import flagged
    from tracker.render import status as render

    session: Session = context.obj
    flags, states = _split(kinds, "--is", states_too=True)
    failing, _ = _split(fail_on, "--fail-on", states_too=False)
    wanted = Wanted(item, owner, document, flags, states, failing)
    found = session.app.status(wanted, refresh=refresh, check_links=check_links)
    session.app.progress.finish()
    if form is StatusFormat.JSON:
        session.write(render.to_json(found.entries, found.as_of, found.today))
    elif form is StatusFormat.CSV:
        session.write(render.to_csv(found.entries))
    elif item and found.entries:
        only = found.entries[0]
        render.print_item(only, session.app.history(only.item.id).events, session.out)
    else:
        render.print_table(found.entries, found.as_of, session.out)
    bad = len(flagged(found.entries, failing))
    if bad:
        sys.stderr.write(f"closeout: {bad} items are {' or '.join(flag.value for flag in failing)}\n")
    return 1 if bad else 0


def history(
    context: typer.Context,
    item: Annotated[
        str | None, typer.Argument(metavar="[ITEM]", help="An item's id (or its start), or an issue.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the latest events [default: all of an item, 30 without one].")
    ] = None,
    form: Annotated[HistoryFormat, typer.Option("--format", help="How to print.")] = HistoryFormat.TEXT,
) -> None:
    """Tell the story of one item, or what happened last, from the audit log."""
    from tracker.render import history as render

    session: Session = context.obj
    story = session.app.history(item, limit or (None if item else _LATEST))
    if form is HistoryFormat.JSON:
        session.write(render.to_json(story.item, story.events))
    else:
        render.print_story(story.item, story.events, story.texts, session.out)


def _split(text: str, option: str, *, states_too: bool) -> tuple[tuple[Flag, ...], tuple[ItemState, ...]]:
    from tracker.model import ItemState

    flags: list[Flag] = []
    states: list[ItemState] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        if states_too and word in _STATES:  # all that is removed, with those whose issue is still open
            states.append(ItemState(word.replace("-", "_")))
        elif word in _FLAGS:
            flags.append(Flag(word))
        else:
            known = dict.fromkeys((*_FLAGS, *_STATES)) if states_too else _FLAGS
            raise typer.BadParameter(f"{word!r} is none of: {', '.join(known)}", param_hint=option)
    return tuple(flags), tuple(states)
