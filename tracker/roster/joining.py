"""What a roster tells beside the people book: who is new, and what the book could learn of those it has.

One is the other by e-mail address or GitHub login, a team by a spelling of the book. A name proves nothing: who is only
called like somebody whose address the book lacks is left out and told. What the book says stays; it learns what it
lacks, other spellings, and who has left.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from tracker.people_files import MODELS, PEOPLE, TEAMS, Entries, free_key
from tracker.roster import Complain, Found
from tracker.spelling import fold

_FORMULA = "=+-@＝＋－＠"
"""What spreadsheets take for the start of a formula; the file may well be opened in one."""


_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(slots=True)
class Joined:
    """The outcome. `people` and `teams` are new entries; `learnt` what known ones lack, by table and key.

    `known` are the keys of all that the book has already.
    """

    people: Entries = field(default_factory=dict)
    teams: Entries = field(default_factory=dict)
    learnt: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)

    def entries(self, table: str) -> Entries:
        """The new entries of one table."""
        return self.teams if table == TEAMS else self.people


def join(found: Sequence[Found], people: Entries, teams: Entries, complain: Complain) -> Joined:
    """Compare a roster with the book's `people` and `teams` (settings by key). `complain` is told what is left out."""
    return _Joining(people, teams, complain).run(found)


