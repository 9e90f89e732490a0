"""`closeout move`: take an item's issue from one target to another."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import completing
from tracker.cli.deciding import By, Form, Format, ItemName, Reason, why
from tracker.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.policy import Entry

_SOME_FAILED = 3


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(move)


def move(
    context: typer.Context,
    item: ItemName,
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="A target's name in the settings.", autocompletion=completing.targets),
    ],
    reason: Reason = None,
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    form: Form = Format.TEXT,
) -> int:
    """Open an item's issue in another target, and close the one that it has; each names the other.

    The new one is as a sync would open it: comments, and what people wrote into the old one, stay there. An issue that
    Closeout did not open is not closed. Stopped anywhere, the same command or the next sync goes on.
    """
    from tracker.render import moving as render

    session: Session = context.obj
    moved = session.app.move(item, target, by, why(reason), _asker(session, target, yes=yes))
    session.app.progress.finish()
    if moved is None:
        session.say("nothing was moved")
        return 0
    if form is Format.JSON:
        from tracker.render import decisions

        session.write(decisions.to_json(moved.entry))
    else:
        render.print_move(moved.entry, moved.move, session.out)
    if moved.lacking:
        session.say(f"closeout: left out: {', '.join(moved.lacking)}")
    if moved.problem:
        session.say(f"closeout: {moved.problem}\n  {moved.advice}".rstrip())
    return _SOME_FAILED if moved.problem else 0


def _asker(session: Session, target: str, *, yes: bool) -> Callable[[Entry], bool]:
    """Who says that it is meant: the person at the terminal, or `--yes`.

    Raises (when asked):
        UsageError: there is nobody to ask.
    """

    def sure(entry: Entry) -> bool:
        from tracker.errors import UsageError
        from tracker.render import moving as render

        if yes:
            return True
        session.app.progress.finish()
        if not sys.stdin.isatty():
            raise UsageError("there is nobody to ask", where="--yes", advice="Add --yes if this is meant.")
        return typer.confirm(render.question(entry, target), default=False, err=True)

    return sure
