"""Everything a team can set in `closeout.toml`: frozen, closed models, checked all at once.

Precedence: command line > environment (`CLOSEOUT_…`, `__` between levels) > `closeout.toml` > defaults.
Secrets never stand in the file: settings name the environment variable or the file that holds them.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from connectors import LocalSettings, TargetSettings
from connectors.forge import ForgeSettings
from tracker.model import Kind

Authority = Literal["document", "target"]

_DATABASE = re.compile(
    r"""
    [\w+]+://
    (?: [^:/]* (?: :[^@]* )? @ )?                                   # user and password
    (?: \[[^/?]+\] | [^/:?]+ )? (?: :(?P<port>[^/?]*) )?            # host and port
    (?: /[^?]* )? (?: \?.* )?                                       # database and options
    """,
    re.VERBOSE,
)
"""What SQLAlchemy takes for a URL; importing it just to ask would cost every command its start-up time."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no IANA time zone (such as Europe/Berlin or UTC)") from None
    return name


def _unknown(setting: str, names: Iterable[str | None], known: Iterable[str], table: str) -> list[str]:
    have = set(known)
    return [
        f"{setting} names {name!r}, but there is no such {table}"
        + (f" (did you mean {near[0]!r}?)" if (near := difflib.get_close_matches(name, have, 1)) else "")
        for name in names
        if name is not None and name not in have
    ]


def _database_problem(url: str) -> str | None:
    """What is wrong with this address. Never quotes it: a password may stand in it."""
    found = _DATABASE.fullmatch(url)
    if found is None:
        return 'is no database URL (such as "sqlite:///closeout.db" or "postgresql+psycopg://HOST/NAME")'
    if found["port"] is not None and not found["port"].isdecimal():
        return "has a port that is no number (a `@`, `:` or `/` in the password is written %40, %3A or %2F)"
    return None


def _glob_problem(pattern: str) -> str | None:
    path = PurePosixPath(pattern)
    if path.is_absolute():
        return f"{pattern!r} is absolute; globs start at the folders of `documents.paths`"
    if not PurePosixPath(pattern.removeprefix("**/")).parts or "\0" in pattern:
        return f"{pattern!r} names no files"
    if ".." in path.parts:
        return f"{pattern!r} leaves the folder; list the other one in `documents.paths`"
    if any("**" in part and part != "**" for part in path.parts):
        return f"{pattern!r} has `**` beside other characters; it stands between slashes, as in **/*.md"
    return None


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentSettings(_Closed):
    """Where the postmortems are."""

    paths: tuple[str, ...] = Field(
        default=("postmortems",), description="Files or folders, relative to `closeout.toml`.", min_length=1
    )
    include: tuple[str, ...] = Field(
        default=("**/*.md", "**/*.markdown"), description="Which files in those folders are postmortems (globs)."
    )
    exclude: tuple[str, ...] = Field(
        default=("**/README.md", "**/*template*.md"), description="Which of those are not (globs)."
    )
    namespace: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        examples=["payments"],
        description="Where several repositories share a target, a name for each, set before its first sync: their "
        "documents may have equal paths. It goes before each document's key; issues of other namespaces are let be.",
    )
    private: bool = Field(
        default=False, description="Documents are private unless their front matter says otherwise (`private: false`)."
    )

    @field_validator("include", "exclude")
    @classmethod
    def _globs_usable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if problems := [problem for pattern in value if (problem := _glob_problem(pattern))]:
            raise ValueError("; ".join(problems))
        return value


_Names = tuple[str, ...]


class SectionNames(_Closed):
    """More names of sections, in any language; case, accents and punctuation do not matter."""

    action: _Names = Field(default=(), description="Sections that give work.")
    tasks: _Names = Field(default=(), description="Lists of concrete work inside those.")
    improvement: _Names = Field(default=(), description="Lists of general statements inside those.")
    response: _Names = Field(default=(), description="Sections about what was done during the incident.")
    lessons: _Names = Field(default=(), description="Sections about what was learnt.")
    other: _Names = Field(default=(), description="Other sections that give no work.")


