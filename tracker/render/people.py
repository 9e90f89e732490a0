"""What `closeout people` prints: the book, the names that it lacks, and the lines that would add them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.gaps import Addition, Compared, Imported, Listed, Unknown
from tracker.near_names import Near, Why
from tracker.people import Owner
from tracker.people_files import PEOPLE, TEAMS, cell, to_yaml
from tracker.render import escape
from tracker.render.wire import Wire

_WHY = {
    Why.SHARED: "has this name too",
    Why.WORDS: "the same words",
    Why.SHORTENED: "shortened",
    Why.INITIALS: "initials",
    Why.PART: "part of the name",
    Why.MAILBOX: "as in the address",
    Why.ALIKE: "spelt alike",
}
_PLACES = 2
"""So many places of a name are shown; JSON has them all."""


class OwnerWire(Wire):
    """A person or team of the book. `place` is where the entry stands, `open` the number of open items."""

    key: str
    name: str
    kind: Literal["person", "team"]
    place: str
    open: int
    email: str | None
    github: str | None
    jira: str | None
    slack: str | None
    team: str | None
    manager: str | None
    timezone: str | None
    away_until: date | None
    left: bool


class MentionWire(Wire):
    """Where an open item names an owner."""

    path: str
    line: int
    item: str


class NearWire(Wire):
    """Somebody whom a name could mean; `likeness` is 1 but for `alike`, which tells of letters."""

    key: str
    why: Literal["shared", "words", "shortened", "initials", "part", "mailbox", "alike"]
    spelling: str
    likeness: float


class UnknownWire(Wire):
    """A name in documents that nobody in the book has."""

    name: str
    open: int
    places: tuple[MentionWire, ...]
    could_be: tuple[NearWire, ...]


class AdditionWire(Wire):
    """What would make `names` known, if it is right: `text` at `place`. `there`: the entry stands already."""

    names: tuple[str, ...]
    place: str
    table: Literal["people", "teams"]
    key: str
    there: bool
    text: str


class PeopleOutput(Wire):
    """`closeout people --format json`. With `--unknown` there are no `owners`."""

    version: Literal[1] = 1
    owners: tuple[OwnerWire, ...]
    unknown: tuple[UnknownWire, ...]
    additions: tuple[AdditionWire, ...]


class ImportedOutput(Wire):
    """`closeout people import --format json`. `people` and `teams` count who is new, `known` are keys of the book.

    `text` is the people file, `out` where it was written, if it was; `path` what `people_files` in the settings must
    still call it. `notes` tell what was left out, and where that stands.
    """

    version: Literal[1] = 1
    people: int
    teams: int
    known: tuple[str, ...]
    additions: tuple[AdditionWire, ...]
    notes: tuple[str, ...]
    out: str | None
    path: str | None
    text: str


def to_json(found: Compared, *, unknown_only: bool) -> str:
    """The book and the names that it lacks as JSON, ending in a line break."""
    output = PeopleOutput(
        owners=() if unknown_only else tuple(map(_owner, found.listed)),
        unknown=tuple(map(_unknown, found.unknown)),
        additions=tuple(map(_addition, found.additions)),
    )
    return output.model_dump_json(indent=2) + "\n"


def print_people(found: Compared, console: Console, *, unknown_only: bool) -> None:
    """The book, the names that it lacks, and what to add, for people."""
    if not unknown_only:
        _print_book(found.listed, console)
    _print_unknown(found.unknown, console)
    _print_additions(found.additions, console)


def imported_json(made: Imported, out: Path | None) -> str:
    """What came of an import as JSON, ending in a line break."""
    output = ImportedOutput(
        people=made.people,
        teams=made.teams,
        known=made.known,
        additions=tuple(map(_addition, made.additions)),
        notes=made.notes,
        out=str(out) if out else None,
        path=made.path,
        text=made.text,
    )
    return output.model_dump_json(indent=2) + "\n"


def imported(made: Imported) -> Iterator[str]:
    """What came of an import: who is new, who is known, and what the entries of these lack."""
    yield f"new: {_count(made.people, 'person', 'people')}, {_count(made.teams, 'team', 'teams')}"
    if made.known:
        yield f"in the book already: {', '.join(made.known)}"
    if made.additions:
        yield "their entries could say more; these stand elsewhere, so it is for you to add:"
    for each in made.additions:
        yield f"  {escape.plain(each.place)}, in the entry of {each.key}"
        yield from (f"    {escape.visible(line)}" for line in lines(each).splitlines())


def lines(addition: Addition) -> str:
    """What to write at the addition's place, in the language of that file; of an entry that stands, what to set."""
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in addition.values.items()}
    yaml = addition.place.rstrip(":0123456789").casefold().endswith((".yaml", ".yml"))
    if addition.columns:
        if not addition.there:
            return _row(addition, values)
        return "\n".join(f"{name}: {cell(value)}" for name, value in values.items())
    if yaml and not addition.there:
        entry = {addition.key: values}
        return to_yaml(*(entry if addition.table == table else {} for table in (PEOPLE, TEAMS))).rstrip()
    # JSON's strings and lists are TOML's, and YAML's.
    settings = [f"{name}{': ' if yaml else ' = '}{json.dumps(v, ensure_ascii=False)}" for name, v in values.items()]
    return "\n".join(settings if addition.there else [f"[{addition.table}.{addition.key}]", *settings])


