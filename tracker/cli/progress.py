"""Progress of long work: a bar on a terminal, nothing elsewhere (but waits are always told)."""

from __future__ import annotations

import sys
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tracker.applied import Progress as ProgressPort


def make_progress() -> ProgressPort:
    """A bar when standard error is a terminal, else plain lines for waits only."""
    return Bar() if sys.stderr.isatty() else Quiet()


class Quiet:
    """No bar; but whoever reads the log learns why nothing happens."""

    def phase(self, what: str, total: int | None = None) -> None:
        """Not told."""

    def advance(self) -> None:
        """Not told."""

    def tell(self, what: str) -> None:
        """One line."""
        sys.stderr.write(f"{what}\n")

    def waiting(self, until: datetime, why: str) -> None:
        """One line."""
        sys.stderr.write(f"waiting until {until:%H:%M:%S} UTC: {why}\n")

    def finish(self) -> None:
        """Nothing to clear."""


class Bar:
    """A bar on standard error that vanishes when the work is done."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", style="yellow"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, note="")

    def phase(self, what: str, total: int | None = None) -> None:
        """Start over with a new description."""
        self._progress.start()
        self._progress.reset(self._task, total=total, description=what, note="")

    def advance(self) -> None:
        """One step."""
        self._progress.update(self._task, advance=1, note="")

    def tell(self, what: str) -> None:
        """A line above the bar."""
        self._progress.console.print(what, markup=False, highlight=False, soft_wrap=True)

    def waiting(self, until: datetime, why: str) -> None:
        """Say beside the bar why it stands still, and until when."""
        self._progress.start()
        self._progress.update(self._task, note=f"waiting until {until.astimezone():%H:%M:%S}: {why}")

    def finish(self) -> None:
        """Clear the bar."""
        self._progress.stop()
