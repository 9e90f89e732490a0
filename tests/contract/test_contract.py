"""The promises of `connectors.interface`, held to every adapter."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from contract.conftest import some_people

from connectors.errors import IssueNotFound, RequestRejected
from connectors.interface import IssueDraft, IssuePatch, IssueState, IssueTracker, TellsOfWork
from connectors.marker import Marker

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.conftest import Bench

    Draft = Callable[..., IssueDraft]

TEXTS = [
    "plain",
    "emoji 🚒🔥 and accents: é ß ñ 日本語 עברית",
    "quotes \" ' ` and back\\slashes \\n",
    "two\nlines\n\nand a list:\n- one\n- two",
    "<script>alert(1)</script> & <!-- a comment --> -->",
    "percent %s {braces} #1 @nobody",
    "x" * 10_000,
]


def spaced(bench: Bench, label: str) -> str:
    """This label, without its spaces where the target's labels have none."""
    return label if bench.tracker.capabilities.spaced_labels else label.replace(" ", "")


def test_is_an_issue_tracker(tracker: IssueTracker) -> None:
    assert isinstance(tracker, IssueTracker)
    assert tracker.name
    limits = tracker.capabilities
    assert limits.max_title >= 100
    assert limits.max_body >= 10_000
    assert limits.read_lag >= timedelta(0)
    assert limits.budget_key


class TestCreate:
    def test_returns_what_was_stored(self, bench: Bench, draft: Draft) -> None:
        tracker = bench.tracker
        wanted = draft(labels=frozenset({"postmortem", spaced(bench, "needs: owner")}), assignees=some_people(bench))
        issue = tracker.create(wanted)
        assert (issue.title, issue.managed, issue.marker) == (wanted.title, wanted.managed, wanted.marker)
        assert (issue.labels, issue.assignees) == (wanted.labels, wanted.assignees)
        assert issue.left_out == ()
        assert issue.state is IssueState.OPEN
        assert issue.closed_at is None
        assert issue.ref.target == tracker.name
        assert tracker.get(issue.ref) == issue

    def test_numbers_order_by_age(self, tracker: IssueTracker, draft: Draft) -> None:
        first, second = tracker.create(draft()), tracker.create(draft())
        assert first.ref.number < second.ref.number
        assert first.ref.key != second.ref.key

    @pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
    def test_keeps_every_character(self, bench: Bench, draft: Draft, text: str) -> None:
        tie = Marker(item="i", document="d/ü.md", text=text, base={"title": text, "labels": [text], "due": None})
        title = " ".join(text.split())[:200]
        issue = bench.tracker.create(draft(title=title, managed=text, marker=tie))
        assert (issue.title, issue.managed, issue.marker) == (title, text, tie)
        assert bench.again().get(issue.ref) == issue

    def test_a_title_is_never_cut_silently(self, tracker: IssueTracker, draft: Draft) -> None:
        title = "t" * (tracker.capabilities.max_title + 1)
        with suppress(RequestRejected):
            assert tracker.create(draft(title=title)).title == title
        assert {issue.title for issue in tracker.changed_since(None).issues} <= {title}

    def test_the_longest_title_fits(self, tracker: IssueTracker, draft: Draft) -> None:
        title = "t" * tracker.capabilities.max_title
        assert tracker.create(draft(title=title)).title == title

    def test_a_blank_title_is_refused(self, tracker: IssueTracker, draft: Draft) -> None:
        with pytest.raises(RequestRejected) as caught:
            tracker.create(draft(title="  "))
        assert tracker.name in caught.value.where
        assert tracker.changed_since(None).issues == ()

    def test_the_same_draft_twice_makes_two(self, tracker: IssueTracker, draft: Draft) -> None:
        """Telling them apart is the caller's work: by the marker, which both carry."""
        wanted = draft()
        assert tracker.create(wanted).ref != tracker.create(wanted).ref
        assert [issue.marker for issue in tracker.changed_since(None).issues] == [wanted.marker] * 2


