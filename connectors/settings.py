"""Settings of each kind of target: one frozen, closed model per kind, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

__all__ = ["GitHubSettings", "LocalSettings", "TargetSettings"]


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
    timeout: float = Field(default=20.0, gt=0, le=300, description="Seconds to wait for an answer.")
    creates_per_minute: int = Field(default=80, ge=1, le=80, description="Pace: content-creating requests a minute.")
    creates_per_hour: int = Field(default=500, ge=1, le=500, description="Pace: content-creating requests an hour.")
    ca_bundle: str | None = Field(
        default=None, description="A file of trusted certificates, for an Enterprise server with its own authority."
    )


TargetSettings = Annotated[LocalSettings | GitHubSettings, Field(discriminator="kind")]
