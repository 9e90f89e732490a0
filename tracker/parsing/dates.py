"""Dates as people write them: full ones in several languages, and spans of time relative to a day.

What the words mean is counted by `dateutil`. They are not read by a library: those that read free text fill what is
missing from today's date and take 04/05 for April or May by default; here a date that is not certain has to stay the
document's own words.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import islice
from typing import Any, TypeAlias

from dateutil.relativedelta import relativedelta

from tracker.parsing.phrases import SPACELESS
from tracker.parsing.vocabulary import Vocabulary, data, fold

_FULL = re.compile(  # the first sign parts what opens with a digit from what opens with a letter
    r"(?=\d)(?:(?<![\d/.-])(?P<iy>\d{4})(?:[-/]|\.\s?)(?P<im>\d{1,2})(?:[-/]|\.\s?)(?P<id>\d{1,2})(?!\d)"
    r"|(?<![\d/.-])(?P<ny>\d{4})(?:[-/. ]|\. (?=[a-zß-ÿ]))(?P<nm>[^\W\d_]{3,10}+)[-/. ](?P<nd>\d{1,2})(?!\d)"
    r"|(?P<cy>\d{4})\s?[年년]\s?(?P<cm>\d{1,2})\s?[月월]\s?(?P<cd>\d{1,2})\s?[日일]?"
    r"|(?<!\d)(?P<vd>\d{1,2}) tháng (?P<vm>\d{1,2})(?: năm|,)? (?P<vy>\d{4})(?!\d)"
    r"|(?<![\d/.-])(?P<a>\d{1,2})(?P<sep>[/-]|\. ?)(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})(?![\d/])"
    r"|(?<![\d.])(?P<dd>\d{1,2})(?:st|nd|rd|th|er|[º°.])?[ \t-]{0,2}(?:de |of |d['’])?"
    r"(?P<dm>[^\W\d_]{3,12})[.,]{0,2}[ \t-]{0,2}(?:de |del )?(?P<dy>\d{4})(?!\d))"
    r"|\b(?P<mm>[^\W\d_]{3,12}+)\.?[ \t-]{1,2}(?P<md>\d{1,2})(?:st|nd|rd|th)?(?:,[ \t]*|[ \t]+)(?P<my>\d{4})(?!\d)"
)
# A pattern that opens with one set of characters is searched for faster than one that opens with a choice
_MAYBE = re.compile(r"\d(?:\d{3}|[/.-]\d\d?[/.-]\d\d)")
_HINT = re.compile(  # as _MAYBE; and scripts with digits of their own
    rb"[\d\xd9-\xe1\xe3-\xff](?:(?<=[\xd9-\xff])|\d{3}|[/.-]\d\d?[/.-]\d\d)"
)
_NUMERIC = re.compile(r"\d(?<![0-9/.-]\d)\d?([/-])\d{1,2}\1(?:\d{4}|\d{2})(?![\d/])")
_MONTHS_A_YEAR, _MONTHS_A_QUARTER = 12, 3
_NUMBER = re.compile(r"\d(?:(?<!\w\d)|(?!\w))")  # a word that opens or ends with a digit
_WORD = re.compile(r"\w+")
_LONGEST_DATE = 40  # characters, the white space before its year aside
_LONGEST_TIME = 8  # words after the one that opens it
_PARTS = {"上旬": 10, "初旬": 10, "中旬": 20, "초순": 10, "중순": 20}  # the last days of a month's parts
_EARLIEST = 1970  # year of an incident

DayFirst: TypeAlias = Callable[[], bool | None] | bool | None
"""How 04/05/2024 is read: None leaves it undecided. A function is asked when a document holds such a date."""


@dataclass(frozen=True, slots=True)
class Found:
    """A full date at a character range. `day` is None where it can be read two ways, or no such day exists."""

    start: int
    end: int
    day: date | None
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A due date at a character range: `words` as the item carries it (ISO where full), `day` where certain."""

    start: int
    end: int
    words: str
    day: date | None
    ambiguous: bool = False


def find(text: str, words: Vocabulary, *, day_first: DayFirst = None) -> Iterable[Found]:
    """Every full date of a text."""
    first = _MAYBE.search(text)
    if first is None:
        return ()
    start = len(text[: first.start()].rstrip(" \t")) - _LONGEST_DATE
    [last] = deque(_MAYBE.finditer(text, first.start()), maxlen=1)
    return _find(text, max(start, 0), last.end() + _LONGEST_DATE, words, day_first)


