"""Moves and routes between GitHub and Jira, Cloud and Data Center: two targets at once, as companies have them."""

from __future__ import annotations

from contextlib import closing

import pytest
from contract.little_jira import EMAIL, SECRET, LittleJira
from contract.little_jira import Serving as ServingJira
from machine.little_github import LittleGitHub, Serving
from workplace import Workplace, postmortem

from connectors import IssueState
from connectors.github import GitHubTracker
from connectors.jira import JiraTracker
from connectors.settings import GitHubSettings, JiraSettings
from tracker.app import Consent

SETTINGS = """
target = "hub"
[targets.hub]
kind = "github"
repository = "acme/ops"
[targets.ops]
kind = "jira"
url = "https://jira.example.com"
project = "OPS"
[[routes]]
target = "ops"
path = ["postmortems/payments/**"]
"""
LOAD = "Run a load test before every release"
POOL = "Add monitoring for the connection pool"
BOOK = "Write a runbook for failing over the database"


class Both(Workplace):
    def __init__(self, root, hub, open_jira):
        super().__init__(root, SETTINGS)
        self.hub, self.open_jira = hub, open_jira
        hub.clock = lambda: self.now

    def open_tracker(self, name):
        if name == "ops":
            return self.open_jira()
        settings = GitHubSettings.model_validate({"repository": "acme/ops", "base_url": self.hub.url, "timeout": 5})
        return GitHubTracker(name, settings, "token", read_pauses=(), now=self.clock)

    def all_of(self, name):
        with closing(self.open_tracker(name)) as tracker:
            return tracker.changed_since(None).issues

    def item(self, text):
        return next(item.id for item in self.known().items.values() if item.text == text)

    def moved(self, text, to):
        told = self.move(self.item(text), to, "Ana", "their team works there", lambda _: True)
        assert told.problem == ""
        return told

    def settled(self):
        """What is open where; nothing is left to do, also for who has lost the store."""
        for lost in (False, True):
            if lost:
                for file in self.root.glob("closeout.db*"):
                    file.unlink()
            self.pass_time(3_600)
            assert self.run(consent=Consent(everything=True)).clean
            posts = self.hub.verbs["POST"] + self.hub.verbs["PATCH"]
            keys = {issue.ref.key: issue for issue in self.all_of("ops")}
            self.pass_time(3_600)
            assert self.run(consent=Consent(everything=True)).clean
            assert self.hub.verbs["POST"] + self.hub.verbs["PATCH"] == posts
            assert {issue.ref.key: issue for issue in self.all_of("ops")} == keys
        return {
            name: sorted(issue.title for issue in self.all_of(name) if not issue.state.closed)
            for name in ("hub", "ops")
        }


@pytest.fixture
def hub():
    hub = LittleGitHub()
    with Serving(hub):
        yield hub


@pytest.fixture
def cloud():
    jira = LittleJira()
    with ServingJira(jira):
        settings = JiraSettings.model_validate({"url": jira.url, "project": "OPS", "email": EMAIL, "timeout": 5})
        yield lambda: JiraTracker("ops", settings, SECRET, read_pauses=())


@pytest.fixture
def data_center_of_people(jira_dc):
    return jira_dc.again


@pytest.fixture(params=["cloud", "data_center_of_people"])
def place(tmp_path, hub, request):
    place = Both(tmp_path, hub, request.getfixturevalue(request.param))
    place.document("a.md", postmortem(LOAD))
    place.document("payments/b.md", postmortem(POOL, BOOK, title="Payments"))
    place.run()
    return place


def test_routes_send_items_to_both_and_a_lost_store_finds_them(place):
    assert place.settled() == {"hub": [LOAD], "ops": sorted([POOL, BOOK])}


def test_to_jira_and_back(place):
    told = place.moved(LOAD, "ops")
    new = told.entry.link.issue
    assert f"Moved here from {place.hub.issues[1]['html_url']}." in new.managed
    assert place.hub.issues[1]["state_reason"] == "duplicate"
    assert place.settled() == {"hub": [], "ops": sorted([LOAD, POOL, BOOK])}
    place.moved(LOAD, "hub")
    old = next(issue for issue in place.all_of("ops") if issue.ref.key == new.ref.key)
    assert (old.state, old.marker and old.marker.item) == (IssueState.DUPLICATE, "")
    assert place.hub.issues[2]["html_url"] in old.managed
    with closing(place.open_tracker("ops")) as tracker:
        [said] = tracker.comments(old.ref)
    assert place.hub.issues[2]["html_url"] in said.body
    assert place.settled() == {"hub": [LOAD], "ops": sorted([POOL, BOOK])}
