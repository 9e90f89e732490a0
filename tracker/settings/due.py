"""`[policy.due]`: when items are due whose documents give no day."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Literal

from pydantic import Field, field_validator, model_validator

from tracker.model import Kind
from tracker.settings.checks import Closed

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_WITHIN = re.compile(
    r"\s*(?P<number>\d{1,5})\s+(?P<unit>(?:(?:working|business)\s+)?day|week|month|year)s?\s*", re.IGNORECASE
)
_LONGEST_DAYS = 36_525
"""A hundred years."""


class Unit(StrEnum):
    """What a span counts."""

    WORKING_DAY = "working day"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_DAYS = {Unit.WORKING_DAY: 1, Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 365}


@dataclass(frozen=True, slots=True)
class Within:
    """A span of time, as people give it: so many of a unit, at least one."""

    number: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.number} {self.unit.value}{'' if self.number == 1 else 's'}"


@cache
def within(text: str) -> Within:
    """The span that `text` says: `4 weeks`, `10 working days`.

    Raises:
        ValueError: it says none.
    """
    found = _WITHIN.fullmatch(text)
    if found is None or int(found["number"]) == 0:
        raise ValueError(f'{text!r} is no span of time (such as "30 days", "10 working days", "4 weeks" or "1 month")')
    unit = Unit(" ".join(found["unit"].casefold().split()).replace("business", "working"))
    span = Within(int(found["number"]), unit)
    if span.number * _DAYS[unit] > _LONGEST_DAYS:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return span


class DueRule(Closed):
    """One rule of the due policy: it fits an item that meets every condition given; without conditions, any item."""

    within: str = Field(
        description="The time that there is: so many days, working days, weeks, months or years.",
        examples=["4 weeks", "10 working days"],
    )
    counted_from: Literal["incident", "document"] = Field(
        default="incident",
        alias="from",
        description="What it is counted from: the day of the incident, or the one on which the item was first seen in "
        "its document. Where the document tells no day of the incident, the latter counts.",
    )
    severity: tuple[str, ...] = Field(
        default=(), description="Severities of which the document has one; without case, `*` is any characters."
    )
    priority: tuple[str, ...] = Field(
        default=(), description="Priorities of which the item has one; without case, `*` is any characters."
    )
    kind: tuple[Kind, ...] = Field(default=(), description="Kinds of items.")
    labels: tuple[str, ...] = Field(
        default=(),
        description="Labels of which the item's issue has one, or is to be opened with; without case, `*` is any "
        "characters.",
    )

    @field_validator("within")
    @classmethod
    def _span_usable(cls, value: str) -> str:
        return str(within(value))

    @property
    def span(self) -> Within:
        """The time that there is."""
        return within(self.within)

    @property
    def conditions(self) -> dict[str, tuple[str, ...]]:
        """What has to apply, by the setting's name."""
        given = {"severity": self.severity, "priority": self.priority, "kind": self.kind, "labels": self.labels}
        return {name: tuple(patterns) for name, patterns in given.items() if name in self.model_fields_set}


class DueSettings(Closed):
    """When items are due whose documents give no day: the first rule that fits decides.

    A document's own date wins over the policy, and `closeout extend` over both.
    """

    write: bool = Field(
        default=True,
        description="Whether open issues that Closeout opened are told that day, too. A date that a person gave an "
        "issue is never overwritten by it.",
    )
    country: str | None = Field(
        default=None,
        description="Whose public holidays are no working days: an ISO 3166 code. None given, only weekends are.",
        examples=["DE"],
    )
    subdivision: str | None = Field(
        default=None, description="The state or region, where holidays differ.", examples=["BY"]
    )
    weekend: tuple[Weekday, ...] | None = Field(
        default=None, description="Days that are never working days (default: the country's, else Saturday and Sunday)."
    )
    rules: tuple[DueRule, ...] = Field(default=(), description="What is due when; the first that fits decides.")

    @model_validator(mode="after")
    def _usable(self) -> "DueSettings":
        problems = [*_rule_problems(self.rules), *place_problems(self.country, self.subdivision)]
        if self.weekend is not None and len(set(self.weekend)) == len(_WEEK):
            problems.append("weekend holds every day, so that there would be no working day")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def weekend_numbers(self) -> tuple[int, ...] | None:
        """The weekend as Python counts weekdays, Monday as 0; None for the country's."""
        return None if self.weekend is None else tuple(sorted({_WEEK.index(day) for day in self.weekend}))


_WEEK: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _rule_problems(rules: tuple[DueRule, ...]) -> list[str]:
    problems = [
        f"due rule {number}: {name} is empty, so nothing would fit"
        for number, rule in enumerate(rules, 1)
        for name, patterns in rule.conditions.items()
        if not patterns or "" in patterns
    ]
    last = next((number for number, rule in enumerate(rules, 1) if not rule.conditions), len(rules))
    if last < len(rules):
        problems.append(f"due rule {last} has no condition, so those after it are never asked: put it last")
    return problems


def place_problems(country: str | None, subdivision: str | None) -> list[str]:
    """What is wrong with a place whose public holidays are to be known.

    Asked only when a country is given: the library takes as long to import as all the rest.
    """
    if country is None:
        return ["subdivision needs a country"] if subdivision else []
    import holidays  # noqa: PLC0415

    try:
        holidays.country_holidays(country)
    except NotImplementedError:
        return [f"the holidays of country {country!r} are not known (an ISO 3166 code such as DE, GB or US is)"]
    try:
        holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        known = holidays.list_supported_countries(include_aliases=True).get(country, [])
        return [f"{country} has no subdivision {subdivision!r} (known: {', '.join(known) or 'none'})"]
    return []
