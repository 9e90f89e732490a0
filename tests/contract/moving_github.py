"""A GitHub whose repositories are renamed, archived, closed, and whose issues are deleted, moved, locked, converted.

Only the answers matter here: each follows GitHub's OpenAPI description or a recorded answer, which is named beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from contract.faults import Answer, Seen

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMED = re.compile(r"/repos/([^/]+/[^/]+)(/.*)?")
_NUMBERED = re.compile(r"/repositories/(\d+)(/.*)?")
_OF_ISSUE = re.compile(r"/issues/(\d+)(/comments|/events)?")


@dataclass
class Repo:
    id: int
    name: str
    archived: bool = False
    closed: bool = False
    hidden: bool = False
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    events: dict[int, list[str]] = field(default_factory=dict)
    instead: dict[int, Answer] = field(default_factory=dict)
    """What is answered to every request about an issue that is not here any more."""


class MovingGitHub:
    """Hand `answer` to a `FaultServer`, and its address to `url`."""

    def __init__(self, *names: str) -> None:
        self.url = ""
        self.repos = [Repo(number + 1, name) for number, name in enumerate(names)]
        self.renamed: dict[str, Repo] = {}
        self.writes: list[tuple[str, str]] = []
        """Verb and path of all that arrived and is no read."""
        self.ticks = 0

    def repo(self, name: str) -> Repo:
        return next(repo for repo in self.repos if repo.name == name)

    # What people do

    def delete(self, name: str, number: int) -> None:
        repo = self.repo(name)
        del repo.issues[number]
        repo.instead[number] = _says(410, "This issue was deleted")

    def hide(self, name: str, number: int) -> dict[str, Any]:
        repo = self.repo(name)
        repo.instead[number] = _says(404, "Not Found")
        return repo.issues.pop(number)

    def show(self, name: str, issue: dict[str, Any]) -> None:
        repo = self.repo(name)
        del repo.instead[issue["number"]]
        repo.issues[issue["number"]] = issue

    def transfer(self, name: str, number: int, to: str) -> int:
        """The issue redirects, its comments and events are not found (Systemorph/MeshWeaver#4629, measured)."""
        repo, there = self.repo(name), self.repo(to)
        moved = repo.issues.pop(number)
        new = max(there.issues, default=40) + 1
        repo.instead[number] = self._redirect(301, f"/repositories/{there.id}/issues/{new}")
        there.issues[new] = moved | {"number": new, "html_url": f"{self.url}/{to}/issues/{new}"}
        self._touch(there.issues[new])
        return new

    def convert(self, name: str, number: int) -> None:
        """Locked and closed, and only its events tell why (dessant/lock-threads#24, github/docs#20908)."""
        repo = self.repo(name)
        repo.issues[number] |= {"locked": True, "state": "closed", "state_reason": "completed"}
        repo.events[number] = ["labeled", "converted_to_discussion", "locked"]
        self._touch(repo.issues[number])

    def lock(self, name: str, number: int, *, locked: bool = True) -> None:
        issue = self.repo(name).issues[number]
        issue["locked"] = locked
        self._touch(issue)

    def rename(self, name: str, new: str) -> None:
        repo = self.repo(name)
        self.renamed[name] = repo
        repo.name = new
        for issue in repo.issues.values():
            issue["html_url"] = f"{self.url}/{new}/issues/{issue['number']}"

    # What GitHub answers

    def answer(self, seen: Seen) -> Answer:
        if seen.verb != "GET" and not seen.path.endswith("/graphql"):  # which only asks, here
            self.writes.append((seen.verb, seen.path))
        if found := _NUMBERED.fullmatch(seen.path):
            repo = next((repo for repo in self.repos if repo.id == int(found[1])), None)
            rest = found[2] or ""
        elif found := _NAMED.fullmatch(seen.path):
            rest = found[2] or ""
            if found[1] in self.renamed:
                # 301 for GET, 307 for the rest: google/go-github#184, node-gh/gh#579
                old = self.renamed[found[1]]
                return self._redirect(301 if seen.verb == "GET" else 307, f"/repositories/{old.id}{rest}")
            repo = next((repo for repo in self.repos if repo.name == found[1]), None)
        else:
            return _says(404, "Not Found")
        return _says(404, "Not Found") if repo is None or repo.hidden else self._in(repo, rest, seen)

    def _in(self, repo: Repo, rest: str, seen: Seen) -> Answer:
        if not rest:
            return Answer(data={"full_name": repo.name, "private": True, "archived": repo.archived})
        if repo.closed:
            return _says(410, "Issues are disabled for this repo")
        if repo.archived and seen.verb != "GET":
            return _says(403, "Repository was archived so is read-only.")
        if rest == "/issues":
            return self._create(repo, seen.body) if seen.verb == "POST" else self._list(repo, seen)
        found = _OF_ISSUE.fullmatch(rest)
        return self._of_issue(repo, int(found[1]), found[2], seen) if found else _says(404, "Not Found")

    def _of_issue(self, repo: Repo, number: int, sub: str | None, seen: Seen) -> Answer:
        if number in repo.instead:
            redirects = repo.instead[number].status in (301, 307)
            return _says(404, "Not Found") if sub and redirects else repo.instead[number]
        if number not in repo.issues:
            return _says(404, "Not Found")
        serve: Callable[[Repo, int, Seen], Answer] = {
            None: self._issue,
            "/comments": self._comments,
            "/events": self._events,
        }[sub]
        return serve(repo, number, seen)

    def _list(self, repo: Repo, seen: Seen) -> Answer:
        since = seen.query.get("since", "")
        found = [issue for issue in repo.issues.values() if issue["updated_at"] >= since]
        return Answer(data=sorted(found, key=lambda issue: (issue["updated_at"], issue["number"])))

    def _create(self, repo: Repo, body: dict[str, Any]) -> Answer:
        number = max([*repo.issues, *repo.instead], default=0) + 1
        repo.issues[number] = {
            "number": number,
            "html_url": f"{self.url}/{repo.name}/issues/{number}",
            "title": body["title"],
            "body": body["body"],
            "state": "open",
            "state_reason": None,
            "labels": [{"name": name} for name in body.get("labels", ())],
            "assignees": [{"login": login} for login in body.get("assignees", ())],
            "user": {"login": "bot"},
            "locked": False,
            "created_at": self._now(),
            "updated_at": self._now(),
            "closed_at": None,
        }
        return Answer(201, repo.issues[number])

    def _issue(self, repo: Repo, number: int, seen: Seen) -> Answer:
        issue = repo.issues[number]
        if seen.verb == "PATCH":
            for name, value in seen.body.items():
                key = {"labels": "name", "assignees": "login"}.get(name)
                issue[name] = [{key: each} for each in value] if key else value
            self._touch(issue)
        return Answer(data=issue)

    def _comments(self, repo: Repo, number: int, seen: Seen) -> Answer:
        said = repo.comments.setdefault(number, [])
        if seen.verb == "GET":
            return Answer(data=said)
        if repo.issues[number]["locked"]:
            return _says(403, "Unable to create comment because issue is locked.")  # renovatebot/renovate#6215
        said.append(
            {"id": len(said) + 1, "body": seen.body["body"], "user": {"login": "bot"}, "created_at": self._now()}
        )
        self._touch(repo.issues[number])
        return Answer(201, said[-1])

    def _events(self, repo: Repo, number: int, _seen: Seen) -> Answer:
        return Answer(data=[{"event": name} for name in repo.events.get(number, ())])

    def _redirect(self, status: int, path: str) -> Answer:
        body = {"message": "Moved Permanently", "url": f"{self.url}{path}"}
        return Answer(status, body, {"Location": f"{self.url}{path}"})

    def _touch(self, issue: dict[str, Any]) -> None:
        issue["updated_at"] = self._now()
        issue["closed_at"] = issue["updated_at"] if issue["state"] == "closed" else None

    def _now(self) -> str:
        self.ticks += 1
        return f"{datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(minutes=10 * self.ticks):%Y-%m-%dT%H:%M:%SZ}"


def _says(status: int, message: str) -> Answer:
    return Answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest"})
