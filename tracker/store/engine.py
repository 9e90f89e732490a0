"""Opening the store: where it is, and bringing its schema up to date."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from connectors.database import NewerDatabase, open_engine, resolve_url, revision, upgrade
from tracker.errors import Unavailable, UsageError
from tracker.store.tables import HEAD, VERSION_TABLE

MIGRATIONS = Path(__file__).with_name("migrations")


def open_store_engine(url: str, root: Path, *, create: bool) -> Engine:
    """An engine for the store, at the newest schema.

    Args:
        url: the `database` setting.
        root: the folder that relative SQLite paths start at.
        create: make the database if there is none; otherwise an absent one reads as empty and nothing is written.

    Raises:
        UsageError: `url` is no database URL, its driver is not installed, or a newer Closeout made the database.
        Unavailable: the database can't be reached or migrated.
    """
    try:
        parsed = resolve_url(url, root)
        file = parsed.database if parsed.get_backend_name() == "sqlite" else None
        if file and file != ":memory:" and not create and not Path(file).exists():
            parsed = parsed.set(database=":memory:")
        engine = open_engine(parsed)
    except ArgumentError as error:
        raise UsageError(
            f"the store's address does not work: {error}",
            where="setting `database`",
            advice='Use "sqlite:///closeout.db" or "postgresql+psycopg://…" (pip install "closeout[postgres]").',
        ) from error
    try:
        if revision(engine, VERSION_TABLE) != HEAD:
            upgrade(engine, MIGRATIONS)
    except NewerDatabase as error:
        engine.dispose()
        raise UsageError(
            f"the store can't be used: {error}",
            where=parsed.render_as_string(hide_password=True),
            advice="Update this installation: pip install --upgrade closeout",
        ) from error
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise Unavailable(
            f"the store can't be opened: {cause}",
            where=parsed.render_as_string(hide_password=True),
            advice="Check that the database exists, is reachable, and may be written to.",
        ) from error
    return engine
