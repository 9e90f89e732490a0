"""The use case as a whole, on the embedded tracker: what people see happen, and what must never happen."""

import os
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event
from workplace import SETTINGS, Workplace, postmortem

from connectors import ConnectorError, IssueState, NotAllowed, RateLimited, RequestRejected
from connectors.local import LocalTracker
from tracker.app import Consent, Wanted
from tracker.errors import RefusedByBrake, StalePlan
from tracker.model import ItemState

MONITOR = "Add monitoring for the connection pool (owner: Jo Smith, due: 2026-12-01)"
LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


TOLD = LocalTracker.capabilities.fget
lagging = property(lambda tracker: replace(TOLD(tracker), read_lag=timedelta(seconds=30)))


def opened(place):
    return [issue.title for issue in place.issues()]


def test_each_item_becomes_one_issue_with_its_facts(place):
    place.document("a.md", postmortem(MONITOR, LOAD))
    synced = place.run()
    assert synced.clean
    assert opened(place) == ["Add monitoring for the connection pool", "Run a load test before every release"]
    first = place.issue(1)
    assert first.assignees == {"jo"}
    assert first.due.isoformat() == "2026-12-01"
    assert first.labels == {"postmortem"}
    assert "Jo Smith" in first.managed
    assert "postmortems/a.md:" in first.managed
    assert first.marker.document == "postmortems/a.md"


def test_a_second_run_writes_nothing(place):
    place.document("a.md", postmortem(MONITOR, LOAD))
    place.run()
    synced = place.run()
    assert place.writes == []
    assert [plan.actions for plan in synced.prepared.plans] == [()]


def test_a_plan_writes_nothing_anywhere(place):
    place.document("a.md", postmortem(MONITOR))
    before = sorted(path.name for path in place.root.rglob("*"))
    assert place.look().plans[0].creates == 1
    assert sorted(path.name for path in place.root.rglob("*")) == before


def test_a_reworded_item_keeps_its_issue(place):
    place.document("a.md", postmortem(MONITOR, LOAD))
    place.run()
    place.document("a.md", postmortem(MONITOR, "Run a load test ahead of every release"))
    place.run()
    assert place.writes == ["update"]
    assert opened(place)[1] == "Run a load test ahead of every release"


def test_lines_that_shift_write_nothing(place):
    place.document("a.md", postmortem(MONITOR, LOAD))
    place.run()
    text = postmortem(MONITOR, LOAD).replace("It was down.", "It was down.\n\nFor long.\n\nVery long.")
    place.document("a.md", text)
    place.run()
    assert place.writes == []
    assert {item.line for item in place.known().items.values()} == {15, 16}


def test_a_new_owner_reaches_the_issue(place):
    place.document("a.md", postmortem(MONITOR))
    place.run()
    place.document("a.md", postmortem(MONITOR.replace("Jo Smith", "Maria Gomez")))
    place.run()
    assert place.issue(1).assignees == {"maria"}
    assert "Maria Gomez" in place.issue(1).managed


@pytest.mark.parametrize("state", [IssueState.DONE, IssueState.WONT_DO, IssueState.DUPLICATE])
def test_an_issue_closed_by_hand_settles_its_item_as_what_it_is(place, state):
    place.document("a.md", postmortem(MONITOR))
    place.run()
    place.by_hand(1, state=state)
    place.run()
    assert place.states() == {"Add monitoring for the connection pool": state.value}
    place.run()
    assert place.writes == []
    assert place.issue(1).state is state


def test_a_reopened_issue_opens_its_item_again(place):
    place.document("a.md", postmortem(MONITOR))
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    place.by_hand(1, state=IssueState.OPEN)
    place.run()
    (item,) = place.known().items.values()
    assert item.state is ItemState.OPEN
    assert item.settled_at is None


def test_a_ticked_box_closes_the_issue_and_unticking_reopens_it(place):
    place.document("a.md", postmortem("[ ] " + LOAD, "[ ] " + RUNBOOK))
    place.run()
    place.document("a.md", postmortem("[x] " + LOAD, "[ ] " + RUNBOOK))
    place.run()
    assert [issue.state.value for issue in place.issues()] == ["done", "open"]
    place.document("a.md", postmortem("[ ] " + LOAD, "[ ] " + RUNBOOK))
    place.run()
    assert [issue.state.value for issue in place.issues()] == ["open", "open"]


