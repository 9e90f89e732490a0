"""Who besides its owners is told of an item, and when nobody is told anything. Pure: `now` is an argument.

    owner gone               manager, else team, else the report's fallback
    overdue for long         team, later the manager instead, as `[escalation]` says
    overdue, owner away      team, else the fallback

The first line that fits an item decides, and one recipient is all that it adds: nobody climbs two rungs at once.
Whoever is told for somebody else must be here and have a way to be reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from tracker.due import calendar
from tracker.people import Owner, PeopleBook
from tracker.settings import EscalationSettings, Settings, WorkingHoursSettings

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD = 366
"""Days after which the next working day counts as out of sight."""


class Cause(StrEnum):
    """Why somebody is told of another one's item."""

    LATE = "late"
    AWAY = "away"
    GONE = "gone"


class Rung(StrEnum):
    """What somebody who is told of another one's item is to that owner."""

    TEAM = "team"
    MANAGER = "manager"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Telling:
    """That `to` is told of an item of the owner `of`, what they are to that owner, and why."""

    to: Owner
    rung: Rung
    of: Owner
    cause: Cause


@dataclass(frozen=True, slots=True)
class Ladder:
    """What decides whom items are told to and when. `timezone` is that of owners who have none of their own."""

    book: PeopleBook
    escalation: EscalationSettings
    hours: WorkingHoursSettings | None
    timezone: str

    @classmethod
    def of(cls, settings: Settings) -> Ladder:
        """The ladder that the settings describe."""
        book = PeopleBook.from_settings(settings)
        return cls(book, settings.escalation, settings.working_hours, settings.timezone)

    def beyond(self, owners: Sequence[Owner], late: int, now: datetime, fallback: Owner | None) -> Telling | None:
        """Who besides its `owners` is told of an item that is `late` days overdue (0: it is not); None for nobody."""
        keys = {owner.key for owner in owners}
        for of, cause, rungs in self._ways(owners, late, now):
            for rung in rungs:
                to = {Rung.TEAM: self.team(of), Rung.MANAGER: self.manager(of), Rung.FALLBACK: fallback}[rung]
                if to is not None and to.key not in keys and self._reached(to, now):
                    return Telling(to, rung, of, cause)
        return None

    def _ways(
        self, owners: Sequence[Owner], late: int, now: datetime
    ) -> Iterator[tuple[Owner, Cause, tuple[Rung, ...]]]:
        """For whom, why and by which rungs, in the order in which they are tried."""
        orphaned = not any(self._reached(owner, now) for owner in owners)
        if orphaned:
            yield from ((each, Cause.GONE, (Rung.MANAGER, Rung.TEAM, Rung.FALLBACK)) for each in owners if each.left)
        for owner in owners:
            rungs = ((Rung.MANAGER, self.escalation.manager_after), (Rung.TEAM, self.escalation.team_after))
            yield owner, Cause.LATE, tuple(rung for rung, after in rungs if after is not None and late >= after)
        if orphaned and late:
            yield from ((each, Cause.AWAY, (Rung.TEAM, Rung.FALLBACK)) for each in owners if self.away(each, now))

    def _reached(self, owner: Owner, now: datetime) -> bool:
        """Whether a message to them is read in the next days."""
        return bool(owner.ways) and not owner.left and not self.away(owner, now)

    def team(self, owner: Owner) -> Owner | None:
        """The team of a person."""
        return self.book.get(owner.team) if owner.team else None

    def manager(self, owner: Owner) -> Owner | None:
        """Who looks after an owner: their own manager, else the team's."""
        team = self.team(owner)
        key = owner.manager or (team.manager if team else None)
        return self.book.get(key) if key else None

    def zone(self, owner: Owner) -> ZoneInfo:
        """Where the owner's days begin."""
        return ZoneInfo(owner.timezone or self.timezone)

    def away(self, owner: Owner, now: datetime) -> bool:
        """Whether the day on which they are back has not begun for them."""
        return owner.away_until is not None and now.astimezone(self.zone(owner)).date() < owner.away_until

    def holding_back(self, owner: Owner, now: datetime) -> str | None:
        """Why nothing is sent to `owner` now; None when nothing is in the way."""
        local = now.astimezone(self.zone(owner))
        if self.away(owner, now):
            return f"away until {owner.away_until}"
        if self.hours is None:
            return None
        if reason := _day_off(local.date(), self.hours):
            return reason
        opens, closes = next(self._openings(local.date(), self.zone(owner)))
        return None if opens <= now < closes else f"outside working hours ({self.hours.hours})"

    def next_time(self, owner: Owner, now: datetime) -> datetime | None:
        """The first instant from `now` on at which nothing holds a message back, in the owner's zone.

        None when that is out of sight: beyond what calendars can say, or after a year without a working day.
        """
        zone = self.zone(owner)
        local = now.astimezone(zone)
        first = max(local.date(), owner.away_until or local.date())
        try:
            for opens, closes in self._openings(first, zone):
                if now < closes:
                    return max(now, opens).astimezone(zone)
        except OverflowError:  # away until the end of all calendars
            return None
        return None

    def _openings(self, first: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """When messages may go out, from that day on: begin and end of each stretch, in UTC.

        Instants of one zone would be compared by their clocks, which show an hour twice when summer ends.
        """
        for day in (first + timedelta(days=number) for number in range(_LOOK_AHEAD)):
            if self.hours is None:
                yield _instant(day, time(), zone), _instant(day + timedelta(days=1), time(), zone)
            elif not _day_off(day, self.hours):
                yield _instant(day, self.hours.opens, zone), _instant(day, self.hours.closes, zone)


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _day_off(day: date, hours: WorkingHoursSettings) -> str | None:
    """Why this day is no working day."""
    if _DAYS[day.weekday()] not in hours.days:
        return f"{day:%A} is no working day"
    name = calendar(*hours.place).get(day) if hours.place else None
    return f"public holiday ({name})" if name else None
