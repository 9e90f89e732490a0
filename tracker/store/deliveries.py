"""The delivery ledger: each report's part to somebody by some channel, once a period."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, insert, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from tracker.ledger import CLAIM_HOLDS, Entry, Key, Standing
from tracker.model import Event
from tracker.store import mapping
from tracker.store.door import Door
from tracker.store.tables import METADATA, DeliveryRow, EventRow

_DELIVERY = METADATA.tables[str(DeliveryRow.__tablename__)]
_EVENT = METADATA.tables[str(EventRow.__tablename__)]


class Deliveries(Door):
    """The delivery ledger."""

    def claim(self, key: Key, now: datetime) -> int:
        """The number of the attempt, from 1, for exactly one caller; 0 for everybody else.

        A failed delivery can be claimed again once it is time to; one whose holder died, after `CLAIM_HOLDS`.
        """
        values = {"outcome": Standing.CLAIMED.value, "claimed_at": now, "settled_at": None, "next_try_at": None}
        again = (
            update(_DELIVERY)
            .where(_is(key), _free(now))
            .values(**values, attempts=_DELIVERY.c.attempts + 1)
            .returning(_DELIVERY.c.attempts)
        )
        with self._transaction() as connection:
            attempts = connection.scalar(again)
            if attempts is not None:
                return int(attempts)
            try:
                with connection.begin_nested():
                    connection.execute(insert(_DELIVERY).values(**_columns(key), **values, attempts=1, detail=""))
            except IntegrityError:
                return 0
        return 1

    def sent(self, key: Key, now: datetime) -> None:
        """The claimed delivery went out."""
        self._settle_delivery(key, now, Standing.SENT)

    def failed(self, key: Key, now: datetime, detail: str, again_at: datetime) -> None:
        """The claimed delivery did not go out, as far as anybody knows; from `again_at` on it may be claimed again."""
        self._settle_delivery(key, now, Standing.FAILED, detail=detail, next_try_at=again_at)

    def let_go(self, key: Key, now: datetime, detail: str) -> None:
        """The claimed delivery certainly did not leave: it may be claimed at once, and that was no attempt."""
        self._settle_delivery(key, now, Standing.FAILED, detail=detail, attempts=_DELIVERY.c.attempts - 1)

    def give_up(self, key: Key, now: datetime, detail: str) -> None:
        """The claimed delivery failed for the last time; the audit log says so."""
        with self._transaction() as connection:
            _given_up(connection, key, now, detail)

    def give_up_past(self, report: str, period: str, before: datetime, now: datetime) -> tuple[Entry, ...]:
        """Give up what was last tried before that time for an earlier period than this one and never went out.

        Gives those entries, as they were; the audit log tells of each.
        """
        past = [
            _DELIVERY.c.report == report,
            _DELIVERY.c.period != period,
            _DELIVERY.c.claimed_at < before,
            or_(_DELIVERY.c.outcome == Standing.FAILED.value, _abandoned(now)),
        ]
        with self._transaction() as connection:
            rows = connection.execute(select(_DELIVERY).where(*past).order_by(_DELIVERY.c.id)).mappings()
            found = tuple(entry for entry in map(_entry, rows) if not _later(entry.key.period, period))
            for entry in found:
                _given_up(connection, entry.key, now, entry.detail or "nobody knows what became of it")
        return found

    def told(self, keys: Iterable[Key]) -> None:
        """Somebody was told that these were given up."""
        wanted = [(key.report, key.recipient, key.period, key.channel) for key in keys]
        if wanted:
            columns = (_DELIVERY.c.report, _DELIVERY.c.recipient, _DELIVERY.c.period, _DELIVERY.c.channel)
            with self._transaction() as connection:
                change = update(_DELIVERY).where(tuple_(*columns).in_(wanted))
                connection.execute(change.values(outcome=Standing.TOLD.value))

    def given_up(self, report: str) -> Sequence[Entry]:
        """What was given up of a report, and nobody has been told of; oldest first."""
        return self._entries(_DELIVERY.c.report == report, _DELIVERY.c.outcome == Standing.GIVEN_UP.value)

    def delivery(self, key: Key) -> Entry | None:
        """What is known of one delivery; None when nobody claimed it yet."""
        return next(iter(self._entries(_is(key))), None)

    def deliveries(self, report: str, period: str) -> Mapping[Key, Entry]:
        """All that is known of a report's deliveries in one period."""
        found = self._entries(_DELIVERY.c.report == report, _DELIVERY.c.period == period)
        return {entry.key: entry for entry in found}

    def _entries(self, *which: ColumnElement[bool]) -> Sequence[Entry]:
        with self._reading() as connection:
            rows = connection.execute(select(_DELIVERY).where(*which).order_by(_DELIVERY.c.id)).mappings()
            return tuple(map(_entry, rows))

    def _settle_delivery(self, key: Key, now: datetime, standing: Standing, **values: Any) -> None:
        with self._transaction() as connection:
            change = update(_DELIVERY).where(_is(key))
            connection.execute(change.values(**{"detail": "", **values, "outcome": standing.value, "settled_at": now}))


def _columns(key: Key) -> dict[str, str]:
    return {"report": key.report, "recipient": key.recipient, "period": key.period, "channel": key.channel}


def _is(key: Key) -> ColumnElement[bool]:
    return and_(*(_DELIVERY.c[name] == value for name, value in _columns(key).items()))


def _abandoned(now: datetime) -> ColumnElement[bool]:
    """A claim that was never settled is its holder's death notice."""
    return and_(_DELIVERY.c.outcome == Standing.CLAIMED.value, _DELIVERY.c.claimed_at < now - CLAIM_HOLDS)


def _free(now: datetime) -> ColumnElement[bool]:
    is_time = or_(_DELIVERY.c.next_try_at.is_(None), _DELIVERY.c.next_try_at <= now)
    return or_(and_(_DELIVERY.c.outcome == Standing.FAILED.value, is_time), _abandoned(now))


def _later(period: str, than: str) -> bool:
    """Whether a period comes after another one; those of another length (`2026-W47`, `2026-11`) never do."""
    return re.sub(r"\d", "0", period) == re.sub(r"\d", "0", than) and period > than


def _given_up(connection: Connection, key: Key, now: datetime, detail: str) -> None:
    settled = {"outcome": Standing.GIVEN_UP.value, "settled_at": now, "next_try_at": None, "detail": detail}
    connection.execute(update(_DELIVERY).where(_is(key)).values(settled))
    event = Event(now, "closeout", "delivery given up", None, None, {**_columns(key), "error": detail})
    connection.execute(insert(_EVENT).values(mapping.event_values(event)))


def _entry(row: RowMapping) -> Entry:
    key = Key(row["report"], row["recipient"], row["period"], row["channel"])
    standing = Standing(row["outcome"])
    return Entry(key, standing, row["attempts"], row["claimed_at"], row["next_try_at"], row["detail"])
