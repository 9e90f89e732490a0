"""Moves and routes between the embedded tracker and GitHub."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest
from contract.faults import Answer
from machine.little_github import LittleGitHub, Serving
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssueState
from connectors.github import GitHubTracker
from connectors.settings import GitHubSettings
from tracker.model import ItemState

BOTH = (
    SETTINGS
    + '[targets.ops]\nkind = "github"\nrepository = "acme/ops"\n[[routes]]\ntarget = "ops"\nseverity = ["sev1"]\n'
)
BOTH = BOTH.replace('name = "Jo Smith"', 'name = "Jo Smith"\ngithub = "jo-smith"')
LOAD = "Run a load test before every release"
POOL = "Add monitoring for the connection pool"


class Both(Workplace):
    """The embedded tracker and a small GitHub."""

    def __init__(self, root, hub):
        super().__init__(root, BOTH)
        self.hub = hub
        hub.clock = lambda: self.now

    def open_tracker(self, name):
        if name == "local":
            return super().open_tracker(name)
        settings = GitHubSettings.model_validate({"repository": "acme/ops", "base_url": self.hub.url, "timeout": 5})
        return GitHubTracker(name, settings, "token", read_pauses=(), now=self.clock)

    def all_issues(self):
        found = []
        for name in self.settings.targets:
            with closing(self.open_tracker(name)) as tracker:
                found += tracker.changed_since(None).issues
        return found

    def moved(self, to, text):
        return self.move(text, to, "Ana", "why", lambda _: True)

    def check(self):
        """One open issue for each item, and a lost store finds it again."""
        issues = sorted(self.all_issues(), key=lambda issue: issue.ref)
        for lost in (False, True, False):
            if lost:
                for file in self.root.glob("closeout.db*"):
                    file.unlink()
            self.pass_time(3600)
            before = self.hub.verbs.copy()
            assert self.run().clean
            assert self.writes == []
            assert self.hub.verbs["POST"] == before["POST"]
            assert self.hub.verbs["PATCH"] == before["PATCH"]
            assert {item.state for item in self.known().items.values()} == {ItemState.OPEN}
        assert sorted(self.all_issues(), key=lambda issue: issue.ref) == issues
        open_ones = [issue.marker.item for issue in issues if issue.marker and not issue.state.closed]
        assert sorted(open_ones) == sorted(self.known().items)


@pytest.fixture
def hub():
    hub = LittleGitHub()
    with Serving(hub):
        yield hub


@pytest.fixture
def place(tmp_path, hub):
    place = Both(tmp_path, hub)
    place.document("a.md", postmortem(LOAD + " (owner: Jo Smith)"))
    place.document("b.md", postmortem(POOL, title="B").replace("Date:", "Severity: SEV1\n\nDate:"))
    place.run()
    return place


def test_routes_send_items_to_both(place, hub):
    assert [issue["title"] for issue in hub.issues.values()] == [POOL]
    assert [issue.title for issue in place.issues()] == [LOAD]
    place.check()


def test_to_github_and_back(place, hub):
    told = place.moved(
        "ops", place.known().links and next(i.id for i in place.known().items.values() if i.text == LOAD)
    )
    assert told.problem == ""
    new = hub.issues[2]
    assert [who["login"] for who in new["assignees"]] == ["jo-smith"]
    assert "Moved here from #1 in local." in new["body"]
    assert place.issue(1).managed == f"Moved to {new['html_url']}."
    place.check()
    told = place.moved("local", told.entry.item.id)
    assert told.problem == ""
    assert f"Moved here from {new['html_url']}." in place.issue(2).managed
    assert (hub.issues[2]["state"], hub.issues[2]["state_reason"]) == ("closed", "duplicate")
    assert [comment["body"].splitlines()[0] for comment in hub.comments[2]] == [
        "This action item is now tracked in #2 in local; this issue is closed."
    ]
    place.check()


@pytest.mark.parametrize("verb", ["POST", "PATCH"])
def test_an_answer_that_is_lost_on_the_way_is_made_good(place, hub, verb):
    lost = []

    def lose(seen):
        if seen.verb == verb and not lost:
            lost.append(seen)
            return Answer(502)
        return None

    hub.after = lose
    item = next(i.id for i in place.known().items.values() if i.text == POOL)
    place.moved("local", item)
    hub.after = lambda _: None
    place.pass_time(timedelta(hours=1).total_seconds())
    place.run()
    assert hub.issues[1]["state"] == "closed"
    assert len(hub.comments[1]) == 1
    assert len(lost) == 1
    place.check()


def test_a_create_whose_answer_is_lost_waits_for_its_marker(place, hub):
    hub.after = lambda seen: Answer(502) if seen.verb == "POST" and seen.path.endswith("/issues") else None
    item = next(i.id for i in place.known().items.values() if i.text == LOAD)
    told = place.moved("ops", item)
    assert "502" in told.problem
    hub.after = lambda _: None
    hub.before = lambda seen: Answer(data=[]) if seen.verb == "GET" and seen.path.endswith("/issues") else None
    told = place.moved("ops", item)
    assert "got no answer" in told.problem
    assert len(hub.issues) == 2
    hub.before = lambda _: None
    assert place.moved("ops", item).problem == ""
    assert len(hub.issues) == 2
    assert place.issue(1).state is IssueState.DUPLICATE
    place.check()


def test_nothing_is_moved_to_a_repository_that_takes_no_writes(place, hub):
    from connectors import NotAllowed  # noqa: PLC0415

    hub.before = lambda seen: Answer(403, {"message": "Resource not accessible"}) if seen.verb == "POST" else None
    with pytest.raises(NotAllowed):
        place.moved("ops", next(i.id for i in place.known().items.values() if i.text == LOAD))
    hub.before = lambda _: None
    assert place.issue(1).state is IssueState.OPEN
    place.check()
