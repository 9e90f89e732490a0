"""`[reports]` and `[mail]`: what is reported, and how it is sent."""

from typing import Literal

from pydantic import Field

from tracker.settings.checks import Closed


class ReportSettings(Closed):
    """One report: what it selects, for which period, and who gets what belongs to nobody."""

    period: Literal["daily", "weekly", "monthly"] = Field(
        default="weekly", description="One person gets this report at most once in each such period."
    )
    fallback: str | None = Field(
        default=None, description="Person or team (key) that is told of items without a known owner."
    )
    title: str = Field(default="Open corrective actions", description="Heading and mail subject.")
    all_clear: bool = Field(
        default=False,
        description="Whether owners who have nothing to be reminded of are told so, once a period; else they get "
        "nothing.",
    )


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
