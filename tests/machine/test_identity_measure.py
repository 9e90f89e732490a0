"""A chain of realistic edits of the examples: who survives keeps its identity. The long run is a benchmark."""

from __future__ import annotations

import pytest
from machine.edits import EDITS
from machine.measure import NOW, TOP, Tally, run

from tracker.identity import identify
from tracker.model import ParsedDocument, ParsedItem, Span


def examples() -> list[tuple[str, str]]:
    return [(path.name, path.read_text("utf-8")) for path in sorted((TOP / "examples/postmortems").glob("*.md"))]


@pytest.fixture(scope="module")
def tally() -> Tally:
    return run(examples(), 400, seed=11, most=2)


def test_survivors_keep_their_identity(tally: Tally) -> None:
    assert tally.share() >= 0.99, tally.cases


def test_where_nothing_is_said_twice_nobody_gets_anothers_identity() -> None:
    tally = run(examples(), 400, seed=11, most=2, without=("said twice",))
    assert tally.total("false") == 0, tally.cases


def test_a_drifted_copy_that_is_mended_does_not_change_places_with_the_other() -> None:
    def parsed(*texts: str) -> dict[str, ParsedDocument]:
        items = tuple(ParsedItem(text, line, Span(0, 1), "Actions") for line, text in enumerate(texts, 1))
        return {"a.md": ParsedDocument("a.md", "Title", None, None, items)}

    right, wrong = "Set up notifications of downtime", "Set up notifications of downtme"
    known = identify(parsed(wrong, right), [], {}, frozenset(), NOW).items
    linked = frozenset(item.id for item in known)
    after = identify(parsed(right, right), known, {}, frozenset(), NOW, linked).items
    assert [item.id for item in after] == [item.id for item in known]


def test_every_kind_of_edit_was_made(tally: Tally) -> None:
    assert set(tally.edits) == set(EDITS)
    assert tally.new > 20


def test_a_chain_is_the_same_each_time() -> None:
    assert run(examples(), 60, seed=11).once == run(examples(), 60, seed=11).once
