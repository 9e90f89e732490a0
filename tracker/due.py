"""By when an item has to be done, and where that day comes from. Pure.

    a person extended it     that day counts; the day that would count otherwise stays beside it
    its document says a day  that one
    `[policy.due]`           the first rule that fits: by severity, priority, kind and labels
    none of these            it is never due

A policy's day is worked out anew each time and kept nowhere, so that it follows the settings.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from tracker.model import Item, Kind, KnownDocument, Link
from tracker.settings.due import DueRule, DueSettings, Unit, Within
from tracker.wildcards import names_one

if TYPE_CHECKING:
    from holidays import HolidayBase


class Promised(Protocol):
    """What is asked of an item as it is, or as it was."""

    @property
    def kind(self) -> Kind: ...
    @property
    def first_seen(self) -> datetime: ...
    @property
    def priority(self) -> str | None: ...
    @property
    def due_date(self) -> date | None: ...
    @property
    def extended_to(self) -> date | None: ...


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
class _Fit:
    """The rule that fits, and what of the item it fits, in its own spelling: `SEV-1, P0`."""

    rule: DueRule
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuePolicy:
    """`[policy.due]`, and the time zone in which the day counts on which an item was first seen."""

    settings: DueSettings = field(default_factory=DueSettings)
    zone: str = "UTC"
    _fits: dict[tuple[Collection[str], ...], _Fit | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What was found before: many items are alike in what rules ask for."""

    def due(self, item: Promised, document: KnownDocument, labels: Collection[str]) -> Due | None:
        """By when `item` has to be done; `labels` as `labels_of` gives them. None when nobody says."""
        fit = self._fit(item, document, labels) if self.settings.rules and item.due_date is None else None
        words, day = self._applied(fit, item, document) if fit else ("", None)
        if item.extended_to is not None:
            return Due(item.extended_to, DueSource.EXTENDED, words, item.due_date, day)
        if item.due_date is not None:
            return Due(item.due_date, DueSource.DOCUMENT, document_day=item.due_date)
        return Due(day, DueSource.POLICY, words, policy_day=day) if day else None

    def _fit(self, item: Promised, document: KnownDocument, labels: Collection[str]) -> _Fit | None:
        facts = {
            "severity": (document.severity,) if document.severity else (),
            "priority": (item.priority,) if item.priority else (),
            "kind": (item.kind.value,),
            "labels": frozenset(labels),
        }
        key = tuple(facts.values())
        if key not in self._fits:
            found = (_fit(rule, facts) for rule in self.settings.rules)
            self._fits[key] = next((fit for fit in found if fit is not None), None)
        return self._fits[key]

    def _applied(self, fit: _Fit, item: Promised, document: KnownDocument) -> tuple[str, date]:
        """The rule in words, and the day that it gives."""
        incident = document.incident_date if fit.rule.counted_from == "incident" else None
        start = incident or item.first_seen.astimezone(ZoneInfo(self.zone)).date()
        whence = "the incident" if incident else "when it was first seen"
        return ", ".join((*fit.seen, f"{fit.rule.within} from {whence}")), _after(start, fit.rule.span, self.settings)


def labels_of(item: Item, link: Link | None, opened_with: Collection[str]) -> Collection[str]:
    """The labels of the item's issue; while it has none, those that one is opened with, its target's among them."""
    if link is not None:
        return link.issue.labels
    return {*opened_with, "improvement"} if item.kind is Kind.IMPROVEMENT else opened_with


def _fit(rule: DueRule, facts: Mapping[str, Collection[str]]) -> _Fit | None:
    """The rule with what it fits, if each of its conditions is met; `facts` are by the conditions' names."""
    met = [
        [told for told in sorted(facts[name]) if names_one((told,), patterns)]
        for name, patterns in rule.conditions.items()
    ]
    return _Fit(rule, tuple(told for each in met for told in each)) if all(met) else None


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
    return calendar(country, subdivision, weekend).get_nth_working_day(start, number)


@lru_cache(maxsize=8)
def calendar(country: str | None, subdivision: str | None, weekend: tuple[int, ...] | None = None) -> HolidayBase:
    """What is no working day, and its English name; years are filled in as they are asked for.

    The library takes its time to import, and most policies count in weeks.
    """
    import holidays  # noqa: PLC0415

    if country:
        made = holidays.country_holidays(country, subdiv=subdivision, language="en_US")
    else:
        made = holidays.HolidayBase()
    if weekend is not None:
        made.weekend = set(weekend)
    return made
