"""How little a listing asks when little changed: entity tags, cursors, and what clocks may say."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from contract.faults import Answer
from hypothesis import given
from hypothesis import strategies as st
from machine.little_github import LittleGitHub, Serving

from connectors.errors import TargetUnreachable
from connectors.github import GitHubTracker
from connectors.github.listing import READ_LAG, Cursor
from connectors.interface import IssueDraft, Listing
from connectors.marker import Marker
from connectors.settings import GitHubSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class Place:
    """A repository whose time is in the test's hands, and a new process at each reading."""

    def __init__(self) -> None:
        self.now = START
        self.hub = LittleGitHub(lambda: self.now)
        self.cursor: str | None = None

    def tracker(self) -> GitHubTracker:
        settings = GitHubSettings.model_validate({"repository": "acme/ops", "base_url": self.hub.url})
        return GitHubTracker("ops", settings, "t0ken", read_pauses=(), now=lambda: self.now)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def read(self) -> list[int]:
        tracker = self.tracker()
        try:
            listing = tracker.changed_since(self.cursor)
        finally:
            tracker.close()
        self.cursor = listing.cursor
        return [issue.ref.number for issue in listing.issues]

    def requests(self) -> tuple[int, int]:
        """How many one reading takes, and how many of them were answered with 304."""
        self.hub.verbs.clear()
        self.hub.unchanged = 0
        self.read()
        return self.hub.verbs["GET"], self.hub.unchanged


@contextmanager
def serving() -> Iterator[Place]:
    place = Place()
    with Serving(place.hub):
        yield place


@pytest.fixture
def place() -> Iterator[Place]:
    with serving() as place:
        yield place


@pytest.mark.parametrize("count", [0, 1, 30, 99, 100, 101, 250])
def test_nothing_new_costs_one_request_that_is_not_counted(place: Place, count: int) -> None:
    for number in range(count):
        place.hub.add(f"No. {number}")
        place.later(3)
    place.read()
    place.later(600)
    assert place.requests()[0] == 1
    for _ in range(3):
        place.later(3_600)
        assert place.requests() == (1, 1)


def test_what_is_new_costs_one_and_then_nothing_again(place: Place) -> None:
    for number in range(20):
        place.hub.add(f"No. {number}")
        place.later(60)
    place.read()
    place.later(3_600)
    place.read()
    for number in (3, 7):
        place.hub.change(number, title="Another")
        place.later(3_600)
        assert place.read()[-1] == number
        assert place.requests() == (1, 1)


def test_a_backfill_is_read_once(place: Place) -> None:
    """More changes within the lag of reads than a page holds: as soon as time has passed, one request is enough."""
    for number in range(400):
        place.hub.add(f"No. {number}")
        place.later(0.5)
    assert place.read() == list(range(1, 401))
    place.later(600)
    assert place.requests()[0] <= 3
    place.later(600)
    assert place.requests()[0] == 1
    place.later(600)
    assert place.requests() == (1, 1)


def test_after_own_writes_the_age_of_what_was_read_is_known(place: Place) -> None:
    """A write's answer tells how far the server's clock can be from its time stamps."""
    for number in range(300):
        place.hub.add(f"No. {number}")
        place.later(1)
    place.later(3_600)
    tracker = place.tracker()
    tracker.create(IssueDraft("Mine", "Why", Marker("i", "d.md", "x")))
    place.later(600)
    listing = tracker.changed_since(None)
    tracker.close()
    since = Cursor.parse(listing.cursor).since
    assert since is not None
    assert timedelta(0) <= place.now - since - READ_LAG <= timedelta(seconds=5)
    place.cursor = listing.cursor
    assert place.requests() == (1, 0)
    assert place.requests() == (1, 1)


@pytest.mark.parametrize("ahead", [-86_400, -100, 100, 86_400])
def test_a_clock_that_is_wrong_hides_nothing(place: Place, ahead: int) -> None:
    """`Date` may be a proxy's: only what passes between two of them is believed."""
    for number in range(60):
        place.hub.add(f"No. {number}")
        place.later(1)
    place.hub.ahead = timedelta(seconds=ahead)
    for minutes in (0, 5, 5):
        place.later(60 * minutes)
        place.read()
    place.hub.ahead = timedelta(0)
    place.hub.add("New")
    assert place.read()[-1] == 61


