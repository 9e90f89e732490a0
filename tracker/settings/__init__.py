"""Everything a team can set in `closeout.toml`: frozen, closed models, checked all at once.

Precedence: command line > environment (`CLOSEOUT_…`, `__` between levels) > `closeout.toml` > defaults.
Secrets never stand in the file: settings name the environment variable or the file that holds them.
"""

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from connectors import LocalSettings, TargetSettings
from tracker.settings.channels import ChannelSettings, MailSettings, channel_problems
from tracker.settings.checks import database_problem, known_zone, unknown
from tracker.settings.documents import DocumentSettings, ParserSettings
from tracker.settings.escalation import EscalationSettings, WorkingHoursSettings
from tracker.settings.people import PersonSettings, TeamSettings
from tracker.settings.policy import BrakeSettings, PolicySettings, WriteBackSettings
from tracker.settings.reports import ReportSettings
from tracker.settings.routes import RouteSettings, route_problems
from tracker.settings.schedules import ScheduleSettings

__all__ = [
    "BrakeSettings",
    "ChannelSettings",
    "DocumentSettings",
    "EscalationSettings",
    "MailSettings",
    "ParserSettings",
    "PersonSettings",
    "PolicySettings",
    "ReportSettings",
    "RouteSettings",
    "ScheduleSettings",
    "Settings",
    "TeamSettings",
    "WorkingHoursSettings",
    "WriteBackSettings",
]


def _embedded_only() -> dict[str, TargetSettings]:
    return {"local": LocalSettings()}


class Settings(BaseSettings):
    """All of `closeout.toml`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="CLOSEOUT_", env_nested_delimiter="__", validate_default=True
    )

    database: str = Field(
        default="sqlite:///closeout.db",
        description="The store: an SQLAlchemy URL; relative SQLite paths start at `closeout.toml`.",
    )
    target: str = Field(
        default="local", description="The target that new items go to: the name of a `[targets.NAME]` table."
    )
    timezone: str = Field(default="UTC", description="IANA time zone of due dates, reports and schedules.")
    documents: DocumentSettings = Field(default_factory=DocumentSettings, description="Where the postmortems are.")
    parser: ParserSettings = Field(
        default_factory=ParserSettings, description="How documents are read, beyond what the parser knows."
    )
    targets: dict[str, TargetSettings] = Field(
        default_factory=_embedded_only, description="Where issues live, by name."
    )
    routes: tuple[RouteSettings, ...] = Field(default=(), description="Which items go to another target than `target`.")
    policy: PolicySettings = Field(default_factory=PolicySettings, description="What becomes an issue, and who wins.")
    brake: BrakeSettings = Field(
        default_factory=BrakeSettings, description="Limits beyond which a sync asks for consent."
    )
    write_back: WriteBackSettings = Field(
        default_factory=WriteBackSettings, description="Whether links and check marks go back into the documents."
    )
    people_files: tuple[str, ...] = Field(
        default=(),
        description="Files with more of the people book, CSV or YAML, told by their ending; paths start at "
        "`closeout.toml`.",
    )
    people: dict[str, PersonSettings] = Field(default_factory=dict, description="The people book, by short key.")
    teams: dict[str, TeamSettings] = Field(default_factory=dict, description="Teams, by short key.")
    reports: dict[str, ReportSettings] = Field(
        default_factory=lambda: {"weekly": ReportSettings()}, description="Reports, by name."
    )
    escalation: EscalationSettings = Field(
        default_factory=EscalationSettings, description="Who besides the owner is told of what stays overdue."
    )
    working_hours: WorkingHoursSettings | None = Field(
        default=None, description="When people are told. Without this table reports go out whenever they are due."
    )
    mail: MailSettings | None = Field(default=None, description="The mail server for `report --send`.")
    channels: dict[str, ChannelSettings] = Field(
        default_factory=dict, description="Other ways than mail, by the name that people and teams call them by."
    )
    schedules: dict[str, ScheduleSettings] = Field(
        default_factory=dict, description="Jobs of `closeout serve`, by name."
    )

    @field_validator("database")
    @classmethod
    def _database_is_one(cls, value: str) -> str:
        if problem := database_problem(value):
            raise ValueError(problem)
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_known(cls, value: str) -> str:
        return known_zone(value)

    @model_validator(mode="after")
    def _names_resolve(self) -> "Settings":
        problems = [
            *unknown("target", [self.target], self.targets, "[targets.NAME]"),
            *unknown("a route", [route.target for route in self.routes], self.targets, "[targets.NAME]"),
            *route_problems(self.routes, self.teams),
            *channel_problems(self.channels, self.people, self.teams, type(self).model_fields),
            *unknown("policy.allow_public", self.policy.allow_public, self.targets, "[targets.NAME]"),
        ]
        for key, person in self.people.items():
            problems += unknown(f"people.{key}.team", [person.team], self.teams, "[teams.NAME]")
            problems += unknown(f"people.{key}.manager", [person.manager], self.people, "[people.NAME]")
        for key, team in self.teams.items():
            problems += unknown(f"teams.{key}.manager", [team.manager], self.people, "[people.NAME]")
        for name, schedule in self.schedules.items():
            problems += unknown(f"schedules.{name}.report", [schedule.report], self.reports, "[reports.NAME]")
        problems += [
            f"targets.{name}.database {problem}"
            for name, target in self.targets.items()
            if isinstance(target, LocalSettings) and (problem := database_problem(target.database))
        ]
        owners = {**self.people, **self.teams}
        for name, report in self.reports.items():
            problems += unknown(f"reports.{name}.fallback", [report.fallback], owners, "[people.NAME] or [teams.NAME]")
            keys = [key for key in report.to if "@" not in key]
            problems += unknown(f"reports.{name}.to", keys, owners, "[people.NAME] or [teams.NAME]")
        problems += [
            f"{key!r} stands in [people] and in [teams]: an owner's key must be one or the other"
            for key in sorted(set(self.people) & set(self.teams))
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment overrides what the file (the init arguments) says."""
        return env_settings, init_settings
