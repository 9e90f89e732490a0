"""`[people]` and `[teams]`: the people book."""

from datetime import date

from pydantic import Field, field_validator

from tracker.settings.checks import Closed, known_zone


class PersonSettings(Closed):
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
    manager: str | None = Field(default=None, description="The key of the person's manager.")
    slack: str | None = Field(default=None, description="Slack member id.", examples=["U024BE7LH"])
    channels: tuple[str, ...] = Field(
        default=(),
        description="How to tell them things: names of `[channels.NAME]`, and `mail` for the address in `email`; mail "
        "alone when empty.",
        examples=[["mail", "ops"]],
    )
    timezone: str | None = Field(default=None, description="IANA time zone; the general one when not given.")
    away_until: date | None = Field(default=None, description="Not to be told of anything before this day.")
    left: bool = Field(default=False, description="No longer here: open items need another owner.")

    @field_validator("timezone")
    @classmethod
    def _timezone_known(cls, value: str | None) -> str | None:
        return value if value is None else known_zone(value)


class TeamSettings(Closed):
    """One team of the people book."""

    name: str = Field(description="The team's name.")
    aliases: tuple[str, ...] = Field(default=(), description="Other spellings that documents use.")
    email: str | None = Field(
        default=None,
        description="Where reports to the team go.",
        pattern=r"^[^@\s]+@[^@\s]+$",
        examples=["ops@example.org"],
    )
    manager: str | None = Field(default=None, description="The key of the person who looks after the team.")
    channels: tuple[str, ...] = Field(
        default=(),
        description="How to tell them things: names of `[channels.NAME]`, and `mail` for the address in `email`; mail "
        "alone when empty.",
        examples=[["mail", "ops"]],
    )
