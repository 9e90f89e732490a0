"""Benches of the Jira adapter: on the small Cloud, and on `jira820` as Data Center."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from contract.amended_jira820 import Amended, amended
from contract.jira_wire_check import JiraDescription
from contract.little_jira import EMAIL, SECRET, LittleJira, Serving
from contract.wire_check import Sent, watching
from uvicorn import Config, Server

from connectors.interface import IssueDraft, IssueRef
from connectors.settings import JiraSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

    from connectors.interface import Issue, IssueTracker
    from connectors.jira import JiraTracker
    from connectors.marker import Marker

LABEL = "postmortem"
"""The first of the settings' labels, which every issue that Closeout opens carries."""


@contextmanager
def tracker_at(url: str, **settings: Any) -> Iterator[JiraTracker]:
    """A tracker on the Jira there; of an account with an API token, unless `email` says otherwise."""
    from connectors.jira import JiraTracker  # noqa: PLC0415  (loads slowly; only these tests pay)

    known = {"url": url, "project": "OPS", "email": EMAIL, "timeout": 5}
    tracker = JiraTracker("ops", JiraSettings.model_validate(known | settings), SECRET, read_pauses=())
    try:
        yield tracker
    finally:
        tracker.close()


class _JiraBench:
    """What the two have in common. `again` opens another tracker on the same Jira."""

    most_assignees = 1
    always = frozenset({LABEL})
    tracker: IssueTracker

    @property
    def missing(self) -> IssueRef:
        return IssueRef(self.tracker.name, 9_999, "OPS-9999")

    def names(self, issue: Issue) -> tuple[str, ...]:
        site = issue.ref.url.partition("/browse/")[0]
        board = f"{site}/jira/software/projects/OPS/boards/1?selectedIssue={issue.ref.key}"
        return issue.ref.key, f" {issue.ref.key} ", issue.ref.key.lower(), issue.ref.url, board

    def others(self) -> tuple[str, ...]:
        return "OPS", "OPS-", "OPS-0", "NEW-1", "OPS-1 and more", "https://example.org/browse/OPS-1"


@dataclass
class CloudBench(_JiraBench):
    jira: LittleJira
    sent: Sent
    tracker: IssueTracker
    again: Callable[..., IssueTracker]

    longest_listing = 1_000
    people = ("712020:b0-chen", "ana@example.com")
    tie_apart = True
    quoted = "a copied lozenge, quoted\n"

    def people_open(self, count: int) -> None:
        for number in range(count):
            fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": f"Mine {number}"}
            self.jira.store.create({"fields": fields | {"labels": [LABEL]}})

    def person_writes(self, ref: IssueRef, body: str) -> None:
        description = json.loads(body) if body else None
        self.jira.store.edit(self.jira.store.find(ref.key), {"fields": {"description": description}})

    def alone(self, managed: str, marker: Marker) -> str:
        """A block of these alone, as another issue has it."""
        return _alone(self.again(), managed, marker)

    def around(self, body: str, before: str, after: str) -> str:
        """Paragraphs around a block; who quotes it copies its first lozenge, too."""
        nodes = json.loads(body)["content"] if body else []
        copied = [deepcopy(nodes[0])] if self.quoted in (before, after) else []
        content = [*copied, *_paragraph(before), *nodes, *copied, *_paragraph(after)]
        document = {"type": "doc", "version": 1, "content": content}
        return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def edited_on_the_web(self, body: str) -> str:
        """Jira's editor gives nodes ids of its own."""
        document = json.loads(body)
        for number, node in enumerate(_walk(document)):
            if node["type"] in ("paragraph", "status"):
                node["attrs"] = {**node.get("attrs", {}), "localId": f"{number:08x}"}
        return json.dumps(document)


@dataclass
class DataCenterBench(_JiraBench):
    store: Amended
    tracker: IssueTracker
    again: Callable[..., IssueTracker]

    longest_listing = 1_000
    people = ("ana", "bo@example.com")
    tie_apart = False
    quoted = "{anchor:closeout-begin} quoted, and an {anchor:other}\n"

    def people_open(self, count: int) -> None:
        for number in range(count):
            fields = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": f"Mine {number}"}
            self.store.make({"fields": fields | {"labels": [LABEL]}})

    def person_writes(self, ref: IssueRef, body: str) -> None:
        self.store.change(ref.key, {"fields": {"description": body}})

    def alone(self, managed: str, marker: Marker) -> str:
        """A block of these alone, as another issue has it."""
        return _alone(self.again(), managed, marker)

    def around(self, body: str, before: str, after: str) -> str:
        return f"{before}{body}\n\n{after}" if body else before + after

    def edited_on_the_web(self, body: str) -> str:
        return body.replace("\n", "\r\n")


def _alone(tracker: IssueTracker, managed: str, marker: Marker) -> str:
    return tracker.create(IssueDraft(title="Another", managed=managed, marker=marker)).body


def _paragraph(words: str) -> list[dict[str, Any]]:
    return [{"type": "paragraph", "content": [{"type": "text", "text": words}]}] if words else []


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("content", ()):
        yield from _walk(each)


@pytest.fixture(scope="session")
def jira_description() -> JiraDescription:
    return JiraDescription()


@pytest.fixture
def sent_to_jira(jira_description: JiraDescription, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Every request of the test; one that Atlassian's description does not allow fails the test."""
    with watching(jira_description, monkeypatch) as sent:
        yield sent


@pytest.fixture
def little_jira(sent_to_jira: Sent) -> Iterator[LittleJira]:
    """The small Cloud on loopback; each request to it is held to Atlassian's description, too."""
    jira = LittleJira()
    with Serving(jira):
        yield jira
    assert jira.broken == []


@pytest.fixture
def jira_cloud(little_jira: LittleJira, sent_to_jira: Sent) -> Iterator[CloudBench]:
    with _trackers(little_jira.url) as again:
        yield CloudBench(jira=little_jira, sent=sent_to_jira, tracker=again(), again=again)


@pytest.fixture(scope="session")
def data_center() -> Iterator[tuple[str, FastAPI]]:
    """`jira820` on loopback: its address and its app. It starts slowly, so all tests share it."""
    app = amended()
    server = Server(Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1))
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", app
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def jira_dc(data_center: tuple[str, FastAPI]) -> Iterator[DataCenterBench]:
    """An empty Data Center, and a tracker with a personal access token."""
    url, app = data_center
    app.state.store = Amended()
    with _trackers(url, email=None) as again:
        yield DataCenterBench(store=app.state.store, tracker=again(), again=again)


@contextmanager
def _trackers(url: str, **known: Any) -> Iterator[Callable[..., JiraTracker]]:
    with ExitStack() as opened:
        yield lambda **settings: opened.enter_context(tracker_at(url, **known | settings))
