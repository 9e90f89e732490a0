"""GitHub's GraphQL API on loopback: its own schema, cut to what Closeout asks for, over issues that tests describe.

Every query is validated and executed by graphql-core; a field or argument that GitHub does not have is an error.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, build_schema, graphql_sync

SCHEMA = build_schema(
    Path(__file__).with_name("github-schema.graphql").read_text("utf-8")
    + "type User implements Actor { login: String! } type Bot implements Actor { login: String! }"
)  # no query asks for more of a person, or a machine, than of any actor
EVENTS = {"ClosedEvent": "CLOSED_EVENT", "CrossReferencedEvent": "CROSS_REFERENCED_EVENT"}


def timeline(events: list[dict[str, Any]]) -> Any:
    """A field that lists those of `events` that are asked for."""

    def nodes(_info: GraphQLResolveInfo, itemTypes: list[str], last: int) -> dict[str, Any]:  # noqa: N803 - GitHub's
        return {"nodes": [event for event in events if EVENTS[event["__typename"]] in itemTypes][-last:]}

    return nodes


def closing(closer: dict[str, Any] | None = None, by: str | None = "ana-lima") -> dict[str, Any]:
    return {"__typename": "ClosedEvent", "actor": {"__typename": "User", "login": by} if by else None, "closer": closer}


def remark(body: str, at: str, by: str | None = "ana-lima", *, bot: bool = False) -> dict[str, Any]:
    author = {"__typename": "Bot" if bot else "User", "login": by} if by else None
    return {"body": body, "createdAt": at, "author": author}


def commit(oid: str, repository: str = "acme/ops") -> dict[str, Any]:
    return {"__typename": "Commit", "url": f"https://github.com/{repository}/commit/{oid}"}


def pull_request(
    number: int,
    *,
    merged: bool = True,
    body: str = "",
    named_by: tuple[dict[str, Any], ...] = (),
    of: str = "acme/ops",
    draft: bool = False,
) -> dict[str, Any]:
    """A pull request; `named_by` are those that refer to it."""
    return {
        "__typename": "PullRequest",
        "number": number,
        "url": f"https://github.com/{of}/pull/{number}",
        "merged": merged,
        "isDraft": draft,
        "body": body,
        "repository": {"nameWithOwner": of},
        "timelineItems": timeline([{"__typename": "CrossReferencedEvent", "source": each} for each in named_by]),
    }


def _closing_pulls(requests: tuple[dict[str, Any] | None, ...]) -> Any:
    """A field that lists pull requests that would close an issue, and those that did where they are wanted, too."""

    def listed(_info: GraphQLResolveInfo, first: int, includeClosedPrs: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002, N803
        wanted = [each for each in requests if each is None or includeClosedPrs or not each["merged"]]
        return {"nodes": wanted[:first]}

    return listed


@dataclass
class Graph:
    """The issues of `acme/ops`, by number, and the queries that were sent. `answer` stands in for the next answer."""

    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    answer: tuple[int, str] | None = None
    url: str = ""

    def close(
        self,
        number: int,
        *events: dict[str, Any],
        at: str | None = "2026-11-20T09:00:00Z",
        reason: str | None = "COMPLETED",
        comments: tuple[dict[str, Any], ...] = (),
        pulls: tuple[dict[str, Any] | None, ...] = (),
    ) -> None:
        """An issue as it is after these events; `pulls` would close it, None is one that the asker may not see."""
        self.issues[number] = {
            "number": number,
            "closedAt": at,
            "stateReason": reason if at else None,
            "timelineItems": timeline(list(events)),
            "comments": lambda _info, last: {"nodes": comments[-last:]},
            "closedByPullRequestsReferences": _closing_pulls(pulls),
        }

    def work(self, number: int, *requests: dict[str, Any] | None, at: str | None = None) -> None:
        """An open issue that these pull requests would close."""
        self.close(number, at=at, pulls=requests)

    def execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        def issue(_info: GraphQLResolveInfo, number: int) -> dict[str, Any]:
            if number not in self.issues:
                raise GraphQLError(f"Could not resolve to an Issue with the number of {number}.")
            return self.issues[number]

        def repository(_info: GraphQLResolveInfo, owner: str, name: str) -> dict[str, Any]:
            assert (owner, name) == ("acme", "ops")
            return {"nameWithOwner": "acme/ops", "issue": issue}

        result = graphql_sync(SCHEMA, query, {"repository": repository}, variable_values=variables)
        return dict(result.formatted)


@contextmanager
def serving(graph: Graph) -> Iterator[Graph]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/api/graphql"
            graph.queries.append(sent["query"])
            status, body = graph.answer or (200, json.dumps(graph.execute(sent["query"], sent["variables"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    graph.url = f"http://127.0.0.1:{server.server_port}/api/v3"
    try:
        yield graph
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
