"""The port to where documents live as a repository: one branch of ours, one pull request from it, and comments.

Glossary
    base        the branch that documents are read from and a pull request goes to, at one commit
    branch      our own branch; nothing else is ever moved or deleted
    change      the new bytes of one file; what it replaces is named by the base
    remark      a comment on a pull request

Promises of every adapter
    - Nothing but the branch, its pull request and remarks is written to; the default branch and the base never are.
    - A write is sent once. `OutcomeUnknown` means that it may have happened: ask again before repeating it.
    - The branch is only moved or deleted while it is where it was last seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Base", "Branch", "Change", "FileThere", "Forge", "ForgeSettings", "Remark", "Request"]

BRANCH = r"^[A-Za-z0-9_][A-Za-z0-9_+-]*([./][A-Za-z0-9_+-]+)*$"


class ForgeSettings(BaseModel):
    """Which repository holds the documents, and how to write to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    branch: str = Field(
        default="closeout/links",
        pattern=BRANCH,
        examples=["closeout/links"],
        description="The branch that pull requests come from; Closeout's own.",
    )
    base: str | None = Field(
        default=None,
        pattern=BRANCH,
        examples=["main"],
        description="The branch they go to; the default branch when not given.",
    )
    repository: str | None = Field(
        default=None,
        pattern=r"^[^/\s]+/[^/\s]+$",
        examples=["acme/ops"],
        description="The repository of the documents, `owner/name`; that of git's remote `origin` when not given.",
    )
    base_url: HttpUrl | None = Field(
        default=None,
        description="The REST API's address; when not given that of `origin`'s host (`https://HOST/api/v3` on "
        "Enterprise).",
    )
    token_env: str = Field(
        default="GITHUB_TOKEN",
        description="The environment variable that holds the token (never the token itself): it needs write access to "
        "contents and pull requests.",
    )
    token_file: str | None = Field(default=None, description="A file that holds the token; used before `token_env`.")
    app_id: Annotated[str, StringConstraints(pattern=r"^[\w.-]+$")] | int | None = Field(
        default=None, description="A GitHub App's ID or client ID: act as this app instead of with a token."
    )
    installation_id: int | None = Field(
        default=None, ge=1, description="The app's installation; found from the repository when not given."
    )
    private_key_env: str = Field(
        default="GITHUB_APP_PRIVATE_KEY", description="The environment variable that holds the app's private key (PEM)."
    )
    private_key_file: str | None = Field(
        default=None, description="A file that holds the app's private key; used before `private_key_env`."
    )
    timeout: float = Field(default=20.0, gt=0, le=300, description="Seconds to wait for an answer.")
    ca_bundle: str | None = Field(
        default=None, description="A file of trusted certificates, for an Enterprise server with its own authority."
    )


@dataclass(frozen=True, slots=True)
class Base:
    """A branch at one commit; `tree` is the name of all files there."""

    name: str
    commit: str
    tree: str


@dataclass(frozen=True, slots=True)
class FileThere:
    """A file of the base: its mode, and git's name for its bytes."""

    mode: str
    blob: str

    @property
    def is_plain(self) -> bool:
        """False for a symbolic link or another repository in this one's place."""
        return self.mode in ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Change:
    """A file's new bytes; its mode stays."""

    mode: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Branch:
    """Where our branch is. `mark` is what its last commit was made with; None when that is not as we made it."""

    commit: str
    mark: str | None


@dataclass(frozen=True, slots=True)
class Request:
    """A pull request from our branch. `commit` is the last one that it holds."""

    number: int
    url: str
    title: str
    body: str
    commit: str
    open: bool
    merged: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """One comment on a pull request."""

    id: int
    url: str
    body: str


class Forge(Protocol):
    """One repository. Not safe for use from several threads at once.

    Every method raises NotAllowed, TargetUnreachable, TargetMoved or RateLimited where a request fails; those that
    write also RequestRejected and OutcomeUnknown.
    """

    @property
    def where(self) -> str:
        """How errors name it."""
        ...

    def branch(self) -> Branch | None:
        """Our branch now; None when there is none."""
        ...

    def base(self) -> Base:
        """The base now.

        Raises:
            NotAllowed: our branch is the base or the default branch, or there is no such base.
        """
        ...

    def find(self, base: Base, path: str) -> FileThere | None:
        """A file of the base; None when it has none of that name."""
        ...

    def read(self, file: FileThere) -> bytes:
        """The bytes of a file of the base."""
        ...

    def requests(self) -> tuple[Request, ...]:
        """The latest pull requests from our branch to the base, open or not, newest first."""
        ...

    def commit(self, base: Base, changes: Mapping[str, Change], title: str, mark: str) -> str:
        """Make a commit on top of the base; no branch is moved yet. Repeating it is harmless.

        `mark` is one word, by which `branch` knows it again for as long as nobody adds to it or changes it.
        """
        ...

    def move(self, commit: str, before: Branch | None) -> None:
        """Let our branch be at `commit`, if it is still where it was `before`; it is made if there was none.

        Raises:
            RequestRejected: it is elsewhere now.
        """
        ...

    def open(self, base: Base, title: str, body: str) -> Request:
        """Open a pull request from our branch. One that may have been opened is found by `requests`."""
        ...

    def edit(self, request: Request, title: str, body: str) -> Request:
        """Change a pull request's words."""
        ...

    def withdraw(self, request: Request) -> None:
        """Close a pull request without merging it."""
        ...

    def remarks(self, number: int) -> Iterator[Remark]:
        """The comments on a pull request, oldest first.

        Raises:
            NotAllowed: there is no such pull request, or none that these credentials may see.
        """
        ...

    def remark(self, number: int, body: str) -> Remark:
        """Comment on a pull request."""
        ...

    def reword(self, remark: Remark, body: str) -> Remark:
        """Change a comment's words."""
        ...

    def delete(self, branch: Branch) -> None:
        """Delete our branch, if it is still there.

        Raises:
            RequestRejected: it is elsewhere now.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
