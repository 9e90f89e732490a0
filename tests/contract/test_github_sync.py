"""The whole sync against GitHub's counterpart: requests counted, answers lost, and what people do there."""

import pytest
from workplace import Workplace, postmortem

from connectors import IssuePatch, IssueState
from tracker.app import Consent
from tracker.apply import CONTENT_ACTIONS
from tracker.errors import UsageError
from tracker.model import ItemState

SETTINGS = """
target = "ops"
[targets.ops]
kind = "github"
repository = "acme/ops"
creates_per_minute = 30
[people.ana]
name = "Ana Lima"
github = "ana-lima"
[people.bo]
name = "Bo Chen"
aliases = ["Bo Chen-Lindqvist"]
github = "bo-chen"
"""
MONITOR = "Add monitoring for the connection pool (owner: Ana Lima, due: 2026-12-01)"
LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"


class OnGitHub(Workplace):
    """The same workplace, with issues in a GitHub repository."""

    def __init__(self, root, bench):
        super().__init__(root, SETTINGS)
        self.bench = bench

    def open_tracker(self, name):
        assert name == "ops"
        return self.bench.again()

    def verbs(self, *paths):
        """The requests that one sync sends."""
        self.bench.sent.clear()
        self.run(*paths, consent=Consent(everything=True))
        return self.bench.sent.verbs


@pytest.fixture
def place(tmp_path, github):
    return OnGitHub(tmp_path, github)


def texts(count):
    return [
        f"Write chapter {number} of the handbook on {'abcdefghijklmnopqrstuvwxyz'[number % 26] * 9}"
        for number in range(count)
    ]


def test_one_request_for_each_issue_and_one_for_nothing_changed(place):
    place.document("a.md", postmortem(*texts(40)))
    assert place.verbs() == ["GET", "GET", "POST", *["POST"] * 40]  # the labels, and the one that they lack
    assert place.verbs() == ["GET"]
    place.document("a.md", postmortem(*texts(39), "[x] " + texts(40)[39]))
    assert place.verbs() == ["GET", "PATCH"]
    assert place.bench.stored(40)["state"] == "closed"


def test_a_rebuild_on_a_fresh_machine_writes_nothing(place):
    place.document("a.md", postmortem(MONITOR, LOAD, RUNBOOK))
    place.verbs()
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    assert set(place.verbs()) == {"GET"}
    assert place.verbs() == ["GET"]
    assert len(place.known().links) == 3


def test_what_people_do_on_github_comes_back(place):
    place.document("a.md", postmortem(MONITOR, LOAD, RUNBOOK))
    place.verbs()
    person = place.bench.again()
    for number, state in ((1, IssueState.DONE), (2, IssueState.WONT_DO)):
        person.update(person.get(person.reference(f"#{number}")), IssuePatch(state=state))
    assert place.verbs() == ["GET", "POST"]  # what closed them is one question
    states = place.states()
    assert states["Add monitoring for the connection pool"] == "done"
    assert states[LOAD] == "wont_do"
    assert states[RUNBOOK] == "open"


def test_title_and_owner_changed_in_the_document_reach_the_issue(place):
    place.document("a.md", postmortem(MONITOR))
    place.verbs()
    place.document("a.md", postmortem("Add better monitoring for the connection pool (owner: Bo Chen)"))
    assert place.verbs() == ["GET", "PATCH"]
    stored = place.bench.stored(1)
    assert stored["title"] == "Add better monitoring for the connection pool"
    assert stored["assignees"] == ["bo-chen"]


@pytest.mark.parametrize("kind", ["timeout", "timeout_after_commit", "truncated", "server_error", "duplicate_commit"])
def test_a_create_that_goes_wrong_leaves_one_open_issue_for_each_item(place, kind):
    place.document("a.md", postmortem(LOAD, RUNBOOK))
    place.bench.world.set_faults([{"tool": "github.issues.create", "kind": kind}])
    place.verbs()
    for _ in range(2):
        place.pass_time(3600)  # past every grace period
        place.verbs()
    assert place.verbs() == ["GET"]
    issues = place.bench.world.state["repos"]["acme/ops"]["issues"].values()
    assert sorted(issue["title"] for issue in issues if issue["state"] == "open") == sorted([LOAD, RUNBOOK])
    assert len(place.known().links) == 2


def test_the_budget_is_counted_from_the_journal_across_runs(place):
    """Eighty a minute are allowed: ninety items take a wait, and the next process counts what this one sent."""
    place.document("a.md", postmortem(*texts(90)))
    begin = place.now
    place.run(consent=Consent(everything=True))
    assert [why for _, why in place.progress.waits] == ["the write budget of ops is used up"]
    again = OnGitHub(place.root, place.bench)
    again.now = place.now
    again.document("b.md", postmortem(*(f"{text} again" for text in texts(75)), title="Another"))
    again.sync((), Consent(everything=True))
    assert len(again.progress.waits) == 1
    with place.store() as store:
        sent = store.sent_since(place.bench.tracker.capabilities.budget_key, begin, CONTENT_ACTIONS)
    assert len(sent) == 165
    for first, last in zip(sent, sent[80:], strict=False):
        assert (last - first).total_seconds() >= 60


def test_a_repository_changed_under_the_same_name_is_refused_before_anything_is_sent(place, github):
    place.document("a.md", postmortem(LOAD, RUNBOOK))
    place.verbs()
    place.open_tracker = lambda _name: github.again("acme/site")
    github.sent.clear()
    with pytest.raises(UsageError, match="its links would mean other issues"):
        place.run()
    assert github.sent.verbs == []


def test_words_around_the_block_stay_when_the_item_changes(place):
    place.document("a.md", postmortem(LOAD))
    place.verbs()
    place.bench.call(
        "update_issue", issue_number=1, body="Mine first.\n\n" + place.bench.stored(1)["body"] + "\n\nMine last."
    )
    place.document("a.md", postmortem(LOAD + " (owner: Bo Chen)"))
    place.verbs()
    body = place.bench.stored(1)["body"]
    assert body.startswith("Mine first.\n\n<!-- closeout:begin -->")
    assert body.endswith("-->\n\nMine last.")
    assert "Bo Chen" in body


def test_a_private_document_stays_out_of_a_public_repository(place, github):
    place.open_tracker = lambda _name: github.again("acme/site")
    place.document("a.md", "---\nprivate: true\n---\n" + postmortem(LOAD))
    place.verbs()
    assert "POST" not in github.sent.verbs
    assert {item.state for item in place.known().items.values()} == {ItemState.OPEN}


def test_work_promised_again_costs_nothing_until_somebody_says_something(place):
    place.document("old.md", postmortem(MONITOR, title="Old", date="2026-05-07"))
    place.verbs()
    place.document("new.md", postmortem(MONITOR, title="New", date="2026-09-29"))
    quiet = place.verbs()
    assert place.verbs() == quiet == ["GET"]
    [offer] = place.review().offers()
    place.decide_offer(offer, "Jo", same=True)
    assert place.verbs().count("PATCH") == 1
    assert place.verbs() == quiet
    assert "Promised again in **New**" in next(iter(place.known().links.values())).issue.body
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    assert set(place.verbs()) == {"GET"}
    assert [item.same_as for item in place.known().items.values() if item.same_as] == [offer.of.id]
