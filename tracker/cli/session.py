"""One run of the command line: its settings, consoles, clock and progress. What is slow is imported when it is used."""
# ruff: noqa: PLC0415 - `closeout --help` must not wait for a database library

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from tracker.app import App
    from tracker.settings_file import Loaded
    from tracker.store import Store
    from tracker.store.glance import Glance


class Session:
    """What a command works with."""

    def __init__(self, config: str | None) -> None:
        self._config = config

    @cached_property
    def loaded(self) -> Loaded:
        """The settings: `--config`, else the nearest file upward, else defaults."""
        from tracker.errors import UsageError
        from tracker.settings_file import find_file, load

        if self._config is not None and not Path(self._config).is_file():
            raise UsageError("no such settings file", where=self._config, advice="`closeout init` writes one.")
        return load(Path(self._config).absolute() if self._config else find_file(Path.cwd()))

    @cached_property
    def required(self) -> Loaded:
        """The settings of commands that keep a store: without a file nobody said where."""
        from tracker.errors import UsageError

        if self.loaded.file is None:
            raise UsageError(
                "there is no closeout.toml here or in a folder above",
                where=str(Path.cwd()),
                advice="`closeout init` writes one; or name one with --config.",
            )
        return self.loaded

    @cached_property
    def app(self) -> App:
        """The use cases."""
        from tracker.app import App
        from tracker.cli.progress import make_progress

        return App(self.required, make_progress(), clock=self.clock)

    @cached_property
    def clock(self) -> Clock:
        """The present time."""
        return clock()

    def look(self) -> Store | Glance:
        """The store for reading only; the quick way where that is possible."""
        from tracker.store.glance import Glance

        loaded = self.required
        return Glance.open(loaded.settings.database, loaded.root) or self.app.store(create=False)

    @property
    def on_terminal(self) -> bool:
        """Whether a person reads standard output, and not a file or another program."""
        return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))

    @cached_property
    def out(self) -> Console:
        """Standard output: coloured on a terminal, plain and wide elsewhere."""
        from rich.console import Console

        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
        return Console(width=width, highlight=False, emoji=False, markup=False, soft_wrap=False)

    @staticmethod
    def write(text: str) -> None:
        """Exact text on standard output."""
        sys.stdout.write(text)

    @staticmethod
    def write_file(file: Path, text: str, *, parents: bool = False) -> None:
        """Write `text` to a file that the user named; with `parents` its folders are made.

        Raises:
            UsageError: that is not possible.
        """
        from tracker.errors import UsageError

        try:
            if parents:
                file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        except OSError as error:
            raise UsageError(
                f"can't be written: {error.strerror}", where=str(file), advice="Choose a place that you may write to."
            ) from error

    @staticmethod
    def say(text: str) -> None:
        """A message for people, on standard error."""
        sys.stderr.write(f"{text}\n")


def clock() -> Clock:
    """The clock: the real one, or one that started at `CLOSEOUT_NOW` (an ISO time), for demonstrations and tests."""
    from tracker.errors import UsageError

    text = os.environ.get("CLOSEOUT_NOW")
    if not text:
        return Clock(None)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no time", where="environment variable CLOSEOUT_NOW", advice="Use 2026-11-23T09:00:00+00:00."
        ) from None
    return Clock(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


class Clock:
    """The present time; shifted when it was told to start at another moment."""

    def __init__(self, start: datetime | None) -> None:
        self._shift = start - datetime.now(UTC) if start else None

    def __call__(self) -> datetime:
        """Now, in UTC."""
        now = datetime.now(UTC)
        return now + self._shift if self._shift else now
