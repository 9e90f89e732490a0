"""`closeout status`, `history`: answers from the store."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.session import Session

if TYPE_CHECKING:
    from tracker.model import ItemState
    from tracker.policy import Flag

_FLAGS = ("overdue", "due-soon", "unlinked", "unowned", "owner-unknown")
_STATES = ("open", "done", "wont-do", "duplicate", "removed", "ignored")


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
        str, typer.Option("--is", help=f"Only items that are one of these: {', '.join((*_FLAGS, *_STATES))}.")
    ] = "",
    form: Annotated[StatusFormat, typer.Option("--format", help="How to print.")] = StatusFormat.TABLE,
    fail_on: Annotated[str, typer.Option(help=f"Exit 1 if an item shown is one of: {', '.join(_FLAGS)}.")] = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="Read the issues again first.")] = False,
) -> int:
    """Say where things stand, from the store, with an "as of" time."""
    from tracker.app import Wanted
    from tracker.policy import flagged
    from tracker.render import status as render

    session: Session = context.obj
    flags, states = _split(kinds, "--is", states_too=True)
    failing, _ = _split(fail_on, "--fail-on", states_too=False)
    found = session.app.status(Wanted(item, owner, document, flags, states), refresh=refresh)
    session.app.progress.finish()
    if form is StatusFormat.JSON:
        session.write(render.to_json(found.entries, found.as_of, found.today))
    elif form is StatusFormat.CSV:
        session.write(render.to_csv(found.entries))
    elif item and found.entries:
        render.print_item(found.entries[0], session.out)
    else:
        render.print_table(found.entries, found.as_of, session.out)
    bad = len(flagged(found.entries, failing))
    if bad:
        sys.stderr.write(f"closeout: {bad} items are {' or '.join(flag.value for flag in failing)}\n")
    return 1 if bad else 0


def history(
    context: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item's id (or its start), or an issue.")],
    form: Annotated[HistoryFormat, typer.Option("--format", help="How to print.")] = HistoryFormat.TEXT,
) -> None:
    """Tell the story of one item, from the audit log."""
    from tracker.render import status as render

    session: Session = context.obj
    entry, events = session.app.history(item)
    if form is HistoryFormat.JSON:
        session.write(render.history_json(entry, events))
    else:
        render.print_history(entry, events, session.out)


def _split(text: str, option: str, *, states_too: bool) -> tuple[tuple[Flag, ...], tuple[ItemState, ...]]:
    from tracker.model import ItemState
    from tracker.policy import Flag

    flags: list[Flag] = []
    states: list[ItemState] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        if word in _FLAGS:
            flags.append(Flag(word))
        elif states_too and word in _STATES:
            states.append(ItemState(word.replace("-", "_")))
        else:
            known = (*_FLAGS, *_STATES) if states_too else _FLAGS
            raise typer.BadParameter(f"{word!r} is none of: {', '.join(known)}", param_hint=option)
    return tuple(flags), tuple(states)
