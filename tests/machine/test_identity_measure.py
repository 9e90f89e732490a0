"""A chain of realistic edits of the examples: who survives keeps its identity. The long run is a benchmark."""

from __future__ import annotations

import pytest
from machine.edits import EDITS
from machine.measure import TOP, Tally, run


def examples() -> list[tuple[str, str]]:
    return [(path.name, path.read_text("utf-8")) for path in sorted((TOP / "examples/postmortems").glob("*.md"))]


@pytest.fixture(scope="module")
def tally() -> Tally:
    return run(examples(), 400, seed=11, most=2)


def test_survivors_keep_their_identity(tally: Tally) -> None:
    assert tally.share() >= 0.99, tally.cases


def test_nobody_gets_anothers_identity(tally: Tally) -> None:
    assert tally.total("false") == 0, tally.cases


def test_every_kind_of_edit_was_made(tally: Tally) -> None:
    assert set(tally.edits) == set(EDITS)
    assert tally.new > 20


def test_a_chain_is_the_same_each_time(tally: Tally) -> None:
    assert run(examples(), 400, seed=11, most=2).once == tally.once
