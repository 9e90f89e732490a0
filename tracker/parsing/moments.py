"""Dates with their times and zones: "2026-05-01 10:03 UTC", "from 19:00 to 21:00 (UTC) on May 1, 2026"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from tracker.parsing import dates
from tracker.parsing.vocabulary import Vocabulary

_TIME = re.compile(
    r"(?<![\d:.+])(?:(?P<h>\d{1,2})(?:[:h](?P<m>\d\d)(?::\d\d(?:\.\d+)?)?|\s?[时時点點](?![间間])\s?(?:(?P<cm>\d{1,2})\s?分)?)(?!\d)"
    r"|(?P<bare>\d{1,2})(?=\s?[ap]\.?m\b))"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?"
    r"(?:(?P<offset>\+\d\d:?\d\d)|\s?\(?(?P<zone>[A-Za-z]{1,5})(?![A-Za-z])(?:\s?(?P<hours>[+-]\d{1,2})(?!\d|:[1-9]))?)?",
    re.IGNORECASE,
)
_WEST = re.compile(r"T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(-\d\d:?\d\d)")
_ASIDE = re.compile(r"[(（][^()（）]*[)）]")
_LONGEST = 160  # characters of a value that is a moment or two
_NOON, _DAY = 12, timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with what stands beside it. `day` is None where only the time is stated."""

    day: date | None
    at: time | None

    def on(self, day: date | None) -> date | None:
        """The moment itself, on that day where it names none; a date where no time is stated."""
        day = self.day or day
        return datetime.combine(day, self.at) if day and self.at else day if self.at is None else None


def read(text: str, words: Vocabulary, *, day_first: dates.DayFirst) -> list[Moment]:
    """The one or two moments that a value states, in its order; none where that is not certain.

    Two times may share one day and one zone. What stands in brackets only says the same otherwise.
    """
    if len(text) > _LONGEST:
        return []
    days = list(dates.find(text, words, day_first=day_first))
    if any(found.day is None for found in days):
        return []
    for found in reversed(days):
        text = text[: found.start] + " " * (found.end - found.start - 1) + "T" + text[found.end :].removeprefix("T")
    times = _times(text, words)
    if times is None or len(times) > 2 or len(days) > 2 or (len(days) == 2 and len(times) == 1):  # noqa: PLR2004 - from and until
        return []
    stated = [found.day for found in days]
    if len(times) == 2 and len(stated) == 1:  # noqa: PLR2004
        return _same_day(stated[0], times)
    return [
        Moment(stated[n] if n < len(stated) else None, times[n] if n < len(times) else None)
        for n in range(max(len(stated), len(times)))
    ]


def _same_day(day: date | None, times: Sequence[time]) -> list[Moment]:
    first, last = times
    past_midnight = day is not None and first.tzinfo == last.tzinfo and last < first
    return [Moment(day, first), Moment(day + _DAY if past_midnight and day else day, last)]


def _times(text: str, words: Vocabulary) -> list[time] | None:
    """The times of a text whose days are blanked out; None where one can't be told for certain."""
    if west := _WEST.search(text):  # else it would look like the end of a range
        text = text[: west.start(1)] + text[west.end(1) :]
    found = list(_TIME.finditer(text))
    if len(found) > 1 and (outside := list(_TIME.finditer(_ASIDE.sub(" ", text)))) and len(outside) < len(found):
        found = outside
    times = [_time(match, words, west[1] if west else None) for match in found]
    halves = {match["half"] is None for match in found}
    if None in times or len(halves) > 1:  # "10:00 - 11:30 pm" leaves open which ten it was
        return None
    certain = [each for each in times if each is not None]
    if len(certain) == 2 and certain[0].tzinfo is None and _unzoned(found[0]):  # noqa: PLR2004
        certain[0] = certain[0].replace(tzinfo=certain[1].tzinfo)
    return certain


def _unzoned(match: re.Match[str]) -> bool:
    """True where no zone stands after a time: a word such as "to" is none."""
    return match["offset"] is None and not (match["zone"] or "").isupper()


def _time(match: re.Match[str], words: Vocabulary, west: str | None) -> time | None:
    hour, minute = int(match["h"] or match["bare"]), int(match["m"] or match["cm"] or 0)
    if match["half"]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + _NOON * (match["half"] in "pP")
    try:
        return time(hour, minute, tzinfo=_zone(match, words, west))
    except ValueError:
        return None


def _zone(match: re.Match[str], words: Vocabulary, west: str | None) -> timezone | None:
    if offset := match["offset"] or west:
        minutes = int(offset[1:3]) * 60 + int(offset[-2:])
        return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    name = (match["zone"] or "").upper()
    if name not in words.zones:
        return None
    hours = int(match["hours"] or 0) if name in ("UTC", "GMT") else 0
    return timezone(timedelta(minutes=words.zones[name] + 60 * hours))
