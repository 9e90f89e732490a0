"""Who is at work here."""

from __future__ import annotations

import getpass
from pathlib import Path

from tracker.errors import UsageError
from tracker.sources.git import git_person


def whoever(root: Path, said: str | None) -> str:
    """Who decides or asks: as said, else as git's settings name the person, else the login name.

    Raises:
        UsageError: nobody can tell.
    """
    try:
        who = said or git_person(root) or getpass.getuser()
    except (OSError, KeyError, ImportError):  # containers run users that have no name
        who = ""
    if not who.strip():
        raise UsageError("nobody knows who decides this", advice="Say it with --by NAME.")
    return " ".join(who.split())
