"""`[mail]` and `[channels]`: the ways on which reports leave."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from tracker.ledger import COMMENT, MAIL, ROLLING
from tracker.settings.checks import Closed, unknown
from tracker.settings.people import PersonSettings, TeamSettings


class MailSettings(Closed):
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


class ChannelSettings(Closed):
    """A way to tell people other than mail: Slack, Teams, Discord, a webhook … by an Apprise address.

    The address is a secret and stands elsewhere. `{slack}` and `{email}` in it become those of each recipient.
    """

    url_env: str = Field(
        description="The environment variable that holds the Apprise address (https://appriseit.com/services/).",
        examples=["CLOSEOUT_OPS_CHANNEL"],
        default="",
    )
    url_file: str | None = Field(default=None, description="A file that holds the address; used before `url_env`.")
    timeout: float = Field(default=20.0, gt=0, le=300, description="Seconds to wait for each answer.")


def channel_problems(
    channels: Mapping[str, ChannelSettings],
    people: Mapping[str, PersonSettings],
    teams: Mapping[str, TeamSettings],
    settings: Iterable[str],
) -> list[str]:
    """What is wrong with channels, and with who names them; `settings` are the names of all settings."""
    taken = {f"CLOSEOUT_{name}".upper() for name in settings}
    problems = [
        f"channels.{name} needs `url_env` or `url_file`: its address is a secret and does not stand in this file"
        for name, channel in channels.items()
        if not channel.url_env and channel.url_file is None
    ]
    problems += [
        f"channels.{name}.url_env: {channel.url_env} is the setting of that name; call the variable something else"
        for name, channel in channels.items()
        if channel.url_env.upper().partition("__")[0] in taken
    ]
    reserved = {MAIL: "the e-mail address", COMMENT: "what is said on issues", ROLLING: "rolling issues"}
    problems += [
        f"channels.{name}: this name means {meaning}; give the channel another one"
        for name, meaning in reserved.items()
        if name in channels
    ]
    owners: Iterable[tuple[str, PersonSettings | TeamSettings]] = [
        *((f"people.{key}", person) for key, person in people.items()),
        *((f"teams.{key}", team) for key, team in teams.items()),
    ]
    for where, owner in owners:
        problems += unknown(f"{where}.channels", owner.channels, {*channels, MAIL}, "[channels.NAME]")
        if MAIL in owner.channels and owner.email is None:
            problems.append(f"{where}.channels holds {MAIL!r}, but there is no `email`")
    return problems
