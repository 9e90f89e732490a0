"""The command line: argv to use cases to text and exit codes. No rules here."""

from tracker.cli.main import run

__all__ = ["run"]
