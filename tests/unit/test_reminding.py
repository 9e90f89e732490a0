"""Overdue items, reminded of on their issues: once a period, whatever breaks, and never in the way of a sync."""

from contextlib import closing
from datetime import timedelta

import pytest
from workplace import SETTINGS, START, Workplace, postmortem

from connectors import RequestRejected
from tracker.app import Wanted
from tracker.errors import UsageError
from tracker.ledger import BACK_OFF
from tracker.policy import Flag
from tracker.report import ReportItem

ITEMS = (
    "Add monitoring for the connection pool (due: 2026-11-20)",
    "Rehearse a restore every month (due: 2026-11-21)",
    "Write a runbook for failing over (due: 2027-01-21)",
    "Practise it",
)


@pytest.fixture
def place(tmp_path):
    made = Workplace(tmp_path, f"{SETTINGS}[reports.weekly]\ncomment = true\n")
    made.document("a.md", postmortem(*ITEMS))
    made.run()
    made.writes.clear()
    made.now = START + timedelta(hours=1)
    return made


def remind(place, **options):
    _, deliveries = place.send(place.report("weekly"), **options)
    return [each.outcome.value for each in deliveries if each.channel == "comment"]


def comments(place, number):
    with closing(place.open_tracker("local")) as tracker:
        return [each.body for each in tracker.comments(place.issue(number).ref)]


def test_each_overdue_item_is_reminded_of_once_a_period(place):
    assert remind(place, dry_run=True) == ["would-send"] * 2
    assert place.writes == []
    assert remind(place) == ["sent"] * 2
    assert [len(comments(place, number)) for number in (1, 2, 3, 4)] == [1, 1, 0, 0]
    [said] = comments(place, 1)
    assert "3 days overdue (due 2026-11-20)" in said
    assert "Outage of the checkout" in said
    assert "@" not in said
    assert remind(place) == remind(place, dry_run=True) == ["already-sent"] * 2
    place.now += timedelta(days=7)
    assert remind(place) == ["sent"] * 2
    assert place.writes == ["comment"] * 4
    assert "10 days overdue" in comments(place, 1)[1]


def test_a_sync_has_nothing_to_do_after_it(place):
    remind(place)
    place.writes.clear()
    place.run()
    assert place.writes == []
    with place.store() as store:
        told = [event for event in store.events() if event.what == "issue told"]
    assert [event.detail["why"] for event in told] == ["overdue, report weekly of 2026-W48"] * 2


def test_a_comment_of_which_the_answer_was_lost_is_not_made_again(place):
    place.faults[:] = ["lost"]
    assert remind(place) == ["failed", "sent"]
    place.now += BACK_OFF[0]
    assert remind(place) == ["already-sent", "sent"]
    assert [len(comments(place, number)) for number in (1, 2)] == [1, 1]


def test_a_target_that_refuses_is_asked_again_later_and_not_for_ever(place):
    seen = []
    for wait in (timedelta(0), *BACK_OFF[:3]):
        place.now += wait
        place.faults[:] = [RequestRejected("no", where="local")]
        seen.append(remind(place).count("failed"))
        _, deliveries = place.send(place.report("weekly"))
        [waiting] = [each for each in deliveries if each.outcome.value == "waiting"]
        assert waiting.again_at > place.now
        assert waiting.detail == "local: no"
    assert seen == [1] * 4
    place.faults.clear()
    place.now += timedelta(days=7)
    _, deliveries = place.send(place.report("weekly"))
    assert [each.outcome.value for each in deliveries if each.channel == "comment"] == ["given-up", "sent", "sent"]


def test_a_store_of_another_machine_makes_no_second_comment(place):
    remind(place)
    for file in place.root.glob("closeout.db*"):
        file.unlink()
    place.run()
    place.writes.clear()
    assert remind(place) == ["sent"] * 2
    assert place.writes == []


def test_which_are_to_be_reminded_of_is_not_found_by_comparing_all_with_all(place, monkeypatch):
    place.faults[:] = [None, RequestRejected("no", where="local")]
    assert remind(place) == ["sent", "failed"]
    place.now += BACK_OFF[0]
    monkeypatch.setattr(ReportItem, "__eq__", lambda *_: pytest.fail("of thousands that takes minutes"))
    assert remind(place) == ["already-sent", "sent"]


def stale(place):
    """The numbers of the issues of stale items, after a sync."""
    place.run()
    place.now -= timedelta(minutes=1)
    return [each.link.ref.number for each in place.status(Wanted()).entries if Flag.STALE in each.flags]


def test_our_own_comments_keep_nothing_from_becoming_stale(place):
    """Items are stale after 30 quiet days; the first two are overdue and commented on each week."""
    for week in range(1, 5):
        remind(place)
        assert stale(place) == []
        place.now = START + timedelta(weeks=week)
    with closing(place.open_tracker("local")) as tracker:
        tracker.comment(place.issue(2).ref, "Half of it is done.")
    place.now += timedelta(hours=2)
    for weeks, expected in ((4, []), (5, [1, 3, 4]), (6, [1, 3, 4]), (8, [1, 3, 4]), (9, [1, 2, 3, 4])):
        place.now = max(place.now, START + timedelta(weeks=weeks, hours=1))
        assert set(remind(place)) == {"sent"}
        assert sorted(stale(place)) == expected, weeks


def test_who_does_not_ask_for_it_gets_none(tmp_path):
    place = Workplace(tmp_path)
    place.document("a.md", postmortem(*ITEMS))
    place.run()
    assert remind(place, dry_run=True) == []


def test_a_target_that_cannot_be_used_is_told_and_claims_nothing(place):
    open_tracker = place.open_tracker

    def lacking(name):
        raise UsageError("there is no token", where=name, advice="Set it.")

    place.open_tracker = lacking
    _, deliveries = place.send(place.report("weekly"))
    assert {each.detail for each in deliveries if each.channel == "comment"} == {"local: there is no token. Set it."}
    place.open_tracker = open_tracker
    assert remind(place) == ["sent"] * 2


@pytest.mark.parametrize(("allowed", "outcome"), [("", "held-back"), ('[policy]\nallow_public = ["local"]\n', "sent")])
def test_nothing_is_said_of_a_private_postmortem_on_a_public_issue(place, allowed, outcome):
    """It was private when its issue was opened; then somebody made the target public."""
    place.document("a.md", f"---\nprivate: true\n---\n{postmortem(*ITEMS)}")
    place.run()
    place.writes.clear()
    text = place.loaded.file.read_text("utf-8").replace('kind = "local"', 'kind = "local"\npublic = true')
    place.loaded.file.write_text(text + allowed, "utf-8")
    public = Workplace(place.root)
    public.now = place.now
    assert remind(public, dry_run=True) == ["would-send" if allowed else outcome] * 2
    assert remind(public) == [outcome] * 2
    assert len(comments(public, 1)) == (outcome == "sent")
    _, deliveries = public.send(public.report("weekly"))
    told = {each.detail for each in deliveries if each.channel == "comment"}
    assert allowed or told == {"its postmortem is private, and this target is public"}
