"""Closeout's own errors: what happened, where, and what to do next. The command line turns them into exit codes.

    CloseoutError
    ├── UsageError          2   wrong arguments, settings or input
    ├── RefusedByBrake      4   a plan too large to carry out without consent
    ├── StalePlan           4   the world moved since the plan was made
    ├── Unavailable         5   a target, the store or the mail server could not be reached at all
    └── Stopped           130   told to stop: what was left is the next run's

`connectors.ConnectorError` has the same shape (message, where, advice) and joins them in the command line's output.
"""

from __future__ import annotations

__all__ = ["CloseoutError", "RefusedByBrake", "StalePlan", "Stopped", "Unavailable", "UsageError"]


class CloseoutError(Exception):
    """Something a person has to know about.

    Attributes:
        message: what happened, one or more lines, no secrets.
        where: file, file:line, setting or target; empty when it is the command line itself.
        advice: what to do next.
    """

    exit_code = 3

    def __init__(self, message: str, *, where: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class UsageError(CloseoutError):
    """Wrong arguments, settings or input: nothing was done."""

    exit_code = 2


class RefusedByBrake(CloseoutError):
    """The plan is larger than consented to: nothing was done."""

    exit_code = 4


class StalePlan(CloseoutError):
    """The stored plan no longer fits the world: nothing was done."""

    exit_code = 4


class Unavailable(CloseoutError):
    """A target, the store or a mail server could not be reached at all."""

    exit_code = 5


class Stopped(CloseoutError):
    """Told to stop before all was done: what was done is recorded, the rest is left for the next run."""

    exit_code = 130