def _find(text: str, start: int, end: int, words: Vocabulary, day_first: DayFirst) -> Iterator[Found]:
    for match in _FULL.finditer(text, start, end):
        form = str(match.lastgroup)[0]  # the groups of one way to write a date share their first letter
        if form == "y":
            yield _numeric(match, day_first=day_first() if callable(day_first) else day_first)
            continue
        year, month, day = match.group(f"{form}y", f"{form}m", f"{form}d")
        number = int(month) if form in "icv" else words.months.get(fold(month))
        if number is not None:
            yield Found(match.start(), match.end(), _day(int(year), number, int(day)))


def hint(data: bytes, start: int) -> int:
    """The byte before which no date stands, from a byte on: where the next may. Cheap, and linear over a document."""
    match = _HINT.search(data, start)
    return len(data) if match is None else match.start()


def _numeric(match: re.Match[str], *, day_first: bool | None) -> Found:
    first, second, year = int(match["a"]), int(match["b"]), int(match["y"])
    year += 2000 if len(match["y"]) == 2 else 0  # noqa: PLR2004 - the digits of a short year
    if match["sep"][0] == "." and day_first is None:
        day_first = True  # dots are never month first
    readings = {reading for reading in (_day(year, second, first), _day(year, first, second)) if reading}
    if len(readings) == 1:
        return Found(match.start(), match.end(), readings.pop())
    if len(readings) == 2 and day_first is not None:  # noqa: PLR2004 - both ways to read it
        return Found(match.start(), match.end(), _day(year, second, first) if day_first else _day(year, first, second))
    return Found(match.start(), match.end(), None, ambiguous=bool(readings))


def _day(year: int, month: int, day: int) -> date | None:
    if year < _EARLIEST:  # "Feb 7 1506 UTC" is a time
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def reads_day_first(text: str) -> bool | None:
    """How a document writes numeric dates, where some can be read in one way only; None when unclear."""
    seen = set()
    for match in _NUMERIC.finditer(text):
        first, second = map(int, match.group().split(match[1])[:2])
        if first > _MONTHS_A_YEAR >= second:
            seen.add("day")
        elif second > _MONTHS_A_YEAR >= first:
            seen.add("month")
    return seen.pop() == "day" if len(seen) == 1 else None


