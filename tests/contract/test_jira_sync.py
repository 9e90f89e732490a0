"""The whole sync against Jira Cloud's counterpart: requests counted, answers lost, and what people do there."""

import contextlib

import pytest
from contract.faults import Answer, lost_once
from machine.places import OnLittleJira
from workplace import postmortem

from connectors import IssuePatch, IssueState
from tracker.app import Consent, Wanted
from tracker.model import ItemState
from tracker.policy import Flag

PEOPLE = """
[people.ana]
name = "Ana Lima"
email = "ana@example.com"
"""
MONITOR = "Add monitoring for the connection pool (owner: Ana Lima, due: 2026-12-01)"
LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"


class Place(OnLittleJira):
    def __init__(self, root, jira, more=PEOPLE):
        super().__init__(root, jira.url, more)
        self.jira = jira
        jira.store.clock = self.clock

    def requests(self):
        """What one sync sends: the verb and path of each request."""
        self.jira.requests.clear()
        self.settle()
        return list(self.jira.requests)

    def settle(self):
        return self.run(consent=Consent(everything=True))

    def linked(self):
        """The items with their links, by text."""
        known = self.known()
        return {item.text: (item, known.links.get(item.id)) for item in known.items.values()}

    def all_issues(self):
        with contextlib.closing(self.open_tracker("jira")) as tracker:
            return tracker.changed_since(None).issues

    def by_hand(self, key, **patch):
        with contextlib.closing(self.open_tracker("jira")) as tracker:
            tracker.update(tracker.get(tracker.reference(key)), IssuePatch(**patch))


@pytest.fixture
def place(tmp_path, little_jira):
    return Place(tmp_path, little_jira)


def texts(count):
    return [f"Write chapter {number} of the handbook on {chr(97 + number % 26) * 9}" for number in range(count)]


def test_new_items_are_opened_fifty_at_a_time_and_a_second_run_does_nothing(place):
    place.document("a.md", postmortem(*texts(120)))
    place.requests()
    assert place.jira.writes == ["POST issue/bulk"] * 3
    assert len(place.all_issues()) == 120
    place.pass_time(3_600)
    place.requests()
    place.pass_time(3_600)
    assert place.requests() == ["GET myself", "POST search/jql"]


def test_an_item_goes_to_its_owner_with_its_day(place):
    place.document("a.md", postmortem(MONITOR))
    place.settle()
    [issue] = place.all_issues()
    assert (issue.assignees, issue.due.isoformat()) == ({"ana@example.com"}, "2026-12-01")
    assert place.jira.store.find("OPS-1").fields["assignee"] != "ana@example.com"
    writes = len(place.jira.writes)
    place.pass_time(3_600)
    place.settle()
    assert len(place.jira.writes) == writes


@pytest.mark.parametrize("cut", ["read", "midway"])
def test_a_bulk_create_whose_answer_is_lost_makes_no_duplicate(place, cut):
    place.document("a.md", postmortem(LOAD, RUNBOOK, MONITOR))
    place.jira.after = lost_once("issue/bulk", cut)
    synced = place.settle()
    assert len(synced.applied["jira"].failures) == 3
    for _ in range(3):
        place.pass_time(600)
        place.settle()
    assert sorted(issue.title for issue in place.all_issues()) == sorted(
        [LOAD, RUNBOOK, "Add monitoring for the connection pool"]
    )
    assert len(place.known().links) == 3


def test_of_a_bulk_create_each_refusal_is_its_own(place):
    place.document("a.md", postmortem(LOAD, RUNBOOK))
    refused = [True]

    def before(seen):
        if seen.path.endswith("issue/bulk") and refused:
            refused.pop()
            made = place.jira.store.create(seen.body["issueUpdates"][0])
            errors = [
                {
                    "status": 400,
                    "elementErrors": {"errorMessages": [], "errors": {"summary": "No."}},
                    "failedElementNumber": 1,
                }
            ]
            return Answer(201, {"issues": [{"id": str(made.id), "key": made.key, "self": ""}], "errors": errors})
        return None

    place.jira.before = before
    applied = place.settle().applied["jira"]
    assert [failure.action.item.text for failure in applied.failures] == [RUNBOOK]
    assert [issue.title for issue in place.all_issues()] == [LOAD]
    place.settle()
    assert sorted(issue.title for issue in place.all_issues()) == sorted([LOAD, RUNBOOK])