class ColumnNames(_Closed):
    """More names of table columns; before a colon they are labels."""

    item: _Names = Field(default=(), description="The promised work.")
    owner: _Names = Field(default=(), description="Whose it is.")
    due: _Names = Field(default=(), description="By when.")
    priority: _Names = Field(default=(), description="How urgent it is.")
    ticket: _Names = Field(default=(), description="Its issue.")
    status: _Names = Field(default=(), description="How far it is.")
    ignored: _Names = Field(default=(), description="None of these.")


class ValueWords(_Closed):
    """More words that a team writes for a value."""

    nobody: _Names = Field(default=(), description="In place of an owner: nobody yet.")
    placeholder: _Names = Field(default=(), description="In place of an item: the template left it.")
    done: _Names = Field(default=(), description="As a status: done.")
    open: _Names = Field(default=(), description="As a status: still open.")


class ParserSettings(_Closed):
    """How documents are read, beyond what the parser knows by itself."""

    day_first: bool | None = Field(
        default=None,
        description="How to read 04/05/2026: true for 4 May, false for April 5. When not given, the document's other "
        "dates and its language tell.",
    )
    sections: SectionNames = Field(default_factory=SectionNames, description="More names of sections.")
    columns: ColumnNames = Field(default_factory=ColumnNames, description="More names of columns and labels.")
    words: ValueWords = Field(default_factory=ValueWords, description="More words for values.")

    @model_validator(mode="after")
    def _names_are_clear(self) -> "ParserSettings":
        if problems := [
            *_name_problems("sections", dict(self.sections)),
            *_name_problems("columns", dict(self.columns)),
            *_name_problems("words", dict(self.words)),
        ]:
            raise ValueError("; ".join(problems))
        return self


def _name_problems(group: str, names: Mapping[str, _Names]) -> list[str]:
    """Names that say nothing, and names that are given to two places of a group."""
    if not any(names.values()):
        return []
    from tracker.parsing.vocabulary import fold  # noqa: PLC0415 - most teams teach nothing, and need not wait for it

    problems, places = [], dict[str, str]()
    for place, given in names.items():
        for name in given:
            if not fold(name):
                problems.append(f"{group}.{place} holds {name!r}, which names nothing")
            elif places.setdefault(fold(name), place) != place:
                problems.append(f"{group}.{place} and {group}.{places[fold(name)]} both hold {name!r}: choose one")
    return problems


class PolicySettings(_Closed):
    """What becomes an issue, and when somebody has to be told."""

    kinds: tuple[Kind, ...] = Field(
        default=(Kind.TASK, Kind.IMPROVEMENT), description="Kinds of items that get an issue."
    )
    due_soon_days: int = Field(
        default=7, ge=0, description="An item is due soon from this many days before its due date."
    )
    removed: Literal["keep", "comment", "close"] = Field(
        default="comment", description="What happens to the open issue of an item that left its document."
    )
    allow_public: tuple[str, ...] = Field(
        default=(), description="Public targets, by name, that may hold items of private documents."
    )
    title_authority: Authority = Field(default="document", description="Who wins when both sides changed the title.")
    state_authority: Authority = Field(default="target", description="Who wins when both sides changed the state.")
    assignee_authority: Authority = Field(
        default="target", description="Who wins when both sides changed the assignee."
    )
    due_authority: Authority = Field(default="document", description="Who wins when both sides changed the due date.")
    priority_authority: Authority = Field(
        default="document", description="Who wins when both sides changed the priority."
    )
    uncertain_grace_minutes: float = Field(
        default=5,
        ge=0,
        description="How long a create without an answer is looked for before it is sent again "
        "(never less than the target's read lag).",
    )


class BrakeSettings(_Closed):
    """Plans larger than this are refused until somebody consents (`--yes`, `--max-creates`, `--max-closes`)."""

    max_creates: int = Field(default=100, ge=0, description="Issues that one sync may open.")
    max_closes: int = Field(
        default=10, ge=0, description="Issues that one sync may close without looking at the share."
    )
    max_close_share: float = Field(
        default=0.25, ge=0, le=1, description="Share of all open issues that one sync may close (beyond `max_closes`)."
    )