class DueReader:
    """Reads due dates of one document: relative ones count from `base`, the day of the incident or of writing."""

    def __init__(self, words: Vocabulary, base: date | None, *, day_first: DayFirst) -> None:
        self.words, self.base, self.day_first = words, base, day_first

    def read(self, value: str) -> Due:
        """A due date that stands apart: in a column, after a label. At worst it is the words themselves."""
        found = list(find(value, self.words, day_first=self.day_first))
        if found:
            last = found[-1]
            words = last.day.isoformat() if last.day and len(found) == 1 else value
            return Due(0, len(value), words, last.day if len(found) == 1 else None, last.ambiguous)
        return Due(0, len(value), value, self.relative(value))

    def search(self, text: str) -> Due | None:
        """A due date inside a sentence: a word such as "by", and then a time."""
        for match in _patterns().inside_of(text):
            value = match["value"] or match["span"]
            start = match.start("value") if match["value"] else match.start()
            if full := next(iter(find(value, self.words, day_first=self.day_first)), None):
                words = full.day.isoformat() if full.day else value
                return Due(match.start(), match.end(), words, full.day, full.ambiguous)
            if match["span"]:
                return Due(match.start(), match.end(), match["span"], self.relative(match["span"]))
            if self.plausible(value):
                return Due(start, match.end(), value, self.relative(value))
        return None

    def plausible(self, value: str) -> bool:
        """True when the words name a time: a full date, a span, a quarter, a weekday."""
        return _names_time(value, self.words)

    def relative(self, value: str) -> date | None:
        """The day that words such as "within two weeks" or "end of Q3" mean; None where that is not certain."""
        base = self.base
        if base is None:
            return None
        patterns, value = _patterns(), value.strip().rstrip(".")
        try:
            if match := patterns.amount.fullmatch(value):
                return _later(base, patterns.number(match["n"]), patterns.unit(match["unit"]))
            ways = (
                (patterns.quarter, _quarter_end),
                (patterns.end, self._end),
                (patterns.counted, _counted),
                (patterns.month_day, self._month_day),
            )
            return next((day(base, match) for way, day in ways if (match := way.fullmatch(value))), None)
        except (ValueError, OverflowError):  # past the year 9999
            return None

    def _end(self, base: date, match: re.Match[str]) -> date | None:
        what = match["what"]
        if what[-1:].isdigit() and len(what) == 4:  # noqa: PLR2004 - a year
            return date(int(what), 12, 31)
        if quarter := _patterns().quarter.fullmatch(what):
            return _quarter_end(base, quarter)
        name, *rest = what.split()
        if month := self.words.months.get(fold(name)):
            year = int(rest[-1]) if rest and rest[-1].isdigit() else base.year
            end = _month_end(year, month)
            return end if rest or end >= base else _month_end(year + 1, month)
        unit = _patterns().unit(what)
        if unit == "month":
            return _month_end(base.year, base.month)
        if unit == "quarter":
            return _month_end(base.year, -(-base.month // _MONTHS_A_QUARTER) * _MONTHS_A_QUARTER)
        return date(base.year, 12, 31) if unit == "year" else None

    def _month_day(self, base: date, match: re.Match[str]) -> date | None:
        month = self.words.months.get(fold(match["m1"] or match["m2"] or match["m3"]), 0)
        if match["m3"]:
            return _month_end(int(match["y3"]), month) if month else None
        day = _day(base.year, month, int(match["d1"] or match["d2"]))
        return day if day is None or day >= base else _day(day.year + 1, day.month, day.day)


@lru_cache(maxsize=4096)
def _names_time(value: str, words: Vocabulary) -> bool:
    if any(True for _ in find(value, words)):
        return True
    patterns = _patterns()
    value = value.strip()
    if any(
        p.fullmatch(value) for p in (patterns.amount, patterns.quarter, patterns.end, patterns.counted, patterns.vague)
    ):
        return True
    month = patterns.month_day.fullmatch(value)
    return bool(month and words.months.get(fold(month["m1"] or month["m2"] or month["m3"])))


def _counted(base: date, match: re.Match[str]) -> date | None:
    """The day that "5月10日", or the last that "3月末" and "2026年3월 중순" name: the next on or after a day."""
    month, day = int(match["cm"]), None
    for year in [int(match["cy"])] if match["cy"] else [base.year, base.year + 1]:
        day = _day(year, month, int(match["cd"] or _PARTS.get(match["part"] or "") or _month_end(year, month).day))
        if day is None or day >= base:
            break
    return day


def _quarter_end(base: date, match: re.Match[str]) -> date:
    """The last day of a quarter: of the year it names, else the next on or after a day."""
    month, year = int(match["q"] or match["q2"]) * _MONTHS_A_QUARTER, match["y"] or match["y2"]
    end = _month_end(int(year) if year else base.year, month)
    return end if year or end >= base else _month_end(base.year + 1, month)


def _month_end(year: int, month: int) -> date:
    return date(year, month, 1) + relativedelta(day=31)


def _later(base: date, count: int, unit: str) -> date:
    """A number of days, weeks, months, quarters or years after a day; a month's last day stands in for one it lacks."""
    match unit:
        case "day":
            return base + relativedelta(days=count)
        case "week":
            return base + relativedelta(weeks=count)
        case "month":
            return base + relativedelta(months=count)
        case "quarter":
            return base + relativedelta(months=count * _MONTHS_A_QUARTER)
    return base + relativedelta(years=count)


class _Patterns:
    """The patterns of times, built once from the vocabulary's words."""

    def __init__(self, time: Mapping[str, Any]) -> None:
        self.units = {word: unit for unit, names in time["units"].items() for word in names}
        self.numbers = {word: int(number) for number, names in time["numbers"].items() for word in names}
        unit, number = _any(self.units), rf"\d{{1,3}}|{_any(self.numbers)}"
        the, following, end = _any(time["the"]), _any(time["next"]), _any(time["end"])
        within = _any(time["within"])
        amount = (
            rf"(?:(?:{within})\s*)?(?:(?:{the})\s+)?(?:(?:{following})\s+)?(?P<n>{number})(?:\s*[-–]\s*\d{{1,3}})?"
            rf"[\s-]?(?:(?:{following})\s+)?(?P<unit>{unit})\s?(?:{_any(time['after'])})?"
        )
        month = r"[^\W\d_]{3,12}"
        quarter = r"(?:Q(?P<q>[1-4])(?:[ /-]?(?P<y>\d{4}))?|(?P<y2>\d{4})[ /-]?Q(?P<q2>[1-4]))"
        ending = rf"(?:{end})\s+(?P<what>Q[1-4](?:[ /-]?\d{{4}})?|{unit}|{month}(?:\s+(?:de\s+)?\d{{4}})?|\d{{4}})"
        month_day = (
            rf"(?:(?P<m1>{month})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?"
            rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:de\s+)?(?P<m2>{month})"
            rf"|(?P<m3>{month})\s+(?:de\s+)?(?P<y3>\d{{4}}))"
        )
        counted = (
            r"(?:(?P<cy>\d{4})\s?[年년]\s?)?(?P<cm>1[0-2]|0?[1-9])\s?[月월]\s?"
            r"(?:(?P<cd>\d{1,2})\s?[日일号號]|(?P<part>[上中下初]旬|[초중하]순|[末底中말중])(?!\w*[日일]))?"
        )
        self.openings = {_WORD.findall(phrase)[0] for phrase in (*time["before"], *time["within"])}
        self.times = {fold(_WORD.findall(phrase)[-1]) for phrase in (*self.units, *time["vague"]["names"])}
        self.times |= {month for months in data()["months"]["names"] for month in months}
        self.amount, self.quarter = _compile(amount), _compile(quarter)
        after = _any([*time["until"], *time["after"], "に", "中"])
        self.counted = _compile(rf"{counted}(?:{after})?")
        self.end, self.month_day, self.vague = (
            _compile(ending),
            _compile(month_day),
            _compile(_any(time["vague"]["names"])),
        )
        bare = [
            re.sub(r"\?P<\w+>", "?:", part)
            for part in (ending, quarter, month_day, counted, _any(time["vague"]["names"]))
        ]
        full = (
            rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}"
            rf"|\d{{1,2}}\. \d{{1,2}}\. \d{{4}}|\d{{4}}\. {month} \d{{1,2}}"
            rf"|\d{{4}}\.\s\d{{1,2}}\.\s\d{{1,2}}|\d{{4}}\s?[年년]\s?\d{{1,2}}\s?[月월]\s?\d{{1,2}}\s?[日일]"
            rf"|(?:ngày\s+)?\d{{1,2}} tháng \d{{1,2}}(?: năm|,)? \d{{4}}"
            rf"|{month}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
            rf"|\d{{1,2}}(?:st|nd|rd|th|er|[º°.])?[\s-]+(?:of\s+|de\s+|d['’])?{month}[\s-]+(?:de\s+|del\s+)?\d{{4}}"
        )
        soon = re.sub(
            r"\?P<\w+>",
            "?:",
            rf"(?:{within})\s+(?:(?:{the})\s+)?(?:(?:{following})\s+)?(?:{number})[\s-](?:(?:{following})\s+)?(?:{unit})",
        )
        self.inside = _compile(
            rf"(?<!\w)(?:(?:{_any(time['before'])})[:：]?\s+(?:(?:the|el|le|la|den|o)\s+)?(?P<value>{full}|{'|'.join(bare)})|(?P<span>{soon}))(?!\w)"
        )

        span = rf"(?P<span>(?<!\w)(?:{number})[\s-]?(?:{unit})\s?(?:{_any(time['after'])}))"
        self.closed = _compile(
            rf"(?<!\w)(?P<value>{full}|{'|'.join(bare)})[.'’]?\w{{0,3}}\s?(?:{_any(time['until'])})|{span}"
        )
        closings = tuple(word.lower() for word in (*time["until"], *time["after"]))
        self.closings = {True: tuple(filter(str.isascii, closings)), False: closings}

    def inside_of(self, text: str) -> Iterator[re.Match[str]]:
        """Where a text tells by when: each opens with one of a few words, and goes on with a number or a unit."""
        plain = text.isascii()
        if any([word in text for word in self.closings[plain]]):  # noqa: C419 - "2026-05-01까지"; a list is faster
            yield from self.closed.finditer(text)
        if plain:
            folded = fold(text).split()
            if self.openings.isdisjoint(folded) or (self.times.isdisjoint(folded) and not _NUMBER.search(text)):
                return
        if not plain and SPACELESS.search(text):
            yield from self.inside.finditer(text)
            return
        for opening in _WORD.finditer(text):
            if opening.group().lower() in self.openings and self.leads_to_time(text, opening.end()):
                match = self.inside.match(text, opening.start())
                if match is not None:
                    yield match

    def leads_to_time(self, text: str, place: int) -> bool:
        """Whether a unit, a month or a number stands among the next words."""
        for match in islice(_WORD.finditer(text, place), _LONGEST_TIME - 1):
            word = match.group().lower()
            if word[0].isdigit() or word[-1].isdigit() or fold(word) in self.times:
                return True
        return False

    def unit(self, word: str) -> str:
        """The unit that a word names: day, week, month, quarter or year; empty for none."""
        return str(self.units.get(word.lower(), ""))

    def number(self, word: str) -> int:
        """The number that a word or digits name."""
        return int(word) if word.isdigit() else self.numbers.get(word.lower(), 1)


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@cache
def _patterns() -> _Patterns:
    return _Patterns(data()["time"])