class TestTimes:
    def test_are_aware_and_utc(self, tracker: IssueTracker, draft: Draft) -> None:
        issue = tracker.create(draft())
        closed = tracker.update(issue, IssuePatch(state=IssueState.DONE))
        spoken = tracker.comment(issue.ref, "hello")
        times = [issue.created_at, issue.updated_at, closed.closed_at, spoken.created_at]
        assert all(isinstance(time, datetime) and time.tzinfo is UTC for time in times)

    def test_go_forward(self, tracker: IssueTracker, draft: Draft) -> None:
        issue = tracker.create(draft())
        changed = tracker.update(issue, IssuePatch(title="Another"))
        assert issue.created_at == changed.created_at
        assert issue.updated_at <= changed.updated_at


class TestListing:
    def test_of_nothing(self, tracker: IssueTracker) -> None:
        empty = tracker.changed_since(None)
        assert empty.issues == ()
        assert tracker.changed_since(empty.cursor).issues == ()

    def test_an_empty_one_misses_nothing_later(self, tracker: IssueTracker, draft: Draft) -> None:
        cursor = tracker.changed_since(None).cursor
        issue = tracker.create(draft())
        assert tracker.changed_since(cursor).issues == (issue,)

    def test_holds_all_states_oldest_change_first(self, tracker: IssueTracker, draft: Draft) -> None:
        issues = [tracker.create(draft()) for _ in range(4)]
        for issue, state in zip(issues[1:], (IssueState.DONE, IssueState.WONT_DO, IssueState.DUPLICATE), strict=True):
            tracker.update(issue, IssuePatch(state=state))
        changed = tracker.update(issues[0], IssuePatch(title="Changed last"))
        listed = tracker.changed_since(None).issues
        assert [issue.ref for issue in listed] == [issue.ref for issue in (*issues[1:], issues[0])]
        assert listed[-1] == changed
        assert [issue.updated_at for issue in listed] == sorted(issue.updated_at for issue in listed)

    def test_twice_is_equal(self, bench: Bench, draft: Draft) -> None:
        for _ in range(3):
            bench.tracker.create(draft(labels=frozenset({"b", "a"})))
        first = bench.tracker.changed_since(None).issues
        assert bench.tracker.changed_since(None).issues == first
        assert bench.again().changed_since(None).issues == first

    def test_since_a_cursor_holds_what_changed(self, tracker: IssueTracker, draft: Draft) -> None:
        old, young = tracker.create(draft()), tracker.create(draft())
        cursor = tracker.changed_since(None).cursor
        changed = tracker.update(old, IssuePatch(title="Changed"))
        new = tracker.create(draft())
        later = tracker.changed_since(cursor)
        assert [issue for issue in later.issues if issue != young] == [changed, new]

    def test_a_cursor_stays_when_nothing_changed(self, tracker: IssueTracker, draft: Draft) -> None:
        tracker.create(draft())
        cursor = tracker.changed_since(None).cursor
        assert tracker.changed_since(cursor).cursor == cursor

    def test_a_comment_is_a_change(self, tracker: IssueTracker, draft: Draft) -> None:
        issue = tracker.create(draft())
        cursor = tracker.changed_since(None).cursor
        tracker.comment(issue.ref, "still on it")
        assert issue.ref in {found.ref for found in tracker.changed_since(cursor).issues}

    def test_tells_its_progress(self, tracker: IssueTracker, draft: Draft) -> None:
        for _ in range(3):
            tracker.create(draft())
        seen: list[int] = []
        tracker.changed_since(None, seen.append)
        assert seen[-1] == 3

    def test_of_as_many_as_fit(self, bench: Bench, draft: Draft) -> None:
        """The counterpart of GitHub lists a hundred at most; more pages are tried in `test_github_faults.py`."""
        first = bench.tracker.create(draft())
        bench.people_open(min(bench.longest_listing, 250) - 1)
        listed = bench.tracker.changed_since(None).issues
        assert listed[0] == first
        assert [issue.ref.number for issue in listed] == list(range(1, min(bench.longest_listing, 250) + 1))


