"""One sync at a time per target: two at once would both open the issue that both find missing.

The operating system (SQLite) or the server (PostgreSQL) lets go of the lock when its holder dies: none is left behind.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from tracker.errors import Unavailable

PATIENCE = 600.0
"""Seconds to wait for another sync of the same target."""

_LOOK_UP_EVERY = 1.0
"""Seconds after which somebody who waits sees that it is time to stop."""


@contextmanager
def exclusive(
    engine: Engine,
    target: str,
    on_wait: Callable[[], None],
    patience: float = PATIENCE,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Hold the lock of `target` in this store; `on_wait` is called once when somebody else has it.

    Raises:
        Unavailable: somebody else still has it after `patience` seconds, or once `stop` says not to wait any longer.
    """
    if engine.url.get_backend_name() == "sqlite":
        yield from _by_file(engine, target, on_wait, patience, stop)
    else:
        yield from _by_server(engine, target, on_wait, patience, stop)


def _by_file(
    engine: Engine, target: str, on_wait: Callable[[], None], patience: float, stop: Callable[[], bool]
) -> Iterator[None]:
    database = engine.url.database
    if not database or database == ":memory:":
        yield
        return
    safe = re.sub(r"[^\w.-]", "_", target)
    lock = FileLock(Path(f"{database}.{safe}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_wait()
        try:
            lock.acquire(timeout=patience, cancel_check=stop)
        except Timeout:
            raise _still_running(target, str(lock.lock_file)) from None
    try:
        yield
    finally:
        lock.release()


def _by_server(
    engine: Engine, target: str, on_wait: Callable[[], None], patience: float, stop: Callable[[], bool]
) -> Iterator[None]:
    key = {"key": int.from_bytes(hashlib.sha256(f"closeout:{target}".encode()).digest()[:8], signed=True)}
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
            connection.commit()
            on_wait()
            until = time.monotonic() + patience
            while not _locked_within(connection, key, min(_LOOK_UP_EVERY, patience)):
                if stop() or time.monotonic() >= until:
                    raise _still_running(target, engine.url.render_as_string(hide_password=True))
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
            connection.commit()


def _locked_within(connection: Connection, key: dict[str, int], seconds: float) -> bool:
    try:
        connection.execute(text(f"SET LOCAL lock_timeout = {max(1, int(seconds * 1000))}"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), key)
    except OperationalError:
        connection.rollback()
        return False
    return True


def _still_running(target: str, where: str) -> Unavailable:
    return Unavailable(
        f"another sync of {target} is still running",
        where=where,
        advice="Wait for it, or stop it if it hangs; the lock goes with its process.",
    )
