"""Settings of each kind of target: one frozen, closed model per kind, told apart by `kind`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, model_validator

__all__ = ["GitHubSettings", "LocalSettings", "TargetSettings"]


Color = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{6}$")]


class _Target(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = Field(
        default=("postmortem",), description="Labels put on every issue that Closeout opens here."
    )


class LocalSettings(_Target):
    """The embedded tracker: issues in a database of their own, no account, no server."""

    kind: Literal["local"] = Field(default="local", description="The embedded tracker.")
    database: str = Field(
        default="sqlite:///closeout-issues.db",
        description="Where the issues are kept: an SQLAlchemy URL; relative SQLite paths start at `closeout.toml`.",
    )
    public: bool = Field(default=False, description="Whether people outside the organisation can read this tracker.")


class GitHubSettings(_Target):
    """Issues of one GitHub repository, on github.com or GitHub Enterprise."""

    kind: Literal["github"] = Field(default="github", description="GitHub or GitHub Enterprise.")
    repository: str = Field(pattern=r"^[^/\s]+/[^/\s]+$", description="`owner/name`.", examples=["acme/ops"])
    base_url: HttpUrl = Field(
        default=HttpUrl("https://api.github.com"),
        description="The REST API's address; for GitHub Enterprise `https://HOST/api/v3`.",
    )
    token_env: str = Field(
        default="GITHUB_TOKEN", description="The environment variable that holds the token (never the token itself)."
    )
    token_file: str | None = Field(
        default=None, description="A file that holds the token, as containers mount secrets; used before `token_env`."
    )
    app_id: str | int | None = Field(
        default=None,
        description="A GitHub App's ID or client ID: act as this app, with its private key, instead of with a token.",
    )
    installation_id: int | None = Field(
        default=None, ge=1, description="The app's installation; found from the repository when not given."
    )
    private_key_env: str = Field(
        default="GITHUB_APP_PRIVATE_KEY",
        description="The environment variable that holds the app's private key (PEM).",
    )
    private_key_file: str | None = Field(
        default=None, description="A file that holds the app's private key; used before `private_key_env`."
    )
    label_colors: Mapping[str, Color] = Field(
        default={},
        description="Colours of labels that are missing and so made, by pattern of their names, as in "
        '`"priority: p?" = "b60205"`; the first that fits counts, then built-in ones.',
    )
    milestone: str | None = Field(
        default=None, min_length=1, description="The title of the milestone that issues opened here belong to."
    )
    create_milestone: bool = Field(default=False, description="Make the milestone where there is none of that title.")
    parent_issues: bool = Field(
        default=False,
        description="One issue for each postmortem, with those of its items as sub-issues; beyond 100 a second one.",
    )
    issue_type: str | None = Field(
        default=None, min_length=1, description="The type of issues opened here, as the organisation named it."
    )
    timeout: float = Field(default=20.0, gt=0, le=300, description="Seconds to wait for an answer.")
    creates_per_minute: int = Field(default=80, ge=1, le=80, description="Pace: content-creating requests a minute.")
    creates_per_hour: int = Field(default=500, ge=1, le=500, description="Pace: content-creating requests an hour.")
    ca_bundle: str | None = Field(
        default=None, description="A file of trusted certificates, for an Enterprise server with its own authority."
    )

    @model_validator(mode="after")
    def _check_app(self) -> Self:
        if self.app_id is not None and not re.fullmatch(r"[A-Za-z0-9.]+", str(self.app_id)):
            raise ValueError("`app_id` is a number or a client ID, as the app's page on GitHub shows it")
        if self.installation_id is not None and self.app_id is None:
            raise ValueError("`installation_id` is of an app: `app_id` is missing")
        return self


TargetSettings = Annotated[LocalSettings | GitHubSettings, Field(discriminator="kind")]
