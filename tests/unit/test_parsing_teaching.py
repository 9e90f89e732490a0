"""A team's own words: they add to the shipped ones, win over them, and change nothing where they do not stand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.model import Kind, ParsedItem
from tracker.parsing import edition, parse, teach

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "postmortems").glob("*.md"))


def items(text: str, **taught: dict[str, list[str]]) -> tuple[ParsedItem, ...]:
    words = teach(taught.get("sections", {}), taught.get("columns", {}), taught.get("values", {}))
    return parse("p.md", f"# Outage\n\n{text}", words=words).items


def texts(text: str, **taught: dict[str, list[str]]) -> list[str]:
    return [item.text for item in items(text, **taught)]


@pytest.mark.parametrize("name", ["Domača naloga", "Урокі", "Ops homework"])
def test_a_taught_section_gives_work(name: str) -> None:
    text = f"## {name}\n\n- Add a probe\n"
    assert texts(text) == []
    assert texts(text, sections={"action": [name.upper()]}) == ["Add a probe"]


def test_names_are_known_inside_longer_ones() -> None:
    assert texts("## Ops homework for May\n\n- Add a probe\n", sections={"action": ["ops homework"]}) == ["Add a probe"]


@pytest.mark.parametrize("kind", ["response", "lessons", "other"])
def test_a_teams_meaning_wins(kind: str) -> None:
    text = "## Next steps\n\n- Add a probe\n"
    assert texts(text) == ["Add a probe"]
    assert texts(text, sections={kind: ["Next steps"]}) == []


def test_a_name_that_held_no_work_can_be_taught_to() -> None:
    text = "## Lessons learned\n\n- Add a probe\n"
    assert texts(text, sections={"action": ["Lessons learned"]}) == ["Add a probe"]
    assert texts("## Tasks\n\n- Add a probe\n", sections={"action": ["Tasks"]}) == ["Add a probe"]


def test_lists_of_tasks_and_of_general_statements() -> None:
    text = "## Action items\n\n**Themes:**\n\n- Watch the pool\n\n**Cards:**\n\n- Add a probe\n"
    found = items(text, sections={"improvement": ["Themes"], "tasks": ["Cards"]})
    assert [(item.text, item.kind) for item in found] == [
        ("Watch the pool", Kind.IMPROVEMENT),
        ("Add a probe", Kind.TASK),
    ]


def test_columns_and_labels() -> None:
    table = (
        "## Action items\n\n| Klus | Trekker | Klaar op | Urgentie | Kaart | Stand | Who |\n|--|--|--|--|--|--|--|\n"
        "| Add a probe | Jo | 2026-05-01 | Hoog | OPS-1 | Done | x |\n"
    )
    columns = {
        "item": ["Klus"],
        "owner": ["Trekker"],
        "due": ["Klaar op"],
        "priority": ["Urgentie"],
        "ticket": ["Kaart"],
        "status": ["Stand"],
        "ignored": ["Who"],
    }
    (item,) = items(table, columns=columns)
    assert (item.text, item.owner, item.due, item.priority, item.links, item.done) == (
        "Add a probe", "Jo", "2026-05-01", "Hoog", ("OPS-1",), True,
    )  # fmt: skip
    assert items("## Action items\n\n- Add a probe. Trekker: Jo\n", columns=columns)[0].owner == "Jo"


def test_a_column_can_mean_something_else() -> None:
    table = "## Action items\n\n| Action | Reference |\n|--|--|\n| Add a probe | Jo |\n"
    assert items(table)[0].owner is None
    assert items(table, columns={"owner": ["Reference"]})[0].owner == "Jo"


def test_words_for_values() -> None:
    values = {"nobody": ["the void"], "placeholder": ["fill me in"], "done": ["gone live"], "open": ["done"]}
    table = (
        "## Action items\n\n| Action | Owner | Status |\n|--|--|--|\n"
        "| Add a probe | The void | Gone live |\n| Add another | Jo | Done |\n| Fill me in | | |\n"
    )
    found = items(table, values=values)
    assert [(item.owner, item.done) for item in found] == [(None, True), ("Jo", False)]


@pytest.mark.parametrize(("day_first", "due"), [(True, date(2026, 5, 4)), (False, date(2026, 4, 5))])
@pytest.mark.parametrize("other", ["", "Date: 25/12/2025\n\n", "Date: 12/25/2025\n\n", "El fallo de los datos.\n\n"])
def test_what_is_settled_wins_over_all_other_signs(day_first: bool, due: date, other: str) -> None:  # noqa: FBT001 - a parametrised value
    document = parse("p.md", f"# X\n\n{other}## Action items\n\n- Add it (due 04/05/2026)\n", day_first=day_first)
    assert (document.items[0].due_date, document.diagnostics) == (due, ())


NAMES = st.lists(st.text(min_size=1, max_size=12).filter(str.strip), max_size=3)
SECTIONS = st.dictionaries(st.sampled_from(["action", "tasks", "improvement", "response", "lessons", "other"]), NAMES)
COLUMNS = st.dictionaries(st.sampled_from(["item", "owner", "due", "priority", "ticket", "status", "ignored"]), NAMES)
VALUES = st.dictionaries(st.sampled_from(["nobody", "placeholder", "done", "open"]), NAMES)


@given(SECTIONS, COLUMNS, VALUES)
def test_any_words_can_be_taught(
    sections: dict[str, list[str]], columns: dict[str, list[str]], values: dict[str, list[str]]
) -> None:
    parse("p.md", EXAMPLES[0].read_text("utf-8"), words=teach(sections, columns, values))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_words_that_stand_nowhere_change_nothing(file: Path) -> None:
    words = teach({"action": ["Qqqq"]}, {"owner": ["Zzzz"]}, {"nobody": ["xxyyzz"]})
    text = file.read_text("utf-8")
    assert parse("p.md", text, words=words) == parse("p.md", text)


def test_nothing_taught_is_the_shipped_vocabulary() -> None:
    assert teach({}, {}, {}) is teach({"action": []}, {}, {})


def test_the_edition_stands_for_this_parser() -> None:
    assert edition() == edition()
    assert len(edition()) == 64
