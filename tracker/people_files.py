"""People files: the people book as a table (CSV) or as YAML, beside `closeout.toml`. Pure: bytes in, entries out.

A CSV file has a header and a row for each person or team; columns are called like the settings, with `key`, and `kind`
(`person` when empty, or `team`) before them. Several aliases or channels stand in one cell, with `;` between. A YAML
file has the tables `people` and `teams`, shaped as in `closeout.toml`.

What is wrong is collected, each with its line, so that it can be told together with what is wrong in the settings. What
the values must look like is for the settings models to say.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from tracker.settings import PersonSettings, TeamSettings
from tracker.spelling import plain

SUFFIXES = (".csv", ".yaml", ".yml")
PEOPLE, TEAMS = "people", "teams"
MODELS: Mapping[str, type[BaseModel]] = {PEOPLE: PersonSettings, TEAMS: TeamSettings}
_SEVERAL = {"aliases", "channels"}
"""Columns whose cells hold several values."""

COLUMNS = ("kind", "key", *PersonSettings.model_fields)
_KINDS = {"": PEOPLE, "person": PEOPLE, "team": TEAMS}

Entries = dict[str, dict[str, Any]]
"""Settings of people or teams, by key, not yet checked."""


@dataclass(slots=True)
class PeopleFile:
    """What one file says. `lines` are those of entries (table, key) and of their settings (table, key, setting).

    `columns` is the header of a CSV file, as settings are called; empty for YAML.
    """

    path: str
    people: Entries = field(default_factory=dict)
    teams: Entries = field(default_factory=dict)
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)

    def entries(self, table: str) -> Entries:
        """The entries of one table."""
        return self.teams if table == TEAMS else self.people

    def complain(self, line: int, what: str) -> None:
        """Remember a problem with its place."""
        self.problems.append(f"{self.path}:{line}: {what}")

    def add(self, table: str, key: str, values: dict[str, Any], line: int) -> None:
        """Remember an entry, unless its key stands in the file already."""
        if (table, key) in self.lines:
            self.complain(line, f"`{key}` stands on line {self.lines[table, key]} already")
            return
        self.lines[table, key] = line
        self.entries(table)[key] = values


def parse(path: str, data: bytes) -> PeopleFile:
    """Read a people file; `path` names it in problems, and its ending tells the format."""
    file = PeopleFile(path)
    text = decoded(data, file.complain)
    if text is None:
        return file
    if path.casefold().endswith(".csv"):
        _parse_csv(file, text)
    elif path.casefold().endswith(SUFFIXES):
        _parse_yaml(file, text)
    else:
        file.complain(1, f"this is neither CSV nor YAML; people files end in {', '.join(SUFFIXES)}")
    return file


def decoded(data: bytes, complain: Callable[[int, str], None]) -> str | None:
    """`data` as text, with or without a byte-order mark; None for what is not UTF-8, which `complain` is told."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Spreadsheets write the system's old encoding unless they are told otherwise; guessing it would garble names.
        said = f"this is not UTF-8 (byte 0x{data[error.start]:02x}); save the file as “CSV UTF-8”, or convert it"
        complain(data.count(b"\n", 0, error.start) + 1, said)
        return None