class WriteBackSettings(ForgeSettings):
    """Whether links and check marks go back into the documents, and how. All but `mode` is for pull requests."""

    mode: Literal["none", "files", "pr"] = Field(
        default="none",
        description="What `sync` does with links and check marks that documents lack: nothing, put them into the "
        "files, or keep one pull request with them. `--write-back` wins over it.",
    )


class PersonSettings(_Closed):
    """One person of the people book."""

    name: str = Field(description="The full name, as reports greet the person.")
    aliases: tuple[str, ...] = Field(
        default=(), description="Other spellings that documents use, former names included."
    )
    email: str | None = Field(
        default=None, description="Where reports go.", pattern=r"^[^@\s]+@[^@\s]+$", examples=["jo@example.org"]
    )
    github: str | None = Field(default=None, description="GitHub login, for assigning.")
    jira: str | None = Field(
        default=None,
        description="Account id (Jira Cloud) or user name (Data Center), for assigning; looked up by `email` when not "
        "given. Who is assigned by hand in Jira is recognised by it alone.",
    )
    local: str | None = Field(
        default=None, description="Name in the embedded tracker (default: the key of this entry)."
    )
    team: str | None = Field(default=None, description="The key of the person's team.")


class TeamSettings(_Closed):
    """One team of the people book."""

    name: str = Field(description="The team's name.")
    aliases: tuple[str, ...] = Field(default=(), description="Other spellings that documents use.")
    email: str | None = Field(
        default=None,
        description="Where reports to the team go.",
        pattern=r"^[^@\s]+@[^@\s]+$",
        examples=["ops@example.org"],
    )


class ReportSettings(_Closed):
    """One report: what it selects, for which period, and who gets what belongs to nobody."""

    period: Literal["daily", "weekly", "monthly"] = Field(
        default="weekly", description="One person gets this report at most once in each such period."
    )
    fallback: str | None = Field(
        default=None, description="Person or team (key) that is told of items without a known owner."
    )
    title: str = Field(default="Open corrective actions", description="Heading and mail subject.")


class MailSettings(_Closed):
    """The mail server that `report --send` uses."""

    host: str = Field(description="SMTP server.")
    port: int = Field(default=587, ge=1, le=65535, description="SMTP port.")
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="Transport security.")
    sender: str = Field(
        description="The From address.", pattern=r"^[^@\s]+@[^@\s]+$", examples=["closeout@example.org"]
    )
    username: str | None = Field(default=None, description="Login, if the server asks for one.")
    password_env: str = Field(
        default="CLOSEOUT_SMTP_PASSWORD", description="The environment variable that holds the password."
    )
    password_file: str | None = Field(
        default=None, description="A file that holds the password; used before `password_env`."
    )
    timeout: float = Field(default=20.0, gt=0, le=300, description="Seconds to wait for the server.")


class RouteSettings(_Closed):
    """Which items go to another target than `target`: the first table whose conditions all hold decides.

    What compares without case takes `*` for any characters.
    """

    target: str = Field(description="Where such items get their issues: the name of a `[targets.NAME]` table.")
    path: tuple[str, ...] = Field(
        default=(), description="Globs of which one fits the document's path, relative to `closeout.toml`."
    )
    service: tuple[str, ...] = Field(
        default=(), description="Services of which the document names one; without case, `*` is any characters."
    )
    team: tuple[str, ...] = Field(
        default=(), description="Teams (key, name or alias) of which one owns the item, itself or by its first owner."
    )
    kind: tuple[Kind, ...] = Field(default=(), description="Kinds of items.")
    severity: tuple[str, ...] = Field(
        default=(), description="Severities of which the document has one; without case, `*` is any characters."
    )

    @field_validator("path")
    @classmethod
    def _globs_usable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if problems := [problem for pattern in value if (problem := _route_glob_problem(pattern))]:
            raise ValueError("; ".join(problems))
        return value


