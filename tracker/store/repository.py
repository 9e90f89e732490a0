"""The store: what is known, the journal and the audit log. One transaction per recorded step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Text, cast, delete, func, insert, select, update

from connectors import Issue
from tracker.decisions import DOUBT_DECIDED, Verdict, decides, step, verdict_of
from tracker.model import ISSUE_TOLD, Event, Item, JournalEntry, KnownDocument, Link, Outcome
from tracker.past import BORN, FACTS, telling
from tracker.store import mapping
from tracker.store.deliveries import Deliveries
from tracker.store.known import Known
from tracker.store.ledgers import Ledgers
from tracker.store.locks import exclusive
from tracker.store.tables import (
    METADATA,
    CursorRow,
    DocumentRow,
    EventRow,
    ItemRow,
    JournalRow,
    LikenessRow,
    LinkRow,
    StrayRow,
)

_DOCUMENT = METADATA.tables[str(DocumentRow.__tablename__)]
_ITEM = METADATA.tables[str(ItemRow.__tablename__)]
_LIKENESS = METADATA.tables[str(LikenessRow.__tablename__)]
_LINK = METADATA.tables[str(LinkRow.__tablename__)]
_STRAY = METADATA.tables[str(StrayRow.__tablename__)]
_JOURNAL = METADATA.tables[str(JournalRow.__tablename__)]
_EVENT = METADATA.tables[str(EventRow.__tablename__)]
_CURSOR = METADATA.tables[str(CursorRow.__tablename__)]

_IN_DOUBT = (Outcome.SENT.value, Outcome.UNCERTAIN.value)


_SLOWEST_ANSWER = timedelta(minutes=10)
"""No write waits longer for its answer than the connectors' time-outs let it."""


