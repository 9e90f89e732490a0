"""`closeout people import`: a people file out of CODEOWNERS or a directory's export. Writes nothing itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from tracker.errors import UsageError
from tracker.gaps import Addition, Imported
from tracker.people_files import MODELS, PEOPLE, TEAMS, Entries, PeopleFile, decoded, parse, to_csv, to_yaml
from tracker.roster import Complain, Found, codeowners, directory, scim
from tracker.roster.joining import join
from tracker.settings_file import Loaded


class Source(StrEnum):
    """What a file can be."""

    CODEOWNERS = "codeowners"
    DIRECTORY = "directory"


def import_people(file: Path, source: Source | None, out: Path | None, loaded: Loaded) -> Imported:
    """Read people and teams from `file` and set them beside the book.

    Args:
        file: CODEOWNERS, or a directory's users as CSV or SCIM (JSON).
        source: which of them; told by the file's name when None.
        out: where the people file is to go; what stands there is kept. Its ending tells the format (CSV when None).
        loaded: the settings with the people book.

    Raises:
        UsageError: a file can't be read, or is none of these.
    """
    notes: list[str] = []

    def complain(line: int, what: str) -> None:
        notes.append(f"{file}:{line}: {what}" if line else f"{file}: {what}")

    found = _found(file, source, complain, notes)
    base = _base(out)
    book = {table: {**_of_settings(loaded, table), **base.entries(table)} for table in MODELS}
    joined = join(found, book[PEOPLE], book[TEAMS], complain)
    additions = []
    for (table, key), values in joined.learnt.items():
        if key in base.entries(table):
            base.entries(table)[key] |= values
        else:
            stands = loaded.home(table, key)
            columns = stands.columns if stands else ()
            additions.append(Addition((), table, key, values, loaded.place(table, key), there=True, columns=columns))
    people, teams = {**base.people, **joined.people}, {**base.teams, **joined.teams}
    write = to_csv if out is None or out.suffix.casefold() == ".csv" else to_yaml
    counts = len(joined.people), len(joined.teams)
    return Imported(
        write(people, teams), *counts, tuple(joined.known), tuple(additions), tuple(notes), _path(out, loaded)
    )


def _found(file: Path, source: Source | None, complain: Complain, notes: list[str]) -> list[Found]:
    read = _READERS.get(source or _told_by_name(file))
    if read is None:
        raise UsageError(
            "its name does not tell what it is", where=str(file), advice="Say --from codeowners or --from directory."
        )
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"can't be read: {error.strerror}", where=str(file), advice="Check its path and mode."
        ) from error
    text = decoded(data, complain)
    reader = scim.parse if read is directory.parse and (text or "").lstrip()[:1] in ("{", "[") else read
    found = reader(text, complain) if text is not None else []
    if not found:
        raise UsageError(
            "\n".join(notes) or f"{file}: there is nobody in it",
            advice="CODEOWNERS, and users of Okta, Google Workspace and Microsoft Entra as CSV or SCIM are read.",
        )
    return found


_READERS: Mapping[Source | None, Callable[[str, Complain], list[Found]]] = MappingProxyType(
    {Source.CODEOWNERS: codeowners.parse, Source.DIRECTORY: directory.parse}
)


def _told_by_name(file: Path) -> Source | None:
    if file.name.casefold() == "codeowners":
        return Source.CODEOWNERS
    return Source.DIRECTORY if file.suffix.casefold() in {".csv", ".json"} else None


def _path(out: Path | None, loaded: Loaded) -> str | None:
    """How the settings have to name `out`; None where they do."""
    if out is None or out.resolve() in {(loaded.root / each.path).resolve() for each in loaded.people_files}:
        return None
    return Path(os.path.relpath(out.resolve(), loaded.root.resolve())).as_posix()


def _base(out: Path | None) -> PeopleFile:
    """What stands in `out` already, as the settings understand it."""
    base = PeopleFile(str(out or ""))
    if out is None:
        return base
    if out.suffix.casefold() not in {".csv", ".yaml", ".yml"}:
        raise UsageError("this is neither CSV nor YAML", where=str(out), advice="Let it end in .csv or .yaml.")
    if not out.exists():
        return base
    if out.suffix.casefold() != ".csv":
        raise UsageError(
            "it exists, and writing it anew would lose its comments",
            where=str(out),
            advice="Choose another file, or leave --out away and take what is printed.",
        )
    try:
        there = parse(str(out), out.read_bytes())
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror}", where=str(out)) from error
    problems = list(there.problems)
    for table, model in MODELS.items():
        for key, values in there.entries(table).items():
            try:
                base.entries(table)[key] = model.model_validate(values).model_dump(exclude_defaults=True)
            except ValidationError as error:
                line = there.lines[table, key]
                problems += [f"{out}:{line}: {detail['loc'][0]}: {detail['msg']}" for detail in error.errors()]
    if problems:
        raise UsageError("\n".join(problems), advice="It is no people file as it stands: mend it, or choose another.")
    return base


def _of_settings(loaded: Loaded, table: str) -> Entries:
    settings = loaded.settings
    entries = settings.teams if table == TEAMS else settings.people
    return {key: entry.model_dump(exclude_defaults=True) for key, entry in entries.items()}
