"""`[people]` and `[teams]`: the people book."""

from pydantic import Field

from tracker.settings.checks import Closed


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