def test_a_lost_store_comes_back_from_the_properties(place):
    place.document("a.md", postmortem(LOAD, RUNBOOK))
    place.settle()
    before = {item: link.ref for item, link in place.known().links.items()}
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    writes = len(place.jira.writes)
    place.settle()
    assert {item: link.ref for item, link in place.known().links.items()} == before
    assert len(place.jira.writes) == writes
    assert [entry for entry in place.status(Wanted()).entries if Flag.DRIFT in entry.flags] == [], "Jira's own priority"


def test_states_travel_both_ways(place):
    place.document("a.md", postmortem(LOAD, RUNBOOK))
    place.settle()
    keys = {text: link.ref.key for text, (_, link) in place.linked().items()}
    place.document("a.md", postmortem(f"[x] {LOAD}", RUNBOOK))
    place.pass_time(3_600)
    place.settle()
    assert {issue.title: issue.state for issue in place.all_issues()} == {
        LOAD: IssueState.DONE,
        RUNBOOK: IssueState.OPEN,
    }
    place.by_hand(keys[RUNBOOK], state=IssueState.WONT_DO)
    place.pass_time(3_600)
    place.settle()
    assert {text: item.state for text, (item, _) in place.linked().items()} == {
        LOAD: ItemState.DONE,
        RUNBOOK: ItemState.WONT_DO,
    }


def test_an_issue_of_people_that_a_document_names_is_linked_and_its_changes_are_seen(place):
    plain = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Somebody's own"}
    made = place.jira.store.create({"fields": plain})
    place.document("a.md", postmortem(f"{LOAD} ({made.key})", RUNBOOK))
    place.settle()
    assert place.linked()[LOAD][1].ref.key == made.key
    place.pass_time(3_600)
    place.by_hand(made.key, state=IssueState.WONT_DO)
    place.pass_time(60)
    writes = len(place.jira.writes)
    place.settle()
    assert place.linked()[LOAD][0].state is ItemState.WONT_DO
    assert len(place.jira.writes) == writes


def test_many_issues_that_documents_name_are_read_together(place):
    plain = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Somebody's own"}
    keys = [place.jira.store.create({"fields": plain}).key for _ in range(120)]
    place.document("a.md", postmortem(*(f"{text} ({key})" for text, key in zip(texts(120), keys, strict=True))))
    sent = place.requests()
    assert [request for request in sent if "bulkfetch" in request] == ["POST issue/bulkfetch"] * 2
    assert not [request for request in sent if request.startswith("GET issue/OPS")]
    assert {link.ref.key for _, link in place.linked().values()} == set(keys)
    place.jira.store.delete(place.jira.store.find(keys[7]))
    place.jira.requests.clear()
    place.status(Wanted(), check_links=True)
    assert len([request for request in place.jira.requests if "bulkfetch" in request]) == 2
    assert [request for request in place.jira.requests if request.startswith("GET issue/")] == [f"GET issue/{keys[7]}"]
    gone = {link.ref.key for _, link in place.linked().values() if link.gone is not None}
    assert gone == {keys[7]}


def test_with_parent_issues_a_postmortem_is_an_epic_above_its_items(tmp_path, little_jira):
    place = Place(tmp_path, little_jira, f"parent_issues = true\n{PEOPLE}")
    place.document("a.md", postmortem(LOAD, RUNBOOK, title="Pool exhausted"))
    place.settle()
    whole, *parts = sorted(place.all_issues(), key=lambda issue: not issue.title.startswith("Pool"))
    assert little_jira.store.find(whole.ref.key).kind == "Epic"
    assert {part.title: part.parent for part in parts} == {LOAD: whole.ref.key, RUNBOOK: whole.ref.key}
    place.pass_time(3_600)
    place.requests()
    assert little_jira.writes == []


