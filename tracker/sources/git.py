"""What git knows about documents: the commit they were read at and the page that shows them there."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_TIMEOUT = 20
_REMOTE = re.compile(
    r"^(?:https?://(?:[^@/]*@)?|ssh://(?:[^@/]*@)?|[^@/]+@)(?P<host>[^/:]+)(?::\d+)?[:/](?P<path>.+?)(?:\.git)?/?$"
)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A git work tree. `clean` holds the files that stand in `revision` as they are; others have no page there."""

    top: Path
    revision: str
    page: str | None
    clean: frozenset[str]

    def describe(self, file: Path) -> tuple[str | None, str | None]:
        """The commit that holds `file` as it is, and its web page there; (None, None) for changed files."""
        absolute = file.resolve()
        if not absolute.is_relative_to(self.top):
            return None, None
        name = absolute.relative_to(self.top).as_posix()
        if name not in self.clean:
            return None, None
        return self.revision, f"{self.page}/{quote(name)}" if self.page else None


def find_checkout(folder: Path) -> Checkout | None:
    """The work tree that `folder` stands in; None outside of one, without a commit, or without git."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    revision = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if not top or not revision:
        return None
    tracked = _names(_git(folder, "ls-files", "-z", "--full-name", "--", top))
    changed = _names(_git(folder, "diff", "--name-only", "-z", "HEAD", "--", top))
    page = web_page(_git(folder, "remote", "get-url", "origin"), revision)
    return Checkout(Path(top).resolve(), revision, page, tracked - changed)


def find_renames(checkout: Checkout, revision: str) -> dict[Path, Path]:
    """The files that git takes for others of `revision`, renamed since: the place of each, and where it was.

    Empty when git does not have that commit, as in a shallow clone.
    """
    told = _git(checkout.top, "diff", "--name-status", "-z", "--find-renames", "--diff-filter=R", revision, "--")
    words = iter((told or "").split("\0"))
    return {checkout.top / new: checkout.top / old for _, old, new in zip(words, words, words, strict=False)}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a work tree comes from: its folder, and host and `owner/name` of its remote `origin`, if these are told."""

    top: Path
    host: str | None
    repository: str | None


def find_origin(folder: Path) -> Origin | None:
    """The origin of the work tree that `folder` stands in; None outside of one, or without git."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    if not top:
        return None
    found = _REMOTE.match(_git(folder, "remote", "get-url", "origin") or "")
    return (
        Origin(Path(top).resolve(), found["host"], found["path"]) if found else Origin(Path(top).resolve(), None, None)
    )


def git_person(folder: Path) -> str | None:
    """Who works in `folder`, as git's settings say: `Jo Smith <jo@example.com>`, or what they have of that."""
    name, email = _git(folder, "config", "user.name"), _git(folder, "config", "user.email")
    return f"{name} <{email}>" if name and email else name or email or None


def web_page(remote: str | None, revision: str) -> str | None:
    """Where GitHub-like hosts show files at `revision`, without credentials; None for other remotes."""
    found = _REMOTE.match(remote or "")
    return f"https://{found['host']}/{found['path']}/blob/{revision}" if found else None


def _names(listing: str | None) -> frozenset[str]:
    return frozenset(filter(None, (listing or "").split("\0")))


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, fixed arguments
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's git
            capture_output=True,
            check=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.rstrip("\n")