def test_what_is_done_when_first_seen_gets_no_issue(place):
    place.document("a.md", postmortem("[x] " + LOAD, "[ ] " + RUNBOOK))
    place.run()
    assert opened(place) == [RUNBOOK]
    assert place.states()[LOAD] == "done"


def test_a_removed_item_is_told_once_and_stays_open(place):
    place.document("a.md", postmortem(MONITOR, LOAD))
    place.run()
    place.document("a.md", postmortem(MONITOR))
    place.run()
    assert place.writes == ["comment", "update"], "told, and noted in the marker"
    place.run()
    assert place.writes == []
    assert place.issue(2).state is IssueState.OPEN
    assert place.states()[LOAD] == "removed"


def test_a_removed_item_that_returns_has_its_old_issue(place):
    place.document("a.md", postmortem(MONITOR, LOAD))
    place.run()
    place.document("a.md", postmortem(MONITOR))
    place.run()
    place.document("a.md", postmortem(MONITOR, LOAD))
    place.run()
    assert len(opened(place)) == 2
    assert place.states()[LOAD] == "open"


def test_removed_close_closes_as_wont_do(tmp_path):
    place = Workplace(tmp_path, SETTINGS + '[policy]\nremoved = "close"\n')
    place.document("a.md", postmortem(MONITOR, LOAD))
    place.run()
    place.document("a.md", postmortem(MONITOR))
    place.run()
    assert place.issue(2).state is IssueState.WONT_DO
    place.run()
    assert place.writes == []


def test_a_renamed_document_keeps_its_items(place):
    file = place.document("a.md", postmortem(MONITOR, LOAD))
    place.run()
    file.rename(file.with_name("b.md"))
    place.run()
    assert place.writes == []
    (document,) = {place.known().documents[item.document].path for item in place.known().items.values()}
    assert document == "postmortems/b.md"


def test_an_item_that_moves_to_another_document_keeps_its_issue(place):
    place.document("a.md", postmortem(MONITOR, RUNBOOK))
    place.document("b.md", postmortem(LOAD, title="Another"))
    place.run()
    place.document("a.md", postmortem(MONITOR))
    place.document("b.md", postmortem(LOAD, RUNBOOK, title="Another"))
    place.run()
    assert len(opened(place)) == 3
    assert "postmortems/b.md" in place.issue(2).managed


def test_peoples_words_and_labels_stay(place):
    place.document("a.md", postmortem(MONITOR))
    place.run()
    with sqlite3.connect(place.root / "closeout-issues.db") as database:
        database.execute("UPDATE local_issue SET body = 'Mine.\r\n\r\n' || body || '\n\nAlso mine.  '")
    database.close()
    place.by_hand(1, add_labels=frozenset({"mine"}))
    place.document("a.md", postmortem(MONITOR.replace("monitoring", "better monitoring")))
    place.run()
    issue = place.issue(1)
    assert issue.body.startswith("Mine.\r\n\r\n<!-- closeout:begin -->")
    assert issue.body.endswith("-->\n\nAlso mine.  ")
    assert issue.labels == {"postmortem", "mine"}
    assert "better monitoring" in issue.managed