class TestUpdate:
    def test_touches_nothing_but_what_it_names(self, bench: Bench, draft: Draft) -> None:
        tracker = bench.tracker
        before = tracker.create(draft(labels=frozenset({"a", "b"}), assignees=some_people(bench)))
        after = tracker.update(before, IssuePatch(title="New title"))
        assert after.title == "New title"
        for name in ("ref", "body", "state", "labels", "assignees", "created_at", "closed_at", "due", "priority"):
            assert getattr(after, name) == getattr(before, name)
        assert tracker.get(before.ref) == after

    def test_is_harmless_when_repeated(self, bench: Bench, draft: Draft) -> None:
        tracker = bench.tracker
        before = tracker.create(draft(labels=frozenset({"a", "b"})))
        tie = Marker("item-1", "2026/outage.md", "Reworded", {"title": "Reworded"})
        patch = IssuePatch(
            title="Reworded",
            managed="New words",
            marker=tie,
            state=IssueState.WONT_DO,
            add_labels=frozenset({"c"}),
            remove_labels=frozenset({"a"}),
            assignees=frozenset(bench.people[:1]),
        )
        once = tracker.update(before, patch)
        for stale_or_fresh in (before, once):
            twice = tracker.update(stale_or_fresh, patch)
            for name in ("title", "body", "managed", "marker", "state", "labels", "assignees"):
                assert getattr(twice, name) == getattr(once, name)

    def test_an_empty_patch_changes_nothing(self, tracker: IssueTracker, draft: Draft) -> None:
        before = tracker.create(draft(labels=frozenset({"a"})))
        after = tracker.update(before, IssuePatch())
        assert (after.title, after.body, after.labels) == (before.title, before.body, before.labels)

    def test_of_a_missing_issue(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft())
        ghost = type(issue)(**{name: getattr(issue, name) for name in issue.__slots__} | {"ref": bench.missing})
        with pytest.raises(IssueNotFound):
            bench.tracker.update(ghost, IssuePatch(title="x"))


class TestBody:
    WORDS = (
        "Before\r\nwith web line ends,\r\n\r\n",
        "  leading and trailing spaces  \n\t\n",
        None,  # who quotes the beginning of a block
        "emoji 🚒, \u00a0 no-break, \u2028 separator\n\n",
    )

    @pytest.mark.parametrize("said", WORDS, ids=range(len(WORDS)))
    def test_peoples_words_are_kept_to_the_byte(self, bench: Bench, draft: Draft, said: str | None) -> None:
        words = bench.quoted if said is None else said
        issue = bench.tracker.create(draft())
        assert issue.body == bench.alone(issue.managed or "", issue.marker or Marker("", "", ""))
        bench.person_writes(issue.ref, bench.around(issue.body, words, words))
        seen = bench.tracker.get(issue.ref)
        assert (seen.managed, seen.marker) == (issue.managed, issue.marker)
        tie = Marker("item-1", "moved.md", "New words", {"title": "y"})
        after = bench.tracker.update(seen, IssuePatch(managed="New\nwords", marker=tie))
        assert (after.managed, after.marker) == ("New\nwords", tie)
        assert after.body == bench.around(bench.alone("New\nwords", tie), words, words)
        assert bench.again().get(issue.ref).body == after.body

    def test_a_block_edited_on_the_web_is_still_read(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft(managed="one\ntwo\n\nthree"))
        bench.person_writes(issue.ref, bench.edited_on_the_web(issue.body))
        seen = bench.tracker.get(issue.ref)
        assert (seen.managed, seen.marker) == ("one\ntwo\n\nthree", issue.marker)

    def test_a_removed_block_shows_and_comes_back_on_top(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft())
        theirs = bench.around("", "", "all mine now")
        bench.person_writes(issue.ref, theirs)
        seen = bench.tracker.get(issue.ref)
        assert (seen.body, seen.managed, seen.marker) == (theirs, None, issue.marker if bench.tie_apart else None)
        after = bench.tracker.update(seen, IssuePatch(managed=issue.managed, marker=issue.marker))
        assert after.body == bench.around(issue.body, "", "all mine now")

    def test_a_patch_without_a_block_leaves_the_body(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft())
        theirs = bench.around(issue.body, "words\r\n", "")
        bench.person_writes(issue.ref, theirs)
        after = bench.tracker.update(bench.tracker.get(issue.ref), IssuePatch(state=IssueState.DONE, title="Done"))
        assert after.body == theirs


