"""One issue for each postmortem on GitHub, above those of its items."""

from __future__ import annotations

from contextlib import closing

import pytest
from contract.faults import Answer
from machine.places import OnLittleGitHub
from workplace import postmortem

from connectors import IssueState, RequestRejected
from connectors.github import GitHubTracker, tracker
from connectors.settings import GitHubSettings
from tracker.app import Consent

LOAD = "Run a load test before every release"
POOL = "Add monitoring for the connection pool"
RUNBOOK = "Write a runbook for failing over the database"


class WithParents(OnLittleGitHub):
    """A workplace whose target wants an issue for each postmortem."""

    def __init__(self, root, hub):
        super().__init__(root, hub.url)
        self.hub = hub

    def open_tracker(self, name):
        settings = GitHubSettings(repository="acme/ops", base_url=self.url, timeout=5, parent_issues=True)
        return GitHubTracker(name, settings, "token", read_pauses=(), now=self.clock)

    def sync_once(self):
        """One sync; what it sent, without the labels."""
        self.hub.requests.clear()
        self.run(consent=Consent(everything=True))
        return [request for request in self.hub.requests if "labels" not in request]

    @property
    def below(self):
        """The titles of parts by those of their parents."""
        found = {}
        for issue in self.hub.issues.values():
            if issue.get("parent_issue_url"):
                parent = self.hub.issues[int(issue["parent_issue_url"].rsplit("/", 1)[1])]
                found.setdefault(parent["title"], []).append(issue["title"])
        return found


@pytest.fixture
def place(tmp_path, hub):
    place = WithParents(tmp_path, hub)
    place.document("a.md", postmortem(LOAD, POOL))
    return place


PARENT = "Postmortem: Outage of the checkout"


def test_items_stand_below_their_postmortem_and_a_second_run_writes_nothing(place, hub):
    place.sync_once()
    assert place.below == {PARENT: [LOAD, POOL]}
    parent = hub.issues[3]
    assert "promised stands below" in parent["body"]
    assert [label["name"] for label in parent["labels"]] == ["postmortem"]
    assert all(request.startswith("GET") for request in place.sync_once())
    place.document("a.md", postmortem(LOAD, POOL, RUNBOOK))
    writes = [request for request in place.sync_once() if not request.startswith("GET")]
    assert writes == ["POST /issues", "POST /issues/3/sub_issues"]
    assert place.below == {PARENT: [LOAD, POOL, RUNBOOK]}


def test_each_postmortem_has_its_own(place, hub):
    place.document("b.md", postmortem(RUNBOOK, title="Postmortem of the mail queue"))
    place.sync_once()
    assert place.below == {PARENT: [LOAD, POOL], "Postmortem of the mail queue": [RUNBOOK]}


def test_issues_from_before_the_setting_are_put_below(place, hub):
    plain = OnLittleGitHub(place.root, hub.url)
    plain.run(consent=Consent(everything=True))
    assert place.below == {}
    place.sync_once()
    assert place.below == {PARENT: [LOAD, POOL]}


def test_what_people_take_out_stays_out(place, hub):
    place.sync_once()
    hub.change(1, parent_issue_url=None)
    place.pass_time(600)
    assert all(request.startswith("GET") for request in place.sync_once())
    assert place.below == {PARENT: [POOL]}
    place.document("a.md", postmortem(f"{LOAD} of the shop", POOL))
    place.sync_once()
    place.sync_once()
    assert place.below == {PARENT: [POOL]}


def test_what_people_put_elsewhere_stays_there(place, hub):
    OnLittleGitHub(place.root, hub.url).run(consent=Consent(everything=True))
    epic = hub.add("Epic of the year")
    hub.change(1, parent_issue_url=epic["url"])
    place.pass_time(600)
    place.sync_once()
    assert place.below == {"Epic of the year": [LOAD], PARENT: [POOL]}


