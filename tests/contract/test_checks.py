"""What adapters find out about their targets: each trouble is told with its way out, nothing is written or raised."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from contract.faults import Answer, FaultServer, Seen
from contract.jira_fields import meta, named
from contract.little_jira import EMAIL, SECRET, LittleJira, Serving
from contract.wire_check import Sent

from connectors.github import GitHubTracker
from connectors.interface import Finding
from connectors.jira.checks import Check
from connectors.jira.fields import Fields
from connectors.jira.wire import Wire
from connectors.local import LocalTracker
from connectors.local.tables import VERSION_TABLE
from connectors.settings import GitHubSettings, JiraSettings, LocalSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def troubles(findings: list[Finding]) -> list[str]:
    told = [finding for finding in findings if finding.trouble]
    assert all(finding.advice for finding in told), told
    return [finding.what for finding in told]


def notes(findings: list[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.advice and not finding.trouble]


# Jira


@pytest.fixture
def jira(sent_to_jira: Sent) -> Iterator[LittleJira]:  # which fails the test of a request that Jira would not know
    jira = LittleJira(lambda: NOW)
    with Serving(jira):
        yield jira


def check_jira(url: str, secret: str = SECRET, **settings: Any) -> list[Finding]:
    made = JiraSettings.model_validate({"url": url, "project": "OPS", "email": EMAIL} | settings)
    wire = Wire(made, secret, "ops (OPS)", read_pauses=(), now=lambda: NOW)
    with closing(wire):
        fields = Fields(wire, made, "ops (OPS)", "ops")
        return list(Check(wire, made, fields, "ops (OPS)", "ops", lambda: NOW).findings())


def test_a_jira_that_has_all_is_well_and_nothing_is_written(jira):
    findings = check_jira(jira.url, parent_issues=True)
    assert troubles(findings) == []
    told = "\n".join(finding.what for finding in findings)
    for words in ("Jira Cloud answers", "signed in as Closeout", "project OPS", "closed into Done", "P0 is Highest"):
        assert words in told
    assert jira.writes == []
    assert len(jira.requests) < 15


@pytest.mark.parametrize("name", ["local", "jira_cloud", "jira_dc"])
def test_a_tracker_checks_its_target_and_stays_usable(request, name, draft):
    bench = request.getfixturevalue(name)
    before = bench.tracker.changed_since(None).issues
    findings = list(bench.tracker.check())
    assert troubles(findings) == []
    assert not findings[0].trouble
    assert bench.tracker.changed_since(None).issues == before
    assert bench.tracker.create(draft()).title


def test_an_older_jira_is_checked_as_far_as_it_answers():
    def answer(seen: Seen) -> Answer:
        told = {
            "serverInfo": {"deploymentType": "Server", "version": "8.20.8"},
            "myself": {"name": "bot", "displayName": "Bot"},
            "project/OPS": {"key": "OPS", "name": "Operations"},
            "issue/createmeta": {
                "projects": [
                    {
                        "key": "OPS",
                        "issuetypes": [
                            {
                                "id": "3",
                                "name": "Task",
                                "fields": {
                                    "summary": meta("Summary", "string", required=True),
                                    "description": meta("Description", "string"),
                                    "labels": meta("Labels", "array", items="string"),
                                },
                            }
                        ],
                    }
                ]
            },
            "project/OPS/statuses": [
                {"id": "3", "statuses": [{"name": "Closed", "statusCategory": {"key": "done"}}]},
            ],
            "resolution": named("Done", "Won't Fix", "Duplicate"),
            "issueLinkType": {"issueLinkTypes": named("Duplicate")},
        }
        found = told.get(seen.path.removeprefix("/rest/api/2/"))
        return Answer(data=found, headers={"Date": "Mon, 23 Nov 2026 09:00:00 GMT"}) if found else Answer(404, {})

    with FaultServer(answer) as server:
        findings = check_jira(server.url, email=None)
        assert set(server.verbs) == {"GET"}
    assert troubles(findings) == []
    assert findings[0].what.startswith("Jira Data Center 8.20.8 answers")
    assert any("no field priority" in what for what in notes(findings))


def test_what_jira_demands_is_told_with_the_lines_to_add(jira):
    levels = [{"id": "1", "value": "SEV1"}, {"id": "2", "value": "SEV2"}]
    jira.store.screens["Task"]["customfield_1"] = meta("Severity", "option", required=True, allowedValues=levels)
    jira.store.screens["Task"]["duedate"]["required"] = True
    (found, sometimes) = (finding for finding in check_jira(jira.url) if finding.trouble)
    assert found.what == "Jira demands a value of each new Task for Severity"
    assert found.lines == ("[targets.ops.fields]", '"Severity" = "{severity}"  # one of: "SEV1", "SEV2"')
    assert sometimes.what == "no Task can be opened for an item without Due date"
    (found,) = (finding for finding in check_jira(jira.url, fields={"Due date": "2026-12-31"}) if finding.trouble)
    assert found.lines == ('"Severity" = "{severity}"  # one of: "SEV1", "SEV2"',)


def gone(screen: str, *fields: str) -> Callable[[LittleJira], None]:
    def change(jira: LittleJira) -> None:
        for name in fields:
            del jira.store.screens[screen][name]

    return change


def without(*permissions: str) -> Callable[[LittleJira], None]:
    return lambda jira: jira.allowed.difference_update(permissions)


def nothing(_: LittleJira) -> None:
    pass


def never_done(jira: LittleJira) -> None:
    jira.store.statuses = {"To Do": "new", "Shipped": "indeterminate"}


@pytest.mark.parametrize(
    ("change", "settings", "told"),
    [
        (without("TRANSITION_ISSUES"), {}, "lacks the permission TRANSITION_ISSUES: issues can't be closed"),
        (without("SCHEDULE_ISSUES"), {}, "issues get no due date"),
        (gone("Task", "description"), {}, "no field description: the block"),
        (gone("Task", "labels"), {}, "its own issues are not found again"),
        (gone("Task", "parent"), {"parent_issues": True}, "can't be below others"),
        (never_done, {}, "no status of the category Done"),
        (nothing, {"done_status": ["Dome"]}, "`done_status` names 'Dome'"),
        (nothing, {"open_status": ["Done"]}, "`open_status` names 'Done'"),
        (nothing, {"wont_do": ["Nope"]}, "`wont_do` names 'Nope'"),
        (nothing, {"done": ["Finished"]}, "`done` names 'Finished'"),
        (nothing, {"priorities": {"P0": "Blocker"}}, "the project has no priority Blocker"),
        (nothing, {"fields": {"Prioritee": "x"}}, "did you mean 'Priority'?"),
        (nothing, {"issue_type": "Story"}, "no issue type 'Story': Epic, Task"),
        (nothing, {"parent_type": "Theme", "parent_issues": True}, "no issue type 'Theme'"),
        (nothing, {"deployment": "data-center"}, "it is no site of the kind data-center"),
        (nothing, {"labels": ["postmortem"], "fields": {"Components": "API"}}, "it has none yet"),
        (nothing, {"project": "WEB"}, "there is no project WEB"),
    ],
)
def test_what_a_jira_lacks_is_told(jira, change, settings, told):
    change(jira)
    found = troubles(check_jira(jira.url, **settings))
    assert any(told in what for what in found), found
    assert jira.writes == []


def test_lines_to_mend_are_settings(jira):
    findings = check_jira(jira.url, priorities={"P0": "Higest", "P1": "High"}, duplicate_link="Duplicates")
    lines = [line for finding in findings for line in finding.lines]
    assert lines == ['priorities = { "P0" = "Highest", "P1" = "High" }', 'duplicate_link = "Duplicate"']
    assert all("[targets.ops]" in finding.advice for finding in findings if finding.lines)


@pytest.mark.parametrize(("wanted", "lines"), [(True, ['related_link = "Relates"']), (False, [])])
def test_the_link_of_work_promised_before_is_checked_where_it_is_wanted(jira, wanted, lines):
    findings = check_jira(jira.url, related_link="Relate", link_recurrences=wanted)
    assert [line for finding in findings for line in finding.lines] == lines


def test_wrong_credentials_are_told_and_nothing_more_is_asked(jira):
    findings = check_jira(jira.url, "wrong")
    assert not findings[0].trouble
    assert len(troubles(findings)) == 1
    assert "wrong" not in str(findings)
    assert len(jira.requests) <= 2


def test_a_jira_that_does_not_answer_is_told_first():
    with FaultServer(Answer(cut="read")) as server:
        (finding,) = check_jira(server.url)
    assert finding.trouble


@pytest.mark.parametrize("path", ["serverInfo", "myself", "mypermissions", "project/OPS/statuses", "issueLinkType"])
def test_nonsense_is_told_and_never_raised(jira, path):
    jira.before = lambda seen: Answer(data=["nonsense"]) if seen.path.endswith(path) else None
    assert any("can't be read" in what for what in troubles(check_jira(jira.url)))


@pytest.mark.parametrize("path", ["mypermissions", "createmeta/OPS/issuetypes", "statuses", "search", "issueLinkType"])
def test_one_failed_question_does_not_stop_the_others(jira, path):
    jira.before = lambda seen: Answer(503) if seen.path.endswith(path) else None
    findings = check_jira(jira.url)
    assert troubles(findings)
    assert any("issueLinkType" in request for request in jira.requests)


def test_a_clock_that_is_wrong_is_told(jira):
    jira.store.clock = lambda: NOW - timedelta(minutes=5)
    assert troubles(check_jira(jira.url)) == ["this machine's clock is 5 minutes ahead of Jira's"]


# GitHub

REPOSITORY = {"full_name": "acme/ops", "has_issues": True, "archived": False, "permissions": {"push": True}}
DATE = {"Date": "Mon, 23 Nov 2026 09:00:00 GMT"}


def hub(repository: Answer, **others: Answer) -> Callable[[Seen], Answer]:
    told = {
        "/repos/acme/ops": repository,
        "/user": Answer(data={"login": "closeout-bot"}),
        "/rate_limit": Answer(data={"resources": {"core": {"limit": 5000, "remaining": 4990, "reset": 1795424400}}}),
    }
    return lambda seen: (told | {f"/{name}": answer for name, answer in others.items()})[seen.path]


def check_github(server: FaultServer) -> list[Finding]:
    settings = GitHubSettings.model_validate({"repository": "acme/ops", "base_url": server.url})
    with closing(GitHubTracker("ops", settings, "t0ken", read_pauses=(), now=lambda: NOW)) as tracker:
        findings = list(tracker.check())
    assert set(server.verbs) == {"GET"}
    return findings


def known(**more: Any) -> Answer:
    return Answer(data=REPOSITORY | more, headers=DATE)


def test_a_repository_that_has_all_is_well():
    with FaultServer(hub(known())) as server:
        findings = check_github(server)
    assert troubles(findings) == notes(findings) == []
    assert "signed in as closeout-bot" in [finding.what for finding in findings]


@pytest.mark.parametrize(
    ("repository", "others", "told"),
    [
        (known(has_issues=False), {}, "issues are switched off"),
        (known(archived=True), {}, "archived"),
        (known(permissions={"pull": True}), {}, "may not label, assign or close"),
        (known(), {"user": Answer(data=[])}, "can't be read"),
        (known(), {"rate_limit": Answer(500)}, "no usable answer"),
        (Answer(data=REPOSITORY, headers={"Date": "Mon, 23 Nov 2026 09:10:00 GMT"}), {}, "10 minutes behind"),
        (Answer(401, {"message": "Bad credentials"}), {}, "does not accept the token"),
        (Answer(404, {"message": "Not Found"}), {}, "does not find it"),
        (Answer(301, {}, headers={"Location": "/repositories/7"}), {}, "lives elsewhere"),
    ],
)
def test_what_a_repository_lacks_is_told(repository, others, told):
    with FaultServer(hub(repository, **others)) as server:
        findings = check_github(server)
    assert not findings[0].trouble
    assert any(told in what for what in troubles(findings)), findings


def test_an_installation_has_no_name_and_no_rights_of_an_account():
    with FaultServer(hub(known(permissions={}), user=Answer(403, {"message": "not accessible"}))) as server:
        findings = check_github(server)
    assert troubles(findings) == []
    assert "signed in as an app" in [finding.what for finding in findings]


def test_a_limit_that_is_nearly_used_up_is_told():
    core = {"limit": 5000, "remaining": 12, "reset": 1795424400}
    with FaultServer(hub(known(), rate_limit=Answer(data={"resources": {"core": core}}))) as server:
        assert notes(check_github(server)) == ["only 12 of 5000 requests are left until 09:00 UTC"]


def test_a_github_without_limits_is_well():
    with FaultServer(hub(known(), rate_limit=Answer(404, {"message": "Rate limiting is not enabled."}))) as server:
        assert troubles(check_github(server)) == []


def test_a_github_that_does_not_answer_is_told_first():
    with FaultServer(Answer(cut="read")) as server:
        (finding,) = check_github(server)
    assert finding.trouble


# The embedded tracker


def check_local(folder: Path, database: str = "sqlite:///issues.db") -> Finding:
    with closing(LocalTracker("local", LocalSettings(database=database), folder)) as tracker:
        (finding,) = tracker.check()
    return finding


def test_looking_at_the_embedded_tracker_makes_nothing(tmp_path):
    finding = check_local(tmp_path)
    assert (finding.trouble, "not there yet" in finding.what) == (False, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("database", "told"),
    [
        ("sqlite:///nowhere/issues.db", "has no folder"),
        ("sqlite:///noise.db", "can't be opened"),
        ("sqlite:///newer.db", "made by a newer Closeout"),
        ("nonsense://x", "can't be opened"),
    ],
)
def test_a_database_that_cannot_be_used_is_told(tmp_path, database, told):
    (tmp_path / "noise.db").write_bytes(b"no database at all, and rather long for one " * 99)
    with closing(sqlite3.connect(tmp_path / "newer.db")) as newer:
        newer.execute(f"CREATE TABLE {VERSION_TABLE} AS SELECT '9999' AS version_num")
    finding = check_local(tmp_path, database)
    assert (finding.trouble, told in finding.what) == (True, True), finding
    assert finding.advice


def test_a_database_in_use_is_well(tmp_path, draft):
    with closing(LocalTracker("local", LocalSettings(database="sqlite:///issues.db"), tmp_path)) as tracker:
        tracker.create(draft())
    assert check_local(tmp_path) == Finding(f"the embedded tracker's database {tmp_path / 'issues.db'}")
