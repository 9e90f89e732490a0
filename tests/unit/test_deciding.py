"""Decisions through the whole sync: what people said holds, whatever documents and issues say later."""

import shutil
from datetime import date, timedelta

import pytest
from workplace import SETTINGS, Workplace, postmortem

from connectors import IssueState
from connectors.local import LocalTracker
from tracker.app import Wanted, verdict_for
from tracker.errors import UsageError
from tracker.model import ItemState
from tracker.policy import Flag
from tracker.render.plan_text import print_plan

ALERT = "Alert when the connection pool is nearly used up"
LOAD = "Run a load test before every release"
RUNBOOK = "Write a runbook for failing over the database"
A, B, C = (f"Add an alert for the pool of service {name}" for name in "ABC")


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


def item(place, text):
    return next(item for item in place.known().items.values() if item.text == text)


def key(place, text):
    link = place.known().links.get(item(place, text).id)
    return link.ref.key if link else None


def swap_stores(place, make=None):
    """From here on the other machine's store is used; with `make` that is a copy of this one's."""
    here, there, spare = (place.root / name for name in ("closeout.db", "other.db", "spare.db"))
    assert not list(place.root.glob("closeout.db-*"))
    if make:
        make(here, there)
    here.rename(spare)
    there.rename(here)
    spare.rename(there)


def somebodys(place, title="Mine"):
    """An issue that a person opened; returns its key."""
    place.document("zz.md", postmortem(title, title="Zz"))
    place.run()
    number = len(place.issues())
    with LocalTracker("local", place.settings.targets["local"], place.root)._engine().begin() as connection:
        connection.exec_driver_sql("UPDATE local_issue SET body = 'A person wrote this.' WHERE number = ?", (number,))
    place.unlink(f"#{number}", "Jo", "it is only here to be somebody's")
    place.ignore(item(place, title).id, "Jo", "likewise")
    return f"#{number}"


# Links


def test_an_unlinked_item_gets_an_issue_of_its_own_and_the_old_one_is_never_touched_again(place):
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    place.unlink("#2", "Jo", "somebody else's work")
    before = place.issue(2)
    place.run()
    assert place.writes == ["create"]
    assert key(place, LOAD) == "#3"
    place.by_hand(2, state=IssueState.WONT_DO)
    place.document("a.md", postmortem(ALERT, LOAD + " of the shop"))
    place.run()
    assert place.writes == ["update"]
    assert place.issue(2).body == before.body
    assert item(place, LOAD + " of the shop").state is ItemState.OPEN
    place.run()
    assert place.writes == []


