"""Questions to the person at the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tracker.cli.session import Session
    from tracker.similar import Proposal


def asker(session: Session, *, everything: bool) -> Callable[[Sequence[Proposal]], Sequence[Proposal]]:
    """Who says which proposed issues are the items' own: the person at the terminal, or `--yes` for all of them.

    Raises (when asked):
        UsageError: there is nobody to ask.
    """

    def agree(proposals: Sequence[Proposal]) -> Sequence[Proposal]:
        from tracker.errors import UsageError  # noqa: PLC0415 - as every command, imports when it runs
        from tracker.render.proposals import question  # noqa: PLC0415

        session.app.progress.finish()
        if everything:
            return proposals
        if not sys.stdin.isatty():
            raise UsageError(
                f"{len(proposals)} open issues read like items without one, and there is nobody to ask",
                advice="Look at `closeout plan --adopt similar`; `--yes` adopts all that it shows.",
            )
        return [each for each in proposals if typer.confirm(question(each), default=False, err=True)]

    return agree
