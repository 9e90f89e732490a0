"""A small GitHub that others' counterparts can't replace: listings of any length, replicas that lag, published limits.

One repository, kept in memory and served by `Serving`. Time is an argument, so that hours pass
in a moment.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from contract.faults import Answer, FaultServer, Seen, _Handler

REPOSITORY = "acme/ops"
PER_MINUTE, PER_HOUR, POINTS = 80, 500, 900
"""https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"""

_ISSUE = re.compile(rf"/repos/{REPOSITORY}/issues/(\d+)(/comments)?")


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
    once it has happened: that is how answers get lost.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC), *, limits: bool = False) -> None:
        self.clock = clock
        self.limits = limits
        self.url = ""
        self.issues: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.verbs: Counter[str] = Counter()
        self.refusals = 0
        self.before: Callable[[Seen], Answer | None] = lambda _: None
        self.after: Callable[[Seen], Answer | None] = lambda _: None
        self._creates: deque[datetime] = deque()
        self._points: deque[tuple[datetime, int]] = deque()
        self._lock = threading.Lock()

    def answer(self, seen: Seen) -> Answer:
        with self._lock:
            self.verbs[seen.verb] += 1
            instead = self.before(seen) or self._refusal(seen)
            if instead is not None:
                return instead
            made = self._route(seen)
            return self.after(seen) or made

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
        path = seen.path.removeprefix("/api/v3")
        if path == f"/repos/{REPOSITORY}":
            return Answer(data={"full_name": REPOSITORY, "url": f"{self.url}{path}", "private": True})
        if path == "/search/issues":
            return self._search(seen.query)
        if path == f"/repos/{REPOSITORY}/issues":
            return self._list(seen.query) if seen.verb == "GET" else Answer(201, self.add(**seen.body))
        found = _ISSUE.fullmatch(path)
        if found is None or int(found[1]) not in self.issues:
            return Answer(404, {"message": "Not Found"})
        number = int(found[1])
        if found[2]:
            return self._comments(number, seen)
        return Answer(data=self.issues[number] if seen.verb == "GET" else self.change(number, **seen.body))

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
        there = self.comments.setdefault(number, [])
        if seen.verb == "GET":
            return Answer(data=there)
        there.append(
            {"id": len(there) + 1, "body": seen.body["body"], "user": {"login": "bot"}, "created_at": self._now()}
        )
        self.issues[number]["updated_at"] = self._now()
        return Answer(201, there[-1])

    def _refusal(self, seen: Seen) -> Answer | None:
        """What GitHub says past its limits. Its windows are taken to slide, which is the strictest they can be."""
        if not self.limits:
            return None
        now = self.clock()
        while self._creates and now - self._creates[0] >= timedelta(hours=1):
            self._creates.popleft()
        while self._points and now - self._points[0][0] >= timedelta(minutes=1):
            self._points.popleft()
        points = 1 if seen.verb == "GET" else 5
        minute = sum(now - at < timedelta(minutes=1) for at in self._creates)
        full = sum(each for _, each in self._points) + points > POINTS
        if full or (seen.verb == "POST" and (minute >= PER_MINUTE or len(self._creates) >= PER_HOUR)):
            self.refusals += 1
            return Answer(403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "60"})
        self._points.append((now, points))
        if seen.verb == "POST":
            self._creates.append(now)
        return None