LIMIT = "Set a connection limit for each service in the pooler"
EACH = '[policy]\nrecurring = "open"\n'


class TestWorkPromisedBefore:
    """With `link_recurrences`: one link from each later issue to the oldest of the same work."""

    @pytest.fixture
    def place(self, tmp_path, little_jira):
        return Place(tmp_path, little_jira, f"link_recurrences = true\n{PEOPLE}{EACH}")

    def two(self, place):
        place.document("b-new.md", postmortem(LIMIT, RUNBOOK, date="2026-09-29"))
        place.document("z-old.md", postmortem(LIMIT, date="2026-05-07"))
        synced = place.settle()
        keys = {item.document: place.known().links[item.id].ref.key for item in self.same(place)}
        return synced, keys["postmortems/b-new.md"], keys["postmortems/z-old.md"]

    def same(self, place):
        return [item for item in place.known().items.values() if item.text == LIMIT]

    def links(self, place, key):
        """The sides of this issue's links, which are all of one kind."""
        store = place.jira.store
        told = [(each["type"]["name"], next(end for end in each if end != "type")) for each in store.find(key).links]
        assert {name for name, _ in told} <= {"Relates"}
        return [end for _, end in told]

    def made(self, place):
        return place.jira.writes.count("POST issueLink")

    def test_is_linked_once_when_both_are_opened(self, place):
        synced, new, old = self.two(place)
        assert self.made(place) == 1
        assert (self.links(place, new), self.links(place, old)) == (["outward"], ["inward"])
        assert synced.clean
        [event] = [event for event in self.events(place) if event.what == "issue related"]
        assert event.detail == {"issue": new, "to": old}
        for _ in range(2):
            place.pass_time(3_600)
            before = len(place.jira.writes)
            place.settle()
            assert len(place.jira.writes) == before

    def events(self, place):
        with place.store() as store:
            return store.events()

    def test_is_linked_when_it_comes_later(self, place):
        place.document("old.md", postmortem(LIMIT, date="2026-05-07"))
        place.settle()
        assert self.made(place) == 0
        place.document("new.md", postmortem(LIMIT, date="2026-09-29"))
        planned = [type(action).__name__ for action in place.look().plans[0].writes]
        assert planned == ["Create", "Relate"]
        place.settle()
        place.document("newest.md", postmortem(LIMIT, date="2026-11-02"))
        place.settle()
        assert self.made(place) == 2
        assert self.links(place, "OPS-1") == ["inward", "inward"]

    def test_people_may_take_it_away(self, place):
        _, new, old = self.two(place)
        for key in (new, old):
            place.jira.store.find(key).links.clear()
            place.jira.store.touch(place.jira.store.find(key))
        place.document("b-new.md", postmortem(f"{LIMIT} (P1)", RUNBOOK, date="2026-09-29"))
        for _ in range(2):
            place.pass_time(3_600)
            place.settle()
        assert (self.links(place, new), self.made(place)) == ([], 1)

    @pytest.mark.parametrize("cut", ["read", "midway"])
    def test_a_lost_answer_links_nothing_twice(self, place, cut):
        place.jira.after = lost_once("issueLink", cut)
        synced, new, _ = self.two(place)
        assert [failure.uncertain for failure in synced.applied["jira"].failures] == [True]
        place.pass_time(600)
        assert place.settle().clean
        place.pass_time(600)
        place.requests()
        assert (self.links(place, new), self.made(place)) == (["outward"], 0)

    def test_a_lost_store_links_nothing_twice(self, place):
        _, new, _ = self.two(place)
        for file in place.root.glob("closeout.db*"):
            file.unlink()
        place.jira.requests.clear()
        place.settle()
        place.settle()
        assert (self.links(place, new), self.made(place)) == (["outward"], 0)

    def test_work_that_is_closed_is_left_alone(self, place):
        place.document("new.md", postmortem(f"[x] {LIMIT}", date="2026-09-29"))
        place.document("old.md", postmortem(LIMIT, date="2026-05-07"))
        place.settle()
        assert self.made(place) == 0

    def test_an_issue_of_people_is_never_the_one_that_is_linked_from(self, place):
        plain = {"project": {"key": "OPS"}, "issuetype": {"name": "Task"}, "summary": "Somebody's own"}
        theirs = place.jira.store.create({"fields": plain}).key
        place.document("new.md", postmortem(f"{LIMIT} ({theirs})", date="2026-09-29"))
        place.document("old.md", postmortem(LIMIT, date="2026-05-07"))
        place.settle()
        assert self.made(place) == 0

    def test_a_link_type_that_is_not_there_fails_for_its_items_only(self, tmp_path, little_jira):
        place = Place(tmp_path, little_jira, f'link_recurrences = true\nrelated_link = "Twins"\n{PEOPLE}{EACH}')
        synced, *_ = self.two(place)
        [failure] = synced.applied["jira"].failures
        assert "related_link" in failure.error.advice
        assert len(place.known().links) == 3

    def test_an_older_one_that_is_known_to_be_gone_is_passed_over(self, place):
        _, new, old = self.two(place)
        place.jira.store.delete(place.jira.store.find(old))
        place.pass_time(3_600)
        place.status(Wanted(), check_links=True)
        place.document("zz-newest.md", postmortem(LIMIT, date="2026-11-02"))
        applied = place.settle().applied["jira"]
        assert [done.lacking for done in applied.done if done.lacking] == []
        assert [event.detail["to"] for event in self.events(place) if event.what == "issue related"] == [old, new]

    def test_an_older_one_that_vanishes_meanwhile_is_told_and_not_tried_again(self, place):
        place.document("old.md", postmortem(LIMIT, date="2026-05-07"))
        place.settle()
        place.document("new.md", postmortem(LIMIT, date="2026-09-29"))

        def after(seen):
            if seen.path.endswith("/issue"):
                place.jira.store.delete(place.jira.store.find("OPS-1"))

        place.jira.after = after
        applied = place.settle().applied["jira"]
        place.jira.after = lambda _: None
        assert applied.failures == []
        assert [done.lacking for done in applied.done if done.lacking]
        place.settle()
        assert self.made(place) == 0


