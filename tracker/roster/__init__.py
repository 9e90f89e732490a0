"""People and teams as other systems list them: CODEOWNERS, a directory's export. Pure: text in, entries out.

codeowners.py   GitHub's and GitLab's CODEOWNERS
directory.py    a directory's users as CSV: Okta, Google Workspace, Microsoft Entra
scim.py         a directory's users as SCIM (RFC 7643), the JSON that all of them speak
joining.py      what was found beside who is in the book already

Nothing is guessed: who is one with whom is told by e-mail address and login alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Complain: TypeAlias = Callable[[int, str], None]
"""Takes the line and what can't be used of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """One person or team as the source tells. `line` is where; None, empty or False is what it does not tell.

    `ids` are names by which others of the same source may call their manager; `manager` is such a name. `team` is the
    name of the person's team. `aliases` are other spellings that the source itself uses.
    """

    line: int
    name: str | None = None
    email: str | None = None
    github: str | None = None
    slack: str | None = None
    jira: str | None = None
    aliases: tuple[str, ...] = ()
    team: str | None = None
    manager: str | None = None
    timezone: str | None = None
    left: bool = False
    is_team: bool = False
    ids: frozenset[str] = frozenset()
