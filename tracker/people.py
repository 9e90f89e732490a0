"""The people book: who is meant by an owner as a document writes it. Names resolve or don't; nothing is guessed.

A name is looked up as it is written (`tracker.spelling.fold`). Only where no entry has it, accents are left aside: then
it must fit one entry alone. A spelling that two entries have is neither's, whatever else would fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from tracker.ledger import MAIL
from tracker.spelling import fold, plain, without_role

if TYPE_CHECKING:
    from tracker.settings import Settings

_WORDS_BETWEEN = r"(?:and|und|et|y)\s+"
_SEPARATORS = re.compile(rf"\s*[,;/&+、]\s*(?:{_WORDS_BETWEEN})?|\s+{_WORDS_BETWEEN}")
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_LONGEST_NAME = 4  # pieces; "Research, Data & Search" is one team
_ADDRESS = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>@\s]+@[^<>\s]+)>\s*")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TEAM_HANDLE = re.compile(r"(?<![\w@.])@[\w-]+(?:/[\w.-]+)+")
_NOREPLY = re.compile(r"(?:\d+\+)?(?P<login>[^@+]+)@users\.noreply\.github\.com", re.IGNORECASE)


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
    channels: tuple[str, ...] = ()

    @property
    def ways(self) -> tuple[str, ...]:
        """How they are told things: names of channels, and `MAIL`; empty when they can't be reached."""
        return tuple(way for way in self.channels or (MAIL,) if way != MAIL or self.email)

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

    @property
    def gone(self) -> bool:
        """Whether everybody known whom it belongs to has left: it needs another owner."""
        return bool(self.known) and all(owner.left for owner in self.known)


