"""What a listing of Jira asks and finds: lag, time zones, pages that move, and cursors."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from contract.faults import Answer
from contract.little_jira import EMAIL, SECRET, LittleJira, Serving
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import IssueNotFound, NotAllowed, RequestRejected, TargetClosed, TargetMoved
from connectors.interface import IssueDraft, IssuePatch, IssueRef, IssueState
from connectors.jira import JiraTracker
from connectors.jira.listing import READ_LAG
from connectors.marker import Marker
from connectors.settings import JiraSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contract.faults import Seen
    from contract.wire_check import Sent

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class Place:
    """A project whose time is in the test's hands, and a new process at each reading."""

    def __init__(self) -> None:
        self.now = START
        self.jira = LittleJira(lambda: self.now)
        self.cursor: str | None = None

    def tracker(self, **more: Any) -> JiraTracker:
        plain = {"url": self.jira.url, "project": "OPS", "email": EMAIL, "timeout": 5}
        return JiraTracker(
            "ops", JiraSettings.model_validate(plain | more), SECRET, read_pauses=(), now=lambda: self.now
        )

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def add(self, **fields: Any) -> int:
        plain = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "x", "labels": ["postmortem"]}
        return self.jira.store.create({"fields": plain | fields}).id - 10_000

    def change(self, number: int, words: str) -> None:
        self.jira.store.edit(self.jira.store.find(f"OPS-{number}"), {"fields": {"summary": words}})

    def read(self, **more: Any) -> list[int]:
        tracker = self.tracker(**more)
        try:
            listing = tracker.changed_since(self.cursor)
        finally:
            tracker.close()
        self.cursor = listing.cursor
        return [issue.ref.number for issue in listing.issues]

    def requests(self) -> list[str]:
        self.jira.requests.clear()
        self.read()
        return self.jira.requests


@contextmanager
def serving() -> Iterator[Place]:
    place = Place()
    with Serving(place.jira):
        yield place


@pytest.fixture
def place(sent_to_jira: Sent) -> Iterator[Place]:
    with serving() as place:
        yield place


@pytest.mark.parametrize("count", [1, 30, 99, 100, 101, 250])
def test_nothing_new_costs_two_requests(place: Place, count: int) -> None:
    for _ in range(count):
        place.add()
        place.later(3)
    assert len(place.read()) == count
    place.later(600)
    place.read()
    place.later(600)
    assert place.requests() == ["GET myself", "POST search/jql"]
    place.later(600)
    assert place.requests() == ["GET myself", "POST search/jql"]


def test_nothing_new_leaves_the_cursor(place: Place) -> None:
    place.add()
    place.read()
    before = place.cursor
    place.later(600)
    place.read()
    assert place.cursor == before


def test_reading_is_in_proportion_to_what_changed(place: Place) -> None:
    for _ in range(300):
        place.add()
        place.later(60)
    place.read()
    place.later(3600)
    place.change(7, "y")
    place.change(150, "y")
    found = place.read()
    assert found[-2:] == [7, 150]
    assert len(found) < 10


def test_an_empty_project_is_asked_whether_it_is_there(place: Place) -> None:
    assert place.requests() == ["GET /rest/api/2/serverInfo", "GET myself", "POST search/jql", "GET project/OPS"]
    number = place.add()
    assert place.read() == [number]


@pytest.mark.parametrize(
    ("project", "error"),
    [
        (Answer(404, {"errorMessages": ["No project could be found with key 'OPS'."], "errors": {}}), IssueNotFound),
        (Answer(200, {"id": "1", "key": "OPS", "archived": True}), TargetClosed),
        (Answer(200, {"id": "1", "key": "NEW"}), TargetMoved),
    ],
)
def test_a_project_that_is_not_there_is_no_empty_one(place: Place, project: Answer, error: type[Exception]) -> None:
    place.jira.before = lambda seen: project if seen.path.endswith("/project/OPS") else None
    with pytest.raises(error):
        place.read()


def test_a_project_that_jql_does_not_know(place: Place) -> None:
    with pytest.raises(IssueNotFound):
        place.read(project="NONE")


def test_what_jira_refuses_of_a_query_is_told(place: Place) -> None:
    refusal = Answer(400, {"errorMessages": ["no"], "errors": {}})
    place.jira.before = lambda seen: refusal if seen.path.endswith("/jql") else None
    with pytest.raises(RequestRejected):
        place.read()


