"""One bench per adapter: a tracker on a counterpart, and the hands of the people who use the same target."""

from __future__ import annotations

import itertools
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from contract.on_jira import data_center, jira_cloud, jira_dc, jira_description, little_jira, sent_to_jira  # noqa: F401
from contract.wire_check import GitHubDescription, Sent, watching
from machine.little_github import LittleGitHub, Serving
from myworld.api.http import mint
from myworld.host import Host, HostConfig

from connectors.github import GitHubTracker
from connectors.interface import Issue, IssueDraft, IssueRef, IssueTracker
from connectors.marker import Marker, write
from connectors.settings import GitHubSettings, LocalSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from myworld.core.instance import Instance

REPOSITORY = "acme/ops"
PEOPLE = ("ana-lima", "bo-chen")


class Bench(Protocol):
    """What the contract suite needs of an adapter's counterpart."""

    @property
    def tracker(self) -> IssueTracker: ...

    @property
    def people(self) -> tuple[str, ...]:
        """Two who can be assigned, called as settings call them."""
        ...

    @property
    def most_assignees(self) -> int:
        """How many of them an issue takes at once."""
        ...

    @property
    def always(self) -> frozenset[str]:
        """The labels that each issue gets, whatever its draft says."""
        ...

    @property
    def tie_apart(self) -> bool:
        """Whether the marker is kept apart from the body, and so outlives the block."""
        ...

    @property
    def quoted(self) -> str:
        """Words of a person who quotes the beginning of a block."""
        ...

    def again(self) -> IssueTracker:
        """A second tracker on the same target: what another process sees."""
        ...

    def person_writes(self, ref: IssueRef, body: str) -> None:
        """Somebody edits the body by hand."""
        ...

    def people_open(self, count: int) -> None:
        """People open so many issues of their own."""
        ...

    def alone(self, managed: str, marker: Marker) -> str:
        """The body of an issue that holds nothing but this block."""
        ...

    def around(self, body: str, before: str, after: str) -> str:
        """This body with words of people before and after it."""
        ...

    def edited_on_the_web(self, body: str) -> str:
        """This body as the target's own editor saves it again, with no word changed."""
        ...

    def names(self, issue: Issue) -> tuple[str, ...]:
        """All that people call this issue."""
        ...

    def others(self) -> tuple[str, ...]:
        """What looks like a name and is none of an issue here."""
        ...

    @property
    def missing(self) -> IssueRef: ...

    @property
    def longest_listing(self) -> int:
        """How many issues the counterpart can list."""
        ...


def some_people(bench: Bench) -> frozenset[str]:
    """As many as an issue takes."""
    return frozenset(bench.people[: bench.most_assignees])


class _InComments:
    """Benches of targets whose bodies are text, with the marker in a comment at the block's end, and issues `#N`."""

    people = PEOPLE
    most_assignees = 2
    always: frozenset[str] = frozenset()
    tie_apart = False
    quoted = "`<!-- closeout:begin -->` quoted, and a <!-- comment -->\n"

    def alone(self, managed: str, marker: Marker) -> str:
        return write("", managed, marker)

    def around(self, body: str, before: str, after: str) -> str:
        return f"{before}{body}\n\n{after}" if body else before + after

    def edited_on_the_web(self, body: str) -> str:
        return body.replace("\n", "\r\n")

    def names(self, issue: Issue) -> tuple[str, ...]:
        return issue.ref.key, f"#{issue.ref.number}", f" #{issue.ref.number} ", *filter(None, [issue.ref.url])

    def others(self) -> tuple[str, ...]:
        return "#", "#x", "#-1", "see #12", "https://example.org/a/b/issues/1", "a/b#1"


@dataclass
class LocalBench(_InComments):
    root: Path
    tracker: IssueTracker
    again: Callable[[], IssueTracker]

    longest_listing = 1_000

    @property
    def missing(self) -> IssueRef:
        return IssueRef(self.tracker.name, 9_999, "#9999")

    def people_open(self, count: int) -> None:
        for number in range(count):
            tie = Marker(f"people-{number}", "people.md", "x")
            self.tracker.create(IssueDraft(title=f"Mine {number}", managed="", marker=tie))

    def person_writes(self, ref: IssueRef, body: str) -> None:
        database = sqlite3.connect(self.root / "issues.db")
        try:
            database.execute("UPDATE local_issue SET body = ? WHERE number = ?", (body, ref.number))
            database.commit()
        finally:
            database.close()