def test_a_title_changed_on_the_issue_is_told_and_left_until_the_document_changes(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    place.by_hand(1, title="Load tests!")
    drift = place.run().prepared.plans[0].drift
    assert [(change.field, change.after) for _, change in drift] == [("title", "Load tests!")]
    assert place.writes == []
    place.document("a.md", postmortem("Run a long load test before every release"))
    conflicts = place.run().prepared.plans[0].conflicts
    assert [(conflict.field, conflict.winner) for _, conflict in conflicts] == [("title", "document")]
    with place.store() as store:
        [told] = [event.detail for event in store.events() if event.what == "conflict settled"]
    assert told == {"field": "title", "document": told["document"], "issue": "Load tests!", "winner": "document"}
    assert told["document"] == place.issue(1).title
    assert opened(place) == ["Run a long load test before every release"]


def test_an_assignee_set_on_the_issue_owns_the_item(place):
    place.document("a.md", postmortem(MONITOR))
    place.run()
    place.by_hand(1, assignees=frozenset({"maria"}))
    place.run()
    assert place.writes == []
    (entry,) = place.status(Wanted()).entries
    assert [owner.key for owner in entry.ownership.known] == ["maria"]


# Adopting


def test_an_item_that_names_an_issue_is_linked_to_it_and_nothing_is_written(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    place.document("b.md", postmortem("Tune the pool sizes (#1)", title="Another"))
    place.run()
    assert place.writes == []  # #1 belongs to another item: naming it does not take it away
    place.document("c.md", postmortem(RUNBOOK + " OPS-12", title="Third"))
    place.run()
    assert place.writes == []  # a ticket elsewhere is a ticket


def test_somebodys_issue_is_adopted_as_it_is(place):
    place.document("x.md", postmortem(LOAD))
    place.run()
    (place.root / "closeout.db").unlink()
    with sqlite3.connect(place.root / "closeout-issues.db") as database:
        database.execute("UPDATE local_issue SET body = 'A person wrote this.', title = 'Mine'")
    database.close()
    place.document("x.md", postmortem("Do what is written there (#1)"))
    place.run()
    assert place.writes == []
    assert place.issue(1).title == "Mine"
    (link,) = place.known().links.values()
    assert link.ref.key == "#1"
    place.by_hand(1, state=IssueState.DONE)
    place.run()
    assert list(place.states().values()) == ["done"]


# No duplicates, nothing lost


def test_an_empty_store_is_rebuilt_without_a_write(place):
    place.document("a.md", postmortem(MONITOR, LOAD))
    place.document("b.md", postmortem(RUNBOOK, title="Another"))
    place.run()
    place.document("a.md", postmortem(MONITOR, "Run a load test ahead of every release"))
    place.run()
    place.by_hand(3, state=IssueState.WONT_DO)
    place.run()
    links = {key: link.ref for key, link in place.known().links.items()}
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    place.run()
    assert place.writes == []
    assert {key: link.ref for key, link in place.known().links.items()} == links
    assert place.states()[RUNBOOK] == "wont_do"
    place.run()
    assert place.writes == []


def test_a_rebuild_recognises_a_document_that_was_renamed_and_reworded(place):
    file = place.document("a.md", postmortem(MONITOR, LOAD, RUNBOOK))
    place.run()
    for store in place.root.glob("closeout.db*"):
        store.unlink()
    file.unlink()
    place.document("renamed.md", postmortem(MONITOR, LOAD, RUNBOOK + " at night"))
    place.run()
    assert "create" not in place.writes
    assert len(opened(place)) == 3


def test_a_partial_first_run_does_not_forget_the_issues_of_other_documents(place):
    place.document("a.md", postmortem(MONITOR))
    place.document("b.md", postmortem(RUNBOOK, title="Another"))
    place.run()
    for store in place.root.glob("closeout.db*"):
        store.unlink()
    place.run(str(place.root / "postmortems/a.md"))
    place.run()
    assert place.writes == []
    assert len(opened(place)) == 2


@pytest.mark.parametrize("fault", ["lost", "maybe", "before"])
def test_a_create_without_an_answer_is_looked_up_and_never_sent_blindly(place, fault):
    place.document("a.md", postmortem(MONITOR, LOAD))
    place.faults[:] = [fault]
    synced = place.run()
    assert not synced.clean
    assert place.writes == ["create", "create"]  # one item's failure is its own
    place.run()
    assert place.writes == ([] if fault == "lost" else ["create"])
    assert sorted(opened(place)) == sorted(["Add monitoring for the connection pool", LOAD])
    place.run()
    assert place.writes == []


def test_while_reads_lag_an_uncertain_create_waits_for_the_grace_period(place, monkeypatch):
    monkeypatch.setattr(LocalTracker, "capabilities", lagging)
    place.document("a.md", postmortem(LOAD))
    place.faults[:] = ["lost"]
    place.hidden.add(1)  # the new issue does not show in listings yet
    place.run()
    held = place.run().prepared.plans[0].held
    assert place.writes == []
    assert [each.item.text for each in held] == [LOAD]
    place.hidden.clear()
    with place.store() as store:
        store.finish_reading("local", store.place("local"), "", {}, place.now)
    place.run()
    assert place.writes == []
    assert len(place.known().links) == 1


def test_after_the_grace_period_a_create_that_never_arrived_is_sent_again(place, monkeypatch):
    monkeypatch.setattr(LocalTracker, "capabilities", lagging)
    place.document("a.md", postmortem(LOAD))
    place.faults[:] = ["maybe"]
    place.run()
    place.run()
    assert place.writes == []
    place.pass_time(600)
    place.run()
    assert place.writes == ["create"]
    assert opened(place) == [LOAD]


def test_two_stores_that_raced_are_healed_to_the_older_issue(place, tmp_path):
    place.document("a.md", postmortem(LOAD))
    place.run()
    other = place.root / "other.db"
    # The second store did not see the first one's issue when it planned.
    (place.root / "closeout.db").rename(other)
    for rest in place.root.glob("closeout.db-*"):
        rest.unlink()
    place.hidden.add(1)
    place.run()
    assert len(opened(place)) == 2
    place.hidden.clear()
    with place.store() as store:
        store.finish_reading("local", store.place("local"), "", {}, place.now)
    place.run()
    assert [issue.state.value for issue in place.issues()] == ["open", "duplicate"]
    assert "tracked in #1" in place.issue(2).managed
    (link,) = place.known().links.values()
    assert link.ref.key == "#1"
    place.run()
    assert place.writes == []
    for rest in place.root.glob("closeout.db*"):
        rest.unlink()
    other.rename(place.root / "closeout.db")
    place.run()
    assert place.writes == []
    assert [issue.state.value for issue in place.issues()] == ["open", "duplicate"]


def test_a_kill_at_any_commit_ends_in_the_same_state(tmp_path):
    """A process that dies (as by kill -9) just before or after any transaction, then one undisturbed run."""
    kills = 0
    for moment in range(1, 60):
        root = tmp_path / str(moment)
        root.mkdir()
        place = Workplace(root)
        place.document("a.md", postmortem(MONITOR, LOAD))
        if not _killed_at(place, moment):
            break
        kills += 1
        place.run()
        assert sorted(opened(place)) == sorted(["Add monitoring for the connection pool", LOAD]), moment
        place.run()
        assert place.writes == [], moment
    assert kills >= 10


def _killed_at(place, moment):
    """Run a sync in a child that exits without a word at its n-th commit; True when it got that far."""
    child = os.fork()
    if child == 0:
        seen = [0]

        def die(_connection):
            seen[0] += 1
            if seen[0] == moment:
                os._exit(9)

        event.listen(Engine, "commit", die)
        try:
            place.run()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


# The brake, and plans that are carried out later


def test_too_many_creates_are_refused_and_consent_lets_them_through(tmp_path):
    place = Workplace(tmp_path, SETTINGS + "[brake]\nmax_creates = 1\n")
    place.document("a.md", postmortem(MONITOR, LOAD))
    with pytest.raises(RefusedByBrake, match="open 2 issues") as refused:
        place.run()
    assert "--max-creates 2" in refused.value.advice
    assert opened(place) == []
    place.run(consent=Consent(max_creates=2))
    assert len(opened(place)) == 2


def test_documents_that_all_vanish_are_a_fault_not_a_wish(place):
    file = place.document("a.md", postmortem(MONITOR, LOAD))
    place.run()
    file.unlink()
    with pytest.raises(RefusedByBrake, match="no documents were found"):
        place.run()
    assert place.writes == []


def test_many_vanished_items_are_refused(tmp_path):
    place = Workplace(tmp_path, SETTINGS + "[brake]\nmax_closes = 1\n")
    place.document("a.md", postmortem(MONITOR, LOAD, RUNBOOK))
    place.run()
    place.document("a.md", postmortem(MONITOR))
    with pytest.raises(RefusedByBrake, match="2 of 3 open issues"):
        place.run()
    place.run(consent=Consent(max_closes=2))
    assert place.writes == ["comment", "update"] * 2


def test_a_stale_plan_is_refused(place):
    place.document("a.md", postmortem(MONITOR))
    with pytest.raises(StalePlan):
        place.sync((), Consent(), lambda _: False)
    assert opened(place) == []


# Failures


def test_a_refusal_by_a_limit_is_waited_out(place):
    place.document("a.md", postmortem(MONITOR))
    until = place.now + timedelta(minutes=3)
    place.faults[:] = [RateLimited("slow down", where="local", retry_at=until)]
    assert place.run().clean
    assert place.progress.waits == [(until, "slow down")]
    assert len(opened(place)) == 1


def test_a_target_that_wants_too_much_patience_is_left_for_the_next_run(place):
    place.document("a.md", postmortem(MONITOR))
    place.faults[:] = [RateLimited("tomorrow", where="local", retry_at=place.now + timedelta(days=1))]
    assert not place.run().clean
    assert place.progress.waits == []
    place.run()
    assert len(opened(place)) == 1


def test_a_target_that_keeps_failing_is_left_alone(place):
    place.document("a.md", postmortem(*(f"Write chapter {n} of the big manual" for n in range(9))))
    place.faults[:] = [NotAllowed("no", where="local")] * 9
    applied = place.run().applied["local"]
    assert len(applied.failures) == 3
    assert len(applied.postponed) == 6


def test_a_change_that_was_read_survives_a_failed_write(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    place.by_hand(1, state=IssueState.DONE)
    place.document("a.md", postmortem("Run a long load test before every release"))
    place.faults[:] = [RequestRejected("no such title", where="local #1")]
    assert not place.run().clean
    assert list(place.states().values()) == ["done"]
    place.run()
    assert place.writes == ["update"]
    assert place.issue(1).state is IssueState.DONE


def test_an_unreadable_document_keeps_its_items(place):
    file = place.document("a.md", postmortem(MONITOR, LOAD))
    place.document("b.md", postmortem(RUNBOOK, title="Another"))
    place.run()
    file.write_bytes(b"x" * 20_000_001)
    synced = place.run()
    assert place.writes == []
    assert [path for path, _ in synced.prepared.reading.unreadable] == ["postmortems/a.md"]
    assert place.states()[LOAD] == "open"


def test_of_two_documents_with_one_id_the_known_one_is_synced_and_the_other_reported(place):
    place.document("b.md", "---\nid: same\n---\n" + postmortem(LOAD))
    place.run()
    place.document("a.md", "---\nid: same\n---\n" + postmortem(MONITOR))
    place.document("c.md", postmortem(RUNBOOK, title="Another"))
    synced = place.run()
    assert not synced.clean
    assert synced.prepared.reading.unreadable == (("postmortems/a.md", "its id 'same' is that of postmortems/b.md"),)
    assert opened(place) == [LOAD, RUNBOOK]


def test_a_private_document_never_goes_to_a_public_target(tmp_path):
    place = Workplace(tmp_path, SETTINGS.replace('kind = "local"', 'kind = "local"\npublic = true'))
    place.document("a.md", "---\nprivate: true\n---\n" + postmortem(LOAD))
    place.document("b.md", postmortem(RUNBOOK, title="Another"))
    held = place.run().prepared.plans[0].held
    assert opened(place) == [RUNBOOK]
    assert "public" in held[0].why


def test_an_unknown_owner_is_never_assigned_or_mentioned(place):
    place.document("a.md", postmortem(LOAD + " (owner: @tobias)"))
    place.run()
    assert place.issue(1).assignees == frozenset()
    assert "@tobias" not in place.issue(1).body


def test_an_unreachable_target_stops_before_anything_is_recorded(place, monkeypatch):
    def fail(*_args):
        raise ConnectorError("down", where="local")

    place.document("a.md", postmortem(LOAD))
    monkeypatch.setattr(LocalTracker, "changed_since", fail)
    with pytest.raises(ConnectorError):
        place.run()
    assert place.known().items == {}
