"""Settings of each kind of target: one frozen, closed model per kind, told apart by `kind`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, field_validator, model_validator

from connectors import templates

__all__ = ["FieldValue", "GitHubSettings", "JiraSettings", "LocalSettings", "TargetSettings"]


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


FieldValue = str | int | float | bool | tuple[str, ...]
"""What a field of an issue is set to: a constant, a template as in `"{severity}"`, or several of them."""

_PRIORITIES = {"P0": "Highest", "P1": "High", "P2": "Medium", "P3": "Low", "P4": "Lowest"}


class JiraSettings(_Target):
    """Issues of one Jira project, on Jira Cloud or Jira Data Center."""

    kind: Literal["jira"] = Field(default="jira", description="Jira Cloud or Jira Data Center.")
    url: HttpUrl = Field(
        description="The site's address, with its context path if it has one.",
        examples=["https://acme.atlassian.net", "https://jira.acme.com"],
    )
    project: str = Field(pattern=r"^[A-Z][A-Z0-9_]+$", description="The project's key.", examples=["OPS"])
    issue_type: str = Field(default="Task", min_length=1, description="The type of issues opened here, by name.")
    deployment: Literal["cloud", "data-center"] | None = Field(
        default=None, description="Which Jira it is; found out from the site when not given."
    )
    email: str | None = Field(
        default=None,
        pattern=r"^[^@\s]+@[^@\s]+$",
        examples=["closeout@example.org"],
        description="The account of an API token (Cloud). Without it the token is sent as a bearer: an OAuth 2.0 "
        "access token on Cloud, a personal access token on Data Center.",
    )
    cloud_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9-]+$",
        examples=["35273b54-3f06-40d2-880f-dd28cf8daafa"],
        description="The site's cloud id: goes through `api.atlassian.com`, as OAuth 2.0 and scoped tokens need it.",
    )
    token_env: str = Field(
        default="JIRA_TOKEN", description="The environment variable that holds the token (never the token itself)."
    )
    token_file: str | None = Field(
        default=None, description="A file that holds the token, as containers mount secrets; used before `token_env`."
    )
    fields: Mapping[str, FieldValue] = Field(
        default={},
        description="What further fields of new issues hold, by name or id: a constant, or a template of the item's "
        'facts as in `"{severity}"`; after a bar stands what counts where the item does not tell: '
        '`"{severity|SEV-3}"`. `closeout doctor` prints the lines that are missing.',
    )
    priorities: Mapping[str, str] = Field(
        default=_PRIORITIES, description="The project's priority for each priority that documents write."
    )
    done_status: tuple[str, ...] = Field(
        default=(), description="Statuses to close an issue into, best first; any of the category Done when not given."
    )
    open_status: tuple[str, ...] = Field(
        default=(), description="Statuses to reopen an issue into, best first; any not of the category Done otherwise."
    )
    review_statuses: tuple[str, ...] = Field(
        default=("In Review", "Code Review", "Peer Review"),
        description="Statuses of issues whose work is being reviewed: nobody is reminded of them. On Cloud an issue "
        "with an open pull request in its development panel is one, too.",
    )
    done: tuple[str, ...] = Field(
        default=("Done", "Fixed", "Resolved", "Complete", "Completed"),
        description="Resolutions that mean that the work was done, the one to set first; one that is in no list does, "
        "too.",
    )
    wont_do: tuple[str, ...] = Field(
        default=(
            "Won't Do",
            "Won't Fix",
            "Declined",
            "Rejected",
            "Cancelled",
            "Canceled",
            "Cannot Reproduce",
            "Invalid",
            "Obsolete",
            "Abandoned",
        ),
        description="Resolutions, or statuses of the category Done, that mean that it will not be done.",
    )
    duplicate: tuple[str, ...] = Field(
        default=("Duplicate",), description="Resolutions, or statuses of the category Done, that mean a duplicate."
    )
    duplicate_link: str = Field(
        default="Duplicate", min_length=1, description="The type of the link from a duplicate to its original."
    )
    link_recurrences: bool = Field(default=False, description="Link the issues of work that was promised before.")
    related_link: str = Field(
        default="Relates", min_length=1, description="The type of the link between issues of the same work."
    )
    parent_issues: bool = Field(
        default=False, description="One issue for each postmortem, with those of its items below it."
    )
    parent_type: str = Field(default="Epic", min_length=1, description="The type of the postmortems' own issues.")
    remote_links: bool = Field(
        default=False,
        description="A link from each new issue to its line in the postmortem, shown with title and icon; one more "
        "request an issue.",
    )
    public: bool = Field(default=False, description="Whether people outside the organisation can read this project.")
    timeout: float = Field(default=20.0, gt=0, le=300, description="Seconds to wait for an answer.")
    writes_per_minute: int = Field(default=120, ge=1, description="Pace: requests that write, a minute.")
    ca_bundle: str | None = Field(
        default=None, description="A file of trusted certificates, for a server with its own authority."
    )

    @field_validator("labels")
    @classmethod
    def _check_labels(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if spaced := [label for label in labels if not label or re.search(r"\s", label)]:
            told = ", ".join(repr(label) for label in spaced)
            raise ValueError(f"a label of Jira is one word, without white space: {told}")
        return labels

    @field_validator("fields")
    @classmethod
    def _check_fields(cls, fields: Mapping[str, FieldValue]) -> Mapping[str, FieldValue]:
        texts = [text for value in fields.values() for text in (value if isinstance(value, tuple) else (value,))]
        if problems := [found for text in texts if isinstance(text, str) and (found := templates.problem(text))]:
            raise ValueError("; ".join(problems))
        return fields


TargetSettings = Annotated[LocalSettings | GitHubSettings | JiraSettings, Field(discriminator="kind")]
