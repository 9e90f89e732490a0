"""What a shell offers for items, reports, targets and owners when Tab is pressed.

Somebody is typing: the settings are looked at without being checked, the store without being opened as one, and what
can't be read offers nothing, without a word. A store on a server is not asked.
"""
# ruff: noqa: PLC0415 - every other command would import for nothing what only a shell asks for

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import typer

from tracker.nearest import find_file

Offers: TypeAlias = list[tuple[str, str]]
"""What can stand there, each with a word about it."""

_Find: TypeAlias = Callable[[Path, dict[str, Any]], Iterable[tuple[str, str]]]

_MOST = 50
_SHORT = 60
_PATIENCE = 0.1
"""Seconds to wait for a writer of the store."""


def items(context: typer.Context, incomplete: str) -> Offers:
    """Ids of items that begin so, what is due first on top."""
    return _quietly(context, lambda root, settings: _items(root, settings, incomplete))


def reports(context: typer.Context, incomplete: str) -> Offers:
    """Reports of the settings."""
    return _named(context, incomplete, "reports", {"weekly": {}})


def targets(context: typer.Context, incomplete: str) -> Offers:
    """Targets of the settings."""
    return _named(context, incomplete, "targets", {"local": {"kind": "local"}})


def owners(context: typer.Context, incomplete: str) -> Offers:
    """People and teams of the settings by their keys, and who asks."""
    me = [("me", "you")] if "me".startswith(incomplete) else []
    return [*me, *_named(context, incomplete, "people", {}), *_named(context, incomplete, "teams", {})]


def words(*known: str) -> Callable[[str], list[str]]:
    """Completes the last of several words with commas between them."""

    def complete(incomplete: str) -> list[str]:
        said, comma, begun = incomplete.rpartition(",")
        taken = said.split(",")
        return [f"{said}{comma}{word}" for word in known if word.startswith(begun) and word not in taken]

    return complete


def _quietly(context: typer.Context, find: _Find) -> Offers:
    try:
        import tomllib

        named = context.find_root().params.get("config") or os.environ.get("CLOSEOUT_CONFIG")
        file = Path(named).absolute() if named else find_file(Path.cwd())
        settings = tomllib.loads(file.read_text("utf-8-sig")) if file else {}
        return list(find(file.parent if file else Path.cwd(), settings))
    except Exception:  # noqa: BLE001 - whatever it is, it would be written over the line that somebody types
        return []


def _named(context: typer.Context, incomplete: str, table: str, default: dict[str, Any]) -> Offers:
    def find(_root: Path, settings: dict[str, Any]) -> Iterable[tuple[str, str]]:
        for key, entry in settings.get(table, default).items():
            if key.startswith(incomplete):
                yield key, _line(str(entry.get("name") or entry.get("title") or entry.get("kind") or ""))

    return _quietly(context, find)


def _items(root: Path, settings: dict[str, Any], incomplete: str) -> Iterable[tuple[str, str]]:
    import sqlite3
    from contextlib import closing

    url = os.environ.get("CLOSEOUT_DATABASE") or settings.get("database", "sqlite:///closeout.db")
    scheme, _, name = url.partition(":///")
    file = root / name
    if scheme.partition("+")[0] != "sqlite" or not file.is_file():
        return
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)) as database:
        query = """SELECT id, text FROM item WHERE substr(id, 1, ?) = ? AND state != 'removed'
            ORDER BY state != 'open' OR ignored, coalesce(extended_to, due_date, '9999'), id LIMIT ?"""
        for key, text in database.execute(query, (len(incomplete), incomplete, _MOST)):
            yield key, _line(text)


def _line(text: str) -> str:
    """On one line, in printable characters: it goes to a terminal."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 1]}…"