class TestOneIssueForBoth:
    """Work that is promised again: offered, and by a person's word the issue stands for both."""

    @pytest.fixture
    def place(self, tmp_path, little_jira):
        return Place(tmp_path, little_jira, f"link_recurrences = true\n{PEOPLE}")

    def test_nothing_is_opened_and_then_one_write_tells_the_issue(self, place):
        place.document("old.md", postmortem(LIMIT, title="Old", date="2026-05-07"))
        place.settle()
        place.document("new.md", postmortem(LIMIT, title="New", date="2026-09-29"))
        for _ in range(2):
            place.pass_time(3_600)
            before = len(place.jira.writes)
            place.settle()
            assert len(place.jira.writes) == before
        [offer] = place.review().offers()
        place.decide_offer(offer, "Jo", same=True)
        place.settle()
        assert place.jira.writes[before:] == ["PUT issue/OPS-1"]
        [issue] = place.all_issues()
        assert "Promised again in" in issue.body
        for file in place.root.glob("closeout.db*"):
            file.unlink()
        place.pass_time(3_600)
        before = len(place.jira.writes)
        place.settle()
        place.settle()
        assert len(place.jira.writes) == before
        assert [item.same_as for item in place.known().items.values() if item.same_as] == [offer.of.id]

    def test_another_issue_is_related_as_ever(self, place):
        place.document("old.md", postmortem(LIMIT, date="2026-05-07"))
        place.settle()
        place.document("new.md", postmortem(LIMIT, date="2026-09-29"))
        place.settle()
        [offer] = place.review().offers()
        place.decide_offer(offer, "Jo", same=False)
        place.settle()
        assert place.jira.writes.count("POST issueLink") == 1
