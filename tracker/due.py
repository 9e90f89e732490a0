"""By when an item has to be done, and where that day comes from. Pure.

    a person extended it     that day counts; the day that would count otherwise stays beside it
    its document says a day  that one
    `[policy.due]`           the first rule that fits: by severity, priority, kind and labels
    none of these            it is never due

A policy's day is worked out anew each time and kept nowhere, so that it follows the settings.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from tracker.model import Item, Kind, KnownDocument, Link
from tracker.settings.due import DueRule, DueSettings, Unit, Within
from tracker.wildcards import names_one

if TYPE_CHECKING:
    from holidays import HolidayBase

_TOO_LATE = MAXYEAR - 101
"""A span is at most a hundred years: from this year on a day plus a span may be none."""


class DueSource(StrEnum):
    """Where the day that counts comes from."""

    DOCUMENT = "document"
    POLICY = "policy"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True)
class Due:
    """The day that counts for an item.

    `document_day` is the document's own and `policy_day` the policy's, which is asked only where that is None; `rule`
    words the rule that gave it: `sev1, 4 weeks from the incident`.
    """

    day: date
    source: DueSource
    rule: str = ""
    document_day: date | None = None
    policy_day: date | None = None

    @property
    def original(self) -> date | None:
        """The day that would count had nobody extended it."""
        return self.document_day or self.policy_day


@dataclass(frozen=True, slots=True)
class DuePolicy:
    """`[policy.due]`, and the time zone in which the day counts on which an item was first seen."""

    settings: DueSettings = field(default_factory=DueSettings)
    zone: str = "UTC"

    def due(self, item: Item, document: KnownDocument, labels: Collection[str]) -> Due | None:
        """By when `item` has to be done; `labels` as `labels_of` gives them. None when nobody says."""
        rule = None if item.due_date else self._rule(item, document, labels)
        words, day = (self._applied(rule, item, document, labels)) if rule else ("", None)
        if item.extended_to is not None:
            return Due(item.extended_to, DueSource.EXTENDED, words, item.due_date, day)
        if item.due_date is not None:
            return Due(item.due_date, DueSource.DOCUMENT, document_day=item.due_date)
        return Due(day, DueSource.POLICY, words, policy_day=day) if day else None

    def _rule(self, item: Item, document: KnownDocument, labels: Collection[str]) -> DueRule | None:
        return next((rule for rule in self.settings.rules if _fits(rule, item, document, labels)), None)

    def _applied(self, rule: DueRule, item: Item, document: KnownDocument, labels: Collection[str]) -> tuple[str, date]:
        """The rule in words, with what of the item it fits, and the day that it gives."""
        incident = document.incident_date if rule.counted_from == "incident" else None
        start = incident or item.first_seen.astimezone(ZoneInfo(self.zone)).date()
        whence = "the incident" if incident else "when it was first seen"
        words = ", ".join((*_fitting(rule, item, document, labels), f"{rule.within} from {whence}"))
        return words, _after(start, rule.span, self.settings)


def labels_of(item: Item, link: Link | None, opened_with: Collection[str]) -> Collection[str]:
    """The labels of the item's issue; while it has none, those that one is opened with, its target's among them."""
    if link is not None:
        return link.issue.labels
    return {*opened_with, "improvement"} if item.kind is Kind.IMPROVEMENT else opened_with


def _facts(item: Item, document: KnownDocument, labels: Collection[str]) -> dict[str, Collection[str]]:
    """What conditions are held against, by their name."""
    return {
        "severity": (document.severity,) if document.severity else (),
        "priority": (item.priority,) if item.priority else (),
        "kind": (item.kind.value,),
        "labels": labels,
    }


def _fits(rule: DueRule, item: Item, document: KnownDocument, labels: Collection[str]) -> bool:
    facts = _facts(item, document, labels)
    return all(names_one(facts[name], patterns) for name, patterns in rule.conditions.items())


def _fitting(rule: DueRule, item: Item, document: KnownDocument, labels: Collection[str]) -> list[str]:
    """What the item has of what the rule asks for, in its own spelling."""
    facts = _facts(item, document, labels)
    return [
        told
        for name, patterns in rule.conditions.items()
        for told in sorted(facts[name])
        if names_one((told,), patterns)
    ]


def _after(start: date, span: Within, settings: DueSettings) -> date:
    """The day `span` after `start`. Of months of different length the last day is the limit: 31 January + 1 month."""
    if start.year > _TOO_LATE:
        return date.max
    match span.unit:
        case Unit.WORKING_DAY:
            return _working_day(start, span.number, settings.country, settings.subdivision, settings.weekend_numbers)
        case Unit.DAY:
            return start + timedelta(days=span.number)
        case Unit.WEEK:
            return start + timedelta(weeks=span.number)
        case Unit.MONTH:
            return start + relativedelta(months=span.number)
        case Unit.YEAR:
            return start + relativedelta(years=span.number)


@lru_cache(maxsize=4096)
def _working_day(
    start: date, number: int, country: str | None, subdivision: str | None, weekend: tuple[int, ...] | None
) -> date:
    """The `number`-th working day after `start`."""
    return _calendar(country, subdivision, weekend).get_nth_working_day(start, number)


@lru_cache(maxsize=8)
def _calendar(country: str | None, subdivision: str | None, weekend: tuple[int, ...] | None) -> HolidayBase:
    """What is no working day. The library takes its time to import, and most policies count in weeks."""
    import holidays  # noqa: PLC0415

    made = holidays.country_holidays(country, subdiv=subdivision) if country else holidays.HolidayBase()
    if weekend is not None:
        made.weekend = set(weekend)
    return made
