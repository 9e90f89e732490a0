"""What is to be said about an item: the boundaries of every flag."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from entries import BOOK, NOW, OWNERS, TODAY, document, entry, known_issue, patient, worlds
from hypothesis import given
from hypothesis import strategies as st

from connectors import Evidence, IssueState, Marker
from tracker import flags
from tracker.cli.facts import _STATES
from tracker.draft import Draft
from tracker.merge import merge
from tracker.model import Event, Gone, GoneKind, ItemState, Kind, Link
from tracker.people import PeopleBook
from tracker.policy import Flag, Yardstick, assess, flagged, present_owners, unexplained, urgency
from tracker.render.flags import WORDS
from tracker.settings import PersonSettings, PolicySettings, Settings, TeamSettings


@pytest.mark.parametrize(
    ("days", "flag"),
    [(-1, Flag.OVERDUE), (0, Flag.DUE_SOON), (7, Flag.DUE_SOON), (8, None), (None, None)],
)
def test_a_due_date_counts_until_the_end_of_its_day(days, flag):
    found = entry(days=days, issue=1)
    assert found.flags == (frozenset({flag}) if flag else frozenset())
    assert found.days_left == days


def test_nothing_is_due_soon_before_its_day_when_the_policy_says_so():
    policy = PolicySettings(due_soon_days=0)
    assert entry(days=1, issue=1, policy=policy).flags == frozenset()
    assert entry(days=0, issue=1, policy=policy).flags == {Flag.DUE_SOON}


def test_unlinked_is_only_what_should_have_an_issue():
    tasks = PolicySettings(kinds=(Kind.TASK,))
    assert Flag.UNLINKED in entry(policy=tasks).flags
    assert Flag.UNLINKED not in entry(policy=tasks, kind=Kind.IMPROVEMENT).flags
    assert Flag.UNLINKED not in entry(issue=3).flags


@pytest.mark.parametrize(
    ("owner", "flags"),
    [
        (None, {Flag.UNOWNED}),
        ("  ", {Flag.UNOWNED}),
        (",", {Flag.UNOWNED}),
        ("Customer care", {Flag.OWNER_UNKNOWN}),
        ("jo, Customer care", set()),
        ("jo", set()),
    ],
)
def test_nobody_and_nobody_known_are_different_things(owner, flags):
    assert entry(owner=owner, issue=1).flags == flags


@pytest.mark.parametrize("state", [state for state in ItemState if state.settled])
def test_settled_items_carry_no_flags_and_are_never_late(state):
    found = entry(owner=None, days=-30, state=state)
    assert found.flags == frozenset()
    assert found.days_left is None


def test_the_most_urgent_comes_first():
    late, soon, later, never = (entry(str(days), days=days) for days in (-3, 2, 30, None))
    assert sorted([never, later, soon, late], key=urgency) == [late, soon, later, never]


@patient
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_what_came_in_first(entries, random: Random):
    mixed = list(entries)
    random.shuffle(mixed)
    assert sorted(mixed, key=urgency) == sorted(entries, key=urgency)


def test_items_on_one_line_have_an_order_too():
    twins = [entry("b", line=4, id_="2"), entry("a", line=4, id_="1")]
    assert [each.item.id for each in sorted(twins, key=urgency)] == ["1", "2"]


def test_flagged_picks_what_carries_any_of_the_flags():
    late, unowned, fine = entry(days=-1, issue=1), entry(owner=None, issue=2), entry(issue=3)
    assert flagged([late, unowned, fine], [Flag.OVERDUE, Flag.UNOWNED]) == [late, unowned]
    assert flagged([late, fine], []) == []


@pytest.mark.parametrize("kind", GoneKind)
def test_an_open_item_whose_issue_is_gone_is_a_ghost_and_not_unlinked(kind):
    link = replace(entry(issue=1).link, gone=Gone(kind, NOW, "it is gone"))
    for state in (ItemState.OPEN, ItemState.DONE):
        item = entry(issue=1, state=state).item
        flags = assess(item, document(), link, Yardstick(PolicySettings(), BOOK, NOW)).flags
        # People read a locked issue as before: only our comments are refused.
        assert (Flag.GHOST in flags) is (state is ItemState.OPEN and kind is not GoneKind.LOCKED)
        assert Flag.UNLINKED not in flags


@pytest.mark.parametrize(
    ("assignees", "asked", "known", "unknown"),
    [
        (set(), ["jocodes"], [], ()),
        (set(), [], ["ann"], ()),
        ({"JoCodes"}, ["JoCodes"], ["ann"], ()),
        ({"JoCodes"}, [], ["jo"], ()),
        ({"JoCodes", "stranger"}, [], ["jo"], ("@stranger",)),
    ],
)
def test_who_was_assigned_on_the_issue_by_a_person_has_the_item_now(assignees, asked, known, unknown):
    link = entry(issue=1).link
    link = replace(
        link, issue=replace(link.issue, assignees=frozenset(assignees)), base={"document": {"assignees": asked}}
    )
    found = present_owners(entry(owner="ann").item, link, BOOK, "github")
    assert [owner.key for owner in found.known] == known
    assert found.unknown == unknown


def test_a_login_in_another_case_takes_the_item_from_nobody():
    link = entry(issue=1).link
    link = replace(
        link, issue=replace(link.issue, assignees=frozenset({"JOCODES"})), base={"document": {"assignees": ["JoCodes"]}}
    )
    found = present_owners(entry(owner="jo, DBA team").item, link, BOOK, "github")
    assert [owner.key for owner in found.known] == ["jo", "dba"]


def test_without_an_issue_the_document_says_whose_the_item_is():
    assert present_owners(entry(owner="ann").item, None, BOOK, "github").first == BOOK.get("ann")


# Whose day it is

ZONES = PeopleBook.from_settings(
    Settings(
        people={
            key: PersonSettings(name=f"P {key}", timezone=zone, left=key == "gone")
            for key, zone in {
                "east": "Pacific/Kiritimati",  # UTC+14
                "west": "Etc/GMT+12",  # UTC-12
                "berlin": "Europe/Berlin",
                "york": "America/New_York",
                "plain": None,
                "gone": None,
            }.items()
        },
        teams={"ops": TeamSettings(name="Ops")},
    )
)


def seen(owner, now, due, zone="UTC", **fields):
    """What is said of an item of these owners, due on this day."""
    item = replace(entry(issue=1).item, owner=owner, due_date=due, **fields)
    link = replace(entry(issue=1).link, issue=replace(entry(issue=1).link.issue, updated_at=now))
    return assess(item, document(), link, Yardstick(PolicySettings(due_soon_days=0), ZONES, now, zone))


@pytest.mark.parametrize(
    ("owner", "zone", "due", "ends"),
    [
        ("plain", "UTC", "2026-11-20", "2026-11-21T00:00+00:00"),
        ("plain", "Asia/Tokyo", "2026-11-20", "2026-11-21T00:00+09:00"),
        ("ops", "Asia/Tokyo", "2026-11-20", "2026-11-21T00:00+09:00"),
        ("nobody known", "Asia/Tokyo", "2026-11-20", "2026-11-21T00:00+09:00"),
        (None, "Asia/Tokyo", "2026-11-20", "2026-11-21T00:00+09:00"),
        ("east", "UTC", "2026-11-20", "2026-11-20T10:00+00:00"),
        ("west", "UTC", "2026-11-20", "2026-11-21T12:00+00:00"),
        ("west", "Pacific/Kiritimati", "2026-11-20", "2026-11-21T12:00+00:00"),
        ("east, west", "UTC", "2026-11-20", "2026-11-21T12:00+00:00"),
        ("west, east", "UTC", "2026-11-20", "2026-11-21T12:00+00:00"),
        ("east, ops", "UTC", "2026-11-20", "2026-11-21T00:00+00:00"),
        ("east, nobody known", "UTC", "2026-11-20", "2026-11-20T10:00+00:00"),
        ("berlin", "UTC", "2026-03-28", "2026-03-29T00:00+01:00"),  # the day before the clocks go forward
        ("berlin", "UTC", "2026-03-29", "2026-03-30T00:00+02:00"),  # a day of 23 hours
        ("berlin", "UTC", "2026-10-25", "2026-10-26T00:00+01:00"),  # a day of 25 hours
        ("york", "Europe/Berlin", "2026-11-01", "2026-11-02T00:00-05:00"),
        ("york", "Europe/Berlin", "2026-12-31", "2027-01-01T00:00-05:00"),
        ("berlin", "UTC", "2028-02-29", "2028-03-01T00:00+01:00"),
    ],
)
def test_a_day_ends_where_the_owner_is(owner, zone, due, ends):
    day, end = date.fromisoformat(due), datetime.fromisoformat(ends).astimezone(UTC)
    last, after = (seen(owner, moment, day, zone) for moment in (end - timedelta(microseconds=1), end))
    assert (last.days_left, after.days_left) == (0, -1)
    assert Flag.DUE_SOON in last.flags
    assert Flag.OVERDUE not in last.flags
    assert Flag.OVERDUE in after.flags
    assert Flag.DUE_SOON not in after.flags


@patient
@given(st.integers(0, 10 * 365 * 24).map(lambda hours: NOW + timedelta(hours=hours)), st.sampled_from(["east", "west"]))
def test_nobody_is_late_while_it_is_still_the_day_for_one_of_them(now, other):
    due = now.date()
    both, alone = seen(f"{other}, berlin", now, due), seen("berlin", now, due)
    assert both.days_left >= alone.days_left
    assert both.days_left == max(alone.days_left, seen(other, now, due).days_left)


@pytest.mark.parametrize(("hours", "snoozed"), [(-1, True), (0, False)])
def test_a_snooze_ends_when_its_day_begins_for_the_owner(hours, snoozed):
    begins = datetime(2026, 11, 21, 12, tzinfo=UTC)
    found = seen("west", begins + timedelta(hours=hours), date(2026, 11, 1), snoozed_until=date(2026, 11, 21))
    assert found.flags == ({Flag.SNOOZED} if snoozed else {Flag.OVERDUE})


# The rest of the taxonomy

LATER = NOW + timedelta(days=30)


def judged(item=None, link=None, now=NOW, policy=None, **log):
    found = entry(issue=1)
    link = found.link if link is None else link
    return assess(item or found.item, document(), link, Yardstick(policy or PolicySettings(), BOOK, now, **log)).flags


def linked(**fields):
    """The link, with these fields of its own or of its issue."""
    link = entry(issue=1).link
    own = {name: value for name, value in fields.items() if name in Link.__dataclass_fields__}
    issue = replace(link.issue, **{name: value for name, value in fields.items() if name not in own})
    return replace(link, **({"issue": issue} | own))


@pytest.mark.parametrize(
    ("owner", "flags"),
    [
        ("gone", {Flag.OWNER_GONE}),
        ("gone, nobody known", {Flag.OWNER_GONE}),
        ("gone, plain", set()),
        ("nobody known", {Flag.OWNER_UNKNOWN}),
        (None, {Flag.UNOWNED}),
    ],
)
def test_an_owner_is_gone_when_all_that_are_known_have_left(owner, flags):
    assert seen(owner, NOW, None).flags == flags


@pytest.mark.parametrize(
    ("moved", "days", "stale"),
    [
        (NOW, 30, True),
        (NOW + timedelta(microseconds=1), 30, False),
        (NOW, 31, False),
        (NOW + timedelta(days=29), 1, True),
        (NOW - timedelta(days=900), 0, False),
    ],
)
def test_stale_is_what_did_not_move_for_so_many_days(moved, days, stale):
    policy = PolicySettings(stale_days=days)
    assert (Flag.STALE in judged(link=linked(updated_at=moved), now=LATER, policy=policy)) is stale
    item = replace(entry().item, first_seen=moved)
    unlinked = assess(item, document(), None, Yardstick(policy, BOOK, LATER)).flags
    assert (Flag.STALE in unlinked) is stale
    assert Flag.UNLINKED in unlinked


def test_what_the_log_tells_of_is_not_stale():
    item = entry(issue=1).item
    assert judged(now=LATER) == {Flag.STALE}
    assert judged(now=LATER, active={item.id}) == frozenset()
    assert judged(now=LATER, active={"another"}) == {Flag.STALE}


def test_the_end_of_a_snooze_counts_as_a_movement():
    ended = replace(entry(issue=1).item, snoozed_until=LATER.date() - timedelta(days=29))
    assert judged(ended, now=LATER) == frozenset()
    assert judged(ended, now=LATER + timedelta(days=1)) == {Flag.STALE}


def apart(**issue):
    """A link whose issue Closeout opened, as base and issue; the issue says otherwise than what was agreed on."""
    agreed_on = {"title": "t", "content": "e", "due": None, "priority": None, "state": "open", "assignees": []}
    return linked(base={"document": agreed_on}, **issue)


@pytest.mark.parametrize(
    ("link", "drifts"),
    [
        (apart(), False),
        (apart(title="Other words"), True),
        (apart(due=TODAY), True),
        (apart(priority="P0"), True),
        (apart(assignees=frozenset({"JoCodes"})), False),  # an issue's assignees are accepted
        (apart(labels=frozenset({"mine"})), False),
        (linked(title="Somebody's own issue", base={"document": {"title": "Ours"}}), False),
        (replace(apart(title="B"), base={**apart().base, "issue": {"title": "B"}}), False),  # agreed to differ
    ],
)
def test_drift_is_what_the_issue_says_against_its_document(link, drifts):
    assert (Flag.DRIFT in judged(link=link)) is drifts


@patient
@given(
    st.sampled_from(["t", "u", "v"]), st.sampled_from(["t", "u", "v"]), st.sampled_from(["t", "u", "v"]), st.booleans()
)
def test_status_calls_drift_what_the_merge_left_as_drift(document_says, agreed_on, issue_says, authority):
    """After a sync, that is with the base that the merge made."""
    policy = PolicySettings(title_authority="document" if authority else "target")
    item = entry(issue=1).item
    draft = Draft(document_says, "", "e", frozenset(), frozenset(), None, None)
    issue = replace(known_issue(1), title=issue_says, marker=Marker(item.id, item.document, item.text))
    base = {"document": {**draft.fields(item), "title": agreed_on}}
    merged = merge(item, draft, issue, base, policy)
    after = replace(issue, title=merged.patch.title or issue.title)
    link = linked(base=merged.base, title=after.title, marker=issue.marker)
    assert (Flag.DRIFT in judged(item, link, policy=policy)) is bool(merged.drift)


def test_work_that_would_close_the_issue_is_in_review_and_nothing_is_stale_then():
    link = linked(work="https://github.com/acme/ops/pull/7")
    assert judged(link=link, now=LATER) == {Flag.IN_REVIEW}
    assert judged(link=replace(link, work=""), now=LATER) == {Flag.STALE}


def test_of_a_gone_issue_only_that_is_said():
    link = replace(apart(title="Other words"), work="https://x/1", gone=Gone(GoneKind.DELETED, NOW, "it is gone"))
    assert judged(link=link, now=LATER) == {Flag.GHOST}
    locked = replace(link, gone=Gone(GoneKind.LOCKED, NOW, "it is locked"))
    assert judged(link=locked, now=LATER) == {Flag.DRIFT, Flag.IN_REVIEW}


@pytest.mark.parametrize(
    ("state", "evidence", "flagged"),
    [
        (ItemState.WONT_DO, Evidence(NOW), True),
        (ItemState.WONT_DO, Evidence(NOW, reason=" "), True),
        (ItemState.WONT_DO, Evidence(NOW, reason="the service is switched off"), False),
        (ItemState.WONT_DO, None, False),  # nobody has asked yet
        (ItemState.WONT_DO, Evidence(NOW - timedelta(days=1)), False),  # of an earlier closing
        (ItemState.DUPLICATE, Evidence(NOW), False),
        (ItemState.DONE, Evidence(NOW), False),
    ],
)
def test_wont_do_without_a_reason_is_unexplained(state, evidence, flagged):
    item = replace(entry(issue=1).item, state=state)
    link = linked(evidence=evidence, closed_at=NOW, state=IssueState(state.value))
    assert judged(item, link) == ({Flag.UNEXPLAINED} if flagged else frozenset())


def test_what_was_ignored_without_a_word_is_unexplained():
    item = replace(entry(issue=1).item, state=ItemState.IGNORED, ignored=True)
    assert judged(item, unexplained={item.id}) == {Flag.UNEXPLAINED}
    assert judged(item) == frozenset()


def test_the_last_word_counts_on_why_something_is_ignored():
    def event(item, what, **detail):
        return Event(NOW, "Jo", what, item, "a", detail)

    told = [
        event("a", "item ignored"),
        event("b", "item ignored", why="no longer needed"),
        event("c", "item ignored", why="x"),
        event("c", "item heeded"),
        event("c", "item ignored", why="  "),
        event("d", "item ignored"),
        event("d", "item heeded"),
        event("e", "item snoozed"),
    ]
    assert unexplained(told) == {"a", "c"}


@pytest.mark.parametrize("state", IssueState)
def test_what_left_its_document_is_told_while_its_issue_is_open(state):
    item = replace(entry(issue=1).item, state=ItemState.REMOVED)
    assert judged(item, linked(state=state)) == (frozenset() if state.closed else {Flag.REMOVED})
    gone = linked(state=state, gone=Gone(GoneKind.DELETED, NOW, "it is gone"))
    assert judged(item, gone) == frozenset()


@patient
@given(st.data())
def test_a_snooze_silences_all_else_and_flags_are_of_their_states(data):
    """The table of `tracker.flags`, for any item and link."""
    state = data.draw(st.sampled_from(ItemState))
    item = replace(
        entry(issue=1, days=data.draw(st.none() | st.integers(-9, 9))).item,
        state=state,
        owner=data.draw(st.sampled_from(OWNERS)),
        snoozed_until=data.draw(st.none() | st.sampled_from([TODAY, TODAY + timedelta(days=40)])),
    )
    gone = st.builds(Gone, st.sampled_from(GoneKind), st.just(NOW), st.just("gone"))
    link = replace(
        apart(
            title=data.draw(st.sampled_from(["t", "u"])),
            reopened=data.draw(st.booleans()),
            state=data.draw(st.sampled_from(IssueState)),
        ),
        work=data.draw(st.sampled_from(["", "https://x/1"])),
        gone=data.draw(st.none() | gone),
        evidence=data.draw(st.none() | st.just(Evidence(NOW))),
    )
    now = data.draw(st.sampled_from([NOW, LATER]))
    flags = judged(item, link, now=now, unexplained=data.draw(st.sampled_from([(), (item.id,)])))
    if Flag.SNOOZED in flags:
        assert flags == {Flag.SNOOZED}
    of_settled = {Flag.VERIFIED: "done", Flag.REMOVED: "removed"}
    for flag in flags:
        if flag is Flag.UNEXPLAINED:
            assert state in (ItemState.WONT_DO, ItemState.IGNORED)
        else:
            assert state == of_settled.get(flag, "open")
    for apart_ones in (
        {Flag.OVERDUE, Flag.DUE_SOON},
        {Flag.UNOWNED, Flag.OWNER_UNKNOWN, Flag.OWNER_GONE},
        *({Flag.GHOST, other} for other in (Flag.DRIFT, Flag.IN_REVIEW, Flag.STALE, Flag.UNLINKED)),
        {Flag.IN_REVIEW, Flag.STALE},
    ):
        assert len(flags & apart_ones) <= 1


def test_every_flag_is_in_the_table_and_has_words():
    rows = [line.split("|")[1].strip() for line in (flags.__doc__ or "").splitlines() if line.count("|") > 3]
    assert sorted(filter(None, rows)) == sorted(["flag", "-------------", *(flag.value for flag in Flag)])
    assert set(WORDS) == set(Flag)
    assert len(set(WORDS.values())) == len(WORDS)


def test_the_command_line_knows_every_state():
    assert tuple(state.value.replace("_", "-") for state in ItemState) == _STATES