def _row(addition: Addition, values: Mapping[str, object]) -> str:
    """A row under the header of this very file."""
    told = {"kind": "team" if addition.table == TEAMS else "", "key": addition.key, **values}
    page = io.StringIO()
    csv.writer(page, lineterminator="").writerow([cell(told.get(name)) for name in addition.columns])
    return page.getvalue()


def _print_book(listed: Sequence[Listed], console: Console) -> None:
    if not listed:
        console.print(
            "nobody is in the people book: add [people.KEY] to closeout.toml, or see `closeout people import`"
        )
        return
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("Key", no_wrap=True)
    table.add_column("Name", ratio=2, overflow="fold")
    table.add_column("Team", overflow="fold")
    table.add_column("E-mail", ratio=2, overflow="fold")
    table.add_column("Known as", ratio=2, overflow="fold")
    table.add_column("Open", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for each in listed:
        owner = each.owner
        known = ", ".join(f"{kind} {login}" for kind, login in _logins(owner).items() if login)
        cells = (owner.key, owner.name, owner.team or "", owner.email or "", known)
        note = Text(_note(owner), style="bold red" if owner.left and each.open else "yellow")
        table.add_row(*(Text(escape.plain(text)) for text in cells), str(each.open), note)
    console.print(table)
    left = sum(each.open for each in listed if each.owner.left)
    people = sum(not each.owner.is_team for each in listed)
    told = f"{_count(people, 'person', 'people')}, {_count(len(listed) - people, 'team', 'teams')}"
    gone = f"; {_count(left, 'open item belongs', 'open items belong')} to people who have left" if left else ""
    console.print(Text(told + gone))


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _logins(owner: Owner) -> dict[str, str | None]:
    return {"github": owner.login("github"), "jira": _jira(owner), "slack": owner.slack}


def _jira(owner: Owner) -> str | None:
    """The account by which Jira knows the person; the address stands in for it, but is told already."""
    login = owner.login("jira")
    return None if login == owner.email else login


def _note(owner: Owner) -> str:
    if owner.is_team:
        return "team"
    if owner.left:
        return "left"
    return f"away until {owner.away_until}" if owner.away_until else ""


def _print_unknown(unknown: Sequence[Unknown], console: Console) -> None:
    if not unknown:
        console.print(Text("every owner that documents name is known", style="green"))
        return
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column("Not in the book", ratio=2, overflow="fold")
    table.add_column("Open", justify="right", no_wrap=True)
    table.add_column("Where", ratio=3, overflow="fold")
    table.add_column("Could be", ratio=3, overflow="fold")
    for each in unknown:
        places = [f"{mention.path}:{mention.line}" for mention in each.mentions]
        where = "\n".join(escape.plain(place) for place in places[:_PLACES])
        more = f"\nand {len(places) - _PLACES} more" if len(places) > _PLACES else ""
        near = "\n".join(_near(found) for found in each.near)
        table.add_row(
            Text(escape.plain(each.name), "yellow"), str(len(places)), Text(where + more), Text(near or "nobody")
        )
    console.print(table)


def _near(found: Near) -> str:
    return f"{escape.plain(found.owner.name)} ({found.owner.key}): {_WHY[found.why]}"


def _print_additions(additions: Sequence[Addition], console: Console) -> None:
    if not additions:
        return
    console.print(Text("To add, where it is right; nothing of it is assumed until then:", style="dim"))
    for each in additions:
        head = f"{each.place}, in the entry of {each.key}" if each.there else f"{each.place}, a new entry"
        console.print(Text(f"  {escape.plain(head)}", style="dim"), soft_wrap=True)
        for line in lines(each).splitlines():
            console.print(Text(f"    {escape.visible(line)}"), soft_wrap=True)


def _owner(listed: Listed) -> OwnerWire:
    owner = listed.owner
    return OwnerWire(
        key=owner.key,
        name=owner.name,
        kind="team" if owner.is_team else "person",
        place=listed.place,
        open=listed.open,
        email=owner.email,
        **_logins(owner),
        team=owner.team,
        manager=owner.manager,
        timezone=owner.timezone,
        away_until=owner.away_until,
        left=owner.left,
    )


def _addition(addition: Addition) -> AdditionWire:
    return AdditionWire(
        names=addition.names,
        place=addition.place,
        table="teams" if addition.table == TEAMS else "people",
        key=addition.key,
        there=addition.there,
        text=lines(addition),
    )


def _unknown(unknown: Unknown) -> UnknownWire:
    return UnknownWire(
        name=unknown.name,
        open=len(unknown.mentions),
        places=tuple(MentionWire(path=each.path, line=each.line, item=each.item) for each in unknown.mentions),
        could_be=tuple(
            NearWire(key=each.owner.key, why=each.why.value, spelling=each.spelling, likeness=round(each.likeness, 2))
            for each in unknown.near
        ),
    )
