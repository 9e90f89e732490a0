"""What may happen once: a schedule's firing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tracker.model import Firing
from tracker.store.door import Door
from tracker.store.tables import METADATA, FiringRow

_FIRING = METADATA.tables[str(FiringRow.__tablename__)]

FIRING_HOLDS = timedelta(hours=6)
"""How long a firing may run before it counts as abandoned: syncs that wait for a target's rate limit take hours."""


class Ledgers(Door):
    """The firings of schedules."""

    def start_firing(self, schedule: str, due_at: datetime, now: datetime) -> bool:
        """True for exactly one scheduler per schedule and due time, until that firing failed, held or was abandoned.

        A firing that never finished is its runner's death notice: after six hours somebody else may take over.
        """
        mine = (_FIRING.c.schedule == schedule, _FIRING.c.due_at == due_at)
        again = or_(_FIRING.c.outcome == "held", _unfinished(now))
        was_held = _FIRING.c.outcome.in_(("held", "resumed"))
        values = {"started_at": now, "finished_at": None, "detail": ""}
        with self._transaction() as connection:
            if connection.execute(
                update(_FIRING)
                .where(*mine, again)
                .values(**values, outcome=case((was_held, "resumed"), else_="started"))
            ).rowcount:
                return True
            try:
                with connection.begin_nested():
                    connection.execute(
                        insert(_FIRING).values(schedule=schedule, due_at=due_at, outcome="started", **values)
                    )
            except IntegrityError:
                return False
        return True

    def finish_firing(
        self, schedule: str, due_at: datetime, started_at: datetime, now: datetime, outcome: str, detail: str
    ) -> None:
        """What became of the firing that was started then: `done`, `failed`, `stopped`, or `held`.

        The latter means that some of it waits for its hour.
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

    def firings(self, schedule: str, limit: int) -> tuple[Firing, ...]:
        """The latest firings of a schedule, the last one first."""
        columns = [_FIRING.c[name] for name in Firing.__dataclass_fields__]
        query = select(*columns).where(_FIRING.c.schedule == schedule).order_by(_FIRING.c.due_at.desc()).limit(limit)
        with self._reading() as connection:
            return tuple(Firing(**row) for row in connection.execute(query).mappings())

    def unfinished_firing(self, schedule: str, now: datetime) -> datetime | None:
        """The latest due time that somebody took up, if that firing failed, was stopped or was abandoned.

        What failed before a later firing went well has been made up for by it.
        """
        latest = select(func.max(_FIRING.c.due_at)).where(_FIRING.c.schedule == schedule).scalar_subquery()
        query = select(_FIRING.c.due_at).where(
            _FIRING.c.schedule == schedule, _FIRING.c.due_at == latest, _unfinished(now)
        )
        with self._reading() as connection:
            return connection.scalar(query)

    def held_firing(self, schedule: str, now: datetime) -> datetime | None:
        """The latest due time that somebody took up, if part of that firing still waits for its hour.

        Also when its hour came and the runner that resumed it then died.
        """
        latest = select(func.max(_FIRING.c.due_at)).where(_FIRING.c.schedule == schedule).scalar_subquery()
        waits = or_(_FIRING.c.outcome == "held", and_(_FIRING.c.outcome == "resumed", _abandoned(now)))
        query = select(_FIRING.c.due_at).where(_FIRING.c.schedule == schedule, _FIRING.c.due_at == latest, waits)
        with self._reading() as connection:
            return connection.scalar(query)


def _unfinished(now: datetime) -> ColumnElement[bool]:
    """Firings that may be tried again."""
    return or_(_FIRING.c.outcome.in_(("failed", "stopped")), _abandoned(now))


def _abandoned(now: datetime) -> ColumnElement[bool]:
    return and_(_FIRING.c.outcome.in_(("started", "resumed")), _FIRING.c.started_at < now - FIRING_HOLDS)
