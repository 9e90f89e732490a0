"""`closeout link`, `unlink`, `ignore`, `snooze`, `extend`, `verify`: what people decide, with who, when and why."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import sys
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import completing
from tracker.cli.days import a_day
from tracker.cli.session import Session

if TYPE_CHECKING:
    from tracker.app import Decided


class Format(StrEnum):
    """Formats of the decisions."""

    TEXT = "text"
    JSON = "json"


ItemName = Annotated[
    str,
    typer.Argument(metavar="ITEM", help="An item's id (or its start), or its issue.", autocompletion=completing.items),
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; asked for on a terminal.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides [default: git's user, else yours].")]
Form = Annotated[Format, typer.Option("--format", help="How to print the item.")]
Undo = Annotated[bool, typer.Option("--undo", help="Take it back.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (link, unlink, ignore, snooze, extend, verify):
        app.command()(command)


def link(
    context: typer.Context,
    item: ItemName,
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="An issue of a target: its number or address.")],
    same_work: Annotated[
        bool, typer.Option("--same-work", help="The issue is another item's, and stands for both: they are one work.")
    ] = False,
    reason: Reason = None,
    by: By = None,
    form: Form = Format.TEXT,
) -> None:
    """Say which issue is an item's; nothing is written to it by that."""
    session: Session = context.obj
    _tell(session, session.app.link(item, issue, by, (reason or "").strip(), same=same_work), form)


def unlink(
    context: typer.Context, item: ItemName, reason: Reason = None, by: By = None, form: Form = Format.TEXT
) -> None:
    """Say that an issue is not the item's; it is left as it is, and never tied to this item again by itself."""
    session: Session = context.obj
    _tell(session, session.app.unlink(item, by, why(reason)), form)


def ignore(
    context: typer.Context,
    item: ItemName,
    undo: Undo = False,
    reason: Reason = None,
    by: By = None,
    form: Form = Format.TEXT,
) -> None:
    """Set an item aside: it gets no issue, and one that it has is left alone; reports leave it out."""
    session: Session = context.obj
    _tell(session, session.app.ignore(item, by, why(reason), undo=undo), form)


def snooze(
    context: typer.Context,
    item: ItemName,
    until: Annotated[
        date | None,
        typer.Argument(parser=a_day, metavar="UNTIL", help="The day on which it is back, as 2026-12-31."),
    ] = None,
    undo: Undo = False,
    reason: Reason = None,
    by: By = None,
    form: Form = Format.TEXT,
) -> None:
    """Keep an item out of reports and reminders until a day."""
    session: Session = context.obj
    _one_of(until, undo=undo, name="UNTIL")
    _tell(session, session.app.snooze(item, until, by, why(reason)), form)


def extend(
    context: typer.Context,
    item: ItemName,
    to: Annotated[
        date | None,
        typer.Argument(parser=a_day, metavar="DATE", help="The day by which it is due, as 2026-12-31."),
    ] = None,
    undo: Undo = False,
    reason: Reason = None,
    by: By = None,
    form: Form = Format.TEXT,
) -> None:
    """Give an item another due date than its document's, which is kept and shown beside it."""
    session: Session = context.obj
    _one_of(to, undo=undo, name="DATE")
    _tell(session, session.app.extend(item, to, by, why(reason)), form)


def verify(
    context: typer.Context,
    item: ItemName,
    undo: Undo = False,
    reason: Reason = None,
    by: By = None,
    form: Form = Format.TEXT,
) -> None:
    """Say that an item which is done was seen to be so; merged work that closed its issue says it by itself."""
    session: Session = context.obj
    _tell(session, session.app.verify(item, by, why(reason), undo=undo), form)


def _one_of(day: date | None, *, undo: bool, name: str) -> None:
    if (day is None) is not undo:
        said = f"{name} and --undo exclude each other" if undo else f"give {name} or --undo"
        raise typer.BadParameter(said, param_hint=name)


def why(reason: str | None) -> str:
    """The reason: as given, else asked for.

    Raises:
        UsageError: there is none, and nobody to ask.
    """
    from tracker.errors import UsageError

    if reason is None and sys.stdin.isatty() and sys.stderr.isatty():
        reason = str(typer.prompt("Why", err=True))
    if reason is None or not reason.strip():
        raise UsageError("a decision needs a reason", where="--reason", advice='Add one: --reason "…".')
    return reason.strip()


def _tell(session: Session, decided: Decided, form: Format) -> None:
    from tracker.render import decisions as render

    session.app.progress.finish()
    if form is Format.JSON:
        session.write(render.to_json(decided.entry))
    else:
        render.print_decision(decided.entry, decided.before, decided.event, session.app.settings.policy, session.out)
