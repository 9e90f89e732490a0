"""`[reports]`: what is reported."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from tracker.flags import Flag
from tracker.model import Kind
from tracker.settings.checks import Closed

_WORDED = (".html.j2", ".md.j2", ".txt.j2")


class OnlySettings(Closed):
    """What a report is about: items that fit all that is given; texts compare without case, `*` is any characters."""

    flag: tuple[Flag, ...] = Field(
        default=(),
        description="What `closeout status --is` takes, as `overdue`: only items with one of these are told of.",
    )
    kind: tuple[Kind, ...] = Field(default=(), description="Kinds of items.")
    priority: tuple[str, ...] = Field(default=(), description="Priorities of items.", examples=["P1"])
    severity: tuple[str, ...] = Field(default=(), description="Severities of the documents.", examples=["SEV1"])
    service: tuple[str, ...] = Field(default=(), description="Services of which the document names one.")


class ReportSettings(Closed):
    """One report: what it tells of whom, for which period, and who gets what belongs to nobody."""

    kind: Literal["owners", "teams", "management", "postmortems"] = Field(
        default="owners",
        description="What its sections are, and who gets it: each owner theirs, each team theirs (people's items are "
        "their team's), or those in `to` an overview without lists, or all postmortems with their items.",
    )
    period: Literal["daily", "weekly", "monthly", "cron"] = Field(
        default="weekly",
        description="One person gets this report at most once in each such period; `cron`: once for each time that a "
        "schedule runs it (and once a day by hand).",
    )
    only: OnlySettings = Field(default_factory=OnlySettings, description="What it is about.")
    to: tuple[str, ...] = Field(
        default=(), description="People or teams (keys), or e-mail addresses, that get all of it instead of a part."
    )
    fallback: str | None = Field(
        default=None, description="Person or team (key) that is told of items without a known owner."
    )
    title: str = Field(default="Open corrective actions", description="Heading and mail subject.")
    comment: bool = Field(
        default=False,
        description="Whether `report --send` also reminds of each overdue item on its issue, once a period.",
    )
    rolling: bool = Field(
        default=False,
        description="Whether `report --send` also keeps one issue at each target, called as `title` says, that lists "
        "what of the report is open there now. It is rewritten only when that changes; see docs/reports.md.",
    )
    all_clear: bool = Field(
        default=False,
        description="Whether owners who have nothing to be reminded of are told so, once a period; else they get "
        "nothing.",
    )
    templates: tuple[str, ...] = Field(
        default=(),
        description="Your own Jinja templates instead of the built-in ones, one for each of HTML, Markdown and text: "
        "files that end in `.html.j2`, `.md.j2` or `.txt.j2`. See docs/reports.md.",
    )

    @model_validator(mode="after")
    def _lists_something(self) -> Self:
        if self.rolling and self.kind == "management":
            raise ValueError("`rolling` lists a report's items, and one of kind management has none")
        return self

    @field_validator("templates")
    @classmethod
    def _formats_told(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        endings = [next((ending for ending in _WORDED if name.endswith(ending)), None) for name in value]
        if None in endings:
            raise ValueError(f"{value[endings.index(None)]!r} ends in none of {', '.join(_WORDED)}")
        if len(set(endings)) < len(endings):
            raise ValueError("two templates of the same format")
        return value