class TestState:
    @pytest.mark.parametrize("state", [IssueState.DONE, IssueState.WONT_DO, IssueState.DUPLICATE])
    def test_closing_and_reopening(self, bench: Bench, draft: Draft, state: IssueState) -> None:
        issue = bench.tracker.create(draft())
        closed = bench.tracker.update(issue, IssuePatch(state=state))
        assert closed.state is state
        assert closed.closed_at is not None
        assert bench.again().get(issue.ref).state is state
        reopened = bench.tracker.update(closed, IssuePatch(state=IssueState.OPEN))
        assert reopened.state is IssueState.OPEN
        assert reopened.closed_at is None
        assert bench.again().get(issue.ref).state is IssueState.OPEN

    def test_a_duplicate_of_another(self, tracker: IssueTracker, draft: Draft) -> None:
        first, second = tracker.create(draft()), tracker.create(draft())
        patch = IssuePatch(state=IssueState.DUPLICATE, duplicate_of=first.ref)
        after = tracker.update(second, patch)
        assert (after.state, after.left_out) == (IssueState.DUPLICATE, ())
        assert tracker.update(after, patch).state is IssueState.DUPLICATE
        assert tracker.get(first.ref).state is IssueState.OPEN

    def test_leaving_the_state_alone(self, tracker: IssueTracker, draft: Draft) -> None:
        closed = tracker.update(tracker.create(draft()), IssuePatch(state=IssueState.DUPLICATE))
        assert tracker.update(closed, IssuePatch(title="Still one")).state is IssueState.DUPLICATE


class TestLabels:
    def test_are_a_union(self, tracker: IssueTracker, draft: Draft) -> None:
        issue = tracker.create(draft(labels=frozenset({"postmortem", "theirs"})))
        after = tracker.update(issue, IssuePatch(add_labels=frozenset({"overdue", "postmortem"})))
        assert after.labels == {"postmortem", "theirs", "overdue"}
        fewer = tracker.update(after, IssuePatch(remove_labels=frozenset({"overdue", "never-there"})))
        assert fewer.labels == {"postmortem", "theirs"}

    def test_can_all_go(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft(labels=frozenset({"a", "b"})))
        assert issue.labels == {"a", "b"} | bench.always
        assert bench.tracker.update(issue, IssuePatch(remove_labels=issue.labels)).labels == frozenset()

    def test_keep_odd_names(self, bench: Bench, draft: Draft) -> None:
        odd = frozenset({spaced(bench, "priority: höchste 🔥"), "a,b", 'q"uote', "slash/ed"})
        assert bench.tracker.create(draft(labels=odd)).labels == odd | bench.always

    def test_that_the_target_can_not_hold_are_refused(self, bench: Bench, draft: Draft) -> None:
        wanted = draft(labels=frozenset({"two words"}))
        if bench.tracker.capabilities.spaced_labels:
            assert bench.tracker.create(wanted).labels == wanted.labels | bench.always
        else:
            with pytest.raises(RequestRejected, match="two words"):
                bench.tracker.create(wanted)
            assert bench.tracker.changed_since(None).issues == ()


class TestAssignees:
    def test_are_what_was_asked(self, bench: Bench, draft: Draft) -> None:
        first, second = (frozenset({name}) for name in bench.people)
        issue = bench.tracker.create(draft(assignees=first))
        assert issue.assignees == first
        after = bench.tracker.update(issue, IssuePatch(assignees=second))
        assert (after.assignees, after.left_out) == (second, ())
        assert bench.again().get(issue.ref).assignees == second

    def test_more_than_an_issue_takes_are_left_out(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft(assignees=frozenset(bench.people)))
        assert len(issue.assignees) == bench.most_assignees
        others = set(bench.people) - issue.assignees
        assert {each.what for each in issue.left_out} == {f"assignee {name}" for name in others}

    def test_can_all_go(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft(assignees=some_people(bench)))
        assert bench.tracker.update(issue, IssuePatch(assignees=frozenset())).assignees == frozenset()

    def test_none_leaves_them(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft(assignees=some_people(bench)))
        assert bench.tracker.update(issue, IssuePatch(title="x")).assignees == some_people(bench)


