"""Jira's JSON and the port's values; times in JQL; what an update sends; what a cursor keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.errors import RequestRejected
from connectors.interface import IssuePatch, IssueState, LeftOut
from connectors.jira import refusals, values
from connectors.jira.listing import Cursor
from connectors.jira.refusals import Refusals
from connectors.jira.values import Project, Reader, Seen
from connectors.settings import JiraSettings

SETTINGS = JiraSettings.model_validate({"url": "https://acme.atlassian.net", "project": "OPS"})
PROJECT = Project("ops", "OPS", "https://acme.atlassian.net")
SERVER = Project("ops", "OPS", "https://intra.acme.com/jira")
ZONES = ["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati"]


def raw(**fields: Any) -> dict[str, Any]:
    plain = {
        "summary": "Do it",
        "description": None,
        "status": {"name": "To Do", "statusCategory": {"key": "new"}},
        "labels": ["postmortem"],
        "created": "2026-11-20T10:32:15.123+0200",
        "updated": "2026-11-20T10:33:00.000+0200",
    }
    return {"id": "10012", "key": "OPS-12", "fields": plain | fields}


def seen(**fields: Any) -> Seen:
    return Reader.of(PROJECT, SETTINGS, cloud=True).seen(raw(**fields))


class TestNames:
    @pytest.mark.parametrize(
        "text",
        [
            "OPS-12",
            " ops-12 ",
            "https://acme.atlassian.net/browse/OPS-12",
            "https://ACME.atlassian.net/browse/OPS-12?focusedCommentId=1",
            "https://acme.atlassian.net/jira/software/projects/OPS/boards/3?selectedIssue=OPS-12",
            "https://acme.atlassian.net/jira/software/c/projects/OPS/issues/OPS-12",
            "https://acme.atlassian.net/projects/OPS/issues/OPS-12/",
        ],
    )
    def test_of_an_issue(self, text: str) -> None:
        ref = PROJECT.reference(text)
        assert ref is not None
        assert (ref.target, ref.number, ref.key) == ("ops", 12, "OPS-12")
        assert ref.url == "https://acme.atlassian.net/browse/OPS-12"
        assert PROJECT.owns(ref)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "#12",
            "12",
            "OPS",
            "OPS-0",
            "OPS-012",
            "DEV-12",
            "see OPS-12",
            "https://acme.atlassian.net/browse/DEV-12",
            "https://acme.atlassian.net/browse/OPS-12/more",
            "https://evil.example/browse/OPS-12",
            "https://acme.atlassian.net.evil.example/browse/OPS-12",
            "ftp://acme.atlassian.net/browse/OPS-12",
            "https://[broken/browse/OPS-12",
        ],
    )
    def test_of_nothing_here(self, text: str) -> None:
        assert PROJECT.reference(text) is None

    def test_a_context_path_is_part_of_the_site(self) -> None:
        assert SERVER.reference("https://intra.acme.com/jira/browse/OPS-3") == SERVER.ref("OPS-3")
        assert SERVER.reference("https://intra.acme.com/browse/OPS-3") is None
        assert SERVER.host == "intra.acme.com/jira"

    @given(st.text(max_size=40))
    def test_anything_may_be_asked(self, text: str) -> None:
        found = PROJECT.reference(text)
        assert found is None or PROJECT.owns(found)


class TestIssue:
    def test_is_told(self) -> None:
        issue = seen(
            duedate="2026-12-01",
            priority={"name": "High"},
            assignee={"accountId": "a1"},
            creator={"accountId": "bot"},
            parent={"key": "OPS-3"},
        ).issue
        assert (issue.title, issue.body, issue.managed, issue.marker) == ("Do it", "", None, None)
        assert (issue.ref, issue.author, issue.parent) == (PROJECT.ref("OPS-12"), "bot", "OPS-3")
        assert (issue.labels, issue.assignees) == ({"postmortem"}, {"a1"})
        assert (issue.due, issue.priority) == (date(2026, 12, 1), "P1")
        assert issue.created_at == datetime(2026, 11, 20, 8, 32, 15, 123000, tzinfo=UTC)
        assert issue.created_at.tzinfo is UTC

    def test_a_user_of_data_center_has_a_name(self) -> None:
        assert Reader.of(PROJECT, SETTINGS, cloud=False).seen(raw(assignee={"name": "ana"})).issue.assignees == {"ana"}

    @pytest.mark.parametrize(
        ("fields", "closed_at"),
        [
            ({"resolutiondate": "2026-11-20T10:00:00.000+0200"}, datetime(2026, 11, 20, 8, tzinfo=UTC)),
            ({"statuscategorychangedate": "2026-11-20T11:00:00.000+0200"}, datetime(2026, 11, 20, 9, tzinfo=UTC)),
            ({}, datetime(2026, 11, 20, 8, 33, tzinfo=UTC)),
        ],
    )
    def test_is_closed_at_a_time_even_where_no_resolution_is_set(
        self, fields: dict[str, Any], closed_at: datetime
    ) -> None:
        done = {"name": "Done", "statusCategory": {"key": "done"}}
        assert seen(status=done, **fields).issue.closed_at == closed_at
        assert seen(**fields).issue.closed_at is None

    @pytest.mark.parametrize(
        "broken",
        [{}, {"id": "1", "key": "OPS-1"}, {"id": "x", "key": "OPS-1", "fields": {}}, raw(created=None), raw(status=1)],
    )
    def test_nonsense_is_none(self, broken: dict[str, Any]) -> None:
        with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
            Reader.of(PROJECT, SETTINGS, cloud=True).seen(broken)

    def test_an_epic_is_a_parent_on_data_center(self) -> None:
        reader = Reader.of(PROJECT, SETTINGS, cloud=False, epic_link="customfield_7")
        assert "customfield_7" in reader.fields
        assert reader.seen(raw(customfield_7="OPS-4")).issue.parent == "OPS-4"


class TestPriorities:
    def test_both_ways(self) -> None:
        for ours in ("P0", "P1", "P2", "P3", "P4"):
            name = values.priority_out(ours, SETTINGS.priorities)
            assert values.priority_in({"name": name}, SETTINGS.priorities) == ours

    def test_an_unknown_one_is_called_as_it_is(self) -> None:
        assert values.priority_out("Blocker", SETTINGS.priorities) == "Blocker"
        assert values.priority_in({"name": "Blocker"}, SETTINGS.priorities) == "Blocker"
        assert values.priority_in(None, SETTINGS.priorities) is None

    def test_one_that_two_mean_is_called_as_it_is(self) -> None:
        assert values.priority_in({"name": "High"}, {"P1": "High", "Sev1": "high"}) == "High"


class TestChanges:
    def test_only_what_is_not_so_already(self) -> None:
        now = seen(duedate="2026-12-01", priority={"name": "High"})
        same = IssuePatch(title="Do\nit ", due=date(2026, 12, 1), priority="P1", add_labels=frozenset({"postmortem"}))
        assert values.changes(now, same, SETTINGS.priorities) == ({}, {})
        other = IssuePatch(title="Do that", clear_due=True, priority="p0")
        fields = {"summary": "Do that", "duedate": None, "priority": {"name": "Highest"}}
        assert values.changes(now, other, SETTINGS.priorities) == (fields, {})

    def test_labels_one_by_one(self) -> None:
        patch = IssuePatch(add_labels=frozenset({"b", "a"}), remove_labels=frozenset({"postmortem", "never-there"}))
        operations = [{"add": "a"}, {"add": "b"}, {"remove": "postmortem"}]
        assert values.changes(seen(), patch, SETTINGS.priorities) == ({}, {"labels": operations})

    @given(
        there=st.frozensets(st.sampled_from("abcd")),
        added=st.frozensets(st.sampled_from("abcd")),
        removed=st.frozensets(st.sampled_from("abcd")),
        meanwhile=st.frozensets(st.sampled_from("xy")),
    )
    def test_labels_of_others_stay(
        self, there: frozenset[str], added: frozenset[str], removed: frozenset[str], meanwhile: frozenset[str]
    ) -> None:
        patch = IssuePatch(add_labels=added, remove_labels=removed)
        _, update = values.changes(seen(labels=sorted(there)), patch, SETTINGS.priorities)
        labels = set(there | meanwhile)
        for operation in update.get("labels", ()):
            labels -= {operation.get("remove")}
            labels |= {operation["add"]} if "add" in operation else set()
        assert labels == (there | added) - removed | meanwhile


class TestMinutes:
    @given(
        since=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        zone=st.sampled_from(ZONES),
        fold=st.integers(0, 1),
    )
    def test_nothing_is_missed_and_little_repeated(self, since: datetime, zone: str, fold: int) -> None:
        text = values.minute_text(since, ZoneInfo(zone))
        read = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone), fold=fold)
        apart = since - read.astimezone(UTC)
        assert timedelta(0) <= apart < timedelta(hours=2, minutes=1)

    def test_the_hour_that_comes_twice(self) -> None:
        zurich = ZoneInfo("Europe/Zurich")
        first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        assert values.minute_text(first, zurich) == "2026-10-25 01:30"
        assert values.minute_text(first + timedelta(hours=1), zurich) == "2026-10-25 02:30"
        assert values.minute_text(first + timedelta(hours=2), zurich) == "2026-10-25 03:30"

    @given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    def test_an_unknown_zone_misses_nothing_either(self, since: datetime) -> None:
        text = values.minute_text(since, values.zone_of("Mars/Olympus"))
        wall = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        for offset in (-12, 0, 14):
            assert wall - timedelta(hours=offset) <= since

    @pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "x" * 300])
    def test_no_zone(self, name: str) -> None:
        assert values.zone_of(name) is None


def test_a_query_quotes_what_it_is_given() -> None:
    assert values.jql("OPS", label='a"b\\c', since="2026-11-20 10:32") == (
        'project = "OPS" AND labels = "a\\"b\\\\c" AND updated >= "2026-11-20 10:32" ORDER BY updated ASC, key ASC'
    )
    assert values.jql("OPS") == 'project = "OPS" ORDER BY updated ASC, key ASC'


class TestCursor:
    @given(
        st.builds(
            Cursor,
            newest=st.none() | st.datetimes(timezones=st.just(UTC)),
            seen_at=st.none() | st.datetimes(timezones=st.just(UTC)),
            since=st.datetimes(timezones=st.just(UTC)),
            site=st.sampled_from(["", "cloud", "data-center customfield_1"]),
        )
    )
    def test_comes_back(self, cursor: Cursor) -> None:
        assert Cursor.parse(str(cursor)) == cursor

    @pytest.mark.parametrize("text", [None, "", "x", "[]", "1", '{"since": 3}', '{"since": "yesterday"}'])
    def test_nonsense_means_everything(self, text: str | None) -> None:
        assert Cursor.parse(text) == Cursor()

    def test_of_nothing_says_nothing(self) -> None:
        assert str(Cursor(site="cloud")) == ""


BODY = {"fields": {"summary": "s", "duedate": "2026-12-01", "priority": {"name": "High"}}}
TOLD = {"duedate": ("due date 2026-12-01",), "priority": ("priority P1",)}


class TestRefusals:
    def refused(self, *names: str) -> RequestRejected:
        return RequestRejected("no", where="ops", refused={name: frozenset() for name in names})

    def test_what_can_be_done_without_is_left_out_and_remembered(self) -> None:
        known = Refusals(frozenset({"duedate", "priority"}))
        draft = refusals.Draft(BODY, TOLD)
        instead = known.after(draft, self.refused("duedate"))
        assert instead is not None
        assert set(instead.body["fields"]) == {"summary", "priority"}
        assert [each.what for each in instead.left_out] == ["due date 2026-12-01"]
        again = known.without_known(draft)
        assert (again.body, [each.what for each in again.left_out]) == (instead.body, ["due date 2026-12-01"])

    def test_a_value_is_remembered_by_itself(self) -> None:
        known = Refusals(frozenset({"duedate", "priority"}))
        known.after(refusals.Draft(BODY, TOLD), self.refused("priority"))
        other = {"fields": {"priority": {"name": "Low"}}}
        assert known.without_known(refusals.Draft(other, TOLD)).body == other

    @pytest.mark.parametrize("names", [(), ("summary",), ("duedate", "summary"), ("labels",)])
    def test_what_is_needed_is_not(self, names: tuple[str, ...]) -> None:
        known = Refusals(frozenset({"duedate", "priority", "labels"}))
        assert known.after(refusals.Draft(BODY, TOLD), self.refused(*names)) is None

    def test_each_thing_is_told_once(self) -> None:
        assert refusals.joined([LeftOut("assignee Ana", "a")], [LeftOut("assignee ana", "b")]) == (
            LeftOut("assignee Ana", "a"),
        )


@pytest.mark.parametrize("labels", [["needs owner"], ["ok", "tab\there"], [""]])
def test_settings_refuse_labels_that_jira_does_not_take(labels: list[str]) -> None:
    with pytest.raises(ValidationError, match="one word"):
        JiraSettings.model_validate({"url": "https://acme.atlassian.net", "project": "OPS", "labels": labels})


def test_states_of_an_issue_are_those_of_the_settings() -> None:
    dropped = {"name": "Dropped", "statusCategory": {"key": "done"}}
    assert seen(status=dropped).issue.state is IssueState.DONE
    named = SETTINGS.model_copy(update={"wont_do": ("dropped",)})
    assert Reader.of(PROJECT, named, cloud=True).seen(raw(status=dropped)).issue.state is IssueState.WONT_DO