def rows(text: str, complain: Callable[[int, str], None]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV text with the lines they start on, blank ones left out; commas, semicolons or tabs between."""
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, [cell.strip() for cell in row]
            line = reader.line_num + 1
    except csv.Error as error:
        complain(line, f"not valid CSV: {error}")


def free_key(name: str, taken: AbstractSet[str]) -> str:
    """A short key for `name` that is not `taken`: `jo-smith`, `jo-smith-2`."""
    slug = re.sub(r"[^a-z0-9]+", "-", plain(name)).strip("-") or "someone"
    return next(key for key in (slug, *(f"{slug}-{n}" for n in range(2, len(taken) + 3))) if key not in taken)


def nearest(word: str, known: Sequence[str]) -> str:
    """`; did you mean …?` or what else there is."""
    near = difflib.get_close_matches(word, known, 1)
    return f"; did you mean `{near[0]}`?" if near else f"; known here: {', '.join(known)}"


def _parse_csv(file: PeopleFile, text: str) -> None:
    table = rows(text, file.complain)
    top, names = next(table, (1, []))
    file.columns = tuple("_".join(name.casefold().split()) for name in names)
    known = True
    for number, name in enumerate(file.columns):
        if name and name not in COLUMNS:
            file.complain(top, f"unknown column `{names[number]}`{nearest(name, COLUMNS)}")
            known = False
        elif name and name in file.columns[:number]:
            file.complain(top, f"column `{name}` stands there twice")
            known = False
    if names and "key" not in file.columns:
        file.complain(top, "there is no column `key`")
        known = False
    for line, row in table:
        # Without its columns no row can be judged.
        if known:
            _add_row(file, row, line)


def _add_row(file: PeopleFile, row: list[str], line: int) -> None:
    if any(row[len(file.columns) :]) or any(cell for name, cell in zip(file.columns, row, strict=False) if not name):
        file.complain(line, "there are more cells than columns; a cell with a comma in it stands in quotes")
        return
    values: dict[str, Any] = {name: cell for name, cell in zip(file.columns, row, strict=False) if name and cell}
    kind, key = values.pop("kind", ""), values.pop("key", "")
    if kind.casefold() not in _KINDS:
        file.complain(line, f"`kind` is {kind!r}; known here: person, team")
        return
    if not key:
        file.complain(line, "there is no `key`")
        return
    for name in _SEVERAL & values.keys():
        values[name] = [one for each in values[name].split(";") if (one := each.strip())]
    file.add(_KINDS[kind.casefold()], key, values, line)


def _parse_yaml(file: PeopleFile, text: str) -> None:
    import yaml  # noqa: PLC0415 - most settings name no YAML file

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return
        for line, name, table in _pairs(file, node, "the file"):
            if name not in MODELS:
                file.complain(line, f"unknown section `{name}`{nearest(name, tuple(MODELS))}")
                continue
            for at, key, entry in _pairs(file, table, f"`{name}`"):
                settings = list(_pairs(file, entry, f"`{name}.{key}`"))
                file.add(
                    name,
                    key,
                    {setting: loader.construct_object(value, deep=True) for _, setting, value in settings},
                    at,
                )
                file.lines |= {(name, key, setting): there for there, setting, _ in settings}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        file.complain(mark.line + 1 if mark else 1, f"not valid YAML: {what}")
    finally:
        loader.dispose()


def _pairs(file: PeopleFile, node: Any, what: str) -> Iterator[tuple[int, str, Any]]:
    """Line, name and value of everything in a YAML mapping."""
    from yaml import MappingNode, ScalarNode  # noqa: PLC0415

    if not isinstance(node, MappingNode):
        if not (isinstance(node, ScalarNode) and not node.value):
            file.complain(node.start_mark.line + 1, f"{what} is no mapping (`name: value`)")
        return
    seen: dict[str, int] = {}
    for name, value in node.value:
        line = name.start_mark.line + 1
        if not isinstance(name, ScalarNode):
            file.complain(line, f"a name in {what} is no text")
        elif name.value in seen:
            file.complain(line, f"`{name.value}` stands on line {seen[name.value]} already")
        else:
            # What YAML takes for a number or a yes is a name here.
            seen[name.value] = line
            yield line, name.value, value


def to_csv(people: Mapping[str, Mapping[str, Any]], teams: Mapping[str, Mapping[str, Any]]) -> str:
    """A people file with these entries, teams first; columns that nobody has are left out."""
    entries = [("team", key, values) for key, values in teams.items()]
    entries += [("", key, values) for key, values in people.items()]
    used = {name for _, _, values in entries for name, value in values.items() if value} | {"name", "email"}
    names = [name for name in PersonSettings.model_fields if name in used]
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(["kind", "key", *names] if teams else ["key", *names])
    for kind, key, values in entries:
        writer.writerow([*([kind] if teams else []), key, *(cell(values.get(name)) for name in names)])
    return page.getvalue()


def cell(value: Any) -> str:
    """A setting as a CSV cell: `a;b` for a list, `true`, or nothing where there is none."""
    if value is True:
        return "true"
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    return str(value) if value else ""


def to_yaml(people: Mapping[str, Mapping[str, Any]], teams: Mapping[str, Mapping[str, Any]]) -> str:
    """A people file with these entries."""
    import yaml  # noqa: PLC0415

    tables = {TEAMS: teams, PEOPLE: people}
    plain = {
        table: {key: {name: _plain(value) for name, value in each.items() if value} for key, each in entries.items()}
        for table, entries in tables.items()
        if entries
    }
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=120) if plain else ""


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