def test_twin_healing_leaves_parted_issues_alone_also_when_the_store_is_lost(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    place.unlink("#1", "Jo", "not this one")
    place.run()
    place.by_hand(1, add_labels=frozenset({"seen"}))  # so that it is listed again
    place.run()
    assert place.writes == []
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    for _ in range(2):
        place.run()
        assert place.writes == []
    assert key(place, LOAD) == "#2"
    assert [issue.state.value for issue in place.issues()] == ["open", "open"]
    assert item(place, LOAD).parted == ("local #1",)


def test_a_document_that_names_a_parted_issue_does_not_tie_it_again(place):
    mine = somebodys(place)
    place.document("b.md", postmortem(f"Mend the pager ({mine})", title="B"))
    place.run()
    assert place.writes == []
    name = next(item.text for item in place.known().items.values() if item.text.startswith("Mend"))
    place.unlink(item(place, name).id, "Jo", "they only look alike")
    place.run()
    assert place.writes == ["create"]
    assert key(place, name) != mine
    place.document("b.md", postmortem(f"Mend the pager ({mine})", RUNBOOK, title="B"))
    place.run()
    assert place.writes == ["create"]
    place.run()
    assert place.writes == []


def test_linking_writes_nothing_then_or_later(place):
    mine = somebodys(place)
    place.document("a.md", postmortem(LOAD + " (owner: Jo Smith, due: 2026-12-01)"))
    place.run()
    number = int(mine[1:])
    before, old = place.issue(number), place.issue(number + 1)
    place.link(item(place, LOAD).id, mine, "Jo")
    place.run()
    assert place.writes == []
    place.document("a.md", postmortem("[x] " + LOAD + " (owner: Maria, due: 2026-12-24)"))
    place.run()
    place.run()
    assert place.writes == []
    assert (place.issue(number), place.issue(number + 1)) == (before, old)
    assert key(place, LOAD) == mine
    place.by_hand(number, state=IssueState.WONT_DO)
    place.run()
    assert item(place, LOAD).state is ItemState.WONT_DO


def test_an_issue_that_closeout_opened_can_be_linked_again_and_follows_the_document(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    place.unlink("#1", "Jo", "a mistake")
    place.link(item(place, LOAD).id, "1", "Jo")
    place.run()
    assert place.writes == []
    place.document("a.md", postmortem("Run a long load test before every release"))
    place.run()
    assert place.writes == ["update"]
    assert place.issue(1).title == "Run a long load test before every release"


def test_an_issue_of_another_item_is_refused(place):
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    with pytest.raises(UsageError, match="issue of another item: Alert"):
        place.link("#2", "#1", "Jo")
    with pytest.raises(UsageError, match="its issue already"):
        place.link("#2", "#2", "Jo")
    with pytest.raises(UsageError, match="no issue of a target"):
        place.link("#2", "https://elsewhere.example/12", "Jo")
    with pytest.raises(UsageError, match="no such issue"):
        place.link("#2", "#99", "Jo")
    assert (key(place, ALERT), key(place, LOAD)) == ("#1", "#2")


def test_what_has_no_issue_cannot_be_unlinked(place):
    place.document("a.md", postmortem("[x] " + LOAD))
    place.run()
    with pytest.raises(UsageError, match="it has no issue"):
        place.unlink(item(place, LOAD).id, "Jo", "x")


def test_decisions_wait_for_a_running_sync_only_where_they_change_links(place, monkeypatch):
    from tracker.errors import Unavailable  # noqa: PLC0415
    from tracker.store import locks  # noqa: PLC0415

    place.document("a.md", postmortem(LOAD))
    place.run()
    monkeypatch.setattr(locks.exclusive.__wrapped__, "__defaults__", (0.01, lambda: False))
    with place.store() as store, store.exclusive("local:local", lambda: None):
        place.snooze("#1", date(2026, 12, 24), "Jo", "x")
        with pytest.raises(Unavailable, match="still running"):
            place.unlink("#1", "Jo", "x")


def test_a_decision_that_comes_while_a_sync_writes_is_not_lost(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    place.document("a.md", postmortem("Run a long load test before every release"))
    send = LocalTracker.update

    def slow(self, issue, patch):
        place.extend("#1", date(2026, 12, 24), "Jo", "x")
        return send(self, issue, patch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalTracker, "update", slow)
        place.run()
    assert item(place, "Run a long load test before every release").extended_to == date(2026, 12, 24)
    place.run()
    assert place.issue(1).due == date(2026, 12, 24)


# Ignore, snooze, extend


def test_an_ignored_item_is_left_alone_whatever_its_document_says(place):
    place.document("a.md", postmortem(ALERT, LOAD))
    place.run()
    before = place.issue(2)
    place.ignore("#2", "Jo", "nobody will do it")
    for lines in (
        (ALERT, "Run a load test before each release"),
        (ALERT,),
        (ALERT, "Run a load test before each release"),
    ):
        place.document("a.md", postmortem(*lines))
        place.run()
        assert place.writes == []
    assert place.issue(2) == before
    assert place.states()["Run a load test before each release"] == "ignored"
    assert [entry.link.ref.key for entry in place.status(Wanted()).entries] == ["#1"]
    assert len(place.status(Wanted(states=(ItemState.IGNORED,))).entries) == 1
    place.by_hand(2, state=IssueState.DONE)
    place.run()
    assert place.ignore("#2", "Jo", "after all", undo=True).entry.item.state is ItemState.DONE
    place.run()
    assert place.writes == ["update"], "the words that changed meanwhile"
    assert place.issue(2).state is IssueState.DONE


def test_an_ignored_item_gets_no_issue(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    place.unlink("#1", "Jo", "x")
    place.ignore(item(place, LOAD).id, "Jo", "x")
    place.run()
    assert place.writes == []
    place.ignore(item(place, LOAD).id, "Jo", "x", undo=True)
    place.run()
    assert place.writes == ["create"]


def test_a_snooze_holds_until_its_day_in_the_teams_time_zone(tmp_path):
    place = Workplace(tmp_path, SETTINGS.replace("target =", 'timezone = "Pacific/Auckland"\ntarget =', 1))
    place.document("a.md", postmortem(LOAD + " (due: 2026-11-20)"))
    place.run()
    place.snooze("#1", date(2026, 11, 25), "Jo", "on holiday")
    flags = []
    for hours in (0, 25, 2):  # 22:01, then 23:01 of the 24th, then 01:01 of the 25th over there
        place.pass_time(3600 * hours)
        flags.append(place.status(Wanted()).entries[0].flags)
    assert flags[:2] == [{Flag.SNOOZED}] * 2
    assert Flag.OVERDUE in flags[2]
    place.run()
    assert place.writes == []


def test_an_extension_reaches_the_issue_until_the_document_asks_for_more(place):
    line = LOAD + " (due: {})"
    place.document("a.md", postmortem(line.format("2026-12-01")))
    place.run()
    place.extend("#1", date(2026, 12, 24), "Jo", "waiting for the vendor")
    for due, there, writes in (
        ("2026-12-01", "2026-12-24", ["update"]),
        ("2026-12-15", "2026-12-24", ["update"]),
        ("2026-12-31", "2026-12-31", ["update"]),
        ("2026-12-02", "2026-12-02", ["update"]),
    ):
        place.document("a.md", postmortem(line.format(due)))
        place.run()
        assert place.issue(1).due.isoformat() == there
        assert place.writes == writes
        place.run()
        assert place.writes == []
    said = [event.what for event in place.history("#1").events]
    assert said.count("extension overtaken") == 1


def test_an_extension_survives_a_lost_store(place):
    place.document("a.md", postmortem(LOAD + " (due: 2026-12-01)"))
    place.run()
    place.extend("#1", date(2026, 12, 24), "Jo", "x")
    place.run()
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    place.run()
    assert place.writes == []
    assert item(place, LOAD).extended_to == date(2026, 12, 24)
    place.extend("#1", None, "Jo", "done waiting")
    place.run()
    assert place.issue(1).due == date(2026, 12, 1)


# Review


def doubtful(place):
    """Two items with issues, and one new text that could be either."""
    place.document("a.md", postmortem(A, B))
    place.run()
    place.document("a.md", postmortem(C))
    place.run()
    assert place.writes == []
    sitting = place.review()
    (doubt,) = sitting.doubts()
    return sitting, doubt


def test_a_doubt_is_decided_to_be_the_same(place):
    sitting, doubt = doubtful(place)
    known = item(place, B).id
    _, verdict = verdict_for(sitting.doubts(), doubt.ref, "#2", sitting.links)
    assert verdict.item == known
    assert sitting.doubts([verdict]) == ()
    place.decide_doubt(doubt, verdict, "Jo")
    assert place.review().doubts() == ()
    place.run()
    assert place.issue(2).title == C
    assert item(place, C).id == known
    assert item(place, A).state is ItemState.REMOVED
    place.run()
    assert place.writes == []


def test_a_doubt_is_decided_to_be_new(place):
    sitting, doubt = doubtful(place)
    place.decide_doubt(doubt, verdict_for(sitting.doubts(), doubt.ref[:4], None, sitting.links)[1], "Jo")
    place.run()
    assert "create" in place.writes
    assert {text: item(place, text).state for text in (A, B)} == {A: ItemState.REMOVED, B: ItemState.REMOVED}
    assert item(place, C).state is ItemState.OPEN
    place.run()
    assert place.writes == []


def test_an_undecided_doubt_is_told_at_every_sync_and_a_decision_is_about_its_text_only(place):
    sitting, doubt = doubtful(place)
    for _ in range(2):
        assert [each.ref for each in place.run().prepared.plans[0].doubts] == [doubt.ref]
        assert place.writes == []
    place.decide_doubt(doubt, verdict_for(sitting.doubts(), doubt.ref, "#1", sitting.links)[1], "Jo")
    place.document("a.md", postmortem(C.replace("service C", "service D")))
    assert [each.ref for each in place.look().plans[0].doubts] != [doubt.ref]
    assert len(place.review().doubts()) == 1


def test_review_sees_what_was_written_since_the_last_sync_and_writes_nothing(place):
    place.document("a.md", postmortem(A, B))
    place.run()
    place.document("a.md", postmortem(C))
    before = place.known()
    assert [doubt.parsed.text for doubt in place.review().doubts()] == [C]
    assert place.known() == before


@pytest.mark.parametrize(
    ("ref", "same", "told"),
    [("zzz", None, "nothing is in doubt"), ("", None, "nothing is in doubt"), (..., "zzz", "none of its candidates")],
)
def test_what_is_no_doubt_and_no_candidate_is_refused(place, ref, same, told):
    sitting, doubt = doubtful(place)
    with pytest.raises(UsageError, match=told):
        verdict_for(sitting.doubts(), doubt.ref if ref is ... else ref, same, sitting.links)


def test_what_one_machine_decided_and_another_did_not_is_not_written_in_turns(place):
    doubtful(place)
    swap_stores(place, shutil.copy)
    sitting = place.review()
    (doubt,) = sitting.doubts()
    place.decide_doubt(doubt, verdict_for(sitting.doubts(), doubt.ref, "#2", sitting.links)[1], "Jo")
    place.document("a.md", postmortem("[x] " + C))
    place.run()
    assert place.issue(2).state is IssueState.DONE
    for _ in range(3):
        swap_stores(place)
        place.run()
        assert place.writes == []
    assert item(place, B).state is ItemState.DONE, "what the issue says is heard"
    assert [len(made.doubts) for made in place.look().plans] == [1]


def test_what_a_text_in_doubt_could_be_is_tied_again_after_a_lost_store(place):
    doubtful(place)
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    for _ in range(2):
        place.run()
        assert place.writes == []
        assert sorted(link.ref.key for link in place.known().links.values()) == ["#1", "#2"]


def test_two_checkouts_of_different_age_do_not_write_in_turns(place):
    place.document("a.md", postmortem(A))
    place.run()
    swap_stores(place, shutil.copy)
    place.document("a.md", postmortem("[x] " + A))
    place.run()
    assert place.writes == ["update"]
    for text in (A, "[x] " + A, A, "[x] " + A):
        swap_stores(place)
        place.document("a.md", postmortem(text))
        place.run()
        assert place.writes == []
    assert place.issue(1).state is IssueState.DONE


def test_plans_name_the_command(place, capsys):
    from rich.console import Console  # noqa: PLC0415

    doubtful(place)
    prepared = place.look()
    print_plan(prepared.plans, prepared.reading.documents, Console(width=300))
    assert "`closeout review` decides" in capsys.readouterr().out


def test_a_snooze_needs_a_day_ahead(place):
    place.document("a.md", postmortem(LOAD))
    place.run()
    with pytest.raises(UsageError, match="not ahead"):
        place.snooze("#1", place.now.date() - timedelta(days=1), "Jo", "x")
