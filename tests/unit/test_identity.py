"""Which item is which: examples for each kind of evidence, and what must hold for any edit."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tracker.decisions import Verdict
from tracker.documents import FormerDocument, FoundDocument, match_documents
from tracker.identity import identify, item_id
from tracker.model import ItemState, ParsedDocument, ParsedItem, Span
from tracker.spelling import normalise

NOW = datetime(2026, 11, 23, tzinfo=UTC)
POOL = "Implement real-time monitoring for the database connection pool"
CACHE = "Review the cache configuration for peak usage"
RUNBOOK = "Write a runbook for failing over"


def document(*texts, path="a.md", links=()):
    items = tuple(ParsedItem(t, n, Span(0, 1), "Actions", links=links) for n, t in enumerate(texts, 1))
    return ParsedDocument(path, "Title", None, None, items)


def first(*texts):
    return identify({"a.md": document(*texts)}, [], {}, frozenset(), NOW).items


def again(known, *texts, **changes):
    linked = frozenset(item.id for item in known)
    return identify({"a.md": document(*texts, **changes)}, known, {}, frozenset(), NOW, linked)


def ids(items):
    return [item.id for item in items if item.state is not ItemState.REMOVED]


def test_ids_are_the_same_on_every_machine():
    assert item_id("a.md", "Do  IT.", 0) == item_id("a.md", "do it", 0)
    assert item_id("a.md", "Do it", 0) != item_id("a.md", "Do it", 1)
    assert item_id("a.md", "Do it", 0) != item_id("b.md", "Do it", 0)
    assert item_id("a.md", "Do it", 0) == "6s92q036tm"


def test_reordered_items_keep_their_ids():
    known = first(POOL, CACHE, RUNBOOK)
    assert set(ids(again(known, RUNBOOK, POOL, CACHE).items)) == set(ids(known))


def test_a_reworded_item_is_recognised():
    known = first(POOL, CACHE)
    after = again(known, "Implement real-time monitoring of database connection pools", CACHE)
    assert ids(after.items) == ids(known)
    assert [event.what for event in after.events] == ["item reworded"]


def test_of_two_that_say_the_same_now_each_keeps_its_place():
    known = first(CACHE, "Set up notifications of downtme", POOL, "Set up notifications of downtime", RUNBOOK)
    after = again(known, CACHE, "Set up notifications of downtime", POOL, "Set up notifications of downtime", RUNBOOK)
    assert ids(after.items) == ids(known)


def test_a_short_one_reworded_in_its_place_is_put_to_a_person():
    known = first(POOL, "use shell linting", CACHE)
    after = again(known, POOL, "lint all shell", CACHE)
    [doubt] = after.doubts
    assert (doubt.parsed.text, doubt.candidates) == ("lint all shell", (known[1],))
    assert "item removed" not in [event.what for event in after.events]


def test_a_short_one_elsewhere_is_another():
    known = first(POOL, "use shell linting", CACHE)
    after = again(known, POOL, CACHE, RUNBOOK, "lint all shell")
    assert after.doubts == ()
    assert [event.what for event in after.events] == ["item found", "item found", "item removed"]


def test_both_parts_of_a_split_item_are_put_to_a_person():
    known = first(POOL, "Rotate the keys of the gateway and move the certificates into the vault")
    after = again(known, POOL, "Rotate the keys of the gateway", "Move the certificates into the vault")
    assert [doubt.candidates for doubt in after.doubts] == [(known[1],), (known[1],)]


def test_what_says_the_same_as_a_removed_one_is_first_the_present_one_reworded():
    known = first(POOL, "Alert on a full disk", "Plan to alert on a full disk")
    known = again(known, POOL, "Plan to alert on a full disk").items
    after = again(known, POOL, "Alert on a full disk")
    [plan] = [item for item in known if item.text.startswith("Plan")]
    assert ids(after.items) == [known[0].id, plan.id]


def moved(text):
    known = first(POOL, CACHE)
    linked = frozenset(item.id for item in known)
    other = document(text, path="b.md")
    after = identify({"a.md": document(CACHE), "b.md": other}, known, {}, frozenset(), NOW, linked)
    return known[0].id, [item for item in after.items if item.document == "b.md"]


def test_an_item_reworded_on_its_way_to_another_document_keeps_its_id():
    was, there = moved(POOL.replace("Implement", "Add"))
    assert [item.id for item in there] == [was]


def test_a_like_promise_in_another_document_is_its_own_while_the_first_one_stands():
    known = first(POOL, CACHE)
    other = {"b.md": document(POOL.replace("Implement", "Add"), path="b.md")}
    after = identify({"a.md": document(POOL, CACHE), **other}, known, {}, frozenset(), NOW)
    assert len(ids(after.items)) == 3


def test_a_like_promise_in_a_later_document_is_not_one_that_was_removed_long_ago():
    known = again(first(POOL, CACHE), CACHE).items
    other = {"b.md": document(POOL.replace("Implement", "Add"), path="b.md")}
    after = identify(other, known, {}, frozenset(), NOW)
    assert [event.what for event in after.events] == ["item found"]


def test_another_promise_is_another_item():
    known = first(POOL, CACHE)
    after = again(known, "Train all engineers in incident command", CACHE)
    assert ids(after.items)[0] not in ids(known)
    assert [event.what for event in after.events] == ["item found", "item removed"]


def test_equal_texts_are_told_apart_by_their_order():
    known = first(CACHE, CACHE)
    assert len(set(ids(known))) == 2
    assert ids(again(known, CACHE, CACHE).items) == ids(known)
    assert ids(again(known, CACHE).items) == ids(known)[:1]


def test_two_candidates_too_close_to_call_are_left_for_a_person():
    known = first("Add an alert for the pool of service A", "Add an alert for the pool of service B")
    after = again(known, "Add an alert for the pool of service C")
    assert len(after.doubts) == 1
    assert {candidate.id for candidate in after.doubts[0].candidates} == set(ids(known))
    assert {item.id for item in after.items} == set(ids(known)), "nothing is removed while in doubt"
    assert all(item.state is ItemState.OPEN for item in after.items)


def test_what_is_in_doubt_did_not_move_to_another_document():
    known = first("Add an alert for the pool of service A", "Add an alert for the pool of service B")
    linked = frozenset(item.id for item in known)
    both = {
        "a.md": document("Add an alert for the pool of service C"),
        "b.md": document("Add an alert for the pool of service A", path="b.md"),
    }
    after = identify(both, known, {}, frozenset(), NOW, linked)
    [doubt] = after.doubts
    assert {candidate.id for candidate in doubt.candidates} == linked
    assert {item.id for item in after.items if item.document == "a.md"} == linked
    assert [event.what for event in after.events] == ["item found"]


def test_what_a_person_said_comes_before_similarity_and_after_the_exact_text():
    known = first("Add an alert for the pool of service A", "Add an alert for the pool of service B", CACHE)
    third = "Add an alert for the pool of service C"
    linked = frozenset(item.id for item in known)

    def decided(*verdicts, texts=(third, CACHE)):
        said = [Verdict("a.md", normalise(third), item) for item in verdicts]
        return identify({"a.md": document(*texts)}, known, {}, frozenset(), NOW, linked, said)

    for number in (0, 1, 2):  # the exact text of the last one stands, so that it can't be another one
        after = decided(known[number].id)
        assert len(after.doubts) == (number == 2)
        assert (known[number].id in ids(after.items)) or number == 2
    assert ids(decided(None).items)[0] not in linked
    assert ids(decided(known[0].id, known[1].id).items)[0] == known[1].id, "the latest word counts"
    both = decided(known[0].id, known[1].id, texts=(third, third, CACHE))
    assert ids(both.items) == [known[1].id, known[0].id, known[2].id], "equal texts: each its own"
    assert decided(known[0].id, texts=("Add an alert for the pool of service D", CACHE)).doubts


def test_the_issue_that_the_text_names_comes_first():
    known = first(POOL, CACHE)
    parsed = document("Something else entirely", links=("#7",))
    after = identify({"a.md": parsed}, known, {"#7": known[1].id}, frozenset(), NOW)
    assert ids(after.items) == [known[1].id]


def test_an_item_moves_to_another_document_with_its_text():
    known = first(POOL, CACHE)
    after = identify({"a.md": document(CACHE), "b.md": document(POOL, path="b.md")}, known, {}, frozenset(), NOW)
    moved = next(item for item in after.items if item.id == known[0].id)
    assert moved.document == "b.md"
    assert moved.state is ItemState.OPEN


def test_items_of_a_document_that_left_are_removed_and_others_untouched():
    known = first(POOL)
    other = identify({"b.md": document(CACHE, path="b.md")}, known, {}, frozenset(), NOW).items
    after = identify({}, other, {}, frozenset({"a.md"}), NOW)
    assert {item.text: item.state for item in after.items} == {POOL: ItemState.REMOVED, CACHE: ItemState.OPEN}


def test_documents_are_known_by_id_path_content_and_items():
    known = [
        FormerDocument("one", "old/one.md", "d1", frozenset({"x", "y"})),
        FormerDocument("two.md", "two.md", "d2", frozenset({"p", "q", "r"})),
        FormerDocument("three.md", "three.md", "d3", frozenset({"s"})),
    ]
    found = [
        FoundDocument("new/one.md", "one", "changed", frozenset()),
        FoundDocument("moved.md", None, "d2", frozenset({"p"})),
        FoundDocument("new.md", None, "other", frozenset({"z"})),
        FoundDocument("third.md", None, "other", frozenset({"s"})),
    ]
    assert match_documents(found, known) == {
        "new/one.md": "one",
        "moved.md": "two.md",
        "new.md": "new.md",
        "third.md": "three.md",
    }


def test_a_copy_of_a_document_that_is_still_there_is_a_new_one():
    known = [FormerDocument("a.md", "a.md", "d", frozenset({"x"}))]
    found = [FoundDocument("a.md", None, "d", frozenset({"x"})), FoundDocument("b.md", None, "d", frozenset({"x"}))]
    assert match_documents(found, known) == {"a.md": "a.md", "b.md": "b.md"}


texts = st.lists(st.text(st.characters(categories=["L", "Zs"]), min_size=3, max_size=30).filter(str.strip), max_size=6)


@given(before=texts, after=texts)
def test_whatever_is_edited_ids_stay_unique_and_nothing_vanishes(before, after):
    known = first(*before)
    found = again(known, *after)
    assert len({item.id for item in found.items}) == len(found.items)
    assert {item.id for item in known} <= {item.id for item in found.items}
    live = [item for item in found.items if item.state is not ItemState.REMOVED]
    held = {candidate.id for doubt in found.doubts for candidate in doubt.candidates}
    matched = [item for item in live if item.id not in held or normalise(item.text) in map(normalise, after)]
    assert len(matched) + len(found.doubts) >= len(after)


@given(before=texts)
def test_the_same_again_changes_nothing(before):
    known = first(*before)
    found = again(known, *before)
    assert found.items == known
    assert found.events == ()
    assert found.doubts == ()
