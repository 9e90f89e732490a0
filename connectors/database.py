"""Engines and migrations for what Closeout keeps in a database: the embedded tracker here, the store upstairs.

SQLite runs in WAL mode with foreign keys on; a transaction that will write takes the write lock when it begins,
so that it can never fail half-way because another process wrote in between.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator

_BUSY_SECONDS = 30


class NewerDatabase(Exception):
    """The database stands at a migration that only a later release knows."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times, kept in UTC; SQLite would silently drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; naive times are a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Back to an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def resolve_url(url: str, root: Path) -> URL:
    """`url` with a relative SQLite path taken from `root`.

    Raises:
        sqlalchemy.exc.ArgumentError: not a database URL.
    """
    try:
        parsed = make_url(url)
    except ValueError:
        # SQLAlchemy lets int() complain, which quotes what may be a piece of the password.
        raise ArgumentError("its port is no number") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        parsed = parsed.set(database=str(root / parsed.database))
    return parsed


def open_engine(url: URL) -> Engine:
    """An engine for `url`; nothing is opened yet.

    Raises:
        sqlalchemy.exc.ArgumentError: nothing can be opened there, or its driver is not installed.
    """
    try:
        return _make_engine(url)
    except ModuleNotFoundError as error:
        raise ArgumentError(f"the driver {error.name} is not installed") from error


def _make_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    in_memory = not url.database or url.database == ":memory:"
    arguments: dict[str, Any] = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    engine = (
        create_engine(url, connect_args=arguments, poolclass=StaticPool)
        if in_memory
        else create_engine(url, connect_args=arguments)
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take the write lock as they begin."""
    return engine.execution_options(closeout_writes=True)


def revision(engine: Engine, version_table: str) -> str | None:
    """The migration that the database stands at; None for a database without one."""
    if not inspect(engine).has_table(version_table):
        return None
    with engine.connect() as connection:
        found = connection.scalar(text(f"SELECT version_num FROM {version_table}"))  # noqa: S608 - a constant of ours
    return None if found is None else str(found)


def upgrade(engine: Engine, migrations: Path) -> None:
    """Bring the database to the newest schema, in one transaction. `migrations` is an Alembic script folder.

    Raises:
        NewerDatabase: it stands at a migration that this release does not know.
    """
    from alembic import command  # noqa: PLC0415 - slow to import and seldom needed
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script.revision import ResolutionError  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        with writing(engine).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        if isinstance(error.__cause__, ResolutionError):
            raise NewerDatabase("it was made by a newer Closeout") from error
        raise


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling begins too late; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("closeout_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
