"""Many documents are read on all cores, with the same results in the same order."""

import sys

import pytest

from tracker.app import reading
from tracker.model import Document
from tracker.parsing import many, parse
from tracker.parsing.prose import ProseReader
from tracker.settings import ParserSettings

TEXTS = [
    f"# Outage {n}\n\nDate: 0{n}/04/2026\n\n## Wat nu\n\n- Add probe {n} (@jo, by 05/06/2026)\n" for n in range(1, 8)
]
DOCUMENTS = [Document(f"{n}.md", text, "digest") for n, text in enumerate(TEXTS)]
SETTINGS = ParserSettings.model_validate({"day_first": True, "sections": {"action": ["Wat nu"]}})


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(many.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


def test_processes_read_what_one_would_in_the_same_order(two_cores, monkeypatch):
    alone = reading._parse(DOCUMENTS, SETTINGS)
    assert [len(document.items) for document in alone] == [1] * len(DOCUMENTS)
    monkeypatch.delattr(reading, "parse")  # nothing is read here
    assert reading._parse(DOCUMENTS, SETTINGS, share=1) == alone


def test_little_text_is_read_here(two_cores, monkeypatch):
    monkeypatch.setattr(many, "ProcessPoolExecutor", None)
    assert len(reading._parse(DOCUMENTS, SETTINGS)) == len(DOCUMENTS)


def test_where_the_system_lends_no_processes_all_is_read_here(two_cores, monkeypatch):
    def refuse(*_):
        raise OSError("no semaphores")

    monkeypatch.setattr(many, "ProcessPoolExecutor", refuse)
    assert reading._parse(DOCUMENTS, SETTINGS, share=1) == reading._parse(DOCUMENTS, SETTINGS)


@pytest.mark.parametrize(("sizes", "workers"), [([100], 1), ([100, 100], 2), ([50, 60], 1), ([100] * 9, 2), ([], 0)])
def test_a_process_starts_only_for_its_share_of_text(two_cores, sizes, workers):
    assert many.processes(sizes, share=100) == workers


def test_a_list_of_boxes_outside_action_sections_takes_as_many_steps_as_it_has_boxes():
    few, many_ = (steps("# T\n\n## Notes\n\n" + "- [ ] look into it\n" * times) for times in (100, 1000))
    assert many_ < 12 * few


def test_a_paragraph_is_searched_for_its_ticket_once(monkeypatch):
    asked, inner = [], ProseReader.has_ticket
    monkeypatch.setattr(ProseReader, "has_ticket", lambda self, rich: asked.append(rich) or inner(self, rich))
    parse("p.md", "# T\n\n## Action items\n\n" + "The page was slow again. " * 50)
    assert len(asked) == 1


def steps(text):
    """How many lines of Python reading a text runs: a measure that no busy machine sways."""
    count = 0

    def tell(*_):
        nonlocal count
        count += 1
        return tell

    before = sys.gettrace()
    sys.settrace(tell)
    try:
        parse("p.md", text)
    finally:
        sys.settrace(before)
    return count


def test_a_raised_digit_before_a_date_is_no_part_of_it():
    assert parse("p.md", "# T\n\nDate: ²3/4/2024\n").title == "T"
