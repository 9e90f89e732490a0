"""A look at a store in SQLite, by its driver alone: to import what opens it for writing takes longer than to answer.

Only the rows that a question needs are read, and none is judged here: `Selection` says which may matter, and whoever
asks looks at each.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from tracker.model import Event, JournalEntry, Outcome
from tracker.recurrence import RULES
from tracker.store import mapping
from tracker.store.known import Known

_DAYS = {"due_date", "snoozed_until", "extended_to", "incident_date"}
_FLAGS = {"done", "ignored", "private", "present"}
_TIMES = {"first_seen", "settled_at", "verified_at", "linked_at", "at", "intended_at", "sent_at", "read_at"}
_VALUES = {"services", "links", "parted", "move", "base", "issue", "gone", "evidence"}

_SHARED = """
SELECT * FROM item WHERE same_as > ''
UNION SELECT * FROM item WHERE id IN (SELECT same_as FROM item WHERE same_as > '')
"""
"""The items that go with others, by a person's word, and those others: few, and a chain may lead through any."""

_MANY = 500
"""Values in one statement; SQLite takes 999 in any build."""

_PATIENCE = 30.0
"""Seconds to wait for a writer, as the store itself does."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items a question may be about; more than those do no harm. None, or False, means any.

    Args:
        item: an id's beginning, an issue's key or number, or its address, in lower case.
        open_only: only those that nobody has settled, ignored or removed.
        due_by: only those that fall due up to this day, and those without a day of their own.
        owners: only those whose document names one of these, as it writes them,
        logins: or that one of these is assigned to.
    """

    item: str | None = None
    open_only: bool = False
    due_by: date | None = None
    owners: Sequence[str] | None = None
    logins: Sequence[str] = ()


