"""What people decide: each decision on its own, and that what is stored is always the fold of the events."""

import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from entries import TODAY, build, entry
from hypothesis import given, settings
from hypothesis import strategies as st
from workplace import Workplace, postmortem

from connectors import Issue, IssueRef, IssueState
from tracker import decisions
from tracker.app import Wanted
from tracker.decisions import Saying, Standing, fold, standing_of
from tracker.draft import TargetFacts
from tracker.errors import UsageError
from tracker.model import Event, Item, ItemState, Kind, KnownDocument, Link
from tracker.people import PeopleBook
from tracker.plan import make_plan
from tracker.policy import Flag
from tracker.settings import PolicySettings, Settings
from tracker.world import World

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = NOW.date()
JO = Saying("Jo Smith <jo@example.com>", NOW, "because")
ITEM = Item("abc", "a.md", "Do it", 0, Kind.TASK, "Actions", 3, NOW, due="2026-12-01", due_date=date(2026, 12, 1))


def issue(number, state=IssueState.OPEN):
    ref = IssueRef("local", number, f"#{number}")
    return Issue(ref, "Do it", "", None, None, state, frozenset(), frozenset(), NOW, NOW)


# Each decision


def test_a_decision_tells_who_when_and_why():
    item, event = decisions.ignore(ITEM, JO)
    assert (event.who, event.at, event.what, event.item) == (JO.who, NOW, "item ignored", "abc")
    assert event.detail == {"why": "because"}
    assert (item.ignored, item.state) == (True, ItemState.IGNORED)


def test_unlinking_forgets_what_the_issue_said_of_the_item():
    closed = replace(ITEM, state=ItemState.WONT_DO, settled_at=NOW)
    item, event = decisions.unlink(closed, Link("abc", issue(1), {}, NOW), JO)
    assert (item.state, item.settled_at, item.parted) == (ItemState.OPEN, None, ("local #1",))
    assert item.parted_from(IssueRef("local", 1, "#1"))
    assert not item.parted_from(IssueRef("other", 1, "#1"))
    back, _ = decisions.link(item, issue(1, IssueState.DONE), [], JO)
    assert (back.parted, back.state) == ((), ItemState.DONE)
    assert event.detail["issue"] == "#1"


def test_linking_parts_the_item_from_the_others_that_were_named():
    item, _ = decisions.link(ITEM, issue(3), [issue(1).ref, issue(3).ref], JO)
    assert item.parted == ("local #1",)


@pytest.mark.parametrize("state", [ItemState.REMOVED, ItemState.IGNORED])
def test_a_link_does_not_bring_back_what_is_set_aside(state):
    item = replace(ITEM, state=state, ignored=state is ItemState.IGNORED)
    assert decisions.link(item, issue(1, IssueState.DONE), [], JO)[0].state is state
    assert decisions.unlink(item, Link("abc", issue(1), {}, NOW), JO)[0].state is state


def test_an_item_that_counts_again_stands_as_its_issue_says_else_its_document():
    ignored = decisions.ignore(replace(ITEM, done=True), JO)[0]
    assert decisions.heed(ignored, None, JO)[0].state is ItemState.DONE
    assert decisions.heed(ignored, Link("abc", issue(1), {}, NOW), JO)[0].state is ItemState.OPEN


@pytest.mark.parametrize(
    ("decide", "told"),
    [
        (lambda: decisions.ignore(decisions.ignore(ITEM, JO)[0], JO), "ignored already"),
        (lambda: decisions.heed(ITEM, None, JO), "not ignored"),
        (lambda: decisions.snooze(ITEM, DAY, DAY, JO), "not ahead"),
        (lambda: decisions.snooze(replace(ITEM, state=ItemState.DONE), DAY, DAY, JO), "nothing to snooze: it is done"),
        (lambda: decisions.wake(ITEM, JO), "not snoozed"),
        (lambda: decisions.extend(replace(ITEM, state=ItemState.WONT_DO), DAY, JO), "nothing to extend: it is won"),
        (lambda: decisions.unextend(ITEM, JO), "not extended"),
    ],
)
def test_what_changes_nothing_is_refused(decide, told):
    with pytest.raises(UsageError, match=told):
        decide()


def test_only_a_later_day_of_the_document_overtakes_an_extension():
    item, _ = decisions.extend(ITEM, date(2026, 12, 24), JO)
    assert item.falls_due == date(2026, 12, 24)
    for day, wins in ((1, False), (15, False), (24, False), (25, True)):
        event = decisions.overtaken(item, replace(item, due_date=date(2026, 12, day)), NOW)
        assert bool(event) is wins
    earlier, _ = decisions.extend(ITEM, date(2026, 11, 25), JO)
    assert decisions.overtaken(earlier, earlier, NOW) is None, "the document did not change"


def test_a_marker_that_somebody_edited_tells_nothing():
    for told in (None, 3, "x", [], {"parted": 3, "extended_to": []}, {"parted": [1, {}], "extended_to": "soon"}):
        assert decisions.unmarked({"decisions": told}) == Standing()
    kept = replace(ITEM, parted=("local #1",), extended_to=DAY)
    told = decisions.unmarked({"decisions": decisions.marked(kept)})
    assert told == Standing(extended_to=DAY, parted=("local #1",))


def test_events_of_other_kinds_change_nothing():
    assert (
        fold([Event(NOW, "closeout", what, "abc") for what in ("item found", "issue opened", "nonsense")]) == Standing()
    )


# What follows for status and reports