class PeopleBook:
    """Owners by every spelling that the settings list. Pure: built once from settings.

    Args:
        owners: by key.
        spellings: folded spellings, each with the keys of all entries that have it.
    """

    _latest: ClassVar[tuple[Settings, PeopleBook] | None] = None

    def __init__(self, owners: Mapping[str, Owner], spellings: Mapping[str, AbstractSet[str]]) -> None:
        self._owners = dict(owners)
        self._by_spelling = {spelling: frozenset(keys) for spelling, keys in spellings.items() if spelling}
        self._resolved: dict[str, Ownership] = {}
        self._by_login: dict[str, dict[str, Owner | None]] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> PeopleBook:
        """The book that `[people]` and `[teams]` describe. A spelling that two entries share resolves to neither.

        Settings never change, so that the book of those asked about last is kept: one sending asks half a dozen times.
        """
        latest = cls._latest
        if latest is None or latest[0] is not settings:
            latest = cls._latest = settings, cls._built(settings)
        return latest[1]

    @classmethod
    def _built(cls, settings: Settings) -> PeopleBook:
        owners: dict[str, Owner] = {}
        spellings: dict[str, set[str]] = {}
        for key, team in settings.teams.items():
            owners[key] = Owner(key, team.name, team.email, is_team=True, manager=team.manager, channels=team.channels)
            for spelling in (key, team.name, *team.aliases):
                spellings.setdefault(fold(spelling), set()).add(key)
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
                channels=person.channels,
            )
            names = (key, person.name, *person.aliases, person.github or key, person.email or key)
            for spelling in names:
                spellings.setdefault(fold(spelling), set()).add(key)
        return cls(owners, spellings)

    @property
    def owners(self) -> Mapping[str, Owner]:
        """Everybody in the book, by key."""
        return self._owners

    @property
    def spellings(self) -> Mapping[str, AbstractSet[str]]:
        """Every folded spelling, with the keys of all entries that have it."""
        return self._by_spelling

    def get(self, key: str) -> Owner | None:
        """The owner with this key of the settings."""
        return self._owners.get(key)

    def resolve(self, text: str | None) -> Ownership:
        """Who is meant by `text`, as a document writes it (`Jo Smith (SRE)`, `@jo, DBA team`, `@acme/dba`)."""
        if not text or not text.strip():
            return Ownership()
        # Thousands of items share a few dozen owners.
        if text not in self._resolved:
            self._resolved[text] = self._resolve(text)
        return self._resolved[text]

    def me(self, git_name: str | None, git_email: str | None, user: str | None) -> Owner | None:
        """The person who runs a command, by git's e-mail address, else git's name, else the login name.

        None when none of these is known, or what is known is a team or several people.
        """
        noreply = _NOREPLY.fullmatch(git_email or "")
        if noreply and (found := self.by_login("github", noreply["login"])):
            return found
        for name in (git_email, git_name, user):
            meant = self.resolve(name)
            if meant.first and not meant.first.is_team and (len(meant.known), meant.unknown) == (1, ()):
                return meant.first
        return None

    def by_login(self, target_kind: str, login: str) -> Owner | None:
        """The person who has this name at targets of this kind; None when two entries claim it."""
        if target_kind not in self._by_login:
            there = self._by_login[target_kind] = {}
            for owner in self._owners.values():
                if (name := owner.login(target_kind)) is not None:
                    there[name.casefold()] = None if name.casefold() in there else owner
        return self._by_login[target_kind].get(login.casefold())

    def _resolve(self, text: str) -> Ownership:
        whole = self._find(text)
        if whole:
            return Ownership((whole,))
        known: list[Owner] = []
        unknown: list[str] = []
        together = [match.span() for form in (_BRACKETS, _EMAIL) for match in form.finditer(text)]
        pieces = _pieces(text, [*together, *self._handles(text)])
        at = 0
        while at < len(pieces):
            owner, used = self._longest(text, pieces[at : at + _LONGEST_NAME])
            if owner is None:
                unknown.append(text[slice(*pieces[at])])
            elif owner not in known:
                known.append(owner)
            at += used
        return Ownership(tuple(known), tuple(dict.fromkeys(unknown)))

    def _longest(self, text: str, pieces: list[tuple[int, int]]) -> tuple[Owner | None, int]:
        """Who the longest run of `pieces` names, and its length: a separator can be part of a known name ("R&D")."""
        for count in range(len(pieces), 0, -1):
            owner = self._find(text[pieces[0][0] : pieces[count - 1][1]])
            if owner is not None:
                return owner, count
        return None, 1

    def _handles(self, text: str) -> Iterator[tuple[int, int]]:
        """Where `@org/team` stands for one name, and not for one name and another (`@jo/ann`)."""
        for match in _TEAM_HANDLE.finditer(text):
            if self._find(match[0]) or not self._several(match[0]):
                yield match.span()

    def _find(self, text: str) -> Owner | None:
        """Who is called `text`, with or without a role in brackets, an address, an organisation before the team."""
        bare = without_role(text).strip()
        # What is claimed as it stands, even by two, is not looked up in another way.
        if claims := self._claims(text) or self._claims(bare):
            return self._only(claims)
        if address := _ADDRESS.fullmatch(bare):
            found, named = self._only(self._claims(address["email"])), self._only(self._claims(address["name"]))
            # One name with the address of another is nobody's.
            return found if named is None or named is found else None
        return self._team(bare.rsplit("/", 1)[1]) if _TEAM_HANDLE.fullmatch(bare) and not self._several(bare) else None

    def _several(self, handle: str) -> bool:
        """Whether `@one/other` names one and the other: the first of them is in the book."""
        return bool(self._claims(handle.partition("/")[0]))

    def _team(self, slug: str) -> Owner | None:
        """The team that GitHub and GitLab call `slug`: its name in small letters, with hyphens."""
        for spelling in (slug, re.sub(r"[-_]+", " ", slug)):
            if (found := self._only(self._claims(spelling))) is not None and found.is_team:
                return found
        return None

    def _claims(self, text: str) -> AbstractSet[str]:
        """The keys of all entries with this spelling; where there are none, of those that differ in accents alone."""
        folded = fold(text)
        return self._by_spelling.get(folded) or self._by_plain.get(plain(folded)) or frozenset()

    def _only(self, keys: AbstractSet[str]) -> Owner | None:
        return self._owners[next(iter(keys))] if len(keys) == 1 else None

    @cached_property
    def _by_plain(self) -> Mapping[str, AbstractSet[str]]:
        found: dict[str, set[str]] = {}
        for spelling, keys in self._by_spelling.items():
            if bare := plain(spelling):
                found.setdefault(bare, set()).update(keys)
        return found


def _pieces(text: str, together: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where in `text` one name after the other stands. No span of `together` is cut: it belongs to the name there."""
    pieces: list[tuple[int, int]] = []
    start = 0
    for cut in _SEPARATORS.finditer(text):
        if any(left <= cut.start() < right for left, right in together):
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