def test_wrong_credentials_are_no_empty_project(place: Place) -> None:
    place.add()
    with pytest.raises(NotAllowed):
        place.read(email="somebody@example.com")


def test_from_the_beginning_only_what_carries_the_label_is_listed(place: Place) -> None:
    place.add(labels=["other"])
    assert place.read() == []
    assert place.read(labels=["other"]) == [1]
    place.cursor = None
    place.add(labels=[])
    assert place.read(labels=[]) == [1, 2]


def test_then_every_change_for_issues_of_people_may_be_linked(place: Place) -> None:
    place.add()
    place.add(labels=["other"])
    assert place.read() == [1]
    place.later(3_600)
    place.change(2, "linked by hand meanwhile")
    assert 2 in place.read()
    place.later(3_600)
    place.change(2, "and changed again")
    assert 2 in place.read()


def test_all_that_is_open_whoever_opened_it(place: Place) -> None:
    for labels in (["postmortem"], [], []):
        place.add(labels=labels)
    tracker = place.tracker()
    try:
        closed = tracker.get(IssueRef("ops", 3, "OPS-3"))
        tracker.update(closed, IssuePatch(state=IssueState.DONE))
        assert [issue.ref.number for issue in tracker.all_open()] == [1, 2]
    finally:
        tracker.close()


class TestLag:
    def test_what_was_late_is_found_later(self, place: Place) -> None:
        place.jira.store.lag = timedelta(seconds=90)
        first = place.add()
        place.later(60)
        second = place.add()
        place.later(60)
        assert place.read() == [first]
        place.later(60)
        assert second in place.read()

    def test_what_was_seen_at_once_does_not_hide_what_is_late(self, place: Place) -> None:
        place.jira.store.lag = timedelta(minutes=4)
        late = place.add()
        place.later(120)
        tracker = place.tracker()
        try:
            made = tracker.create(IssueDraft("x", "", Marker("1", "d.md", "x")))
            listing = tracker.changed_since(None)
        finally:
            tracker.close()
        assert [issue.ref for issue in listing.issues] == [made.ref]
        place.cursor = listing.cursor
        place.later(600)
        assert late in place.read()

    def test_what_changes_after_many_others_is_found(self, place: Place) -> None:
        first = place.add()
        place.read()
        place.later(3600)
        for _ in range(60):
            place.add()
        assert len(place.read()) >= 60
        place.later(60)
        place.change(first, "y")
        assert first in place.read()

    def test_what_this_process_wrote_is_found_at_once(self, place: Place) -> None:
        place.jira.store.lag = timedelta(minutes=4)
        tracker = place.tracker()
        try:
            made = [tracker.create(IssueDraft("x", "", Marker(str(n), "d.md", "x"))) for n in range(3)]
            assert {issue.ref for issue in tracker.changed_since(None).issues} == {issue.ref for issue in made}
            place.later(600)
            changed = tracker.update(made[0], IssuePatch(title="y"))
            assert changed in tracker.changed_since(None).issues
        finally:
            tracker.close()

    def test_at_most_fifty_are_looked_at_closely(self, place: Place) -> None:
        tracker = place.tracker()
        try:
            tracker.create_many([IssueDraft("x", "", Marker(str(n), "d.md", "x")) for n in range(50)])
            tracker.create(IssueDraft("x", "", Marker("50", "d.md", "x")))
            assert len(tracker.changed_since(None).issues) == 51
        finally:
            tracker.close()

    @settings(max_examples=25, deadline=None)
    @given(
        steps=st.lists(
            st.tuples(st.sampled_from(["add", "change", "read"]), st.integers(0, 400), st.integers(1, 5)), max_size=25
        ),
        lag=st.integers(0, int(READ_LAG.total_seconds())),
        page=st.integers(1, 4),
        zone=st.sampled_from(["UTC", "Europe/Zurich", "Australia/Lord_Howe", "America/New_York"]),
        fold=st.integers(0, 1),
        start=st.sampled_from(["2026-10-24T23:30", "2026-03-29T00:30", "2026-04-04T14:40", "2026-11-01T05:20"]),
    )
    def test_nothing_is_ever_missed(
        self, steps: list[tuple[str, int, int]], lag: int, page: int, zone: str, fold: int, start: str
    ) -> None:
        """Whatever happens when, with a search that lags, in the night in which clocks change."""
        with serving() as place:
            place.now = datetime.fromisoformat(start).replace(tzinfo=UTC)
            place.jira.store.lag, place.jira.page, place.jira.fold = timedelta(seconds=lag), page, fold
            place.jira.store.people.zone = ZoneInfo(zone)
            known: dict[int, str] = {}

            def read() -> None:
                tracker = place.tracker(deployment="cloud")
                try:
                    listing = tracker.changed_since(place.cursor)
                finally:
                    tracker.close()
                place.cursor = listing.cursor
                known.update({issue.ref.number: issue.title for issue in listing.issues})

            for what, seconds, number in steps:
                place.later(seconds)
                if what == "add":
                    place.add()
                elif what == "change" and number <= len(place.jira.store.issues):
                    place.change(number, str(seconds))
                elif what == "read":
                    read()
            place.later(READ_LAG.total_seconds() + 1)
            read()
            stored = {issue.id - 10_000: issue.fields["summary"] for issue in place.jira.store.issues.values()}
            assert known == stored


