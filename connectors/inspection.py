"""Looking at a database without touching it: is it there, can it be written, whose schema has it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from connectors.database import open_engine, revision
from connectors.interface import Finding

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def inspect_database(what: str, url: URL, version_table: str, head: str, migrations: Path) -> Finding:
    """Whether the database at `url` can be used; one that is not there yet can.

    Args:
        what: how the finding calls it.
        url: with relative paths resolved.
        version_table: where its schema's version stands.
        head: the version that this release makes.
        migrations: its Alembic script folder.
    """
    where = url.render_as_string(hide_password=True)
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file and file != ":memory:":
        path = Path(file)
        if not path.exists():
            return _absent(what, path)
        if not os.access(path, os.W_OK):
            return _trouble(f"{what} {path} may not be written to", "Mend its owner or mode.")
        where = str(path)
    try:
        engine = open_engine(url)
        try:
            found = revision(engine, version_table)
        finally:
            engine.dispose()
    except (ArgumentError, SQLAlchemyError) as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        return _trouble(f"{what} {where} can't be opened: {cause}", "Check that it exists and is reachable.")
    if found in (head, None):
        return Finding(f"{what} {where}" + ("" if found else " is empty"))
    if any(script.name.startswith(f"{found}_") for script in migrations.glob("versions/*.py")):
        return Finding(f"{what} {where} is of an older release", advice="The next command that needs it updates it.")
    return _trouble(f"{what} {where} was made by a newer Closeout", "Update this one: pip install --upgrade closeout")


def _absent(what: str, file: Path) -> Finding:
    folder = next((each for each in file.parents if each.exists()), Path("/"))
    if folder != file.parent:
        return _trouble(f"{what} {file} has no folder", f"Make it: mkdir -p {file.parent}")
    if not os.access(folder, os.W_OK):
        return _trouble(f"{what} {file} can't be made in its folder", "Mend the folder's owner or mode.")
    return Finding(f"{what} {file} is not there yet; the first sync makes it")


def _trouble(what: str, advice: str) -> Finding:
    return Finding(what, trouble=True, advice=advice)
