"""Finding and reading `closeout.toml`: all problems at once, each with its line and the nearest known key."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from tracker.errors import UsageError
from tracker.nearest import FILE_NAME, find_file
from tracker.settings import Settings

__all__ = ["FILE_NAME", "NOT_SETTINGS", "Loaded", "find_file", "load", "read_secret"]

NOT_SETTINGS = frozenset({"CLOSEOUT_CONFIG", "CLOSEOUT_NOW", "CLOSEOUT_SMTP_PASSWORD"})
"""Environment variables with our prefix that are no settings: they are read elsewhere."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, the file they came from (None: defaults only), and the folder that relative paths start at."""

    settings: Settings
    file: Path | None
    root: Path


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
    try:
        settings = Settings(**data)
    except ValidationError as error:
        raise UsageError(
            "\n".join(_describe(detail, text) for detail in error.errors(include_url=False)),
            where=str(file or "settings"),
            advice="Mend these settings; `docs/settings.md` lists them all.",
        ) from error
    except SettingsError as error:
        raise UsageError(
            str(error), where="environment", advice="A table in an environment variable is written as JSON."
        ) from error
    _check_environment(os.environ if environment is None else environment, settings)
    return Loaded(settings, file, file.parent if file else Path.cwd())


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


def _describe(detail: ErrorDetails, text: str) -> str:
    location = [part for part in detail["loc"] if not str(part).startswith("function-")]
    names = _without_tags(location)
    name = ".".join(str(part) for part in names)
    line = _line(text, [str(part) for part in names])
    where = f"line {line}: " if line else ""
    if detail["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, 1)
        hint = f"; did you mean `{near[0]}`?" if near else f"; known here: {', '.join(sorted(known))}" if known else ""
        return f"{where}unknown setting `{name}`{hint}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "string_pattern_mismatch" and (field := _field(location)):
        form = f"it looks like {field.examples[0]!r}" if field.examples else field.description
        message = f"{detail['input']!r} does not fit: {form}"
    return f"{where}`{name}`: {message}" if name else f"{where}{message}"


def _without_tags(location: Sequence[int | str]) -> list[int | str]:
    """Where pydantic tells the kind of a target between its name and its key, the file has nothing."""
    if len(location) > 2 and location[0] == "targets":  # noqa: PLR2004 - targets, name, kind
        return [*location[:2], *location[3:]]
    return list(location)


def _known_keys(location: Sequence[int | str]) -> list[str]:
    """The keys that the model at `location` has."""
    return list(_model(location).model_fields)


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


def _check_environment(environment: Mapping[str, str], settings: Settings) -> None:
    """A misspelt variable would be ignored in silence; here it is told."""
    secrets = {settings.mail.password_env} if settings.mail else set()
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
