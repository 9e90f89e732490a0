"""The small Jira Cloud, held to Atlassian's description of it and to what the recordings show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from contract.jira_fields import meta, named
from contract.little_jira import EMAIL, SECRET, LittleJira, Serving
from contract.wire_check import UnknownParameter
from openapi_core.exceptions import OpenAPIError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contract.jira_wire_check import JiraDescription
    from contract.wire_check import Sent

    Call = Callable[..., tuple[int, Any]]

NOON = datetime(2026, 10, 24, 12, 0, 30, tzinfo=UTC)
ADF = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Why"}]}]}


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jira(clock: Clock) -> Iterator[LittleJira]:
    jira = LittleJira(clock)
    with Serving(jira):
        yield jira
    assert jira.broken == []


@pytest.fixture
def call(jira: LittleJira, sent_to_jira: Sent) -> Iterator[Call]:
    """Send a request as a client would; status and JSON."""
    with requests.Session() as session:
        session.auth = (EMAIL, SECRET)

        def call(verb: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
            answer = session.request(verb, f"{jira.url}/rest/api/3/{path}", params=query, json=body, timeout=5)
            return answer.status_code, answer.json() if answer.content else None

        yield call


def new(summary: str = "Do it", **fields: Any) -> dict[str, Any]:
    plain = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": summary, "labels": ["postmortem"]}
    return {"fields": plain | fields}


def test_says_that_it_is_cloud_without_a_token(jira: LittleJira) -> None:
    told = requests.get(f"{jira.url}/rest/api/2/serverInfo", timeout=5).json()
    assert told["deploymentType"] == "Cloud"
    assert requests.get(f"{jira.url}/rest/api/3/myself", timeout=5).status_code == 401


def test_an_issue_is_created_read_and_edited(call: Call) -> None:
    status, made = call(
        "POST", "issue", new(description=ADF) | {"properties": [{"key": "closeout", "value": {"a": 1}}]}
    )
    assert (status, set(made)) == (201, {"id", "key", "self"})
    status, read = call("GET", "issue/ops-1", fields="summary,description,created,labels", properties="closeout")
    assert (status, read["id"], read["properties"]) == (200, made["id"], {"closeout": {"a": 1}})
    assert read["fields"]["description"] == ADF
    assert read["fields"]["created"] == "2026-10-24T14:00:30.000+0200"
    edit = {"fields": {"summary": "Other"}, "update": {"labels": [{"add": "late"}, {"remove": "postmortem"}]}}
    assert call("PUT", f"issue/{made['id']}", edit) == (204, None)
    _, after = call("GET", "issue/OPS-1", fields="*all")
    assert (after["fields"]["summary"], after["fields"]["labels"]) == ("Other", ["late"])
    assert "properties" not in after


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"summary": " "}, "summary"),
        ({"summary": "x" * 256}, "summary"),
        ({"summary": "a\nb"}, "summary"),
        ({"labels": ["a b"]}, "labels"),
        ({"description": "plain"}, "description"),
        (
            {
                "description": {
                    **ADF,
                    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x" * 32_768}]}],
                }
            },
            "description",
        ),
        ({"duedate": "tomorrow"}, "duedate"),
        ({"priority": {"name": "P0"}}, "priority"),
        ({"assignee": {"accountId": "712020:left"}}, "assignee"),
        ({"assignee": {"name": "ana"}}, "assignee"),
        ({"parent": {"key": "OPS-9"}}, "parentId"),
        ({"customfield_1": "x"}, "customfield_1"),
        ({"issuetype": {"name": "Chore"}}, "issuetype"),
        ({"project": {"key": "NOPE"}}, "project"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_a_field_does_not_take_is_refused_by_name(call: Call, fields: dict[str, Any], wrong: str) -> None:
    status, told = call("POST", "issue", new() | {"fields": new()["fields"] | fields})
    assert (status, set(told["errors"])) == (400, {wrong})


def test_the_create_metadata_says_what_is_demanded(call: Call, jira: LittleJira) -> None:
    severity = meta("Severity", "option", required=True, allowedValues=[{"id": "1", "value": "S1"}])
    jira.store.screens["Task"]["customfield_10050"] = severity
    _, types = call("GET", "issue/createmeta/OPS/issuetypes")
    task = next(each["id"] for each in types["issueTypes"] if each["name"] == "Task")
    _, page = call("GET", f"issue/createmeta/OPS/issuetypes/{task}", maxResults=200)
    told = {each["fieldId"]: each for each in page["fields"]}
    assert (told["customfield_10050"]["required"], page["total"]) == (True, len(page["fields"]))
    assert call("POST", "issue", new())[1]["errors"] == {"customfield_10050": "Severity is required."}
    assert call("POST", "issue", new(customfield_10050={"value": "S1"}))[0] == 201


def test_of_many_some_are_made_and_some_refused(call: Call) -> None:
    status, told = call("POST", "issue/bulk", {"issueUpdates": [new("One"), new(""), new("Three")]})
    assert (status, [each["key"] for each in told["issues"]]) == (201, ["OPS-1", "OPS-2"])
    assert [(each["failedElementNumber"], set(each["elementErrors"]["errors"])) for each in told["errors"]] == [
        (1, {"summary"})
    ]
    assert call("POST", "issue/bulk", {"issueUpdates": [new("")]})[0] == 400
    assert call("POST", "issue/bulk", {"issueUpdates": [new()] * 51})[0] == 400
    asked = {"issueIdsOrKeys": ["OPS-2", "OPS-1", "OPS-9"], "fields": ["summary"]}
    assert [each["fields"]["summary"] for each in call("POST", "issue/bulkfetch", asked)[1]["issues"]] == [
        "One",
        "Three",
    ]


class TestSearch:
    JQL = 'project = OPS AND labels = "postmortem" ORDER BY updated ASC'

    def found(self, call: Call, jql: str = JQL, **more: Any) -> list[str]:
        status, told = call("POST", "search/jql", {"jql": jql, "fields": ["summary"]} | more)
        assert status == 200, told
        return [each["key"] for each in told["issues"]]

    def test_gives_ids_only_unless_asked(self, call: Call) -> None:
        call("POST", "issue", new())
        _, told = call("POST", "search/jql", {"jql": self.JQL})
        assert told == {"isLast": True, "issues": [{"id": "10001"}]}

    def test_is_paged_by_tokens(self, call: Call, jira: LittleJira) -> None:
        jira.page = 2
        for number in range(5):
            call("POST", "issue", new(f"Do {number}"))
        asked: dict[str, Any] = {"jql": self.JQL, "fields": ["summary"], "maxResults": 50}
        pages = [call("POST", "search/jql", asked)[1]]
        while not pages[-1]["isLast"]:
            pages.append(call("POST", "search/jql", asked | {"nextPageToken": pages[-1]["nextPageToken"]})[1])
        assert [len(page["issues"]) for page in pages] == [2, 2, 1]
        assert "nextPageToken" not in pages[-1]
        assert call("POST", "search/jql", asked | {"nextPageToken": "nonsense"})[0] == 400

    def test_lags_behind_writes_but_for_what_is_reconciled(self, call: Call, jira: LittleJira, clock: Clock) -> None:
        jira.store.lag = timedelta(minutes=1)
        number = int(call("POST", "issue", new())[1]["id"])
        assert self.found(call) == []
        assert self.found(call, reconcileIssues=[number]) == ["OPS-1"]
        clock.now += timedelta(minutes=1)
        assert self.found(call) == ["OPS-1"]
        call("PUT", "issue/OPS-1", {"update": {"labels": [{"remove": "postmortem"}]}})
        assert (self.found(call), self.found(call, reconcileIssues=[number])) == (["OPS-1"], [])

    def test_reads_times_in_the_askers_zone_by_the_minute(self, call: Call) -> None:
        call("POST", "issue", new())
        since = 'project = OPS AND updated >= "2026-10-24 14:{:02}" ORDER BY updated'
        assert self.found(call, since.format(0)) == ["OPS-1"]
        assert self.found(call, since.format(1)) == []

    def test_a_clock_set_back_shows_a_time_twice(self, call: Call, jira: LittleJira, clock: Clock) -> None:
        clock.now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 the first time
        call("POST", "issue", new())
        since = 'project = OPS AND updated >= "2026-10-25 02:30"'
        assert self.found(call, since) == ["OPS-1"]
        jira.fold = 1
        assert self.found(call, since) == []

    @pytest.mark.parametrize(
        "jql",
        [
            "",
            "ORDER BY updated",
            "project = NOPE",
            "project = OPS AND colour = red",
            'project = OPS AND updated >= "yesterday"',
            "project = OPS ORDER BY colour",
            "project = OPS AND",
            "project = OPS labels = x",
            "project = OPS AND labels = a:b",
            "key in (OPS-77)",
            'project = OPS AND labels = "open',
        ],
    )
    def test_what_it_does_not_understand_is_refused(self, call: Call, jql: str) -> None:
        status, told = call("POST", "search/jql", {"jql": jql})
        assert (status, len(told["errorMessages"])) == (400, 1)

    def test_knows_and_or_not_and_brackets(self, call: Call) -> None:
        for summary, labels in (("One", ["a"]), ("Two", ["b"]), ("Three", ["a", "b"])):
            call("POST", "issue", new(summary, labels=labels))
        assert self.found(call, "labels in (a, b) AND NOT (labels = a AND labels = b) ORDER BY key") == [
            "OPS-1",
            "OPS-2",
        ]
        assert self.found(call, "labels not in (a) OR key = OPS-1 ORDER BY key DESC") == ["OPS-2", "OPS-1"]


def test_a_transition_may_demand_a_resolution(call: Call) -> None:
    call("POST", "issue", new())
    _, told = call("GET", "issue/OPS-1/transitions", expand="transitions.fields")
    closing = next(each for each in told["transitions"] if each["to"]["statusCategory"]["key"] == "done")
    assert closing["fields"]["resolution"]["required"]
    way = {"transition": {"id": closing["id"]}}
    assert set(call("POST", "issue/OPS-1/transitions", way)[1]["errors"]) == {"resolution"}
    wrong = way | {"fields": {"resolution": {"name": "Duplicate"}, "summary": "x"}}
    assert set(call("POST", "issue/OPS-1/transitions", wrong)[1]["errors"]) == {"summary"}
    right = way | {"fields": {"resolution": {"name": "Duplicate"}}}
    assert call("POST", "issue/OPS-1/transitions", right) == (204, None)
    fields = call("GET", "issue/OPS-1")[1]["fields"]
    assert (fields["resolution"]["name"], fields["status"]["statusCategory"]["key"]) == ("Duplicate", "done")
    assert fields["resolutiondate"] == fields["updated"]
    assert call("POST", "issue/OPS-1/transitions", right)[0] == 400  # it is there already
    assert call("POST", "issue/OPS-1/transitions", {"transition": {"id": "11"}})[0] == 204
    assert call("GET", "issue/OPS-1")[1]["fields"]["resolution"] is None


def test_a_comment_keeps_its_properties(call: Call) -> None:
    call("POST", "issue", new())
    said = {"body": ADF, "properties": [{"key": "closeout", "value": "words"}]}
    status, told = call("POST", "issue/OPS-1/comment", said)
    assert (status, told["body"], told["author"]["accountId"]) == (201, ADF, "712020:bot")
    assert "properties" not in told
    _, page = call("GET", "issue/OPS-1/comment")
    assert [each["id"] for each in page["comments"]] == [told["id"]]
    _, listed = call("POST", "comment/list", {"ids": [int(told["id"])]}, expand="properties")
    assert listed["values"][0]["properties"] == said["properties"]
    assert call("GET", f"comment/{told['id']}/properties/closeout")[1]["value"] == "words"
    assert call("POST", "issue/OPS-1/comment", {"body": {**ADF, "content": []}})[0] == 400


class TestPeople:
    def test_are_searched_by_the_beginning_of_names_and_addresses(self, call: Call, jira: LittleJira) -> None:
        assert [each["displayName"] for each in call("GET", "user/search", query="lim")[1]] == ["Ana Lima"]
        jira.store.people.hidden.add("5b10a2844c20165700ede21g")
        (ana,) = call("GET", "user/search", query="ana@example.com")[1]
        assert "emailAddress" not in ana
        assert call("GET", "user/search")[0] == 400

    def test_that_left_or_may_not_are_not_assignable(self, call: Call) -> None:
        assert not call("GET", "user/search", query="cy")[1][0]["active"]
        assert call("GET", "user/assignable/search", project="OPS", accountId="712020:left") == (200, [])
        assert len(call("GET", "user/assignable/search", project="OPS", accountId="712020:b0-chen")[1]) == 1
        assert call("GET", "user/assignable/search", project="OPS")[0] == 400

    def test_their_permissions(self, call: Call, jira: LittleJira) -> None:
        jira.allowed.discard("LINK_ISSUES")
        _, told = call("GET", "mypermissions", projectKey="OPS", permissions="CREATE_ISSUES,LINK_ISSUES")
        assert {key: each["havePermission"] for key, each in told["permissions"].items()} == {
            "CREATE_ISSUES": True,
            "LINK_ISSUES": False,
        }


def test_a_link_shows_on_both_sides(call: Call) -> None:
    for _ in range(2):
        call("POST", "issue", new())
    link = {"type": {"name": "Duplicate"}, "inwardIssue": {"key": "OPS-2"}, "outwardIssue": {"key": "OPS-1"}}
    for _ in range(2):
        assert call("POST", "issueLink", link) == (201, None)
    sides = [call("GET", f"issue/{key}")[1]["fields"]["issuelinks"] for key in ("OPS-2", "OPS-1")]
    assert [[each.get("outwardIssue", each.get("inwardIssue"))["key"] for each in links] for links in sides] == [
        ["OPS-1"],
        ["OPS-2"],
    ]
    assert call("POST", "issueLink", link | {"type": {"name": "Twins"}})[0] == 404


def test_a_remote_link_of_the_same_id_is_the_same(call: Call) -> None:
    call("POST", "issue", new())
    link = {"globalId": "closeout=1", "object": {"url": "https://example.org/a", "title": "Outage"}}
    assert [call("POST", "issue/OPS-1/remotelink", link)[0] for _ in range(2)] == [201, 200]
    assert len(call("GET", "issue/OPS-1/remotelink")[1]) == 1


def test_issues_move_and_go(call: Call, jira: LittleJira) -> None:
    for _ in range(3):
        call("POST", "issue", new())
    first, second, third = jira.store.live()
    moved = jira.store.move(first, "NEW")
    assert call("GET", "issue/OPS-1")[1]["key"] == moved
    jira.store.delete(second)
    jira.store.archive(third)
    assert [call("GET", f"issue/{key}")[0] for key in ("OPS-2", "OPS-3", "OPS-4")] == [404] * 3
    assert call("POST", "search/jql", {"jql": "project = OPS"})[1]["issues"] == []


def test_a_parent_is_an_epic(call: Call) -> None:
    call("POST", "issue", new(issuetype={"name": "Epic"}))
    call("POST", "issue", new(parent={"key": "OPS-1"}))
    assert call("GET", "issue/OPS-2")[1]["fields"]["parent"]["key"] == "OPS-1"
    assert call("POST", "issue", new(parent={"key": "OPS-2"}))[0] == 400
    assert call("PUT", "issue/OPS-2", {"update": {"parent": [{"set": {"none": True}}]}})[0] == 204
    assert "parent" not in call("GET", "issue/OPS-2")[1]["fields"]


class TestTheDescription:
    @pytest.mark.parametrize(
        ("verb", "path", "body", "query"),
        [
            ("GET", "search", None, {}),
            ("POST", "issue/OPS-1/worklog", {}, {}),
            ("POST", "search/jql", {"jql": "project = OPS", "startAt": 5}, {}),
            ("POST", "search/jql", {"jql": "project = OPS", "fields": "summary"}, {}),
            ("GET", "issue/OPS-1", None, {"property": "closeout"}),
            ("POST", "issueLink", {"type": {"name": "Duplicate"}}, {}),
            ("POST", "issue/bulk", {"issueUpdates": [{"properties": [{"name": "closeout"}]}]}, {}),
        ],
    )
    def test_tells_of_what_jira_would_not_understand(
        self, jira_description: JiraDescription, verb: str, path: str, body: Any, query: dict[str, str]
    ) -> None:
        wanted = requests.Request(verb, f"http://127.0.0.1:1/rest/api/3/{path}", json=body, params=query).prepare()
        with pytest.raises((OpenAPIError, UnknownParameter)):
            jira_description.check(wanted)


def test_priorities_resolutions_and_types_are_told(call: Call) -> None:
    assert call("GET", "priority")[1][0] == named("Highest")[0]
    assert {each["name"] for each in call("GET", "resolution")[1]} >= {"Done", "Won't Do", "Duplicate"}
    assert {each["hierarchyLevel"] for each in call("GET", "project/OPS")[1]["issueTypes"]} == {-1, 0, 1}
    assert {each["name"] for each in call("GET", "issueLinkType")[1]["issueLinkTypes"]} >= {"Duplicate"}
    assert call("GET", "project/NOPE")[0] == 404