def _route_glob_problem(pattern: str) -> str | None:
    """A document outside the settings' folder has an absolute path, or one that leads up: globs may name it."""
    if not pattern.strip("/ ") or "\0" in pattern:
        return f"{pattern!r} names no files"
    if any("**" in part and part != "**" for part in pattern.split("/")):
        return f"{pattern!r} has `**` beside other characters; it stands between slashes, as in **/*.md"
    return None


def _route_problems(routes: Iterable[RouteSettings], teams: Mapping[str, TeamSettings]) -> list[str]:
    """Routes without a condition, with one that nothing can meet, or with a team that nobody knows."""
    known = {name.casefold() for key, team in teams.items() for name in (key, team.name, *team.aliases)}
    problems = []
    for number, route in enumerate(routes, 1):
        given = route.model_fields_set - {"target"}
        problems += [
            f"route {number}: {name} is empty, so nothing would take this route"
            for name in sorted(given)
            if not getattr(route, name) or "" in getattr(route, name)
        ]
        if not given:
            problems.append(f"route {number} has no condition: everything would take it; that is what `target` says")
        strangers = [name for name in route.team if name and name.casefold() not in known]
        problems += _unknown(f"route {number}: team", strangers, known, "[teams.NAME]")
    return problems


class ScheduleSettings(_Closed):
    """One job of `closeout serve`."""

    run: Literal["sync", "report"] = Field(description="What to run.")
    cron: str = Field(
        description="Minute, hour, day, month, weekday, as in crontab(5) (0 and 7 are Sunday).",
        examples=["0 9 * * MON"],
    )
    report: str | None = Field(default=None, description='Which report (for `run = "report"`).')
    timezone: str | None = Field(default=None, description="IANA time zone; the general one when not given.")
    catch_up_hours: float = Field(
        default=24, ge=0, description="After downtime, a missed run is made up for if it is at most this old (once)."
    )

    @field_validator("timezone")
    @classmethod
    def _timezone_known(cls, value: str | None) -> str | None:
        return value if value is None else _known_zone(value)

    @model_validator(mode="after")
    def _report_named(self) -> "ScheduleSettings":
        if self.run == "report" and not self.report:
            raise ValueError('run = "report" needs report = "NAME", the name of a [reports.NAME] table')
        return self


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
    people: dict[str, PersonSettings] = Field(default_factory=dict, description="The people book, by short key.")
    teams: dict[str, TeamSettings] = Field(default_factory=dict, description="Teams, by short key.")
    reports: dict[str, ReportSettings] = Field(
        default_factory=lambda: {"weekly": ReportSettings()}, description="Reports, by name."
    )
    mail: MailSettings | None = Field(default=None, description="The mail server for `report --send`.")
    schedules: dict[str, ScheduleSettings] = Field(
        default_factory=dict, description="Jobs of `closeout serve`, by name."
    )

    @field_validator("database")
    @classmethod
    def _database_is_one(cls, value: str) -> str:
        if problem := _database_problem(value):
            raise ValueError(problem)
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_known(cls, value: str) -> str:
        return _known_zone(value)

    @model_validator(mode="after")
    def _names_resolve(self) -> "Settings":
        problems = [
            *_unknown("target", [self.target], self.targets, "[targets.NAME]"),
            *_unknown("a route", [route.target for route in self.routes], self.targets, "[targets.NAME]"),
            *_route_problems(self.routes, self.teams),
            *_unknown("policy.allow_public", self.policy.allow_public, self.targets, "[targets.NAME]"),
        ]
        for key, person in self.people.items():
            problems += _unknown(f"people.{key}.team", [person.team], self.teams, "[teams.NAME]")
        for name, schedule in self.schedules.items():
            problems += _unknown(f"schedules.{name}.report", [schedule.report], self.reports, "[reports.NAME]")
        problems += [
            f"targets.{name}.database {problem}"
            for name, target in self.targets.items()
            if isinstance(target, LocalSettings) and (problem := _database_problem(target.database))
        ]
        owners = {**self.people, **self.teams}
        for name, report in self.reports.items():
            problems += _unknown(f"reports.{name}.fallback", [report.fallback], owners, "[people.NAME] or [teams.NAME]")
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