class _Joining:
    def __init__(self, people: Entries, teams: Entries, complain: Complain) -> None:
        self.book: Mapping[str, Entries] = {PEOPLE: people, TEAMS: teams}
        self.complain = complain
        self.joined = Joined()
        self.taken = {*people, *teams}
        self.by_email = _index((values.get("email"), key) for key, values in people.items())
        self.by_github = _index((values.get("github"), key) for key, values in people.items())
        self.by_name = _index((text, key) for key, values in people.items() for text in _spellings(key, values))
        self.by_team = _index((text, key) for key, values in teams.items() for text in _spellings(key, values))
        self.by_id = _Index()
        self.strange_managers: dict[str, list[int]] = {}

    def run(self, found: Sequence[Found]) -> Joined:
        pairs = [(each, self._team(each) if each.is_team else self._person(each)) for each in found]
        here = [(each, key) for each, key in pairs if key is not None and not each.is_team]
        active = {key for each, key in here if not each.left}
        for each, key in here:
            # Of somebody with several accounts one may be switched off.
            self._learn(PEOPLE, key, {"left": each.left and key not in active})
            self._relate(each, key)
        for table, model in MODELS.items():
            for values in self.joined.entries(table).values():
                self._check(model, values, {})
        for (table, key), values in self.joined.learnt.items():
            self._check(MODELS[table], values, self.book[table][key])
        self.joined.learnt = {entry: values for entry, values in self.joined.learnt.items() if values}
        self._tell()
        return self.joined

    def _team(self, team: Found) -> str | None:
        # A handle has the team's name in small letters, with hyphens.
        spellings = [text for text in (*team.aliases, team.name, re.sub(r"[-_]+", " ", team.name or "")) if text]
        keys = {key for text in spellings for key in self.by_team.of(text)}
        if len(keys) > 1:
            self.complain(team.line, f"left out: {spellings[0]} could be {' or '.join(sorted(keys))}")
            return None
        key = next(iter(keys), None) or self._new_team(team.name or spellings[0])
        self._learn(TEAMS, key, {}, team.aliases)
        return key

    def _new_team(self, name: str) -> str:
        key = self._new(TEAMS, name, {"name": name})
        self.by_team.add(name, key)
        return key

    def _person(self, person: Found) -> str | None:
        if person.email and not _ADDRESS.fullmatch(person.email):
            self.complain(person.line, f"left out: {person.email!r} is no e-mail address")
            person = replace(person, email=None)
        by_email, by_github = self.by_email.of(person.email), self.by_github.of(person.github)
        keys = (by_email & by_github) or by_email or by_github
        if len(keys) > 1 or (by_email and by_github and not by_email & by_github):
            both = " and ".join(sorted(by_email | by_github))
            self.complain(person.line, f"left out: {_called(person)} is {both} in the book; make one entry of them")
            return None
        key = next(iter(keys), None) or self._new_person(person)
        if key is not None:
            told = {name: getattr(person, name) for name in ("email", "github", "slack", "jira", "timezone")}
            self._learn(PEOPLE, key, told, filter(None, (person.name, *person.aliases)))
            for each in (*person.ids, person.email):
                self.by_id.add(each, key)
        return key

    def _new_person(self, person: Found) -> str | None:
        name = person.name or person.github or person.email
        problem = ""
        if name is None:
            problem = "there is neither a name nor a login nor an e-mail address"
        elif name[0] in _FORMULA:
            problem = f"{name!r} would be a formula in a spreadsheet"
        elif namesake := self._namesake(person):
            problem = (
                f"{name} is called like {namesake}, whose e-mail address the book lacks; if it is the same person, "
            )
            problem += "add the address there and import again"
        if problem or name is None:
            self.complain(person.line, f"left out: {problem}")
            return None
        key = self._new(PEOPLE, name.partition("@")[0], {"name": name})
        self.by_email.add(person.email, key)
        self.by_github.add(person.github, key)
        return key

    def _namesake(self, person: Found) -> str | None:
        """Somebody of the book who could be meant, as far as names go."""
        return next(
            (key for key in sorted(self.by_name.of(person.name)) if not self.book[PEOPLE][key].get("email")), None
        )

    def _relate(self, person: Found, key: str) -> None:
        """Team and manager, now that everybody has a key. A team is made where the book has none of that name."""
        told: dict[str, str] = {}
        if person.team and not self._values(PEOPLE, key).get("team"):
            keys = self.by_team.of(person.team)
            if len(keys) > 1:
                self.complain(person.line, f"left out: team {person.team} could be {' or '.join(sorted(keys))}")
            else:
                told["team"] = next(iter(keys), None) or self._new_team(person.team)
        if person.manager:
            managers = self.by_id.of(person.manager) or self.by_email.of(person.manager)
            if len(managers) != 1:
                self.strange_managers.setdefault(person.manager, []).append(person.line)
            elif managers != {key}:
                told["manager"] = next(iter(managers))
        self._learn(PEOPLE, key, told)

    def _new(self, table: str, name: str, values: dict[str, Any]) -> str:
        key = free_key(name, self.taken)
        self.taken.add(key)
        self.joined.entries(table)[key] = values
        return key

    def _values(self, table: str, key: str) -> Mapping[str, Any]:
        learnt = self.joined.learnt.get((table, key), {})
        return {**self.book[table].get(key, {}), **self.joined.entries(table).get(key, {}), **learnt}

    def _learn(self, table: str, key: str, told: Mapping[str, Any], names: Iterable[str] = ()) -> None:
        """Add what the entry lacks, and the spellings that it does not have."""
        values = self._values(table, key)
        lacks = {name: value for name, value in told.items() if value and not values.get(name)}
        have = {fold(text) for text in _spellings(key, values)}
        aliases = {fold(name): name.lstrip("@") for name in names if fold(name) not in have}
        usable = [alias for alias in aliases.values() if alias and alias[0] not in _FORMULA and ";" not in alias]
        if usable:
            lacks["aliases"] = (*values.get("aliases", ()), *usable)
        new = self.joined.entries(table).get(key)
        if new is not None:
            new |= lacks
            return
        if key not in self.joined.known:
            self.joined.known.append(key)
        if lacks:
            self.joined.learnt.setdefault((table, key), {}).update(lacks)

    def _check(self, model: type[BaseModel], values: dict[str, Any], known: Mapping[str, Any]) -> None:
        """What would be no setting is left out, so that the file can be read again."""
        try:
            model.model_validate({**known, **values})
        except ValidationError as error:
            for name in {str(detail["loc"][0]) for detail in error.errors(include_url=False)} & set(values) - {"name"}:
                whose = {**known, **values}["name"]
                self.complain(0, f"left out: {values.pop(name)!r} can't be the {name} of {whose}")

    def _tell(self) -> None:
        """What concerns several: managers whom nobody knows, and people of the same name."""
        for manager, lines in self.strange_managers.items():
            why = "could be several people" if self.by_id.of(manager) else "is not in the file"
            self.complain(lines[0], f"left out: {manager}, manager of {len(lines)}, {why}")
        names = _index((str(each["name"]), key) for key, each in {**self.book[PEOPLE], **self.joined.people}.items())
        for name, keys in names.items():
            if len(keys) > 1 and keys & set(self.joined.people):
                both = " and ".join(sorted(keys))
                self.complain(0, f"{both} have the same name, which by itself means neither: {name}")


class _Index:
    """Keys by a text that is theirs, however it is written."""

    def __init__(self) -> None:
        self._keys: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, text: str | None, key: str) -> None:
        if text:
            self._keys[fold(text)].add(key)

    def of(self, text: str | None) -> frozenset[str]:
        return frozenset(self._keys.get(fold(text), ())) if text else frozenset()

    def items(self) -> Iterable[tuple[str, set[str]]]:
        return self._keys.items()


def _index(pairs: Iterable[tuple[str | None, str]]) -> _Index:
    found = _Index()
    for text, key in pairs:
        found.add(text, key)
    return found


def _spellings(key: str, values: Mapping[str, Any]) -> list[str]:
    own = (values.get("name"), values.get("github"), values.get("email"))
    return [key, *filter(None, own), *values.get("aliases", ())]


def _called(person: Found) -> str:
    return person.name or person.github or person.email or "somebody"
