"""Finding and reading `closeout.toml` and its people files.

All problems are told at once, each with its line and the nearest known key.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from tracker.errors import UsageError
from tracker.nearest import FILE_NAME, find_file
from tracker.people_files import MODELS, PeopleFile, parse
from tracker.settings import Settings

__all__ = ["FILE_NAME", "NOT_SETTINGS", "Loaded", "find_file", "load", "read_secret"]

NOT_SETTINGS = frozenset({"CLOSEOUT_CONFIG", "CLOSEOUT_NOW", "CLOSEOUT_SMTP_PASSWORD"})
"""Environment variables with our prefix that are no settings: they are read elsewhere."""

_NO_SUCH_OWNER = re.compile(r"there is no such .*\[(?:people|teams)\.NAME\]")
_OF_THE_BOOK = re.compile(r"(?:people|teams)\.[^. ]+\.\w+(?= )")


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, the file they came from (None: defaults only), and the folder that relative paths start at.

    `text` is what stands in the file, `people_files` what the people files say, in the order of the settings.
    """

    settings: Settings
    file: Path | None
    root: Path
    text: str = ""
    people_files: tuple[PeopleFile, ...] = ()

    def home(self, table: str, key: str) -> PeopleFile | None:
        """The people file that this entry of the people book stands in; None: in `closeout.toml` or nowhere."""
        return next((file for file in self.people_files if (table, key) in file.lines), None)

    def place(self, table: str, key: str) -> str:
        """Where this entry of the people book stands: `people.csv:3`, `closeout.toml:12`, or the environment."""
        if home := self.home(table, key):
            return f"{home.path}:{home.lines[table, key]}"
        line = _headers(self.text).get(f"{table}.{key}") or _line(self.text, [table, key])
        return f"{self.file.name if self.file else FILE_NAME}:{line}" if line else "environment"


def load(file: Path | None, environment: Mapping[str, str] | None = None) -> Loaded:
    """Read `file`, or defaults for None, with the environment's overrides.

    Args:
        file: the settings file.
        environment: to check for misspelt `CLOSEOUT_…` variables; the process's own by default.

    Raises:
        UsageError: the file can't be read or does not fit; the message lists every problem.
    """
    text = _read(file) if file else ""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"not valid TOML: {error}", where=str(file), advice="Mend that line; https://toml.io shows the syntax."
        ) from error
    root = file.parent if file else Path.cwd()
    people_files, problems = _read_people(data, root, text)
    all_read = not problems
    problems += _join_people(data, people_files, text)
    place = partial(_place, text, people_files)
    try:
        settings = Settings(**data)
    except ValidationError as error:
        found = [said for detail in error.errors(include_url=False) for said in _describe(detail, place)]
        # Whoever stands in a people file that can't be read is missed by others: that is told already.
        problems += [said for said in found if all_read or not _NO_SUCH_OWNER.search(said)]
    except SettingsError as error:
        raise UsageError(
            str(error), where="environment", advice="A table in an environment variable is written as JSON."
        ) from error
    if problems:
        elsewhere = all(said.startswith(tuple(f"{each.path}:" for each in people_files)) for said in problems)
        raise UsageError(
            "\n".join(problems),
            where="" if elsewhere and people_files else str(file or "settings"),
            advice="Mend these settings; `docs/settings.md` lists them all.",
        )
    _check_environment(os.environ if environment is None else environment, settings)
    return Loaded(settings, file, root, text, people_files)


def _read_people(data: Mapping[str, Any], root: Path, text: str) -> tuple[tuple[PeopleFile, ...], list[str]]:
    """The people files that the settings name, and what is wrong with them."""
    files: list[PeopleFile] = []
    problems: list[str] = []
    for name in _people_file_names(data):
        try:
            files.append(parse(name, (root / name).read_bytes()))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            problems.append(f"{_place(text, (), ['people_files'])}`people_files`: {name} can't be read: {why}")
    return tuple(files), problems + [problem for file in files for problem in file.problems]


def _people_file_names(data: Mapping[str, Any]) -> list[str]:
    """They are wanted before the settings are judged; what is no list of names is told when they are."""
    named = data.get("people_files", ())
    if (override := os.environ.get("CLOSEOUT_PEOPLE_FILES")) is not None:
        try:
            named = json.loads(override)
        except ValueError:
            named = ()
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def _join_people(data: dict[str, Any], files: Sequence[PeopleFile], text: str) -> list[str]:
    """Put the entries of people files beside those in `data`; tells the keys that stand in two places."""
    problems = []
    for table in MODELS:
        entries = data.get(table, {})
        if not isinstance(entries, dict):
            continue
        homes: dict[str, PeopleFile] = {}
        for key, file in [(key, each) for each in files for key in each.entries(table)]:
            if key not in entries:
                first = homes.setdefault(key, file)
            if key in entries or first is not file:
                other = FILE_NAME if key in entries else first.path
                line = _line(text, [table, key]) if key in entries else first.lines[table, key]
                said = f"`{table}.{key}` stands in {other}:{line} already; keep one of them"
                problems.append(f"{file.path}:{file.lines[table, key]}: {said}")
        if homes:
            data[table] = {**entries, **{key: file.entries(table)[key] for key, file in homes.items()}}
    return problems


def _place(text: str, files: Sequence[PeopleFile], names: Sequence[str]) -> str:
    """Where a setting stands, as the start of a message: `line 3: `, `people.csv:3: `; empty when nothing tells."""
    for file in files:
        for known in (tuple(names[:3]), tuple(names[:2])):
            if known in file.lines:
                return f"{file.path}:{file.lines[known]}: "
    line = _line(text, names)
    return f"line {line}: " if line else ""


