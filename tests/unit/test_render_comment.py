"""The plan as Markdown: a table that any reader of Markdown shows as one, whatever people wrote."""

from __future__ import annotations

from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from workplace import Workplace, postmortem

from connectors import IssueState
from tracker.render.comment import LONGEST, MARK, comment, to_markdown

POOL = "Add monitoring for the connection pool (owner: Jo Smith, due: 2026-12-01)"
LOAD = "Run a load test before every release"


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


def planned(place, render=to_markdown):
    prepared = place.look()
    return render(prepared.plans, prepared.reading.documents)


def rows(text):
    """The cells of every table row below its header, as a second parser of Markdown reads them."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    found: list[list[str]] = []
    for token, inline in pairwise(tokens):
        if token.type == "tr_open":
            found.append([])
        elif token.type == "td_open":
            found[-1].append("".join(child.content for child in inline.children))
    return [row for row in found if row]


def test_what_would_be_opened(place):
    place.document("a.md", postmortem(POOL, LOAD))
    text = planned(place)
    assert "**local**: 2 to create" in text
    assert rows(text) == [
        ["create", "Add monitoring for the connection pool", "owner jo; due 2026-12-01", "postmortems/a.md:11"],
        ["create", LOAD, "", "postmortems/a.md:12"],
    ]


def test_what_would_be_changed(place):
    place.document("a.md", postmortem(POOL, LOAD))
    place.run()
    place.document("a.md", postmortem(POOL, f"{LOAD} of the shop"))
    [row] = rows(planned(place))
    assert row[:2] == ["update #2", f"{LOAD} of the shop"]
    assert f"title: {LOAD} → {LOAD} of the shop" in row[2]


def test_nothing_to_do_is_no_table(place):
    place.document("a.md", postmortem(POOL))
    place.run()
    assert planned(place) == "### Closeout plan\n\n**local**: nothing to do\n"


def test_what_is_left_to_people_is_told(place):
    place.document("a.md", postmortem(POOL, LOAD))
    place.run()
    place.by_hand(2, title="Load tests, please", state=IssueState.OPEN)
    place.document("a.md", postmortem(POOL, f"{LOAD} of the shop"))
    assert "- conflict in " in planned(place)


@pytest.mark.parametrize(
    "words", ["a | b", "`x` **y**", "<b>z</b> and &amp;", "ask @ana for [it](http://x)", "# no heading"]
)
def test_whatever_people_wrote_stays_words_in_a_cell(place, words):
    place.document("a.md", postmortem(f"Write the {words} down for everybody"))
    [row] = rows(planned(place))
    assert len(row) == 4
    assert "@ana" not in planned(place)


def test_the_comment_is_recognised_and_short_enough(place):
    place.document("a.md", postmortem(*(f"Write chapter {n} of the handbook, {'all of it ' * 40}" for n in range(300))))
    text = planned(place, comment)
    assert text.startswith(MARK)
    assert len(text) < LONGEST + 300
    assert "lines more" in text
    assert all(len(row) == 4 for row in rows(text))
