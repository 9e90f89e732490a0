"""A team's own words beside those that come with Closeout, and what tells one way of reading from another."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from tracker.parsing.vocabulary import Vocabulary, build, data, fold, load

_TEAM = "team"  # stands among the languages, and holds no language's code
_STATUSES = ("done", "open")
_KEPT = ("prefix", "other")  # labels that name no field


def teach(
    sections: Mapping[str, Iterable[str]], columns: Mapping[str, Iterable[str]], values: Mapping[str, Iterable[str]]
) -> Vocabulary:
    """The shipped vocabulary with a team's words added. Where both know a word, it means what the team says.

    Args:
        sections: names by what a section holds: action, tasks, improvement, response, lessons, other.
        columns: names by field: item, owner, due, priority, ticket, status, ignored.
        values: words by what they stand for: nobody, placeholder, done, open.
    """
    if not any(map(_all, (sections, columns, values))):
        return load()
    shipped = data()
    status = {kind: values.get(kind, ()) for kind in _STATUSES}
    others = {kind: [*shipped["values"][kind], *values.get(kind, ())] for kind in ("nobody", "placeholder")}
    return build(
        {
            **shipped,
            "sections": _with_sections(shipped["sections"], sections),
            "fields": _with_columns(shipped["fields"], columns),
            "status": {**shipped["status"], **_with({kind: shipped["status"][kind] for kind in _STATUSES}, status)},
            "values": {**shipped["values"], **others, "wishes": _without(shipped["values"]["wishes"], _all(sections))},
            "names": {
                **shipped["names"],
                "nested": _without(
                    shipped["names"]["nested"], _folded([*sections.get("action", ()), *sections.get("tasks", ())])
                ),
            },
        }
    )


@cache
def edition() -> str:
    """A digest of the parser itself, code and words: another edition may read the same document otherwise."""
    made = hashlib.sha256()
    for file in sorted(resources.files(__package__).iterdir(), key=lambda file: file.name):
        if file.name.endswith((".py", ".toml")):
            made.update(file.name.encode() + b"\0" + file.read_bytes())
    return made.hexdigest()


def _with_sections(shipped: Mapping[str, Any], taught: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    known = _all(taught)
    kept = {
        language: {kind: _without(names, known) for kind, names in kinds.items()} for language, kinds in shipped.items()
    }
    return {**kept, _TEAM: {kind: list(names) for kind, names in taught.items()}}


def _with_columns(shipped: Mapping[str, Any], taught: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    names = {field: entry["names"] for field, entry in shipped.items()}
    elsewhere = _all({field: words for field, words in taught.items() if field != "item"})
    kept = {field: _without(names[field], elsewhere) for field in _KEPT}
    fields = _with({field: words for field, words in names.items() if field not in _KEPT}, taught)
    return {field: {"names": words} for field, words in (fields | kept).items()}


def _with(shipped: Mapping[str, Iterable[str]], taught: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Each list of names with the taught ones, which leave every other list."""
    known = _all(taught)
    return {kind: [*_without(names, known), *taught.get(kind, ())] for kind, names in shipped.items()}


def _without(names: Iterable[str], known: Collection[str]) -> list[str]:
    return [name for name in names if fold(name) not in known]


def _all(taught: Mapping[str, Iterable[str]]) -> frozenset[str]:
    return _folded(name for names in taught.values() for name in names)


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(name) for name in names)
