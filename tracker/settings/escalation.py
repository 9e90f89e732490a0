"""`[escalation]` and `[working_hours]`: who else is told of what stays overdue, and when nobody is disturbed."""

from datetime import time
from typing import Literal

from pydantic import Field, field_validator, model_validator

from tracker.settings.checks import Closed
from tracker.settings.due import place_problems

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class EscalationSettings(Closed):
    """Who besides its owner is told of an item that stays overdue: one at a time, the team first, then the manager."""

    team_after: int | None = Field(
        default=None,
        ge=1,
        description="From this many days overdue the owner's team is told, too. Not given: it never is.",
        examples=[7],
    )
    manager_after: int | None = Field(
        default=None,
        ge=1,
        description="From this many days overdue the owner's manager is told instead of the team; without one, the "
        "team's manager. Not given: they never are.",
        examples=[21],
    )
    at_most: int = Field(
        default=10,
        ge=1,
        description="How many escalated items one person or team is told of at a time: the longest overdue. The others "
        "are counted.",
    )

    @model_validator(mode="after")
    def _upward(self) -> "EscalationSettings":
        if self.team_after and self.manager_after and self.manager_after <= self.team_after:
            raise ValueError(
                f"manager_after ({self.manager_after}) must be more than team_after ({self.team_after}): "
                "the manager is told after the team"
            )
        return self


class WorkingHoursSettings(Closed):
    """When people are told: a report that comes at another time waits. Without this table nothing ever waits.

    Somebody has to come again once the hours begin: `closeout serve` does, a single `report --send` in a nightly job
    does not.
    """

    hours: str = Field(
        default="09:00-17:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description="From when until when, in each person's own time zone.",
    )
    days: tuple[Weekday, ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"), min_length=1, description="The working days."
    )
    holidays: str | None = Field(
        default=None,
        pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$",
        description="Country (ISO 3166-1), or one of its subdivisions, whose public holidays are no working days.",
        examples=["DE-BE"],
    )

    @property
    def opens(self) -> time:
        """The local time at which the hours begin."""
        return time.fromisoformat(self.hours.partition("-")[0])

    @property
    def closes(self) -> time:
        """The local time at which they end."""
        return time.fromisoformat(self.hours.partition("-")[2])

    @property
    def place(self) -> tuple[str, str | None] | None:
        """The country and subdivision of the holidays."""
        country, _, subdivision = (self.holidays or "").partition("-")
        return (country, subdivision or None) if country else None

    @field_validator("hours")
    @classmethod
    def _begin_before_they_end(cls, value: str) -> str:
        begin, _, end = value.partition("-")
        if begin >= end:
            raise ValueError(f"{value!r} ends before it begins")
        return value

    @model_validator(mode="after")
    def _place_known(self) -> "WorkingHoursSettings":
        problems = place_problems(*self.place) if self.place else []
        if problems:
            raise ValueError("; ".join(problems))
        return self
