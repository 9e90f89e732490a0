"""`closeout parse --explain`: what was understood of each stretch, and why."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tracker.explanation import Explanation, Role
from tracker.model import Kind
from tracker.parsing import explain, parse
from tracker.render.explain import ExplainOutput, print_documents, to_json

DOCUMENT = """\
# Postmortem: nobody could log in

**Date:** 2026-05-07

## Timeline

- 09:12 First alert

## Action items

These follow from the review:

- [x] P1: Alert on full pools (@jo, due 2026-05-20) [OPS-3](https://jira.example/browse/OPS-3)
- Database
  - Set a limit for each service. Owner: Priya
- Paint the bikeshed <!-- closeout: ignore -->

| Action | Owner | Due | Status |
| --- | --- | --- | --- |
| Rehearse a restore | Kim | 2026-06-01 | Open |
"""

PIECES = st.sampled_from(
    [
        *DOCUMENT.splitlines(keepends=True),
        *(
            "\ufeff",
            "\r\n",
            "é ",
            "改进措施\n",
            "## TODO\n",
            "- Füge hinzu (@jo)\n",
            "<table><tr><td>",
            "**Owner:** Jo\n",
        ),
        *(
            "We will add it by 2026-05-01. ",
            "~~",
            "`@jo`",
            "Owner: ",
            "— Jo, 2026-09-01\n",
            "✅",
            "\x00",
            "\\*",
            "&amp;",
        ),
    ]
)


def said(explanation: Explanation, role: Role) -> list[str]:
    """The stretches of one role, as they stand in the source."""
    return [explanation.data[mark.start : mark.end].decode() for mark in explanation.marks if mark.role is role]


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return explain("p.md", DOCUMENT)


def why(explanation: Explanation, words: str) -> str:
    return next(
        m.why
        for m in explanation.marks
        if words in explanation.data[m.start : m.end].decode() and m.role in (Role.SECTION, Role.ITEM, Role.SKIPPED)
    )


def test_explaining_reads_as_parsing_does(explanation):
    assert explanation.document == parse("p.md", DOCUMENT)


@pytest.mark.parametrize(
    ("role", "stretches"),
    [
        (Role.OWNER, ["(@jo, due 2026-05-20)", "Owner: Priya", "Kim"]),
        (Role.DUE, ["(@jo, due 2026-05-20)", "2026-06-01"]),
        (Role.PRIORITY, ["P1: "]),
        (Role.STATUS, ["- [x] ", "Open"]),
        (Role.TICKET, ["OPS-3"]),
    ],
)
def test_the_words_that_told_of_a_field_are_marked(explanation, role, stretches):
    assert said(explanation, role) == stretches


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("# Postmortem", "title"),
        ("## Timeline", "tells of the response, gives no work"),
        ("09:12", ""),
        ("## Action items", "gives work"),
        ("These follow", "introduces what follows"),
        ("Alert on full pools", "list item in “Action items”"),
        ("- Database", "only groups the items below it"),
        ("Paint the bikeshed", "a comment says to ignore it"),
        ("Rehearse", "row of a table in “Action items”"),
    ],
)
def test_every_stretch_says_why(explanation, words, reason):
    assert why(explanation, words) == reason


def test_a_template_says_what_gave_it_away():
    explanation = explain("p.md", "# Postmortem: <title>\n\n## Action items\n\n- Add an alert\n")
    assert explanation.document.items == ()
    assert "placeholder" in explanation.document.diagnostics[0].message


def test_people_see_the_document_its_items_and_reasons(explanation):
    console = Console(width=100, color_system=None, record=True, force_terminal=False)
    print_documents([explanation], console)
    shown = console.export_text()
    assert "13 ┃ - [x] P1: Alert on full pools (@jo, due 2026-05-20)" in shown
    assert "↳ item 1 · owner jo · due 2026-05-20 · priority P1" in shown
    assert " 9 § ## Action items" in shown
    assert " 7 · - 09:12 First alert" in shown


def test_colours_mark_fields(explanation):
    console = Console(width=200, color_system="standard", force_terminal=True, record=True)
    print_documents([explanation], console)
    assert "\x1b[1;37;44mKim\x1b[0m" in console.export_text(styles=True)


def test_what_strangers_wrote_moves_no_cursor():
    console = Console(width=100, color_system=None, record=True)
    print_documents([explain("p.md", "## TODO\n\n- Add \x1b[2J\u202ean alert\n")], console)
    shown = console.export_text()
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_json_holds_items_and_marks(explanation):
    told = json.loads(to_json([explanation]))
    ExplainOutput.model_validate(told)
    [document] = told["documents"]
    assert [item["text"] for item in document["items"]] == [item.text for item in explanation.document.items]
    first = next(mark for mark in document["marks"] if mark["role"] == "item")
    assert (first["line"], first["item"], first["why"]) == (13, 0, "list item in “Action items”")


@given(st.lists(PIECES, max_size=25).map("".join))
def test_marks_stand_in_the_document_and_count_its_items(text: str) -> None:
    explanation = explain("p.md", text)
    document = explanation.document
    assert document == parse("p.md", text)
    assert explanation.data == text.encode()
    assert all(0 <= mark.start < mark.end <= len(explanation.data) for mark in explanation.marks)
    spans = [(m.start, m.end) for m in explanation.marks if m.role is Role.ITEM]
    assert sorted(spans) == sorted((item.span.start, item.span.end) for item in document.items)
    assert all((mark.item is None) == (mark.role in (Role.SECTION, Role.SKIPPED)) for mark in explanation.marks)
    assert all(document.items[mark.item].kind in Kind for mark in explanation.marks if mark.item is not None)
    console = Console(width=80, color_system=None, record=True)
    print_documents([explanation], console)