def test_beyond_what_one_takes_there_is_a_second(place, hub, monkeypatch):
    monkeypatch.setattr(tracker, "MOST_PARTS", 2)
    hub.parts = 2
    place.document("a.md", postmortem(LOAD, POOL, RUNBOOK))
    place.sync_once()
    assert place.below == {PARENT: [LOAD, POOL], f"{PARENT} (2)": [RUNBOOK]}
    assert all(request.startswith("GET") for request in place.sync_once())


def test_a_lost_store_is_rebuilt_without_a_write(place, hub):
    place.sync_once()
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    place.pass_time(600)
    assert all(request.startswith("GET") for request in place.sync_once())
    assert len(place.known().items) == 2
    place.document("a.md", postmortem(LOAD, POOL, RUNBOOK))
    place.sync_once()
    assert place.below == {PARENT: [LOAD, POOL, RUNBOOK]}


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("number", [3, 4, 5])
def test_a_lost_answer_leads_to_the_same_end(place, hub, number, before):
    """Of the writes the third opens the parent, the others put issues below it."""
    count = 0

    def lossy(seen):
        nonlocal count
        count += seen.verb == "POST" and "labels" not in seen.path
        return Answer(cut="read") if seen.verb == "POST" and count == number else None

    setattr(hub, "before" if before else "after", lossy)
    place.sync_once()
    hub.before = hub.after = lambda _: None
    for _ in range(3):
        place.pass_time(1800)
        place.sync_once()
    assert place.below == {PARENT: [LOAD, POOL]}
    assert sum(issue["title"] == PARENT for issue in hub.issues.values()) == 1


def test_parents_of_two_runs_that_raced_are_healed(place, hub, tmp_path):
    place.sync_once()
    twin = hub.add(PARENT, hub.issues[3]["body"])
    copy = hub.add(PARENT, hub.issues[3]["body"])
    copy["user"] = {"login": "somebody"}
    place.pass_time(600)
    place.sync_once()
    assert (twin["state"], twin["state_reason"]) == ("closed", "duplicate")
    assert (hub.issues[3]["state"], copy["state"]) == ("open", "open")


def test_a_parent_that_somebody_deleted_is_not_opened_again(place, hub):
    place.sync_once()
    hub.before = lambda seen: Answer(410, {"message": "This issue was deleted"}) if "sub_issues" in seen.path else None
    place.document("a.md", postmortem(LOAD, POOL, RUNBOOK))
    place.pass_time(600)
    writes = [request for request in place.sync_once() if not request.startswith("GET")]
    assert writes == ["POST /issues", "POST /issues/3/sub_issues"]
    assert all(request.startswith("GET") for request in place.sync_once())


def test_what_changed_on_an_issue_is_kept_when_it_is_put_below(place, hub):
    OnLittleGitHub(place.root, hub.url).run(consent=Consent(everything=True))
    hub.change(1, assignees=["ana"])
    place.pass_time(600)
    place.sync_once()
    [link] = [link for link in place.known().links.values() if link.ref.number == 1]
    assert (link.issue.assignees, link.base["parent"]) == (frozenset({"ana"}), "acme/ops#3")
    assert all(request.startswith("GET") for request in place.sync_once())


def test_without_the_setting_there_are_none(tmp_path, hub):
    place = OnLittleGitHub(tmp_path, hub.url)
    place.document("a.md", postmortem(LOAD))
    place.run(consent=Consent(everything=True))
    assert [issue["title"] for issue in hub.issues.values()] == [LOAD]


def test_what_has_another_parent_is_refused_and_told(place, hub):
    place.sync_once()
    other = hub.add("Another")
    with closing(place.open_tracker("ops")) as opened:
        part = opened.get(opened.reference("#1"))
        assert opened.add_part(opened.reference("#3"), part).parent == "acme/ops#3"
        with pytest.raises(RequestRejected, match="one parent"):
            opened.add_part(opened.reference(f"#{other['number']}"), part)
    assert part.state is IssueState.OPEN