class TestComments:
    def test_oldest_first(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft())
        said = [bench.tracker.comment(issue.ref, text) for text in ("one", "zwei 🚒\r\n> quoted", "three")]
        assert [each.body for each in said] == ["one", "zwei 🚒\r\n> quoted", "three"]
        assert all(each.author and each.id for each in said)
        assert bench.again().comments(issue.ref) == tuple(said)

    def test_none(self, tracker: IssueTracker, draft: Draft) -> None:
        assert tracker.comments(tracker.create(draft()).ref) == ()

    def test_leave_the_body(self, tracker: IssueTracker, draft: Draft) -> None:
        issue = tracker.create(draft())
        tracker.comment(issue.ref, "hello")
        assert tracker.get(issue.ref).body == issue.body

    def test_on_a_missing_issue(self, bench: Bench) -> None:
        with pytest.raises(IssueNotFound):
            bench.tracker.comment(bench.missing, "x")
        with pytest.raises(IssueNotFound):
            bench.tracker.comments(bench.missing)


class TestEvidence:
    """Why an issue will not be done: as whoever closed it said, and Closeout itself never does."""

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (
                "The pool is gone.\n\nWe are on another database now.",
                "The pool is gone. We are on another database now.",
            ),
            ("The document dropped it.\n\n<!-- closeout:said removed abc -->", ""),
            (None, ""),
        ],
    )
    def test_why_it_will_not_be_done(self, bench: Bench, draft: Draft, words: str | None, reason: str) -> None:
        issue = bench.tracker.create(draft())
        closed = bench.tracker.update(issue, IssuePatch(state=IssueState.WONT_DO))
        if words:
            bench.tracker.comment(issue.ref, words)
        found = bench.again().evidence([issue.ref])
        assert set(found) == {issue.ref}
        told = found[issue.ref]
        assert (told.closed_at, told.reason, told.verified) == (closed.closed_at, reason, False)

    def test_what_is_not_closed_as_such_has_no_reason(self, bench: Bench, draft: Draft) -> None:
        left, done, dropped = (bench.tracker.create(draft()) for _ in range(3))
        bench.tracker.update(done, IssuePatch(state=IssueState.DONE))
        bench.tracker.update(dropped, IssuePatch(state=IssueState.WONT_DO))
        for issue in (left, done, dropped):
            bench.tracker.comment(issue.ref, "Because.")
        asked = [left.ref, done.ref, bench.missing]
        assert {told.reason for told in bench.tracker.evidence(asked).values()} <= {""}
        assert {told.reason for told in bench.tracker.evidence([*asked, dropped.ref]).values()} >= {"Because."}
        assert bench.tracker.evidence([]) == {}

    def test_no_work_is_no_work(self, bench: Bench, draft: Draft) -> None:
        tracker = bench.tracker
        issue, other = tracker.create(draft()), tracker.create(draft())
        tracker.update(other, IssuePatch(state=IssueState.DONE))
        if isinstance(tracker, TellsOfWork):
            assert tracker.open_work([issue.ref, other.ref, bench.missing]) == {}
            assert tracker.open_work([]) == {}


class TestFinding:
    def test_a_missing_issue(self, bench: Bench, draft: Draft) -> None:
        bench.tracker.create(draft())
        with pytest.raises(IssueNotFound) as caught:
            bench.tracker.get(bench.missing)
        assert bench.tracker.name in caught.value.where
        assert "9999" in caught.value.where
        assert caught.value.advice

    def test_by_what_people_call_it(self, bench: Bench, draft: Draft) -> None:
        issue = bench.tracker.create(draft())
        for text in bench.names(issue):
            found = bench.tracker.reference(text)
            assert found is not None
            assert (found.target, found.number, found.key) == (bench.tracker.name, issue.ref.number, issue.ref.key)
            assert bench.tracker.get(found) == issue

    def test_not_what_names_nothing_here(self, bench: Bench) -> None:
        for text in ("", "12", "word", *bench.others()):
            assert bench.tracker.reference(text) is None, text


def test_is_public_is_an_answer(tracker: IssueTracker) -> None:
    assert tracker.is_public() is False


def test_closing_twice_is_fine(tracker: IssueTracker, draft: Draft) -> None:
    tracker.create(draft())
    tracker.close()
    tracker.close()