class Store(Deliveries, Ledgers):
    """The one door to the database: for one thread at a time, and any number of processes."""

    def exclusive(
        self, target: str, on_wait: Callable[[], None], stop: Callable[[], bool] = lambda: False
    ) -> AbstractContextManager[None]:
        """Hold off every other sync of `target` that uses this store; see `tracker.store.locks`."""
        return exclusive(self._engine, target, on_wait, stop=stop)

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

    def documents(self) -> dict[str, KnownDocument]:
        """The documents by key, without what they hold."""
        with self._reading() as connection:
            rows = connection.execute(select(_DOCUMENT)).mappings()
            return {row["key"]: mapping.document_of(dict(row)) for row in rows}

    def targets_in_use(self) -> set[str]:
        """The targets that items are linked to, were before a person parted or moved them, or may turn out to be.

        None while nothing is linked.
        """
        parted = select(_ITEM.c.parted).where(cast(_ITEM.c.parted, Text) != "[]")
        with self._reading() as connection:
            linked = set(connection.scalars(select(_LINK.c.target).distinct()))
            before = {name.split(" ")[0] for names in connection.scalars(parted) for name in names}
            strays = set(connection.scalars(select(_STRAY.c.target).distinct()))
            moves = connection.scalars(select(_ITEM.c.move).where(_ITEM.c.move.is_not(None)))
            ahead = {move["to"] for move in moves}
        return linked | before | strays | ahead if linked else set()

    def record_reading(
        self, documents: Iterable[KnownDocument], items: Iterable[Item], now: datetime, events: Iterable[Event]
    ) -> None:
        """Record what was found in documents, at once."""
        with self._transaction() as connection:
            for document in documents:
                _put(connection, _DOCUMENT, "key", mapping.document_values(document))
            changed = [(item, _put_item(connection, item)) for item in items]
            _append(connection, telling(events, changed, now))

    def record_link(
        self, link: Link, item: Item, now: datetime, events: Iterable[Event], settles: Iterable[int] = ()
    ) -> None:
        """Record an item with its link, and that these journal entries are confirmed by it."""
        with self._transaction() as connection:
            changed = self._link(connection, link, item)
            self._settle(connection, settles, Outcome.CONFIRMED, link.issue.updated_at, link.ref.key, "")
            _append(connection, telling(events, [(item, changed)], now))

    def record_gone(self, links: Iterable[Link], events: Iterable[Event]) -> None:
        """Record of several links at once that their issues are gone, and nothing else about them."""
        with self._transaction() as connection:
            for link in links:
                gone = mapping.gone_values(link.gone)
                connection.execute(update(_LINK).where(_LINK.c.item == link.item).values(gone=gone))
            _append(connection, events)

    def record_evidence(self, links: Iterable[Link], events: Iterable[Event]) -> None:
        """Record of several links at once what closed their issues, and nothing else about them."""
        with self._transaction() as connection:
            for link in links:
                evidence = mapping.evidence_values(link.evidence)
                connection.execute(update(_LINK).where(_LINK.c.item == link.item).values(evidence=evidence))
            _append(connection, events)

    def record_work(self, links: Iterable[Link], events: Iterable[Event]) -> None:
        """Record of several links at once what work is about to close their issues, and nothing else about them."""
        with self._transaction() as connection:
            for link in links:
                same = (_LINK.c.item == link.item, _LINK.c.issue_key == link.ref.key)  # a sync may have changed the tie
                connection.execute(update(_LINK).where(*same).values(work=link.work))
            _append(connection, events)

    def record_item(self, item: Item, now: datetime, events: Iterable[Event]) -> None:
        """Record an item, and nothing of its link."""
        with self._transaction() as connection:
            _append(connection, telling(events, [(item, _put_item(connection, item))], now))

    def record_parting(self, item: Item, event: Event) -> None:
        """Record an item that its issue was taken from."""
        with self._transaction() as connection:
            connection.execute(delete(_LINK).where(_LINK.c.item == item.id))
            _append(connection, telling([event], [(item, _put_item(connection, item))], event.at))

    def record_decision(self, item: Item, event: Event) -> None:
        """Record what a person decided and the state that the item has by it; its words may be a sync's to record."""
        values = mapping.item_values(item)
        state = {name: values[name] for name in ("state", "settled_at")}
        with self._transaction() as connection:
            changed = _changed(connection, item.id, state)
            connection.execute(update(_ITEM).where(_ITEM.c.id == item.id).values(state))
            _append(connection, telling([event], [(item, changed or {})], event.at))

    def record_events(self, events: Iterable[Event]) -> None:
        """Add to the audit log, with what follows for what stands of items."""
        with self._transaction() as connection:
            _append(connection, events)

    # The journal

    def intend(self, target: str, budget_key: str, action: str, item: str, now: datetime) -> int:
        """Journal that a write is about to be sent; returns the entry's id."""
        [entry] = self.intend_together(target, budget_key, action, [item], now)
        return entry

    def intend_together(
        self, target: str, budget_key: str, action: str, items: Sequence[str], now: datetime
    ) -> list[int]:
        """Journal that one request is about to be sent that writes for several items; returns the entries' ids.

        A budget counts requests: only the first entry names it.
        """
        rows = [
            {
                "target": target,
                "budget_key": "" if place else budget_key,
                "action": action,
                "item": item,
                "outcome": Outcome.INTENDED.value,
                "intended_at": now,
                "detail": "",
            }
            for place, item in enumerate(items)
        ]
        with self._transaction() as connection:
            keys = [connection.execute(insert(_JOURNAL).values(row)).inserted_primary_key for row in rows]
        return [int(key[0]) if key else 0 for key in keys]

    def sending(self, entry: int, now: datetime, *others: int) -> None:
        """Journal that a write leaves now, with `others` in one request: in doubt until they are settled."""
        leaving = _JOURNAL.c.id.in_((entry, *others))
        with self._transaction() as connection:
            connection.execute(update(_JOURNAL).where(leaving).values(outcome=Outcome.SENT.value, sent_at=now))

    def confirm(self, entry: int, now: datetime, link: Link, item: Item, events: Iterable[Event]) -> None:
        """Journal that the write went through, together with all that follows from it."""
        with self._transaction() as connection:
            changed = self._link(connection, link, item)
            self._settle(connection, [entry], Outcome.CONFIRMED, now, link.ref.key, "")
            _append(connection, telling(events, [(item, changed)], now))

    def confirm_stray(self, entry: int, now: datetime, issue: Issue, events: Iterable[Event]) -> None:
        """Journal that a write went through to an issue that is no item's, and keep that issue."""
        target, key = issue.ref.target, issue.ref.key
        with self._transaction() as connection:
            connection.execute(delete(_STRAY).where(_STRAY.c.target == target, _STRAY.c.issue_key == key))
            _put_strays(connection, target, {key: issue})
            self._settle(connection, [entry], Outcome.CONFIRMED, now, issue.ref.key, "")
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

    def in_doubt_of(self, item: str) -> tuple[JournalEntry, ...]:
        """The writes for an item whose outcome nobody knows, oldest first."""
        query = (
            select(_JOURNAL).where(_JOURNAL.c.item == item, _JOURNAL.c.outcome.in_(_IN_DOUBT)).order_by(_JOURNAL.c.id)
        )
        with self._reading() as connection:
            return tuple(mapping.journal_of(dict(row)) for row in connection.execute(query).mappings())

    def sent_since(self, budget_key: str, since: datetime, actions: Sequence[str]) -> list[datetime]:
        """When requests that write such things reached the target of this budget, in ascending order.

        A request counts from its answer, else from its sending: of two that travel unlike long the target may
        have seen the earlier one late, and both within one of its windows.
        """
        at = func.coalesce(_JOURNAL.c.settled_at, _JOURNAL.c.sent_at)
        mine = (_JOURNAL.c.budget_key == budget_key, _JOURNAL.c.action.in_(actions))
        recent = _JOURNAL.c.sent_at > since - _SLOWEST_ANSWER  # what the index is for
        query = select(at).where(*mine, recent, at > since).order_by(at)
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
            _put_strays(connection, target, strays)

    def keep_strays(self, target: str, strays: Mapping[str, Issue]) -> None:
        """Remember marked issues before anything is done with them: a store that is being rebuilt may be cut off."""
        with self._transaction() as connection:
            connection.execute(delete(_STRAY).where(_STRAY.c.target == target))
            _put_strays(connection, target, strays)

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

    def lives(self) -> Iterator[Event]:
        """The events of all items, one item's after another's, each as they were written; read as they are taken."""
        query = select(_EVENT).where(_EVENT.c.item.is_not(None)).order_by(_EVENT.c.item, _EVENT.c.id)
        with self._reading() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query).mappings():
                yield mapping.event_of(dict(row))

    def events_called(self, *names: str, since: datetime | None = None) -> tuple[Event, ...]:
        """The events of these kinds, after `since` or all of them, oldest first."""
        query = select(_EVENT).where(_EVENT.c.what.in_(names)).order_by(_EVENT.c.id)
        if since is not None:
            query = query.where(_EVENT.c.at > since)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(mapping.event_of(dict(row)) for row in rows)

    def told_since(self, moment: datetime) -> frozenset[str]:
        """The items of which the log tells anything after `moment` but that Closeout spoke of them."""
        telling = (_EVENT.c.at > moment, _EVENT.c.item.is_not(None), _EVENT.c.what != ISSUE_TOLD)
        query = select(_EVENT.c.item).where(*telling).distinct()
        with self._reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def verdicts(self) -> tuple[Verdict, ...]:
        """What people said of texts in doubt, oldest first."""
        return tuple(map(verdict_of, self.events_called(DOUBT_DECIDED)))

    # How it is done

    def _link(self, connection: Connection, link: Link, item: Item) -> Mapping[str, Any]:
        changed = _put_item(connection, item)
        _put(connection, _LINK, "item", mapping.link_values(link))
        return changed

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


