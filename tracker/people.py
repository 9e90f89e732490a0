"""The people book: who is meant by an owner as a document writes it. Names resolve or don't; nothing is guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.settings import Settings

_WORDS_BETWEEN = r"(?:and|und|et|y)\s+"
_SEPARATORS = re.compile(rf"\s*[,;/&+、]\s*(?:{_WORDS_BETWEEN})?|\s+{_WORDS_BETWEEN}")
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_LONGEST_NAME = 4  # pieces; "Research, Data & Search" is one team
_ROLE = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")


@dataclass(frozen=True, slots=True)
class Owner:
    """A person or a team that items can belong to. `logins` maps a target's kind to the name the person has there.

    `manager` is the key of who looks after them, `away_until` the day before which they are told nothing, and who has
    `left` is not told anything any more.
    """

    key: str
    name: str
    email: str | None = None
    logins: Mapping[str, str] | None = None
    team: str | None = None
    is_team: bool = False
    manager: str | None = None
    slack: str | None = None
    timezone: str | None = None
    away_until: date | None = None
    left: bool = False

    def login(self, target_kind: str) -> str | None:
        """The name to assign issues to at targets of this kind, or None."""
        return (self.logins or {}).get(target_kind)


@dataclass(frozen=True, slots=True)
class Ownership:
    """What an owner text resolves to: the known owners, in order, and the names that nobody knows."""

    known: tuple[Owner, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def first(self) -> Owner | None:
        """The one who is asked first."""
        return self.known[0] if self.known else None


class PeopleBook:
    """Owners by every spelling that the settings list. Pure: built once from settings."""

    def __init__(self, owners: Mapping[str, Owner], spellings: Mapping[str, str]) -> None:
        self._owners = dict(owners)
        self._by_spelling = dict(spellings)

    @classmethod
    def from_settings(cls, settings: Settings) -> PeopleBook:
        """The book that `[people]` and `[teams]` describe. A spelling that two entries share resolves to neither."""
        owners: dict[str, Owner] = {}
        spellings: dict[str, set[str]] = {}
        for key, team in settings.teams.items():
            owners[key] = Owner(key, team.name, team.email, is_team=True, manager=team.manager)
            for spelling in (key, team.name, *team.aliases):
                spellings.setdefault(_fold(spelling), set()).add(key)
        for key, person in settings.people.items():
            there = {"local": person.local or key, "github": person.github, "jira": person.jira or person.email}
            logins = {kind: login for kind, login in there.items() if login}
            owners[key] = Owner(
                key,
                person.name,
                person.email,
                logins,
                person.team,
                manager=person.manager,
                slack=person.slack,
                timezone=person.timezone,
                away_until=person.away_until,
                left=person.left,
            )
            names = (key, person.name, *person.aliases, person.github or key, person.email or key)
            for spelling in names:
                spellings.setdefault(_fold(spelling), set()).add(key)
        return cls(owners, {text: next(iter(keys)) for text, keys in spellings.items() if len(keys) == 1})

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Everybody in it."""
        return tuple(self._owners.values())

    def get(self, key: str) -> Owner | None:
        """The owner with this key of the settings."""
        return self._owners.get(key)

    def resolve(self, text: str | None) -> Ownership:
        """Who is meant by `text`, as a document writes it (`Jo Smith (SRE)`, `@jo, DBA team`)."""
        if not text or not text.strip():
            return Ownership()
        whole = self._find(text)
        if whole:
            return Ownership((whole,))
        known: list[Owner] = []
        unknown: list[str] = []
        pieces = _pieces(text)
        at = 0
        while at < len(pieces):
            owner, used = self._longest(text, pieces[at : at + _LONGEST_NAME])
            if owner is None:
                unknown.append(text[slice(*pieces[at])])
            elif owner not in known:
                known.append(owner)
            at += used
        return Ownership(tuple(known), tuple(dict.fromkeys(unknown)))

    def by_login(self, target_kind: str, login: str) -> Owner | None:
        """The person who has this name at targets of this kind; None when two entries claim it."""
        found = [
            owner
            for owner in self._owners.values()
            if (have := owner.login(target_kind)) is not None and have.casefold() == login.casefold()
        ]
        return found[0] if len(found) == 1 else None

    def _longest(self, text: str, pieces: list[tuple[int, int]]) -> tuple[Owner | None, int]:
        """Who the longest run of `pieces` names, and its length: a separator can be part of a known name ("R&D")."""
        for count in range(len(pieces), 0, -1):
            owner = self._find(text[pieces[0][0] : pieces[count - 1][1]])
            if owner is not None:
                return owner, count
        return None, 1

    def _find(self, text: str) -> Owner | None:
        for spelling in (text, _ROLE.sub("", text)):
            folded = _fold(spelling)
            if folded and folded in self._by_spelling:
                return self._owners[self._by_spelling[folded]]
        return None


def _pieces(text: str) -> list[tuple[int, int]]:
    """Where in `text` one name after the other stands. What is in brackets belongs to the name before it."""
    brackets = [match.span() for match in _BRACKETS.finditer(text)]
    pieces: list[tuple[int, int]] = []
    start = 0
    for cut in _SEPARATORS.finditer(text):
        if any(left <= cut.start() < right for left, right in brackets):
            continue
        pieces.append((start, cut.start()))
        start = cut.end()
    pieces.append((start, len(text)))
    return [trimmed for piece in pieces if (trimmed := _trimmed(text, *piece))]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    words = text[start:end]
    if not words.strip(" \t\n@"):
        return None
    return start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())


def _fold(text: str) -> str:
    """One spelling for all that people take for the same: case, accents' encoding, spaces, a leading @."""
    # Folding the case can undo the normalisation, so it is made again.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.strip().lstrip("@").split())
