"""Watching what is sent to the small Jira, and losing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.faults import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.faults import Seen
    from contract.little_jira import LittleJira

ANA, BO, GONE = "5b10a2844c20165700ede21g", "712020:b0-chen", "712020:left"
"""Accounts of the small Jira; the last one is deactivated."""


class Requests:
    """What was sent since it was last asked for."""

    def __init__(self, jira: LittleJira) -> None:
        self._jira = jira

    def __call__(self) -> list[str]:
        sent, self._jira.requests = self._jira.requests, []
        return sent


def lost(verb: str, path: str) -> Callable[[Seen], Answer | None]:
    """The connection is cut at requests like this."""
    return lambda seen: Answer(cut="read") if seen.verb == verb and seen.path.endswith(path) else None
