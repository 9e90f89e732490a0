"""The door to the database: opening it, transactions, and its errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from connectors.database import writing
from tracker.errors import Unavailable
from tracker.store.engine import open_store_engine
from tracker.store.tables import METADATA, LinkRow

_LINK = METADATA.tables[str(LinkRow.__tablename__)]


class Door:
    """What every part of the store goes through: for one thread at a time, and any number of processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = writing(engine)

    @classmethod
    def open(cls, url: str, root: Path, *, create: bool = True) -> Self:
        """Open the store at `url`; see `tracker.store.engine.open_store_engine`."""
        return cls(open_store_engine(url, root, create=create))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._translated(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            # Where two may race for a row the loser is caught on the spot; here it is a contradiction.
            raise Unavailable(
                _contradiction(error),
                where=self._engine.url.render_as_string(hide_password=True),
                advice="Was the database of the embedded tracker replaced? Move closeout.db away and run again: "
                "links are rebuilt from the issues' markers.",
            ) from error
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise Unavailable(
                f"the store failed: {cause}",
                where=self._engine.url.render_as_string(hide_password=True),
                advice="Nothing is lost: what was sent is journalled. Mend the database and run the command again.",
            ) from error


def _contradiction(error: IntegrityError) -> str:
    """The clash in words; the engines name a broken key by its columns or by its constraint."""
    cause = str(error.orig).splitlines()[0]
    if _LINK.name in cause and _LINK.c.issue_key.name in cause:
        return f"the store says that this issue belongs to another item ({cause})"
    return f"the store refused what contradicts the rest of it: {cause}"