def test_a_snoozed_item_is_back_on_its_day():
    for days, flags in ((1, {Flag.SNOOZED}), (0, {Flag.OVERDUE, Flag.UNLINKED})):
        assert entry(days=-3, snoozed_until=TODAY + timedelta(days=days)).flags == flags
    entries = [entry(days=-3, snoozed_until=TODAY + timedelta(days=1)), entry("Other", days=-1, line=2)]
    report = build(entries)
    assert [item.text for section in report.sections for item in section.items] == ["Other"]
    assert (report.totals.open, report.totals.overdue, report.totals.snoozed, report.totals.total) == (1, 1, 1, 2)
    assert report.documents[0].counts.total == 2


def test_an_extended_item_is_late_from_its_new_day_on():
    late = entry(days=-3, extended_to=TODAY + timedelta(days=30))
    assert late.days_left == 30
    assert Flag.OVERDUE not in late.flags
    (section,) = build([late]).sections
    assert (section.items[0].due, section.items[0].extended) == (TODAY + timedelta(days=30), True)
    assert section.items[0].document_due == TODAY - timedelta(days=3)
    assert Flag.OVERDUE in entry(days=3, extended_to=TODAY - timedelta(days=1)).flags


def test_ignored_items_are_in_no_report():
    report = build([entry(days=-3, state=ItemState.IGNORED, ignored=True)])
    assert (report.sections, report.documents, report.totals.total) == ((), (), 0)


# What follows for the plan


def plan(item, *, link=None, issues=()):
    from connectors.local import LocalTracker  # noqa: PLC0415 - its capabilities are the reference
    from connectors.settings import LocalSettings  # noqa: PLC0415

    facts = TargetFacts("local", "local", LocalTracker("local", LocalSettings(), Path()).capabilities)
    world = World(
        facts,
        [item],
        {"a.md": KnownDocument("a.md", "a.md", "")},
        {item.id: link} if link else {},
        {each.ref.key: each for each in issues},
        named={"#1": issue(1).ref},
    )
    return make_plan(world, PeopleBook.from_settings(Settings()), PolicySettings(), NOW)


def test_the_plan_leaves_ignored_items_alone_and_remembers_their_issue():
    ignored = decisions.ignore(ITEM, JO)[0]
    assert plan(ignored).actions == ()
    link = Link("abc", issue(1), {}, NOW)
    assert plan(ignored, link=link).actions == ()
    (action,) = plan(ignored, link=link, issues=[issue(1, IssueState.DONE)]).actions
    assert (action.link.issue.state, action.item) == (IssueState.DONE, ignored)


def test_the_plan_does_not_tie_what_was_parted():
    named = replace(ITEM, links=("#1",))
    assert [type(action).__name__ for action in plan(named, issues=[issue(1)]).actions] == ["Adopt"]
    parted = replace(named, parted=("local #1",))
    (action,) = plan(parted, issues=[issue(1)]).actions
    assert type(action).__name__ == "Create"
    assert action.draft.marker.base["decisions"] == {"parted": ["local #1"]}


def test_the_plan_asks_for_the_extended_day():
    (action,) = plan(replace(ITEM, extended_to=date(2027, 1, 15))).actions
    assert action.draft.due == date(2027, 1, 15)
    assert "2027-01-15 (extended; the postmortem says 2026-12-01)" in action.draft.managed


# What is stored is the fold of the events

WORK = ("Rotate the certificates of the edge proxies", "Teach the deploy script to stop on errors")
STEPS = st.sampled_from(
    ("sync", "ignore", "heed", "snooze", "wake", "extend", "unextend", "link", "unlink", "date", "remove", "lose")
)


@settings(deadline=None, max_examples=25)
@given(steps=st.lists(st.tuples(STEPS, st.integers(0, 1), st.integers(1, 40)), max_size=12))
def test_whatever_happens_what_is_stored_is_the_fold_of_the_events(steps):
    with tempfile.TemporaryDirectory() as folder:
        place = Workplace(Path(folder))
        days, gone = [10, 20], set()
        write(place, days, gone)
        place.run()
        ids = {item.text: item.id for item in place.known().items.values()}
        for step, which, number in steps:
            if step in ("date", "remove"):
                days[which] = number
                gone = {which} ^ gone if step == "remove" else gone
                write(place, days, gone)
            elif step == "lose":
                place.run()
                for file in place.root.glob("closeout.db*"):
                    file.unlink()
                place.run()
            else:
                decide(place, step, ids[WORK[which]], number)
            check(place)
        place.run()
        check(place)
        place.run()
        assert place.writes == []


def write(place, days, gone):
    lines = [f"{WORK[n]} (due: {DAY + timedelta(days=days[n])})" for n in (0, 1) if n not in gone]
    place.document("a.md", postmortem("Keep this one", *lines))


def decide(place, step, item, number):
    day = place.now.date() + timedelta(days=number)
    calls = {
        "sync": place.run,
        "ignore": lambda: place.ignore(item, "Jo", "x"),
        "heed": lambda: place.ignore(item, "Jo", "x", undo=True),
        "snooze": lambda: place.snooze(item, day, "Jo", "x"),
        "wake": lambda: place.snooze(item, None, "Jo", "x"),
        "extend": lambda: place.extend(item, day, "Jo", "x"),
        "unextend": lambda: place.extend(item, None, "Jo", "x"),
        "link": lambda: place.link(item, f"#{1 + number % 4}", "Jo"),
        "unlink": lambda: place.unlink(item, "Jo", "x"),
    }
    with suppress(UsageError):  # refused: then nothing may have changed, which `check` sees
        calls[step]()


def check(place):
    with place.store() as store:
        known = store.known()
        for item in known.items.values():
            assert standing_of(item) == fold(store.events(item.id)), item
            assert (item.state is ItemState.IGNORED) == (item.ignored and item.state is not ItemState.REMOVED)
            link = known.links.get(item.id)
            assert link is None or not item.parted_from(link.ref)
    place.status(Wanted())
