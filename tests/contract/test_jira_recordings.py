"""What a real Jira Cloud answered, replayed to the adapter's reading side: not one recorded answer is left out.

The recordings are of its REST API v2, in which texts are wiki text.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml
from contract.faults import Answer, FaultServer, Seen

from connectors.interface import IssueState
from connectors.jira import states, texts
from connectors.jira.screens import Screens
from connectors.jira.site import Site
from connectors.jira.values import Project, Reader
from connectors.jira.wire import Wire
from connectors.settings import JiraSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings" / "jira-cloud"
CASSETTES = sorted(RECORDINGS.glob("*.yaml"))
SITE = "https://defectdojo.atlassian.net"
_ISSUE = re.compile(r"/rest/api/2/issue/(NTEST-\d+|\d+)")

pytestmark = pytest.mark.skipif(not CASSETTES, reason="the recordings of Jira Cloud are not here")


class Cassette:
    """One recording as a server: what Jira answered, in order; the last answer of a request again and again."""

    def __init__(self, file: Path) -> None:
        recorded = yaml.load(file.read_bytes(), yaml.CSafeLoader)["interactions"]
        self.interactions = [each for each in recorded if each["request"]["uri"].startswith(SITE)]
        self._left: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        for each in self.interactions:
            self._left[each["request"]["method"], urlsplit(each["request"]["uri"]).path].append(_answer(each))

    def answer(self, seen: Seen) -> Answer:
        there = self._left.get((seen.verb, seen.path))
        if not there:
            return Answer(404, {"errorMessages": ["null for uri"], "errors": {}})
        return there.pop(0) if len(there) > 1 else there[0]

    def told(self, verb: str, pattern: str) -> list[tuple[str, Any]]:
        """Path and JSON of each answer to such requests."""
        answers = ((urlsplit(each["request"]["uri"]).path, each) for each in self.interactions)
        return [
            (path, json.loads(each["response"]["body"]["string"] or "null"))
            for path, each in answers
            if each["request"]["method"] == verb and re.fullmatch(pattern, path)
        ]


def _answer(interaction: dict[str, Any]) -> Answer:
    response = interaction["response"]
    text = response["body"]["string"] or b""
    kept = {name: response["headers"][name][0] for name in ("Date", "Content-Type") if name in response["headers"]}
    return Answer(response["status"]["code"], headers=kept, raw=text if isinstance(text, bytes) else text.encode())


@pytest.fixture(scope="module", params=CASSETTES, ids=lambda file: file.stem)
def cassette(request: pytest.FixtureRequest) -> Cassette:
    return Cassette(request.param)


@pytest.fixture
def wire(request: pytest.FixtureRequest, cassette: Cassette) -> Iterator[Wire]:
    with FaultServer(Cassette(request.node.callspec.params["cassette"]).answer) as server:
        wire = Wire(_settings(server.url), "t0ken", "ops (NTEST)", read_pauses=())
        yield wire
        wire.close()


def _settings(url: str = SITE, **more: Any) -> JiraSettings:
    return JiraSettings.model_validate({"url": url, "project": "NTEST", "email": "a@example.com", "timeout": 5} | more)


def test_the_site_is_known_for_cloud(wire: Wire) -> None:
    assert Site(wire, Project("ops", "NTEST", SITE), _settings()).cloud


def test_every_issue_is_read(cassette: Cassette, wire: Wire) -> None:
    """As it was recorded, with nothing lost, and the time in UTC."""
    reader = Reader.of(Project("ops", "NTEST", SITE), _settings(), cloud=False)
    recorded = cassette.told("GET", _ISSUE.pattern)
    assert recorded
    for path, raw in recorded:
        answer = wire.read(path.removeprefix("/rest/api/2/"), "ops", {"fields": ",".join(reader.fields)}, of_issue=True)
        assert answer.data == raw
        assert answer.date is not None
        seen, fields = reader.seen(answer.data), raw["fields"]
        issue = seen.issue
        assert (issue.ref.key, issue.ref.url) == (raw["key"], f"{SITE}/browse/{raw['key']}")
        assert (issue.title, issue.body) == (fields["summary"], fields["description"] or "")
        assert (issue.managed, issue.marker, issue.labels, issue.assignees) == (None, None, set(), set())
        assert issue.author == fields["creator"]["accountId"]
        assert seen.id == int(raw["id"])
        times = {"created": issue.created_at, "updated": issue.updated_at, "resolutiondate": issue.closed_at}
        for name, time in times.items():
            said = fields[name] and datetime.strptime(fields[name], "%Y-%m-%dT%H:%M:%S.%f%z")
            assert time == (said or None), name
            assert time is None or time.tzinfo is UTC
        done = fields["status"]["statusCategory"]["key"] == "done"
        assert issue.state is (IssueState.DONE if done else IssueState.OPEN)
        assert (
            issue.priority == {"Highest": "P0", "High": "P1", "Medium": "P2", "Low": "P3"}[fields["priority"]["name"]]
        )


def test_the_create_screen_is_read(cassette: Cassette, wire: Wire) -> None:
    """By the older way, which is recorded: the newer one is not there."""
    _, recorded = cassette.told("GET", "/rest/api/2/issue/createmeta")[0]
    (raw,) = recorded["projects"][0]["issuetypes"]
    screen = Screens(wire, _settings(), "ops").of(raw["name"])
    assert (screen.type_id, set(screen.fields)) == (raw["id"], set(raw["fields"]))
    for name, field in raw["fields"].items():
        read = screen.fields[name]
        assert (read.name, read.required, read.type) == (field["name"], field["required"], field["schema"]["type"])
    assert {"summary", "description", "labels", "priority"} <= set(screen.fields)


def test_every_write_is_answered(cassette: Cassette, wire: Wire) -> None:
    """Creates by id and key; edits and transitions by nothing; comments by themselves."""
    for each in cassette.interactions:
        sent, path = each["request"], urlsplit(each["request"]["uri"]).path.removeprefix("/rest/api/2/")
        if sent["method"] == "GET":
            continue
        told = wire.write(sent["method"], path, "ops", json.loads(sent["body"])).data
        if path == "issue":
            assert told["key"].startswith("NTEST-")
            assert int(told["id"])
        elif path.endswith("/comment"):
            comment = texts.comment(told, told["author"]["accountId"], told["created"])
            assert (comment.id, comment.body) == (told["id"], json.loads(sent["body"])["body"])
        else:
            assert told is None


def test_what_closed_an_issue_is_told_by_its_category() -> None:
    """The recorded workflow sets the resolution itself, with no screen."""
    closed = [raw for file in CASSETTES for _, raw in Cassette(file).told("GET", _ISSUE.pattern) if _done(raw)]
    assert closed
    meanings = states.Meanings.of(_settings())
    assert {states.state_of(raw["fields"], meanings) for raw in closed} == {IssueState.DONE}
    wont = states.Meanings.of(_settings(wont_do=["done"]))
    assert {states.state_of(raw["fields"], wont) for raw in closed} == {IssueState.WONT_DO}


def _done(raw: dict[str, Any]) -> bool:
    return bool(raw["fields"]["resolution"])


def test_no_recorded_request_is_left_out(cassette: Cassette) -> None:
    known = {
        ("GET", "/rest/api/2/serverInfo"),
        ("GET", "/rest/api/2/issue/createmeta"),
        ("GET", "issue"),
        ("POST", "/rest/api/2/issue"),
        ("PUT", "issue"),
        ("POST", "issue/transitions"),
        ("POST", "issue/comment"),
    }
    made = {
        (each["request"]["method"], _ISSUE.sub("issue", urlsplit(each["request"]["uri"]).path))
        for each in cassette.interactions
    }
    assert made <= known