def read_secret(variable: str, file: str | None, root: Path, *, purpose: str) -> str:
    """A secret from `file` if given, else from the environment.

    Raises:
        UsageError: it is in neither place.
    """
    if file is not None:
        try:
            return (root / file).read_text("utf-8").strip()
        except OSError as error:
            raise UsageError(
                f"the file with {purpose} can't be read: {error.strerror}",
                where=file,
                advice="Check its path and mode.",
            ) from error
    value = os.environ.get(variable, "").strip()
    if not value:
        raise UsageError(
            f"there is no {purpose}", where=f"environment variable {variable}", advice=f"Set it: export {variable}=…"
        )
    return value


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the settings can't be read: {error}", where=str(file), advice="`closeout init` writes a new file."
        ) from error


def _describe(detail: ErrorDetails, place: Callable[[Sequence[str]], str]) -> Iterator[str]:
    """What is wrong, one line each, with its place."""
    location = [part for part in detail["loc"] if not str(part).startswith("function-")]
    names = _without_tags(location)
    name = ".".join(str(part) for part in names)
    where = place([str(part) for part in names])
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, 1)
        hint = f"; did you mean `{near[0]}`?" if near else f"; known here: {', '.join(sorted(known))}" if known else ""
        yield f"{where}unknown setting `{name}`{hint}"
        return
    if detail["type"] == "string_pattern_mismatch" and (field := _field(location)):
        form = f"it looks like {field.examples[0]!r}" if field.examples else field.description
        message = f"{detail['input']!r} does not fit: {form}"
    if name:
        yield f"{where}`{name}`: {message}"
        return
    # What is wrong between settings: each part names its own.
    for part in message.split("; "):
        named = _OF_THE_BOOK.match(part)
        yield f"{place(named[0].split('.')) if named else ''}{part}"


def _without_tags(location: Sequence[int | str]) -> list[int | str]:
    """Where pydantic tells the kind of a target between its name and its key, the file has nothing."""
    if len(location) > 2 and location[0] == "targets":  # noqa: PLR2004 - targets, name, kind
        return [*location[:2], *location[3:]]
    return list(location)


def _known_keys(location: Sequence[int | str]) -> list[str]:
    """The keys that the model at `location` has."""
    return [field.alias or name for name, field in _model(location).model_fields.items()]


def _field(location: Sequence[int | str]) -> FieldInfo | None:
    """The setting at `location`; None where that is no setting of its own but part of one."""
    return _model(location[:-1]).model_fields.get(str(location[-1]))


def _model(location: Sequence[int | str]) -> type[BaseModel]:
    """The model that describes the table at `location`; one without any field where nothing does."""
    model: Any = Settings
    for part in (each for each in location if not isinstance(each, int)):
        if isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(str(part))
            models = _models_in(field.annotation) if field else []
            model = models[0] if field and len(models) == 1 and "dict" not in str(field.annotation) else models
        elif isinstance(model, list):
            tagged = [
                m for m in model if str(part) in get_args(getattr(m.model_fields.get("kind"), "annotation", None))
            ]
            model = tagged[0] if tagged else model[0] if len(model) == 1 else model
    return model if isinstance(model, type) and issubclass(model, BaseModel) else BaseModel


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def _line(text: str, names: Sequence[str]) -> int | None:
    """The line on which the file gives this setting, as well as a look at the text can tell."""
    if not names:
        return None
    table = ""
    header_line = None
    counts: Counter[str] = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
            table = header[2].replace('"', "").replace("'", "")
            if header[1] == "[[":  # one of several: told by its place
                counts[table] += 1
                table = f"{table}.{counts[table] - 1}"
            if table == ".".join(names):
                header_line = number
        elif key := re.match(r"\s*([\w\"'.-]+)\s*=", line):
            full = f"{table}.{key[1]}".strip(".").replace('"', "").replace("'", "")
            if ".".join(names).startswith(full) and full.split(".") == list(names[: full.count(".") + 1]):
                return number
    return header_line


@lru_cache(maxsize=1)
def _headers(text: str) -> Mapping[str, int]:
    """The lines of all tables: looking for one at a time would take long for a large people book."""
    lines = enumerate(text.splitlines(), 1)
    found = [(header[1], number) for number, line in lines if (header := re.match(r"\s*\[([^\[\]]+)\]", line))]
    return {name.replace('"', "").replace("'", "").strip(): number for name, number in reversed(found)}


def _check_environment(environment: Mapping[str, str], settings: Settings) -> None:
    """A misspelt variable would be ignored in silence; here it is told."""
    secrets = {settings.mail.password_env} if settings.mail else set()
    secrets |= {channel.url_env for channel in settings.channels.values()}
    for target in (*settings.targets.values(), settings.write_back):
        secrets |= {getattr(target, name, "") for name in ("token_env", "private_key_env")}
    fields = {f"CLOSEOUT_{name}".upper() for name in Settings.model_fields}
    problems = []
    for variable in sorted(environment):
        if not variable.startswith("CLOSEOUT_") or variable in NOT_SETTINGS | secrets:
            continue
        if variable.split("__")[0].upper() not in fields:
            near = difflib.get_close_matches(variable.split("__")[0], [*fields, *NOT_SETTINGS], 1)
            problems.append(f"unknown variable {variable}" + (f"; did you mean {near[0]}?" if near else ""))
    if problems:
        raise UsageError(
            "\n".join(problems),
            where="environment",
            advice="Unset or correct it; `docs/settings.md` lists all settings.",
        )
