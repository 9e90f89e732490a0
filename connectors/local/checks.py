"""Whether the embedded tracker can be used. It needs nothing but its database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import URL

from connectors.inspection import inspect_database
from connectors.interface import Finding
from connectors.local.tables import HEAD, VERSION_TABLE

MIGRATIONS = Path(__file__).with_name("migrations")


def check(url: URL) -> Iterator[Finding]:
    """See the port's `check`."""
    yield inspect_database("the embedded tracker's database", url, VERSION_TABLE, HEAD, MIGRATIONS)
