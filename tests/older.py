"""A store as an earlier release would have left it."""

import sqlite3
from contextlib import closing

from alembic import command
from alembic.config import Config

from connectors.database import open_engine, resolve_url, writing
from tracker.store.engine import MIGRATIONS


def take_back(file, revision):
    """Make the SQLite store in `file` one of that revision, with all that it can hold of what is there."""
    newer = file.with_name("newer.db")
    file.rename(newer)
    engine = open_engine(resolve_url(f"sqlite:///{file.name}", file.parent))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("ATTACH ? AS newer", (str(newer),))
        tables = [name for (name,) in database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        for table in tables:
            if table != "closeout_version" and not table.startswith("sqlite_"):
                columns = ", ".join(row[1] for row in database.execute(f"PRAGMA main.table_info({table})"))
                database.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}")  # noqa: S608
    newer.unlink()