class TestPages:
    def meanwhile(self, place: Place, after: int, act: Callable[[], object]) -> None:
        """Something happens after so many pages."""
        pages = 0

        def count(seen: Seen) -> None:
            nonlocal pages
            if seen.path.endswith("/jql"):
                pages += 1
                if pages == after:
                    act()

        place.jira.after = count

    @pytest.mark.parametrize("apart", [0, 1, 61])
    @pytest.mark.parametrize("after", [1, 2, 3])
    def test_an_issue_that_changes_meanwhile_hides_no_other(self, place: Place, apart: int, after: int) -> None:
        place.jira.page = 3
        for _ in range(10):
            place.add()
            place.later(apart)
        self.meanwhile(place, after, lambda: place.change(1, "y"))
        assert sorted(place.read()) == list(range(1, 11))

    def test_an_issue_that_goes_away_meanwhile_hides_no_other(self, place: Place) -> None:
        place.jira.page = 3
        for _ in range(10):
            place.add()
            place.later(61)
        self.meanwhile(place, 1, lambda: place.jira.store.delete(place.jira.store.find("OPS-1")))
        assert sorted(place.read()) == list(range(1, 11))

    def test_all_pages_tell_their_progress(self, place: Place) -> None:
        place.jira.page = 4
        for _ in range(10):
            place.add()
        seen: list[int] = []
        tracker = place.tracker()
        tracker.changed_since(None, seen.append)
        tracker.close()
        assert seen[-1] == 10
        assert seen == sorted(seen)

    def test_a_project_that_changes_without_end_is_read_to_an_end(self, place: Place) -> None:
        place.jira.page = 2
        for _ in range(6):
            place.add()

        def change(seen: Seen) -> None:
            if seen.path.endswith("/jql"):
                place.change(1, str(len(place.jira.requests)))

        place.jira.after = change
        place.read()
        assert len(place.jira.requests) < 60


class TestZones:
    def test_the_account_may_move(self, place: Place) -> None:
        place.add()
        place.read()
        place.later(30)
        place.jira.store.people.zone = ZoneInfo("Pacific/Kiritimati")
        number = place.add()
        assert number in place.read()

    def test_a_zone_unknown_here_misses_nothing(self, place: Place) -> None:
        place.add()
        place.read()
        place.later(30)
        number = place.add()

        def unknown(seen: Seen) -> Answer | None:
            return Answer(200, {"accountId": "x", "timeZone": "Mars/Olympus"}) if seen.path.endswith("myself") else None

        place.jira.before = unknown
        assert number in place.read()


def test_a_project_with_another_key_is_told(place: Place) -> None:
    place.add()
    key = place.jira.store.find("OPS-1")
    key.key = "NEW-1"
    place.jira.store.row = lambda issue: {**type(place.jira.store).row(place.jira.store, issue), "project": "OPS"}  # type: ignore[method-assign]
    place.jira.store._remember(key)
    project = Answer(200, {"id": "10000", "key": "NEW"})
    place.jira.before = lambda seen: project if seen.path.endswith("/project/OPS") else None
    with pytest.raises(TargetMoved) as caught:
        place.read()
    assert 'project = "NEW"' in caught.value.advice