def _put(connection: Connection, table: Any, key: str, values: Mapping[str, Any]) -> None:
    """Update the row with this key, or insert it."""
    changed = connection.execute(update(table).where(table.c[key] == values[key]).values(dict(values)))
    if not changed.rowcount:
        connection.execute(insert(table).values(dict(values)))


def _put_strays(connection: Connection, target: str, strays: Mapping[str, Issue]) -> None:
    rows = [{"target": target, "issue_key": key, "issue": mapping.issue_values(issue)} for key, issue in strays.items()]
    if rows:
        connection.execute(insert(_STRAY), rows)


def _put_item(connection: Connection, item: Item) -> Mapping[str, Any]:
    """Update or insert an item; gives those of its facts that the audit log has to tell of.

    What people decided of a known one only changes by events: see `_append`.
    """
    values = mapping.item_values(item)
    changed = _changed(connection, item.id, values)
    if changed is None:
        connection.execute(insert(_ITEM).values(values))
        _add_likeness(connection, mapping.likeness_values(item.id, item.text))
        return {name: values[name] for name in (*FACTS, *BORN)}
    said = {name: value for name, value in values.items() if name not in mapping.STANDING}
    connection.execute(update(_ITEM).where(_ITEM.c.id == item.id).values(said))
    likeness = mapping.likeness_values(item.id, item.text)
    kept = set(connection.scalars(select(_LIKENESS.c.key).where(_LIKENESS.c.item == item.id)))
    if kept != {row["key"] for row in likeness}:
        connection.execute(delete(_LIKENESS).where(_LIKENESS.c.item == item.id))
        _add_likeness(connection, likeness)
    return changed


def _add_likeness(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(_LIKENESS), rows)


def _changed(connection: Connection, item: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Those of the `values` that are facts and differ from what is stored; None for an item that is not."""
    query = select(*(_ITEM.c[name] for name in FACTS)).where(_ITEM.c.id == item).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return {name: values[name] for name in FACTS if name in values and row[name] != values[name]}


def _append(connection: Connection, events: Iterable[Event]) -> None:
    """Append to the audit log, and bring what stands of the items up to date with it."""
    new = list(events)
    if new:
        connection.execute(insert(_EVENT), [mapping.event_values(event) for event in new])
    for event in new:
        if decides(event):
            columns = [_ITEM.c[name] for name in mapping.STANDING]
            query = select(*columns).where(_ITEM.c.id == event.item).with_for_update()
            standing = mapping.standing_of(dict(connection.execute(query).mappings().one()))
            values = mapping.standing_values(step(standing, event))
            connection.execute(update(_ITEM).where(_ITEM.c.id == event.item).values(values))