class Glance:
    """One reading of a store: all that is asked of it is of one moment."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, database: str, root: Path) -> Self | None:
        """The store at the URL `database`, if it can be looked at like this: in SQLite, there, and up to date."""
        scheme, _, name = database.partition(":///")
        file = root / name
        if scheme.partition("+")[0] != "sqlite" or not name or "?" in name or not file.is_file():
            return None
        try:
            connection = sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)
        except sqlite3.Error:
            return None
        glance = cls(connection)
        try:
            if glance._is_usable():
                return glance
        except sqlite3.Error:  # whoever opens the store for good can say what is wrong with it
            pass
        connection.close()
        return None

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def owner_texts(self) -> list[str]:
        """Every owner as the documents write it."""
        return [text for (text,) in self._connection.execute("SELECT DISTINCT owner FROM item WHERE owner > ''")]

    def known(self, selection: Selection) -> Known:
        """The selected items, and the others that may promise the same, with their documents and links."""
        where, values = _where(selection)
        query = f"SELECT item.* FROM item LEFT JOIN link ON link.item = item.id {where}"  # noqa: S608 - our own words
        rows = list(self._rows(query, values))
        if where:
            rows += self._among("SELECT * FROM item WHERE theme IN", {row["theme"] for row in rows} - {""})
            rows += self._rows(_SHARED)
        items = {item.id: item for item in map(mapping.item_of, rows)}
        if where:
            documents = self._among("SELECT * FROM document WHERE key IN", {item.document for item in items.values()})
            links = self._among("SELECT * FROM link WHERE item IN", items)
        else:
            documents, links = self._rows("SELECT * FROM document"), self._rows("SELECT * FROM link")
        return Known(
            {document.key: document for document in map(mapping.document_of, documents)},
            items,
            {link.item: link for link in map(mapping.link_of, links)},
        )

    def read_times(self) -> dict[str, datetime]:
        """When each target was last read."""
        return {row["target"]: row["read_at"] for row in self._rows("SELECT target, read_at FROM target_cursor")}

    def events(self, item: str) -> tuple[Event, ...]:
        """The audit log of an item, oldest first."""
        rows = self._rows("SELECT * FROM event WHERE item = ? ORDER BY id", [item])
        return tuple(mapping.event_of({**row, "detail": json.loads(row["detail"])}) for row in rows)

    def events_called(self, *names: str) -> tuple[Event, ...]:
        """The events of these kinds, oldest first."""
        rows = self._rows(f"SELECT * FROM event WHERE what IN ({', '.join('?' * len(names))}) ORDER BY id", names)  # noqa: S608 - question marks
        return tuple(mapping.event_of({**row, "detail": json.loads(row["detail"])}) for row in rows)

    def told_since(self, moment: datetime) -> frozenset[str]:
        """The items of which the log tells anything after `moment`."""
        since = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        query = "SELECT DISTINCT item FROM event WHERE at > ? AND item IS NOT NULL"
        return frozenset(item for (item,) in self._connection.execute(query, [since]))

    def in_doubt_of(self, item: str) -> tuple[JournalEntry, ...]:
        """The writes for an item whose outcome nobody knows, oldest first."""
        doubtful = [outcome.value for outcome in Outcome if outcome.in_doubt]
        marks = ", ".join("?" * len(doubtful))
        query = f"SELECT * FROM journal WHERE item = ? AND outcome IN ({marks}) ORDER BY id"  # noqa: S608 - question marks
        rows = self._rows(query, [item, *doubtful])
        return tuple(map(mapping.journal_of, rows))

    def _is_usable(self) -> bool:
        """Whether the store stands at the newest migration, and its items were likened by the present rules."""
        self._connection.execute("BEGIN")
        newest = max(file.name for file in (Path(__file__).parent / "migrations/versions").glob("[0-9]*.py"))
        stands_at = self._connection.execute("SELECT version_num FROM closeout_version").fetchone()
        other = "SELECT 1 FROM item WHERE theme > '' AND (theme < ? OR theme >= ?) LIMIT 1"
        old = self._connection.execute(other, (f"{RULES}:", f"{RULES};")).fetchone()
        return stands_at == (newest.partition("_")[0],) and old is None

    def _among(self, statement: str, values: Iterable[str]) -> Iterator[dict[str, Any]]:
        chosen = list(values)
        for start in range(0, len(chosen), _MANY):
            some = chosen[start : start + _MANY]
            yield from self._rows(f"{statement} ({', '.join('?' * len(some))})", some)

    def _rows(self, statement: str, values: Sequence[object] = ()) -> Iterator[dict[str, Any]]:
        with closing(self._connection.execute(statement, values)) as cursor:
            names = [column[0] for column in cursor.description]
            readers = [(place, _READERS[name]) for place, name in enumerate(names) if name in _READERS]
            for row in cursor:
                cells = list(row)
                for place, read in readers:
                    if cells[place] is not None:
                        cells[place] = read(cells[place])
                yield dict(zip(names, cells, strict=True))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


_READERS: dict[str, Any] = {
    **dict.fromkeys(_DAYS, date.fromisoformat),
    **dict.fromkeys(_FLAGS, bool),
    **dict.fromkeys(_TIMES, _moment),
    **dict.fromkeys(_VALUES, json.loads),
}
"""How the store's types read what SQLite keeps, by column."""


def _where(selection: Selection) -> tuple[str, list[object]]:
    """The rows of a selection, `item` joined with `link`."""
    parts: list[str] = []
    values: list[object] = []
    if selection.item is not None:
        parts.append(
            "(substr(item.id, 1, length(?1)) = ?1 OR lower(link.issue_key) = ?1"
            " OR substr(lower(link.issue_key), -length(?1)) = ?1 OR instr(lower(link.issue), ?1))"
        )
        values.append(selection.item)
    if selection.open_only:
        parts.append("item.state = 'open' AND NOT item.ignored")
    if selection.due_by is not None:
        parts.append("coalesce(item.extended_to, item.due_date, '') <= ?")
        values.append(selection.due_by.isoformat())
    if selection.owners is not None:
        among = [f"item.owner IN ({', '.join('?' * len(selection.owners))})"]
        among += ["link.issue LIKE ? ESCAPE '\\'"] * len(selection.logins)
        parts.append(f"({' OR '.join(among)})")
        values += [*selection.owners, *map(_within, selection.logins)]
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


def _within(login: str) -> str:
    """A pattern for JSON that holds this text."""
    text = json.dumps(login)
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"