@given(st.data())
def test_no_change_is_ever_missed(data: st.DataObject) -> None:
    """Whatever happens between readings, with a lag in which changes don't show yet, and whatever clocks say."""
    with serving() as place:
        place.hub.ahead = timedelta(seconds=data.draw(st.sampled_from([0, 0, -90, 90, 10_000])))
        told: dict[int, str] = {}
        hidden: dict[int, datetime] = {}
        whole = place.hub._list

        def lagging(query: dict[str, str]) -> Answer:
            late = {number for number, until in hidden.items() if until > place.now}
            shown = place.hub.issues
            place.hub.issues = {number: issue for number, issue in shown.items() if number not in late}
            try:
                return whole(query)
            finally:
                place.hub.issues = shown

        place.hub._list = lagging  # type: ignore[method-assign,assignment]
        for _ in range(data.draw(st.integers(1, 6))):
            for _ in range(data.draw(st.sampled_from([0, 1, 3, 60, 120]))):
                issue = place.hub.add("New")
                if data.draw(st.booleans()) and data.draw(st.booleans()):
                    hidden[issue["number"]] = place.now + READ_LAG * 0.9
                place.later(data.draw(st.sampled_from([0, 0, 0, 1, 20])))
            if place.hub.issues and data.draw(st.booleans()):
                place.hub.change(data.draw(st.sampled_from(sorted(place.hub.issues))), title=f"At {place.now}")
            tracker = place.tracker()
            if data.draw(st.booleans()):
                tracker.create(IssueDraft("Mine", "Why", Marker("i", "d.md", "x")))
                place.later(data.draw(st.sampled_from([0, 1, 100])))
            listing = tracker.changed_since(place.cursor)
            tracker.close()
            place.cursor = listing.cursor
            told |= {issue.ref.number: issue.title for issue in listing.issues}
            place.later(data.draw(st.sampled_from([0, 1, 60, 200, 4_000])))
        place.later(300)
        tracker = place.tracker()
        told |= {issue.ref.number: issue.title for issue in tracker.changed_since(place.cursor).issues}
        tracker.close()
        assert told == {number: issue["title"] for number, issue in place.hub.issues.items()}


def test_304_unasked_is_no_answer(place: Place) -> None:
    place.hub.before = lambda _: Answer(304)
    with pytest.raises(TargetUnreachable):
        place.read()


def test_a_tag_that_changed_is_no_harm(place: Place) -> None:
    """GitHub's tags belong to the token, which an app gets anew every hour."""
    place.hub.add("One")
    place.read()
    place.later(600)
    place.read()
    assert place.cursor is not None
    place.cursor = place.cursor.replace('W/"', 'W/"0')
    assert place.requests() == (1, 0)
    assert place.requests() == (1, 1)


def test_without_tags_or_dates_it_works_as_well(place: Place) -> None:
    place.hub._tagged = lambda _seen, made: made  # type: ignore[method-assign]
    for number in range(120):
        place.hub.add(f"No. {number}")
        place.later(10)
    assert len(place.read()) == 120
    place.hub.change(5, title="Changed")
    assert place.read()[-1] == 5
    assert place.requests() == (1, 0)


class TestCursor:
    @pytest.mark.parametrize(
        "text", ["page 7 of the old tracker", "2026", "a b c d", "2026-01-01T00:00:00Z x", "- - -  ", " ", "-"]
    )
    def test_of_something_else_means_everything(self, text: str) -> None:
        assert Cursor.parse(text).since is None

    def test_as_written_before_there_were_tags(self) -> None:
        cursor = Cursor.parse("2026-01-01T00:02:00Z")
        assert (cursor.since, cursor.etag) == (datetime(2026, 1, 1, tzinfo=UTC), "")

    @pytest.mark.parametrize("etag", ["", 'W/"abc"', '"abc def"'])
    def test_comes_back_as_it_was(self, etag: str) -> None:
        cursor = Cursor(START, START + timedelta(seconds=1), START - READ_LAG, etag)
        assert Cursor.parse(str(cursor)) == cursor

    def test_of_nothing(self) -> None:
        assert str(Cursor()) == ""
        assert Cursor.parse(None) == Cursor.parse("") == Cursor()


def test_an_empty_repository_costs_one_request_too(place: Place) -> None:
    place.read()
    assert place.requests() == (1, 1)
    place.hub.add("First")
    assert place.read() == [1]


def test_a_listing_tells_everything_at_first(place: Place) -> None:
    place.hub.add("One", labels=["a"])
    tracker = place.tracker()
    listing = tracker.changed_since("")
    tracker.close()
    assert isinstance(listing, Listing)
    assert [issue.title for issue in listing.issues] == ["One"]
