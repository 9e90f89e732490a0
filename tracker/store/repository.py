"""The store: what is known, the journal and the audit log. One transaction per recorded step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from connectors import Issue
from connectors.database import writing
from tracker.errors import Unavailable
from tracker.model import Event, Item, JournalEntry, KnownDocument, Link, Outcome
from tracker.store import mapping
from tracker.store.engine import open_store_engine
from tracker.store.locks import exclusive
from tracker.store.tables import (
    METADATA,
    CursorRow,
    DeliveryRow,
    DocumentRow,
    EventRow,
    FiringRow,
    ItemRow,
    JournalRow,
    LinkRow,
    StrayRow,
)

_DOCUMENT = METADATA.tables[str(DocumentRow.__tablename__)]
_ITEM = METADATA.tables[str(ItemRow.__tablename__)]
_LINK = METADATA.tables[str(LinkRow.__tablename__)]
_STRAY = METADATA.tables[str(StrayRow.__tablename__)]
_JOURNAL = METADATA.tables[str(JournalRow.__tablename__)]
_EVENT = METADATA.tables[str(EventRow.__tablename__)]
_CURSOR = METADATA.tables[str(CursorRow.__tablename__)]
_DELIVERY = METADATA.tables[str(DeliveryRow.__tablename__)]
_FIRING = METADATA.tables[str(FiringRow.__tablename__)]

CLAIM_HOLDS = timedelta(hours=1)
"""How long a sending may take before its claim counts as abandoned."""

FIRING_HOLDS = timedelta(hours=6)
"""How long a firing may run before it counts as abandoned: syncs that wait for a target's rate limit take hours."""

_IN_DOUBT = (Outcome.SENT.value, Outcome.UNCERTAIN.value)


@dataclass(frozen=True, slots=True)
class Known:
    """All that the store knows of documents, items and links."""

    documents: Mapping[str, KnownDocument]
    items: Mapping[str, Item]
    links: Mapping[str, Link]


