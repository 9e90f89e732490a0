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

from tracker.likeness import RULES, Key, crowded, sought_of, stored, subjects_of, wording_of
from tracker.model import ISSUE_TOLD, Event, JournalEntry, Outcome
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

_COUNTED = """
SELECT key, count(*) AS items FROM likeness JOIN item ON item.id = likeness.item
WHERE NOT ignored AND state != 'removed' AND key IN"""
"""How many items that count each key is kept of."""

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
        due_by: only those that fall due up to this day;
        undated: and those without a day of their own.
        owners: only those whose document names one of these, as it writes them,
        assignees: or whose issue is assigned to one of these, as `Glance.assignees` tells them.
    """

    item: str | None = None
    open_only: bool = False
    due_by: date | None = None
    undated: bool = False
    owners: Sequence[str] | None = None
    assignees: Sequence[str] = ()


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

    def assignees(self) -> dict[str, frozenset[str]]:
        """The people that issues are assigned to, together with one another, each group by how the store writes it."""
        texts = self._connection.execute("SELECT DISTINCT assignees FROM link WHERE assignees > ''")
        return {text: frozenset(json.loads(text)) for (text,) in texts}

    def known(self, selection: Selection) -> Known:
        """The selected items, and the others that may promise the same, with their documents and links."""
        where, values = _where(selection)
        query = f"SELECT * FROM item {where}"  # noqa: S608 - our own words
        rows = list(self._rows(query, values))
        alone: frozenset[Key] = frozenset()
        if where:
            rows += self._alike(rows)
            alone = self._crowded(rows)
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
            alone,
        )

    def _alike(self, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """The other items that may promise the same as these."""
        keys = {stored(key) for row in rows for key in sought_of(wording_of(row["text"]))}
        alike = {found["item"] for found in self._among("SELECT item FROM likeness WHERE key IN", keys)}
        return list(self._among("SELECT * FROM item WHERE id IN", alike - {row["id"] for row in rows}))

    def _crowded(self, rows: Iterable[dict[str, Any]]) -> frozenset[Key]:
        """The subjects of these items that very many others hold."""
        subjects = subjects_of(wording_of(row["text"]) for row in rows)
        counted = self._among(_COUNTED, {stored(key) for keys in subjects for key in keys}, "GROUP BY key")
        counts = {row["key"]: row["items"] for row in counted}
        return crowded(subjects, lambda key: counts.get(stored(key), 0))

    def read_times(self) -> dict[str, datetime]:
        """When each target was last read."""
        return {row["target"]: row["read_at"] for row in self._rows("SELECT target, read_at FROM target_cursor")}

    def events(self, item: str) -> tuple[Event, ...]:
        """The audit log of an item, oldest first."""
        rows = self._rows("SELECT * FROM event WHERE item = ? ORDER BY id", [item])
        return tuple(mapping.event_of({**row, "detail": json.loads(row["detail"])}) for row in rows)

    def events_called(self, *names: str, since: datetime | None = None) -> tuple[Event, ...]:
        """The events of these kinds, after `since` or all of them, oldest first."""
        query = f"SELECT * FROM event WHERE what IN ({_marks(names)}) AND at > ? ORDER BY id"  # noqa: S608 - question marks
        rows = self._rows(query, [*names, _stored(since) if since else ""])
        return tuple(mapping.event_of({**row, "detail": json.loads(row["detail"])}) for row in rows)

    def told_since(self, moment: datetime) -> frozenset[str]:
        """The items of which the log tells anything after `moment` but that Closeout spoke of them."""
        query = "SELECT DISTINCT item FROM event WHERE at > ? AND item IS NOT NULL AND what != ?"
        return frozenset(item for (item,) in self._connection.execute(query, [_stored(moment), ISSUE_TOLD]))

    def in_doubt_of(self, item: str) -> tuple[JournalEntry, ...]:
        """The writes for an item whose outcome nobody knows, oldest first."""
        doubtful = [outcome.value for outcome in Outcome if outcome.in_doubt]
        query = f"SELECT * FROM journal WHERE item = ? AND outcome IN ({_marks(doubtful)}) ORDER BY id"  # noqa: S608 - question marks
        rows = self._rows(query, [item, *doubtful])
        return tuple(map(mapping.journal_of, rows))

    def _is_usable(self) -> bool:
        """Whether the store stands at the newest migration, and its items were likened by the present rules."""
        self._connection.execute("BEGIN")
        newest = max(file.name for file in (Path(__file__).parent / "migrations/versions").glob("[0-9]*.py"))
        stands_at = self._connection.execute("SELECT version_num FROM closeout_version").fetchone()
        other = "SELECT 1 FROM likeness WHERE key < ? UNION SELECT 1 FROM likeness WHERE key >= ?"
        old = self._connection.execute(other, (f"{RULES}:", f"{RULES};")).fetchone()
        return stands_at == (newest.partition("_")[0],) and old is None

    def _among(self, statement: str, values: Iterable[str], end: str = "") -> Iterator[dict[str, Any]]:
        chosen = list(values)
        for start in range(0, len(chosen), _MANY):
            some = chosen[start : start + _MANY]
            yield from self._rows(f"{statement} ({_marks(some)}) {end}", some)

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


def _stored(moment: datetime) -> str:
    """A moment as SQLite keeps it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


_READERS: dict[str, Any] = {
    **dict.fromkeys(_DAYS, date.fromisoformat),
    **dict.fromkeys(_FLAGS, bool),
    **dict.fromkeys(_TIMES, _moment),
    **dict.fromkeys(_VALUES, json.loads),
}
"""How the store's types read what SQLite keeps, by column."""


_BY_KEY = "rowid IN (SELECT rowid FROM link WHERE substr(lower(issue_key), -length(?)) = ?)"
"""Asked twice, because the index of the keys answers the inner question: a link's own row is long."""

_BY_ADDRESS = "instr(lower(issue), ?)"


def _where(selection: Selection) -> tuple[str, list[object]]:
    """The rows of a selection."""
    parts: list[str] = []
    values: list[object] = []
    if selection.item is not None:
        called = _BY_ADDRESS if "://" in selection.item else _BY_KEY
        parts.append(f"(id >= ? AND id < ? OR id IN (SELECT item FROM link WHERE {called}))")  # noqa: S608 - our own words
        values += [selection.item, f"{selection.item}\U0010ffff", *[selection.item] * called.count("?")]
    if selection.open_only:
        parts.append("state = 'open' AND NOT ignored")
    if selection.due_by is not None:
        days = "extended_to, due_date, ''" if selection.undated else "extended_to, due_date"
        parts.append(f"coalesce({days}) <= ?")
        values.append(selection.due_by.isoformat())
    if selection.owners is not None:
        theirs = f"SELECT id FROM item WHERE owner IN ({_marks(selection.owners)})"  # noqa: S608 - question marks
        assigned = f"SELECT item FROM link WHERE assignees IN ({_marks(selection.assignees)})"  # noqa: S608
        parts.append(f"id IN ({theirs} UNION {assigned})")
        values += [*selection.owners, *selection.assignees]
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