@dataclass
class GitHubBench(_InComments):
    world: Instance
    sent: Sent
    tracker: GitHubTracker
    again: Callable[..., GitHubTracker]

    longest_listing = 100

    @property
    def missing(self) -> IssueRef:
        return IssueRef(self.tracker.name, 9_999, f"{REPOSITORY}#9999")

    def people_open(self, count: int) -> None:
        for number in range(count):
            self.call("create_issue", title=f"Mine {number}")

    def call(self, tool: str, **arguments: Any) -> Any:
        """Act as a person on GitHub."""
        owner, repo = REPOSITORY.split("/")
        result = self.world.call(tool, {"owner": owner, "repo": repo} | arguments)
        assert not result.is_error, result.text
        return result.data

    def person_writes(self, ref: IssueRef, body: str) -> None:
        self.call("update_issue", issue_number=ref.number, body=body)

    def stored(self, number: int) -> dict[str, Any]:
        stored: dict[str, Any] = self.world.state["repos"][REPOSITORY]["issues"][number]
        return stored


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("authority")
    host = Host(HostConfig(gateway_port=0, gateway_passthrough=False, ca_dir=folder))
    yield host
    host.gateway.stop()
    host.gateway._loop.close()  # which it leaves to the garbage collector


@pytest.fixture(scope="session")
def description() -> GitHubDescription:
    return GitHubDescription()


@pytest.fixture
def sent(description: GitHubDescription, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Every request of the test; one that GitHub's description does not allow fails the test."""
    with watching(description, monkeypatch) as sent:
        yield sent


@pytest.fixture
def github(host: Host, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubBench]:
    for variable in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, host.gateway.url)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    world = host.create(
        "github",
        {
            "viewer": "closeout-bot",
            "users": [{"login": login, "name": login} for login in ("closeout-bot", *PEOPLE)],
            "repos": [{"name": REPOSITORY, "private": True}, {"name": "acme/site", "private": False}],
        },
    )
    token = mint(host.gateway_secret, instance=world.id, kind="github")
    opened: list[GitHubTracker] = []

    def again(repository: str = REPOSITORY) -> GitHubTracker:
        settings = GitHubSettings(repository=repository, ca_bundle=str(host.gateway.ca.cert_path))
        opened.append(GitHubTracker("ops", settings, token, read_pauses=()))
        return opened[-1]

    yield GitHubBench(world, sent, again(), again)
    for tracker in opened:
        tracker.close()
    host.delete(world.id)


@pytest.fixture
def hub(sent: Sent) -> Iterator[LittleGitHub]:  # which fails the test of a request that GitHub would not know
    """The small GitHub on loopback; each request to it is held to GitHub's description, too."""
    hub = LittleGitHub()
    with Serving(hub):
        yield hub


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalBench]:
    from connectors.local import LocalTracker  # noqa: PLC0415  (databases load slowly; only these tests pay)

    opened: list[IssueTracker] = []

    def again() -> IssueTracker:
        opened.append(LocalTracker("local", LocalSettings(database="sqlite:///issues.db"), tmp_path))
        return opened[-1]

    yield LocalBench(tmp_path, again(), again)
    for tracker in opened:
        tracker.close()


@pytest.fixture(params=["local", "github", "jira_cloud", "jira_dc"])
def bench(request: pytest.FixtureRequest) -> Bench:
    bench: Bench = request.getfixturevalue(request.param)
    return bench


@pytest.fixture
def tracker(bench: Bench) -> IssueTracker:
    return bench.tracker


@pytest.fixture
def draft() -> Callable[..., IssueDraft]:
    """Drafts with items of their own; any field can be named."""
    count = itertools.count(1)

    def make(**fields: Any) -> IssueDraft:
        number = next(count)
        tie = Marker(item=f"item-{number}", document="2026/outage.md", text=f"Do thing {number}", base={"title": "x"})
        plain = IssueDraft(title=f"Do thing {number}", managed=f"Why: outage {number}", marker=tie)
        return replace(plain, **fields)

    return make
