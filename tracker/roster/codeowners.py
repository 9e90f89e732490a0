"""CODEOWNERS as GitHub and GitLab read it: a pattern and its owners on each line, GitLab's sections with theirs.

https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
https://docs.gitlab.com/user/project/codeowners/reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.roster import Complain, Found

_COMMENT = re.compile(r"(?:^|\s)#.*")
_SECTION = re.compile(r"\^?\[[^\]]*\](?:\[\d+\])?(?=\s|$)")
_WORD = re.compile(r"(?:\\.|\S)+")
_TEAM = re.compile(r"@(?P<slug>[\w.-]+(?:/[\w.-]+)+)")
_LOGIN = re.compile(r"@(?P<login>[\w.-]+)")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def parse(text: str, complain: Complain) -> list[Found]:
    """Every owner once, in the order of the file. Of people it tells a login or an address, of teams their handle."""
    found: dict[str, Found] = {}
    for line, word in _owners(text):
        if word.casefold() not in found and (owner := _owner(line, word, complain)):
            found[word.casefold()] = owner
    return list(found.values())


def _owners(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        rule = _COMMENT.sub("", line).strip()
        section = _SECTION.match(rule)
        # `[ab].txt @jo` is a pattern with a choice of letters, not a section: a section stands alone before its owners.
        words = _WORD.findall(rule[section.end() :] if section else rule)
        yield from ((number, word) for word in (words if section else words[1:]))


def _owner(line: int, word: str, complain: Complain) -> Found | None:
    if team := _TEAM.fullmatch(word):
        return Found(line, name=team["slug"].rsplit("/", 1)[1], aliases=(word,), is_team=True)
    if login := _LOGIN.fullmatch(word):
        return Found(line, github=login["login"])
    if _EMAIL.fullmatch(word):
        return Found(line, email=word)
    what = "a role of the project" if word.startswith("@@") else "neither a login nor a team nor an e-mail address"
    complain(line, f"left out: {word} is {what}")
    return None
