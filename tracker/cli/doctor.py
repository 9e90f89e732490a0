"""`closeout doctor`: check the set-up."""
# ruff: noqa: PLC0415 - each command imports what it needs when it runs

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli import completing
from tracker.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tracker.app import Examined

TROUBLE, UNREACHABLE = 2, 5


class DoctorFormat(StrEnum):
    """Formats of `doctor`."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET", help="Check only these.", autocompletion=completing.targets),
    ] = None,
    form: Annotated[DoctorFormat, typer.Option("--format", help="How to print.")] = DoctorFormat.TEXT,
) -> int:
    """Check settings, store, documents, targets, people and mail; say how to mend what is wrong. Writes nothing.

    Exits with 0 when all is well, 2 when there is something to mend, 5 when a target or the store can't be reached.
    """
    from tracker.render import doctor as render

    session: Session = context.obj
    parts: list[Examined] = []
    for part in _examine(session, targets or ()):
        parts.append(part)
        if form is DoctorFormat.TEXT:
            render.print_part(part, session.out)
    if form is DoctorFormat.JSON:
        session.write(render.to_json(parts))
    else:
        render.print_end(parts, session.out)
    if not all(part.reached for part in parts):
        return UNREACHABLE
    return TROUBLE if any(part.troubles for part in parts) else 0


def _examine(session: Session, targets: Sequence[str]) -> Iterator[Examined]:
    from tracker.app import examine, unusable
    from tracker.errors import UsageError

    try:
        loaded = session.required
    except UsageError as error:
        yield unusable(error)
        return
    yield from examine(loaded, session.app.open_tracker, targets)
