"""`closeout issues`: the embedded tracker, by hand."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import completing
from tracker.cli.session import Session

if TYPE_CHECKING:
    from connectors import IssuePatch, IssueRef, IssueTracker

app = typer.Typer(
    help="List, show and change issues of the embedded tracker.", no_args_is_help=True, rich_markup_mode=None
)

Target = Annotated[
    str | None,
    typer.Option(help="Which embedded tracker, if there are several.", autocompletion=completing.targets),
]
Number = Annotated[str, typer.Argument(metavar="ISSUE", help="An issue's number, as 12 or #12.")]


class Format(StrEnum):
    """Formats of `issues list` and `issues show`."""

    TABLE = "table"
    JSON = "json"


class Reason(StrEnum):
    """Why an issue is closed."""

    DONE = "done"
    WONT_DO = "wont-do"
    DUPLICATE = "duplicate"


@app.command("list")
def list_issues(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    target: Target = None,
) -> None:
    """List issues, open ones first."""
    from tracker.render import issues as render

    session: Session = context.obj
    with closing(session.app.embedded(target)) as tracker:
        found = tracker.changed_since(None).issues
    shown = sorted((i for i in found if every or not i.state.closed), key=lambda i: (i.state.closed, i.ref.number))
    if form is Format.JSON:
        session.write(render.to_json(shown))
    else:
        render.print_table(shown, session.out)


@app.command()
def show(
    context: typer.Context,
    number: Number,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    target: Target = None,
) -> None:
    """Show one issue with its comments."""
    from tracker.render import issues as render

    session: Session = context.obj
    with closing(session.app.embedded(target)) as tracker:
        ref = _ref(tracker, number)
        issue, comments = tracker.get(ref), tracker.comments(ref)
    if form is Format.JSON:
        session.write(render.to_json([issue]))
    else:
        render.print_issue(issue, comments, session.out)


@app.command()
def close(
    context: typer.Context,
    number: Number,
    reason: Annotated[Reason, typer.Option("--as", help="Why: done, won't do, or a duplicate.")] = Reason.DONE,
    target: Target = None,
) -> None:
    """Close an issue."""
    from connectors import IssuePatch, IssueState

    state = IssueState(reason.value.replace("-", "_"))
    _change(context.obj, target, number, IssuePatch(state=state), f"closed as {reason.value}")


@app.command()
def reopen(context: typer.Context, number: Number, target: Target = None) -> None:
    """Reopen a closed issue."""
    from connectors import IssuePatch, IssueState

    _change(context.obj, target, number, IssuePatch(state=IssueState.OPEN), "reopened")


@app.command()
def assign(
    context: typer.Context,
    number: Number,
    people: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Nobody when left out.")] = None,
    target: Target = None,
) -> None:
    """Assign an issue to people."""
    from connectors import IssuePatch

    patch = IssuePatch(assignees=frozenset(people or ()))
    _change(context.obj, target, number, patch, f"assigned to {', '.join(people or []) or 'nobody'}")


@app.command()
def comment(
    context: typer.Context,
    number: Number,
    text: Annotated[str, typer.Argument(help="What to say (Markdown).")],
    target: Target = None,
) -> None:
    """Comment on an issue."""
    session: Session = context.obj
    with closing(session.app.embedded(target)) as tracker:
        ref = _ref(tracker, number)
        tracker.comment(ref, text)
    session.say(f"{ref.key}: comment added")


def _change(session: Session, target: str | None, number: str, patch: IssuePatch, said: str) -> None:
    with closing(session.app.embedded(target)) as tracker:
        ref = _ref(tracker, number)
        tracker.update(tracker.get(ref), patch)
    session.say(f"{ref.key}: {said}; `closeout sync` takes note of it")


def _ref(tracker: IssueTracker, number: str) -> IssueRef:
    from tracker.errors import UsageError

    ref = tracker.reference(number if number.startswith("#") else f"#{number}")
    if ref is None:
        raise UsageError("this is no issue number", where=number, advice="`closeout issues list` shows them.")
    return ref
