"""Days on the command line."""

from __future__ import annotations

from datetime import date

import typer


def a_day(text: str) -> date:
    """The day that somebody wrote.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write it as 2026-12-31") from None
