"""A small GitHub that others' counterparts can't replace: listings of any length, replicas that lag, published limits,
entity tags, labels, milestones and issue types, what it refuses or drops of them, and what closed issues.

One repository, kept in memory and served by `Serving`. Time is an argument, so that hours pass
in a moment.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from contract.faults import Answer, FaultServer, Seen, _Handler
from contract.graph_github import Graph, closing, remark

REPOSITORY = "acme/ops"
PER_MINUTE, PER_HOUR, POINTS = 80, 500, 900
"""https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"""

_ISSUE = re.compile(rf"/repos/{REPOSITORY}/issues/(\d+)(/comments|/sub_issues)?")


_FOR_PUSHERS = frozenset({"labels", "assignees", "milestone", "type"})


class _Prompt(_Handler):
    disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement


class Serving(FaultServer):
    """`hub` on a port of this machine."""

    def __init__(self, hub: LittleGitHub) -> None:
        super().__init__(hub.answer)
        self._server.RequestHandlerClass = _Prompt
        hub.url = self.url


class LittleGitHub:
    """Answers requests about the issues of `acme/ops`.

    `limits` has it enforce what GitHub publishes. `before` may give another answer before anything happens, `after`
    once it has happened: that is how answers get lost. `push`: whether the token has push access; without it labels,
    assignees, milestone and type are dropped in silence. `people` and `types` are those that there are; None means any.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC), *, limits: bool = False) -> None:
        self.clock = clock
        self.limits = limits
        self.url = ""
        self.issues: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.labels: dict[str, dict[str, Any]] = {}
        self.work: dict[int, tuple[dict[str, Any], ...]] = {}
        """The pull requests that would close issues, by number."""
        self.milestones: list[dict[str, Any]] = []
        self.push = True
        self.parts = 100
        self.ahead = timedelta(0)
        """How far `Date` is ahead of time stamps."""
        self.people: set[str] | None = None
        self.types: set[str] | None = None
        self.verbs: Counter[str] = Counter()
        self.requests: list[str] = []
        """Verb and path of each, in order."""
        self.unchanged = 0
        """How many were answered with 304."""
        self.refusals = 0
        self.before: Callable[[Seen], Answer | None] = lambda _: None
        self.after: Callable[[Seen], Answer | None] = lambda _: None
        self._creates: deque[datetime] = deque()
        self._points: deque[tuple[datetime, int]] = deque()
        self._lock = threading.Lock()

    def answer(self, seen: Seen) -> Answer:
        if seen.path.endswith("/graphql"):
            seen = replace(seen, verb="QUERY")  # sent with POST, and no write for all that
        with self._lock:
            self.verbs[seen.verb] += 1
            self.requests.append(f"{seen.verb} {seen.path.removeprefix(f'/repos/{REPOSITORY}')}")
            instead = self.before(seen) or self._refusal(seen)
            if instead is not None:
                return instead
            made = self._route(seen)
            return self.after(seen) or self._tagged(seen, made)

    def _tagged(self, seen: Seen, made: Answer) -> Answer:
        """With its time; a success also with its tag, unless the asker has that very answer already."""
        headers = {**made.headers, "Date": format_datetime((self.clock() + self.ahead).astimezone(UTC), usegmt=True)}
        if seen.verb == "GET" and made.status == 200:
            headers["ETag"] = f'W/"{hashlib.sha256(made.payload).hexdigest()}"'
            if seen.headers.get("if-none-match") == headers["ETag"]:
                self.unchanged += 1
                return Answer(304, headers=headers)
        return replace(made, headers=headers)

    def open_issues(self) -> list[dict[str, Any]]:
        return [issue for issue in self.issues.values() if issue["state"] == "open"]

    def add(self, title: str, body: str = "", **fields: Any) -> dict[str, Any]:
        """A new issue, as its JSON."""
        number = len(self.issues) + 1
        now = self._now()
        self.issues[number] = {
            "id": 10_000 + number,
            "url": f"{self.url}/repos/{REPOSITORY}/issues/{number}",
            "html_url": f"{self.url}/{REPOSITORY}/issues/{number}",
            "number": number,
            "title": title,
            "body": body,
            "state": "open",
            "state_reason": None,
            "user": {"login": "bot"},
            "labels": [{"name": name} for name in fields.get("labels", ())],
            "assignees": [{"login": login} for login in fields.get("assignees", ())],
            "milestone": next((one for one in self.milestones if one["number"] == fields.get("milestone")), None),
            "type": {"name": fields["type"]} if fields.get("type") else None,
            "created_at": now,
            "updated_at": now,
            "closed_at": None,
        }
        return self.issues[number]

    def change(self, number: int, **fields: Any) -> dict[str, Any]:
        """An issue with other values."""
        issue = self.issues[number]
        for name, value in fields.items():
            if name == "labels":
                issue["labels"] = [{"name": label} for label in value]
            elif name == "assignees":
                issue["assignees"] = [{"login": login} for login in value]
            else:
                issue[name] = value
        issue["updated_at"] = self._now()
        issue["closed_at"] = issue["closed_at"] or issue["updated_at"] if issue["state"] == "closed" else None
        return issue

    def _now(self) -> str:
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")

    def _route(self, seen: Seen) -> Answer:
        if seen.verb == "QUERY":
            return Answer(data=self._closings().execute(seen.body["query"], seen.body["variables"]))
        path = seen.path.removeprefix("/api/v3")
        lists: dict[str, tuple[Callable[[], Answer], Callable[[], Answer]]] = {
            "labels": (lambda: Answer(data=list(self.labels.values())), lambda: self._make_label(seen.body)),
            "milestones": (lambda: Answer(data=self.milestones), lambda: self._make_milestone(seen.body)),
            "issues": (
                lambda: self._list(seen.query),
                lambda: self._write(seen.body, lambda body: self.add(**body), 201),
            ),
        }
        whole = f"/repos/{REPOSITORY}"
        if path == whole:
            return Answer(data={"full_name": REPOSITORY, "url": f"{self.url}{path}", "private": True})
        if path == "/search/issues":
            return self._search(seen.query)
        if (name := path.removeprefix(f"{whole}/")) in lists:
            return lists[name][0 if seen.verb == "GET" else 1]()
        return self._of_issue(path, seen)

    def _closings(self) -> Graph:
        """Everybody closes issues by hand here."""
        graph = Graph()
        for number, issue in self.issues.items():
            there = self.comments.get(number, ())
            graph.close(
                number,
                closing(by="ana-lima"),
                at=issue["closed_at"],
                reason=(issue["state_reason"] or "completed").upper(),
                comments=tuple(remark(each["body"], each["created_at"], each["user"]["login"]) for each in there),
                pulls=self.work.get(number, ()),
            )
        return graph

    def _of_issue(self, path: str, seen: Seen) -> Answer:
        if seen.verb == "PATCH" and (key := path.removeprefix(f"/repos/{REPOSITORY}/issues/comments/")).isdigit():
            return self._reword(int(key), seen.body["body"])
        found = _ISSUE.fullmatch(path)
        if found is None or int(found[1]) not in self.issues:
            return Answer(404, {"message": "Not Found"})
        number = int(found[1])
        if found[2] == "/sub_issues":
            return self._add_part(number, seen.body["sub_issue_id"])
        if found[2]:
            return self._comments(number, seen)
        if seen.verb == "GET":
            return Answer(data=self.issues[number])
        return self._write(seen.body, lambda body: self.change(number, **body), 200)

    def _add_part(self, number: int, part: int) -> Answer:
        """https://docs.github.com/rest/issues/sub-issues: one parent for each, and so many parts for each parent."""
        child = next((issue for issue in self.issues.values() if issue["id"] == part), None)
        whole = self.issues[number]["url"]
        if child is None or child.get("parent_issue_url"):
            return Answer(422, {"message": "Validation Failed", "errors": ["Sub issue may only have one parent"]})
        if sum(issue.get("parent_issue_url") == whole for issue in self.issues.values()) >= self.parts:
            return Answer(422, {"message": "Validation Failed", "errors": ["Parent cannot have more sub-issues"]})
        child |= {"parent_issue_url": whole, "updated_at": self._now()}
        self.issues[number]["updated_at"] = self._now()
        return Answer(201, self.issues[number])

    def _write(self, body: Mapping[str, Any], write: Callable[[dict[str, Any]], dict[str, Any]], status: int) -> Answer:
        """What GitHub does with the fields of an issue: refuse them by name, or drop them without push access."""
        if not self.push:
            body = {name: value for name, value in body.items() if name not in _FOR_PUSHERS}
        numbers = {one["number"] for one in self.milestones}
        strangers = [] if self.people is None else [who for who in body.get("assignees", ()) if who not in self.people]
        if strangers:
            return _refused("Issue", "assignees", strangers)
        if body.get("milestone") is not None and body["milestone"] not in numbers:
            return _refused("Issue", "milestone", body["milestone"])
        if body.get("type") is not None and self.types is not None and body["type"] not in self.types:
            return _refused("Issue", "type", None)
        for name in body.get("labels", ()):
            self.labels.setdefault(name.casefold(), {"name": name, "color": "ededed", "description": None})
        return Answer(status, write(dict(body)))

    def _make_label(self, body: dict[str, Any]) -> Answer:
        if not self.push:
            return Answer(403, {"message": "Resource not accessible by personal access token"})
        if body["name"].casefold() in self.labels:
            return _refused("Label", "name", None, "already_exists")
        self.labels[body["name"].casefold()] = dict(body)
        return Answer(201, body)

    def _make_milestone(self, body: dict[str, Any]) -> Answer:
        if not self.push:
            return Answer(403, {"message": "Resource not accessible by personal access token"})
        if any(one["title"] == body["title"] for one in self.milestones):
            return _refused("Milestone", "title", None, "already_exists")
        self.milestones.append({"number": len(self.milestones) + 1, "state": "open", **body})
        return Answer(201, self.milestones[-1])

    def _list(self, query: Mapping[str, str]) -> Answer:
        since = query.get("since", "")
        state = query.get("state", "open")
        chosen = [i for i in self.issues.values() if i["updated_at"] >= since and state in ("all", i["state"])]
        chosen.sort(key=lambda issue: (issue["updated_at"], issue["number"]), reverse=query.get("direction") != "asc")
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        begin = (page - 1) * size
        more = {**query, "page": page + 1}
        link = f'<{self.url}/repos/{REPOSITORY}/issues?{urlencode(more)}>; rel="next"'
        return Answer(data=chosen[begin : begin + size], headers={"Link": link} if begin + size < len(chosen) else {})

    def _search(self, query: Mapping[str, str]) -> Answer:
        wanted = re.search(r'"(.*)"', query.get("q", ""))
        words = wanted[1].casefold() if wanted else ""
        items = [issue for issue in self.issues.values() if words in issue["title"].casefold()]
        return Answer(data={"total_count": len(items), "incomplete_results": False, "items": items[:30]})

    def _comments(self, number: int, seen: Seen) -> Answer:
        if seen.verb == "GET":
            size, page = int(seen.query.get("per_page", 30)), int(seen.query.get("page", 1))
            there = self.comments.get(number, [])
            more = {"Link": '<x>; rel="next"'} if page * size < len(there) else {}
            return Answer(data=there[(page - 1) * size : page * size], headers=more)
        return Answer(201, self.say(number, seen.body["body"]))

    def say(self, number: int, body: str, by: str = "bot") -> dict[str, Any]:
        """A new comment, as its JSON."""
        there = self.comments.setdefault(number, [])
        key = number * 100_000 + len(there) + 1
        url = f"{self.url}/{REPOSITORY}/issues/{number}#issuecomment-{key}"
        told = {"id": key, "html_url": url, "body": body, "user": {"login": by}, "created_at": self._now()}
        there.append(told)
        self.issues[number]["updated_at"] = self._now()
        return told

    def _reword(self, key: int, body: str) -> Answer:
        found = [one for there in self.comments.values() for one in there if one["id"] == key]
        for comment in found:
            comment["body"] = body
        return Answer(data=found[0]) if found else Answer(404, {"message": "Not Found"})

    def _refusal(self, seen: Seen) -> Answer | None:
        """What GitHub says past its limits. Its windows are taken to slide, which is the strictest they can be."""
        if not self.limits:
            return None
        now = self.clock()
        while self._creates and now - self._creates[0] >= timedelta(hours=1):
            self._creates.popleft()
        while self._points and now - self._points[0][0] >= timedelta(minutes=1):
            self._points.popleft()
        points = 1 if seen.verb in ("GET", "QUERY") else 5
        minute = sum(now - at < timedelta(minutes=1) for at in self._creates)
        full = sum(each for _, each in self._points) + points > POINTS
        if full or (seen.verb == "POST" and (minute >= PER_MINUTE or len(self._creates) >= PER_HOUR)):
            self.refusals += 1
            return Answer(403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "60"})
        self._points.append((now, points))
        if seen.verb == "POST":
            self._creates.append(now)
        return None


def _refused(resource: str, name: str, value: Any, code: str = "invalid") -> Answer:
    error = {"resource": resource, "field": name, "code": code} | ({} if value is None else {"value": value})
    return Answer(422, {"message": "Validation Failed", "errors": [error], "status": "422"})
