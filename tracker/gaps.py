"""What the people book lacks: names of owners in documents that nobody in it has, and what could be added. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracker.model import Item
from tracker.near_names import Near, NearNames, is_team_name, unknown_names
from tracker.people import Owner, Ownership, PeopleBook
from tracker.people_files import PEOPLE, TEAMS, free_key
from tracker.settings_file import FILE_NAME, Loaded
from tracker.spelling import fold, without_role


@dataclass(frozen=True, slots=True)
class Owned:
    """An open item, the path of its document, and whose it is."""

    item: Item
    path: str
    ownership: Ownership


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the book, where it stands (`people.csv:3`), and how many open items are its own."""

    owner: Owner
    place: str
    open: int


@dataclass(frozen=True, slots=True)
class Mention:
    """Where an open item names an owner."""

    path: str
    line: int
    item: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that nobody in the book has, the open items of that name, and who could be meant."""

    name: str
    mentions: tuple[Mention, ...]
    near: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class Addition:
    """What to put into the book, if it is right, for unknown `names`: the entry `key` of `table` with these settings.

    `values` are those to be set; of an entry that is `there` the others stay. It stands, or belongs, at `place`, in a
    file with these CSV `columns` (empty: it is none).
    """

    names: tuple[str, ...]
    table: str
    key: str
    values: Mapping[str, str | bool | tuple[str, ...]]
    place: str
    there: bool
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """A people file as `text`, and how it came about.

    `people` and `teams` count what is new; `known` are the keys that the book has already, `additions` what those
    entries of it lack that stand in another file; `notes` tell what was left out, with its line. `path` is what the
    settings must call the file for it to count; None when they do, or none was asked for.
    """

    text: str
    people: int
    teams: int
    known: tuple[str, ...]
    additions: tuple[Addition, ...]
    notes: tuple[str, ...]
    path: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """The book beside the items: its entries in order, the names that it lacks, most items first, what to add."""

    listed: tuple[Listed, ...]
    unknown: tuple[Unknown, ...]
    additions: tuple[Addition, ...]


def compare(owned: Iterable[Owned], book: PeopleBook, loaded: Loaded) -> Compared:
    """What `book`, made from the settings `loaded`, has and lacks of the owners of these items."""
    counts: Counter[str] = Counter()
    mentions: defaultdict[str, list[Mention]] = defaultdict(list)
    names: dict[str, str] = {}
    for each in sorted(owned, key=lambda each: (each.path, each.item.line, each.item.id)):
        counts.update(owner.key for owner in each.ownership.known)
        for name in _lacking(each, book):
            key = fold(without_role(name))
            names.setdefault(key, name)
            mentions[key].append(Mention(each.path, each.item.line, each.item.id))
    near = NearNames(book)
    unknown = [Unknown(names[key], tuple(places), near.near(names[key])) for key, places in mentions.items()]
    unknown.sort(key=lambda each: (-len(each.mentions), fold(each.name)))
    listed = [
        Listed(owner, loaded.place(TEAMS if owner.is_team else PEOPLE, owner.key), counts[owner.key])
        for owner in book.owners.values()
    ]
    return Compared(tuple(listed), tuple(unknown), tuple(_additions(unknown, loaded)))


def _lacking(each: Owned, book: PeopleBook) -> tuple[str, ...]:
    # Who was assigned on the issue is not what the document says.
    if each.ownership != book.resolve(each.item.owner):
        return each.ownership.unknown
    return unknown_names(each.item.owner or "", each.ownership.unknown, book)


def _additions(unknown: Iterable[Unknown], loaded: Loaded) -> list[Addition]:
    """Aliases for those who alone come near, then entries for names that come near nobody."""
    aliases: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    new: list[str] = []
    for each in unknown:
        if len(each.near) == 1:
            owner = each.near[0].owner
            aliases[TEAMS if owner.is_team else PEOPLE, owner.key].append(each.name)
        elif not each.near:
            new.append(each.name)
    taken = {*loaded.settings.people, *loaded.settings.teams}
    added = [_alias(table, key, names, loaded) for (table, key), names in aliases.items()]
    for name in new:
        entry = _entry(name, taken, loaded)
        taken.add(entry.key)
        added.append(entry)
    return added


def _alias(table: str, key: str, names: list[str], loaded: Loaded) -> Addition:
    settings = loaded.settings
    had = settings.teams[key].aliases if table == TEAMS else settings.people[key].aliases
    home = loaded.home(table, key)
    columns = home.columns if home else ()
    return Addition(
        tuple(names), table, key, {"aliases": (*had, *names)}, loaded.place(table, key), there=True, columns=columns
    )


def _entry(name: str, taken: set[str], loaded: Loaded) -> Addition:
    """A new entry for a name of which nothing else is known; it goes to the first people file that can take it."""
    bare = without_role(name).strip()
    team = is_team_name(bare)
    values: dict[str, str | bool | tuple[str, ...]] = {
        "name": bare.lstrip("@").rsplit("/", 1)[-1] if team else bare.lstrip("@")
    }
    if bare.startswith("@"):
        values |= {"aliases": (bare,)} if team else {"github": bare.lstrip("@")}
    elif re.fullmatch(r"[^@\s]+@[^@\s]+", bare):
        values["email"] = bare
    needed = {"key", *values, *(["kind"] if team else [])}
    # A table without the columns can't take the entry, and one without any may become anything.
    able = (file for file in loaded.people_files if needed <= set(file.columns) or not file.path.endswith(".csv"))
    home = next(able, None)
    place, columns = (home.path, home.columns) if home else (loaded.file.name if loaded.file else FILE_NAME, ())
    key = free_key(str(values["name"]).partition("@")[0], taken)
    return Addition((name,), TEAMS if team else PEOPLE, key, values, place, there=False, columns=columns)