class Store:
    """The one door to the database: for one thread at a time, and any number of processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = writing(engine)

    @classmethod
    def open(cls, url: str, root: Path, *, create: bool = True) -> Store:
        """Open the store at `url`; see `tracker.store.engine.open_store_engine`."""
        return cls(open_store_engine(url, root, create=create))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def exclusive(self, target: str, on_wait: Callable[[], None]) -> AbstractContextManager[None]:
        """Hold off every other sync of `target` that uses this store; see `tracker.store.locks`."""
        return exclusive(self._engine, target, on_wait)

    # What is known

    def known(self) -> Known:
        """Everything, as of now."""
        with self._reading() as connection:
            documents = [mapping.document_of(dict(row)) for row in connection.execute(select(_DOCUMENT)).mappings()]
            items = [mapping.item_of(dict(row)) for row in connection.execute(select(_ITEM)).mappings()]
            links = [mapping.link_of(dict(row)) for row in connection.execute(select(_LINK)).mappings()]
        return Known(
            {document.key: document for document in documents},
            {item.id: item for item in items},
            {link.item: link for link in links},
        )

    def record_reading(
        self, documents: Iterable[KnownDocument], items: Iterable[Item], events: Iterable[Event]
    ) -> None:
        """Record what was found in documents, at once."""
        with self._transaction() as connection:
            for document in documents:
                _put(connection, _DOCUMENT, "key", mapping.document_values(document))
            for item in items:
                _put(connection, _ITEM, "id", mapping.item_values(item))
            _append(connection, events)

    def record_link(self, link: Link, item: Item, events: Iterable[Event], settles: Iterable[int] = ()) -> None:
        """Record an item with its link, and that these journal entries are confirmed by it."""
        with self._transaction() as connection:
            self._link(connection, link, item)
            self._settle(connection, settles, Outcome.CONFIRMED, link.issue.updated_at, link.ref.key, "")
            _append(connection, events)

    def record_item(self, item: Item, events: Iterable[Event]) -> None:
        """Record an item that has no link."""
        with self._transaction() as connection:
            _put(connection, _ITEM, "id", mapping.item_values(item))
            _append(connection, events)

    # The journal

    def intend(self, target: str, budget_key: str, action: str, item: str, now: datetime) -> int:
        """Journal that a write is about to be sent; returns the entry's id."""
        values = {
            "target": target,
            "budget_key": budget_key,
            "action": action,
            "item": item,
            "outcome": Outcome.INTENDED.value,
            "intended_at": now,
            "detail": "",
        }
        with self._transaction() as connection:
            key = connection.execute(insert(_JOURNAL).values(values)).inserted_primary_key
            return int(key[0]) if key else 0

    def sending(self, entry: int, now: datetime) -> None:
        """Journal that the write leaves now: from here on its outcome is in doubt until it is settled."""
        with self._transaction() as connection:
            connection.execute(
                update(_JOURNAL).where(_JOURNAL.c.id == entry).values(outcome=Outcome.SENT.value, sent_at=now)
            )

    def confirm(self, entry: int, now: datetime, link: Link, item: Item, events: Iterable[Event]) -> None:
        """Journal that the write went through, together with all that follows from it."""
        with self._transaction() as connection:
            self._link(connection, link, item)
            self._settle(connection, [entry], Outcome.CONFIRMED, now, link.ref.key, "")
            _append(connection, events)

    def settle(
        self, entries: Iterable[int], outcome: Outcome, now: datetime, detail: str, events: Iterable[Event] = ()
    ) -> None:
        """Journal that writes failed, or that their outcome is uncertain."""
        with self._transaction() as connection:
            self._settle(connection, entries, outcome, now, None, detail)
            _append(connection, events)

    def in_doubt(self, target: str, action: str) -> tuple[JournalEntry, ...]:
        """The writes of this kind to `target` whose outcome nobody knows, oldest first."""
        query = (
            select(_JOURNAL)
            .where(_JOURNAL.c.target == target, _JOURNAL.c.action == action, _JOURNAL.c.outcome.in_(_IN_DOUBT))
            .order_by(_JOURNAL.c.id)
        )
        with self._reading() as connection:
            return tuple(mapping.journal_of(dict(row)) for row in connection.execute(query).mappings())

    def sent_since(self, budget_key: str, since: datetime, actions: Sequence[str]) -> list[datetime]:
        """When writes of these kinds were sent on this budget, in ascending order."""
        query = (
            select(_JOURNAL.c.sent_at)
            .where(_JOURNAL.c.budget_key == budget_key, _JOURNAL.c.sent_at > since, _JOURNAL.c.action.in_(actions))
            .order_by(_JOURNAL.c.sent_at)
        )
        with self._reading() as connection:
            return [at for at in connection.scalars(query) if at is not None]

    # Cursors

    def cursor(self, target: str) -> tuple[str, datetime] | None:
        """Up to where `target` was read, and when; None before the first reading."""
        with self._reading() as connection:
            row = connection.execute(select(_CURSOR).where(_CURSOR.c.target == target)).mappings().first()
        return (row["value"], row["read_at"]) if row else None

    def strays(self, target: str) -> dict[str, Issue]:
        """Issues with a marker that no item was linked to when they were read, by key."""
        with self._reading() as connection:
            rows = connection.execute(select(_STRAY).where(_STRAY.c.target == target)).mappings()
            return {row["issue_key"]: mapping.issue_of(row["issue"]) for row in rows}

    def linked_keys(self, target: str) -> set[str]:
        """The issues of `target` that items are linked to."""
        with self._reading() as connection:
            return set(connection.scalars(select(_LINK.c.issue_key).where(_LINK.c.target == target)))

    def place(self, target: str) -> str | None:
        """Where `target` was when it was last read; None before the first reading."""
        with self._reading() as connection:
            return connection.scalar(select(_CURSOR.c.place).where(_CURSOR.c.target == target))

    def finish_reading(self, target: str, place: str, cursor: str, strays: Mapping[str, Issue], now: datetime) -> None:
        """All that a listing told is recorded: remember up to where, and which marked issues nobody claimed."""
        with self._transaction() as connection:
            row = {"target": target, "place": place, "value": cursor, "read_at": now}
            _put(connection, _CURSOR, "target", row)
            connection.execute(delete(_STRAY).where(_STRAY.c.target == target))
            rows = [
                {"target": target, "issue_key": key, "issue": mapping.issue_values(issue)}
                for key, issue in strays.items()
            ]
            if rows:
                connection.execute(insert(_STRAY), rows)

    def read_times(self) -> dict[str, datetime]:
        """When each target was last read."""
        with self._reading() as connection:
            return {row.target: row.read_at for row in connection.execute(select(_CURSOR))}

    # The audit log

    def events(self, item: str | None = None, limit: int | None = None) -> tuple[Event, ...]:
        """The audit log in the order in which it was written, of one item or of all; with `limit` the newest ones."""
        query = select(_EVENT).order_by(_EVENT.c.id.desc())
        if item is not None:
            query = query.where(_EVENT.c.item == item)
        if limit is not None:
            query = query.limit(limit)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(mapping.event_of(dict(row)) for row in reversed(rows))

    # The delivery ledger

    def claim(self, report: str, recipient: str, period: str, now: datetime) -> bool:
        """True for exactly one caller per report, recipient and period, until that delivery is marked failed.

        A claim that was never settled is its holder's death notice: after an hour somebody else may take over.
        """
        key = {"report": report, "recipient": recipient, "period": period}
        with self._transaction() as connection:
            mine = [_DELIVERY.c[name] == value for name, value in key.items()]
            abandoned = and_(_DELIVERY.c.outcome == "claimed", _DELIVERY.c.claimed_at < now - CLAIM_HOLDS)
            again = (
                update(_DELIVERY)
                .where(*mine, or_(_DELIVERY.c.outcome == "failed", abandoned))
                .values(outcome="claimed", claimed_at=now, settled_at=None, detail="")
            )
            if connection.execute(again).rowcount:
                return True
            try:
                with connection.begin_nested():
                    connection.execute(insert(_DELIVERY).values(**key, outcome="claimed", claimed_at=now, detail=""))
            except IntegrityError:
                return False
        return True

    def sent(self, report: str, recipient: str, period: str, now: datetime) -> None:
        """The claimed delivery went out."""
        self._settle_delivery(report, recipient, period, "sent", now, "")

    def failed(self, report: str, recipient: str, period: str, now: datetime, detail: str) -> None:
        """The claimed delivery did not go out; it may be claimed again."""
        self._settle_delivery(report, recipient, period, "failed", now, detail)

    def was_sent(self, report: str, recipient: str, period: str) -> bool:
        """True when somebody sent this, or is at it."""
        query = select(_DELIVERY.c.outcome).where(
            _DELIVERY.c.report == report, _DELIVERY.c.recipient == recipient, _DELIVERY.c.period == period
        )
        with self._reading() as connection:
            return connection.scalar(query) in ("claimed", "sent")

    # Firings of schedules

    def start_firing(self, schedule: str, due_at: datetime, now: datetime) -> bool:
        """True for exactly one scheduler per schedule and due time, until that firing failed or was abandoned.

        A firing that never finished is its runner's death notice: after six hours somebody else may take over.
        """
        mine = (_FIRING.c.schedule == schedule, _FIRING.c.due_at == due_at)
        values = {"started_at": now, "finished_at": None, "outcome": "started", "detail": ""}
        with self._transaction() as connection:
            if connection.execute(update(_FIRING).where(*mine, _unfinished(now)).values(values)).rowcount:
                return True
            try:
                with connection.begin_nested():
                    connection.execute(insert(_FIRING).values(schedule=schedule, due_at=due_at, **values))
            except IntegrityError:
                return False
        return True

    def finish_firing(
        self, schedule: str, due_at: datetime, started_at: datetime, now: datetime, outcome: str, detail: str
    ) -> None:
        """What became of the firing that was started then: `done` or `failed`.

        A runner that was taken for dead has nothing to say any more: the firing is somebody else's.
        """
        mine = (_FIRING.c.schedule == schedule, _FIRING.c.due_at == due_at, _FIRING.c.started_at == started_at)
        with self._transaction() as connection:
            connection.execute(update(_FIRING).where(*mine).values(finished_at=now, outcome=outcome, detail=detail))

    def last_firing(self, schedule: str) -> datetime | None:
        """The latest due time that somebody took up."""
        query = select(_FIRING.c.due_at).where(_FIRING.c.schedule == schedule).order_by(_FIRING.c.due_at.desc())
        with self._reading() as connection:
            return connection.scalar(query.limit(1))

    def unfinished_firing(self, schedule: str, now: datetime) -> datetime | None:
        """The latest due time that somebody took up, if that firing failed or was abandoned.

        What failed before a later firing went well has been made up for by it.
        """
        latest = select(func.max(_FIRING.c.due_at)).where(_FIRING.c.schedule == schedule).scalar_subquery()
        query = select(_FIRING.c.due_at).where(
            _FIRING.c.schedule == schedule, _FIRING.c.due_at == latest, _unfinished(now)
        )
        with self._reading() as connection:
            return connection.scalar(query)

    # How it is done

    def _link(self, connection: Connection, link: Link, item: Item) -> None:
        _put(connection, _ITEM, "id", mapping.item_values(item))
        _put(connection, _LINK, "item", mapping.link_values(link))

    def _settle(
        self,
        connection: Connection,
        entries: Iterable[int],
        outcome: Outcome,
        now: datetime,
        issue_key: str | None,
        detail: str,
    ) -> None:
        chosen = list(entries)
        if chosen:
            connection.execute(
                update(_JOURNAL)
                .where(_JOURNAL.c.id.in_(chosen))
                .values(outcome=outcome.value, settled_at=now, issue_key=issue_key, detail=detail)
            )

    def _settle_delivery(
        self, report: str, recipient: str, period: str, outcome: str, now: datetime, detail: str
    ) -> None:
        with self._transaction() as connection:
            connection.execute(
                update(_DELIVERY)
                .where(_DELIVERY.c.report == report, _DELIVERY.c.recipient == recipient, _DELIVERY.c.period == period)
                .values(outcome=outcome, settled_at=now, detail=detail)
            )

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


def _unfinished(now: datetime) -> ColumnElement[bool]:
    """Firings that may be tried again."""
    abandoned = and_(_FIRING.c.outcome == "started", _FIRING.c.started_at < now - FIRING_HOLDS)
    return or_(_FIRING.c.outcome == "failed", abandoned)


def _contradiction(error: IntegrityError) -> str:
    """The clash in words; the engines name a broken key by its columns or by its constraint."""
    cause = str(error.orig).splitlines()[0]
    if _LINK.name in cause and _LINK.c.issue_key.name in cause:
        return f"the store says that this issue belongs to another item ({cause})"
    return f"the store refused what contradicts the rest of it: {cause}"


def _put(connection: Connection, table: Any, key: str, values: Mapping[str, Any]) -> None:
    """Update the row with this key, or insert it."""
    changed = connection.execute(update(table).where(table.c[key] == values[key]).values(dict(values)))
    if not changed.rowcount:
        connection.execute(insert(table).values(dict(values)))


def _append(connection: Connection, events: Iterable[Event]) -> None:
    rows = [mapping.event_values(event) for event in events]
    if rows:
        connection.execute(insert(_EVENT), rows)
