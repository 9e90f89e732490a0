"""The people book: who is meant by an owner as a document writes it. Names resolve or they don't; nothing is guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.settings import Settings

_SEPARATORS = re.compile(r"\s*(?:[,;/&+、]|\b(?:and|und|et|y)\b)\s*")
_ROLE = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")


@dataclass(frozen=True, slots=True)
class Owner:
    """A person or a team that items can belong to. `logins` maps a target's kind to the name the person has there."""

    key: str
    name: str
    email: str | None = None
    logins: Mapping[str, str] | None = None
    team: str | None = None
    is_team: bool = False

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
            owners[key] = Owner(key, team.name, team.email, is_team=True)
            for spelling in (key, team.name, *team.aliases):
                spellings.setdefault(_fold(spelling), set()).add(key)
        for key, person in settings.people.items():
            logins = {"local": person.local or key} | ({"github": person.github} if person.github else {})
            owners[key] = Owner(key, person.name, person.email, logins, person.team)
            names = (key, person.name, *person.aliases, person.github or key, person.email or key)
            for spelling in names:
                spellings.setdefault(_fold(spelling), set()).add(key)
        return cls(owners, {text: next(iter(keys)) for text, keys in spellings.items() if len(keys) == 1})

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
        for part in filter(None, (piece.strip() for piece in _SEPARATORS.split(text))):
            owner = self._find(part)
            if owner is None:
                unknown.append(part)
            elif owner not in known:
                known.append(owner)
        return Ownership(tuple(known), tuple(unknown))

    def by_login(self, target_kind: str, login: str) -> Owner | None:
        """The person who has this name at targets of this kind."""
        for owner in self._owners.values():
            have = owner.login(target_kind)
            if have is not None and have.casefold() == login.casefold():
                return owner
        return None

    def _find(self, text: str) -> Owner | None:
        for spelling in (text, _ROLE.sub("", text)):
            key = self._by_spelling.get(_fold(spelling))
            if key is not None:
                return self._owners[key]
        return None


def _fold(text: str) -> str:
    """One spelling for all that people take for the same: case, accents' encoding, spaces, a leading @."""
    return " ".join(unicodedata.normalize("NFKC", text).strip().lstrip("@").casefold().split())
